//! Calling one workflow for events: in one subtransaction, and again around an event for which it fails.

use crate::answer::Answer;
use crate::config::Workflow;
use crate::pg::{self, ActAs, Failure, TimeLimit};
use pgrx::pg_sys::Oid;
use std::cell::Cell;

/// How a workflow is called.
pub struct Calling<'a> {
    pub workflow: &'a Workflow,
    /// The function and its owner.
    pub function: (Oid, Oid),
    /// With whose rights tracardi was called.
    pub caller: Oid,
    pub answer: &'a Answer,
    pub relation: &'a pg::Relation,
    pub limit: &'a TimeLimit,
    /// Whether what fails can be tried again later.
    pub background: bool,
}

impl Calling<'_> {
    /// Runs something in a subtransaction.
    pub fn attempt<R>(&self, run: impl FnOnce() -> R) -> Result<R, Failure> {
        if self.background { pg::attempt_in_background(run) } else { pg::attempt(run) }
    }

    /// Calls it for events, in their order. Gives the places of those for which it failed, and why.
    pub fn call(&self, events: &[pg::Row]) -> Vec<(usize, Failure)> {
        let _running = self.background.then(|| pg::Running::begin(&self.workflow.name.to_string_lossy()));
        let mut failures = Vec::new();
        let mut begin = 0;
        while begin < events.len() {
            let Err((at, failure)) = self.once(&events[begin..]) else { break };
            let failed = begin + at;
            // What came before is done again by itself; if it fails this time, event by event.
            if at > 0 && self.once(&events[begin..failed]).is_err() {
                for place in begin..failed {
                    if let Err((_, failure)) = self.once(&events[place..=place]) {
                        failures.push((place, failure));
                    }
                }
            }
            failures.push((failed, failure));
            begin = failed + 1;
            pg::check_for_interrupts();
        }
        failures
    }

    /// In one subtransaction. `Err`: at which of the events it failed, and why.
    fn once(&self, events: &[pg::Row]) -> Result<(), (usize, Failure)> {
        let reached = Cell::new(0);
        let (function, owner) = self.function;
        let watch = pg::Stopwatch::of(&self.workflow.name.to_string_lossy());
        let result = self.attempt(|| {
            let _acting = ActAs::confined(owner, &self.workflow.search_path, self.caller);
            pg::check_execute(function, owner);
            self.answer.open(|| {
                pg::call(function, &self.workflow.name, self.relation, events, |next| {
                    self.limit.check();
                    self.limit.restart();
                    reached.set(next);
                    watch.lap();
                });
            });
            watch.stop();
            self.limit.check();
        });
        self.limit.stop();
        watch.stop();
        result.map_err(|failure| (reached.get(), failure))
    }
}
