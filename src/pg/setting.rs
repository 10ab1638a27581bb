//! Settings of a transaction, by their names: how an HTTP server and the functions that it calls tell each other things.

use pgrx::pg_sys;
use std::ffi::CStr;

/// A setting's value; none if nobody ever set it. It may be empty: what was set for a transaction is so after it.
pub fn setting(name: &CStr) -> Option<String> {
    // SAFETY: gives null, or a string that lives until the setting changes; it is copied at once.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
    }
}

/// How many backends there may be.
pub fn max_connections() -> i64 {
    // SAFETY: set when the server starts, and never again.
    i64::from(unsafe { pg_sys::MaxConnections }).max(1)
}

/// Sets a setting until the end of the transaction, as SET LOCAL does.
pub fn set_setting(name: &CStr, value: &CStr) {
    // SAFETY: both strings live through the call, and are copied.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0,
            false,
        );
    }
}

/// Has statements that are planned meanwhile read by index, in its order, whatever the tables' sizes are now: plans are kept
/// while tables grow.
pub fn without_scans<R>(run: impl FnOnce() -> R) -> R {
    const OFF: [&CStr; 3] = [c"enable_seqscan", c"enable_bitmapscan", c"enable_sort"];
    // A path that were set within the level would be gone with it, and what comes next would run under the caller's.
    super::act::set_wanted_path();
    // SAFETY: a level of settings that is closed below; an error closes it by the abort of the (sub)transaction.
    unsafe {
        let level = pg_sys::NewGUCNestLevel();
        for name in OFF {
            pg_sys::set_config_option(
                name.as_ptr(),
                c"off".as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
        let result = run();
        pg_sys::AtEOXact_GUC(true, level);
        result
    }
}
