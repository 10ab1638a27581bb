//! Writing rows, as ExecInsert does for a table without triggers: defaults, NOT NULL, checks, then the rows, then the indexes.

use super::super::boundary::boundary;
use super::super::datum::Arg;
use super::super::spi::Connection;
use super::super::trigger;
use super::describe::{Expression, Index, Leaf, Source, Write};
use super::{Open, Table, raw};
use pgrx::pg_sys::{self, Datum};
use std::mem::MaybeUninit;
use std::ptr;
use std::rc::Rc;

/// So many rows are handed to the heap at once.
const CHUNK: usize = 500;

/// What came of writing.
pub struct Written {
    /// So many rows were written, from the first one on. The others are SQL's: nothing was done for them.
    pub count: usize,
    /// Those that were written, in the table's row type, if that was asked for.
    pub rows: Vec<trigger::Row>,
}

/// How rows are written.
#[derive(Clone, Copy)]
pub struct How {
    /// As ON CONFLICT DO NOTHING on the table's key: stops at a row whose key is there, or may be.
    pub unless_there: bool,
    /// Whether the rows are wanted back.
    pub returning: bool,
}

/// Rows for one leaf.
struct Batch {
    leaf: Rc<Leaf>,
    open: Open,
    /// Their values, row after row, each with those of all the leaf's attributes.
    values: Vec<Datum>,
    nulls: Vec<bool>,
    tuples: Vec<pg_sys::HeapTuple>,
}

impl Table {
    /// Writes rows, which are values in the order of the table's columns. What can't be written so, or would fail, is left to
    /// SQL, which fails in its own words.
    pub fn insert<const N: usize>(&self, connection: &Connection, rows: &[[Arg; N]], how: How) -> Written {
        self.try_insert(connection, rows, how).unwrap_or(Written { count: 0, rows: Vec::new() })
    }

    fn try_insert<const N: usize>(&self, connection: &Connection, rows: &[[Arg; N]], how: How) -> Option<Written> {
        assert_eq!(N, self.columns.len());
        let open = self.open(pg_sys::RowExclusiveLock)?;
        let description = self.describe(connection, &open);
        let write = description.write.as_ref()?;
        if !description.allows(&open, pg_sys::ACL_INSERT) {
            return None;
        }
        let mut batches: Vec<Batch> = Vec::new();
        let mut returned = Vec::new();
        let context = Context::new();
        let mut defaults: Vec<_> = write.defaults.iter().map(|default| context.evaluate(default)).collect();
        for (i, row) in rows.iter().enumerate() {
            let leaf = match &write.partitions {
                Some(_) => write.partition(row[write.partitioned_by].0?.value() as i64)?,
                None => open.oid(),
            };
            let place = match batches.iter().position(|batch| batch.open.oid() == leaf) {
                // Rows are written up to the first one that is there: they must keep their order.
                Some(place) if !how.unless_there || place + 1 == batches.len() => place,
                _ => {
                    let leaf_open = Open::new(leaf, pg_sys::RowExclusiveLock);
                    // Locking it may have told of a change.
                    description.current()?;
                    let leaf = write.leaf(connection, &open, &leaf_open, self.key)?;
                    if leaf.indexes.iter().any(|index| index.predicate.is_some())
                        || how.unless_there && !leaf.indexes.iter().any(|index| index.is_key)
                    {
                        return None;
                    }
                    batches.push(Batch::new(leaf, leaf_open, rows.len() - i));
                    batches.len() - 1
                }
            };
            if i > 0 {
                for (value, default) in defaults.iter_mut().zip(&write.defaults).filter(|(_, default)| default.volatile)
                {
                    *value = context.evaluate(default);
                }
            }
            if !batches[place].push(row, &defaults) {
                return None;
            }
            if how.returning {
                returned.push(form(&open, write, row, &defaults));
            }
        }
        if !batches.iter_mut().all(|batch| batch.form(&context)) {
            return None;
        }
        drop(context);
        let mut count = 0;
        for batch in &batches {
            let (written, all) = match how.unless_there {
                true => batch.write_unless_there(),
                false => (batch.write(), true),
            };
            count += written;
            if !all {
                break;
            }
        }
        // SAFETY: what comes next in this transaction sees the rows.
        unsafe { boundary(|| raw::CommandCounterIncrement()) };
        returned.truncate(count);
        Some(Written { count, rows: returned })
    }
}

