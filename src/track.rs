//! The way of a payload: source, events, identity, visit, store, workflows, answer. Each step takes what the one before
//! made.

use crate::answer::Answer;
use crate::change;
use crate::config::{self, Config};
use crate::consent::rule;
use crate::delivery;
use crate::error::{Code, Issue, Path, Refusal, room, sqlstate};
use crate::event::{Event, Kind, Reading, Row, When};
use crate::http::Visitor;
use crate::id::{self, ClientId};
use crate::identify::Keys;
use crate::identity::{self, Claim, Identity};
use crate::journey;
use crate::jsonb::{Json, Value};
use crate::mapping;
use crate::milestone::{self, Milestone, Told};
use crate::payload::{Options, Payload, RawEvent};
use crate::pg::{self, ActAs, Arg, Connection, Count, Plan, Reason, Short, What};
use crate::read::Read;
use crate::reject::{self, Circumstances};
use crate::response::Response;
use crate::settings;
use crate::source::{self, Bots, Bridge};
use crate::store::{self, Common};
use crate::time::{Clock, Timestamp};
use crate::visit::{self, Announcement, VISIT_ENDED};
use crate::workflow::{self, Matches, Stage};
use pgrx::pg_sys::{INT8OID, OIDOID};
use std::collections::HashSet;
use uuid::Uuid;

/// A payload, and how it came.
pub struct Call<'a> {
    pub payload: Payload<'a>,
    /// How many bytes came.
    pub size: usize,
    pub bridge: Bridge,
    /// Whether a session is made when the payload names none.
    pub makes_session: bool,
    /// The rejected event that is tried again.
    pub retry: Option<Retry>,
    /// Who sent it over HTTP.
    pub visitor: Option<&'a Visitor<'a>>,
}

/// A rejected event that is tried again.
#[derive(Clone, Copy)]
pub struct Retry {
    pub id: Uuid,
    /// When it arrived at first.
    pub received_at: Timestamp,
    /// By how much the client's clock was behind then, in microseconds.
    pub skew: i64,
}

