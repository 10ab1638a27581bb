//! The functions that SQL calls (declared in `sql/`): arguments in, one value out.

use crate::consent::{self, Said, Statement, Whose};
use crate::error::{Code, Path, Refusal};
use crate::fields::Changed;
use crate::id::{self, ClientId};
use crate::jsonb::{Json, Value, root};
use crate::payload::{self, EventText, Options, Payload, RawEvent, RawTime};
use crate::pg::{self, ActAs, Connection, FromDatum, Jsonb, Size};
use crate::settings;
use crate::source::Bridge;
use crate::time::{self, Timestamp};
use crate::track::{self, Call, Retry};
use crate::upkeep::{self, By};
use crate::{
    answer, config, counters, delivery, event_type, fields, hook, http, mapping, merge, privacy, reject, segment,
    worker,
};
use pgrx::pg_sys::{self, Datum};
use uuid::Uuid;

/// A call's arguments.
pub struct Args(pg_sys::FunctionCallInfo);

impl Args {
    /// An argument of the type that the function is declared with. `None`: NULL.
    pub fn get<'a, T: FromDatum<'a>>(&'a self, index: usize) -> Option<T> {
        // SAFETY: PostgreSQL passes as many arguments as `sql/` declares, of the declared types; they outlive the call.
        unsafe { pgrx::fcinfo::pg_getarg_datum(self.0, index).map(|datum| T::from_datum(datum)) }
    }

    /// A jsonb argument's value; SQL NULL as JSON's null.
    fn json(&self, index: usize) -> Value<'_> {
        self.get::<Jsonb<'_>>(index).map_or(Value::Null, Jsonb::root)
    }

    /// How many bytes some jsonb arguments have together; they are not read for that.
    fn size(&self, indexes: &[usize]) -> usize {
        indexes.iter().filter_map(|index| self.get::<Size>(*index)).map(|Size(bytes)| bytes).sum()
    }

    fn string(&self, index: usize) -> Value<'_> {
        self.get::<&str>(index).map_or(Value::Null, Value::String)
    }
}

