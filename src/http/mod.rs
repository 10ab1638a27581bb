//! The doors for HTTP (schema `tracardi_api`): functions that an HTTP server such as PostgREST calls, a request in, a status
//! and a JSON body out. What is wrong with a request is answered, not raised: an error would roll back, and look as the
//! server's own.

mod address;
mod agent;
mod query;
mod reply;
mod request;
mod script;
mod visitor;
mod webhook;

pub use address::Keep;
pub use visitor::Visitor;

use crate::consent::{self, Said, Statement, Whose};
use crate::door::{Args, Given};
use crate::error::{Code, Path, Refusal};
use crate::json::Document;
use crate::jsonb::{Json, Value, root};
use crate::payload::{self, Payload, PayloadText};
use crate::source::Bridge;
use crate::track::{self, Call};
use crate::{config, pg, settings};
use reply::Reply;
use request::Request;
use std::time::Instant;

/// `tracardi_api.track(json)`, `tracardi_api.track(text)`
pub fn track(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let text = text(args)?;
        let document = Document::read(text)?;
        let read = PayloadText::read(&document, settings::payload_event_limit())?;
        let mut payload = read.payload()?;
        payload.profile_less |= request.profile_less();
        let visitor = Some(&Visitor::new(request));
        run(Call { payload, size: text.len(), bridge: Bridge::Rest, makes_session: true, retry: None, visitor })
    })
}

/// `tracardi_api.collect(json)`, `tracardi_api.collect(text)`: the proxy tells type, source and session in headers.
pub fn collect(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let header = |name| request.header(name).map(query::decode).unwrap_or_default();
        let properties = match (args.get::<&str>(0).unwrap_or_default(), request.header("x-tracardi-query")) {
            ("" | "{}", Some(parameters)) => query::properties(parameters).into(),
            (body, _) => webhook::properties(within_limit(body)?)?,
        };
        let (event_type, source_id) = (header("x-tracardi-event-type"), header("x-tracardi-source"));
        webhook::event(request, &event_type, &source_id, &properties, &header("x-tracardi-session"))
    })
}

/// `tracardi_api.collect(event_type text, source_id text, properties json, session_id text)`
pub fn collect_event(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let text = |index| args.get::<&str>(index).unwrap_or_default();
        let properties = webhook::properties(within_limit(text(2))?)?;
        webhook::event(request, text(0), text(1), &properties, text(3))
    })
}

/// `tracardi_api.consent(json)`, `tracardi_api.consent(text)`
pub fn consent(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let document = Document::read(text(args)?)?;
        let mut bytes = Vec::new();
        let fields = ["source", "session", "profile", "consents", "all"];
        if let Some((field, fault)) = document.root().encode_fields(&fields, &mut bytes) {
            return Err(payload::unfit(field, fault));
        }
        let statement = root(&bytes);
        let Payload { source_id, session_id, profile_id, .. } = Payload::read(statement, 0)?;
        let path = || Path::root().key("consents");
        let asks =
            |query: &str| query::pairs(query).any(|(key, value)| key == "all" && value.eq_ignore_ascii_case("true"));
        let all = statement.get("all") == Value::Bool(true) || request.header("x-tracardi-query").is_some_and(asks);
        let none = pg::encode(Json::object([]));
        let consents = match statement.get("consents") {
            Value::Object(consents) => consents,
            Value::Null if all => match root(&none) {
                Value::Object(none) => none,
                _ => unreachable!("an object was written"),
            },
            Value::Null => return Err(Refusal::payload(path(), "\"consents\" are missing", "nothing")),
            other => return Err(Refusal::payload(path(), "\"consents\" is not a JSON object", other.kind())),
        };
        let whose = Whose::Visitor { source_id, session_id, profile_id };
        consent::state(&Statement { whose, said: Said { consents, all, expires_at: None } })?;
        let profile_id = Json::optional(profile_id.map(|id| id.text));
        Ok(Reply::ok(Json::object([("profile", Json::object([("id", profile_id)]))])))
    })
}

/// `tracardi_api.health()`
pub fn health(_: &Args) -> Result<Given, Refusal> {
    answer(|_| {
        config::current()?;
        let version = Json::string(env!("CARGO_PKG_VERSION"));
        Ok(Reply::ok(Json::object([("status", Json::string("ok")), ("version", version)])))
    })
}

/// `tracardi_api.tracker()`
pub fn tracker(_: &Args) -> Result<Given, Refusal> {
    Ok(Given::Bytes(script::serve()))
}

/// The body; an empty one counts as an object without fields, as with PostgREST.
fn text(args: &Args) -> Result<&str, Refusal> {
    within_limit(args.get::<&str>(0).filter(|text| !text.is_empty()).unwrap_or("{}"))
}

fn within_limit(text: &str) -> Result<&str, Refusal> {
    match text.len() <= settings::body_size_limit() {
        true => Ok(text),
        false => Err(Refusal::new(Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, "the body is too large")),
    }
}

fn run(call: Call<'_>) -> Result<Reply, Refusal> {
    Ok(match track::track(call)? {
        Some(response) => Reply::tracked(response),
        None => Reply::ok(Json::Null),
    })
}

/// Answers a request. A refusal comes before anything is written: so it is answered, and nothing has to be rolled back.
fn answer(work: impl FnOnce(&Request) -> Result<Reply, Refusal>) -> Result<Given, Refusal> {
    let started = Instant::now();
    let mut reply = pg::conceal(|| work(&Request::current()).unwrap_or_else(Reply::refused));
    reply.header("X-Process-Time", format!("{:.6}", started.elapsed().as_secs_f64()));
    Ok(Given::Text(reply.send()))
}
