//! Storing: events through a kept INSERT plan, and the exactly-once memory.

use crate::event::{Kind, Row};
use crate::pg::{self, Arg, Batch, Column, Connection, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{
    BOOLOID, JSONBOID, Oid, TEXTARRAYOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID,
};
use std::collections::HashSet;
use uuid::Uuid;

/// What all events of a call have in common.
pub struct Common<'a> {
    pub source_id: &'a str,
    pub session_id: Option<Uuid>,
    pub profile_id: Option<Uuid>,
    pub received_at: Timestamp,
}

const BATCH: &[Column] = &[
    (c"id", UUIDOID),
    (c"external_id", TEXTOID),
    (c"type", TEXTOID),
    (c"kind", TEXTOID),
    (c"time", TIMESTAMPTZOID),
    (c"profile_id", UUIDOID),
    (c"properties", JSONBOID),
    (c"context", JSONBOID),
    (c"tags", TEXTARRAYOID),
    (c"valid", BOOLOID),
    (c"errors", JSONBOID),
    (c"journey_state", TEXTOID),
];

/// An INSERT of events.
macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO tracardi.event AS e (id, external_id, type, kind, time, profile_id, properties, context, tags,
               valid, errors, journey_state, received_at, source_id, session_id) ",
            $rest
        )
    };
}
const ONE: &[Oid] = &[
    UUIDOID,
    TEXTOID,
    TEXTOID,
    TEXTOID,
    TIMESTAMPTZOID,
    UUIDOID,
    JSONBOID,
    JSONBOID,
    TEXTARRAYOID,
    BOOLOID,
    JSONBOID,
    TEXTOID,
    TIMESTAMPTZOID,
    TEXTOID,
    UUIDOID,
];
const MANY: &[Oid] = &[TIMESTAMPTZOID, TEXTOID, UUIDOID];

thread_local! {
    static INSERT: [Plan; 2] = const { [
        Plan::new(insert!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"), ONE),
        Plan::new(insert!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING e.id, e"), ONE),
    ] };
    static INSERT_BATCH: [Plan; 2] = const { [
        Plan::new(insert!("SELECT b.*, $1, $2, $3 FROM tracardi_batch AS b"), MANY),
        Plan::new(insert!("SELECT b.*, $1, $2, $3 FROM tracardi_batch AS b RETURNING e.id, e"), MANY),
    ] };
    // A key that was forgotten says nothing of an event that is still there: then the event's own index decides.
    static INSERT_KEYED: [Plan; 2] = const { [
        Plan::new(insert!("SELECT b.*, $1, $2, $3 FROM tracardi_batch AS b ON CONFLICT (id, time) DO NOTHING"), MANY),
        Plan::new(
            insert!(
                "SELECT b.*, $1, $2, $3 FROM tracardi_batch AS b ON CONFLICT (id, time) DO NOTHING RETURNING e.id, e"
            ),
            MANY,
        ),
    ] };
    static STORED_BEFORE: Plan = const { Plan::new(
        "SELECT e.id FROM tracardi.event e JOIN ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS k (id, time) ON e.id = k.id AND e.time = k.time
         WHERE e.received_at <> $3",
        &[UUIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID],
    ) };
    // Keys are sorted, so that two calls with the same ids never wait for each other crosswise.
    static INSERT_KEYS: Plan = const { Plan::new(
        "INSERT INTO tracardi.event_key (id, received_at)
         SELECT k.id, $2 FROM pg_catalog.unnest($1) AS k (id)
         ON CONFLICT (id) DO NOTHING RETURNING id",
        &[UUIDARRAYOID, TIMESTAMPTZOID],
    ) };
}

/// Remembers the ids that clients gave to events. Gives those that are new; the others were stored before.
pub fn remember(connection: &Connection, mut ids: Vec<Uuid>, received_at: Timestamp) -> HashSet<Uuid> {
    ids.sort_unstable();
    ids.dedup();
    INSERT_KEYS.with(|plan| {
        let rows = connection.run(plan, &[Arg::uuids(&ids), Arg::time(received_at)]);
        (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
    })
}

/// What came of storing.
#[derive(Default)]
pub struct Stored {
    /// For each event its row as it was stored, if that was asked for.
    pub tuples: Vec<Option<pg::Row>>,
    /// The ids of events that turned out to be stored before, although their keys were forgotten.
    pub before: HashSet<Uuid>,
}

/// Stores those events that are not ephemeral, in their order. `keyed`: some have a client's id. `returning`: whether the
/// stored rows are needed; they live as long as the connection.
pub fn insert(connection: &Connection, rows: &[Row<'_>], common: &Common<'_>, keyed: bool, returning: bool) -> Stored {
    let received_at = Arg::time(common.received_at);
    let source_id = Arg::text(common.source_id);
    let session_id = Arg::optional_uuid(common.session_id.as_ref());
    let stored = || rows.iter().filter(|row| row.kind != Kind::Ephemeral);
    let count = stored().count();
    let mut result =
        Stored { tuples: if returning { vec![None; rows.len()] } else { Vec::new() }, ..Stored::default() };
    let kind = usize::from(returning);
    let inserted = match (stored().next(), count, keyed) {
        (None, ..) => return result,
        (Some(row), 1, false) => {
            let args = [&values(row, common)[..], &[received_at, source_id, session_id]].concat();
            INSERT.with(|plans| connection.run(&plans[kind], &args))
        }
        _ => {
            let mut batch = Batch::new(connection, c"tracardi_batch", BATCH, count);
            for row in stored() {
                batch.push(values(row, common));
            }
            let plans = if keyed { &INSERT_KEYED } else { &INSERT_BATCH };
            plans.with(|plans| connection.run(&plans[kind], &[received_at, source_id, session_id]))
        }
    };
    if returning {
        // They come in the order in which they went in, less those that were not stored.
        let mut next = 0;
        for (place, row) in rows.iter().enumerate() {
            if next < inserted.processed && inserted.get::<Uuid>(next, 0) == Some(row.id) {
                result.tuples[place] = inserted.get(next, 1);
                next += 1;
            }
        }
    }
    // Fewer may also mean that a user's BEFORE trigger dropped some: that is the user's right.
    if keyed && inserted.processed < count {
        let (ids, times): (Vec<_>, Vec<_>) = stored().map(|row| (row.id, row.time)).unzip();
        result.before = STORED_BEFORE.with(|plan| {
            let found = connection.run(plan, &[Arg::uuids(&ids), Arg::times(&times), received_at]);
            (0..found.processed).filter_map(|row| found.get(row, 0)).collect()
        });
    }
    inserted.keep();
    result
}

/// An event's values, in the order of a batch's columns.
pub fn values(row: &Row<'_>, common: &Common<'_>) -> [Arg; 12] {
    let profile_id = match row.kind {
        Kind::Profile | Kind::System | Kind::Ephemeral => common.profile_id.as_ref(),
        Kind::Profileless => None,
    };
    [
        Arg::uuid(&row.id),
        Arg::optional_text(row.external_id),
        Arg::text(row.event_type),
        Arg::text(row.kind.name()),
        Arg::time(row.time),
        Arg::optional_uuid(profile_id),
        Arg::object(row.properties),
        Arg::object(row.context),
        Arg::texts(row.tags),
        Arg::bool(row.valid),
        Arg::object(row.errors),
        Arg::optional_text(row.journey_state),
    ]
}