/// What a function gives.
pub enum Given {
    Null,
    Jsonb(Vec<u8>),
    Uuid(Uuid),
    Bool(bool),
    Text(String),
    Bigint(i64),
    Bytes(&'static [u8]),
    Time(Timestamp),
    /// Of the type that the function is declared with.
    Datum(Datum),
    Void,
}

impl Given {
    fn into_datum(self, fcinfo: pg_sys::FunctionCallInfo) -> Datum {
        let datum = match self {
            Given::Jsonb(bytes) => Some(pg::owned_jsonb(&bytes)),
            Given::Uuid(uuid) => pg::Arg::uuid(&uuid).datum(),
            Given::Text(text) => pg::Arg::text(&text).datum(),
            Given::Bool(value) => Some(value.into()),
            Given::Bigint(number) => Some(number.into()),
            Given::Bytes(bytes) => pg::Arg::bytes(bytes).datum(),
            Given::Time(time) => pg::Arg::time(time).datum(),
            Given::Datum(datum) => Some(datum),
            Given::Void => Some(Datum::null()),
            Given::Null => None,
        };
        datum.unwrap_or_else(|| {
            // SAFETY: the call information is PostgreSQL's own.
            unsafe { (*fcinfo).isnull = true };
            Datum::null()
        })
    }
}

/// Exports a function under the name that `sql/` declares.
macro_rules! sql_function {
    ($symbol:ident, $info:ident, $function:path) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $info() -> *const pg_sys::Pg_finfo_record {
            const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
            &V1
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $symbol(fcinfo: pg_sys::FunctionCallInfo) -> Datum {
            // SAFETY: called by PostgreSQL with its call information; nothing here has a destructor.
            unsafe { pg::enter(fcinfo, |fcinfo| $function(&Args(fcinfo)).map(|given| given.into_datum(fcinfo))) }
        }
    };
}

sql_function!(tracardi_track_payload, pg_finfo_tracardi_track_payload, track_payload);
sql_function!(tracardi_track_event, pg_finfo_tracardi_track_event, track_event);
sql_function!(tracardi_collect, pg_finfo_tracardi_collect, collect);
sql_function!(tracardi_retry_rejected, pg_finfo_tracardi_retry_rejected, retry_rejected);
sql_function!(tracardi_respond, pg_finfo_tracardi_respond, respond);
sql_function!(tracardi_add_ux, pg_finfo_tracardi_add_ux, add_ux);
sql_function!(tracardi_id, pg_finfo_tracardi_id, client_id);
sql_function!(tracardi_event_id, pg_finfo_tracardi_event_id, event_id);
sql_function!(tracardi_normalize_type, pg_finfo_tracardi_normalize_type, normalize_type);
sql_function!(tracardi_move_history, pg_finfo_tracardi_move_history, move_history);
sql_function!(tracardi_consent, pg_finfo_tracardi_consent, state_consent);
sql_function!(tracardi_has_consent, pg_finfo_tracardi_has_consent, has_consent);
sql_function!(tracardi_check_consent_rule, pg_finfo_tracardi_check_consent_rule, check_consent_rule);
sql_function!(tracardi_tidy_consents, pg_finfo_tracardi_tidy_consents, tidy_consents);
sql_function!(tracardi_forget, pg_finfo_tracardi_forget, forget);
sql_function!(tracardi_anonymize, pg_finfo_tracardi_anonymize, anonymize);
sql_function!(tracardi_export, pg_finfo_tracardi_export, export);
sql_function!(tracardi_prepare_delivery, pg_finfo_tracardi_prepare_delivery, prepare_delivery);
sql_function!(tracardi_event_snapshot, pg_finfo_tracardi_event_snapshot, event_snapshot);
sql_function!(tracardi_run_workflows, pg_finfo_tracardi_run_workflows, run_workflows);
sql_function!(tracardi_next_due, pg_finfo_tracardi_next_due, next_due);
sql_function!(tracardi_poll_batch, pg_finfo_tracardi_poll_batch, poll_batch);
sql_function!(tracardi_advance, pg_finfo_tracardi_advance, advance);
sql_function!(tracardi_check_setup, pg_finfo_tracardi_check_setup, check_setup);
sql_function!(tracardi_api_track, pg_finfo_tracardi_api_track, http::track);
sql_function!(tracardi_api_collect, pg_finfo_tracardi_api_collect, http::collect);
sql_function!(tracardi_api_collect_event, pg_finfo_tracardi_api_collect_event, http::collect_event);
sql_function!(tracardi_api_consent, pg_finfo_tracardi_api_consent, http::consent);
sql_function!(tracardi_api_tracker, pg_finfo_tracardi_api_tracker, http::tracker);
sql_function!(tracardi_api_health, pg_finfo_tracardi_api_health, http::health);
sql_function!(tracardi_check_event, pg_finfo_tracardi_check_event, check_event);
sql_function!(tracardi_check_event_type, pg_finfo_tracardi_check_event_type, check_event_type);
sql_function!(tracardi_check_event_mapping, pg_finfo_tracardi_check_event_mapping, check_event_mapping);
sql_function!(tracardi_parse_time, pg_finfo_tracardi_parse_time, parse_time);
sql_function!(tracardi_tell_segments, pg_finfo_tracardi_tell_segments, tell_segments);
sql_function!(tracardi_tell_fields, pg_finfo_tracardi_tell_fields, tell_fields);
sql_function!(tracardi_configuration_changed, pg_finfo_tracardi_configuration_changed, configuration_changed);

sql_function!(tracardi_maintain, pg_finfo_tracardi_maintain, maintain);
sql_function!(tracardi_counters, pg_finfo_tracardi_counters, read_counters);

/// The coordinator's process.
#[pgrx::pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn tracardi_coordinator_main(_arg: Datum) {
    worker::coordinate();
}

/// A worker's process.
#[pgrx::pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn tracardi_worker_main(_arg: Datum) {
    worker::work();
}

