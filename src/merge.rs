//! Merging profiles that turned out to be one person's: what is known of them, their other ids, their history.

use crate::config;
use crate::delivery;
use crate::error::Refusal;
use crate::jsonb::{Json, Value, root};
use crate::pg::{self, ActAs, Arg, Connection, Jsonb, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{INT8OID, JSONBOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID};
use std::thread::LocalKey;
use uuid::Uuid;

/// A profile that is to be merged; its row is locked.
pub struct Person {
    id: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// JSON objects' bytes.
    data: Vec<u8>,
    traits: Vec<u8>,
}

/// So many events of a merged profile are moved in the call that merges it; `maintain()` moves the others.
const MOVED_AT_ONCE: i64 = 1000;
/// What is left to `maintain()` is moved in such steps.
const STEP: i64 = 10_000;
/// Objects within objects are merged so deep; below, the later one is taken whole.
const DEPTH: usize = 64;

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT p.id, p.created_at, p.updated_at, p.data, p.traits
         FROM tracardi.profile p WHERE p.id = ANY ($1) ORDER BY p.id FOR UPDATE",
        &[UUIDARRAYOID],
    ) };
    // Later means: of the profile that was changed later, as in `later_last`.
    static MERGE: Plan = const { Plan::new(
        "UPDATE tracardi.profile AS w
         SET data = $3, traits = $4, updated_at = $5,
           primary_id = (SELECT p.primary_id FROM tracardi.profile p WHERE p.id = ANY ($2) AND p.primary_id IS NOT NULL
                         ORDER BY p.updated_at DESC, p.id DESC LIMIT 1),
           interests = (SELECT coalesce(jsonb_object_agg(i.key, i.value), '{}')
                        FROM (SELECT e.key, CASE WHEN bool_and(jsonb_typeof(e.value) = 'number')
                                            THEN to_jsonb(sum(CASE WHEN jsonb_typeof(e.value) = 'number' THEN e.value::numeric END))
                                            ELSE (array_agg(e.value ORDER BY p.updated_at DESC, p.id DESC))[1] END AS value
                              FROM tracardi.profile p, jsonb_each(p.interests) e
                              WHERE p.id = ANY ($2) AND e.value <> 'null' GROUP BY e.key) i),
           consents = (SELECT coalesce(jsonb_object_agg(e.key, e.value ORDER BY p.updated_at, p.id), '{}')
                       FROM tracardi.profile p, jsonb_each(p.consents) e WHERE p.id = ANY ($2)),
           fields = (SELECT coalesce(jsonb_object_agg(e.key, e.value ORDER BY p.updated_at, p.id), '{}')
                     FROM tracardi.profile p, jsonb_each(p.fields) e WHERE p.id = ANY ($2)),
           segments = (SELECT coalesce(array_agg(DISTINCT s.name ORDER BY s.name), '{}')
                       FROM tracardi.profile p, unnest(p.segments) s (name) WHERE p.id = ANY ($2)),
           visit_count = m.visit_count, first_seen_at = m.first_seen_at, last_seen_at = m.last_seen_at
         FROM (SELECT least(sum(p.visit_count), 2147483647)::int AS visit_count, min(p.first_seen_at) AS first_seen_at,
                      max(p.last_seen_at) AS last_seen_at
               FROM tracardi.profile p WHERE p.id = ANY ($2)) m
         WHERE w.id = $1",
        &[UUIDOID, UUIDARRAYOID, JSONBOID, JSONBOID, TIMESTAMPTZOID],
    ) };
    static DELETE: Plan = const { Plan::new("DELETE FROM tracardi.profile WHERE id = ANY ($1)", &[UUIDARRAYOID]) };
    // Every old id names the winner itself: one step from any of them.
    static FOLLOW: Plan = const { Plan::new(
        "UPDATE tracardi.profile_alias SET profile_id = $2 WHERE profile_id = ANY ($1)", &[UUIDARRAYOID, UUIDOID],
    ) };
    static ALIAS: Plan = const { Plan::new(
        "INSERT INTO tracardi.profile_alias (id, profile_id, created_at) SELECT l.id, $2, $3 FROM unnest($1) AS l (id)
         ON CONFLICT (id) DO UPDATE SET profile_id = EXCLUDED.profile_id, created_at = EXCLUDED.created_at, settled = false",
        &[UUIDARRAYOID, UUIDOID, TIMESTAMPTZOID],
    ) };
    static KEYS: Plan = const { Plan::new(
        "UPDATE tracardi.merge_key SET profile_id = $2 WHERE profile_id = ANY ($1)", &[UUIDARRAYOID, UUIDOID],
    ) };
    // Whoever holds a session's row may be waiting for these profiles: it is left to maintain().
    static SESSIONS: Plan = const { Plan::new(
        "UPDATE tracardi.session SET profile_id = $2
         WHERE id = ANY (ARRAY(SELECT s.id FROM tracardi.session s WHERE s.profile_id = $1
                               ORDER BY s.started_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))",
        &[UUIDOID, UUIDOID, INT8OID],
    ) };
    static STEP_ENDS: Plan = const { Plan::new(
        "SELECT max(e.time) FROM (SELECT o.time FROM tracardi.event o WHERE o.profile_id = $1 ORDER BY o.time LIMIT $2) e",
        &[UUIDOID, INT8OID],
    ) };
    static EVENTS: Plan = const { Plan::new(
        "UPDATE tracardi.event SET profile_id = $2 WHERE profile_id = $1 AND time <= $3", &[UUIDOID, UUIDOID, TIMESTAMPTZOID],
    ) };
    static ONE_MOVER: Plan = const { Plan::new(
        "SELECT pg_advisory_xact_lock(hashtext('tracardi'), hashtext('move_history'))", &[],
    ) };
    static MAY_MOVE: Plan = const { Plan::new(
        "SELECT pg_try_advisory_xact_lock_shared(hashtext('tracardi'), hashtext('forget'))", &[],
    ) };
    static UNSETTLED: Plan = const { Plan::new(
        "SELECT a.id, a.profile_id FROM tracardi.profile_alias a WHERE NOT a.settled ORDER BY a.created_at", &[],
    ) };
    // A call that began before the merge may still store under the old id: for a day somebody looks after it. A row that is
    // held is being merged further.
    static SETTLE: Plan = const { Plan::new(
        "UPDATE tracardi.profile_alias SET settled = true
         WHERE id = ANY (ARRAY(SELECT a.id FROM tracardi.profile_alias a
                               WHERE a.id = ANY ($1) AND a.created_at < now() - interval '1 day'
                                 AND NOT EXISTS (SELECT FROM tracardi.session s WHERE s.profile_id = a.id)
                               FOR NO KEY UPDATE SKIP LOCKED))",
        &[UUIDARRAYOID],
    ) };
}