/// Tracks a payload. `None`: it has no events. Errors: 22023 (form), 28000 (source), 54000 and 53400
/// (its limits), 25006 (nothing can be written),
/// 55000 (not set up), 54001 (workflows that track too deep), 40001 (as the isolation level says), 53200 (out of memory).
pub fn track(mut call: Call<'_>) -> Result<Option<Response>, Refusal> {
    let config = config::current()?;
    let source = source::authorize(&config, call.payload.source_id, call.bridge)
        .inspect_err(|refusal| told_refused(&config, call.payload.source_id, refusal.code))?;
    if let Some(visitor) = call.visitor.filter(|_| call.bridge == Bridge::Rest && source.bots == Bots::Refuse)
        && visitor.is_bot(&call.payload)
    {
        told_refused(&config, &source.id, Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION);
        return Err(Refusal::new(Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, "traffic from bot is not allowed"));
    }
    if let Some(limits) = source.limits.as_ref().filter(|_| call.bridge != Bridge::Any) {
        limits.admit(&source.id, call.size, call.payload.events.len()).inspect_err(|_| {
            // It's only counted: a system event for each would add to what the limit keeps out.
            pg::count_refused(&source.id, true);
        })?;
    }
    // Over HTTP anybody can send anything: there an id that can be guessed proves nothing, unless the source is trusted.
    let guarded = call.visitor.is_some() && !source.static_profile_id;
    if guarded {
        call.payload.session_id = call.payload.session_id.map(|id| id.within(call.payload.source_id));
        let proves = |id: &ClientId<'_>| !id.is_guessable();
        let passed = || passed(&config, &call.payload).filter(proves);
        call.payload.profile_id = call.payload.profile_id.filter(proves).or_else(passed);
    }
    if call.payload.events.is_empty() {
        return Ok(None);
    }
    // From here on nobody sees what was not agreed to.
    let reduced = (!config.consent_rules.is_empty()).then(|| rule::reduce(&config, &call.payload, guarded));
    let mut call = call;
    if let Some(reduced) = &reduced {
        reduced.replace(&mut call.payload.events);
    }
    let payload = &call.payload;
    pg::watch_failure(&source.id, config.tells_failures);
    let answer = Answer::begin()?;

    let arrival = call.retry.map_or_else(pg::now, |retry| retry.received_at);
    let skew = match call.retry {
        Some(retry) => retry.skew,
        None => payload.client_clock().map_or(0, |clock| arrival.0.saturating_sub(clock.0)),
    };
    let reading = Reading { source_id: payload.source_id, arrival, skew, guarded };
    let (mut events, mut errors, mut warnings) = read(&config, payload, source.ephemeral, &reading)?;
    let mut answers: Vec<Option<String>> = vec![None; payload.events.len()];
    for read in &events {
        answers[read.event.index] =
            Some(read.event.client_id.map_or_else(|| read.id.to_string(), |id| id.text.to_owned()));
    }
    if source.static_profile_id && payload.profile_id.is_none() && events.iter().any(|read| read.kind == Kind::Profile)
    {
        return Err(Refusal::payload(
            Path::root().key("profile").key("id"),
            format!("source \"{}\" needs a profile id", source.id),
            "nothing",
        )
        .hint("Name the profile, or make the event profileless: options {\"profileLess\": true}."));
    }
    let refused = reject::one_an_event(&errors);
    // What would not have been stored is not kept either.
    let keeps = |issue: &Issue| !source.ephemeral && !would_be_ephemeral(&config, payload, issue);
    let rejected: Vec<Issue> = refused.iter().filter(|issue| keeps(issue)).cloned().collect();

    // From here on with the rights, and under the path, of the owner of the data tables.
    let caller = pg::current_role();
    let acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let is_stored = |read: &Read<'_>| read.kind != Kind::Ephemeral;
    if events.iter().any(is_stored) || !rejected.is_empty() {
        pg::refuse_if_read_only()?;
        if !config.adopted {
            adopt(&connection, &config)?;
        }
    }
    let keyed = forget_duplicates(&connection, &mut events, arrival, &mut warnings);
    // Who forgets a person waits for all who hold this, and they wait for him: nothing is stored for one who is gone.
    if events.iter().any(is_stored) || !rejected.is_empty() {
        pg::lock_as_writer(config.event);
    }
    errors.extend(events.iter().flat_map(|read| read.issues(&read.reasons)));
    // Nobody hears of an ephemeral event that is not valid.
    events.retain(|read| is_stored(read) || read.reasons.is_empty());

    let times = moments(&events, &call, arrival);
    let describe = || call.visitor.map(|visitor| visitor.describe(payload, source.bots)).unwrap_or_default();
    let identity = if events.iter().any(is_stored) {
        let mut claim = claim(&call, source.static_profile_id, arrival, &events, &times);
        claim.guarded = guarded;
        if call.bridge == Bridge::Rest {
            claim.describe = Some(&describe);
        }
        let keys = keys(&connection, &config, payload.source_id, &events);
        claim.keys = keys.as_ref();
        identity::resolve(&connection, &claim)
    } else {
        identity::find(&connection, payload.session_id.as_ref(), payload.profile_id.as_ref(), guarded)
    };
    let answered_profile = || answered_profile(&connection, payload, &identity, guarded);
    let types: Vec<&str> = events.iter().filter(|read| is_stored(read)).map(|read| &*read.event.event_type).collect();
    let announcements = visit::announce(&config, &identity, &types);
    let mut rows = lay_out(&events, &times, &announcements, arrival)?;
    let profile_less = payload.is_profile_less(&Options::default());
    let common = Common {
        source_id: payload.source_id,
        session_id: identity.session,
        profile_id: identity.profile.as_ref().filter(|_| !profile_less).map(|profile| profile.id),
        received_at: arrival,
    };
    journey::settle(&connection, &config, common.profile_id, &mut rows);
    let locked = mapping::lock(&connection, &config, &rows, common.profile_id);
    let map = |rows: &[Row<'_>], before: &HashSet<Uuid>| {
        locked.as_ref().map(|locked| (locked, mapping::map(&config, payload.source_id, rows, locked, before)))
    };
    let mapped = map(&rows, &HashSet::new());
    for (place, faults) in mapped.iter().flat_map(|(_, mapped)| &mapped.errors) {
        rows[*place].errors = faults;
    }
    let matches = Matches::find(&config, payload.source_id, &rows);
    let stored = store::insert(&connection, &config, &rows, &common, keyed, !matches.is_empty());
    warnings.extend(events.iter().filter(|read| stored.before.contains(&read.id)).map(|read| duplicate(&read.event)));

    // What was stored before told its profile then.
    let again = if stored.before.is_empty() { None } else { map(&rows, &stored.before) };
    if let Some((locked, mapped)) = again.as_ref().or(mapped.as_ref()) {
        mapping::write(&connection, locked, mapped, arrival);
        errors.extend(mapped.issues.iter().cloned());
    }

    let stage = Stage {
        connection: &connection,
        config: &config,
        common: &common,
        answer: &answer,
        caller,
        known_profile: identity.profile.as_ref().map(|profile| profile.id),
        deaf: Default::default(),
    };
    if rows.iter().any(|row| row.kind == Kind::Ephemeral) {
        workflow::fire_triggers(&stage, &rows);
    }
    let mut failed = workflow::run(&stage, &rows, &stored.tuples, &matches);
    tell(&stage, &rows, &rejected);
    failed.extend(change::tell_all(&stage));
    wake(&identity, events.iter().any(is_stored));
    count(&source.id, &rows, refused.len(), &warnings);

    match call.retry {
        Some(retry) => match refused.first() {
            Some(issue) => reject::still_rejected(&connection, &retry.id, issue),
            None => reject::release(&connection, &retry.id),
        },
        None if rejected.is_empty() => {}
        None => {
            let profile_id = answered_profile();
            let about = circumstances(&call, &identity, profile_id, guarded, &reading);
            let with_events: Vec<(&Issue, &RawEvent<'_>)> =
                rejected.iter().filter_map(|issue| Some((issue, payload.events.get(issue.event?)?))).collect();
            warnings.extend(reject::keep(&connection, &with_events, &about).into_iter().map(not_kept));
        }
    }
    let profile_id = answered_profile().filter(|_| !profile_less);
    drop(connection);
    drop(acting);

    // What went wrong in a workflow is no stranger's business.
    let told = |issue: Issue| match call.visitor {
        Some(_) => Issue { message: "a workflow failed".to_owned(), ..issue },
        None => issue,
    };
    errors.extend(failed.into_iter().map(told));
    Ok(Some(Response {
        task: id::generate(arrival.unix_micros()),
        events: answers,
        profile_id,
        session_id: answered_session(payload, &identity),
        answered: answer.finish(),
        errors,
        warnings,
    }))
}

/// The source was refused: the call stores nothing, so the worker does.
fn told_refused(config: &Config, source_id: &str, code: Code) {
    if let Some(shared) = pg::shared() {
        pg::count_refused(source_id, config.source(source_id).is_some());
        if config.makes(Milestone::SourceRefused.name()) {
            shared.report(What::SourceRefused, code as i32, Short::EMPTY, Short::new(source_id));
        }
    }
}

/// Tells of events that are not valid or were rejected.
fn tell(stage: &Stage<'_>, rows: &[Row<'_>], rejected: &[Issue]) {
    let hears = |_| true;
    let told = |milestone, index, properties: Vec<u8>| {
        milestone::tell(stage, &Told { milestone, time: None, index, properties: &properties }, hears);
    };
    let invalid = rows.iter().filter(|row| !row.valid && row.kind != Kind::Ephemeral);
    for row in invalid.filter(|_| stage.config.makes(Milestone::EventInvalid.name())) {
        let event = Json::object([("id", Json::string(row.id.to_string())), ("type", Json::string(row.event_type))]);
        told(Milestone::EventInvalid, row.index, pg::encode(Json::object([("event", event)])));
    }
    for issue in rejected.iter().filter(|_| stage.config.makes(Milestone::EventRejected.name())) {
        let reason = [("code", Json::string(issue.code.as_str())), ("path", Json::string(issue.path.to_string()))];
        told(Milestone::EventRejected, issue.event, pg::encode(Json::object(reason)));
    }
}

