//! Changing one row by its id, as an UPDATE of what SELECT … FOR NO KEY UPDATE SKIP LOCKED gives does for a table without triggers.

use super::super::boundary::boundary;
use super::super::datum::Arg;
use super::super::spi::Connection;
use super::find::{Found, Moment, OnlySql, Scan};
use super::write::{Context, meets};
use super::{Open, Table, raw};
use pgrx::pg_sys::{self, Datum};
use std::ptr;
use uuid::Uuid;

impl Table {
    /// Changes the row with this id: `change` gives the new values by column, or none to leave it. Nobody waits for whoever else
    /// is changing it at this moment. `Err`: it is SQL's, and nothing was done.
    pub fn update(
        &self,
        connection: &Connection,
        id: &Uuid,
        change: impl FnOnce(&Found<'_>) -> Option<Vec<(usize, Arg)>>,
    ) -> Result<(), OnlySql> {
        let open = self.open(pg_sys::RowExclusiveLock).ok_or(OnlySql)?;
        let description = self.describe(connection, &open);
        let write = description.write.as_ref().filter(|write| write.partitions.is_none()).ok_or(OnlySql)?;
        let by = description.find_by.ok_or(OnlySql)?;
        if !description.allows(&open, pg_sys::ACL_SELECT | pg_sys::ACL_UPDATE) || !write.replica_identity {
            return Err(OnlySql);
        }
        let leaf = write.leaf(connection, &open, &open, self.key).ok_or(OnlySql)?;
        if leaf.indexes.iter().any(|index| index.info.is_none()) {
            return Err(OnlySql);
        }
        let width = leaf.sources.len();
        let moment = Moment::now();
        let scan = Scan::begin(&moment, &open, by, id, width as i16);
        let Some(changes) = scan.found(&description).and_then(|found| change(&found)) else { return Ok(()) };
        // SAFETY: the slot holds the whole row.
        let (mut values, mut nulls): (Vec<Datum>, Vec<bool>) =
            unsafe { (0..width).map(|i| (*(*scan.slot).tts_values.add(i), *(*scan.slot).tts_isnull.add(i))).unzip() };
        for (column, Arg(value)) in changes {
            let place = description.numbers[column] as usize - 1;
            values[place] = value.unwrap_or(Datum::null());
            nulls[place] = value.is_none();
        }
        if nulls.iter().zip(&leaf.not_null).any(|(is_null, not_null)| *is_null && *not_null) {
            return Err(OnlySql);
        }
        let context = Context::new();
        let (values, nulls, indexes) = (values.as_mut_ptr(), nulls.as_mut_ptr(), &leaf.indexes[..]);
        // SAFETY: the values are those of the table's attributes; the old row is the one that the snapshot sees, and heap_update
        // says so if it is no longer the last one. Nothing in the closures has a destructor.
        let result = unsafe {
            boundary(|| {
                let row = raw::MakeSingleTupleTableSlot(open.descriptor(), &raw const pg_sys::TTSOpsVirtual);
                let change = || {
                    if !meets(&leaf, &context, row, values, nulls) {
                        return pg_sys::TM_Result::TM_Invisible;
                    }
                    let tuple = raw::heap_form_tuple(open.descriptor(), values, nulls);
                    let result = replace(&open, (*scan.slot).tts_tid, tuple);
                    if result == pg_sys::TM_Result::TM_Ok {
                        // A heap-only tuple is found through the entries of the one before.
                        if (*(*tuple).t_data).t_infomask2 & pg_sys::HEAP_ONLY_TUPLE as u16 == 0 {
                            for index in indexes.iter().filter(|index| index.holds(&context)) {
                                index.insert_one(open.0, tuple, values, nulls);
                            }
                        }
                        raw::CommandCounterIncrement();
                    }
                    result
                };
                let result = change();
                raw::ExecDropSingleTupleTableSlot(row);
                result
            })
        };
        match result {
            pg_sys::TM_Result::TM_Ok | pg_sys::TM_Result::TM_WouldBlock => Ok(()),
            _ => Err(OnlySql),
        }
    }
}

/// Puts a tuple in the place of a row's version, unless somebody else holds that.
///
/// # Safety
/// Within a boundary; the version is one that the snapshot sees, and the tuple is one of the table, which is open.
unsafe fn replace(
    open: &Open,
    mut old_id: pg_sys::ItemPointerData,
    tuple: pg_sys::HeapTuple,
) -> pg_sys::TM_Result::Type {
    // SAFETY: the caller's promise.
    unsafe {
        let mut failure: pg_sys::TM_FailureData = std::mem::zeroed();
        let mut lock = pg_sys::LockTupleMode::LockTupleNoKeyExclusive;
        // heap_update can't but wait for whoever holds the row; of a row that is locked, that is nobody.
        let mut old: pg_sys::HeapTupleData = std::mem::zeroed();
        old.t_self = old_id;
        let mut buffer = 0;
        let (command, skip) = (raw::GetCurrentCommandId(true), pg_sys::LockWaitPolicy::LockWaitSkip);
        let locked = raw::heap_lock_tuple(open.0, &mut old, command, lock, skip, false, &mut buffer, &mut failure);
        raw::ReleaseBuffer(buffer);
        if locked != pg_sys::TM_Result::TM_Ok {
            return locked;
        }
        raw::heap_update(
            open.0,
            &mut old_id,
            tuple,
            command,
            ptr::null_mut(),
            true,
            &mut failure,
            &mut lock,
            #[cfg(not(feature = "pg15"))]
            &mut 0,
        )
    }
}
