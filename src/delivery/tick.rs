//! Ticks: what was stored at which moment, for workflows that run a while after the event.

use super::log::{Filter, Window};
use super::runner::Step;
use crate::pg::{self, Arg, Plan};
use crate::snapshot::Snapshot;
use crate::time::{SECOND, Timestamp};
use pgrx::pg_sys::{TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID};

thread_local! {
    static LAST: Plan = const { Plan::new(
        "SELECT t.at, t.upto::text FROM tracardi.workflow_tick t WHERE t.workflow = $1 ORDER BY t.at DESC LIMIT 1", &[TEXTOID],
    ) };
    static MAKE: Plan = const { Plan::new(
        "INSERT INTO tracardi.workflow_tick (workflow, at, due_at, upto) VALUES ($1, $2, $3, $4::pg_snapshot)
         ON CONFLICT (workflow, at) DO NOTHING",
        &[TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID],
    ) };
    static DUE: Plan = const { Plan::new(
        "SELECT t.at, t.upto::text FROM tracardi.workflow_tick t WHERE t.workflow = $1 AND t.due_at <= $2 ORDER BY t.at DESC LIMIT 1",
        &[TEXTOID, TIMESTAMPTZOID],
    ) };
    static CONSUME: Plan = const { Plan::new(
        "DELETE FROM tracardi.workflow_tick WHERE workflow = $1 AND at <= $2", &[TEXTOID, TIMESTAMPTZOID],
    ) };
    static FORGET: Plan = const { Plan::new(
        "DELETE FROM tracardi.workflow_tick WHERE workflow = $1 AND at > $2", &[TEXTOID, TIMESTAMPTZOID],
    ) };
    static NEXT_DUE: Plan = const { Plan::new(
        "SELECT min(t.due_at) FROM tracardi.workflow_tick t WHERE t.workflow = ANY ($1)", &[TEXTARRAYOID],
    ) };
}

/// Between two ticks lies a hundredth of the delay, but not less than 10 ms and not more than a second; unless there would be
/// more ticks than this.
const TICKS: i64 = 3600;

fn spacing(delay: i64) -> i64 {
    (delay / 100).clamp(10_000, SECOND).max(delay / TICKS)
}

/// The last tick of a workflow.
fn last(step: &Step<'_>, workflow: &str) -> Option<(Timestamp, Snapshot)> {
    LAST.with(|plan| {
        let rows = step.connection.run(plan, &[Arg::text(workflow)]);
        Some((rows.get(0, 0)?, Snapshot::read(rows.get(0, 1)?)?))
    })
}

/// Whether something was stored after a snapshot.
pub fn is_news(step: &Step<'_>, after: &Snapshot, upto: &Snapshot) -> bool {
    let any = Filter { event_type: Some(""), source_id: None, kinds: None, not_about: None, shard: (0, 1) };
    !Window { after, upto }.read(step.connection, &any, None, 1).seen.is_empty()
}

/// The end of the window that is due, if one is. `delay`: in microseconds. Makes a tick if something was stored since the last.
pub fn due(step: &Step<'_>, workflow: &str, delay: i64, after: &Snapshot) -> Option<Snapshot> {
    let upto = step.now();
    // After the snapshot: what it sees had been stored by now.
    let now = pg::now();
    let mut tick = last(step, workflow);
    if tick.as_ref().is_some_and(|(at, _)| *at > now) {
        // The clock was set back. Those events wait for the delay from now on, not until the clock has caught up.
        FORGET.with(|plan| step.connection.run(plan, &[Arg::text(workflow), Arg::time(now)]));
        tick = last(step, workflow);
    }
    let makes = tick.as_ref().is_none_or(|(at, _)| at.plus(spacing(delay)) <= now);
    if makes && is_news(step, tick.as_ref().map_or(after, |(_, upto)| upto), &upto) {
        let args = [Arg::text(workflow), Arg::time(now), Arg::time(now.plus(delay)), Arg::text(&upto.to_string())];
        MAKE.with(|plan| step.connection.run(plan, &args));
    }
    let (at, upto) = DUE.with(|plan| {
        let rows = step.connection.run(plan, &[Arg::text(workflow), Arg::time(now)]);
        Some((rows.get::<Timestamp>(0, 0)?, Snapshot::read(rows.get(0, 1)?)?))
    })?;
    CONSUME.with(|plan| step.connection.run(plan, &[Arg::text(workflow), Arg::time(at)]));
    Some(upto)
}

/// When the next window of one of these workflows is due, or the next tick: names and delays.
pub fn next_due(step: &Step<'_>, workflows: &[(&str, i64)]) -> Option<Timestamp> {
    let names: Vec<&str> = workflows.iter().map(|(name, _)| *name).collect();
    let due = NEXT_DUE.with(|plan| step.connection.run(plan, &[Arg::texts(&names)]).get(0, 0));
    let upto = step.now();
    let ticks = workflows.iter().filter_map(|(name, delay)| {
        let (at, told) = last(step, name)?;
        is_news(step, &told, &upto).then(|| at.plus(spacing(*delay)))
    });
    ticks.chain(due).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_close_and_not_too_many() {
        assert_eq!(spacing(0), 10_000);
        assert_eq!(spacing(10 * SECOND), SECOND / 10);
        assert_eq!(spacing(3600 * SECOND), SECOND);
        assert_eq!(spacing(7 * 86_400 * SECOND), 168 * SECOND);
    }
}
