//! Writing rows straight into a table, and reading one by its id, past planner and executor: only for tables of which nobody
//! can tell the difference. Whatever is out of the ordinary (a trigger, a rule, forced row security, a generated column, an
//! index over an expression, …) is left to SQL; `describe` says what, and the test `tests/cluster/writer.sh` compares both ways.
//!
//! What a backend keeps: per table what the catalogs say of it, with its constraints and defaults ready to be evaluated, and
//! where rows stood that it found by their ids (`place`), but no open relation, no lock and no row. A relation cache
//! invalidation of the table or of a partition makes the first stale (DDL, GRANT and ANALYZE send one), which is looked
//! at after the table is locked, as the executor does; a place is tried.

mod describe;
mod find;
mod place;
mod update;
mod write;

use super::batch::Column;
use super::spi::Connection;
use describe::Description;
pub use find::{Found, Moment, OnlySql};
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::CStr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
pub use write::How;

/// A table of schema tracardi, and the columns that are given or wanted, in their order.
pub struct Table {
    name: &'static CStr,
    columns: &'static [Column],
    /// The columns of the unique constraint that decides races; of one column, it is also what rows are found by.
    key: &'static [&'static CStr],
    described: RefCell<Option<Rc<Description>>>,
}

impl Table {
    pub const fn new(name: &'static CStr, columns: &'static [Column], key: &'static [&'static CStr]) -> Self {
        Table { name, columns, key, described: RefCell::new(None) }
    }

    /// Opens and locks it. None: it is not there.
    fn open(&self, lock: u32) -> Option<Open> {
        let known = self.described.borrow().as_ref().and_then(|known| known.current());
        let relation = known.unwrap_or_else(|| {
            // SAFETY: the names are strings; both look-ups give InvalidOid for what is not there.
            unsafe {
                pg_sys::get_relname_relid(self.name.as_ptr(), pg_sys::get_namespace_oid(c"tracardi".as_ptr(), true))
            }
        });
        (relation != pg_sys::InvalidOid).then(|| Open::new(relation, lock))
    }

    /// What the catalogs say of the table, which is locked. Their look-up is SQL of its own.
    fn describe(&self, connection: &Connection, open: &Open) -> Rc<Description> {
        if let Some(known) = &*self.described.borrow()
            && known.current() == Some(open.oid())
        {
            return known.clone();
        }
        let description = Rc::new(Description::read(connection, open, self));
        self.described.replace(Some(description.clone()));
        description
    }
}

/// Counts the invalidations of the relations that are described.
static GENERATION: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static WATCHED: RefCell<HashSet<u32>> = RefCell::new(HashSet::new());
}

fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

fn watch(relation: Oid) {
    WATCHED.with_borrow_mut(|watched| watched.insert(relation.to_u32()));
}