/// Lets the worker know what there is to do for it when this commits.
fn wake(identity: &Identity, stored: bool) {
    let Some(shared) = pg::shared() else { return };
    if stored && shared.worker.is_eager() {
        pg::wake_at_commit(i64::MIN, Reason::Events);
    }
    let patience = settings::session_timeout();
    // A visit that starts is the first one to end, if none goes on.
    if identity.session_began && patience > 0 {
        pg::wake_at_commit(pg::now().plus(patience + settings::last_seen_lag()).0, Reason::Due);
    }
}

/// Counts what became of the events.
fn count(source_id: &str, rows: &[Row<'_>], rejected: usize, warnings: &[Issue]) {
    if pg::shared().is_none() {
        return;
    }
    let of = |kind| rows.iter().filter(|row| row.kind == kind).count();
    let duplicate = sqlstate(Code::ERRCODE_UNIQUE_VIOLATION);
    pg::count(
        source_id,
        &[
            (Count::Calls, 1),
            (Count::Profile, of(Kind::Profile)),
            (Count::Profileless, of(Kind::Profileless)),
            (Count::Ephemeral, of(Kind::Ephemeral)),
            (Count::System, of(Kind::System)),
            (Count::Invalid, rows.iter().filter(|row| !row.valid).count()),
            (Count::Rejected, rejected),
            (Count::Duplicate, warnings.iter().filter(|issue| issue.code == duplicate).count()),
        ],
    );
}

/// Whom a visitor from another of the sites was there.
fn passed<'a>(config: &Config, payload: &Payload<'a>) -> Option<ClientId<'a>> {
    let (source, profile) = payload.passed()?;
    config.source(source).filter(|source| source.enabled).map(|_| profile)
}

