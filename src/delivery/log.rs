//! Reading the log of events in the order in which they are delivered: by transaction, then time, then id.
//!
//! A window holds what one snapshot sees and an earlier one does not, so it never waits for a transaction that is still
//! running: what that stores falls into a later window.

use crate::milestone::Milestone;
use crate::pg::{self, Arg, Connection, Plan};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;
use pgrx::pg_sys::{INT4OID, INT8OID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, XID8ARRAYOID, XID8OID};
use std::thread::LocalKey;
use uuid::Uuid;

/// An event's place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub xact: u64,
    pub time: Timestamp,
    pub id: Uuid,
}

impl Position {
    /// Before all events of a transaction.
    fn before(xact: u64) -> Self {
        Position { xact, time: Timestamp(i64::MIN), id: Uuid::nil() }
    }
}

/// Which events are wanted; those that are not are passed over, but seen.
#[derive(Clone, Copy)]
pub struct Filter<'a> {
    pub event_type: Option<&'a str>,
    pub source_id: Option<&'a str>,
    /// Names, separated by commas.
    pub kinds: Option<&'a str>,
    /// Not events that tell of this workflow's failures.
    pub not_about: Option<&'a str>,
    /// Only a part of the profiles: which, of how many. Others are not even seen.
    pub shard: (i32, i32),
}

/// An event that was seen.
pub struct Seen {
    pub position: Position,
    /// Its row, if it is wanted.
    pub row: Option<pg::Row>,
}

/// The next events.
#[derive(Default)]
pub struct Batch {
    pub seen: Vec<Seen>,
    /// Whether there are no more.
    pub all: bool,
    bytes: usize,
}

/// So many are read by one statement.
const CHUNK: usize = 250;
/// When a batch has so many bytes, it is full: events may be large.
const FULL: usize = 32 << 20;

impl Batch {
    /// Reads on, statement by statement, until the batch has so many events, or is full. `next`: the events after a position,
    /// at most so many.
    fn fill(&mut self, limit: usize, from: Position, mut next: impl FnMut(Position, Arg) -> Vec<Seen>) {
        let mut from = from;
        self.all = false;
        while !self.all && self.seen.len() < limit && self.bytes < FULL {
            let chunk = CHUNK.min(limit - self.seen.len());
            let seen = next(from, Arg::bigint(chunk as i64));
            self.all = seen.len() < chunk;
            from = seen.last().map_or(from, |seen| seen.position);
            self.bytes += seen.iter().filter_map(|seen| seen.row.as_ref()).map(pg::Row::len).sum::<usize>();
            self.seen.extend(seen);
            pg::check_for_interrupts();
        }
    }
}

macro_rules! read {
    ($where:literal, $order:literal, $limit:literal) => {
        concat!(
            "SELECT e.xact, e.time, e.id,
                    CASE WHEN e.valid AND ($1 IS NULL OR e.type = $1) AND ($2 IS NULL OR e.source_id = $2)
                              AND ($3 IS NULL OR e.kind = ANY ($3))
                              AND ($4 IS NULL OR NOT (e.type = $5 AND e.kind = 'system' AND e.properties ->> 'workflow' = $4))
                         THEN e END
             FROM tracardi.event e
             WHERE ($7 = 1 OR (pg_catalog.uuid_hash(coalesce(e.profile_id, e.session_id, e.id)) & 2147483647) % $7 = $6)
               AND ", $where, " ORDER BY ", $order, " LIMIT ", $limit
        )
    };
}

thread_local! {
    static RANGE: Plan = const { Plan::new(
        read!("(e.xact, e.time, e.id) > ($8, $9, $10) AND e.xact < $11 AND e.xact <> ALL ($12)", "e.xact, e.time, e.id", "$13"),
        &[TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID, INT4OID, INT4OID, XID8OID, TIMESTAMPTZOID, UUIDOID, XID8OID,
          XID8ARRAYOID, INT8OID],
    ) };
    static ONE: Plan = const { Plan::new(
        read!("(e.xact, e.time, e.id) > ($8, $9, $10) AND e.xact <= $8", "e.xact, e.time, e.id", "$11"),
        &[TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID, INT4OID, INT4OID, XID8OID, TIMESTAMPTZOID, UUIDOID, INT8OID],
    ) };
    static STORED_ANY: Plan = const { Plan::new(
        "SELECT x.xact FROM pg_catalog.unnest($1) AS x (xact)
         WHERE EXISTS (SELECT FROM tracardi.event e WHERE e.xact = x.xact) ORDER BY x.xact",
        &[XID8ARRAYOID],
    ) };
    static BETWEEN: Plan = const { Plan::new(
        read!("e.time >= $8 AND e.time < $9 AND (e.time, e.id) > ($10, $11) AND e.xact < $12 AND e.xact <> ALL ($13)",
              "e.time, e.id", "$14"),
        &[TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
          UUIDOID, XID8OID, XID8ARRAYOID, INT8OID],
    ) };
    static NOW: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_current_xact_id_if_assigned()", &[],
    ) };
}

