//! The way of a payload: source, events, identity, visit, store, answer. Each step takes what the one before made.

use crate::config::{self, Config};
use crate::error::{Code, Issue, Path, Refusal};
use crate::event::{Event, Kind, Reading, Row, When};
use crate::id;
use crate::identity::{self, Claim, Identity};
use crate::payload::{Options, Payload, RawEvent};
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::reject::{self, Circumstances};
use crate::response::Response;
use crate::source::{self, Bridge};
use crate::store::{self, Common};
use crate::time::{Clock, Timestamp};
use crate::visit::{self, VISIT_ENDED};
use pgrx::pg_sys::{INT8OID, OIDOID};
use std::collections::HashSet;
use uuid::Uuid;

/// A payload, and how it came.
pub struct Call<'a> {
    pub payload: Payload<'a>,
    pub bridge: Bridge,
    /// Whether a session is made when the payload names none.
    pub makes_session: bool,
    /// The rejected event that is tried again.
    pub retry: Option<Retry>,
}

/// A rejected event that is tried again.
#[derive(Clone, Copy)]
pub struct Retry {
    pub id: Uuid,
    /// When it arrived at first.
    pub received_at: Timestamp,
}

/// An event whose kind is decided.
struct Read<'a> {
    event: Event<'a>,
    kind: Kind,
    id: Uuid,
}