/// Called for each relation cache invalidation; 0 stands for all relations.
pub(super) fn on_invalidation(relation: u32) {
    // Should one arrive while the set is written to, it counts for all.
    let concerns = WATCHED
        .with(|watched| watched.try_borrow().map_or(true, |watched| relation == 0 || watched.contains(&relation)));
    if concerns {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
}

/// PostgreSQL's functions as they are, without pgrx's guard at each call: for use within one [`boundary`](super::boundary).
mod raw {
    use pgrx::pg_sys::*;
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub fn table_open(relation: Oid, lock: LOCKMODE) -> Relation;
        pub fn table_close(relation: Relation, lock: LOCKMODE);
        pub fn index_open(relation: Oid, lock: LOCKMODE) -> Relation;
        pub fn index_close(relation: Relation, lock: LOCKMODE);
        pub fn heap_form_tuple(descriptor: TupleDesc, values: *mut Datum, nulls: *mut bool) -> HeapTuple;
        pub fn heap_insert(
            relation: Relation,
            tuple: HeapTuple,
            command: CommandId,
            options: c_int,
            state: BulkInsertState,
        );
        pub fn heap_multi_insert(
            relation: Relation,
            slots: *mut *mut TupleTableSlot,
            count: c_int,
            command: CommandId,
            options: c_int,
            state: BulkInsertState,
        );
        pub fn heap_lock_tuple(
            relation: Relation,
            tuple: HeapTuple,
            command: CommandId,
            mode: LockTupleMode::Type,
            policy: LockWaitPolicy::Type,
            follow: bool,
            buffer: *mut Buffer,
            failure: *mut TM_FailureData,
        ) -> TM_Result::Type;
        pub fn ReleaseBuffer(buffer: Buffer);
        pub fn heap_update(
            relation: Relation,
            old: ItemPointer,
            tuple: HeapTuple,
            command: CommandId,
            crosscheck: Snapshot,
            wait: bool,
            failure: *mut TM_FailureData,
            lock: *mut LockTupleMode::Type,
            #[cfg(not(feature = "pg15"))] update_indexes: *mut TU_UpdateIndexes::Type,
        ) -> TM_Result::Type;
        pub fn heap_finish_speculative(relation: Relation, tid: ItemPointer);
        pub fn heap_abort_speculative(relation: Relation, tid: ItemPointer);
        pub fn SpeculativeInsertionLockAcquire(xid: TransactionId) -> uint32;
        pub fn SpeculativeInsertionLockRelease(xid: TransactionId);
        pub fn index_insert(
            index: Relation,
            values: *mut Datum,
            nulls: *mut bool,
            tid: ItemPointer,
            heap: Relation,
            unique: IndexUniqueCheck::Type,
            unchanged: bool,
            info: *mut IndexInfo,
        ) -> bool;
        #[cfg(any(feature = "pg17", feature = "pg18"))]
        pub fn index_insert_cleanup(index: Relation, info: *mut IndexInfo);
        pub fn BuildIndexInfo(index: Relation) -> *mut IndexInfo;
        pub fn ExecCheck(state: *mut ExprState, context: *mut ExprContext) -> bool;
        pub fn ExecStoreVirtualTuple(slot: *mut TupleTableSlot) -> *mut TupleTableSlot;
        pub fn ExecStoreHeapTuple(tuple: HeapTuple, slot: *mut TupleTableSlot, free: bool) -> *mut TupleTableSlot;
        pub fn MakeSingleTupleTableSlot(descriptor: TupleDesc, kind: *const TupleTableSlotOps) -> *mut TupleTableSlot;
        pub fn ExecDropSingleTupleTableSlot(slot: *mut TupleTableSlot);
        pub fn CreateStandaloneExprContext() -> *mut ExprContext;
        pub fn FreeExprContext(context: *mut ExprContext, is_commit: bool);
        pub fn MemoryContextReset(context: MemoryContext);
        pub fn GetCurrentCommandId(used: bool) -> CommandId;
        pub fn GetCurrentTransactionId() -> TransactionId;
        pub fn CommandCounterIncrement();
        pub fn ProcessInterrupts();
        pub fn GetTransactionSnapshot() -> Snapshot;
        pub fn PushActiveSnapshot(snapshot: Snapshot);
        pub fn PopActiveSnapshot();
        pub fn GetActiveSnapshot() -> Snapshot;
        #[cfg(not(feature = "pg18"))]
        pub fn index_beginscan(
            heap: Relation,
            index: Relation,
            snapshot: Snapshot,
            keys: c_int,
            order_bys: c_int,
        ) -> IndexScanDesc;
        #[cfg(feature = "pg18")]
        pub fn index_beginscan(
            heap: Relation,
            index: Relation,
            snapshot: Snapshot,
            instrument: *mut IndexScanInstrumentation,
            keys: c_int,
            order_bys: c_int,
        ) -> IndexScanDesc;
        pub fn ScanKeyInit(
            key: ScanKey,
            attribute: AttrNumber,
            strategy: StrategyNumber,
            procedure: RegProcedure,
            argument: Datum,
        );
        pub fn index_rescan(
            scan: IndexScanDesc,
            keys: ScanKey,
            count: c_int,
            order_bys: ScanKey,
            order_by_count: c_int,
        );
        pub fn index_getnext_tid(scan: IndexScanDesc, direction: ScanDirection::Type) -> ItemPointer;
        pub fn index_fetch_heap(scan: IndexScanDesc, slot: *mut TupleTableSlot) -> bool;
        pub fn index_endscan(scan: IndexScanDesc);
        pub fn RelationGetNumberOfBlocksInFork(relation: Relation, fork: ForkNumber::Type) -> BlockNumber;
        pub fn table_slot_create(relation: Relation, register: *mut *mut List) -> *mut TupleTableSlot;
        pub fn slot_getsomeattrs_int(slot: *mut TupleTableSlot, attribute: c_int);
    }
}

/// A table that is open. What an error leaves open, the abort closes.
struct Open(pg_sys::Relation);

impl Open {
    /// Locks it, and takes in what other backends changed of it.
    fn new(relation: Oid, lock: u32) -> Self {
        // SAFETY: raises if there is no such relation; closed in Drop, or by the abort.
        Open(unsafe { super::boundary::boundary(|| raw::table_open(relation, lock as i32)) })
    }

    fn oid(&self) -> Oid {
        // SAFETY: the relation is open.
        unsafe { (*self.0).rd_id }
    }

    fn descriptor(&self) -> pg_sys::TupleDesc {
        // SAFETY: the relation is open.
        unsafe { (*self.0).rd_att }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened in `new`; the lock stays until the end of the transaction.
            unsafe { raw::table_close(self.0, pg_sys::NoLock as i32) };
        }
    }
}