/// Events that are valid, what is wrong with the others, and warnings.
type Readings<'a> = (Vec<Read<'a>>, Vec<Issue>, Vec<Issue>);

/// Reads the events, each by itself.
fn read<'a>(
    config: &'a Config,
    payload: &Payload<'a>,
    ephemeral_source: bool,
    reading: &Reading<'_>,
) -> Result<Readings<'a>, Refusal> {
    let mut events = room(payload.events.len())?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (index, raw) in payload.events.iter().enumerate() {
        if index % 1024 == 1023 {
            pg::check_for_interrupts();
        }
        match Event::read(index, raw, reading) {
            Ok(event) => {
                if event.from_the_future {
                    warnings.push(Issue {
                        event: Some(index),
                        id: event.written_id(),
                        code: sqlstate(Code::ERRCODE_DATETIME_FIELD_OVERFLOW),
                        message: "time of the event is more than an hour ahead; it was set to one hour ahead"
                            .to_owned(),
                        path: Path::event(index).key("time"),
                    });
                }
                let ephemeral = ephemeral_source || config.is_ephemeral(&event.event_type);
                let kind = kind_of(ephemeral, payload, &event.options);
                let id = event.client_id.map_or_else(|| id::generate(reading.arrival.unix_micros()), |id| id.uuid);
                let mut read = Read::new(event, kind, id);
                match config.event_type(&read.event.event_type).map(|known| read.judge(known, reading.source_id)) {
                    Some(Err(reasons)) => errors.extend(read.issues(&reasons)),
                    _ => events.push(read),
                }
            }
            Err(issue) => errors.push(issue),
        }
    }
    Ok((events, errors, warnings))
}

/// Ephemeral beats profileless; what a client sends is never `system`.
fn kind_of(ephemeral: bool, payload: &Payload<'_>, event: &Options) -> Kind {
    if ephemeral || payload.options.save_event == Some(false) || event.save_event == Some(false) {
        Kind::Ephemeral
    } else if payload.is_profile_less(event) {
        Kind::Profileless
    } else {
        Kind::Profile
    }
}

/// Whether a rejected event asked not to be stored, as far as it can be read.
fn would_be_ephemeral(config: &Config, payload: &Payload<'_>, issue: &Issue) -> bool {
    let Some(raw) = issue.event.and_then(|event| payload.events.get(event)) else { return true };
    let by_type = matches!(raw.event_type, Value::String(text) if config.is_ephemeral(&id::normalize_type(text)));
    by_type || raw.options().save_event == Some(false) || payload.options.save_event == Some(false)
}

/// Exactly once: takes out the events whose ids are known, with a warning. Gives whether some that are left have a
/// client's id.
fn forget_duplicates(
    connection: &Connection,
    events: &mut Vec<Read<'_>>,
    arrival: Timestamp,
    warnings: &mut Vec<Issue>,
) -> bool {
    let has_key = |read: &Read<'_>| read.kind != Kind::Ephemeral && read.event.client_id.is_some();
    let ids: Vec<Uuid> = events.iter().filter(|read| has_key(read)).map(|read| read.id).collect();
    if ids.is_empty() {
        return false;
    }
    let mut fresh = store::remember(connection, ids, arrival);
    let keyed = !fresh.is_empty();
    events.retain(|read| {
        let first = !has_key(read) || fresh.remove(&read.id);
        if !first {
            warnings.push(duplicate(&read.event));
        }
        first
    });
    keyed
}

