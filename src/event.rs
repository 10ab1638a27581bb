//! Reading one event: it is validated and shaped, or refused by itself.

use crate::error::{Code, Issue, Path, sqlstate};
use crate::id::{self, ClientId, MAX_CHARS};
use crate::jsonb::{Object, Value};
use crate::payload::{Options, RawEvent, RawTime};
use crate::time::{self, BadTime, HOUR, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

/// What an event is (the column `kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Profile,
    Profileless,
    Ephemeral,
    System,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Profile => "profile",
            Kind::Profileless => "profileless",
            Kind::Ephemeral => "ephemeral",
            Kind::System => "system",
        }
    }
}

/// When an event happened, as far as the client says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// The client says nothing: the moment of arrival.
    Arrival,
    /// By the client's clock.
    Client(Timestamp),
    /// Set on purpose, as when history is imported: taken as it is.
    Set(Timestamp),
}

/// A valid event.
#[derive(Debug)]
pub struct Event<'a> {
    /// Its place in the payload.
    pub index: usize,
    pub client_id: Option<ClientId<'a>>,
    pub event_type: Cow<'a, str>,
    pub when: When,
    pub properties: Option<Object<'a>>,
    pub context: Option<Object<'a>>,
    pub tags: Vec<&'a str>,
    pub options: Options,
    /// Whether `when` had to be clamped.
    pub from_the_future: bool,
}

/// What reading needs to know besides the event.
pub struct Reading<'a> {
    pub source_id: &'a str,
    pub arrival: Timestamp,
    /// What to add to the client's moments, in microseconds: arrival less the client's clock.
    pub skew: i64,
    /// Whether an id that can be guessed counts within its source only, even if it is a UUID.
    pub guarded: bool,
}

/// An event has at most so many tags.
const MAX_TAGS: usize = 100;
/// Events may come from the future by so much; clocks are never quite right.
const MAX_FUTURE: i64 = HOUR;

impl<'a> Event<'a> {
    /// Validates one event. `Err` says what is wrong with it first.
    pub fn read(index: usize, raw: &RawEvent<'a>, reading: &Reading<'_>) -> Result<Self, Issue> {
        let issue = |code, message: String, path| Issue {
            event: Some(index),
            id: readable_id(raw),
            code: sqlstate(code),
            message,
            path,
        };
        let at = |field| Path::event(index).key(field);
        if let Some((fault, field)) = raw.fault {
            let (what, path) = match field {
                Some(field) => (format!("\"{field}\" of the event"), at(field)),
                None => ("event".to_owned(), Path::event(index)),
            };
            return Err(issue(fault.code, format!("{what} {}", fault.message), path));
        }
        if let Some(whole) = raw.whole
            && !matches!(whole, Value::Object(_))
        {
            let message = format!("event is not a JSON object but {}", whole.kind());
            return Err(issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, Path::event(index)));
        }
        let client_id = match raw.id {
            Value::Null => None,
            Value::String(text) => ClientId::read_event(text, reading.source_id)
                .map(|id| if reading.guarded { id.map(|id| id.within(reading.source_id)) } else { id })
                .map_err(|_| issue(Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, too_long("event id"), at("id")))?,
            other => {
                let message = format!("event id is not a string but {}", other.kind());
                return Err(issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, at("id")));
            }
        };
        let event_type = match raw.event_type {
            Value::String(text) => id::normalize_type(text),
            Value::Null => Cow::Borrowed(""),
            other => {
                let message = format!("event type is not a string but {}", other.kind());
                return Err(issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, at("type")));
            }
        };
        if event_type.is_empty() {
            let message = "event has no type".to_owned();
            return Err(issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, at("type")));
        }
        if id::too_long(&event_type) {
            return Err(issue(Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, too_long("event type"), at("type")));
        }
        let object = |value: Value<'a>, field: &'static str| match value {
            Value::Null => Ok(None),
            Value::Object(object) => Ok(Some(object)),
            other => {
                let message = format!("\"{field}\" of the event is not a JSON object but {}", other.kind());
                Err(issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, at(field)))
            }
        };
        let properties = object(raw.properties, "properties")?;
        let context = object(raw.context, "context")?;
        let options = object(raw.options, "options")?.map(Options::read).unwrap_or_default();
        let tags =
            read_tags(raw.tags).map_err(|message| issue(Code::ERRCODE_INVALID_PARAMETER_VALUE, message, at("tags")))?;
        let when = read_when(raw.time, at("time"), reading.skew).map_err(|(bad, path)| match bad {
            BadTime::Unreadable => {
                issue(Code::ERRCODE_INVALID_DATETIME_FORMAT, "time of the event can't be read".to_owned(), path)
            }
            BadTime::OutOfRange => {
                issue(Code::ERRCODE_DATETIME_FIELD_OVERFLOW, "time of the event is out of range".to_owned(), path)
            }
        })?;
        let latest = reading.arrival.plus(MAX_FUTURE);
        let (when, from_the_future) = match when {
            When::Client(time) if time > latest => (When::Client(latest), true),
            When::Set(time) if time > latest => (When::Set(latest), true),
            when => (when, false),
        };
        Ok(Event { index, client_id, event_type, when, properties, context, tags, options, from_the_future })
    }

    /// The event's id as the client wrote it.
    pub fn written_id(&self) -> Option<String> {
        self.client_id.map(|id| id.text.to_owned())
    }
}