fn run(call: Call<'_>) -> Result<Given, Refusal> {
    Ok(match track::track(call)? {
        Some(response) => Given::Jsonb(response.encode()?),
        None => Given::Null,
    })
}

/// `tracardi.track(payload jsonb)`
fn track_payload(args: &Args) -> Result<Given, Refusal> {
    let payload = Payload::read(args.json(0), settings::payload_event_limit())?;
    run(Call { payload, size: args.size(&[0]), bridge: Bridge::Sql, makes_session: true, retry: None, visitor: None })
}

/// `tracardi.track(event_type, properties, source_id, profile_id, session_id, context, options, event_id, time)`
fn track_event(args: &Args) -> Result<Given, Refusal> {
    let profile_id = client_argument(args, 3, "profile")?;
    let session_id = client_argument(args, 4, "session")?;
    let event = RawEvent {
        id: args.string(7),
        event_type: args.string(0),
        time: args.get::<Timestamp>(8).map_or(RawTime::Written(Value::Null), RawTime::At),
        properties: args.json(1),
        context: args.json(5),
        options: args.json(6),
        tags: Value::Null,
        whole: None,
        text: None,
        fault: None,
    };
    // What the options say of session and profile counts for the whole call: it is this one event.
    let options = match event.options {
        Value::Object(options) => Options::read(options),
        _ => Options::default(),
    };
    single(args.get(2), profile_id, session_id, options, event, (Bridge::Sql, args.size(&[1, 5, 6])))
}

/// `tracardi.collect(event_type, source_id, properties, session_id)`
fn collect(args: &Args) -> Result<Given, Refusal> {
    let session_id = client_argument(args, 3, "session")?;
    let event = RawEvent {
        id: Value::Null,
        event_type: args.string(0),
        time: RawTime::Written(Value::Null),
        properties: args.json(2),
        context: Value::Null,
        options: Value::Null,
        tags: Value::Null,
        whole: None,
        text: None,
        fault: None,
    };
    single(args.get(1), None, session_id, Options::default(), event, (Bridge::Webhook, args.size(&[2])))
}

/// One event by itself: profileless if it names nobody, and without a session that it does not name.
fn single<'a>(
    source_id: Option<&'a str>,
    profile_id: Option<ClientId<'a>>,
    session_id: Option<ClientId<'a>>,
    options: Options,
    event: RawEvent<'a>,
    (bridge, size): (Bridge, usize),
) -> Result<Given, Refusal> {
    let source_id = source_id.map(str::trim).filter(|id| !id.is_empty()).ok_or_else(|| {
        Refusal::payload(Path::root().key("source").key("id"), "event names no source", "nothing")
            .hint("SELECT id FROM tracardi.event_source;")
    })?;
    let payload = Payload {
        source_id,
        session_id,
        profile_id,
        profile_less: profile_id.is_none() && session_id.is_none(),
        options,
        context: None,
        properties: None,
        events: vec![event],
    };
    run(Call { payload, size, bridge, makes_session: false, retry: None, visitor: None })
}

fn client_argument<'a>(args: &'a Args, index: usize, field: &'static str) -> Result<Option<ClientId<'a>>, Refusal> {
    match args.get::<&str>(index) {
        Some(text) => payload::client_id(text, field, || Path::root().key(field).key("id")),
        None => Ok(None),
    }
}

/// `tracardi.retry_rejected(id uuid)`; STRICT
fn retry_rejected(args: &Args) -> Result<Given, Refusal> {
    let id: Uuid = args.get(0).unwrap_or_default();
    let kept = {
        let config = config::current()?;
        pg::refuse_if_read_only()?;
        let _acting = ActAs::new(config.owner, Some(&config.search_path));
        pg::lock_as_writer(config.event);
        reject::take(&Connection::open(), &id)
    };
    let kept = kept.ok_or_else(|| {
        Refusal::new(Code::ERRCODE_NO_DATA_FOUND, format!("there is no rejected event \"{id}\""))
            .hint("SELECT id, event, message FROM tracardi.event_rejected;")
    })?;
    let event = EventText::read(&kept.event)?;
    let payload = Payload {
        source_id: &kept.source_id,
        session_id: kept.session_id.as_deref().and_then(|text| ClientId::read(text).ok().flatten()),
        profile_id: kept.profile_id.as_deref().and_then(|text| ClientId::read(text).ok().flatten()),
        profile_less: false,
        options: kept.options,
        context: None,
        properties: None,
        events: vec![event.raw()],
    };
    let retry = Some(Retry { id, received_at: kept.received_at, skew: kept.skew });
    run(Call { payload, size: 0, bridge: Bridge::Any, makes_session: true, retry, visitor: None })
}