/// A row in the table's own row type.
fn form<const N: usize>(open: &Open, write: &Write, row: &[Arg; N], defaults: &[(Datum, bool)]) -> trigger::Row {
    let (mut values, mut nulls): (Vec<Datum>, Vec<bool>) =
        write.sources.iter().map(|source| value(*source, row, defaults)).unzip();
    // SAFETY: as many values as the descriptor has attributes, of their types.
    trigger::Row(unsafe {
        boundary(|| raw::heap_form_tuple(open.descriptor(), values.as_mut_ptr(), nulls.as_mut_ptr()))
    })
}

fn value<const N: usize>(source: Source, row: &[Arg; N], defaults: &[(Datum, bool)]) -> (Datum, bool) {
    match source {
        Source::Given(column) => row[column].0.map_or((Datum::null(), true), |datum| (datum, false)),
        Source::Default(default) => defaults[default],
        Source::Null => (Datum::null(), true),
    }
}

/// What expressions are evaluated in.
pub struct Context(*mut pg_sys::ExprContext);

impl Context {
    pub fn new() -> Self {
        // SAFETY: freed in Drop, or with the memory of the connection by the abort.
        Context(unsafe { boundary(|| raw::CreateStandaloneExprContext()) })
    }

    /// An expression without columns; the value lives in the current memory context.
    fn evaluate(&self, expression: &Expression) -> (Datum, bool) {
        let state = expression.state;
        let mut is_null = false;
        // SAFETY: the expression is ready, and needs no row (ExecEvalExpr in executor.h).
        let datum = unsafe { boundary(|| ((*state).evalfunc.unwrap_unchecked())(state, self.0, &mut is_null)) };
        (datum, is_null)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: made in `new`.
            unsafe { raw::FreeExprContext(self.0, true) }
        }
    }
}

/// Whether a row meets the table's checks (ExecRelCheck in execMain.c).
///
/// # Safety
/// Within a boundary; the values are those of the descriptor's attributes, for which the slot is a virtual one.
pub unsafe fn meets(
    leaf: &Leaf,
    context: &Context,
    slot: *mut pg_sys::TupleTableSlot,
    values: *const Datum,
    nulls: *const bool,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        (*slot).tts_flags |= pg_sys::TTS_FLAG_EMPTY as u16;
        ptr::copy_nonoverlapping(values, (*slot).tts_values, leaf.sources.len());
        ptr::copy_nonoverlapping(nulls, (*slot).tts_isnull, leaf.sources.len());
        raw::ExecStoreVirtualTuple(slot);
        (*context.0).ecxt_scantuple = slot;
        let mut holds = true;
        for check in &leaf.checks {
            holds = holds && raw::ExecCheck(check.state, context.0);
        }
        raw::MemoryContextReset((*context.0).ecxt_per_tuple_memory);
        holds
    }
}

impl Batch {
    fn new(leaf: Rc<Leaf>, open: Open, rows: usize) -> Self {
        let room = rows * leaf.sources.len();
        Batch {
            leaf,
            open,
            values: Vec::with_capacity(room),
            nulls: Vec::with_capacity(room),
            tuples: Vec::with_capacity(rows),
        }
    }

    fn width(&self) -> usize {
        self.leaf.sources.len()
    }

    /// Takes a row, unless something is null that must not be.
    fn push<const N: usize>(&mut self, row: &[Arg; N], defaults: &[(Datum, bool)]) -> bool {
        for (source, not_null) in self.leaf.sources.iter().zip(&self.leaf.not_null) {
            let (datum, is_null) = value(*source, row, defaults);
            if is_null && *not_null {
                return false;
            }
            self.values.push(datum);
            self.nulls.push(is_null);
        }
        true
    }

    /// Makes the tuples, if all rows meet the table's checks.
    fn form(&mut self, context: &Context) -> bool {
        let (width, descriptor, leaf) = (self.width(), self.open.descriptor(), &*self.leaf);
        let (values, nulls) = (self.values.as_mut_ptr(), self.nulls.as_mut_ptr());
        let rows = self.values.len() / width;
        let tuples = &mut self.tuples;
        // SAFETY: each row's values are those of the descriptor's attributes. Nothing in the closure has a destructor, and
        // there is room for the tuples.
        unsafe {
            boundary(|| {
                let slot = raw::MakeSingleTupleTableSlot(descriptor, &raw const pg_sys::TTSOpsVirtual);
                let mut holds = true;
                for row in 0..rows {
                    let (values, nulls) = (values.add(row * width), nulls.add(row * width));
                    holds = meets(leaf, context, slot, values, nulls);
                    if !holds {
                        break;
                    }
                    tuples.push(raw::heap_form_tuple(descriptor, values, nulls));
                }
                raw::ExecDropSingleTupleTableSlot(slot);
                holds
            })
        }
    }

