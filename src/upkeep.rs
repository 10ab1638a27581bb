//! What time does, in bounded steps, each of which is a transaction of its own: for the background worker, and for
//! `CALL tracardi.maintain()` where there is none.

mod retention;
mod visits;

use crate::config::{self, Config};
use crate::consent;
use crate::error::{Refusal, unpack_sqlstate};
use crate::jsonb::Json;
use crate::merge;
use crate::milestone::{Milestone, Told};
use crate::pg::{self, ActAs, Arg, Connection, Plan, Report, What};
use crate::settings;
use crate::store::Common;
use crate::system;
use crate::time::{SECOND, Timestamp};
use crate::track;
use pgrx::pg_sys::{INT4OID, INT8OID, Oid, TIMESTAMPTZOID};
use std::thread::LocalKey;
pub use visits::next_end;

/// What is done, in the order in which one round does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    Partitions,
    Constraints,
    Reports,
    Visits,
    Workflows,
    History,
    Consents,
    EventKeys,
    Rejected,
    Failures,
    TypeRetention,
    EventRetention,
}

pub const TASKS: [Task; 12] = [
    Task::Partitions,
    Task::Constraints,
    Task::Reports,
    Task::Visits,
    Task::Workflows,
    Task::History,
    Task::Consents,
    Task::EventKeys,
    Task::Rejected,
    Task::Failures,
    Task::TypeRetention,
    Task::EventRetention,
];

impl Task {
    /// As it is named in the server's log and in `pg_stat_activity`.
    pub fn name(self) -> &'static str {
        match self {
            Task::Partitions => "make partitions",
            Task::Constraints => "validate constraints",
            Task::Reports => "store reports",
            Task::Visits => "end visits",
            Task::Workflows => "run workflows",
            Task::History => "move the history of merged profiles",
            Task::EventRetention => "drop old partitions",
            Task::TypeRetention => "remove old events of types",
            Task::Consents => "expire consents",
            Task::EventKeys => "forget event ids",
            Task::Rejected => "remove rejected events",
            Task::Failures => "remove workflow failures",
        }
    }
}

/// Rows that one step removes or moves at most: the locks of a step are held for a moment, not for minutes.
const STEP: i64 = 10_000;
/// Reports that one step stores at most: each has a subtransaction of its own.
const REPORTS_AT_ONCE: usize = 32;

/// How a step is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By a background worker, which is a superuser: nothing of a user's may run later than within the step.
    Worker { shard: i32, shards: i32 },
    /// By somebody's call, in a transaction of its own.
    Caller,
    /// In somebody's transaction.
    CallersTransaction,
}