/// `tracardi.respond(jsonb)`
fn respond(args: &Args) -> Result<Given, Refusal> {
    answer::respond(args.json(0)).map(|()| Given::Void)
}

/// `tracardi.add_ux(jsonb)`
fn add_ux(args: &Args) -> Result<Given, Refusal> {
    answer::add_ux(args.json(0)).map(|()| Given::Void)
}

/// `tracardi.id(text)`; STRICT
fn client_id(args: &Args) -> Result<Given, Refusal> {
    uuid_of(ClientId::read(args.get(0).unwrap_or_default()))
}

/// `tracardi.event_id(source_id text, id text)`; STRICT
fn event_id(args: &Args) -> Result<Given, Refusal> {
    let source_id: &str = args.get(0).unwrap_or_default();
    uuid_of(ClientId::read_event(args.get(1).unwrap_or_default(), source_id.trim()))
}

fn uuid_of(read: Result<Option<ClientId<'_>>, id::TooLong>) -> Result<Given, Refusal> {
    match read {
        Ok(id) => Ok(id.map_or(Given::Null, |id| Given::Uuid(id.uuid))),
        Err(id::TooLong) => Err(Refusal::new(
            Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
            format!("id has more than {} characters", id::MAX_CHARS),
        )),
    }
}

/// `tracardi.normalize_type(text)`; STRICT
fn normalize_type(args: &Args) -> Result<Given, Refusal> {
    Ok(Given::Text(id::normalize_type(args.get(0).unwrap_or_default()).into_owned()))
}

/// `tracardi.move_history(rows)`
fn move_history(args: &Args) -> Result<Given, Refusal> {
    merge::move_history(args.get(0).unwrap_or(0)).map(Given::Bigint)
}

/// `tracardi.consent(profile_id text, consents jsonb, expires_at timestamptz, "all" boolean)`
fn state_consent(args: &Args) -> Result<Given, Refusal> {
    let whose = Whose::Profile(named_profile(args)?);
    let none = pg::encode(Json::object([]));
    let consents = match args.json(1) {
        Value::Null => root(&none),
        said => said,
    };
    let Value::Object(consents) = consents else {
        return Err(Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, "consents are not a JSON object")
            .hint("Consents have the form {\"newsletter\": true}."));
    };
    let expires_at: Option<Timestamp> = args.get(2);
    if expires_at.is_some_and(|time| !time.in_range()) {
        return Err(Refusal::new(Code::ERRCODE_DATETIME_FIELD_OVERFLOW, "expires_at is out of range")
            .hint("A consent that is given for good has no expires_at."));
    }
    let all = args.get(3).unwrap_or(false);
    consent::state(&Statement { whose, said: Said { consents, all, expires_at } }).map(Given::Jsonb)
}

/// `tracardi.has_consent(consents jsonb, name text, "time" timestamptz)`; STRICT
fn has_consent(args: &Args) -> Result<Given, Refusal> {
    let config = config::current()?;
    let time = args.get(2).unwrap_or(Timestamp(0));
    Ok(Given::Bool(config.consents.granted(args.json(0), args.get(1).unwrap_or_default(), time)))
}

/// `tracardi.tidy_consents()`
fn tidy_consents(_: &Args) -> Result<Given, Refusal> {
    consent::tidy().map(Given::Bigint)
}

/// `tracardi.forget(profile_id text)`
fn forget(args: &Args) -> Result<Given, Refusal> {
    privacy::forget(named_profile(args)?).map(Given::Jsonb)
}