fn duplicate(event: &Event<'_>) -> Issue {
    Issue {
        event: Some(event.index),
        id: event.written_id(),
        code: sqlstate(Code::ERRCODE_UNIQUE_VIOLATION),
        message: "event was stored before; it is stored once".to_owned(),
        path: Path::event(event.index).key("id"),
    }
}

/// Room that is left before an event's moment for the system events that it causes.
const MILESTONES: usize = 4;

/// When the events happened, in their order.
fn moments(events: &[Read<'_>], call: &Call<'_>, arrival: Timestamp) -> Vec<Timestamp> {
    let undated = events.iter().filter(|read| read.event.when == When::Arrival).count();
    let mut next = match call.retry {
        Some(retry) => retry.received_at,
        None => Clock::new(arrival).take(MILESTONES + undated).plus(MILESTONES as i64),
    };
    let moment = |read: &Read<'_>| match read.event.when {
        When::Client(time) | When::Set(time) => time,
        When::Arrival => {
            let time = next;
            next = next.plus(1);
            time
        }
    };
    events.iter().map(moment).collect()
}

/// What the events that belong to somebody, and are valid, say of who that is.
fn keys(connection: &Connection, config: &Config, source_id: &str, events: &[Read<'_>]) -> Option<Keys> {
    let telling = events.iter().filter(|read| read.kind == Kind::Profile && read.reasons.is_empty());
    Keys::read(connection, config, source_id, telling.map(|read| (&*read.event.event_type, read.properties())))
}

/// What the stored events need to know of their sender.
fn claim<'a>(
    call: &Call<'a>,
    static_profile: bool,
    arrival: Timestamp,
    events: &[Read<'_>],
    times: &[Timestamp],
) -> Claim<'a> {
    let payload = &call.payload;
    let stored = || events.iter().zip(times).filter(|(read, _)| read.kind != Kind::Ephemeral);
    // History that is imported does not make anybody active now.
    let seen = |(read, time): (&Read<'_>, &Timestamp)| match read.event.when {
        When::Set(_) => (*time).min(arrival),
        When::Client(_) => arrival,
        When::Arrival => *time,
    };
    let wants_profile = stored().any(|(read, _)| read.kind == Kind::Profile);
    let seen = stored().map(seen).max().unwrap_or(arrival);
    Claim {
        session: payload.session_id,
        profile: payload.profile_id,
        source_id: payload.source_id,
        keys: None,
        context: payload.context.map_or(&[], |object| object.bytes()),
        properties: payload.properties.map_or(&[], |object| object.bytes()),
        wants_profile,
        reads_profile: payload.options.save_profile == Some(false),
        wants_session: payload.options.save_session != Some(false)
            && (payload.session_id.is_some() || (call.makes_session && wants_profile)),
        static_profile,
        guarded: false,
        describe: None,
        // A clock that is ahead does not begin a visit later than it was seen.
        first: stored().map(|(_, time)| *time).min().unwrap_or(arrival).min(seen),
        seen,
        arrival,
        ends: stored().next_back().filter(|(read, _)| read.event.event_type == VISIT_ENDED).map(|(_, time)| *time),
    }
}

/// The events as they will be stored or handed on: system events first, then the others in their order.
fn lay_out<'a>(
    events: &'a [Read<'_>],
    times: &[Timestamp],
    announcements: &'a [Announcement<'a>],
    arrival: Timestamp,
) -> Result<Vec<Row<'a>>, Refusal> {
    let stored = events.iter().zip(times).filter(|(read, _)| read.kind != Kind::Ephemeral);
    let first = stored.map(|(_, time)| *time).min().unwrap_or(arrival);
    let mut rows = room(announcements.len() + events.len())?;
    for (i, announcement) in announcements.iter().enumerate() {
        rows.push(Row {
            index: None,
            id: id::generate(arrival.unix_micros()),
            external_id: None,
            event_type: announcement.milestone.name(),
            kind: Kind::System,
            time: first.plus(i as i64 - announcements.len() as i64),
            properties: &announcement.properties,
            context: &[],
            tags: &announcement.tags,
            valid: true,
            errors: &[],
            journey_state: announcement.journey_state,
        });
    }
    for (read, time) in events.iter().zip(times) {
        rows.push(Row {
            index: Some(read.event.index),
            id: read.id,
            external_id: read.event.client_id.and_then(|id| id.external()),
            event_type: &read.event.event_type,
            kind: read.kind,
            time: *time,
            properties: read.properties(),
            context: read.context(),
            tags: &read.event.tags,
            valid: read.reasons.is_empty(),
            errors: &read.errors,
            journey_state: read.journey_state,
        });
    }
    Ok(rows)
}

