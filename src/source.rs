//! Who may send: a payload's source, the door that it came through, and how much of it.

use crate::config::{Config, Source};
use crate::error::{Code, Refusal};
use crate::pg;
use std::rc::Rc;

/// The door that a call came through, by its source's bridges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    Sql,
    Rest,
    Webhook,
    /// From inside: what was let in before.
    Any,
}

/// What is done with bots (the column `bots`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bots {
    Refuse,
    Mark,
    Accept,
}

impl Bots {
    pub fn read(name: &str) -> Self {
        match name {
            "mark" => Bots::Mark,
            "accept" => Bots::Accept,
            _ => Bots::Refuse,
        }
    }
}

/// How much a source may send.
pub struct Limits {
    /// Bytes a payload.
    payload_size: Option<i32>,
    /// Events a payload.
    events: Option<i32>,
    /// Events a second.
    rate: Option<i32>,
}

impl Limits {
    /// `None`: there are none.
    pub fn new(payload_size: Option<i32>, events: Option<i32>, rate: Option<i32>) -> Option<Self> {
        let some = payload_size.or(events).or(rate).is_some();
        some.then_some(Limits { payload_size, events, rate })
    }

    /// Lets a payload in, or not. Errors: 54000 if it is too large, 53400 if there were too many events before it.
    pub fn admit(&self, source: &str, size: usize, events: usize) -> Result<(), Refusal> {
        let over = |limit: Option<i32>, amount: usize| limit.filter(|limit| amount > *limit as usize);
        if let Some(limit) = over(self.payload_size, size) {
            return Err(too_large("is too large", source, "payload_size_limit", limit, size, "bytes"));
        }
        if let Some(limit) = over(self.events, events) {
            return Err(too_large("has too many events", source, "event_limit", limit, events, "events"));
        }
        let Some(rate) = self.rate else { return Ok(()) };
        pg::take_events(source, events, rate as u32).map_err(|seconds| Refusal {
            retry_after: Some(seconds),
            ..Refusal::new(
                Code::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
                format!("source \"{source}\" sends too many events"),
            )
            .detail(format!("Its rate_limit is {rate} a second."))
            .hint(format!("Try again in {seconds} s, or: {}", raise("rate_limit", "…", source)))
        })
    }
}

fn too_large(what: &str, source: &str, column: &str, limit: i32, amount: usize, unit: &str) -> Refusal {
    Refusal::new(Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, format!("payload {what} for source \"{source}\""))
        .detail(format!("It has {amount} {unit}, and the source's {column} is {limit}."))
        .hint(format!("Send it in parts, or: {}", raise(column, &amount.to_string(), source)))
}

fn raise(column: &str, to: &str, source: &str) -> String {
    format!("UPDATE tracardi.event_source SET {column} = {to} WHERE id = {};", pgrx::spi::quote_literal(source))
}

impl Bridge {
    fn name(self) -> &'static str {
        match self {
            Bridge::Sql => "sql",
            Bridge::Rest => "rest",
            Bridge::Webhook => "webhook",
            Bridge::Any => "",
        }
    }
}

/// The source, if it may use this door. Errors: 28000.
pub fn authorize(config: &Config, id: &str, bridge: Bridge) -> Result<Rc<Source>, Refusal> {
    let refuse = |message: String| Refusal::new(Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, message);
    let Some(source) = config.source(id) else {
        let refusal = refuse(format!("source \"{}\" does not exist", shown(id)));
        // What stands after @ is Tracardi's own, and no id of a source here.
        return Err(match id.starts_with('@') {
            true => refusal,
            false => refusal.hint(format!("SELECT tracardi.create_source({});", pgrx::spi::quote_literal(shown(id)))),
        });
    };
    if !source.enabled {
        return Err(refuse(format!("source \"{id}\" is disabled")).hint(format!(
            "UPDATE tracardi.event_source SET enabled = true WHERE id = {};",
            pgrx::spi::quote_literal(id)
        )));
    }
    if bridge != Bridge::Any && !source.bridges.split(',').any(|b| b == bridge.name()) {
        return Err(refuse(format!("source \"{id}\" does not have the bridge \"{}\"", bridge.name()))
            .detail(format!("Its bridges are: {}.", source.bridges))
            .hint(format!(
                "UPDATE tracardi.event_source SET bridges = bridges || '{{{}}}' WHERE id = {};",
                bridge.name(),
                pgrx::spi::quote_literal(id)
            )));
    }
    Ok(source)
}

/// An id that nobody knows may be of any length.
fn shown(id: &str) -> String {
    id.chars().take(crate::id::MAX_CHARS).collect()
}
