//! Visits end when nothing was heard of them for `tracardi.session_timeout`.

use super::announce;
use crate::config::Config;
use crate::jsonb::Json;
use crate::milestone::{Milestone, Told};
use crate::pg::{self, Arg, Connection, Plan};
use crate::seldom::Seldom;
use crate::settings;
use crate::store::Common;
use crate::time::{SECOND, Timestamp};
use pgrx::pg_sys::{INT8OID, TIMESTAMPTZOID};
use std::cell::Cell;
use uuid::Uuid;

/// Sessions that one step ends at most: their rows stay locked while workflows hear of it.
const STEP: i64 = 200;

thread_local! {
    // A session is never seen before it starts, so the index over the start leaves out all that are younger than the timeout.
    // Whoever holds a session's row is writing to it: it goes on, or is ended in the next round.
    static END: Plan = const { Plan::new(
        "UPDATE tracardi.session s
         SET status = 'ended', ended_at = s.last_seen_at + pg_catalog.make_interval(secs => $3::float8 / 1000000)
         FROM (SELECT o.id FROM tracardi.session o WHERE o.status <> 'ended' AND o.started_at < $1 AND o.last_seen_at < $1
               ORDER BY o.last_seen_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) o
         WHERE s.id = o.id
         RETURNING s.id, s.profile_id, s.source_id, s.last_seen_at, s.ended_at",
        &[TIMESTAMPTZOID, INT8OID, INT8OID],
    ) };
    // Of those that started before a moment the least recently seen one, and of the others the one that started first.
    static LEAST_RECENT: Plan = const { Plan::new(
        "SELECT least((SELECT min(s.last_seen_at) FROM tracardi.session s WHERE s.status <> 'ended' AND s.started_at < $1),
                      (SELECT s.started_at FROM tracardi.session s WHERE s.status <> 'ended' AND s.started_at >= $1 ORDER BY s.started_at LIMIT 1))",
        &[TIMESTAMPTZOID],
    ) };
    static KNOWN: Cell<Option<Seldom<Next>>> = const { Cell::new(None) };
    /// For how many microseconds END ran the last time.
    static TOOK: Cell<i64> = const { Cell::new(0) };
}

/// When the next visit may be over, if `tracardi.session_timeout` and `tracardi.last_seen_lag` are together so many microseconds. It can't come
/// sooner, for visits only go on, and those that begin end later; but rows may be written by hand. If it comes before it is worth while to look
/// again, it waits: where many visits have gone on for long, one of them ends at any moment.
#[derive(Clone, Copy)]
struct Next {
    patience: i64,
    end: Timestamp,
}

/// What is known of the next visit that may be over, until it is worth while to look again.
fn known(now: Timestamp) -> Option<Seldom<Next>> {
    KNOWN.get().filter(|known| known.counts(now) && known.answer.patience == patience())
}

/// Microseconds after which a session's row that was not written any more tells that the visit is over: the row may lag behind.
fn patience() -> i64 {
    settings::session_timeout() + settings::last_seen_lag()
}

/// Ends visits. Gives whether there may be more.
pub fn end(connection: &Connection, config: &Config) -> bool {
    let timeout = settings::session_timeout();
    if timeout == 0 {
        return false;
    }
    let now = pg::now();
    if known(now).is_some() {
        return false;
    }
    let args = [Arg::time(now.plus(-patience())), Arg::bigint(STEP), Arg::bigint(timeout)];
    let ended = END.with(|plan| {
        let rows = connection.run(plan, &args);
        let session = |row| {
            let times: (Timestamp, Timestamp) = (rows.get(row, 3)?, rows.get(row, 4)?);
            Some((rows.get::<Uuid>(row, 0)?, rows.get::<Uuid>(row, 1), rows.get::<String>(row, 2), times))
        };
        (0..rows.processed).map(session).collect::<Vec<_>>()
    });
    TOOK.set(pg::now().0 - now.0);
    for (session, profile_id, source_id, (last_seen, ended_at)) in ended.iter().flatten() {
        let common = Common {
            source_id: source_id.as_deref().unwrap_or_default(),
            session_id: Some(*session),
            profile_id: *profile_id,
            received_at: now,
        };
        let properties = pg::encode(Json::object([
            ("reason", Json::string("timeout")),
            ("last_seen_at", Json::string(last_seen.to_iso())),
        ]));
        for (order, milestone) in [Milestone::VisitEnded, Milestone::SessionClosed].into_iter().enumerate() {
            let time = Some(ended_at.plus(order as i64));
            announce(connection, config, &common, &Told { milestone, time, index: None, properties: &properties });
        }
    }
    ended.len() as i64 >= STEP
}

/// When to look for visits that are over; `None`: none is going on.
pub fn next_end(connection: &Connection) -> Option<Timestamp> {
    if settings::session_timeout() == 0 {
        return None;
    }
    let now = pg::now();
    if let Some(known) = known(now) {
        return Some(known.until());
    }
    let patience = patience();
    let found = Seldom::ask(60 * SECOND, TOOK.get(), || {
        LEAST_RECENT.with(|plan| connection.run(plan, &[Arg::time(now.plus(-patience))]).get::<Timestamp>(0, 0))
    });
    let next = found.and_then(|seen| Some(Next { patience, end: seen?.plus(patience) }));
    KNOWN.set(next);
    next.map(|next| next.answer.end.max(next.until()))
}
