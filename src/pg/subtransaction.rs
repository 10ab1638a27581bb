//! Subtransactions: what fails in one is undone, and the rest goes on.

use super::act;
use super::boundary::Thrown;
use super::timeout;
use crate::error::sqlstate;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::ptr;

/// Why a subtransaction was rolled back.
#[derive(Clone, Debug)]
pub struct Failure {
    /// An SQLSTATE.
    pub code: String,
    pub message: String,
}

/// Runs something in a subtransaction (the order is that of PL/pgSQL's exec_stmt_block). `Err`: it failed and is undone.
/// What must stop the whole transaction passes: cancel, shutdown, out of memory or disk, serialization failures.
pub fn attempt<R>(run: impl FnOnce() -> R) -> Result<R, Failure> {
    attempt_unless(passes, run)
}

/// The same where it can be tried again later, in another transaction: conflicts of transactions and too little memory are
/// failures like others, so that one that always ends so holds up nothing else.
pub fn attempt_in_background<R>(run: impl FnOnce() -> R) -> Result<R, Failure> {
    attempt_unless(|code| passes(code) && !code.starts_with("40") && code != "53200", run)
}

fn attempt_unless<R>(passes: impl Fn(&str) -> bool, run: impl FnOnce() -> R) -> Result<R, Failure> {
    let (result, own_cancel) = within(|| Some(run()));
    match result {
        Ok(done) => Ok(done.expect("a result")),
        Err(caught) => {
            let mut failure = describe(&caught);
            let own_cancel = own_cancel && failure.code == QUERY_CANCELED;
            if own_cancel {
                failure.message = timeout::EXPIRED.to_owned();
            }
            if passes(&failure.code) && !own_cancel {
                pass(caught);
            }
            if let CaughtError::RustPanic { payload, .. } = *caught
                && let Some(thrown) = Thrown::of(&*payload)
            {
                thrown.free();
            }
            Err(failure)
        }
    }
}

/// Runs something in a subtransaction, which is undone, and its locks let go, if it gives none. Errors pass.
pub fn tentative<R>(run: impl FnOnce() -> Option<R>) -> Option<R> {
    within(run).0.unwrap_or_else(|caught| pass(caught))
}

/// Runs something in a subtransaction; undone if it fails or gives none. Also whether a time limit of ours has expired.
fn within<R>(run: impl FnOnce() -> Option<R>) -> (Result<Option<R>, Box<CaughtError>>, bool) {
    // SAFETY: context and resource owner are put back on both ways; the subtransaction ends on both ways.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        let path = act::wanted();
        pg_sys::BeginInternalSubTransaction(ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let result = PgTryBuilder::new(AssertUnwindSafe(|| {
            let done = run();
            if done.is_some() {
                pg_sys::ReleaseCurrentSubTransaction();
            }
            Ok(done)
        }))
        .catch_others(|caught| Err(Box::new(caught)))
        .execute();
        // A limit that has expired must not cancel what undoes its work.
        let own_cancel = timeout::cancel_is_own();
        if result.is_err() {
            timeout::quiet();
        }
        if !matches!(result, Ok(Some(_))) {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        act::want(path);
        (result, own_cancel)
    }
}

/// Throws an error on as it came.
fn pass(caught: Box<CaughtError>) -> ! {
    match *caught {
        CaughtError::RustPanic { payload, .. } if Thrown::of(&*payload).is_some() => resume_unwind(payload),
        other => other.rethrow(),
    }
}

const QUERY_CANCELED: &str = "57014";

/// What an error that was caught says of itself.
pub(super) fn describe(caught: &CaughtError) -> Failure {
    match caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            Failure { code: sqlstate(report.sql_error_code()), message: report.message().to_owned() }
        }
        CaughtError::RustPanic { ereport, payload } => match Thrown::of(&**payload) {
            Some(thrown) => Failure { code: thrown.sqlstate(), message: thrown.message() },
            None => Failure { code: sqlstate(ereport.sql_error_code()), message: ereport.message().to_owned() },
        },
    }
}

/// Errors that concern more than the subtransaction.
fn passes(code: &str) -> bool {
    code.starts_with("40") || code.starts_with("57") || matches!(code, "53100" | "53200")
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