/// `tracardi.anonymize(profile_id text)`
fn anonymize(args: &Args) -> Result<Given, Refusal> {
    privacy::anonymize(named_profile(args)?).map(Given::Jsonb)
}

/// `tracardi.export(profile_id text)`
fn export(args: &Args) -> Result<Given, Refusal> {
    Ok(privacy::export(named_profile(args)?)?.map_or(Given::Null, Given::Jsonb))
}

fn named_profile(args: &Args) -> Result<ClientId<'_>, Refusal> {
    let path = || Path::root().key("profile").key("id");
    client_argument(args, 0, "profile")?.ok_or_else(|| {
        let mut refusal = Refusal::payload(path(), "no profile is named", "nothing");
        refusal.detail = None;
        refusal.hint("Name it by its id, by the text that its client sent, or by its primary id.")
    })
}

/// `tracardi.prepare_delivery(make)`; STRICT
fn prepare_delivery(args: &Args) -> Result<Given, Refusal> {
    delivery::prepare(args.get(0).unwrap_or(false)).map(|()| Given::Void)
}

/// `tracardi.event_snapshot()`
fn event_snapshot(_: &Args) -> Result<Given, Refusal> {
    Ok(Given::Datum(pg::snapshot(&delivery::snapshot()?)))
}

/// `tracardi.run_workflows(max_events, shard, shards)`
fn run_workflows(args: &Args) -> Result<Given, Refusal> {
    delivery::run(args.get(0), args.get(1), args.get(2)).map(Given::Bigint)
}

/// `tracardi.next_due()`
fn next_due(_: &Args) -> Result<Given, Refusal> {
    Ok(delivery::next_due()?.map_or(Given::Null, Given::Time))
}

/// `tracardi.poll_batch(name, limit)`; STRICT
fn poll_batch(args: &Args) -> Result<Given, Refusal> {
    delivery::poll(args.get(0).unwrap_or_default(), args.get(1).unwrap_or(0)).map(Given::Jsonb)
}

/// `tracardi.advance(name, position)`; STRICT
fn advance(args: &Args) -> Result<Given, Refusal> {
    delivery::advance(args.get(0).unwrap_or_default(), args.get(1).unwrap_or_default()).map(Given::Bool)
}

/// `tracardi.maintain()`, a procedure
fn maintain(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let steps = unsafe { pg::Steps::open(args.0) };
    let by = if steps.commits() { By::Caller } else { By::CallersTransaction };
    upkeep::round(by, || steps.commit()).map(|()| Given::Void)
}

/// `tracardi.counters(counted text, name text)`
fn read_counters(args: &Args) -> Result<Given, Refusal> {
    let read = counters::read(args.get(0).unwrap_or_default(), args.get(1));
    Ok(read.map_or(Given::Null, Given::Jsonb))
}

/// `tracardi.check_setup()`
fn check_setup(_: &Args) -> Result<Given, Refusal> {
    config::current().map(|_| Given::Void)
}

/// `tracardi.parse_time(text)`; STRICT
fn parse_time(args: &Args) -> Result<Given, Refusal> {
    let read = time::read(args.string(0)).ok().filter(|time| time.in_range());
    Ok(read.map_or(Given::Null, Given::Time))
}

/// `tracardi.check_event(event_type, properties, context)`
fn check_event(args: &Args) -> Result<Given, Refusal> {
    let config = config::current()?;
    let object = |index| match args.json(index) {
        Value::Object(object) => Ok(object.bytes()),
        Value::Null => Ok(&[][..]),
        other => Err(Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, "properties and context are JSON objects")
            .detail(format!("One of them is {}.", other.kind()))),
    };
    let event_type = id::normalize_type(args.get(0).unwrap_or_default());
    Ok(Given::Jsonb(event_type::try_out(&config, &event_type, object(1)?, object(2)?)))
}

