//! System events that tell of something that happened outside of `track()`.

use crate::answer::Answer;
use crate::config::Config;
use crate::error::Refusal;
use crate::jsonb::Json;
use crate::pg::{self, Connection};
use crate::segment;
use crate::store::Common;
use crate::workflow::{self, Stage};
use pgrx::pg_sys::Oid;
use uuid::Uuid;

/// The source under which such events stand.
const SOURCE: &str = "sql";

/// Stores a system event, if it is switched on, and calls the workflows for it. `caller`: with whose rights the function
/// was called. What fails of that is recorded by the workflow's step. Raises 54001 (workflows that call each other too deep).
pub fn tell(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    event_type: &'static str,
    profile_id: Option<Uuid>,
    properties: Json<'_>,
) {
    if config.makes(event_type) {
        let told = on_stage(connection, config, caller, profile_id, |stage| {
            workflow::make(stage, event_type, None, &pg::encode(properties), |_| true);
        });
        // Whoever calls this has written already: a refusal would be too late.
        told.unwrap_or_else(|refusal| refusal.raise());
    }
}

/// Has `work` make system events, and tells of what follows from that. Errors: 54001.
pub fn on_stage(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    profile_id: Option<Uuid>,
    work: impl FnOnce(&Stage<'_>),
) -> Result<(), Refusal> {
    let answer = Answer::begin()?;
    let common = Common { source_id: SOURCE, session_id: None, profile_id, received_at: pg::now() };
    let stage = Stage {
        connection,
        config,
        common: &common,
        answer: &answer,
        caller,
        known_profile: profile_id,
        deaf: Default::default(),
    };
    work(&stage);
    segment::tell_all(&stage);
    Ok(())
}
