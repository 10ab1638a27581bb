//! Keeping code of others from leaving objects in its caller's temporary schema, where they would shadow what the caller
//! names later. PostgreSQL itself refuses temporary tables in a security-restricted operation, but not types, functions,
//! operators and the like.

use crate::error::{Code, Refusal};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{c_int, c_void};

thread_local! {
    static CONFINED: Cell<bool> = const { Cell::new(false) };
    static PREVIOUS: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// While it lives, nothing can be created in the temporary schema. Ends when dropped, also by an error.
pub struct Confined {
    before: bool,
}

impl Confined {
    pub fn begin() -> Self {
        Confined { before: CONFINED.replace(true) }
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        CONFINED.set(self.before);
    }
}

/// Called once, when the library is loaded.
pub fn register() {
    // SAFETY: hooks are set while the library is loaded; the one before is called on.
    unsafe {
        PREVIOUS.set(pg_sys::object_access_hook);
        pg_sys::object_access_hook = Some(on_access);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_access(
    access: pg_sys::ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    arg: *mut c_void,
) {
    if let Some(previous) = PREVIOUS.get() {
        // SAFETY: the arguments are handed on as they came.
        unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| previous(access, class, object, part, arg)) }
    }
    // SAFETY: as above.
    unsafe { super::utility::on_access(access, class, object, arg) }
    if CONFINED.get() && access == pg_sys::ObjectAccessType::OAT_POST_CREATE && in_temporary_schema(class, object) {
        Refusal::new(
            Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
            "cannot create temporary objects in a workflow that runs with another role's rights",
        )
        .raise();
    }
}

/// Catalogs of what a role without special rights can create in a schema: pg_type, pg_proc, pg_operator, pg_collation,
/// pg_conversion, pg_ts_config, pg_ts_dict; each with its index on oid. The schema is the third column of all of them.
const CATALOGS: [(u32, u32); 7] =
    [(1247, 2703), (1255, 2690), (2617, 2688), (3456, 3085), (2607, 2670), (3602, 3712), (3600, 3605)];
const SCHEMA_COLUMN: usize = 3;

fn in_temporary_schema(class: Oid, object: Oid) -> bool {
    let Some((_, index)) = CATALOGS.iter().find(|(catalog, _)| *catalog == class.to_u32()) else { return false };
    // SAFETY: reads the row just made, as sepgsql does: SnapshotSelf sees it before the command counter moves on. The key is
    // the oid, in the first column of each of these catalogs and indexes; what is opened is closed.
    unsafe {
        let relation = pg_sys::table_open(class, pg_sys::AccessShareLock as c_int);
        let mut key: pg_sys::ScanKeyData = std::mem::zeroed();
        let strategy = pg_sys::BTEqualStrategyNumber as u16;
        pg_sys::ScanKeyInit(&mut key, 1, strategy, pg_sys::F_OIDEQ.into(), Datum::from(object));
        let snapshot = &raw mut pg_sys::SnapshotSelfData;
        let scan = pg_sys::systable_beginscan(relation, Oid::from(*index), true, snapshot, 1, &mut key);
        let tuple = pg_sys::systable_getnext(scan);
        let temporary = !tuple.is_null() && {
            let descriptor = (*relation).rd_att;
            let count = (*descriptor).natts as usize;
            let mut values = vec![Datum::null(); count];
            let mut nulls = vec![true; count];
            pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
            let schema = Oid::from(values[SCHEMA_COLUMN - 1].value() as u32);
            pg_sys::isTempNamespace(schema)
        };
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as c_int);
        temporary
    }
}