    /// Writes all rows: the heap first, then index by index.
    fn write(&self) -> usize {
        let width = self.width();
        // SAFETY: the tuples are of the open table's type, and the values are theirs. Nothing in the closure has a destructor.
        unsafe {
            boundary(|| {
                let command = raw::GetCurrentCommandId(true);
                if let [tuple] = self.tuples[..] {
                    raw::heap_insert(self.open.0, tuple, command, 0, ptr::null_mut());
                } else {
                    self.write_heap(command);
                }
                for index in &self.leaf.indexes {
                    let relation = raw::index_open(index.relation, pg_sys::RowExclusiveLock as i32);
                    let info = index.info.unwrap_or_else(|| raw::BuildIndexInfo(relation));
                    for (i, tuple) in self.tuples.iter().enumerate() {
                        let values = self.values.as_ptr().add(i * width);
                        let nulls = self.nulls.as_ptr().add(i * width);
                        index.insert(relation, info, self.open.0, *tuple, values, nulls, index.checked());
                    }
                    index.close(relation, info);
                }
            });
        }
        self.tuples.len()
    }

    /// # Safety
    /// Within a boundary; the tuples are of the open table's type.
    unsafe fn write_heap(&self, command: pg_sys::CommandId) {
        // SAFETY: heap_multi_insert takes slots that hold tuples, and tells in them where each one went.
        unsafe {
            let mut slots: [*mut pg_sys::TupleTableSlot; CHUNK] = [ptr::null_mut(); CHUNK];
            for chunk in self.tuples.chunks(CHUNK) {
                for (slot, tuple) in slots.iter_mut().zip(chunk) {
                    if slot.is_null() {
                        *slot =
                            raw::MakeSingleTupleTableSlot(self.open.descriptor(), &raw const pg_sys::TTSOpsHeapTuple);
                    }
                    raw::ExecStoreHeapTuple(*tuple, *slot, false);
                }
                raw::heap_multi_insert(
                    self.open.0,
                    slots.as_mut_ptr(),
                    chunk.len() as i32,
                    command,
                    0,
                    ptr::null_mut(),
                );
                for (slot, tuple) in slots.iter().zip(chunk) {
                    (**tuple).t_self = (**slot).tts_tid;
                }
                check_for_interrupts();
            }
            for slot in slots.iter().take_while(|slot| !slot.is_null()) {
                raw::ExecDropSingleTupleTableSlot(*slot);
            }
        }
    }

    /// Writes row after row, until one's key is there, or may be: that one is taken back (ExecInsert with ON CONFLICT). Gives
    /// how many were written, and whether these are all.
    fn write_unless_there(&self) -> (usize, bool) {
        let width = self.width();
        let indexes = &self.leaf.indexes[..];
        let mut opened = vec![(ptr::null_mut(), ptr::null_mut()); indexes.len()];
        let open = &mut opened[..];
        // SAFETY: as in `write`; the tuple is marked as speculative as heapam_tuple_insert_speculative does.
        let written = unsafe {
            boundary(|| {
                let command = raw::GetCurrentCommandId(true);
                let xid = raw::GetCurrentTransactionId();
                for (index, (relation, info)) in indexes.iter().zip(open.iter_mut()) {
                    *relation = raw::index_open(index.relation, pg_sys::RowExclusiveLock as i32);
                    *info = index.info.unwrap_or_else(|| raw::BuildIndexInfo(*relation));
                }
                let mut written = 0;
                while written < self.tuples.len() {
                    let tuple = self.tuples[written];
                    let token = raw::SpeculativeInsertionLockAcquire(xid);
                    let at = &mut (*(*tuple).t_data).t_ctid;
                    at.ip_blkid.bi_hi = (token >> 16) as u16;
                    at.ip_blkid.bi_lo = token as u16;
                    at.ip_posid = pg_sys::SpecTokenOffsetNumber as u16;
                    let options = pg_sys::HEAP_INSERT_SPECULATIVE as i32;
                    raw::heap_insert(self.open.0, tuple, command, options, ptr::null_mut());
                    let mut is_new = true;
                    for (index, (relation, info)) in indexes.iter().zip(open.iter()) {
                        let values = self.values.as_ptr().add(written * width);
                        let nulls = self.nulls.as_ptr().add(written * width);
                        let unique = match index.is_key {
                            true => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_PARTIAL,
                            false => index.checked(),
                        };
                        let unique = index.insert(*relation, *info, self.open.0, tuple, values, nulls, unique);
                        // Of an index that is not unique the answer says nothing.
                        is_new = is_new && (unique || !index.is_key);
                    }
                    let tid = &raw mut (*tuple).t_self;
                    match is_new {
                        true => raw::heap_finish_speculative(self.open.0, tid),
                        false => raw::heap_abort_speculative(self.open.0, tid),
                    }
                    raw::SpeculativeInsertionLockRelease(xid);
                    if !is_new {
                        break;
                    }
                    written += 1;
                    check_for_interrupts();
                }
                for (index, (relation, info)) in indexes.iter().zip(open.iter()) {
                    index.close(*relation, *info);
                }
                written
            })
        };
        (written, written == self.tuples.len())
    }
}

