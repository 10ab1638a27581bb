//! How long workflows take, in the counters that all processes share.

use super::shmem::{self, Counted, Tally};
use std::cell::Cell;
use std::time::Instant;

/// Measures the runs of a workflow, one after the other. Does nothing if the library is not preloaded.
pub struct Stopwatch {
    tally: Option<&'static Tally>,
    started: Cell<Option<Instant>>,
}

impl Stopwatch {
    pub fn of(workflow: &str) -> Self {
        let found = shmem::shared().and_then(|shared| shared.tally(Counted::Workflow, workflow, true));
        Stopwatch { tally: found.map(|(_, tally)| tally), started: Cell::new(None) }
    }

    /// A run ends, if one was going on, and the next one begins.
    pub fn lap(&self) {
        if self.tally.is_some() {
            self.stop();
            self.started.set(Some(Instant::now()));
        }
    }

    /// The run that is going on, if one is, ends.
    pub fn stop(&self) {
        if let (Some(tally), Some(started)) = (self.tally, self.started.take()) {
            tally.ran(started.elapsed().as_micros() as u64);
        }
    }
}

/// Counts a workflow's failure.
pub fn count_failure(workflow: &str) {
    if let Some((_, tally)) = shmem::shared().and_then(|shared| shared.tally(Counted::Workflow, workflow, true)) {
        tally.failed();
    }
}
