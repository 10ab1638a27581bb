//! How far a workflow has come: a window of events, and a position in it; in the rows of `tracardi.workflow_cursor`.
//!
//! A window with more events than one step takes may be divided among workers, by profile: one row for each part. It is closed
//! when all parts are done. Whoever works at a part holds its advisory lock until the transaction ends, and others pass by.
//!
//! Each step leaves a version of a row behind, and while somebody holds a snapshot, nobody may remove it. An index leads to all versions, one
//! after the other. So whoever has written a row remembers where it is, and looks there first; without a scan of the table, which is cheapest
//! only as long as the table has one page, and plans are kept.

use super::log::Position;
use crate::pg::{Arg, Connection, Plan, without_scans};
use crate::snapshot::Snapshot;
use pgrx::pg_sys::{BOOLOID, INT4OID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, XID8OID};
use std::cell::RefCell;
use std::collections::HashMap;
use std::thread::LocalKey;

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

/// A workflow's rows.
macro_rules! load {
    ($where:literal) => {
        concat!(
            "SELECT c.shard, c.shards, c.starts::text, c.after::text, c.upto::text, c.xact, c.time, c.id, c.done, c.ctid::text
             FROM tracardi.workflow_cursor c WHERE ", $where
        )
    };
}

macro_rules! save {
    ($where:literal) => {
        concat!(
            "UPDATE tracardi.workflow_cursor c SET upto = $3::pg_snapshot, xact = $4, time = $5, id = $6, done = $7
             WHERE ",
            $where,
            " RETURNING c.ctid::text"
        )
    };
}

macro_rules! close {
    ($where:literal) => {
        concat!(
            "UPDATE tracardi.workflow_cursor c
             SET after = $2::pg_snapshot, upto = NULL, xact = NULL, time = NULL, id = NULL, done = false, shards = 1
             WHERE ",
            $where,
            " RETURNING c.ctid::text"
        )
    };
}

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('tracardi run_workflows'), pg_catalog.hashtext($1))",
        &[TEXTOID],
    ) };
    static LOAD: Plan = const { Plan::new(load!("c.workflow = $1 ORDER BY c.shard"), &[TEXTOID]) };
    static LOAD_AT: Plan = const { Plan::new(load!("c.ctid = $2::tid AND c.workflow = $1 AND c.shards = 1"), &[TEXTOID, TEXTOID]) };
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
        save!("c.workflow = $1 AND c.shard = $2"),
        &[TEXTOID, INT4OID, TEXTOID, XID8OID, TIMESTAMPTZOID, UUIDOID, BOOLOID],
    ) };
    static SAVE_AT: Plan = const { Plan::new(
        save!("c.ctid = $8::tid AND c.workflow = $1 AND c.shard = $2"),
        &[TEXTOID, INT4OID, TEXTOID, XID8OID, TIMESTAMPTZOID, UUIDOID, BOOLOID, TEXTOID],
    ) };
    static DIVIDE: Plan = const { Plan::new(
        "WITH u AS (UPDATE tracardi.workflow_cursor SET upto = $2::pg_snapshot, shards = $3 WHERE workflow = $1)
         INSERT INTO tracardi.workflow_cursor (workflow, shard, shards, starts, after, upto)
         SELECT c.workflow, s.shard, $3, c.starts, c.after, $2::pg_snapshot
         FROM tracardi.workflow_cursor c, pg_catalog.generate_series(1, $3 - 1) AS s (shard) WHERE c.workflow = $1",
        &[TEXTOID, TEXTOID, INT4OID],
    ) };
    static CLOSE: Plan = const { Plan::new(
        concat!("WITH d AS (DELETE FROM tracardi.workflow_cursor WHERE workflow = $1 AND shard > 0) ", close!("c.workflow = $1 AND c.shard = 0")),
        &[TEXTOID, TEXTOID],
    ) };
    static CLOSE_AT: Plan = const { Plan::new(
        close!("c.ctid = $3::tid AND c.workflow = $1 AND c.shard = 0 AND c.shards = 1"), &[TEXTOID, TEXTOID, TEXTOID],
    ) };
    /// Where the rows are that this backend has written: of each workflow and part the `ctid`. It may be wrong: then there is nothing of that
    /// workflow, or, as it is the only version that can be seen, what is wanted.
    static PLACES: RefCell<HashMap<(String, i32), String>> = RefCell::new(HashMap::new());
}

/// Takes a lock until the end of the transaction, unless somebody else has it.
pub fn lock(connection: &Connection, name: &str) -> bool {
    LOCK.with(|plan| connection.run(plan, &[Arg::text(name)]).get(0, 0).unwrap_or(false))
}

/// The lock of a part of a workflow.
pub fn lock_shard(connection: &Connection, workflow: &str, shard: i32) -> bool {
    lock(connection, &format!("{shard} {workflow}"))
}

/// Where the row of a part was when this backend wrote it.
fn place(workflow: &str, shard: i32) -> Option<String> {
    PLACES.with_borrow(|places| places.get(&(workflow.to_owned(), shard)).cloned())
}

fn remember(workflow: &str, shard: i32, place: Option<&str>) {
    if let Some(place) = place {
        PLACES.with_borrow_mut(|places| places.insert((workflow.to_owned(), shard), place.to_owned()));
    }
}

/// Writes a row: where it was, or else wherever it is. `args`: of both plans; that of the first one has the place as well.
fn write(
    connection: &Connection,
    at: &'static LocalKey<Plan>,
    anywhere: &'static LocalKey<Plan>,
    workflow: &str,
    shard: i32,
    args: &[Arg],
) {
    let run = |plan: &'static LocalKey<Plan>, args: &[Arg]| {
        plan.with(|plan| {
            let rows = without_scans(|| connection.run(plan, args));
            remember(workflow, shard, rows.get::<String>(0, 0).as_deref());
            rows.processed > 0
        })
    };
    let there = place(workflow, shard).is_some_and(|place| run(at, &[args, &[Arg::text(&place)]].concat()));
    if !there {
        run(anywhere, args);
    }
}

/// A workflow's rows, by their parts.
pub fn load(connection: &Connection, workflow: &str) -> Vec<Cursor> {
    let at =
        place(workflow, 0).map(|place| read(connection, &LOAD_AT, workflow, &[Arg::text(workflow), Arg::text(&place)]));
    at.filter(|found| !found.is_empty()).unwrap_or_else(|| read(connection, &LOAD, workflow, &[Arg::text(workflow)]))
}

fn read(connection: &Connection, plan: &'static LocalKey<Plan>, workflow: &str, args: &[Arg]) -> Vec<Cursor> {
    plan.with(|plan| {
        let rows = without_scans(|| connection.run(plan, args));
        let cursor = |row| {
            let shard = rows.get(row, 0)?;
            remember(workflow, shard, rows.get::<String>(row, 9).as_deref());
            Some(Cursor {
                shard,
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
    PLACES.take();
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
    write(connection, &SAVE_AT, &SAVE, workflow, shard, &args);
}

/// Opens a window that is divided into parts.
pub fn divide(connection: &Connection, workflow: &str, upto: &Snapshot, shards: i32) {
    DIVIDE.with(|plan| connection.run(plan, &[Arg::text(workflow), Arg::text(&upto.to_string()), Arg::int(shards)]));
}

/// Closes the window: all that `upto` sees is done.
pub fn close(connection: &Connection, workflow: &str, upto: &Snapshot) {
    write(connection, &CLOSE_AT, &CLOSE, workflow, 0, &[Arg::text(workflow), Arg::text(&upto.to_string())]);
}