impl Index {
    /// Inserts a row's entry, unless the index leaves it out. Gives whether the key is unique, as far as that was asked.
    ///
    /// # Safety
    /// Within a boundary; the values are those of the tuple, which is stored.
    #[expect(clippy::too_many_arguments, reason = "those of index_insert")]
    unsafe fn insert(
        &self,
        relation: pg_sys::Relation,
        info: *mut pg_sys::IndexInfo,
        heap: pg_sys::Relation,
        tuple: pg_sys::HeapTuple,
        values: *const Datum,
        nulls: *const bool,
        unique: pg_sys::IndexUniqueCheck::Type,
    ) -> bool {
        const MOST: usize = pg_sys::INDEX_MAX_KEYS as usize;
        // SAFETY: attribute numbers are from 1, and an index has at most INDEX_MAX_KEYS of them (FormIndexDatum in index.c).
        unsafe {
            if self.unless_null.is_some_and(|number| *nulls.add(number as usize - 1)) {
                return true;
            }
            let (mut key, mut key_nulls) =
                ([const { MaybeUninit::uninit() }; MOST], [const { MaybeUninit::uninit() }; MOST]);
            for (i, number) in self.attributes.iter().enumerate() {
                key[i].write(*values.add(*number as usize - 1));
                key_nulls[i].write(*nulls.add(*number as usize - 1));
            }
            let (key, key_nulls) = (key.as_mut_ptr().cast(), key_nulls.as_mut_ptr().cast());
            raw::index_insert(relation, key, key_nulls, &raw mut (*tuple).t_self, heap, unique, false, info)
        }
    }

    /// Whether the row that `meets` was asked about belongs into it (ExecInsertIndexTuples in execIndexing.c).
    ///
    /// # Safety
    /// Within a boundary, and after `meets`, whose slot is still there.
    pub unsafe fn holds(&self, context: &Context) -> bool {
        let Some(predicate) = &self.predicate else { return true };
        let mut is_null = false;
        // SAFETY: the caller's promise; a predicate gives a boolean.
        let holds =
            unsafe { ((*predicate.state).evalfunc.unwrap_unchecked())(predicate.state, context.0, &mut is_null) };
        !is_null && holds.value() as u8 != 0
    }

    /// Inserts one row's entry, with the key checked if the index is unique.
    ///
    /// # Safety
    /// As for `insert`; the index is a btree.
    pub unsafe fn insert_one(
        &self,
        heap: pg_sys::Relation,
        tuple: pg_sys::HeapTuple,
        values: *const Datum,
        nulls: *const bool,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let relation = raw::index_open(self.relation, pg_sys::RowExclusiveLock as i32);
            let info = self.info.unwrap_or(ptr::null_mut());
            self.insert(relation, info, heap, tuple, values, nulls, self.checked());
            self.close(relation, info);
        }
    }

    /// How a unique index checks a row that must be new.
    fn checked(&self) -> pg_sys::IndexUniqueCheck::Type {
        match self.unique {
            true => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES,
            false => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
        }
    }

    /// # Safety
    /// Within a boundary; the index is open.
    unsafe fn close(&self, relation: pg_sys::Relation, info: *mut pg_sys::IndexInfo) {
        // SAFETY: as ExecCloseIndices does; before 17 an access method cleans up at each row. The lock stays, as the table's
        // does: nobody gets at an index without a lock on its table that waits for ours.
        unsafe {
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            if self.info.is_none() {
                raw::index_insert_cleanup(relation, info);
            }
            #[cfg(not(any(feature = "pg17", feature = "pg18")))]
            let _ = info;
            raw::index_close(relation, pg_sys::NoLock as i32);
        }
    }
}

/// Lets a cancel or a shutdown through.
///
/// # Safety
/// Within a boundary.
unsafe fn check_for_interrupts() {
    // SAFETY: CHECK_FOR_INTERRUPTS in miscadmin.h.
    unsafe {
        if pg_sys::InterruptPending != 0 {
            raw::ProcessInterrupts();
        }
    }
}
