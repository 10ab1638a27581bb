//! System events that tell of something that happened outside of `track()`.

use crate::answer::Answer;
use crate::change;
use crate::config::Config;
use crate::error::Refusal;
use crate::jsonb::Json;
use crate::milestone::{self, Milestone, Told};
use crate::pg::{self, Connection};
use crate::store::Common;
use crate::workflow::Stage;
use pgrx::pg_sys::Oid;
use uuid::Uuid;

/// The source under which what somebody's call did stands.
pub const SOURCE: &str = "sql";

/// Tells of what somebody's call of another function than `track()` did. `caller`: with whose rights that was called. Raises
/// 54001 (workflows that call each other too deep).
pub fn tell(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    milestone: Milestone,
    profile_id: Option<Uuid>,
    properties: Json<'_>,
) {
    if config.makes(milestone.name()) {
        let common = Common { source_id: SOURCE, session_id: None, profile_id, received_at: pg::now() };
        let properties = pg::encode(properties);
        announce(
            connection,
            config,
            caller,
            &common,
            &Told { milestone, time: None, index: None, properties: &properties },
        );
    }
}

/// Tells of a milestone. Raises 54001.
pub fn announce(connection: &Connection, config: &Config, caller: Oid, common: &Common<'_>, told: &Told<'_>) {
    let done = on_stage(connection, config, caller, common, |stage| {
        milestone::tell(stage, told, |_| true);
    });
    // Whoever calls this has written already: a refusal would be too late.
    done.unwrap_or_else(|refusal| refusal.raise());
}

/// Has `work` make system events, and tells of what follows from that. Errors: 54001.
pub fn on_stage(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    common: &Common<'_>,
    work: impl FnOnce(&Stage<'_>),
) -> Result<(), Refusal> {
    let answer = Answer::begin()?;
    let known_profile = common.profile_id;
    let stage = Stage { connection, config, common, answer: &answer, caller, known_profile, deaf: Default::default() };
    work(&stage);
    change::tell_all(&stage);
    Ok(())
}
