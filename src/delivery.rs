//! Delivery after the event's transaction: to asynchronous workflows, and to consumers outside of the database.
//!
//! There is no queue. Each workflow and each subscription has a cursor over the log of events, which moves in the transaction of
//! what the workflow writes: so it runs once for each event. `run_workflows` is one step of all of them, to be committed
//! before the next.

mod advance;
mod cursor;
mod log;
mod retry;
mod runner;
mod subscription;
mod tick;

pub use advance::may_move_events;
pub use subscription::{advance, poll};

use crate::config::{self, Config};
use crate::error::{Code, Refusal};
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{BOOLOID, INT8OID};
use runner::Step;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

thread_local! {
    static ALL: Plan = const { Plan::new(
        "SELECT w.name, w.mode OPERATOR(pg_catalog.=) 'async',
                pg_catalog.pg_snapshot_xmax(w.starts)::pg_catalog.text::pg_catalog.int8
         FROM tracardi.workflow w",
        &[],
    ) };
    static CONTINUE: Plan = const { Plan::new("SELECT tracardi.continue_transactions($1, $2)", &[BOOLOID, INT8OID]) };
    /// For which configuration it was looked what is left of workflows that are gone.
    static TIDIED: RefCell<Weak<Config>> = const { RefCell::new(Weak::new()) };
}

/// All workflows, also those that are not enabled: name, whether it is asynchronous, and the end of the snapshot that it starts at.
fn all_workflows(connection: &Connection, config: &Config) -> Vec<(String, bool, Option<i64>)> {
    let _acting = ActAs::new(config.config_owner, None);
    ALL.with(|plan| {
        let rows = connection.run(plan, &[]);
        (0..rows.processed).filter_map(|row| Some((rows.get(row, 0)?, rows.get(row, 1)?, rows.get(row, 2)))).collect()
    })
}

/// Forgets what is left of workflows that are gone, once after the configuration changed.
fn tidy(connection: &Connection, config: &Rc<Config>) {
    if TIDIED.with_borrow(|tidied| tidied.ptr_eq(&Rc::downgrade(config))) {
        return;
    }
    let workflows = all_workflows(connection, config);
    let all: Vec<&str> = workflows.iter().map(|(name, ..)| name.as_str()).collect();
    let asynchronous: Vec<&str> = workflows.iter().filter(|(_, is, _)| *is).map(|(name, ..)| name.as_str()).collect();
    cursor::keep_only(connection, &asynchronous, &all);
    TIDIED.set(Rc::downgrade(config));
}

/// `tracardi.run_workflows`: one step. Gives how many events it looked at; 0: nothing is due. A copy that is not adopted stays
/// silent. Errors: 22023 (numbers that make no sense), 25006, 55000 (not set up).
pub fn run(max_events: Option<i32>, shard: Option<i32>, shards: Option<i32>) -> Result<i64, Refusal> {
    let max = max_events.unwrap_or(1000);
    let worker = (shard.unwrap_or(0), shards.unwrap_or(1));
    if max < 1 || worker.1 < 1 || !(0..worker.1).contains(&worker.0) || shard.is_some() != shards.is_some() {
        return Err(Refusal::new(
            Code::ERRCODE_INVALID_PARAMETER_VALUE,
            "run_workflows() takes at least one event, and a shard from 0 to less than shards",
        ));
    }
    if pg::in_recovery() {
        return Ok(0);
    }
    let config = config::current()?;
    if !config.adopted {
        return Ok(0);
    }
    pg::refuse_to_write("execute run_workflows()")?;
    let caller = pg::current_role();
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    tidy(&connection, &config);
    let step = Step { connection: &connection, config: &config, caller, max: max as usize, worker };
    if let Some(deadly) = config.async_workflows.iter().find(|w| pg::is_deadly(&w.name.to_string_lossy())) {
        step.give_up(deadly);
        return Ok(1);
    }
    let mut looked_at = step.retry() + step.replay();
    for workflow in &config.async_workflows {
        // What it reads is let go before the next one.
        let connection = Connection::open();
        let step = Step { connection: &connection, ..step };
        looked_at += step.advance(workflow);
    }
    step.notify();
    Ok(looked_at as i64)
}

/// `tracardi.next_due`. Errors: 55000 (not set up).
pub fn next_due() -> Result<Option<Timestamp>, Refusal> {
    let config = config::current()?;
    if pg::in_recovery() || !config.adopted {
        return Ok(None);
    }
    let caller = pg::current_role();
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let step = Step { connection: &connection, config: &config, caller, max: 1, worker: (0, 1) };
    let names: Vec<(String, i64)> = config
        .async_workflows
        .iter()
        .filter_map(|w| Some((w.name.to_string_lossy().into_owned(), w.later.as_ref()?.delay?)))
        .collect();
    let delayed: Vec<(&str, i64)> = names.iter().map(|(name, delay)| (name.as_str(), *delay)).collect();
    Ok([step.next_retry(), tick::next_due(&step, &delayed), step.next_notify()].into_iter().flatten().min())
}

/// `tracardi.prepare_delivery`: see there. Errors: 55000 (not set up).
pub fn prepare(make: bool) -> Result<(), Refusal> {
    let config = config::current()?;
    let connection = Connection::open();
    let last = all_workflows(&connection, &config).iter().filter_map(|(.., xmax)| *xmax).max().unwrap_or(1) - 1;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    CONTINUE.with(|plan| connection.run(plan, &[Arg::bool(make), Arg::bigint(last)]));
    // Also for whoever adopted this copy.
    pg::invalidate_relation(config.instance);
    Ok(())
}

/// `tracardi.event_snapshot`: the snapshot's text. Errors: 55000 (not set up).
pub fn snapshot() -> Result<String, Refusal> {
    let config = config::current()?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    Ok(log::now(&Connection::open(), config.xact_offset).to_string())
}
