//! Storing: events, and the exactly-once memory. Rows go straight into the tables where nobody can tell (`pg::Table`), else
//! through kept INSERT plans.

use crate::config::Config;
use crate::event::{Kind, Row};
use crate::pg::{self, Arg, Batch, Column, Connection, How, Plan, Table};
use crate::settings;
use crate::time::Timestamp;
use pgrx::pg_sys::{
    BOOLOID, JSONBOID, Oid, TEXTARRAYOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID,
};
use std::collections::HashSet;
use uuid::Uuid;

/// What all events of a call have in common.
pub struct Common<'a> {
    /// Empty: none.
    pub source_id: &'a str,
    pub session_id: Option<Uuid>,
    pub profile_id: Option<Uuid>,
    pub received_at: Timestamp,
}

/// The columns that are given; the others have their defaults.
pub const COLUMNS: &[Column] = &[
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
    (c"received_at", TIMESTAMPTZOID),
    (c"source_id", TEXTOID),
    (c"session_id", UUIDOID),
];
const TYPES: &[Oid] = &{
    let mut types = [UUIDOID; COLUMNS.len()];
    let mut i = 0;
    while i < types.len() {
        types[i] = COLUMNS[i].1;
        i += 1;
    }
    types
};

/// An INSERT of events, of these columns.
macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO tracardi.event AS e (id, external_id, type, kind, time, profile_id, properties, context, tags,
               valid, errors, journey_state, received_at, source_id, session_id) ",
            $rest
        )
    };
}

