//! Acting as another role, as PostgreSQL's foreign keys act as a table's owner (RI_FKey_check in ri_triggers.c).

use super::confine::Confined;
use pgrx::pg_sys;
use std::ffi::{CStr, c_int};

/// While it lives, statements run with a role's rights and under its path. When an error passes, the abort of the
/// (sub)transaction puts both back (AbortTransaction in xact.c); else dropping does.
pub struct ActAs {
    role: pg_sys::Oid,
    context: c_int,
    nest_level: Option<c_int>,
    /// Whether settings that were changed meanwhile stay, as after a function, or not.
    keeps_settings: bool,
    confined: Option<Confined>,
}

impl ActAs {
    /// `search_path`: the path to run under; `None` leaves the caller's, for statements in which every name is qualified.
    pub fn new(role: pg_sys::Oid, search_path: Option<&CStr>) -> Self {
        let mut previous = (pg_sys::InvalidOid, 0);
        // SAFETY: both calls only read and set variables of this backend; the pointers live through the call.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&mut previous.0, &mut previous.1);
            pg_sys::SetUserIdAndSecContext(role, previous.1 | pg_sys::SECURITY_LOCAL_USERID_CHANGE as c_int);
        }
        let mut guard =
            ActAs { role: previous.0, context: previous.1, nest_level: None, keeps_settings: true, confined: None };
        if let Some(path) = search_path
            && current_path() != path
        {
            // SAFETY: opens a level that Drop closes.
            guard.nest_level = Some(unsafe { pg_sys::NewGUCNestLevel() });
            set_path(path);
        }
        guard
    }

    /// For code of others: all settings that it changes are put back. Unless the role is the caller's own, nothing of it can
    /// run later with the caller's rights: no deferred trigger, no cursor that outlives the transaction, no temporary object
    /// (SECURITY_RESTRICTED_OPERATION in miscinit.c, and `confine`).
    pub fn confined(role: pg_sys::Oid, search_path: &CStr, caller: pg_sys::Oid) -> Self {
        let mut guard = ActAs::new(role, None);
        // SAFETY: as in `new`.
        unsafe {
            if role != caller {
                let context = guard.context
                    | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as c_int;
                pg_sys::SetUserIdAndSecContext(role, context);
                guard.confined = Some(Confined::begin());
            }
            guard.nest_level = Some(pg_sys::NewGUCNestLevel());
        }
        guard.keeps_settings = false;
        if current_path() != search_path {
            set_path(search_path);
        }
        guard
    }
}

/// The role with whose rights statements run now.
pub fn current_role() -> pg_sys::Oid {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetUserId() }
}

fn set_path(path: &CStr) {
    // SAFETY: GUC_ACTION_SAVE in a nest level of its own is what a function's SET clause does; strings are copied.
    unsafe {
        pg_sys::set_config_option(
            c"search_path".as_ptr(),
            path.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

fn current_path() -> &'static CStr {
    // SAFETY: the setting is a valid string all the time; it is compared at once and not kept.
    unsafe { CStr::from_ptr(pg_sys::namespace_search_path) }
}

impl Drop for ActAs {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.confined = None;
        // SAFETY: puts back what `new` saved, in reverse order.
        unsafe {
            if let Some(level) = self.nest_level {
                pg_sys::AtEOXact_GUC(self.keeps_settings, level);
            }
            pg_sys::SetUserIdAndSecContext(self.role, self.context);
        }
    }
}
