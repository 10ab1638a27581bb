//! Acting as another role, as PostgreSQL's foreign keys act as a table's owner (RI_FKey_check in ri_triggers.c).

use super::confine::Confined;
use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr;

/// While it lives, statements run with a role's rights and under its path. When an error passes, the abort of the
/// (sub)transaction puts both back (AbortTransaction in xact.c); else dropping does.
pub struct ActAs<'p> {
    role: pg_sys::Oid,
    context: c_int,
    /// Whether settings that were changed meanwhile stay, as after a function, or not.
    keeps_settings: bool,
    confined: Option<Confined>,
    /// What was wanted before.
    before: Wanted,
    path: PhantomData<&'p CStr>,
}

/// The path that statements are to run under. It is set when the first one is run: a call that runs none does without, and
/// PostgreSQL keeps what it knows of the caller's path.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Null: the one that is set.
    path: *const c_char,
    /// The level of settings that has been opened for it.
    nest_level: Option<c_int>,
}

const AS_IT_IS: Wanted = Wanted { path: ptr::null(), nest_level: None };

thread_local! {
    static WANTED: Cell<Wanted> = const { Cell::new(AS_IT_IS) };
}

/// Sets the path that is wanted. Called before a statement is run.
pub fn set_wanted_path() {
    let wanted = WANTED.get();
    if wanted.path.is_null() || wanted.nest_level.is_some() {
        return;
    }
    // SAFETY: the path lives as long as its guard, whose Drop closes the level.
    unsafe {
        let path = CStr::from_ptr(wanted.path);
        if current_path() != path {
            WANTED.set(Wanted { nest_level: Some(pg_sys::NewGUCNestLevel()), ..wanted });
            set_path(path);
        }
    }
}

/// What is wanted now: to be put back by [`want`] after a subtransaction, for its end takes back a path that was set within it.
pub fn wanted() -> Wanted {
    WANTED.get()
}

pub fn want(wanted: Wanted) {
    WANTED.set(wanted);
}

impl<'p> ActAs<'p> {
    /// `search_path`: the path to run under; `None` leaves the caller's, for statements in which every name is qualified.
    pub fn new(role: pg_sys::Oid, search_path: Option<&'p CStr>) -> Self {
        let mut previous = (pg_sys::InvalidOid, 0);
        // SAFETY: both calls only read and set variables of this backend; the pointers live through the call.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&mut previous.0, &mut previous.1);
            pg_sys::SetUserIdAndSecContext(role, previous.1 | pg_sys::SECURITY_LOCAL_USERID_CHANGE as c_int);
        }
        let path = search_path.map_or(ptr::null(), CStr::as_ptr);
        ActAs {
            role: previous.0,
            context: previous.1,
            keeps_settings: true,
            confined: None,
            before: WANTED.replace(Wanted { path, nest_level: None }),
            path: PhantomData,
        }
    }

    /// For code of others: all settings that it changes are put back. Unless the role is the caller's own, nothing of it can
    /// run later with the caller's rights: no deferred trigger, no cursor that outlives the transaction, no temporary object
    /// (SECURITY_RESTRICTED_OPERATION in miscinit.c, and `confine`).
    pub fn confined(role: pg_sys::Oid, search_path: &'p CStr, caller: pg_sys::Oid) -> Self {
        let mut guard = ActAs::new(role, None);
        // SAFETY: as in `new`; the level is closed by Drop.
        unsafe {
            if role != caller {
                let context = guard.context
                    | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as c_int;
                pg_sys::SetUserIdAndSecContext(role, context);
                guard.confined = Some(Confined::begin());
            }
            WANTED.set(Wanted { path: ptr::null(), nest_level: Some(pg_sys::NewGUCNestLevel()) });
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

/// A role's name.
pub fn role_name(role: pg_sys::Oid) -> String {
    // SAFETY: looks the role up; null if it is gone.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
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

impl Drop for ActAs<'_> {
    fn drop(&mut self) {
        let Wanted { nest_level, .. } = WANTED.replace(self.before);
        if std::thread::panicking() {
            return;
        }
        self.confined = None;
        // SAFETY: puts back what `new` saved, in reverse order.
        unsafe {
            if let Some(level) = nest_level {
                pg_sys::AtEOXact_GUC(self.keeps_settings, level);
            }
            pg_sys::SetUserIdAndSecContext(self.role, self.context);
        }
    }
}
