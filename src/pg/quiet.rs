//! When nothing is told of what changes: while tracardi itself is at work, in a restore, an upgrade, a replica.

use pgrx::pg_sys;
use std::cell::Cell;

thread_local! {
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// While it lives, tracardi itself is at work. Ends when dropped, also by an error.
pub struct Quiet;

impl Quiet {
    pub fn begin() -> Self {
        QUIET.set(QUIET.get() + 1);
        Quiet
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(QUIET.get() - 1);
    }
}

/// Whether what changes now is nobody's doing that is to be told.
pub fn is_quiet() -> bool {
    // SAFETY: reads variables of this backend. Whoever restores a dump sets check_function_bodies to off: pg_dump writes it so.
    unsafe {
        QUIET.get() > 0
            || pg_sys::creating_extension
            || pg_sys::IsBinaryUpgrade
            || !pg_sys::check_function_bodies
            || pg_sys::ParallelWorkerNumber >= 0
            || super::in_recovery()
            || super::read_only()
            || super::replicating()
    }
}
