//! An event on its way, from where it was read to where it is laid out as a row.

use crate::error::{Code, Issue, Path, sqlstate};
use crate::event::{Event, Kind};
use crate::event_type::{self, EventType, Subject, Verdict};
use crate::reshape::Shape;
use crate::schema::Reason;
use uuid::Uuid;

/// An event whose kind is decided, checked and shaped as its type says.
pub struct Read<'a> {
    pub event: Event<'a>,
    pub kind: Kind,
    pub id: Uuid,
    shape: Shape,
    pub journey_state: Option<&'a str>,
    /// Why it is not valid.
    pub reasons: Vec<Reason>,
    /// The same, as it is stored: a JSON object's bytes; empty: nothing.
    pub errors: Vec<u8>,
}

impl<'a> Read<'a> {
    pub fn new(event: Event<'a>, kind: Kind, id: Uuid) -> Self {
        let (reasons, errors) = (Vec::new(), Vec::new());
        Read { event, kind, id, shape: Shape::default(), journey_state: None, reasons, errors }
    }

    /// Checks and shapes it. `Err`: it is rejected.
    pub fn judge(&mut self, event_type: &'a EventType, source_id: &str) -> Result<(), Vec<Reason>> {
        let verdict = event_type.judge(&Subject {
            event_type: &self.event.event_type,
            source_id: Some(source_id),
            properties: self.properties(),
            context: self.context(),
            tags: &self.event.tags,
        });
        match verdict {
            Verdict::Valid(shape) => {
                self.shape = shape;
                self.event.tags = event_type.tags_with(&self.event.tags);
                self.journey_state = event_type.journey_state.as_deref();
            }
            Verdict::Invalid { reasons, rejected: true } => return Err(reasons),
            Verdict::Invalid { reasons, rejected: false } => {
                self.errors = crate::pg::encode(event_type::encode(&reasons));
                self.reasons = reasons;
            }
        }
        Ok(())
    }

    /// As they are stored: a JSON object's bytes; empty: none.
    pub fn properties(&self) -> &[u8] {
        match &self.shape.properties {
            Some(made) => made,
            None => self.event.properties.map_or(&[], |object| object.bytes()),
        }
    }

    pub fn context(&self) -> &[u8] {
        match &self.shape.context {
            Some(made) => made,
            None => self.event.context.map_or(&[], |object| object.bytes()),
        }
    }

    /// What is told of reasons why it is not valid.
    pub fn issues(&self, reasons: &[Reason]) -> impl Iterator<Item = Issue> {
        reasons.iter().map(|reason| Issue {
            event: Some(self.event.index),
            id: self.event.written_id(),
            code: sqlstate(Code::ERRCODE_CHECK_VIOLATION),
            message: reason.message.clone(),
            path: reason.path.within(Path::event(self.event.index)),
        })
    }
}
