//! How far a workflow has come: a window of events, and a position in it; in the rows of `tracardi.workflow_cursor`.
//!
//! A window with more events than one step takes may be divided among workers, by profile: one row for each part. It is closed
//! when all parts are done. Whoever works at a part holds its advisory lock until the transaction ends, and others pass by.

use super::log::Position;
use crate::pg::{Arg, Connection, Plan};
use crate::snapshot::Snapshot;
use pgrx::pg_sys::{BOOLOID, INT4OID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, XID8OID};

/// A row.
pub struct Cursor {
    pub shard: i32,
    pub shards: i32,
    /// A snapshot's text, as in the workflow's row: of which registration it is.
    pub starts: String,
    pub after: Snapshot,
    /// `None`: no window is open.
    pub upto: Option<Snapshot>,
    pub position: Option<Position>,
    pub done: bool,
}

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('tracardi run_workflows'), pg_catalog.hashtext($1))",
        &[TEXTOID],
    ) };
    static LOAD: Plan = const { Plan::new(
        "SELECT c.shard, c.shards, c.starts::text, c.after::text, c.upto::text, c.xact, c.time, c.id, c.done
         FROM tracardi.workflow_cursor c WHERE c.workflow = $1 ORDER BY c.shard",
        &[TEXTOID],
    ) };
    static FORGET: Plan = const { Plan::new(
        "WITH t AS (DELETE FROM tracardi.workflow_tick WHERE workflow = $1)
         DELETE FROM tracardi.workflow_cursor WHERE workflow = $1",
        &[TEXTOID],
    ) };
    static FORGET_OTHERS: Plan = const { Plan::new(
        "WITH t AS (DELETE FROM tracardi.workflow_tick WHERE workflow <> ALL ($1)),
              r AS (DELETE FROM tracardi.workflow_replay WHERE workflow <> ALL ($2)),
              f AS (UPDATE tracardi.workflow_failure SET status = 'dead', next_attempt_at = NULL
                    WHERE status = 'waiting' AND workflow <> ALL ($2))
         DELETE FROM tracardi.workflow_cursor WHERE workflow <> ALL ($1)",
        &[TEXTARRAYOID, TEXTARRAYOID],
    ) };
    static MAKE: Plan = const { Plan::new(
        "INSERT INTO tracardi.workflow_cursor (workflow, starts, after) VALUES ($1, $2::pg_snapshot, $2::pg_snapshot)",
        &[TEXTOID, TEXTOID],
    ) };
    static SAVE: Plan = const { Plan::new(
        "UPDATE tracardi.workflow_cursor SET upto = $3::pg_snapshot, xact = $4, time = $5, id = $6, done = $7
         WHERE workflow = $1 AND shard = $2",
        &[TEXTOID, INT4OID, TEXTOID, XID8OID, TIMESTAMPTZOID, UUIDOID, BOOLOID],
    ) };
    static DIVIDE: Plan = const { Plan::new(
        "WITH u AS (UPDATE tracardi.workflow_cursor SET upto = $2::pg_snapshot, shards = $3 WHERE workflow = $1)
         INSERT INTO tracardi.workflow_cursor (workflow, shard, shards, starts, after, upto)
         SELECT c.workflow, s.shard, $3, c.starts, c.after, $2::pg_snapshot
         FROM tracardi.workflow_cursor c, pg_catalog.generate_series(1, $3 - 1) AS s (shard) WHERE c.workflow = $1",
        &[TEXTOID, TEXTOID, INT4OID],
    ) };
    static CLOSE: Plan = const { Plan::new(
        "WITH d AS (DELETE FROM tracardi.workflow_cursor WHERE workflow = $1 AND shard > 0)
         UPDATE tracardi.workflow_cursor
         SET after = $2::pg_snapshot, upto = NULL, xact = NULL, time = NULL, id = NULL, done = false, shards = 1
         WHERE workflow = $1 AND shard = 0",
        &[TEXTOID, TEXTOID],
    ) };
}

/// Takes a lock until the end of the transaction, unless somebody else has it.
pub fn lock(connection: &Connection, name: &str) -> bool {
    LOCK.with(|plan| connection.run(plan, &[Arg::text(name)]).get(0, 0).unwrap_or(false))
}

/// The lock of a part of a workflow.
pub fn lock_shard(connection: &Connection, workflow: &str, shard: i32) -> bool {
    lock(connection, &format!("{shard} {workflow}"))
}

/// A workflow's rows, by their parts.
pub fn load(connection: &Connection, workflow: &str) -> Vec<Cursor> {
    LOAD.with(|plan| {
        let rows = connection.run(plan, &[Arg::text(workflow)]);
        let cursor = |row| {
            Some(Cursor {
                shard: rows.get(row, 0)?,
                shards: rows.get(row, 1)?,
                starts: rows.get(row, 2)?,
                after: Snapshot::read(rows.get(row, 3)?)?,
                upto: rows.get(row, 4).and_then(Snapshot::read),
                position: position(rows.get(row, 5), rows.get(row, 6), rows.get(row, 7)),
                done: rows.get(row, 8)?,
            })
        };
        (0..rows.processed).filter_map(cursor).collect()
    })
}

/// A position from its columns.
pub fn position(xact: Option<u64>, time: Option<crate::time::Timestamp>, id: Option<uuid::Uuid>) -> Option<Position> {
    Some(Position { xact: xact?, time: time?, id: id? })
}

/// A workflow's one row, made anew: it begins after `starts`.
pub fn begin(connection: &Connection, workflow: &str, starts: &str) {
    FORGET.with(|plan| connection.run(plan, &[Arg::text(workflow)]));
    MAKE.with(|plan| connection.run(plan, &[Arg::text(workflow), Arg::text(starts)]));
}

/// Forgets the state of all workflows but these. `asynchronous`: those that have a cursor; `all`: those that can be retried.
pub fn keep_only(connection: &Connection, asynchronous: &[&str], all: &[&str]) {
    FORGET_OTHERS.with(|plan| connection.run(plan, &[Arg::texts(asynchronous), Arg::texts(all)]));
}

/// Moves on within a window, or in one that is opened by this.
pub fn save(
    connection: &Connection,
    workflow: &str,
    shard: i32,
    upto: &Snapshot,
    position: Option<&Position>,
    done: bool,
) {
    let args = [
        Arg::text(workflow),
        Arg::int(shard),
        Arg::text(&upto.to_string()),
        position.map_or(Arg::NULL, |position| Arg::xid(position.xact)),
        position.map_or(Arg::NULL, |position| Arg::time(position.time)),
        position.map_or(Arg::NULL, |position| Arg::uuid(&position.id)),
        Arg::bool(done),
    ];
    SAVE.with(|plan| connection.run(plan, &args));
}

/// Opens a window that is divided into parts.
pub fn divide(connection: &Connection, workflow: &str, upto: &Snapshot, shards: i32) {
    DIVIDE.with(|plan| connection.run(plan, &[Arg::text(workflow), Arg::text(&upto.to_string()), Arg::int(shards)]));
}

/// Closes the window: all that `upto` sees is done.
pub fn close(connection: &Connection, workflow: &str, upto: &Snapshot) {
    CLOSE.with(|plan| connection.run(plan, &[Arg::text(workflow), Arg::text(&upto.to_string())]));
}
