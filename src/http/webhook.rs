//! A webhook's event: its body is the properties, the rest comes beside it.

use super::reply::Reply;
use super::request::Request;
use super::visitor::Visitor;
use crate::error::{Path, Refusal};
use crate::json::{Document, Unread, string};
use crate::payload::{self, EventText, Options, Payload};
use crate::source::Bridge;
use crate::track::Call;
use std::borrow::Cow;

/// A body as JSON. One that is not JSON becomes a string, which is no event's properties: so it is kept and can be mended.
pub fn properties(body: &str) -> Result<Cow<'_, str>, Refusal> {
    match Document::read(body) {
        Ok(_) => Ok(body.into()),
        Err(Unread::NotJson { .. }) if body.trim().is_empty() => Ok("{}".into()),
        Err(Unread::NotJson { .. }) => Ok(quoted(body)?.into()),
        Err(reason) => Err(reason.into()),
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
    let mut text = quoted(event_type)?;
    text.insert_str(0, "{\"type\":");
    text.try_reserve_exact(properties.len() + 20).map_err(|_| Refusal::out_of_memory())?;
    text.extend([",\"properties\":", properties, "}"]);
    let event = EventText::read(&text)?;
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

fn quoted(text: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    let length = |byte| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    out.try_reserve_exact(2 + text.bytes().map(length).sum::<usize>()).map_err(|_| Refusal::out_of_memory())?;
    string(text, &mut out);
    Ok(out)
}