/// `tracardi.check_event_type()`, a row trigger of `event_type` and `event_schema`
fn check_event_type(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let row = unsafe { pg::TriggerRow::of_call(args.0) }.ok_or_else(|| not_by_trigger("check_event_type"))?;
    let name = row.get(row.column(c"event_type").or(row.column(c"type"))).unwrap_or_default();
    if let Some(schema) = row.get::<Jsonb<'_>>(row.column(c"schema")) {
        event_type::check_schema(name, schema.copy())?;
    }
    if let Some(template) = row.get::<Jsonb<'_>>(row.column(c"reshape")) {
        event_type::check_reshape(name, template.copy())?;
    }
    Ok(Given::Datum(row.into_datum()))
}

/// `tracardi.check_event_mapping()`, a row trigger of `event_mapping` and `profile_field`
fn check_event_mapping(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let row = unsafe { pg::TriggerRow::of_call(args.0) }.ok_or_else(|| not_by_trigger("check_event_mapping"))?;
    let text = |name| row.get::<&str>(row.column(name));
    match text(c"profile_path") {
        Some(profile_path) => {
            let value = row.get::<Jsonb<'_>>(row.column(c"value")).map(Jsonb::copy);
            let operation = text(c"operation").unwrap_or_default();
            let event_type = text(c"event_type").unwrap_or_default();
            mapping::check(event_type, profile_path, operation, text(c"source"), value)?;
        }
        // A null is refused by its column.
        None => text(c"path").map_or(Ok(()), mapping::check_field)?,
    }
    Ok(Given::Datum(row.into_datum()))
}

/// `tracardi.check_consent_rule()`, a row trigger of `consent_rule`
fn check_consent_rule(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let row = unsafe { pg::TriggerRow::of_call(args.0) }.ok_or_else(|| not_by_trigger("check_consent_rule"))?;
    let text = |name| row.get::<&str>(row.column(name));
    // A null is refused by its column.
    if let Some(property) = text(c"property") {
        consent::rule::check(text(c"name").unwrap_or_default(), property)?;
    }
    Ok(Given::Datum(row.into_datum()))
}

fn not_by_trigger(function: &str) -> Refusal {
    Refusal::new(
        Code::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
        format!("tracardi.{function}() was not called by a trigger"),
    )
}

/// `tracardi.tell_segments()`, a row trigger of `profile`
fn tell_segments(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let row = unsafe { pg::TriggerRow::of_call(args.0) }.ok_or_else(|| not_by_trigger("tell_segments"))?;
    let segments = row.column(c"segments");
    if let Some(profile) = row.get(row.column(c"id")) {
        segment::tell(profile, row.before(segments).unwrap_or_default(), row.get(segments).unwrap_or_default())?;
    }
    Ok(Given::Void)
}

/// `tracardi.tell_fields()`, a row trigger of `profile`
fn tell_fields(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let row = unsafe { pg::TriggerRow::of_call(args.0) }.ok_or_else(|| not_by_trigger("tell_fields"))?;
    let mut changed = Changed::default();
    fn text(text: Option<&str>) -> Value<'_> {
        text.map_or(Value::Null, Value::String)
    }
    fn json(json: Option<Jsonb<'_>>) -> Value<'_> {
        json.map_or(Value::Null, Jsonb::root)
    }
    let primary_id = row.column(c"primary_id");
    changed.compare("primary_id", text(row.before(primary_id)), text(row.get(primary_id)));
    for name in fields::COLUMNS {
        let column = row.column(name);
        changed.compare(&name.to_string_lossy(), json(row.before(column)), json(row.get(column)));
    }
    if let Some(profile) = row.get(row.column(c"id")) {
        changed.tell(profile)?;
    }
    Ok(Given::Void)
}

/// `tracardi.configuration_changed()`, a trigger
fn configuration_changed(args: &Args) -> Result<Given, Refusal> {
    // SAFETY: the call information is PostgreSQL's own.
    let Some(change) = (unsafe { pg::Change::of_call(args.0) }) else {
        return Err(not_by_trigger("configuration_changed"));
    };
    pg::invalidate_relation(change.relation);
    hook::configuration_changed(&change.table, change.command, change.owner);
    Ok(Given::Void)
}