thread_local! {
    static EVENT: Table = const { Table::new(c"event", COLUMNS, &[c"id", c"time"]) };
    static EVENT_KEY: Table = const {
        Table::new(c"event_key", &[(c"id", UUIDOID), (c"received_at", TIMESTAMPTZOID)], &[c"id"])
    };
    static INSERT: [Plan; 2] = const { [
        Plan::new(insert!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"), TYPES),
        Plan::new(insert!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING e.id, e"), TYPES),
    ] };
    static INSERT_BATCH: [Plan; 2] = const { [
        Plan::new(insert!("SELECT b.* FROM tracardi_batch AS b"), &[]),
        Plan::new(insert!("SELECT b.* FROM tracardi_batch AS b RETURNING e.id, e"), &[]),
    ] };
    // A key that was forgotten says nothing of an event that is still there: then the event's own index decides.
    static INSERT_KEYED: [Plan; 2] = const { [
        Plan::new(insert!("SELECT b.* FROM tracardi_batch AS b ON CONFLICT (id, time) DO NOTHING"), &[]),
        Plan::new(
            insert!("SELECT b.* FROM tracardi_batch AS b ON CONFLICT (id, time) DO NOTHING RETURNING e.id, e"),
            &[],
        ),
    ] };
    static STORED_BEFORE: Plan = const { Plan::new(
        "SELECT e.id FROM tracardi.event e JOIN ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS k (id, time) ON e.id = k.id AND e.time = k.time
         WHERE e.received_at <> $3",
        &[UUIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID],
    ) };
    // Until when there are partitions. Bounds that are none of tracardi's reach for ever: whoever made them tends them.
    static PARTITIONS_END: Plan = const { Plan::new(
        "SELECT COALESCE(pg_catalog.max(COALESCE(
                  pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)')::timestamptz, 'infinity')), 'infinity')
         FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'tracardi.event'::regclass",
        &[],
    ) };
    static MAKE_PARTITION: Plan = const { Plan::new("SELECT tracardi.make_partition($1)", &[TIMESTAMPTZOID]) };
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
    let written = match settings::writes_directly() {
        true => {
            let rows: Vec<[Arg; 2]> = ids.iter().map(|id| [Arg::uuid(id), Arg::time(received_at)]).collect();
            let how = How { unless_there: true, returning: false };
            EVENT_KEY.with(|table| table.insert(connection, &rows, how).count)
        }
        false => 0,
    };
    let rest = ids.split_off(written);
    let mut fresh: HashSet<Uuid> = ids.into_iter().collect();
    if !rest.is_empty() {
        INSERT_KEYS.with(|plan| {
            let rows = connection.run(plan, &[Arg::uuids(&rest), Arg::time(received_at)]);
            fresh.extend((0..rows.processed).filter_map(|row| rows.get::<Uuid>(row, 0)));
        });
    }
    fresh
}

/// What came of storing.
#[derive(Default)]
pub struct Stored {
    /// For each event its row as it was stored, if that was asked for.
    pub tuples: Vec<Option<pg::Row>>,
    /// The ids of events that turned out to be stored before, although their keys were forgotten.
    pub before: HashSet<Uuid>,
}

/// Makes the partition of a moment for which there is none yet: nobody has called maintain() for a year, and no worker runs. An event
/// that is refused may never come again. What is known goes with the configuration when the table changes, so also when a
/// partition that was made is rolled back.
fn have_partition(connection: &Connection, config: &Config, latest: Timestamp) {
    if latest < config.partitions_end.get() {
        return;
    }
    let end = || PARTITIONS_END.with(|plan| connection.run(plan, &[]).get(0, 0).unwrap_or(Timestamp(i64::MAX)));
    let mut until = end();
    if latest >= until {
        MAKE_PARTITION.with(|plan| connection.run(plan, &[Arg::time(latest)]));
        until = end();
    }
    config.partitions_end.set(until);
}

/// Stores those events that are not ephemeral, in their order. `keyed`: some have a client's id. `returning`: whether the
/// stored rows are needed; they live as long as the connection.
pub fn insert(
    connection: &Connection,
    config: &Config,
    rows: &[Row<'_>],
    common: &Common<'_>,
    keyed: bool,
    returning: bool,
) -> Stored {
    let mut result =
        Stored { tuples: if returning { vec![None; rows.len()] } else { Vec::new() }, ..Stored::default() };
    let places: Vec<usize> = (0..rows.len()).filter(|place| rows[*place].kind != Kind::Ephemeral).collect();
    if places.is_empty() {
        return result;
    }
    if let Some(latest) = places.iter().map(|place| rows[*place].time).max() {
        have_partition(connection, config, latest);
    }
    let shared = Shared::new(common);
    let values: Vec<[Arg; COLUMNS.len()]> = places.iter().map(|place| shared.values(&rows[*place])).collect();
    let mut rest = 0;
    if settings::writes_directly() {
        let how = How { unless_there: keyed, returning };
        let written = EVENT.with(|table| table.insert(connection, &values, how));
        rest = written.count;
        for (place, row) in places.iter().zip(written.rows) {
            result.tuples[*place] = Some(row);
        }
    }
    if rest < places.len() {
        insert_by_sql(connection, rows, &places[rest..], &values[rest..], common, keyed, &mut result);
    }
    result
}

/// The same by an INSERT.
fn insert_by_sql(
    connection: &Connection,
    rows: &[Row<'_>],
    places: &[usize],
    values: &[[Arg; COLUMNS.len()]],
    common: &Common<'_>,
    keyed: bool,
    result: &mut Stored,
) {
    let returning = !result.tuples.is_empty();
    let kind = usize::from(returning);
    let inserted = match values {
        [row] if !keyed => INSERT.with(|plans| connection.run(&plans[kind], row)),
        _ => {
            let mut batch = Batch::new(connection, c"tracardi_batch", COLUMNS, values.len());
            for row in values {
                batch.push(*row);
            }
            let plans = if keyed { &INSERT_KEYED } else { &INSERT_BATCH };
            plans.with(|plans| connection.run(&plans[kind], &[]))
        }
    };
    if returning {
        // They come in the order in which they went in, less those that were not stored. If none is missing, the order alone
        // tells: a BEFORE trigger may have given an id of its own.
        let whole = inserted.processed == values.len();
        let mut next = 0;
        for place in places {
            if next < inserted.processed && (whole || inserted.get::<Uuid>(next, 0) == Some(rows[*place].id)) {
                result.tuples[*place] = inserted.get(next, 1);
                next += 1;
            }
        }
    }
    // Fewer may also mean that a user's BEFORE trigger dropped some: that is the user's right.
    if keyed && inserted.processed < values.len() {
        let (ids, times): (Vec<_>, Vec<_>) = places.iter().map(|place| (rows[*place].id, rows[*place].time)).unzip();
        let received_at = Arg::time(common.received_at);
        result.before = STORED_BEFORE.with(|plan| {
            let found = connection.run(plan, &[Arg::uuids(&ids), Arg::times(&times), received_at]);
            (0..found.processed).filter_map(|row| found.get(row, 0)).collect()
        });
    }
    inserted.keep();
}

/// What the events of a call have in common, made once.
pub struct Shared {
    profile_id: Arg,
    received_at: Arg,
    source_id: Arg,
    session_id: Arg,
}

impl Shared {
    pub fn new(common: &Common<'_>) -> Self {
        Shared {
            profile_id: Arg::optional_uuid(common.profile_id.as_ref()),
            received_at: Arg::time(common.received_at),
            source_id: Arg::optional_text((!common.source_id.is_empty()).then_some(common.source_id)),
            session_id: Arg::optional_uuid(common.session_id.as_ref()),
        }
    }

    /// An event's values, in the order of the columns.
    pub fn values(&self, row: &Row<'_>) -> [Arg; COLUMNS.len()] {
        let profile_id = match row.kind {
            Kind::Profile | Kind::System | Kind::Ephemeral => self.profile_id,
            Kind::Profileless => Arg::NULL,
        };
        [
            Arg::uuid(&row.id),
            Arg::optional_text(row.external_id),
            Arg::text(row.event_type),
            Arg::text(row.kind.name()),
            Arg::time(row.time),
            profile_id,
            Arg::object(row.properties),
            Arg::object(row.context),
            Arg::texts(row.tags),
            Arg::bool(row.valid),
            Arg::object(row.errors),
            Arg::optional_text(row.journey_state),
            self.received_at,
            self.source_id,
            self.session_id,
        ]
    }
}
