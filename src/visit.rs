//! The milestones of a visit: they become system events that are stored with the events that caused them.

use crate::config::Config;
use crate::identity::Identity;
use crate::jsonb::Json;
use crate::milestone::{Milestone, labels};
use crate::pg;

/// The type by which a client ends a visit.
pub const VISIT_ENDED: &str = "visit-ended";

/// A system event to be stored.
pub struct Announcement<'a> {
    pub milestone: Milestone,
    /// A JSON object's bytes; empty: no properties.
    pub properties: Vec<u8>,
    pub tags: Vec<&'a str>,
    pub journey_state: Option<&'a str>,
}

/// What is to be announced. `types`: of the events that caused it, in their order.
pub fn announce<'a>(config: &'a Config, identity: &Identity, types: &[&str]) -> Vec<Announcement<'a>> {
    // A client that ends a visit does not start one, nor whatever else happened on the way.
    if types.contains(&VISIT_ENDED) {
        return Vec::new();
    }
    let created = Milestone::ProfileCreated.name();
    let happened = [
        (Milestone::ProfileCreated, identity.profile_created && !types.contains(&created)),
        (Milestone::SessionOpened, identity.session_opened),
        (Milestone::VisitStarted, identity.visit_started),
        (Milestone::ProfileMerged, !identity.merged.is_empty()),
    ];
    happened
        .into_iter()
        .filter(|(milestone, happened)| *happened && config.makes(milestone.name()))
        .map(|(milestone, _)| {
            let properties = match milestone {
                Milestone::VisitStarted => {
                    let told = identity.profile_created && config.makes(created);
                    trigger_types(types, told.then_some(created))
                }
                Milestone::ProfileMerged => merged(identity),
                _ => Vec::new(),
            };
            let (tags, journey_state) = labels(config, milestone.name());
            Announcement { milestone, properties, tags, journey_state }
        })
        .collect()
}

/// The properties of `profile-merged`: ids, and nothing that is known of the person.
fn merged(identity: &Identity) -> Vec<u8> {
    let losers = identity.merged.iter().map(|id| Json::string(id.to_string())).collect();
    let winner = identity.profile.as_ref().map(|profile| profile.id.to_string());
    pg::encode(Json::object([("winner", Json::optional(winner)), ("losers", Json::Array(losers))]))
}

/// The properties of `visit-started`: the types of the events that started it, each once.
fn trigger_types(types: &[&str], created: Option<&'static str>) -> Vec<u8> {
    let mut seen = std::collections::HashSet::new();
    let list =
        types.iter().copied().chain(created).filter(|t| seen.insert(*t)).map(|t| Json::string(t.to_owned())).collect();
    pg::encode(Json::object([("trigger-event-types", Json::Array(list))]))
}