thread_local! {
    // One round at a time: whoever calls maintain() leaves it to the other, the worker waits for a step.
    static LOCK: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('maintain'))", &[],
    ) };
    static TRY_LOCK: Plan = const { Plan::new(
        "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('maintain'))", &[],
    ) };
    static HAS_ASYNC: Plan = const { Plan::new(
        "SELECT pg_catalog.to_regprocedure('tracardi.run_workflows(int,int,int)') IS NOT NULL,
                EXISTS (SELECT FROM tracardi.workflow WHERE enabled AND mode OPERATOR(pg_catalog.<>) 'sync'),
                pg_catalog.to_regprocedure('tracardi.next_due()') IS NOT NULL",
        &[],
    ) };
    static RUN_WORKFLOWS: Plan = const { Plan::new(
        "SELECT tracardi.run_workflows(shard => $1, shards => $2)", &[INT4OID, INT4OID],
    ) };
    static NEXT_DUE: Plan = const { Plan::new("SELECT tracardi.next_due()", &[]) };
    static IMMEDIATE: Plan = const { Plan::new("SET CONSTRAINTS ALL IMMEDIATE", &[]) };
    static MAKE_PARTITIONS: Plan = const { Plan::new("SELECT tracardi.make_partitions()", &[]) };
    static IS_VALIDATED: Plan = const { Plan::new(
        "SELECT pg_catalog.bool_and(convalidated) FROM pg_catalog.pg_constraint
         WHERE conrelid OPERATOR(pg_catalog.=) 'tracardi.event'::pg_catalog.regclass
           AND conname OPERATOR(pg_catalog.=) 'event_kind_check'",
        &[],
    ) };
    static VALIDATE: Plan = const { Plan::new("ALTER TABLE tracardi.event VALIDATE CONSTRAINT event_kind_check", &[]) };
    // Others may be looking at these rows: what is held is left to the next round.
    static OLD_KEYS: Plan = const { Plan::new(
        "DELETE FROM tracardi.event_key
         WHERE ctid = ANY (ARRAY(SELECT k.ctid FROM tracardi.event_key k WHERE k.received_at < $1 LIMIT $2
                                 FOR UPDATE SKIP LOCKED))",
        &[TIMESTAMPTZOID, INT8OID],
    ) };
    static OLD_REJECTED: Plan = const { Plan::new(
        "DELETE FROM tracardi.event_rejected
         WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM tracardi.event_rejected r WHERE r.received_at < $1 LIMIT $2
                                 FOR UPDATE SKIP LOCKED))",
        &[TIMESTAMPTZOID, INT8OID],
    ) };
    static OLD_FAILURES: Plan = const { Plan::new(
        "DELETE FROM tracardi.workflow_failure
         WHERE ctid = ANY (ARRAY(SELECT f.ctid FROM tracardi.workflow_failure f
                                 WHERE f.status = 'dead' AND f.last_failed_at < $1 LIMIT $2
                                 FOR UPDATE SKIP LOCKED))",
        &[TIMESTAMPTZOID, INT8OID],
    ) };
}

/// Does one step of a task. Gives whether there may be more to do. Errors: 55000 (not set up), and whatever the data tables'
/// constraints and triggers raise.
pub fn step(task: Task, by: By) -> Result<bool, Refusal> {
    let config = config::current()?;
    let _quiet = pg::Quiet::begin();
    // Functions of ours that aren't everybody's are called with the rights of their owner, and act as the data tables' inside.
    let role = if task == Task::Workflows { config.config_owner } else { config.owner };
    let _acting = match by {
        By::Worker { .. } => ActAs::confined(role, &config.search_path, Oid::INVALID),
        By::Caller | By::CallersTransaction => ActAs::new(role, Some(&config.search_path)),
    };
    let types = match task {
        Task::TypeRetention => retention::types(&Connection::open(), &config),
        _ => Vec::new(),
    };
    let connection = Connection::open();
    if by != By::CallersTransaction {
        IMMEDIATE.with(|plan| connection.run(plan, &[]));
    }
    let old = |plan: &'static LocalKey<Plan>, minutes: i64| {
        let args = [Arg::time(ago(minutes)), Arg::bigint(STEP)];
        plan.with(|plan| connection.run(plan, &args).processed as i64 >= STEP)
    };
    Ok(match task {
        Task::Partitions => {
            MAKE_PARTITIONS.with(|plan| connection.run(plan, &[]));
            false
        }
        Task::Constraints => {
            if IS_VALIDATED.with(|plan| connection.run(plan, &[]).get(0, 0)) == Some(false) {
                VALIDATE.with(|plan| connection.run(plan, &[]));
            }
            false
        }
        Task::Reports => store_reports(&connection, &config),
        Task::Visits => visits::end(&connection, &config),
        Task::Workflows => run_workflows(&connection, by),
        Task::History => merge::move_history(STEP)? >= STEP,
        Task::Consents => {
            consent::tidy()?;
            false
        }
        Task::EventKeys => old(&OLD_KEYS, settings::event_key_retention()),
        Task::Rejected => old(&OLD_REJECTED, settings::event_rejected_retention()),
        Task::Failures => old(&OLD_FAILURES, settings::workflow_failure_retention()),
        Task::TypeRetention => retention::remove_old_of_types(&connection, &types, STEP),
        Task::EventRetention => {
            let minutes = settings::event_retention();
            minutes > 0 && retention::drop_old_months(&connection, ago(minutes), STEP)
        }
    })
}

fn ago(minutes: i64) -> Timestamp {
    pg::now().plus(-minutes * 60 * SECOND)
}

