//! Storing: events through a kept INSERT plan, and the exactly-once memory.

use crate::event::Row;
use crate::pg::{Arg, Batch, Column, Connection, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{JSONBOID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID};
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
];

thread_local! {
    static INSERT: Plan = const { Plan::new(
        "INSERT INTO tracardi.event
           (id, external_id, type, kind, time, profile_id, properties, context, tags, received_at, source_id, session_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[UUIDOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, JSONBOID, JSONBOID, TEXTARRAYOID, TIMESTAMPTZOID,
          TEXTOID, UUIDOID],
    ) };
    static INSERT_BATCH: Plan = const { Plan::new(
        "INSERT INTO tracardi.event
           (id, external_id, type, kind, time, profile_id, properties, context, tags, received_at, source_id, session_id)
         SELECT id, external_id, type, kind, time, profile_id, properties, context, tags, $1, $2, $3 FROM tracardi_batch",
        &[TIMESTAMPTZOID, TEXTOID, UUIDOID],
    ) };
    // Keys are sorted, so that two calls with the same ids never wait for each other crosswise.
    static INSERT_KEYS: Plan = const { Plan::new(
        "INSERT INTO tracardi.event_key (id, received_at)
         SELECT k.id, $2 FROM pg_catalog.unnest($1) AS k (id)
         ON CONFLICT (id) DO NOTHING RETURNING id",
        &[UUIDARRAYOID, TIMESTAMPTZOID],
    ) };
    // A key that was forgotten says nothing of an event that is still there: then the event's own index decides.
    static INSERT_KEYED: Plan = const { Plan::new(
        "INSERT INTO tracardi.event
           (id, external_id, type, kind, time, profile_id, properties, context, tags, received_at, source_id, session_id)
         SELECT id, external_id, type, kind, time, profile_id, properties, context, tags, $1, $2, $3 FROM tracardi_batch
         ON CONFLICT (id, time) DO NOTHING",
        &[TIMESTAMPTZOID, TEXTOID, UUIDOID],
    ) };
    static STORED_BEFORE: Plan = const { Plan::new(
        "SELECT e.id FROM tracardi.event e JOIN pg_catalog.unnest($1, $2) AS k (id, time) ON e.id = k.id AND e.time = k.time
         WHERE e.received_at <> $3",
        &[UUIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID],
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

/// Stores events, in their order. `keyed`: some have a client's id. Gives the ids of those that turned out to be stored
/// before, although their keys were forgotten.
pub fn insert(connection: &Connection, rows: &[Row<'_>], common: &Common<'_>, keyed: bool) -> HashSet<Uuid> {
    let received_at = Arg::time(common.received_at);
    let source_id = Arg::text(common.source_id);
    let session_id = Arg::optional_uuid(common.session_id.as_ref());
    if let ([row], false) = (rows, keyed) {
        let [id, external_id, event_type, kind, time, profile_id, properties, context, tags] = values(row, common);
        let args = [
            id,
            external_id,
            event_type,
            kind,
            time,
            profile_id,
            properties,
            context,
            tags,
            received_at,
            source_id,
            session_id,
        ];
        INSERT.with(|plan| connection.run(plan, &args));
        return HashSet::new();
    }
    let mut batch = Batch::new(connection, c"tracardi_batch", BATCH, rows.len());
    for row in rows {
        batch.push(values(row, common));
    }
    let plan = if keyed { &INSERT_KEYED } else { &INSERT_BATCH };
    let inserted = plan.with(|plan| connection.run(plan, &[received_at, source_id, session_id]).processed);
    // Fewer may also mean that a user's BEFORE trigger dropped some: that is the user's right.
    if !keyed || inserted == rows.len() {
        return HashSet::new();
    }
    let (ids, times): (Vec<_>, Vec<_>) = rows.iter().map(|row| (row.id, row.time)).unzip();
    STORED_BEFORE.with(|plan| {
        let found = connection.run(plan, &[Arg::uuids(&ids), Arg::times(&times), received_at]);
        (0..found.processed).filter_map(|row| found.get(row, 0)).collect()
    })
}

fn values(row: &Row<'_>, common: &Common<'_>) -> [Arg; 9] {
    use crate::event::Kind;
    let profile_id = match row.kind {
        Kind::Profile | Kind::System => common.profile_id.as_ref(),
        Kind::Profileless | Kind::Ephemeral => None,
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
    ]
}
