//! Who may send: a payload's source, and the door that it came through.

use crate::config::{Config, Source};
use crate::error::{Code, Refusal};
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
