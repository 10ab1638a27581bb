//! Keeping what could not be accepted as an event, up to a limit.

use crate::error::Issue;
use crate::jsonb::{Json, Value};
use crate::payload::{Options, RawEvent, RawTime};
use crate::pg::{self, Arg, Connection, Plan};
use crate::seldom::Seldom;
use crate::settings;
use crate::time::{SECOND, Timestamp};
use pgrx::pg_sys::{INT8OID, JSONBOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use std::borrow::Cow;
use std::cell::Cell;

/// What is kept of the call that a rejected event came with.
pub struct Circumstances<'a> {
    pub source_id: &'a str,
    pub session_id: Option<String>,
    pub profile_id: Option<String>,
    /// What the payload asked for.
    pub options: Options,
    /// By how much the client's clock was behind, in microseconds.
    pub skew: i64,
    pub received_at: Timestamp,
}

thread_local! {
    // At most so many rows are looked at; room is what is left of both limits.
    static ROOM: Plan = const { Plan::new(
        "SELECT $1 - count(*), $2 - coalesce(sum(r.size), 0)::bigint
         FROM (SELECT octet_length(event) AS size FROM tracardi.event_rejected LIMIT $1) AS r",
        &[INT8OID, INT8OID],
    ) };
    static INSERT: Plan = const { Plan::new(
        "INSERT INTO tracardi.event_rejected
           (id, received_at, source_id, session_id, profile_id, options, skew, event, code, message, path)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID],
    ) };
    static UPDATE: Plan = const { Plan::new(
        "UPDATE tracardi.event_rejected SET code = $2, message = $3, path = $4 WHERE id = $1",
        &[UUIDOID, TEXTOID, TEXTOID, TEXTOID],
    ) };
    static TAKE: Plan = const { Plan::new(
        "SELECT source_id, session_id, profile_id, options, received_at, event, skew
         FROM tracardi.event_rejected WHERE id = $1 FOR UPDATE",
        &[UUIDOID],
    ) };
    static DELETE: Plan = const { Plan::new("DELETE FROM tracardi.event_rejected WHERE id = $1", &[UUIDOID]) };
}

/// Rows, and bytes of text.
#[derive(Clone, Copy, PartialEq)]
struct Size {
    rows: i64,
    bytes: i64,
}

impl Size {
    fn holds(self, other: Size) -> bool {
        self.rows >= other.rows && self.bytes >= other.bytes
    }

    /// Of what is left: nothing is.
    fn is_full(self) -> bool {
        self.rows < 1 || self.bytes < 1
    }

