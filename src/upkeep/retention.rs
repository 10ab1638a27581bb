//! Retention: whole months are dropped, events of types that say so are removed in steps.

use crate::config::Config;
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{INT8OID, TEXTOID, TIMESTAMPTZOID};

thread_local! {
    static DROP_MONTHS: Plan = const { Plan::new("SELECT tracardi.drop_partitions($1)", &[TIMESTAMPTZOID]) };
    static OLD_HISTORY: Plan = const { Plan::new(
        "DELETE FROM tracardi.event_history
         WHERE ctid = ANY (ARRAY(SELECT e.ctid FROM tracardi.event_history e WHERE e.time < $1 ORDER BY e.time LIMIT $2))",
        &[TIMESTAMPTZOID, INT8OID],
    ) };
    static TYPES: Plan = const { Plan::new(
        "SELECT t.type, pg_catalog.now() OPERATOR(pg_catalog.-) t.retention FROM tracardi.event_type t
         WHERE t.retention IS NOT NULL ORDER BY t.type",
        &[],
    ) };
    // Pairs are compared, as only the index over both can: were times compared alone, the index over the time would often look cheaper, and
    // all that is older be read, of whatever type.
    static STEP_ENDS: Plan = const { Plan::new(
        "SELECT max(o.time) FROM (SELECT e.time FROM tracardi.event e
                                  WHERE (e.type, e.time) >= ($1, '-infinity') AND (e.type, e.time) < ($1, $2)
                                  ORDER BY e.type, e.time LIMIT $3) o",
        &[TEXTOID, TIMESTAMPTZOID, INT8OID],
    ) };
    static OLD_OF_TYPE: Plan = const { Plan::new(
        "DELETE FROM tracardi.event WHERE (type, time) >= ($1, '-infinity') AND (type, time) <= ($1, $2)",
        &[TEXTOID, TIMESTAMPTZOID],
    ) };
}

/// Drops the months that ended before this moment, and removes about so many events from before it that stand in the
/// partition for history. Gives whether there may be more.
pub fn drop_old_months(connection: &Connection, before: Timestamp, most: i64) -> bool {
    DROP_MONTHS.with(|plan| connection.run(plan, &[Arg::time(before)]));
    OLD_HISTORY.with(|plan| connection.run(plan, &[Arg::time(before), Arg::bigint(most)]).processed as i64 >= most)
}

/// The types whose events are kept for a time, and from when on. Read as the configuration's owner, which the data tables'
/// need not be.
pub fn types(connection: &Connection, config: &Config) -> Vec<(String, Timestamp)> {
    let _acting = ActAs::new(config.config_owner, None);
    TYPES.with(|plan| {
        let rows = connection.run(plan, &[]);
        (0..rows.processed).filter_map(|row| Some((rows.get(row, 0)?, rows.get(row, 1)?))).collect()
    })
}

/// Removes about so many events that are older than their types' retention. Gives whether there may be more.
pub fn remove_old_of_types(connection: &Connection, types: &[(String, Timestamp)], most: i64) -> bool {
    let mut room = most;
    for (event_type, before) in types {
        let args = [Arg::text(event_type), Arg::time(*before), Arg::bigint(room)];
        let end = pg::without_scans(|| STEP_ENDS.with(|plan| connection.run(plan, &args).get::<Timestamp>(0, 0)));
        if let Some(end) = end {
            let args = [Arg::text(event_type), Arg::time(end)];
            room -= pg::without_scans(|| OLD_OF_TYPE.with(|plan| connection.run(plan, &args).processed as i64));
        }
        if room <= 0 {
            return true;
        }
    }
    false
}
