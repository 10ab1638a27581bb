//! Writing rows, as ExecInsert does for a table without triggers: defaults, NOT NULL, checks, then the rows, then the indexes.

use super::super::boundary::boundary;
use super::super::datum::Arg;
use super::super::spi::Connection;
use super::super::trigger;
use super::describe::{Expression, Index, Leaf, Source, Write};
use super::{Open, Table, is_allowed, raw};
use pgrx::pg_sys::{self, Datum};
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

/// Rows that are ready to be stored in one leaf.
struct Batch {
    leaf: Rc<Leaf>,
    open: Open,
    tuples: Vec<pg_sys::HeapTuple>,
    /// Their values, row after row, each with those of all the leaf's attributes.
    values: Vec<Datum>,
    nulls: Vec<bool>,
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
        if !is_allowed(open.oid(), pg_sys::ACL_INSERT) {
            return None;
        }
        let mut batches: Vec<Batch> = Vec::new();
        let mut returned = Vec::new();
        let mut defaults = vec![(Datum::null(), true); write.defaults.len()];
        let context = Context::new();
        for row in rows {
            let leaf = match &write.partitions {
                Some(_) => write.partition(row[write.partitioned_by].0?.value() as i64)?,
                None => open.oid(),
            };
            let place = match batches.iter().position(|batch| batch.open.oid() == leaf) {
                // Rows are written up to the first one that is there: they must keep their order.
                Some(place) if !how.unless_there || place + 1 == batches.len() => place,
                _ => {
                    let leaf_open = Open::new(leaf, pg_sys::RowExclusiveLock);
                    if description.current().is_none() {
                        return None;
                    }
                    let leaf = write.leaf(connection, &open, &leaf_open, self.key)?;
                    if how.unless_there && !leaf.indexes.iter().any(|index| index.is_key) {
                        return None;
                    }
                    batches.push(Batch::new(leaf, leaf_open));
                    batches.len() - 1
                }
            };
            for (value, expression) in defaults.iter_mut().zip(&write.defaults) {
                *value = context.evaluate(*expression);
            }
            if !batches[place].push(&context, row, &defaults) {
                return None;
            }
            if how.returning {
                returned.push(form(&open, write, row, &defaults));
            }
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
struct Context(*mut pg_sys::ExprContext);

impl Context {
    fn new() -> Self {
        // SAFETY: freed in Drop, or with the memory of the connection by the abort.
        Context(unsafe { boundary(|| raw::CreateStandaloneExprContext()) })
    }

    /// An expression without columns; the value lives in the current memory context.
    fn evaluate(&self, Expression(state): Expression) -> (Datum, bool) {
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

impl Batch {
    fn new(leaf: Rc<Leaf>, open: Open) -> Self {
        Batch { leaf, open, tuples: Vec::new(), values: Vec::new(), nulls: Vec::new() }
    }

    fn width(&self) -> usize {
        self.leaf.sources.len()
    }

    /// Takes a row, if it meets the table's constraints.
    fn push<const N: usize>(&mut self, context: &Context, row: &[Arg; N], defaults: &[(Datum, bool)]) -> bool {
        let begin = self.values.len();
        for (source, not_null) in self.leaf.sources.iter().zip(&self.leaf.not_null) {
            let (datum, is_null) = value(*source, row, defaults);
            if is_null && *not_null {
                return false;
            }
            self.values.push(datum);
            self.nulls.push(is_null);
        }
        let (values, nulls) = (self.values[begin..].as_mut_ptr(), self.nulls[begin..].as_mut_ptr());
        let (descriptor, width, checks) = (self.open.descriptor(), self.width(), &self.leaf.checks[..]);
        // SAFETY: the values are those of the descriptor's attributes. The slot borrows them while the checks are evaluated
        // (ExecRelCheck in execMain.c). Nothing in the closure has a destructor.
        let tuple = unsafe {
            boundary(|| {
                if !checks.is_empty() {
                    let slot = raw::MakeSingleTupleTableSlot(descriptor, &raw const pg_sys::TTSOpsVirtual);
                    ptr::copy_nonoverlapping(values, (*slot).tts_values, width);
                    ptr::copy_nonoverlapping(nulls, (*slot).tts_isnull, width);
                    raw::ExecStoreVirtualTuple(slot);
                    (*context.0).ecxt_scantuple = slot;
                    let mut holds = true;
                    for check in checks {
                        holds = holds && raw::ExecCheck(check.0, context.0);
                    }
                    raw::ExecDropSingleTupleTableSlot(slot);
                    raw::MemoryContextReset((*context.0).ecxt_per_tuple_memory);
                    if !holds {
                        return ptr::null_mut();
                    }
                }
                raw::heap_form_tuple(descriptor, values, nulls)
            })
        };
        self.tuples.push(tuple);
        !tuple.is_null()
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
                        let unique = match index.unique {
                            true => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES,
                            false => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
                        };
                        index.insert(relation, info, self.open.0, *tuple, values, nulls, unique);
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
                        let unique = match (index.is_key, index.unique) {
                            (true, _) => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_PARTIAL,
                            (_, true) => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES,
                            _ => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
                        };
                        let unique = index.insert(*relation, *info, self.open.0, tuple, values, nulls, unique);
                        is_new = is_new && unique;
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
            let mut key = [Datum::null(); MOST];
            let mut key_nulls = [true; MOST];
            for (i, number) in self.attributes.iter().enumerate() {
                key[i] = *values.add(*number as usize - 1);
                key_nulls[i] = *nulls.add(*number as usize - 1);
            }
            let (key, key_nulls) = (key.as_mut_ptr(), key_nulls.as_mut_ptr());
            raw::index_insert(relation, key, key_nulls, &raw mut (*tuple).t_self, heap, unique, false, info)
        }
    }

    /// # Safety
    /// Within a boundary; the index is open.
    unsafe fn close(&self, relation: pg_sys::Relation, info: *mut pg_sys::IndexInfo) {
        // SAFETY: as ExecCloseIndices does; before 17 an access method cleans up at each row.
        unsafe {
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            if self.info.is_none() {
                raw::index_insert_cleanup(relation, info);
            }
            #[cfg(not(any(feature = "pg17", feature = "pg18")))]
            let _ = info;
            raw::index_close(relation, pg_sys::RowExclusiveLock as i32);
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
