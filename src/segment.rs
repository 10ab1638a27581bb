//! Segments: what is told when a profile enters or leaves one. The profile's triggers find out (`sql/segment.sql`).

use crate::answer;
use crate::config;
use crate::error::{Issue, Refusal};
use crate::jsonb::Json;
use crate::milestone::{self, Milestone, Told};
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::settings;
use crate::store::Common;
use crate::system;
use crate::workflow::Stage;
use pgrx::pg_sys::TEXTARRAYOID;
use uuid::Uuid;

/// A profile entered or left a segment.
#[derive(Debug)]
pub struct Change {
    profile: Uuid,
    segment: String,
    entered: bool,
}

impl Change {
    fn milestone(&self) -> Milestone {
        if self.entered { Milestone::SegmentEntered } else { Milestone::SegmentLeft }
    }
}

thread_local! {
    static LISTED: Plan = const { Plan::new(
        "SELECT s.name FROM tracardi.segment s WHERE s.name OPERATOR(pg_catalog.=) ANY ($1) ORDER BY s.name", &[TEXTARRAYOID],
    ) };
}

/// Tells of the segments that a profile entered and left: at the end of the call of `track()` that is running, else at once.
/// Errors: 55000 (not set up).
pub fn tell(profile: Uuid, before: Vec<String>, now: Vec<String>) -> Result<(), Refusal> {
    if before == now {
        return Ok(());
    }
    let config = config::current()?;
    let connection = Connection::open();
    for (from, to, entered) in [(&before, &now, false), (&now, &before, true)] {
        let names: Vec<&str> = from.iter().filter(|name| !to.contains(name)).map(String::as_str).collect();
        if names.is_empty() {
            continue;
        }
        let listed: Vec<String> = {
            let _acting = ActAs::new(config.config_owner, None);
            LISTED.with(|plan| {
                let rows = connection.run(plan, &[Arg::texts(&names)]);
                (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
            })
        };
        for segment in listed {
            let change = Change { profile, segment, entered };
            if !config.makes(change.milestone().name()) {
                continue;
            }
            if let Err(change) = answer::put_off(change) {
                tell_alone(&config, &connection, change)?;
            }
        }
    }
    Ok(())
}

/// Tells of a change that no call of `track()` made.
fn tell_alone(config: &config::Config, connection: &Connection, change: Change) -> Result<(), Refusal> {
    let caller = pg::current_role();
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let common = Common {
        source_id: system::SOURCE,
        session_id: None,
        profile_id: Some(change.profile),
        received_at: pg::now(),
    };
    system::on_stage(connection, config, caller, &common, |_| {
        let _ = answer::put_off(change);
    })
}

/// Makes the system events of what profiles entered and left in this call. Gives what failed in the workflows that heard of
/// them.
pub fn tell_all(stage: &Stage<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    // A workflow that hears of one may change its profile: that is told, too. So as not to go in circles for ever, nobody
    // hears of the last of them.
    for round in 0.. {
        let changes = stage.answer.changes();
        if changes.is_empty() {
            break;
        }
        for change in changes {
            let common = Common { profile_id: Some(change.profile), ..*stage.common };
            let stage =
                Stage { common: &common, known_profile: Some(change.profile), deaf: stage.deaf.clone(), ..*stage };
            let milestone = change.milestone();
            let properties = pg::encode(Json::object([("segment", Json::string(change.segment))]));
            let told = Told { milestone, time: None, index: None, properties: &properties };
            issues.extend(milestone::tell(&stage, &told, |_| round < settings::workflow_depth()));
        }
    }
    issues
}