/// An event with everything decided: it will be stored, unless it is ephemeral.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its place in the payload; none for a system event.
    pub index: Option<usize>,
    pub id: Uuid,
    pub external_id: Option<&'a str>,
    pub event_type: &'a str,
    pub kind: Kind,
    pub time: Timestamp,
    /// A JSON object's bytes; empty: no properties.
    pub properties: &'a [u8],
    pub context: &'a [u8],
    pub tags: &'a [&'a str],
    /// Whether it met the checks of its type.
    pub valid: bool,
    /// What was wrong with it: a JSON object's bytes; empty: nothing.
    pub errors: &'a [u8],
    pub journey_state: Option<&'a str>,
}

/// The id as far as it can be told, for an event that is refused; cut, for it may be what is too long.
fn readable_id(raw: &RawEvent<'_>) -> Option<String> {
    match raw.id {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().chars().take(MAX_CHARS).collect()),
        _ => None,
    }
}

fn too_long(what: &str) -> String {
    format!("{what} has more than {MAX_CHARS} characters")
}

fn read_tags(value: Value<'_>) -> Result<Vec<&str>, String> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        other => return Err(format!("\"tags\" of the event is not a JSON array but {}", other.kind())),
    };
    if list.len() > MAX_TAGS {
        return Err(format!("event has more than {MAX_TAGS} tags"));
    }
    list.iter()
        .map(|tag| match tag {
            Value::String(text) if id::too_long(text) => Err(too_long("a tag of the event")),
            Value::String(text) => Ok(text),
            other => Err(format!("a tag of the event is not a string but {}", other.kind())),
        })
        .collect()
}

/// The event's time is `time.insert`, else `time.create` or a plain `time`.
fn read_when(raw: RawTime<'_>, path: Path, skew: i64) -> Result<When, (BadTime, Path)> {
    let written = match raw {
        RawTime::At(time) if time.in_range() || time > Timestamp(0) => return Ok(When::Set(time)),
        RawTime::At(_) => return Err((BadTime::OutOfRange, path)),
        RawTime::Written(written) => written,
    };
    let client = |value, path| match value {
        Value::Null => Ok(When::Arrival),
        value => match time::read(value).map(|time| time.plus(skew)) {
            Ok(time) if time.in_range() => Ok(When::Client(time)),
            Ok(_) => Err((BadTime::OutOfRange, path)),
            Err(bad) => Err((bad, path)),
        },
    };
    match written {
        Value::Object(time) => {
            let create = client(time.get("create"), path.clone().key("create"))?;
            match time.get("insert") {
                Value::Null => Ok(create),
                insert => time::read(insert).map(When::Set).map_err(|bad| (bad, path.key("insert"))),
            }
        }
        plain => client(plain, path),
    }
}
