//! Reading a tracker payload (reference: Tracardi's `TrackerPayload`): its form is checked, its events are not yet.

use crate::error::{Code, Path, Refusal, room};
use crate::id::ClientId;
use crate::json::Fault;
use crate::jsonb::{Json, Object, Value};
use crate::time::{self, Timestamp};

mod text;

pub use text::{EventText, PayloadText, unfit};

/// A payload whose form is right. Everything borrows from the jsonb that came.
#[derive(Debug)]
pub struct Payload<'a> {
    pub source_id: &'a str,
    pub session_id: Option<ClientId<'a>>,
    pub profile_id: Option<ClientId<'a>>,
    pub profile_less: bool,
    pub options: Options,
    pub context: Option<Object<'a>>,
    pub properties: Option<Object<'a>>,
    pub events: Vec<RawEvent<'a>>,
}

/// An event as it came: fields that are absent are null.
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'a> {
    pub id: Value<'a>,
    pub event_type: Value<'a>,
    pub time: RawTime<'a>,
    pub properties: Value<'a>,
    pub context: Value<'a>,
    pub options: Value<'a>,
    pub tags: Value<'a>,
    /// The event whole, when it came in a payload.
    pub whole: Option<Value<'a>>,
    /// The same as text, when it came so.
    pub text: Option<&'a str>,
    /// Why it is not what it should be, and which field of it is not, found out before it could be read.
    pub fault: Option<(Fault, Option<&'static str>)>,
}

#[derive(Clone, Copy, Debug)]
pub enum RawTime<'a> {
    /// As JSON.
    Written(Value<'a>),
    /// As a `timestamptz`.
    At(Timestamp),
}

/// What a payload or an event asks for; only real booleans count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub save_event: Option<bool>,
    pub save_session: Option<bool>,
    pub save_profile: Option<bool>,
    pub profile_less: Option<bool>,
}

impl Options {
    pub fn read(object: Object<'_>) -> Self {
        let mut options = Options::default();
        let all = |a: Option<bool>, b: bool| Some(a.unwrap_or(true) && b);
        for (key, value) in object.pairs() {
            let Value::Bool(flag) = value else { continue };
            match key {
                // Tracardi's documentation has saveEvent, its code saveEvents, its older code save.
                "saveEvent" | "saveEvents" | "save" => options.save_event = all(options.save_event, flag),
                "saveSession" => options.save_session = Some(flag),
                "saveProfile" => options.save_profile = Some(flag),
                "profileLess" => options.profile_less = Some(flag),
                _ => {}
            }
        }
        options
    }

    /// As `read` reads it.
    pub fn to_json(self) -> Json<'static> {
        let flags = [
            ("saveEvent", self.save_event),
            ("saveSession", self.save_session),
            ("saveProfile", self.save_profile),
            ("profileLess", self.profile_less),
        ];
        let pair = |(key, flag): (&'static str, Option<bool>)| Some((key.into(), Json::Copy(Value::Bool(flag?))));
        Json::Object(flags.into_iter().filter_map(pair).collect())
    }
}

impl<'a> Payload<'a> {
    /// Reads a payload of at most so many events from its jsonb. Errors: 22023, 54000, with the JSON path; 53200.
    pub fn read(root: Value<'a>, most_events: usize) -> Result<Self, Refusal> {
        let Value::Object(payload) = root else { return Err(not_an_object(root.kind())) };
        let events = match payload.get("events") {
            Value::Null => Vec::new(),
            Value::Array(list) => {
                refuse_too_many(list.len(), most_events)?;
                let mut events = room(list.len())?;
                events.extend(list.iter().map(RawEvent::read));
                events
            }
            other => return Err(not_a_list(other.kind())),
        };
        let options = object(payload, "options")?;
        Ok(Payload {
            source_id: source_id(payload)?,
            session_id: id_of(payload, "session")?,
            profile_id: id_of(payload, "profile")?,
            profile_less: payload.get("profile_less") == Value::Bool(true),
            options: options.map(Options::read).unwrap_or_default(),
            context: object(payload, "context")?,
            properties: object(payload, "properties")?,
            events,
        })
    }

    /// Whether an event with these options belongs to nobody.
    pub fn is_profile_less(&self, event: &Options) -> bool {
        self.profile_less
            || [&self.options, event].iter().any(|o| o.profile_less == Some(true) || o.save_profile == Some(false))
    }

    /// What a link from another site brought: the source there, and the profile (`context.tracardi.pass`, as Tracardi's tracker
    /// reads it from the page's address).
    pub fn passed(&self) -> Option<(&'a str, ClientId<'a>)> {
        let Value::Object(tracardi) = self.context?.get("tracardi") else { return None };
        let Value::Object(pass) = tracardi.get("pass") else { return None };
        match (pass.get("source"), pass.get("profile")) {
            (Value::String(source), Value::String(profile)) => Some((source, ClientId::read(profile).ok()??)),
            _ => None,
        }
    }

