//! What changed of profiles: told at the end of the call of `track()` that is running, else at once. The triggers of
//! `tracardi.profile` find out, whoever changes it.

use crate::answer;
use crate::config::Config;
use crate::error::{Issue, Refusal};
use crate::jsonb::Json;
use crate::milestone::{self, Milestone, Told};
use crate::pg::{self, ActAs, Connection};
use crate::settings;
use crate::store::Common;
use crate::system;
use crate::workflow::Stage;
use std::collections::HashMap;
use uuid::Uuid;

/// Of a profile.
#[derive(Debug)]
pub struct Change {
    profile: Uuid,
    what: What,
}

#[derive(Debug)]
pub enum What {
    /// It entered a segment, or left one.
    Entered(String),
    Left(String),
    /// The paths of fields.
    Fields(Vec<String>),
}

impl Change {
    fn milestone(&self) -> Milestone {
        match self.what {
            What::Entered(_) => Milestone::SegmentEntered,
            What::Left(_) => Milestone::SegmentLeft,
            What::Fields(_) => Milestone::ProfileUpdated,
        }
    }

    fn properties(self) -> Vec<u8> {
        pg::encode(match self.what {
            What::Entered(segment) | What::Left(segment) => Json::object([("segment", Json::string(segment))]),
            What::Fields(paths) => {
                Json::object([("fields", Json::Array(paths.into_iter().map(Json::string).collect()))])
            }
        })
    }
}

/// Tells of a change, unless that is switched off: at the end of the call that is running, else at once.
pub fn tell(config: &Config, connection: &Connection, profile: Uuid, what: What) -> Result<(), Refusal> {
    let change = Change { profile, what };
    if !config.makes(change.milestone().name()) {
        return Ok(());
    }
    match answer::put_off(change) {
        Ok(()) => Ok(()),
        Err(change) => tell_alone(config, connection, change),
    }
}

/// Tells of a change that no call of `track()` made.
fn tell_alone(config: &Config, connection: &Connection, change: Change) -> Result<(), Refusal> {
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

/// Makes the system events of what changed in this call. Gives what failed in the workflows that heard of them.
pub fn tell_all(stage: &Stage<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    // A workflow that hears of one may change its profile: that is told, too. So as not to go in circles for ever, nobody
    // hears of the last of them.
    for round in 0.. {
        let changes = together(stage.answer.changes());
        if changes.is_empty() {
            break;
        }
        for change in changes {
            let common = Common { profile_id: Some(change.profile), ..*stage.common };
            let stage =
                Stage { common: &common, known_profile: Some(change.profile), deaf: stage.deaf.clone(), ..*stage };
            let milestone = change.milestone();
            let properties = change.properties();
            let told = Told { milestone, time: None, index: None, properties: &properties };
            issues.extend(milestone::tell(&stage, &told, |_| round < settings::workflow_depth()));
        }
    }
    issues
}

/// All fields of a profile that changed are one change.
fn together(changes: Vec<Change>) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::with_capacity(changes.len());
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    for change in changes {
        let Change { profile, what: What::Fields(more) } = change else {
            all.push(change);
            continue;
        };
        match places.get(&profile).map(|place| &mut all[*place].what) {
            Some(What::Fields(known)) => {
                known.extend(more);
                known.sort_unstable();
                known.dedup();
            }
            _ => {
                places.insert(profile, all.len());
                all.push(Change { profile, what: What::Fields(more) });
            }
        }
    }
    all
}
