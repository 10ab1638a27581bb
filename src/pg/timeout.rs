//! Time limits of our own, beside statement_timeout. They nest: each has its own deadline, and what an outer one cancels
//! passes the inner ones.

use super::now;
use crate::error::{Code, Refusal};
use crate::time::Timestamp;
use pgrx::pg_sys;
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering};

/// The first timeout that PostgreSQL gives to extensions (TimeoutId in utils/timeout.h).
const USER_TIMEOUT: c_uint = if cfg!(any(feature = "pg15", feature = "pg16")) { 12 } else { 13 };
/// Once expired, a limit cancels again and again, in milliseconds: a function may catch a cancel and go on.
const AGAIN: c_int = 20;

// Not among pgrx's bindings (utils/timeout.h).
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: c_uint, handler: extern "C" fn()) -> c_uint;
    fn enable_timeout_every(id: c_uint, first: i64, delay_ms: c_int);
    fn disable_timeout(id: c_uint, keep_indicator: bool);
}

/// What is told of a workflow whose limit expired.
pub const EXPIRED: &str = "workflow took longer than its timeout";

thread_local! {
    static ID: Cell<Option<c_uint>> = const { Cell::new(None) };
    /// The deadlines of the limits that live, the outermost first.
    static DEADLINES: RefCell<Vec<Option<Timestamp>>> = const { RefCell::new(Vec::new()) };
}

/// A time limit; it ends when dropped, also by an error.
pub struct TimeLimit {
    milliseconds: i32,
    place: usize,
}

impl TimeLimit {
    /// Not started yet. `milliseconds`: 0 is no limit.
    pub fn new(milliseconds: i32) -> Self {
        DEADLINES.with_borrow_mut(|deadlines| {
            deadlines.push(None);
            TimeLimit { milliseconds, place: deadlines.len() - 1 }
        })
    }

    /// Starts it, from the beginning.
    pub fn restart(&self) {
        if self.milliseconds > 0 {
            self.set(Some(now().plus(i64::from(self.milliseconds) * 1000)));
        }
    }

    /// Raises 57014 if it has expired, for whatever ran may have caught that.
    pub fn check(&self) {
        if DEADLINES.with_borrow(|deadlines| deadlines[self.place]).is_some_and(|deadline| deadline <= now()) {
            Refusal::new(Code::ERRCODE_QUERY_CANCELED, EXPIRED).raise();
        }
    }

    pub fn stop(&self) {
        self.set(None);
    }

    fn set(&self, deadline: Option<Timestamp>) {
        let changed =
            DEADLINES.with_borrow_mut(|deadlines| std::mem::replace(&mut deadlines[self.place], deadline) != deadline);
        if changed {
            arm();
        }
    }
}

impl Drop for TimeLimit {
    fn drop(&mut self) {
        let was_set =
            DEADLINES.with_borrow_mut(|deadlines| deadlines.drain(self.place..).any(|deadline| deadline.is_some()));
        if was_set {
            arm();
        }
    }
}

/// Arms the timer for the earliest deadline; if that has passed, it fires at once.
fn arm() {
    let next = DEADLINES.with_borrow(|deadlines| deadlines.iter().flatten().min().copied());
    // SAFETY: the handler only sets flags, as a signal handler may; neither call fails for a registered timeout.
    unsafe {
        match (next, ID.get()) {
            (Some(deadline), id) => {
                let id = id.unwrap_or_else(|| {
                    let id = RegisterTimeout(USER_TIMEOUT, on_timeout);
                    ID.set(Some(id));
                    id
                });
                enable_timeout_every(id, deadline.0, AGAIN);
            }
            (None, _) => quiet(),
        }
    }
}

/// Whether the innermost limit has expired, and no outer one: then a cancel is its own.
pub fn cancel_is_own() -> bool {
    let moment = now();
    let expired = |deadline: &Option<Timestamp>| deadline.is_some_and(|deadline| deadline <= moment);
    DEADLINES.with_borrow(|deadlines| {
        deadlines.split_last().is_some_and(|(innermost, outer)| expired(innermost) && !outer.iter().any(expired))
    })
}

/// Takes back a cancel of ours that nobody has noticed yet, and gives no other until a limit is started or stopped: what
/// undoes the work of a limit that has expired must not be cancelled by it.
pub fn quiet() {
    if let Some(id) = ID.get() {
        // SAFETY: as in `arm`.
        unsafe {
            disable_timeout(id, false);
            if CANCELED.swap(false, Ordering::Relaxed) {
                pg_sys::QueryCancelPending = 0;
            }
        }
    }
}

/// Whether our handler has set the cancel flag.
static CANCELED: AtomicBool = AtomicBool::new(false);

/// Runs in a signal handler, after which PostgreSQL wakes the backend.
extern "C" fn on_timeout() {
    CANCELED.store(true, Ordering::Relaxed);
    // SAFETY: what StatementCancelHandler does; the flags are sig_atomic_t.
    unsafe {
        pg_sys::QueryCancelPending = 1;
        pg_sys::InterruptPending = 1;
    }
}
