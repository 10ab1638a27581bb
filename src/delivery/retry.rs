//! Trying again: events for which a workflow failed, and replays.

use super::cursor;
use super::log::{self, Batch, Filter};
use super::runner::{Step, next_attempt};
use crate::config::Workflow;
use crate::error::{Code, sqlstate};
use crate::pg::{self, Arg, Failure, Plan};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;
use pgrx::pg_sys::{INT4OID, INT8OID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use uuid::Uuid;

/// So many in one step: each has a subtransaction of its own, and a transaction should not have many.
const AT_ONCE: i64 = 32;

thread_local! {
    static DUE: Plan = const { Plan::new(
        "SELECT f.id, f.workflow, f.attempts, (SELECT e FROM tracardi.event e WHERE e.id = f.event_id AND e.time = f.event_time)
         FROM tracardi.workflow_failure f
         WHERE f.status = 'waiting' AND f.next_attempt_at <= $1 AND f.workflow = ANY ($2)
         ORDER BY f.next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED",
        &[TIMESTAMPTZOID, TEXTARRAYOID, INT8OID],
    ) };
    static IS_DUE: Plan = const { Plan::new(
        "SELECT min(f.next_attempt_at) FROM tracardi.workflow_failure f WHERE f.status = 'waiting' AND f.workflow = ANY ($1)",
        &[TEXTARRAYOID],
    ) };
    static MENDED: Plan = const { Plan::new("DELETE FROM tracardi.workflow_failure WHERE id = $1", &[UUIDOID]) };
    static FAILED_AGAIN: Plan = const { Plan::new(
        "UPDATE tracardi.workflow_failure
         SET attempts = $2, code = $3, message = $4, last_failed_at = $5, next_attempt_at = $6,
             status = CASE WHEN $6 IS NULL THEN 'dead' ELSE 'waiting' END
         WHERE id = $1",
        &[UUIDOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
    static REPLAYS: Plan = const { Plan::new(
        "SELECT r.id, r.workflow, r.\"from\", r.\"to\", r.upto::text, r.time, r.event_id FROM tracardi.workflow_replay r
         WHERE r.workflow = ANY ($1) ORDER BY r.created_at, r.id",
        &[TEXTARRAYOID],
    ) };
    static REPLAY: Plan = const { Plan::new(
        "SELECT r.time, r.event_id FROM tracardi.workflow_replay r WHERE r.id = $1", &[UUIDOID],
    ) };
    static REPLAY_MOVES: Plan = const { Plan::new(
        "UPDATE tracardi.workflow_replay SET time = $2, event_id = $3 WHERE id = $1", &[UUIDOID, TIMESTAMPTZOID, UUIDOID],
    ) };
    static REPLAY_ENDS: Plan = const { Plan::new("DELETE FROM tracardi.workflow_replay WHERE id = $1", &[UUIDOID]) };
}

impl Step<'_> {
    /// The workflows that can be run, by name.
    fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.config.workflows.iter().chain(&self.config.async_workflows).filter(|workflow| workflow.function.is_some())
    }

    fn names(&self) -> Vec<String> {
        self.workflows().map(|workflow| workflow.name.to_string_lossy().into_owned()).collect()
    }

    fn workflow(&self, name: &str) -> Option<&Workflow> {
        self.workflows().find(|workflow| workflow.name.to_bytes() == name.as_bytes())
    }

    /// When the next retry is due.
    pub fn next_retry(&self) -> Option<Timestamp> {
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        IS_DUE.with(|plan| self.connection.run(plan, &[Arg::texts(&names)]).get(0, 0))
    }

    /// Tries again what is due. Gives how many events that were.
    pub fn retry(&self) -> usize {
        let now = pg::now();
        if self.next_retry().is_none_or(|due| due > now) {
            return 0;
        }
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let relation = pg::Relation::open(self.config.event);
        let rows =
            DUE.with(|plan| self.connection.run(plan, &[Arg::time(now), Arg::texts(&names), Arg::bigint(AT_ONCE)]));
        for row in 0..rows.processed {
            let (Some(id), Some(name), Some(attempts)) =
                (rows.get::<Uuid>(row, 0), rows.get::<&str>(row, 1), rows.get::<i32>(row, 2))
            else {
                continue;
            };
            let (Some(workflow), event) = (self.workflow(name), rows.get::<pg::Row>(row, 3)) else { continue };
            let failure = match event {
                Some(event) => self.run(workflow, &relation, &[event]).pop().map(|(_, failure)| failure),
                None => Some(Failure {
                    code: sqlstate(Code::ERRCODE_NO_DATA_FOUND),
                    message: "event is not stored any more".to_owned(),
                }),
            };
            let Some(failure) = failure else {
                MENDED.with(|plan| self.connection.run(plan, &[Arg::uuid(&id)]));
                continue;
            };
            let now = pg::now();
            let next = event.and_then(|_| next_attempt(workflow, attempts + 1, now));
            let args = [
                Arg::uuid(&id),
                Arg::int(attempts + 1),
                Arg::text(&failure.code),
                Arg::text(&failure.message),
                Arg::time(now),
                next.map_or(Arg::NULL, Arg::time),
            ];
            FAILED_AGAIN.with(|plan| self.connection.run(plan, &args));
            if let (None, Some(event)) = (next, event) {
                self.tell(workflow, &relation, &event, &failure);
            }
        }
        rows.processed
    }

    /// Takes replays one step further. Gives how many events it looked at.
    pub fn replay(&self) -> usize {
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = REPLAYS.with(|plan| self.connection.run(plan, &[Arg::texts(&names)]));
        let mut looked_at = 0;
        for row in 0..rows.processed {
            let (Some(id), Some(name)) = (rows.get::<Uuid>(row, 0), rows.get::<&str>(row, 1)) else { continue };
            let (Some(from), Some(to)) = (rows.get(row, 2), rows.get(row, 3)) else { continue };
            let (Some(workflow), Some(upto)) = (self.workflow(name), rows.get(row, 4).and_then(Snapshot::read)) else {
                continue;
            };
            if !cursor::lock(self.connection, &format!("replay {id}")) {
                continue;
            }
            // Whoever had the lock before may have moved on, or ended it.
            let fresh = REPLAY.with(|plan| self.connection.run(plan, &[Arg::uuid(&id)]));
            if fresh.processed == 0 {
                continue;
            }
            let position = fresh.get(0, 0).zip(fresh.get(0, 1));
            let filter = Filter {
                event_type: workflow.event_type.as_deref(),
                source_id: workflow.source_id.as_deref(),
                kinds: workflow.kinds.as_deref(),
                not_about: Some(name),
                shard: (0, 1),
            };
            let Batch { seen, all, .. } = log::between(self.connection, &filter, (from, to), &upto, position, self.max);
            self.call(workflow, &seen);
            looked_at += seen.len();
            match seen.last() {
                Some(last) if !all => {
                    let (time, event) = (last.position.time, last.position.id);
                    REPLAY_MOVES
                        .with(|plan| self.connection.run(plan, &[Arg::uuid(&id), Arg::time(time), Arg::uuid(&event)]));
                }
                _ => {
                    REPLAY_ENDS.with(|plan| self.connection.run(plan, &[Arg::uuid(&id)]));
                }
            }
        }
        looked_at
    }
}
