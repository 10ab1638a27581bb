//! A webhook's event: its body is the properties, the rest comes beside it.

use super::reply::Reply;
use super::request::Request;
use super::visitor::Visitor;
use crate::error::{Path, Refusal};
use crate::json::{Document, string};
use crate::payload::{self, EventText, Options, Payload};
use crate::source::Bridge;
use crate::track::Call;

/// A body as JSON. One that is not JSON becomes a string, which is no event's properties: so it is kept and can be mended.
pub fn properties(body: &str) -> String {
    match Document::read(body) {
        Ok(_) => body.to_owned(),
        Err(_) if body.trim().is_empty() => "{}".to_owned(),
        Err(_) => quoted(body),
    }
}

/// Tracks the event. `properties`: JSON. Without a session it is nobody's.
pub fn event(
    request: &Request,
    event_type: &str,
    source_id: &str,
    properties: &str,
    session: &str,
) -> Result<Reply, Refusal> {
    let source_id = source_id.trim();
    if source_id.is_empty() {
        return Err(Refusal::payload(Path::root().key("source").key("id"), "event names no source", "nothing"));
    }
    let session_id = payload::client_id(session, "session", || Path::root().key("session").key("id"))?;
    let text = format!("{{\"type\":{},\"properties\":{properties}}}", quoted(event_type));
    let event = EventText::read(&text).map_err(|error| Refusal::not_json(error.at, error.expected))?;
    let payload = Payload {
        source_id,
        session_id,
        profile_id: None,
        profile_less: session_id.is_none(),
        options: Options::default(),
        context: None,
        properties: None,
        events: vec![event.raw()],
    };
    super::run(Call {
        payload,
        size: properties.len(),
        bridge: Bridge::Webhook,
        makes_session: false,
        retry: None,
        visitor: Some(&Visitor::new(request)),
    })
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    string(text, &mut out);
    out
}
