//! Noticing that a watched relation, or any function, changed, in any backend: by PostgreSQL's relation cache invalidations, which DDL sends
//! by itself and the configuration tables' triggers send for rows.

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const MOST: usize = 32;
static WATCHED: [AtomicU32; MOST] = [const { AtomicU32::new(0) }; MOST];
static STALE: AtomicBool = AtomicBool::new(true);

/// Called once, when the library is loaded.
pub fn register() {
    // SAFETY: the callbacks live as long as the backend.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), Datum::null());
        let functions = pg_sys::SysCacheIdentifier::PROCOID as i32;
        pg_sys::CacheRegisterSyscacheCallback(functions, Some(on_function_change), Datum::null());
    }
}

/// From now on these relations are watched, and nothing is stale.
pub fn watch(relations: impl IntoIterator<Item = Oid>) {
    let mut relations = relations.into_iter();
    for slot in &WATCHED {
        slot.store(relations.next().map_or(0, |oid| oid.to_u32()), Ordering::Relaxed);
    }
    assert!(relations.next().is_none(), "too many watched relations");
    STALE.store(false, Ordering::Relaxed);
}

/// Whether one of them changed since `watch`.
pub fn is_stale() -> bool {
    STALE.load(Ordering::Relaxed)
}

/// Takes in what other backends sent until now.
pub fn accept_invalidations() {
    // SAFETY: only within a transaction, where all our functions run.
    unsafe { pg_sys::AcceptInvalidationMessages() }
}

/// Tells every backend, when this transaction commits, that a relation changed.
pub fn invalidate_relation(relation: Oid) {
    // SAFETY: the relation is locked by the statement whose trigger calls this.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(relation) }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_invalidation(_arg: Datum, relation: Oid) {
    let relation = relation.to_u32();
    super::direct::on_invalidation(relation);
    // 0 stands for all relations.
    if relation == 0 || WATCHED.iter().any(|slot| slot.load(Ordering::Relaxed) == relation) {
        STALE.store(true, Ordering::Relaxed);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_function_change(_arg: Datum, _cache: i32, _hash: u32) {
    STALE.store(true, Ordering::Relaxed);
}