/// What a rejected event's row tells of its call; of a `guarded` one, nothing that was not proved.
fn circumstances<'a>(
    call: &Call<'a>,
    identity: &Identity,
    profile: Option<String>,
    guarded: bool,
    reading: &Reading<'_>,
) -> Circumstances<'a> {
    let payload = &call.payload;
    let session = match identity.session {
        Some(session) if guarded => Some(session.to_string()),
        _ => answered_session(payload, identity)
            .or(payload.session_id.filter(|id| !guarded || !id.is_guessable()).map(|id| id.text.to_owned())),
    };
    let mut options = payload.options;
    if payload.profile_less {
        options.profile_less = Some(true);
    }
    if session.is_none() && !call.makes_session {
        options.save_session = Some(false);
    }
    Circumstances {
        source_id: payload.source_id,
        session_id: session,
        profile_id: profile.or(payload.profile_id.map(|id| id.text.to_owned())),
        options,
        skew: reading.skew,
        received_at: reading.arrival,
    }
}

fn not_kept(issue: &Issue) -> Issue {
    Issue {
        code: sqlstate(Code::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
        message: "event was rejected and not kept: \"tracardi.event_rejected\" is full".to_owned(),
        path: issue.event.map_or_else(Path::root, Path::event),
        ..issue.clone()
    }
}

fn answered_session(payload: &Payload<'_>, identity: &Identity) -> Option<String> {
    let session = identity.session?;
    Some(match payload.session_id {
        Some(client) if client.uuid == session => client.text.to_owned(),
        _ => session.to_string(),
    })
}

/// The text that the client sent, as long as it is that profile's own; else the profile's. Where guessable ids prove nothing,
/// no such one is given away: an earlier id of the profile, which can't be guessed, stays in use.
fn answered_profile(
    connection: &Connection,
    payload: &Payload<'_>,
    identity: &Identity,
    guarded: bool,
) -> Option<String> {
    let profile = identity.profile.as_ref()?;
    Some(match payload.profile_id {
        Some(client) if client.uuid == profile.id => client.text.to_owned(),
        Some(client)
            if guarded
                && id::is_guessable(&profile.id)
                && identity::is_of_profile(connection, &client, &profile.id) =>
        {
            client.text.to_owned()
        }
        _ => match &profile.external_id {
            Some(text) if !guarded => text.clone(),
            _ => profile.id.to_string(),
        },
    })
}

thread_local! {
    // Whoever else adopts at this moment does the same: nobody waits.
    static ADOPT: Plan = const { Plan::new(
        "UPDATE tracardi.instance SET system_identifier = $1, database = $2, activated_at = now()
         WHERE singleton = (SELECT i.singleton FROM tracardi.instance i FOR NO KEY UPDATE SKIP LOCKED)",
        &[INT8OID, OIDOID],
    ) };
    // Unless events are delivered later: then nobody may store one before it is settled how event.xact goes on.
    static WAIT: Plan = const { Plan::new(
        "SELECT pg_advisory_xact_lock(hashtext('tracardi'), hashtext('adopt'))
         FROM pg_class WHERE oid = to_regclass('tracardi.event_xact_idx')",
        &[],
    ) };
    static ADOPTED: Plan = const { Plan::new(
        "SELECT FROM tracardi.instance WHERE system_identifier = $1 AND database = $2", &[INT8OID, OIDOID],
    ) };
}

/// Makes this database the instance: it is a copy that goes on by itself.
pub fn adopt(connection: &Connection, config: &Config) -> Result<(), Refusal> {
    let (system_identifier, database) = pg::instance();
    let args = [Arg::bigint(system_identifier), Arg::oid(database)];
    let delivers = WAIT.with(|plan| connection.run(plan, &[]).processed > 0);
    if delivers && ADOPTED.with(|plan| connection.latest(plan, &args).processed > 0) {
        return Ok(());
    }
    ADOPT.with(|plan| connection.run(plan, &args));
    if delivers {
        delivery::prepare(false)?;
    }
    pg::invalidate_relation(config.instance);
    pg::wake_at_commit(i64::MIN, Reason::Configuration);
    Ok(())
}
