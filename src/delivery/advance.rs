//! A workflow's way through the log, one step at a time.

use super::cursor::{self, Cursor};
use super::log::{self, Batch, Filter, Position, Seen, Window};
use super::runner::Step;
use super::tick;
use crate::config::Workflow;
use crate::pg::{self, Connection, Plan};
use crate::snapshot::Snapshot;
use crate::workflow;

thread_local! {
    // Parts of a window go by profile: while one is open, nobody moves events from one profile to another.
    static HOLD_EVENTS: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('whose events'))", &[],
    ) };
    static MAY_MOVE: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('whose events'))",
        &[],
    ) };
    static DIVIDED: Plan = const { Plan::new(
        "SELECT FROM tracardi.workflow_cursor c WHERE c.shards > 1 LIMIT 1", &[],
    ) };
}

/// Whether events may be moved from one profile to another: not while a window is divided by profiles, or an event could be
/// in two parts of it, or in none. Holds until the end of the transaction.
pub fn may_move_events(connection: &Connection) -> bool {
    let held = MAY_MOVE.with(|plan| connection.run(plan, &[]).get(0, 0).unwrap_or(false));
    held && DIVIDED.with(|plan| connection.latest(plan, &[]).processed == 0)
}

/// What came of closing a window.
enum Closing {
    Closed,
    /// All is done, and somebody else closes it at this moment, or gives up as we do: it is to be tried again at once.
    Contended,
    /// Others are working at it.
    Others,
}

