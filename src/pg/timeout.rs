//! A time limit of our own, beside statement_timeout: it cancels what runs, and tells that it was it.

use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::{c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering};

/// The first timeout that PostgreSQL gives to extensions (TimeoutId in utils/timeout.h).
const USER_TIMEOUT: c_uint = if cfg!(any(feature = "pg15", feature = "pg16")) { 12 } else { 13 };

// Not among pgrx's bindings (utils/timeout.h).
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: c_uint, handler: extern "C" fn()) -> c_uint;
    fn enable_timeout_after(id: c_uint, delay_ms: c_int);
    fn disable_timeout(id: c_uint, keep_indicator: bool);
}

static EXPIRED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ID: Cell<Option<c_uint>> = const { Cell::new(None) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// A time limit; it ends when dropped. Within another one it does nothing: the outer one holds.
pub struct TimeLimit {
    milliseconds: i32,
    outermost: bool,
}

impl TimeLimit {
    /// Not started yet. `milliseconds`: 0 is no limit.
    pub fn new(milliseconds: i32) -> Self {
        TimeLimit { milliseconds, outermost: !RUNNING.replace(true) }
    }

    /// Starts it, from the beginning.
    pub fn restart(&self) {
        if self.outermost && self.milliseconds > 0 {
            // SAFETY: the handler only sets flags, as a signal handler may.
            unsafe {
                let id = ID.get().unwrap_or_else(|| {
                    let id = RegisterTimeout(USER_TIMEOUT, on_timeout);
                    ID.set(Some(id));
                    id
                });
                enable_timeout_after(id, self.milliseconds);
            }
        }
    }

    /// Stops it. Gives whether it had expired; should nobody have noticed yet, it will cancel nothing any more.
    pub fn stop(&self) -> bool {
        let Some(id) = ID.get().filter(|_| self.outermost) else { return false };
        // SAFETY: disabling a registered timeout never fails; the flag is what the handler set.
        unsafe {
            disable_timeout(id, false);
            let expired = EXPIRED.swap(false, Ordering::Relaxed);
            if expired {
                pg_sys::QueryCancelPending = 0;
            }
            expired
        }
    }
}

impl Drop for TimeLimit {
    fn drop(&mut self) {
        if self.outermost {
            self.stop();
            RUNNING.set(false);
        }
    }
}

/// Whether the time limit that runs has expired: then a cancel is its own.
pub fn time_limit_expired() -> bool {
    EXPIRED.load(Ordering::Relaxed)
}

/// Runs in a signal handler, after which PostgreSQL wakes the backend.
extern "C" fn on_timeout() {
    EXPIRED.store(true, Ordering::Relaxed);
    // SAFETY: what StatementCancelHandler does; the flags are sig_atomic_t.
    unsafe {
        pg_sys::QueryCancelPending = 1;
        pg_sys::InterruptPending = 1;
    }
}