    /// The client's own clock, if it tells it: `context.time.local` with a zone.
    pub fn client_clock(&self) -> Option<Timestamp> {
        match self.context?.get("time") {
            Value::Object(time) => time::read_zoned(time.get("local")),
            _ => None,
        }
    }
}

impl<'a> RawEvent<'a> {
    /// What it asks for, as far as it can be read.
    pub fn options(&self) -> Options {
        match self.options {
            Value::Object(options) => Options::read(options),
            _ => Options::default(),
        }
    }

    /// Reads an event's fields; `text::EVENT` names them, too.
    pub fn read(event: Value<'a>) -> Self {
        let mut raw = RawEvent {
            id: Value::Null,
            event_type: Value::Null,
            time: RawTime::Written(Value::Null),
            properties: Value::Null,
            context: Value::Null,
            options: Value::Null,
            tags: Value::Null,
            whole: Some(event),
            text: None,
            fault: None,
        };
        if let Value::Object(object) = event {
            for (key, value) in object.pairs() {
                match key {
                    "id" => raw.id = value,
                    "type" => raw.event_type = value,
                    "time" => raw.time = RawTime::Written(value),
                    "properties" => raw.properties = value,
                    "context" => raw.context = value,
                    "options" => raw.options = value,
                    "tags" => raw.tags = value,
                    _ => {}
                }
            }
        }
        raw
    }
}

fn not_an_object(kind: &str) -> Refusal {
    Refusal::payload(Path::root(), "payload is not a JSON object", kind)
        .hint("A payload has the form {\"source\": {\"id\": …}, \"events\": [{\"type\": …}]}.")
}

fn not_a_list(kind: &str) -> Refusal {
    Refusal::payload(Path::root().key("events"), "\"events\" is not a JSON array", kind)
}

/// What is kept of an event while it is on its way takes many times the few bytes that it may have.
fn refuse_too_many(events: usize, most: usize) -> Result<(), Refusal> {
    if events <= most {
        return Ok(());
    }
    let message = format!("payload has more than {most} events");
    let mut refusal = Refusal::new(Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message)
        .detail(format!("It has {events}."))
        .hint("Send them in several payloads. The setting tracardi.payload_event_limit has the limit.");
    refusal.path = Some(Path::root().key("events"));
    Err(refusal)
}

fn source_id(payload: Object<'_>) -> Result<&str, Refusal> {
    let hint = "Name a source: {\"source\": {\"id\": …}}. SELECT id FROM tracardi.event_source; lists them.";
    let path = || Path::root().key("source").key("id");
    match payload.get("source") {
        Value::Object(source) => match source.get("id") {
            Value::String(id) if !id.trim().is_empty() => Ok(id.trim()),
            Value::Null => Err(Refusal::payload(path(), "payload names no source", "nothing").hint(hint)),
            Value::String(_) => Err(Refusal::payload(path(), "payload names no source", "a blank string").hint(hint)),
            other => Err(Refusal::payload(path(), "source id is not a string", other.kind())),
        },
        Value::Null => Err(Refusal::payload(path(), "payload names no source", "nothing").hint(hint)),
        other => Err(Refusal::payload(Path::root().key("source"), "\"source\" is not a JSON object", other.kind())),
    }
}

fn id_of<'a>(payload: Object<'a>, field: &'static str) -> Result<Option<ClientId<'a>>, Refusal> {
    let path = || Path::root().key(field).key("id");
    match payload.get(field) {
        Value::Null => Ok(None),
        Value::Object(object) => match object.get("id") {
            Value::Null => Ok(None),
            Value::String(text) => client_id(text, field, path),
            other => Err(Refusal::payload(path(), format!("{field} id is not a string"), other.kind())),
        },
        other => {
            Err(Refusal::payload(Path::root().key(field), format!("\"{field}\" is not a JSON object"), other.kind()))
        }
    }
}

/// Reads a profile's or session's id; 22023 when it is too long.
pub fn client_id<'a>(text: &'a str, field: &str, path: impl FnOnce() -> Path) -> Result<Option<ClientId<'a>>, Refusal> {
    ClientId::read(text).map_err(|_| {
        let found =
            format!("a string of {} characters; the limit is {}", text.trim().chars().count(), crate::id::MAX_CHARS);
        Refusal::payload(path(), format!("{field} id is too long"), &found)
    })
}

fn object<'a>(payload: Object<'a>, field: &'static str) -> Result<Option<Object<'a>>, Refusal> {
    match payload.get(field) {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        other => {
            Err(Refusal::payload(Path::root().key(field), format!("\"{field}\" is not a JSON object"), other.kind()))
        }
    }
}

#[cfg(test)]
mod tests;