impl Step<'_> {
    /// Takes a workflow one step further. Gives how many events it looked at.
    pub fn advance(&self, workflow: &Workflow) -> usize {
        let name = &*workflow.name.to_string_lossy();
        let connection = self.connection;
        let known = cursor::load(connection, name);
        let shards = known.first().map_or(1, |cursor| cursor.shards);
        let (worker, workers) = self.worker;
        let mine: Vec<i32> = (0..shards)
            .filter(|shard| shards == 1 || shard % workers == worker)
            .filter(|shard| cursor::lock_shard(connection, name, *shard))
            .collect();
        if mine.is_empty() {
            return 0;
        }
        if workflow.function.is_none() {
            let failure = workflow::broken(connection, self.config, workflow);
            self.keep(workflow, None, None, &failure);
            return 0;
        }
        // Whoever had the lock before may have moved on.
        let mut cursors = cursor::load(connection, name);
        let starts = match workflow.later.as_ref().and_then(|later| later.starts.clone()) {
            Some(starts) => starts,
            None => cursors.first().map_or_else(|| self.now().to_string(), |cursor| cursor.starts.clone()),
        };
        if shards == 1 && cursors.first().is_none_or(|cursor| cursor.starts != starts) {
            cursor::begin(connection, name, &starts);
            cursors = cursor::load(connection, name);
        }
        if cursors.first().is_none_or(|cursor| cursor.shards != shards || cursor.starts != starts) {
            return self.reset(name, &cursors, &starts);
        }
        let mut looked_at = 0;
        for cursor in cursors.iter().filter(|cursor| !cursor.done && mine.contains(&cursor.shard)) {
            if let Some(upto) = &cursor.upto {
                looked_at += self.within(workflow, name, cursor, upto);
            }
        }
        if looked_at > 0 {
            return looked_at;
        }
        let after = match &cursors[0].upto {
            None => cursors[0].after.clone(),
            Some(upto) => match self.close(name, shards, &mine) {
                Closing::Closed => upto.clone(),
                Closing::Contended => return 1,
                Closing::Others => return 0,
            },
        };
        self.open(workflow, name, after)
    }

    /// A workflow of this name was registered anew while the window of the former one was divided: it begins when nobody
    /// works at that any more.
    fn reset(&self, name: &str, cursors: &[Cursor], starts: &str) -> usize {
        let stale = cursors.first().is_some_and(|cursor| cursor.starts != starts);
        if stale && cursors.iter().all(|cursor| cursor::lock_shard(self.connection, name, cursor.shard)) {
            cursor::begin(self.connection, name, starts);
            return 1;
        }
        0
    }

    fn filter<'w>(&self, workflow: &'w Workflow, name: &'w str, shard: (i32, i32)) -> Filter<'w> {
        Filter {
            event_type: workflow.event_type.as_deref(),
            source_id: workflow.source_id.as_deref(),
            kinds: workflow.kinds.as_deref(),
            not_about: Some(name),
            shard,
        }
    }

    /// What is stored at this moment.
    pub fn now(&self) -> Snapshot {
        log::now(self.connection, self.config.xact_offset)
    }

    /// Goes on in an open window.
    fn within(&self, workflow: &Workflow, name: &str, cursor: &Cursor, upto: &Snapshot) -> usize {
        let window = Window { after: &cursor.after, upto };
        let filter = self.filter(workflow, name, (cursor.shard, cursor.shards));
        let Batch { seen, all, .. } = window.read(self.connection, &filter, cursor.position.as_ref(), self.max);
        self.call(workflow, &seen);
        let position = seen.last().map(|seen| seen.position).or(cursor.position);
        if all && cursor.shards == 1 {
            cursor::close(self.connection, name, upto);
        } else {
            cursor::save(self.connection, name, cursor.shard, upto, position.as_ref(), all);
        }
        seen.len()
    }

    /// Closes the window if all its parts are done.
    fn close(&self, name: &str, shards: i32, mine: &[i32]) -> Closing {
        let locked = (0..shards).all(|shard| mine.contains(&shard) || cursor::lock_shard(self.connection, name, shard));
        let cursors = cursor::load(self.connection, name);
        match cursors.first().map(|cursor| &cursor.upto) {
            // `within` has closed it just now.
            Some(None) => Closing::Closed,
            Some(Some(upto)) if cursors.iter().all(|cursor| cursor.done) => match locked {
                true => {
                    cursor::close(self.connection, name, upto);
                    Closing::Closed
                }
                false => Closing::Contended,
            },
            _ => Closing::Others,
        }
    }

    /// Opens the next window, and takes its first step: the only one, if there is not more in it.
    fn open(&self, workflow: &Workflow, name: &str, after: Snapshot) -> usize {
        let delay = workflow.later.as_ref().and_then(|later| later.delay);
        let upto = match delay {
            None => Some(self.now()),
            Some(delay) => tick::due(self, name, delay, &after),
        };
        let Some(upto) = upto else { return 0 };
        let window = Window { after: &after, upto: &upto };
        let filter = self.filter(workflow, name, (0, 1));
        let Batch { seen, all, .. } = window.read(self.connection, &filter, None, self.max);
        let (worker, workers) = self.worker;
        if all {
            self.call(workflow, &seen);
            if !seen.is_empty() {
                cursor::close(self.connection, name, &upto);
            }
        } else if workers > 1 && HOLD_EVENTS.with(|plan| self.connection.run(plan, &[]).get(0, 0).unwrap_or(false)) {
            // The first step of a divided window belongs to whoever gets hold of a part of it.
            cursor::divide(self.connection, name, &upto, workers);
            let part = |cursor: &&Cursor| cursor.shard == worker && cursor::lock_shard(self.connection, name, worker);
            if let Some(cursor) = cursor::load(self.connection, name).iter().find(part) {
                self.within(workflow, name, cursor, &upto);
            }
        } else {
            self.call(workflow, &seen);
            let last: Option<Position> = seen.last().map(|seen| seen.position);
            cursor::save(self.connection, name, 0, &upto, last.as_ref(), false);
        }
        seen.len()
    }

    /// Runs the workflow for those that are wanted, and keeps what failed.
    pub fn call(&self, workflow: &Workflow, seen: &[Seen]) {
        let rows: Vec<pg::Row> = seen.iter().filter_map(|seen| seen.row).collect();
        if rows.is_empty() {
            return;
        }
        let relation = pg::Relation::open(self.config.event);
        for (place, failure) in self.run(workflow, &relation, &rows) {
            self.record(workflow, &relation, &rows[place], &failure);
        }
    }
}
