//! Segments: what is told when a profile enters or leaves one. The profile's triggers find out (`sql/segment.sql`).

use crate::change::{self, What};
use crate::config;
use crate::error::Refusal;
use crate::pg::{ActAs, Arg, Connection, Plan};
use pgrx::pg_sys::TEXTARRAYOID;
use uuid::Uuid;

thread_local! {
    static LISTED: Plan = const { Plan::new(
        "SELECT s.name FROM tracardi.segment s WHERE s.name OPERATOR(pg_catalog.=) ANY ($1) ORDER BY s.name", &[TEXTARRAYOID],
    ) };
}

/// Tells of the segments that a profile entered and left. Where tracardi is not set up, nothing is told.
pub fn tell(profile: Uuid, before: Vec<String>, now: Vec<String>) -> Result<(), Refusal> {
    if before == now {
        return Ok(());
    }
    let Ok(config) = config::current() else { return Ok(()) };
    let connection = Connection::open();
    for (from, to, entered) in [(&before, &now, false), (&now, &before, true)] {
        let names: Vec<&str> = from.iter().filter(|name| !to.contains(name)).map(String::as_str).collect();
        if names.is_empty() {
            continue;
        }
        let listed: Vec<String> = {
            let _acting = ActAs::new(config.config_owner, None);
            LISTED.with(|plan| {
                let rows = connection.run(plan, &[Arg::texts(&names)]);
                (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
            })
        };
        for segment in listed {
            let what = if entered { What::Entered(segment) } else { What::Left(segment) };
            change::tell(&config, &connection, profile, what)?;
        }
    }
    Ok(())
}
