//! What is put off until the transaction's end: waking the worker, counting, reporting that `track()` was rolled back,
//! and letting go of reports that were stored.
//! Only if the library is preloaded.

use super::shmem::{self, COUNTS, Count, Counted, Reason, Report, Short, What};
use super::subtransaction::subtransaction;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};
use std::ptr;

/// Counts by places of tallies.
type Counts = Vec<(u32, [u32; COUNTS])>;

thread_local! {
    /// When the worker is wanted, and what for.
    static WANTED: RefCell<Vec<(i64, Reason)>> = const { RefCell::new(Vec::new()) };
    static COORDINATOR: Cell<bool> = const { Cell::new(false) };
    static HOLDS: Cell<bool> = const { Cell::new(false) };
    static COUNTED: RefCell<Counts> = const { RefCell::new(Vec::new()) };
    /// The same as it was when each of the subtransactions began.
    static SAVED: RefCell<Vec<Counts>> = const { RefCell::new(Vec::new()) };
    /// The source of the last call of `track()` in this transaction, and whether a failure is to be told.
    static TRACKED: Cell<Option<(Short<255>, bool)>> = const { Cell::new(None) };
    /// The last error in it: SQLSTATE and constraint.
    static FAILED: Cell<Option<(i32, Short<64>)>> = const { Cell::new(None) };
    /// Reports that were taken to be stored, each with the subtransaction in which.
    static TAKEN: RefCell<Vec<(u32, Report)>> = const { RefCell::new(Vec::new()) };
    static PREVIOUS: Cell<pg_sys::emit_log_hook_type> = const { Cell::new(None) };
}

/// Called once, while the library is preloaded.
pub fn register() {
    // SAFETY: callbacks and hook live as long as the process; the hook before is called on.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_end), ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), ptr::null_mut());
        PREVIOUS.set(pg_sys::emit_log_hook);
        pg_sys::emit_log_hook = Some(on_message);
    }
}

/// Wakes the worker when this transaction commits, unless it is up by that moment (in PostgreSQL's microseconds; MIN: now).
pub fn wake_at_commit(at: i64, reason: Reason) {
    if shmem::shared().is_some_and(|shared| shared.worker.serves_here()) {
        WANTED.with_borrow_mut(|wanted| {
            if !wanted.iter().any(|(before, same)| *same == reason && *before <= at) {
                wanted.push((at, reason));
            }
        });
    }
}

/// Wakes the coordinator when this transaction commits: there may be a database that was not there before.
pub fn wake_coordinator_at_commit() {
    COORDINATOR.set(shmem::shared().is_some());
}

/// Has the workers leave their database, and stay away from it until this transaction ends.
pub fn hold_database() {
    if let Some(shared) = shmem::shared() {
        HOLDS.set(true);
        shared.worker.hold();
    }
}

/// Counts something of a source, if this transaction commits.
pub fn count(source: &str, counts: &[(Count, usize)]) {
    let Some(shared) = shmem::shared() else { return };
    // Where there is no room for a source, it is counted with those that have none.
    let found = shared.tally(Counted::Source, source, true).or_else(|| shared.tally(Counted::Source, "", true));
    let Some((place, _)) = found else { return };
    COUNTED.with_borrow_mut(|counted| {
        if counted.last().is_none_or(|(last, _)| *last != place) {
            counted.push((place, [0; COUNTS]));
        }
        if let Some((_, totals)) = counted.last_mut() {
            for (count, by) in counts {
                totals[*count as usize] += *by as u32;
            }
        }
    });
}

/// Counts a call that was refused, at once: it is raised, or stores nothing. One from a source that is not there is counted
/// without it, for anybody may name any source.
pub fn count_refused(source: &str, exists: bool) {
    let Some(shared) = shmem::shared() else { return };
    if let Some((_, tally)) = shared.tally(Counted::Source, if exists { source } else { "" }, true) {
        tally.add(&only(Count::Refused));
    }
}

fn only(count: Count) -> [u32; COUNTS] {
    let mut counts = [0; COUNTS];
    counts[count as usize] = 1;
    counts
}

