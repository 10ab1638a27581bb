//! Subtransactions: what fails in one is undone, and the rest goes on.

use super::timeout;
use crate::error::{Code, sqlstate};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::ptr;

/// Why a subtransaction was rolled back.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: Code,
    pub message: String,
}

/// Runs something in a subtransaction (the order is that of PL/pgSQL's exec_stmt_block). `Err`: it failed and is undone.
/// What must stop the whole transaction passes: cancel, shutdown, out of memory or disk, serialization failures.
pub fn attempt<R>(run: impl FnOnce() -> R) -> Result<R, Failure> {
    // SAFETY: context and resource owner are put back on both ways; the subtransaction ends on both ways.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let result = PgTryBuilder::new(AssertUnwindSafe(|| {
            let done = run();
            pg_sys::ReleaseCurrentSubTransaction();
            Ok(done)
        }))
        .catch_others(|caught| Err(Box::new(caught)))
        .execute();
        if result.is_err() {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        result.map_err(|caught: Box<CaughtError>| {
            let failure = describe(&caught);
            if passes(failure.code) && !(failure.code == Code::ERRCODE_QUERY_CANCELED && timeout::time_limit_expired())
            {
                caught.rethrow();
            }
            failure
        })
    }
}

fn describe(caught: &CaughtError) -> Failure {
    match caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            Failure { code: report.sql_error_code(), message: report.message().to_owned() }
        }
        CaughtError::RustPanic { ereport, .. } => {
            Failure { code: ereport.sql_error_code(), message: ereport.message().to_owned() }
        }
    }
}

/// Errors that concern more than the subtransaction.
fn passes(code: Code) -> bool {
    let code = sqlstate(code);
    code.starts_with("40") || code.starts_with("57") || matches!(&*code, "53100" | "53200")
}

/// The number of the current subtransaction; within a transaction these only grow.
pub fn subtransaction() -> u32 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

thread_local! {
    static ON_ABORT: Cell<Option<fn(u32)>> = const { Cell::new(None) };
}

/// Has a function called with the number of each subtransaction that is aborted. There is one such function.
pub fn on_subtransaction_abort(call: fn(u32)) {
    ON_ABORT.set(Some(call));
    // SAFETY: the callback lives as long as the backend.
    unsafe { pg_sys::RegisterSubXactCallback(Some(on_event), ptr::null_mut()) }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_event(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _arg: *mut std::ffi::c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB
        && let Some(call) = ON_ABORT.get()
    {
        call(subtransaction);
    }
}
