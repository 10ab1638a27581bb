//! PostgreSQL, as the rest of the crate sees it: safe types over the few functions that are needed. The unsafe code of
//! the crate lives here and in `door.rs`.

mod act;
mod background;
mod batch;
mod boundary;
mod conceal;
mod confine;
mod datum;
mod direct;
mod invalidation;
mod jsonpath;
mod lock;
pub mod numeric;
mod quiet;
mod setting;
mod shmem;
mod spi;
mod stopwatch;
mod subtransaction;
mod timeout;
mod transaction;
mod trigger;
mod utility;

pub use act::{ActAs, current_role, role_name};
pub use background::{
    Handle, Order, accept_signals, connect, database_by_name, extension_is_here, leave_at_exit, order,
    register_coordinator, sleep, transaction,
};
pub use batch::{Batch, Column};
pub use boundary::enter;
pub use conceal::conceal;
pub use confine::register as register_confinement;
pub use datum::{Arg, FromDatum, Jsonb, Size, Varlena, encode, jsonb_text, owned_jsonb, snapshot};
pub use direct::{Found, How, Moment, OnlySql, Table};
pub use invalidation::{accept_invalidations, invalidate_relation, is_stale, register, watch};
pub use jsonpath::{parse_jsonpath, query_first};
pub use lock::{lock_against_writers, lock_as_writer};
pub use quiet::{Quiet, is_quiet};
pub use setting::{max_connections, set_setting, setting, without_scans};
pub use shmem::{
    COUNT_NAMES, Count, Counted, Reason, Report, Running, Shared, Short, Tally, WORKERS, What, end_watch, is_deadly,
    shared, take_events, watch_workflows,
};
pub use spi::{Connection, Plan, Rows, Steps};
pub use stopwatch::{Stopwatch, count_failure};
pub use subtransaction::{Failure, attempt, attempt_in_background, on_subtransaction_abort, subtransaction, tentative};
pub use timeout::TimeLimit;
pub use transaction::{count, count_refused, take_report, wake_at_commit, watch_failure};
pub use trigger::{Change, Relation, Row, TriggerRow, call, check_execute};

use crate::error::{Code, Refusal};
use crate::time::Timestamp;
use pgrx::PgLogLevel;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;

/// Fills bytes with randomness that can't be guessed.
pub fn fill_random(bytes: &mut [u8]) {
    // SAFETY: the pointer and the length are those of the slice.
    if !unsafe { pg_sys::pg_strong_random(bytes.as_mut_ptr().cast(), bytes.len()) } {
        Refusal::new(Code::ERRCODE_INTERNAL_ERROR, "could not generate random bytes").raise();
    }
}

/// The wall clock.
pub fn now() -> Timestamp {
    // SAFETY: reads the system's clock.
    Timestamp(unsafe { pg_sys::GetCurrentTimestamp() })
}

/// 25006 in a READ ONLY transaction and on a standby.
pub fn refuse_if_read_only() -> Result<(), Refusal> {
    refuse_to_write("execute track()")
}

/// The same, for what else writes; `what`: "execute …".
pub fn refuse_to_write(what: &str) -> Result<(), Refusal> {
    match read_only() {
        false => Ok(()),
        true => Err(Refusal::new(
            Code::ERRCODE_READ_ONLY_SQL_TRANSACTION,
            format!("cannot {what} in a read-only transaction"),
        )),
    }
}

/// Whether this is a standby, or a server that is not up to date yet after a crash.
pub fn in_recovery() -> bool {
    // SAFETY: reads this backend's view of shared memory.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Whether nothing can be written: a READ ONLY transaction, or a standby.
pub fn read_only() -> bool {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::XactReadOnly }
}

/// Whether all statements of this transaction see what was committed when it began: REPEATABLE READ, SERIALIZABLE.
pub fn keeps_snapshot() -> bool {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 }
}

/// Runs something that reads and writes tables where no statement may be running: under a snapshot of its own.
pub fn with_snapshot<R>(run: impl FnOnce() -> R) -> R {
    // SAFETY: called in a transaction; popped below, or by the abort of the (sub)transaction.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let result = run();
    // SAFETY: the snapshot that was pushed above.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}

/// Whether triggers are not to fire: session_replication_role is replica.
pub fn replicating() -> bool {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::SessionReplicationRole == pg_sys::SESSION_REPLICATION_ROLE_REPLICA as i32 }
}

/// The identity of this database in the world: cluster and database.
pub fn instance() -> (i64, pg_sys::Oid) {
    // SAFETY: reads the control file's copy in shared memory, and a variable of this backend.
    unsafe { (pg_sys::GetSystemIdentifier() as i64, pg_sys::MyDatabaseId) }
}

// As it is, without pgrx's guard, for it is called often (miscadmin.h).
mod raw {
    unsafe extern "C-unwind" {
        pub fn stack_is_too_deep() -> bool;
    }
}

/// Whether there is less left of the stack than PostgreSQL wants (max_stack_depth).
pub fn stack_is_too_deep() -> bool {
    // SAFETY: compares addresses, raises nothing.
    unsafe { raw::stack_is_too_deep() }
}

/// Writes to the server's log.
pub fn log(message: &str, hint: &str) {
    ErrorReport::new(Code::ERRCODE_SUCCESSFUL_COMPLETION, message.to_owned(), "")
        .set_hint(hint.to_owned())
        .report(PgLogLevel::LOG_SERVER_ONLY);
}

/// What is set up while the library is preloaded; `on_change`: see [`utility::OnChange`]. Does nothing if it is not, or while
/// pg_upgrade is at work. Gives whether it did.
pub fn register_preloaded(on_change: utility::OnChange) -> bool {
    // SAFETY: reads variables of the postmaster.
    let preloading = unsafe { pg_sys::process_shared_preload_libraries_in_progress && !pg_sys::IsBinaryUpgrade };
    if preloading {
        shmem::register();
        transaction::register();
        utility::register(on_change);
    }
    preloading
}

/// Lets a cancel or a shutdown through.
pub fn check_for_interrupts() {
    pgrx::check_for_interrupts!();
}
