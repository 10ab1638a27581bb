//! The doors for HTTP (schema `tracardi_api`): functions that an HTTP server such as PostgREST calls, a request in, a status
//! and a JSON body out. What is wrong with a request is answered, not raised: an error would roll back, and look as the
//! server's own.

mod reply;
mod request;

use crate::door::{Args, Given};
use crate::error::{Path, Refusal};
use crate::id::ClientId;
use crate::jsonb::{Json, Value};
use crate::payload::{self, Options, Payload, RawEvent, RawTime};
use crate::source::Bridge;
use crate::track::{self, Call};
use crate::{config, pg};
use reply::Reply;
use request::Request;

/// `tracardi_api.track(json)`, `tracardi_api.track(text)`
pub fn track(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let body = pg::parse_jsonb(args.get::<&str>(0).unwrap_or("{}"));
        let mut payload = Payload::read(body.root())?;
        payload.profile_less |= request.profile_less();
        run(Call { payload, bridge: Bridge::Rest, makes_session: true, retry: None })
    })
}

/// `tracardi_api.collect(json)`, `tracardi_api.collect(text)`: the proxy tells type, source and session in headers.
pub fn collect(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let body = pg::parse_jsonb(args.get::<&str>(0).unwrap_or("{}"));
        let header = |name| request.header(name).unwrap_or_default();
        one(header("x-tracardi-event-type"), header("x-tracardi-source"), body.root(), request.header("x-tracardi-session"))
    })
}

/// `tracardi_api.collect(event_type text, source_id text, properties json, session_id text)`
pub fn collect_event(args: &Args) -> Result<Given, Refusal> {
    answer(|_| {
        let body = pg::parse_jsonb(args.get::<&str>(2).unwrap_or("{}"));
        one(args.get(0).unwrap_or_default(), args.get(1).unwrap_or_default(), body.root(), args.get(3))
    })
}

/// `tracardi_api.health()`
pub fn health(_: &Args) -> Result<Given, Refusal> {
    answer(|_| {
        config::current();
        Ok(Reply::ok(&Json::object([("status", Json::string("ok")), ("version", Json::string(env!("CARGO_PKG_VERSION")))])))
    })
}

/// A webhook's event.
fn one(event_type: &str, source_id: &str, properties: Value<'_>, session: Option<&str>) -> Result<Reply, Refusal> {
    let session_id = match session {
        Some(text) => payload::client_id(text, "session", || Path::root().key("session").key("id"))?,
        None => None::<ClientId<'_>>,
    };
    let event = RawEvent {
        id: Value::Null,
        event_type: Value::String(event_type),
        time: RawTime::Written(Value::Null),
        properties,
        context: Value::Null,
        options: Value::Null,
        tags: Value::Null,
        whole: None,
    };
    let payload = Payload {
        source_id: source_id.trim(),
        session_id,
        profile_id: None,
        profile_less: session_id.is_none(),
        options: Options::default(),
        context: None,
        properties: None,
        events: vec![event],
    };
    run(Call { payload, bridge: Bridge::Webhook, makes_session: false, retry: None })
}

fn run(call: Call<'_>) -> Result<Reply, Refusal> {
    Ok(match track::track(call)? {
        Some(response) => Reply::tracked(response),
        None => Reply::ok(&Json::Null),
    })
}

/// Answers a request.
fn answer(work: impl FnOnce(&Request) -> Result<Reply, Refusal>) -> Result<Given, Refusal> {
    let request = Request::current();
    let reply = match work(&request) {
        Ok(reply) => reply,
        Err(refusal) => Reply::refused(refusal)?,
    };
    Ok(Given::Text(reply.send()))
}