/// Tracks a payload. `None`: it has no events. Errors: 22023 (form), 28000 (source), 25006 (nothing can be written),
/// 55000 (not set up), 40001 (as the isolation level says).
pub fn track(call: Call<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let config = config::current();
    let payload = &call.payload;
    let source = source::authorize(&config, payload.source_id, call.bridge)?;
    if payload.events.is_empty() {
        return Ok(None);
    }

    // Read: each event by itself.
    let arrival = call.retry.map_or_else(pg::now, |retry| retry.received_at);
    let reading = Reading {
        source_id: payload.source_id,
        arrival,
        skew: payload.client_clock().map_or(0, |clock| arrival.0.saturating_sub(clock.0)),
    };
    let mut events = Vec::with_capacity(payload.events.len());
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for (index, raw) in payload.events.iter().enumerate() {
        if index % 1024 == 1023 {
            pg::check_for_interrupts();
        }
        match Event::read(index, raw, &reading) {
            Ok(event) => {
                if event.from_the_future {
                    warnings.push(Issue {
                        event: index,
                        id: event.written_id(),
                        code: Code::ERRCODE_DATETIME_FIELD_OVERFLOW,
                        message: "time of the event is more than an hour ahead; it was set to one hour ahead"
                            .to_owned(),
                        path: Path::event(index).key("time"),
                    });
                }
                let ephemeral = source.ephemeral || config.is_ephemeral(&event.event_type);
                let kind = kind_of(ephemeral, payload, &event.options);
                let id = event.client_id.map_or_else(|| id::generate(arrival.unix_micros()), |id| id.uuid);
                events.push(Read { event, kind, id });
            }
            Err(issue) => errors.push(issue),
        }
    }
    let mut answers: Vec<Option<String>> = vec![None; payload.events.len()];
    for read in &events {
        answers[read.event.index] =
            Some(read.event.client_id.map_or_else(|| read.id.to_string(), |id| id.text.to_owned()));
    }
    // What would not have been stored is not kept either.
    let keeps =
        |issue: &&Issue| !source.ephemeral && !would_be_ephemeral(&config, payload, &payload.events[issue.event]);
    let rejected: Vec<(&Issue, &RawEvent<'_>)> =
        errors.iter().filter(keeps).map(|issue| (issue, &payload.events[issue.event])).collect();
    events.retain(|read| read.kind != Kind::Ephemeral);
    if source.static_profile_id && payload.profile_id.is_none() && events.iter().any(|read| read.kind == Kind::Profile)
    {
        return Err(Refusal::payload(
            Path::root().key("profile").key("id"),
            format!("source \"{}\" needs a profile id", source.id),
            "nothing",
        )
        .hint("Name the profile, or make the event profileless: options {\"profileLess\": true}."));
    }

    // From here on with the rights, and under the path, of the owner of the data tables.
    let acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    if !events.is_empty() || !rejected.is_empty() {
        pg::prevent_if_read_only();
        if !config.adopted {
            adopt(&connection, &config);
        }
    }
    let keyed = forget_duplicates(&connection, &mut events, arrival, &mut warnings);
    let identity = if events.is_empty() {
        identity::find(&connection, payload.session_id.as_ref(), payload.profile_id.as_ref())
    } else {
        store(&connection, &config, &call, source.static_profile_id, arrival, &events, keyed, &mut warnings)
    };

    let answer_profile = || answered_profile(payload, &identity);
    let session_id = identity.session.map(|id| match payload.session_id {
        Some(client) if client.uuid == id => client.text.to_owned(),
        _ => id.to_string(),
    });
    let profile_less = is_profile_less(payload, &Options::default());
    if let Some(retry) = call.retry {
        match errors.first() {
            Some(issue) => reject::still_rejected(&connection, &retry.id, issue),
            None => reject::release(&connection, &retry.id),
        }
    } else if !rejected.is_empty() {
        let about = Circumstances {
            source_id: payload.source_id,
            session_id: identity.session.map(|id| id.to_string()).or(payload.session_id.map(|id| id.text.to_owned())),
            profile_id: identity
                .profile
                .as_ref()
                .map(|profile| profile.id.to_string())
                .or(payload.profile_id.map(|id| id.text.to_owned())),
            profile_less,
            received_at: arrival,
        };
        for issue in reject::keep(&connection, &rejected, &about) {
            warnings.push(Issue {
                code: Code::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
                message: "event was rejected and not kept: \"tracardi.event_rejected\" is full".to_owned(),
                path: Path::event(issue.event),
                ..issue.clone()
            });
        }
    }
    drop(connection);
    drop(acting);

    let response = Response {
        task: id::generate(arrival.unix_micros()),
        events: answers,
        profile_id: (!profile_less).then(answer_profile).flatten(),
        session_id,
        errors,
        warnings,
    };
    Ok(Some(response.encode()))
}

fn is_profile_less(payload: &Payload<'_>, event: &Options) -> bool {
    payload.profile_less
        || [&payload.options, event].iter().any(|o| o.profile_less == Some(true) || o.save_profile == Some(false))
}

/// Ephemeral beats profileless; what a client sends is never `system`.
fn kind_of(ephemeral: bool, payload: &Payload<'_>, event: &Options) -> Kind {
    if ephemeral || payload.options.save_event == Some(false) || event.save_event == Some(false) {
        Kind::Ephemeral
    } else if is_profile_less(payload, event) {
        Kind::Profileless
    } else {
        Kind::Profile
    }
}

/// Whether a rejected event asked not to be stored, as far as it can be read.
fn would_be_ephemeral(config: &Config, payload: &Payload<'_>, raw: &RawEvent<'_>) -> bool {
    use crate::jsonb::Value;
    let by_type = matches!(raw.event_type, Value::String(text) if config.is_ephemeral(&id::normalize_type(text)));
    let by_options = matches!(raw.options, Value::Object(options) if Options::read(options).save_event == Some(false));
    by_type || by_options || payload.options.save_event == Some(false)
}

/// Exactly once: takes out the events whose ids are known, with a warning. Gives whether some that are left have a
/// client's id.
fn forget_duplicates(
    connection: &Connection,
    events: &mut Vec<Read<'_>>,
    arrival: Timestamp,
    warnings: &mut Vec<Issue>,
) -> bool {
    let ids: Vec<Uuid> = events.iter().filter(|read| read.event.client_id.is_some()).map(|read| read.id).collect();
    if ids.is_empty() {
        return false;
    }
    let mut fresh = store::remember(connection, ids, arrival);
    let keyed = !fresh.is_empty();
    events.retain(|read| {
        let first = read.event.client_id.is_none() || fresh.remove(&read.id);
        if !first {
            warnings.push(duplicate(&read.event));
        }
        first
    });
    keyed
}

fn duplicate(event: &Event<'_>) -> Issue {
    Issue {
        event: event.index,
        id: event.written_id(),
        code: Code::ERRCODE_UNIQUE_VIOLATION,
        message: "event was stored before; it is stored once".to_owned(),
        path: Path::event(event.index).key("id"),
    }
}

/// Finds out whose the events are, and stores them with the system events that they cause.
#[expect(clippy::too_many_arguments, reason = "one step of the way, named for itself")]
fn store(
    connection: &Connection,
    config: &Config,
    call: &Call<'_>,
    static_profile: bool,
    arrival: Timestamp,
    events: &[Read<'_>],
    keyed: bool,
    warnings: &mut Vec<Issue>,
) -> Identity {
    const MILESTONES: usize = 3;
    let payload = &call.payload;
    // Moments for the events that bring none, with room before them for system events.
    let undated = events.iter().filter(|read| read.event.when == When::Arrival).count();
    let mut next = match call.retry {
        Some(retry) => retry.received_at,
        None => Clock::new(arrival).take(MILESTONES + undated).plus(MILESTONES as i64),
    };
    let times: Vec<Timestamp> = events
        .iter()
        .map(|read| match read.event.when {
            When::Client(time) | When::Set(time) => time,
            When::Arrival => {
                let time = next;
                next = next.plus(1);
                time
            }
        })
        .collect();
    let first = times.iter().copied().min().unwrap_or(arrival);
    // History that is imported does not make anybody active now.
    let seen = events.iter().map(|read| match read.event.when {
        When::Set(time) => time.min(arrival),
        When::Client(_) | When::Arrival => arrival,
    });
    let wants_profile = events.iter().any(|read| read.kind == Kind::Profile);
    let last = events.last().zip(times.last());
    let claim = Claim {
        session: payload.session_id,
        profile: payload.profile_id,
        source_id: payload.source_id,
        context: payload.context.map_or(&[], |object| object.bytes()),
        properties: payload.properties.map_or(&[], |object| object.bytes()),
        wants_profile,
        wants_session: payload.options.save_session != Some(false)
            && (payload.session_id.is_some() || (call.makes_session && wants_profile)),
        static_profile,
        first,
        seen: seen.max().unwrap_or(arrival),
        arrival,
        ends: last.filter(|(read, _)| read.event.event_type == VISIT_ENDED).map(|(_, time)| *time),
    };
    let identity = identity::resolve(connection, &claim);

    let types: Vec<&str> = events.iter().map(|read| &*read.event.event_type).collect();
    let announcements = visit::announce(config, &identity, &types);
    let mut rows = Vec::with_capacity(announcements.len() + events.len());
    for (i, announcement) in announcements.iter().enumerate() {
        rows.push(Row {
            id: id::generate(arrival.unix_micros()),
            external_id: None,
            event_type: announcement.milestone.name(),
            kind: Kind::System,
            time: first.plus(i as i64 - announcements.len() as i64),
            properties: &announcement.properties,
            context: &[],
            tags: &["event:system"],
        });
    }
    for (read, time) in events.iter().zip(&times) {
        rows.push(Row {
            id: read.id,
            external_id: read.event.client_id.and_then(|id| id.external()),
            event_type: &read.event.event_type,
            kind: read.kind,
            time: *time,
            properties: read.event.properties.map_or(&[], |object| object.bytes()),
            context: read.event.context.map_or(&[], |object| object.bytes()),
            tags: &read.event.tags,
        });
    }
    let common = Common {
        source_id: payload.source_id,
        session_id: identity.session,
        profile_id: identity.profile.as_ref().map(|profile| profile.id),
        received_at: arrival,
    };
    let before: HashSet<Uuid> = store::insert(connection, &rows, &common, keyed);
    if !before.is_empty() {
        warnings.extend(events.iter().filter(|read| before.contains(&read.id)).map(|read| duplicate(&read.event)));
    }
    identity
}

/// The text that the client sent, as long as it is that profile's own; else the profile's.
fn answered_profile(payload: &Payload<'_>, identity: &Identity) -> Option<String> {
    let profile = identity.profile.as_ref()?;
    Some(match payload.profile_id {
        Some(client) if client.uuid == profile.id => client.text.to_owned(),
        _ => profile.external_id.clone().unwrap_or_else(|| profile.id.to_string()),
    })
}

thread_local! {
    // Whoever else adopts at this moment does the same: nobody waits.
    static ADOPT: Plan = const { Plan::new(
        "UPDATE tracardi.instance SET system_identifier = $1, database = $2, activated_at = now()
         WHERE singleton = (SELECT i.singleton FROM tracardi.instance i FOR NO KEY UPDATE SKIP LOCKED)",
        &[INT8OID, OIDOID],
    ) };
}

/// Makes this database the instance: it is a copy that goes on by itself.
fn adopt(connection: &Connection, config: &Config) {
    let (system_identifier, database) = pg::instance();
    ADOPT.with(|plan| connection.run(plan, &[Arg::bigint(system_identifier), Arg::oid(database)]));
    pg::invalidate_relation(config.instance);
}