/// What is stored at this moment, less what this transaction stores. `added`: what `event.xact` adds to ids.
pub fn now(connection: &Connection, added: u64) -> Snapshot {
    let (snapshot, own) = NOW.with(|plan| {
        let rows = connection.run(plan, &[]);
        (rows.get(0, 0).and_then(Snapshot::read), rows.get::<u64>(0, 1))
    });
    let snapshot = snapshot.expect("a snapshot");
    match own {
        Some(own) => snapshot.without(own).plus(added),
        None => snapshot.plus(added),
    }
}

impl<'a> Filter<'a> {
    fn args(&self) -> Vec<Arg> {
        let kinds: Option<Vec<&str>> =
            self.kinds.map(|kinds| kinds.split(',').filter(|kind| !kind.is_empty()).collect());
        vec![
            Arg::optional_text(self.event_type),
            Arg::optional_text(self.source_id),
            kinds.map_or(Arg::NULL, |kinds| Arg::texts(&kinds)),
            Arg::optional_text(self.not_about),
            Arg::text(Milestone::WorkflowFailed.name()),
            Arg::int(self.shard.0),
            Arg::int(self.shard.1),
        ]
    }
}

/// What `upto` sees and `after` does not.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    pub after: &'a Snapshot,
    pub upto: &'a Snapshot,
}

impl Window<'_> {
    /// The next events, at most so many. Rows live as long as the connection.
    pub fn read(&self, connection: &Connection, filter: &Filter<'_>, from: Option<&Position>, limit: usize) -> Batch {
        let mut batch = Batch { all: true, ..Batch::default() };
        // Transactions that were running then and have committed since.
        let late: Vec<u64> = self
            .after
            .running
            .iter()
            .copied()
            .filter(|xact| self.upto.sees(*xact) && from.is_none_or(|from| from.xact <= *xact))
            .collect();
        for xact in stored(connection, late) {
            if batch.all {
                let from = from.filter(|from| from.xact == xact).copied().unwrap_or(Position::before(xact));
                batch.fill(limit, from, |from, chunk| {
                    let mut args = filter.args();
                    args.extend([Arg::xid(xact), Arg::time(from.time), Arg::uuid(&from.id), chunk]);
                    collect(connection, &ONE, &args)
                });
            }
        }
        if batch.all {
            let first = Position::before(self.after.xmax);
            batch.fill(limit, from.copied().unwrap_or(first).max(first), |from, chunk| {
                let mut args = filter.args();
                args.extend([
                    Arg::xid(from.xact),
                    Arg::time(from.time),
                    Arg::uuid(&from.id),
                    Arg::xid(self.upto.xmax),
                    Arg::xids(&self.upto.running),
                    chunk,
                ]);
                collect(connection, &RANGE, &args)
            });
        }
        batch
    }
}

/// The next events of a span of time that a snapshot sees, in the order of time; at most so many.
pub fn between(
    connection: &Connection,
    filter: &Filter<'_>,
    span: (Timestamp, Timestamp),
    upto: &Snapshot,
    from: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Batch {
    let (time, id) = from.unwrap_or((span.0, Uuid::nil()));
    let mut batch = Batch::default();
    batch.fill(limit, Position { xact: 0, time, id }, |from, chunk| {
        let mut args = filter.args();
        args.extend([
            Arg::time(span.0),
            Arg::time(span.1),
            Arg::time(from.time),
            Arg::uuid(&from.id),
            Arg::xid(upto.xmax),
            Arg::xids(&upto.running),
            chunk,
        ]);
        collect(connection, &BETWEEN, &args)
    });
    batch
}

/// Those of these transactions that stored events.
fn stored(connection: &Connection, xacts: Vec<u64>) -> Vec<u64> {
    if xacts.is_empty() {
        return xacts;
    }
    pg::without_scans(|| {
        STORED_ANY.with(|plan| {
            let rows = connection.run(plan, &[Arg::xids(&xacts)]);
            (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
        })
    })
}

fn collect(connection: &Connection, plan: &'static LocalKey<Plan>, args: &[Arg]) -> Vec<Seen> {
    let rows = pg::without_scans(|| plan.with(|plan| connection.run(plan, args)));
    let seen = |row| {
        let position = Position { xact: rows.get(row, 0)?, time: rows.get(row, 1)?, id: rows.get(row, 2)? };
        Some(Seen { position, row: rows.get(row, 3) })
    };
    let seen = (0..rows.processed).filter_map(seen).collect();
    rows.keep();
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ordered_by_transaction_then_time_then_id() {
        let at = |xact, time, id: u128| Position { xact, time: Timestamp(time), id: Uuid::from_u128(id) };
        let sorted = [Position::before(1), at(1, -5, 9), at(1, 3, 1), at(1, 3, 2), Position::before(2), at(2, -9, 0)];
        assert!(sorted.is_sorted());
    }
}
