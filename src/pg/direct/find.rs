//! Reading one row by its id, as an index scan does.

use super::super::boundary::boundary;
use super::super::datum::{Arg, FromDatum};
use super::super::spi::Connection;
use super::{Table, is_allowed, raw};
use pgrx::pg_sys::{self, Datum};
use std::ptr;
use uuid::Uuid;

/// A row that was found, while it is at hand.
pub struct Found<'a> {
    slot: *mut pg_sys::TupleTableSlot,
    numbers: &'a [i16],
}

impl Found<'_> {
    /// One of the wanted columns, of the type that it is declared with. `None`: NULL.
    pub fn get<'r, T: FromDatum<'r>>(&'r self, column: usize) -> Option<T> {
        // SAFETY: the slot holds the whole row, its values deformed up to the last wanted column; the types were compared
        // when the table was described.
        unsafe {
            let place = self.numbers[column] as usize - 1;
            (!*(*self.slot).tts_isnull.add(place)).then(|| T::from_datum(*(*self.slot).tts_values.add(place)))
        }
    }
}

impl Table {
    /// Reads the row with this id, as a SELECT of this moment would. `Err`: only SQL may read this table.
    pub fn find<R>(
        &self,
        connection: &Connection,
        id: &Uuid,
        read: impl FnOnce(&Found<'_>) -> R,
    ) -> Result<Option<R>, OnlySql> {
        let open = self.open(pg_sys::AccessShareLock).ok_or(OnlySql)?;
        let description = self.describe(connection, &open);
        let Some(index) = description.find_by.filter(|_| is_allowed(open.oid(), pg_sys::ACL_SELECT)) else {
            return Err(OnlySql);
        };
        let key = Arg::uuid(id).datum().unwrap_or(Datum::null());
        let last = description.numbers.iter().copied().max().unwrap_or(0);
        let mut scan =
            Scan { snapshot: ptr::null_mut(), index: ptr::null_mut(), scan: ptr::null_mut(), slot: ptr::null_mut() };
        // SAFETY: what SPI and nodeIndexscan do: the statement sees all that its transaction did; the scan's key is a uuid,
        // in the index's first and only key column. Nothing in the closure has a destructor.
        let found = unsafe {
            boundary(|| {
                raw::CommandCounterIncrement();
                raw::PushActiveSnapshot(raw::GetTransactionSnapshot());
                scan.snapshot = raw::GetActiveSnapshot();
                scan.index = raw::index_open(index, pg_sys::AccessShareLock as i32);
                scan.slot = raw::table_slot_create(open.0, ptr::null_mut());
                #[cfg(not(feature = "pg18"))]
                let begun = raw::index_beginscan(open.0, scan.index, scan.snapshot, 1, 0);
                #[cfg(feature = "pg18")]
                let begun = raw::index_beginscan(open.0, scan.index, scan.snapshot, ptr::null_mut(), 1, 0);
                scan.scan = begun;
                let mut keys: pg_sys::ScanKeyData = std::mem::zeroed();
                let equal = pg_sys::BTEqualStrategyNumber as u16;
                pg_sys::ScanKeyInit(&mut keys, 1, equal, pg_sys::F_UUID_EQ.into(), key);
                raw::index_rescan(scan.scan, &mut keys, 1, ptr::null_mut(), 0);
                let found = raw::index_getnext_slot(scan.scan, pg_sys::ScanDirection::ForwardScanDirection, scan.slot);
                if found {
                    raw::slot_getsomeattrs_int(scan.slot, last.into());
                }
                found
            })
        };
        let result = found.then(|| read(&Found { slot: scan.slot, numbers: &description.numbers }));
        // SAFETY: ends what was begun above, in reverse order.
        unsafe {
            boundary(|| {
                raw::index_endscan(scan.scan);
                raw::ExecDropSingleTupleTableSlot(scan.slot);
                raw::index_close(scan.index, pg_sys::NoLock as i32);
                raw::PopActiveSnapshot();
            });
        }
        Ok(result)
    }
}

/// Only SQL may do it.
pub struct OnlySql;

/// What is open while a row is read. What an error leaves open, the abort closes.
struct Scan {
    snapshot: pg_sys::Snapshot,
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
}