fn run(connection: &Connection, plan: &'static LocalKey<Plan>, args: &[Arg]) -> i64 {
    plan.with(|plan| connection.run(plan, args).processed as i64)
}

/// Locks profiles, in the order of their ids. Fewer come back if some are gone.
pub fn lock(connection: &Connection, ids: &[Uuid]) -> Vec<Person> {
    LOCK.with(|plan| {
        let rows = connection.run(plan, &[Arg::uuids(ids)]);
        let object = |row, column| rows.get::<Jsonb<'_>>(row, column).map_or_else(Vec::new, Jsonb::copy);
        let person = |row| {
            Some(Person {
                id: rows.get(row, 0)?,
                created_at: rows.get(row, 1)?,
                updated_at: rows.get(row, 2)?,
                data: object(row, 3),
                traits: object(row, 4),
            })
        };
        (0..rows.processed).filter_map(person).collect()
    })
}

/// Merges profiles that are locked into the one that was made first; of those made at the same moment, the one with the
/// smallest id. Gives the winner and the losers; none if there is nobody.
pub fn merge(connection: &Connection, mut persons: Vec<Person>, now: Timestamp) -> Option<(Uuid, Vec<Uuid>)> {
    let winner = persons.iter().min_by_key(|person| (person.created_at, person.id))?.id;
    persons.sort_by_key(|person| (person.updated_at, person.id));
    let all: Vec<Uuid> = persons.iter().map(|person| person.id).collect();
    let losers: Vec<Uuid> = all.iter().copied().filter(|id| *id != winner).collect();
    let merged = |field: fn(&Person) -> &Vec<u8>| {
        let mut values = persons.iter().map(|person| root(field(person)));
        let first = values.next().map_or(Json::Null, Json::Copy);
        let last = values.fold(pg::encode(first), |earlier, later| pg::encode(deep(root(&earlier), later, DEPTH)));
        Arg::jsonb(&last)
    };
    let args = [
        Arg::uuid(&winner),
        Arg::uuids(&all),
        merged(|person| &person.data),
        merged(|person| &person.traits),
        Arg::time(now),
    ];
    run(connection, &MERGE, &args);
    let (old, new) = (Arg::uuids(&losers), Arg::uuid(&winner));
    run(connection, &DELETE, &[old]);
    run(connection, &FOLLOW, &[old, new]);
    run(connection, &ALIAS, &[old, new, Arg::time(now)]);
    run(connection, &KEYS, &[old, new]);
    // What can't be moved now is left to maintain().
    let mut room = if may_move(connection) { MOVED_AT_ONCE } else { 0 };
    for loser in &losers {
        run(connection, &SESSIONS, &[Arg::uuid(loser), new, Arg::bigint(MOVED_AT_ONCE)]);
        let (moved, all) = move_events(connection, loser, &winner, room);
        room -= moved;
        if !all {
            pg::wake_at_commit(i64::MIN, pg::Reason::History);
        }
    }
    Some((winner, losers))
}

