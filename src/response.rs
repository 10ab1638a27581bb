//! The answer (reference: Tracardi's response to /track).

use crate::answer::Given;
use crate::error::{Issue, Refusal};
use crate::jsonb::Json;
use std::borrow::Cow;
use uuid::Uuid;

/// What is answered to a payload.
pub struct Response {
    /// This call's id.
    pub task: Uuid,
    /// One entry for each event of the payload: its id, or none if it was rejected.
    pub events: Vec<Option<String>>,
    pub profile_id: Option<String>,
    pub session_id: Option<String>,
    /// What workflows answered.
    pub answered: Given,
    pub errors: Vec<Issue>,
    pub warnings: Vec<Issue>,
}

impl Response {
    /// The bytes of the answer's jsonb. Errors: 54000 (it would be larger than jsonb can be), 53200.
    pub fn encode(self) -> Result<Vec<u8>, Refusal> {
        let issues = |issues: Vec<Issue>| Json::Array(issues.into_iter().map(issue).collect());
        Json::object([
            ("task", Json::string(self.task.to_string())),
            ("events", Json::Array(self.events.into_iter().map(Json::optional).collect())),
            ("profile", Json::object([("id", Json::optional(self.profile_id))])),
            ("session", Json::object([("id", Json::optional(self.session_id))])),
            ("response", self.answered.response()),
            ("ux", self.answered.ux()),
            ("errors", issues(self.errors)),
            ("warnings", issues(self.warnings)),
        ])
        .encode()
    }
}

fn issue(issue: Issue) -> Json<'static> {
    Json::object([
        ("event", issue.event.map_or(Json::Null, |event| Json::Integer(event as u32))),
        ("id", Json::optional(issue.id)),
        ("code", Json::string(issue.code)),
        ("message", Json::String(Cow::Owned(issue.message))),
        ("path", Json::string(issue.path.to_string())),
    ])
}
