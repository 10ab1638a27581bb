//! The doors for HTTP (schema `tracardi_api`): functions that an HTTP server such as PostgREST calls, a request in, a status
//! and a JSON body out. What is wrong with a request is answered, not raised: an error would roll back, and look as the
//! server's own.

mod query;
mod reply;
mod request;
mod webhook;

use crate::config;
use crate::door::{Args, Given};
use crate::error::Refusal;
use crate::json::Document;
use crate::jsonb::Json;
use crate::payload::PayloadText;
use crate::source::Bridge;
use crate::track::{self, Call};
use reply::Reply;
use request::Request;

/// `tracardi_api.track(json)`, `tracardi_api.track(text)`
pub fn track(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let document = body(args, 0)?;
        let read = PayloadText::read(&document)?;
        let mut payload = read.payload()?;
        payload.profile_less |= request.profile_less();
        run(Call { payload, bridge: Bridge::Rest, makes_session: true, retry: None })
    })
}

/// `tracardi_api.collect(json)`, `tracardi_api.collect(text)`: the proxy tells type, source and session in headers.
pub fn collect(args: &Args) -> Result<Given, Refusal> {
    answer(|request| {
        let [event_type, source_id, session] = ["x-tracardi-event-type", "x-tracardi-source", "x-tracardi-session"]
            .map(|name| request.header(name).map(query::decode).unwrap_or_default());
        let properties = match (args.get::<&str>(0).unwrap_or_default(), request.header("x-tracardi-query")) {
            ("" | "{}", Some(parameters)) => query::properties(parameters),
            (body, _) => webhook::properties(body),
        };
        webhook::event(&event_type, &source_id, &properties, &session)
    })
}

/// `tracardi_api.collect(event_type text, source_id text, properties json, session_id text)`
pub fn collect_event(args: &Args) -> Result<Given, Refusal> {
    answer(|_| {
        let text = |index| args.get::<&str>(index).unwrap_or_default();
        webhook::event(text(0), text(1), &webhook::properties(text(2)), text(3))
    })
}

/// `tracardi_api.health()`
pub fn health(_: &Args) -> Result<Given, Refusal> {
    answer(|_| {
        config::current();
        Ok(Reply::ok(Json::object([
            ("status", Json::string("ok")),
            ("version", Json::string(env!("CARGO_PKG_VERSION"))),
        ])))
    })
}

/// The body; an empty one counts as an object without fields, as with PostgREST.
fn body<'a>(args: &'a Args, index: usize) -> Result<Document<'a>, Refusal> {
    let text = args.get::<&str>(index).filter(|text| !text.is_empty()).unwrap_or("{}");
    Document::read(text).map_err(|error| Refusal::not_json(error.at, error.expected))
}

fn run(call: Call<'_>) -> Result<Reply, Refusal> {
    Ok(match track::track(call)? {
        Some(response) => Reply::tracked(response),
        None => Reply::ok(Json::Null),
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