    fn less(self, other: Size) -> Size {
        Size { rows: self.rows.saturating_sub(other.rows), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

/// What was left of the limits when it was asked, and of that this backend's share: so much that all backends together keep
/// within the limits without asking again.
#[derive(Clone, Copy)]
struct Room {
    limits: Size,
    left: Size,
    share: Size,
}

thread_local! {
    static KNOWN: Cell<Option<Seldom<Room>>> = const { Cell::new(None) };
}

/// The room for a call that wants so much, if that is known. Room that others make is seen within a second.
fn room(connection: &Connection, wanted: Option<Size>) -> Size {
    let limits = Size { rows: settings::event_rejected_limit(), bytes: settings::event_rejected_size() };
    let known = KNOWN.get().filter(|known| known.answer.limits == limits && known.counts(pg::now()));
    if let (Some(mut known), Some(wanted)) = (known, wanted) {
        if known.answer.share.holds(wanted) {
            known.answer.share = known.answer.share.less(wanted);
            KNOWN.set(Some(known));
            return wanted;
        }
        if known.answer.left.is_full() {
            return known.answer.left;
        }
    }
    let found = Seldom::ask(SECOND, 0, || {
        ROOM.with(|plan| {
            let left = connection.run(plan, &[Arg::bigint(limits.rows), Arg::bigint(limits.bytes)]);
            Size { rows: left.get(0, 0).unwrap_or(0), bytes: left.get(0, 1).unwrap_or(0) }
        })
    });
    let room = found.answer;
    KNOWN.set(found.and_then(|left| {
        let wanted = wanted?;
        let left = match (left.holds(wanted), left.is_full()) {
            (true, _) => left.less(wanted),
            (false, true) => left,
            // Some find room, others do not.
            (false, false) => return None,
        };
        let parts = 2 * pg::max_connections();
        Some(Room { limits, left, share: Size { rows: left.rows / parts, bytes: left.bytes / parts } })
    }));
    room
}

/// So many rejected events are few.
const FEW: usize = 16;
/// A message has at most so many bytes, give or take one reason.
const MAX_MESSAGE: usize = 2000;

/// One issue for each event: the first, which also tells the reasons of the others.
pub fn one_an_event(issues: &[Issue]) -> Vec<Issue> {
    let mut merged: Vec<Issue> = Vec::new();
    for issue in issues {
        match merged.last_mut().filter(|last| last.event == issue.event) {
            Some(last) if last.message.len() < MAX_MESSAGE => {
                last.message.push_str(&format!("; at {}: {}", issue.path, issue.message));
            }
            Some(_) => {}
            None => merged.push(issue.clone()),
        }
    }
    merged
}

/// Keeps rejected events. Gives those that found no room.
pub fn keep<'i>(
    connection: &Connection,
    rejected: &[(&'i Issue, &RawEvent<'_>)],
    about: &Circumstances<'_>,
) -> Vec<&'i Issue> {
    // What a few take is known before; the texts of many would take much memory at once.
    let mut few: Vec<Cow<'_, str>> = Vec::new();
    if rejected.len() <= FEW {
        few.extend(rejected.iter().map(|(_, raw)| written(raw)));
    }
    let wanted = (!few.is_empty())
        .then(|| Size { rows: few.len() as i64, bytes: few.iter().map(|text| text.len() as i64).sum() });
    let mut left = room(connection, wanted);
    let mut lost = Vec::new();
    for (i, (issue, raw)) in rejected.iter().enumerate() {
        let text = few.get_mut(i).map_or_else(|| written(raw), std::mem::take);
        let size = Size { rows: 1, bytes: text.len() as i64 };
        if !left.holds(size) {
            lost.push(*issue);
            continue;
        }
        left = left.less(size);
        let args = [
            Arg::uuid(&crate::id::generate(about.received_at.unix_micros())),
            Arg::time(about.received_at),
            Arg::text(about.source_id),
            Arg::optional_text(about.session_id.as_deref()),
            Arg::optional_text(about.profile_id.as_deref()),
            Arg::jsonb(&pg::encode(about.options.to_json())),
            Arg::bigint(about.skew),
            Arg::text(&text),
            Arg::text(&issue.code),
            Arg::text(&issue.message),
            Arg::text(&issue.path.to_string()),
        ];
        INSERT.with(|plan| connection.run(plan, &args));
    }
    lost
}

/// A rejected event that is to be tried again; its row is locked.
pub struct Kept {
    pub source_id: String,
    pub session_id: Option<String>,
    pub profile_id: Option<String>,
    pub options: Options,
    pub skew: i64,
    pub received_at: Timestamp,
    pub event: String,
}

pub fn take(connection: &Connection, id: &uuid::Uuid) -> Option<Kept> {
    TAKE.with(|plan| {
        let rows = connection.run(plan, &[Arg::uuid(id)]);
        Some(Kept {
            source_id: rows.get(0, 0).unwrap_or_default(),
            session_id: rows.get(0, 1),
            profile_id: rows.get(0, 2),
            options: match rows.get::<pg::Jsonb<'_>>(0, 3).map(pg::Jsonb::root) {
                Some(Value::Object(options)) => Options::read(options),
                _ => Options::default(),
            },
            received_at: rows.get(0, 4)?,
            event: rows.get(0, 5)?,
            skew: rows.get(0, 6).unwrap_or(0),
        })
    })
}

/// The event was accepted.
pub fn release(connection: &Connection, id: &uuid::Uuid) {
    DELETE.with(|plan| connection.run(plan, &[Arg::uuid(id)]));
}

/// The event was rejected again, perhaps for another reason.
pub fn still_rejected(connection: &Connection, id: &uuid::Uuid, issue: &Issue) {
    let args = [Arg::uuid(id), Arg::text(&issue.code), Arg::text(&issue.message), Arg::text(&issue.path.to_string())];
    UPDATE.with(|plan| connection.run(plan, &args));
}

/// The event as it came, as JSON text.
fn written<'a>(raw: &RawEvent<'a>) -> Cow<'a, str> {
    if let Some(text) = raw.text {
        return text.into();
    }
    if let Some(whole) = raw.whole {
        return pg::jsonb_text(Json::Copy(whole)).into();
    }
    let fields = [
        ("id", raw.id),
        ("type", raw.event_type),
        ("properties", raw.properties),
        ("context", raw.context),
        ("options", raw.options),
        ("tags", raw.tags),
    ];
    let mut pairs: Vec<(Cow<'_, str>, Json<'_>)> = fields
        .into_iter()
        .filter(|(_, value)| *value != Value::Null)
        .map(|(key, value)| (Cow::Borrowed(key), Json::Copy(value)))
        .collect();
    match raw.time {
        RawTime::At(time) => {
            pairs.push((Cow::Borrowed("time"), Json::object([("insert", Json::string(time.to_iso()))])));
        }
        RawTime::Written(Value::Null) => {}
        RawTime::Written(time) => pairs.push((Cow::Borrowed("time"), Json::Copy(time))),
    }
    pg::jsonb_text(Json::Object(pairs)).into()
}