/// The lock under which steps are run, until the end of the transaction. Gives whether it is ours.
pub fn lock(by: By) -> bool {
    let connection = Connection::open();
    match by {
        By::Worker { .. } => LOCK.with(|plan| connection.run(plan, &[]).processed > 0),
        _ => TRY_LOCK.with(|plan| connection.run(plan, &[]).get(0, 0)).unwrap_or(false),
    }
}

/// One round of everything; `commit` ends a step's transaction. Errors: as [`step`].
pub fn round(by: By, commit: impl Fn()) -> Result<(), Refusal> {
    if pg::in_recovery() {
        return Ok(());
    }
    adopt()?;
    for task in TASKS {
        loop {
            if !lock(by) {
                return Ok(());
            }
            let more = step(task, by)?;
            commit();
            pg::check_for_interrupts();
            if !more {
                break;
            }
        }
    }
    Ok(())
}

/// What async workflows need: whether events are to wake the worker, and when something is due next, if that is known.
pub fn next_workflow(connection: &Connection) -> (bool, Option<Timestamp>) {
    let (there, wanted, tells) = HAS_ASYNC.with(|plan| {
        let rows = connection.run(plan, &[]);
        let flag = |column| rows.get(0, column).unwrap_or(false);
        (flag(0), flag(1), flag(2))
    });
    let due = if tells { NEXT_DUE.with(|plan| connection.run(plan, &[]).get(0, 0)) } else { None };
    (there && wanted, due)
}

/// Runs async workflows for some events, where there are any. Gives whether there may be more.
fn run_workflows(connection: &Connection, by: By) -> bool {
    let there = HAS_ASYNC.with(|plan| connection.run(plan, &[]).get(0, 0)).unwrap_or(false);
    let args = match by {
        By::Worker { shard, shards } => [Arg::int(shard), Arg::int(shards)],
        _ => [Arg::NULL, Arg::NULL],
    };
    there && RUN_WORKFLOWS.with(|plan| connection.run(plan, &args).get::<i64>(0, 0)).unwrap_or(0) > 0
}

/// Makes this database the instance, if it is a copy of it.
pub fn adopt() -> Result<(), Refusal> {
    let config = config::current()?;
    if !config.adopted {
        let _acting = ActAs::new(config.owner, Some(&config.search_path));
        track::adopt(&Connection::open(), &config)?;
    }
    Ok(())
}

/// Something that happens in the background: a system event that no call of `track()` caused.
fn announce(connection: &Connection, config: &Config, common: &Common<'_>, told: &Told<'_>) {
    system::announce(connection, config, config.owner, common, told);
}

/// Stores what transactions that were rolled back left.
fn store_reports(connection: &Connection, config: &Config) -> bool {
    for _ in 0..REPORTS_AT_ONCE {
        // One that can't be stored is put back as its subtransaction ends; the others are none the worse.
        let store = || pg::take_report().map(|report| store_report(connection, config, &report)).is_some();
        match pg::attempt_in_background(store) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(failure) => {
                let message = format!("tracardi: a failure was not told: error {}", failure.code);
                pg::log(&message, "It is tried again for some minutes.");
            }
        }
    }
    true
}

fn store_report(connection: &Connection, config: &Config, report: &Report) {
    let source = report.source.text();
    let milestone = match report.what {
        What::TrackFailed => Milestone::TrackFailed,
        What::SourceRefused => Milestone::SourceRefused,
    };
    let mut pairs = vec![
        ("code".into(), Json::string(unpack_sqlstate(report.code))),
        ("source".into(), Json::optional(source.map(str::to_owned))),
    ];
    if report.what == What::TrackFailed {
        pairs.push(("constraint".into(), Json::optional(report.constraint.text().map(str::to_owned))));
    }
    let properties = pg::encode(Json::Object(pairs));
    let common = Common {
        source_id: source.filter(|id| config.source(id).is_some()).unwrap_or_default(),
        session_id: None,
        profile_id: None,
        received_at: pg::now(),
    };
    let told = Told { milestone, time: Some(Timestamp(report.time)), index: None, properties: &properties };
    announce(connection, config, &common, &told);
}