/// From now on in this transaction, a failure is one of `track()`; it is counted, and reported if it is to be told.
pub fn watch_failure(source: &str, told: bool) {
    if shmem::shared().is_some() {
        TRACKED.set(Some((Short::new(source), told)));
    }
}

/// Takes the oldest report that is due. If this (sub)transaction is rolled back, it is put back.
pub fn take_report() -> Option<Report> {
    let report = shmem::shared()?.take_report()?;
    TAKEN.with_borrow_mut(|taken| taken.push((subtransaction(), report)));
    Some(report)
}

/// Puts back what was taken in this subtransaction and those within it, whose numbers are higher.
fn put_back_from(subtransaction: u32) {
    let Some(shared) = shmem::shared() else { return };
    TAKEN.with_borrow_mut(|taken| {
        taken.retain(|(taken_in, report)| {
            let stays = *taken_in < subtransaction;
            if !stays {
                shared.put_back(*report);
            }
            stays
        });
    });
}

/// What is written to the log. Called outside of any transaction's reach, so it keeps two values and no more.
#[pg_guard]
unsafe extern "C-unwind" fn on_message(error: *mut pg_sys::ErrorData) {
    // SAFETY: PostgreSQL's error, whose strings live through the call.
    unsafe {
        if (*error).elevel >= pgrx::PgLogLevel::ERROR as i32 && TRACKED.get().is_some() {
            let constraint = (*error).constraint_name;
            let name = if constraint.is_null() { c"" } else { CStr::from_ptr(constraint) };
            FAILED.set(Some(((*error).sqlerrcode, Short::new(name.to_str().unwrap_or_default()))));
        }
        if let Some(previous) = PREVIOUS.get() {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous(error));
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_end(event: pg_sys::XactEvent::Type, _arg: *mut c_void) {
    use pg_sys::XactEvent::*;
    let Some(shared) = shmem::shared() else { return };
    match event {
        // A prepared transaction is most probably committed; COMMIT PREPARED wakes by itself.
        XACT_EVENT_COMMIT | XACT_EVENT_PREPARE => {
            COUNTED.with_borrow(|counted| {
                counted.iter().for_each(|(place, counts)| shared.tally_at(*place).add(counts));
            });
            if event == XACT_EVENT_COMMIT {
                WANTED.with_borrow(|wanted| wanted.iter().for_each(|(at, reason)| shared.worker.want(*at, *reason)));
                if COORDINATOR.get() {
                    shared.worker.wake_coordinator();
                }
            }
        }
        XACT_EVENT_ABORT => {
            put_back_from(0);
            // Whoever rolls back on purpose has not failed.
            if let (Some((source, told)), Some((code, constraint))) = (TRACKED.get(), FAILED.get()) {
                if let Some((_, tally)) = shared.tally(Counted::Source, source.text().unwrap_or_default(), true) {
                    tally.add(&only(Count::Failed));
                }
                if told {
                    shared.report(What::TrackFailed, code, constraint, source);
                }
            }
        }
        _ => return,
    }
    if HOLDS.replace(false) {
        shared.worker.release();
    }
    WANTED.with_borrow_mut(Vec::clear);
    COORDINATOR.set(false);
    COUNTED.with_borrow_mut(Vec::clear);
    SAVED.with_borrow_mut(Vec::clear);
    TAKEN.with_borrow_mut(Vec::clear);
    TRACKED.set(None);
    FAILED.set(None);
}

#[pg_guard]
unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _arg: *mut c_void,
) {
    use pg_sys::SubXactEvent::*;
    match event {
        SUBXACT_EVENT_START_SUB => {
            let counted = COUNTED.with_borrow(Clone::clone);
            SAVED.with_borrow_mut(|saved| saved.push(counted));
        }
        SUBXACT_EVENT_COMMIT_SUB => drop(SAVED.with_borrow_mut(Vec::pop)),
        SUBXACT_EVENT_ABORT_SUB => {
            put_back_from(subtransaction);
            if let Some(counted) = SAVED.with_borrow_mut(Vec::pop) {
                COUNTED.set(counted);
            }
        }
        _ => {}
    }
}