/// Two values as one: objects key by key, lists without doubles; else the later one, unless it is null.
fn deep<'a>(earlier: Value<'a>, later: Value<'a>, depth: usize) -> Json<'a> {
    match (earlier, later) {
        (earlier, Value::Null) => Json::Copy(earlier),
        (Value::Object(old), Value::Object(new)) if depth > 0 => {
            let mut pairs: Vec<_> = old.pairs().map(|(key, value)| (key.into(), Json::Copy(value))).collect();
            // Of equal keys the last one counts.
            pairs.extend(new.pairs().map(|(key, value)| (key.into(), deep(old.get(key), value, depth - 1))));
            Json::Object(pairs)
        }
        (Value::Array(old), Value::Array(new)) => {
            let mut items: Vec<Value<'_>> = Vec::with_capacity(old.len() + new.len());
            for item in old.iter().chain(new.iter()) {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            Json::Array(items.into_iter().map(Json::Copy).collect())
        }
        (_, later) => Json::Copy(later),
    }
}

/// Whether events may be moved now. While somebody is being forgotten (`privacy`), who waited for those events would be waited
/// for in turn.
fn may_move(connection: &Connection) -> bool {
    delivery::may_move_events(connection) && MAY_MOVE.with(|plan| connection.run(plan, &[]).get(0, 0).unwrap_or(false))
}

/// Moves the oldest events of a profile that was merged, about so many. Gives how many, and whether that was all.
fn move_events(connection: &Connection, old: &Uuid, new: &Uuid, most: i64) -> (i64, bool) {
    if most <= 0 {
        return (0, false);
    }
    let end = STEP_ENDS.with(|plan| connection.run(plan, &[Arg::uuid(old), Arg::bigint(most)]).get::<Timestamp>(0, 0));
    let Some(end) = end else { return (0, true) };
    let moved = run(connection, &EVENTS, &[Arg::uuid(old), Arg::uuid(new), Arg::time(end)]);
    (moved, moved < most)
}

/// Moves what is still under the ids of merged profiles: what was too much, and what calls stored that began before the
/// merge; up to about so many events. Gives how many. Errors: 55000 (not set up).
pub fn move_history(most: i64) -> Result<i64, Refusal> {
    let config = config::current()?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    run(&connection, &ONE_MOVER, &[]);
    if !may_move(&connection) {
        return Ok(0);
    }
    let aliases: Vec<(Uuid, Uuid)> = UNSETTLED.with(|plan| {
        let rows = connection.run(plan, &[]);
        (0..rows.processed).filter_map(|row| Some((rows.get(row, 0)?, rows.get(row, 1)?))).collect()
    });
    let mut moved = 0;
    let mut done = Vec::new();
    for (old, new) in &aliases {
        loop {
            pg::check_for_interrupts();
            let (step, all) = move_events(&connection, old, new, STEP.min(most - moved));
            moved += step;
            if all {
                done.push(*old);
            }
            if all || moved >= most {
                break;
            }
        }
    }
    // Rows that others wait for come last.
    for (old, new) in &aliases {
        run(&connection, &SESSIONS, &[Arg::uuid(old), Arg::uuid(new), Arg::bigint(i64::MAX)]);
    }
    run(&connection, &SETTLE, &[Arg::uuids(&done)]);
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::Json;

    fn merged(earlier: &Json<'_>, later: &Json<'_>) -> Vec<u8> {
        let (earlier, later) = (earlier.clone().encode().unwrap(), later.clone().encode().unwrap());
        deep(root(&earlier), root(&later), DEPTH).encode().unwrap()
    }

    fn object<const N: usize>(pairs: [(&'static str, Json<'static>); N]) -> Json<'static> {
        Json::object(pairs)
    }

    #[test]
    fn null_takes_nothing_away() {
        let known = object([("a", Json::Integer(1)), ("b", object([("c", Json::string("x"))]))]);
        let unknown = object([("a", Json::Null), ("b", object([("c", Json::Null), ("d", Json::Integer(2))]))]);
        let both =
            object([("a", Json::Integer(1)), ("b", object([("c", Json::string("x")), ("d", Json::Integer(2))]))]);
        assert_eq!(merged(&known, &unknown), both.clone().encode().unwrap());
        assert_eq!(merged(&unknown, &known), both.encode().unwrap());
    }

    #[test]
    fn the_later_one_counts() {
        let earlier = object([("a", Json::Integer(1)), ("l", Json::Array(vec![Json::Integer(1), Json::Integer(2)]))]);
        let later = object([("a", Json::Integer(2)), ("l", Json::Array(vec![Json::Integer(2), Json::Integer(3)]))]);
        let both = object([
            ("a", Json::Integer(2)),
            ("l", Json::Array(vec![Json::Integer(1), Json::Integer(2), Json::Integer(3)])),
        ]);
        assert_eq!(merged(&earlier, &later), both.encode().unwrap());
    }

    #[test]
    fn merging_with_itself_changes_nothing() {
        let value = object([("a", Json::Array(vec![Json::Null, Json::string("x")])), ("b", object([]))]);
        assert_eq!(merged(&value, &value), value.encode().unwrap());
    }

    #[test]
    fn what_is_too_deep_is_taken_whole() {
        let nested = |inner: &'static str| (0..1000).fold(Json::string(inner), |value, _| Json::object([("k", value)]));
        assert_eq!(merged(&nested("a"), &nested("b")), nested("b").encode().unwrap());
    }
}
