//! Locks on a table: of those who write it, and of one who waits for them to be done.

use super::boundary::boundary;
use super::{attempt, check_for_interrupts, now, setting};
use crate::error::{Code, Refusal, sqlstate};
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_int};

mod raw {
    use super::*;

    // As it is, without pgrx's guard (storage/lmgr.h).
    unsafe extern "C-unwind" {
        pub fn LockRelationOid(relation: Oid, mode: c_int);
    }
}

/// Takes the lock of an INSERT, until the end of the transaction.
pub fn lock_as_writer(relation: Oid) {
    lock(relation, pg_sys::RowExclusiveLock);
}

fn lock(relation: Oid, mode: u32) {
    // SAFETY: takes a heavyweight lock; an error leaves none.
    unsafe { boundary(|| raw::LockRelationOid(relation, mode as c_int)) }
}

/// Milliseconds for which others may queue behind one who waits, and for which they are let by then.
const SLICE: i64 = 200;

/// Waits until no other transaction writes the table, and keeps it so until the end of the transaction. Writers that come
/// meanwhile wait at most a moment at a time, whatever the one that is waited for does. Errors: 55P03 (lock_timeout), 40P01.
pub fn lock_against_writers(relation: Oid) {
    let started = now();
    let limit: i64 = setting(c"lock_timeout").and_then(|text| text.parse().ok()).unwrap_or(0);
    loop {
        let waited = (now().0 - started.0) / 1000;
        let slice = if limit > 0 { SLICE.min(limit - waited) } else { SLICE };
        if slice <= 0 {
            Refusal::new(Code::ERRCODE_LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout")
                .hint("A transaction that called track() goes on; try again when it has ended.")
                .raise();
        }
        let tried = attempt(|| {
            // SAFETY: the level is closed here, or by the abort of the subtransaction.
            let level = unsafe { pg_sys::NewGUCNestLevel() };
            set(c"lock_timeout", slice);
            // Should the two wait for each other, it is this one that gives way.
            set(c"deadlock_timeout", (slice / 2).max(1));
            lock(relation, pg_sys::ShareRowExclusiveLock);
            // SAFETY: as above.
            unsafe { pg_sys::AtEOXact_GUC(false, level) };
        });
        match tried {
            Ok(()) => return,
            Err(failure) if failure.code == sqlstate(Code::ERRCODE_LOCK_NOT_AVAILABLE) => pause(),
            Err(failure) => Refusal::new(Code::ERRCODE_INTERNAL_ERROR, failure.message).raise(),
        }
    }
}

fn set(name: &CStr, milliseconds: i64) {
    let value = std::ffi::CString::new(milliseconds.to_string()).unwrap_or_default();
    // SAFETY: both strings live through the call, and are copied.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

/// Lets those by who queued.
fn pause() {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: this backend's own latch.
    unsafe {
        pg_sys::WaitLatch(pg_sys::MyLatch, events as c_int, SLICE, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    check_for_interrupts();
}
