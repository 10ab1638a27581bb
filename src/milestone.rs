//! System events: what tracardi itself has to tell. Each milestone is announced at one place, by one call: those of a visit
//! by `visit`, with the events that caused them; all others by `tell`.

use crate::config::Config;
use crate::error::Issue;
use crate::event::{Kind, Row};
use crate::id;
use crate::pg::{self, Count};
use crate::store;
use crate::time::{Clock, Timestamp};
use crate::workflow::{self, Matches, Stage};
use std::cell::Cell;

/// What can happen inside. Those of a visit come first, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    ProfileCreated,
    SessionOpened,
    VisitStarted,
    ProfileMerged,
    ProfileUpdated,
    EventInvalid,
    EventRejected,
    WorkflowFailed,
    VisitEnded,
    SessionClosed,
    SourceRefused,
    TrackFailed,
    ConfigurationChanged,
    SchemaChanged,
    SegmentEntered,
    SegmentLeft,
    ConsentChanged,
    ProfileForgotten,
}

impl Milestone {
    /// The system event's type.
    pub fn name(self) -> &'static str {
        match self {
            Milestone::ProfileCreated => "profile-created",
            Milestone::SessionOpened => "session-opened",
            Milestone::VisitStarted => "visit-started",
            Milestone::ProfileMerged => "profile-merged",
            Milestone::ProfileUpdated => "profile-updated",
            Milestone::EventInvalid => "event-invalid",
            Milestone::EventRejected => "event-rejected",
            Milestone::WorkflowFailed => "workflow-failed",
            Milestone::VisitEnded => "visit-ended",
            Milestone::SessionClosed => "session-closed",
            Milestone::SourceRefused => "source-refused",
            Milestone::TrackFailed => "track-failed",
            Milestone::ConfigurationChanged => "configuration-changed",
            Milestone::SchemaChanged => "schema-changed",
            Milestone::SegmentEntered => "segment-entered",
            Milestone::SegmentLeft => "segment-left",
            Milestone::ConsentChanged => "consent-changed",
            Milestone::ProfileForgotten => "profile-forgotten",
        }
    }
}

/// The tags of a system event, and its journey state.
pub fn labels<'a>(config: &'a Config, system_event: &str) -> (Vec<&'a str>, Option<&'a str>) {
    const TAGS: &[&str] = &["event:system"];
    match config.event_type(system_event) {
        Some(event_type) => (event_type.tags_with(TAGS), event_type.journey_state.as_deref()),
        None => (TAGS.to_vec(), None),
    }
}

/// A milestone that is told by itself.
pub struct Told<'a> {
    pub milestone: Milestone,
    /// `None`: now.
    pub time: Option<Timestamp>,
    /// The place in the payload of the event that it is about, if it is about one.
    pub index: Option<usize>,
    /// A JSON object's bytes.
    pub properties: &'a [u8],
}

thread_local! {
    static TELLING: Cell<u32> = const { Cell::new(0) };
}

/// Whether a system event is being told at this moment, so that workflows of it may be running.
pub fn is_telling() -> bool {
    TELLING.get() > 0
}

/// Stores a system event, unless it is switched off, and calls the workflows for it that `hears` admits by their places. Gives
/// what failed.
pub fn tell(stage: &Stage<'_>, told: &Told<'_>, hears: impl Fn(usize) -> bool) -> Vec<Issue> {
    struct Telling;
    impl Drop for Telling {
        fn drop(&mut self) {
            TELLING.set(TELLING.get() - 1);
        }
    }
    let name = told.milestone.name();
    if !stage.config.makes(name) {
        return Vec::new();
    }
    TELLING.set(TELLING.get() + 1);
    let _telling = Telling;
    let now = pg::now();
    let (tags, journey_state) = labels(stage.config, name);
    let rows = [Row {
        index: told.index,
        id: id::generate(now.unix_micros()),
        external_id: None,
        event_type: name,
        kind: Kind::System,
        time: told.time.unwrap_or_else(|| Clock::new(now).take(1)),
        properties: told.properties,
        context: &[],
        tags: &tags,
        valid: true,
        errors: &[],
        journey_state,
    }];
    let mut matches = Matches::find(stage.config, stage.common.source_id, &rows);
    matches.retain(hears);
    let stored = store::insert(stage.connection, stage.config, &rows, stage.common, false, !matches.is_empty());
    pg::count(stage.common.source_id, &[(Count::System, 1)]);
    workflow::run(stage, &rows, &stored.tuples, &matches)
}
