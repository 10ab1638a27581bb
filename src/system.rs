//! System events that tell of something that happened outside of `track()`.

use crate::answer::Answer;
use crate::config::Config;
use crate::event::{Kind, Row};
use crate::jsonb::Json;
use crate::pg::{self, Connection};
use crate::store::{self, Common};
use crate::visit;
use crate::workflow::{self, Matches, Stage};
use pgrx::pg_sys::Oid;
use uuid::Uuid;

/// The source under which such events stand.
const SOURCE: &str = "sql";

/// Stores a system event, if it is switched on, and calls the workflows for it. `caller`: with whose rights the function
/// was called. What fails of that is recorded by the workflow's step.
pub fn tell(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    event_type: &'static str,
    profile_id: Option<Uuid>,
    properties: Json<'_>,
) {
    if !config.makes(event_type) {
        return;
    }
    let now = pg::now();
    let properties = pg::encode(properties);
    let (tags, journey_state) = visit::labels(config, event_type);
    let rows = [Row {
        index: None,
        id: crate::id::generate(now.unix_micros()),
        external_id: None,
        event_type,
        kind: Kind::System,
        time: crate::time::Clock::new(now).take(1),
        properties: &properties,
        context: &[],
        tags: &tags,
        valid: true,
        errors: &[],
        journey_state,
    }];
    let common = Common { source_id: SOURCE, session_id: None, profile_id, received_at: now };
    let matches = Matches::find(config, SOURCE, &rows);
    let stored = store::insert(connection, &rows, &common, false, !matches.is_empty());
    let answer = Answer::begin();
    let stage = Stage {
        connection,
        config,
        common: &common,
        answer: &answer,
        caller,
        known_profile: profile_id,
        deaf: Default::default(),
    };
    workflow::run(&stage, &rows, &stored.tuples, &matches);
}
