//! The journey of those who come back: some event types stand elsewhere on it then.

use crate::config::Config;
use crate::event::Row;
use crate::pg::{Arg, Connection, Found, Moment, Plan, Table};
use crate::settings;
use pgrx::pg_sys::{INT4OID, UUIDOID};
use uuid::Uuid;

thread_local! {
    static VISITS: Table = const { Table::new(c"profile", &[(c"visit_count", INT4OID)], &[c"id"]) };
    static COUNT: Plan = const { Plan::new("SELECT visit_count FROM tracardi.profile WHERE id = $1", &[UUIDOID]) };
}

/// Sets the journey state of a returning visitor's events, where their types have one.
pub fn settle<'a>(connection: &Connection, config: &'a Config, profile: Option<Uuid>, rows: &mut [Row<'a>]) {
    let Some(profile) = profile else { return };
    let mut returning = None;
    for row in rows {
        if let Some(state) =
            config.event_type(row.event_type).and_then(|known| known.returning_journey_state.as_deref())
            && row.valid
            && *returning.get_or_insert_with(|| visits(connection, &profile) > 1)
        {
            row.journey_state = Some(state);
        }
    }
}

fn visits(connection: &Connection, profile: &Uuid) -> i32 {
    let read = |found: &Found<'_>| found.get(0).unwrap_or(0);
    if settings::writes_directly()
        && let Ok(found) = VISITS.with(|table| table.find(connection, &Moment::now(), profile, read))
    {
        return found.unwrap_or(0);
    }
    COUNT.with(|plan| connection.run(plan, &[Arg::uuid(profile)]).get(0, 0).unwrap_or(0))
}
