//! Payloads and events that come as text: each event is read by itself, so that what jsonb can't hold does no harm to what
//! stands beside it. Fields that nobody knows are not even looked at.

use super::{Payload, RawEvent, refuse_too_many};
use crate::error::{Code, Path, Refusal, room};
use crate::json::{Document, Element, Fault};
use crate::jsonb::{Value, root};
use std::ops::Range;

const PAYLOAD: &[&str] = &["source", "session", "profile", "profile_less", "options", "context", "properties"];
const EVENT: &[&str] = &["id", "type", "time", "properties", "context", "options", "tags"];

/// A payload, taken apart.
pub struct PayloadText<'d> {
    /// One jsonb after the other: first the payload without its events.
    bytes: Vec<u8>,
    head: Range<usize>,
    events: Vec<Placed<'d>>,
}

/// An event as it is written, its place among the bytes, and what is wrong with it.
struct Placed<'d> {
    text: &'d str,
    at: Range<usize>,
    fault: Option<(Fault, Option<&'static str>)>,
}

impl<'d> PayloadText<'d> {
    /// Takes a payload of at most so many events apart. Errors, with the JSON path: 22023 where the events are no list, 54000,
    /// and those of [`unfit`]; 53200.
    pub fn read(document: &'d Document<'_>, most_events: usize) -> Result<Self, Refusal> {
        let payload = document.root();
        let Some(pairs) = payload.pairs() else { return Err(super::not_an_object(payload.kind())) };
        let mut bytes = room(payload.written().len())?;
        if let Some((field, fault)) = payload.encode_fields(PAYLOAD, &mut bytes) {
            return Err(unfit(field, fault));
        }
        let head = 0..bytes.len();
        let list =
            pairs.filter(|(key, _)| key.is("events")).last().map(|(_, list)| list).filter(|list| !list.is_null());
        let mut events = Vec::new();
        if let Some(list) = list {
            let elements = list.elements().ok_or_else(|| super::not_a_list(list.kind()))?;
            refuse_too_many(list.len(), most_events)?;
            events = room(list.len())?;
            events.extend(elements.map(|event| Placed::new(event, &mut bytes)));
        }
        Ok(PayloadText { bytes, head, events })
    }

    pub fn payload(&self) -> Result<Payload<'_>, Refusal> {
        let mut payload = Payload::read(root(&self.bytes[self.head.clone()]), 0)?;
        payload.events = room(self.events.len())?;
        payload.events.extend(self.events.iter().map(|event| event.raw(&self.bytes)));
        Ok(payload)
    }
}

/// A field of a payload that jsonb can't hold: 54001 and 54000 where it is too deep or too large, else 22023.
pub fn unfit(field: &'static str, fault: Fault) -> Refusal {
    let code = match fault.code {
        code @ (Code::ERRCODE_STATEMENT_TOO_COMPLEX | Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED) => code,
        _ => Code::ERRCODE_INVALID_PARAMETER_VALUE,
    };
    let mut refusal = Refusal::new(code, format!("\"{field}\" {}", fault.message));
    refusal.path = Some(Path::root().key(field));
    refusal
}

/// One event.
pub struct EventText<'t> {
    text: &'t str,
    bytes: Vec<u8>,
    at: Range<usize>,
    fault: Option<(Fault, Option<&'static str>)>,
}

impl<'t> EventText<'t> {
    /// Errors: 22P02, 53200.
    pub fn read(text: &'t str) -> Result<Self, Refusal> {
        let document = Document::read(text)?;
        let mut bytes = room(text.len())?;
        let Placed { at, fault, .. } = Placed::new(document.root(), &mut bytes);
        Ok(EventText { text, bytes, at, fault })
    }

    pub fn raw(&self) -> RawEvent<'_> {
        Placed { text: self.text, at: self.at.clone(), fault: self.fault }.raw(&self.bytes)
    }
}

impl<'d> Placed<'d> {
    fn new(event: Element<'d>, bytes: &mut Vec<u8>) -> Self {
        let start = bytes.len().next_multiple_of(4);
        let fault = if event.is_object() {
            event.encode_fields(EVENT, bytes).map(|(field, fault)| (fault, Some(field)))
        } else {
            event.encode(bytes).err().map(|fault| (fault, None))
        };
        if fault.is_some_and(|(_, field)| field.is_none()) {
            bytes.truncate(start);
        }
        Placed { text: event.written(), at: start..bytes.len().max(start), fault }
    }

    fn raw<'a>(&self, bytes: &'a [u8]) -> RawEvent<'a>
    where
        'd: 'a,
    {
        let event = bytes.get(self.at.clone()).map_or(Value::Null, root);
        RawEvent { text: Some(self.text), fault: self.fault, ..RawEvent::read(event) }
    }
}
