//! Reading one row by its id, as an index scan does.

use super::super::boundary::boundary;
use super::super::datum::{Arg, FromDatum};
use super::super::spi::Connection;
use super::describe::Description;
use super::{Open, Table, raw};
use pgrx::pg_sys::{self, Datum, Oid};
use std::ptr;
use uuid::Uuid;

/// Only SQL may do it.
pub struct OnlySql;

/// A row that was found, while it is at hand.
pub struct Found<'a> {
    slot: *mut pg_sys::TupleTableSlot,
    numbers: &'a [i16],
}

impl Found<'_> {
    /// One of the wanted columns, of the type that it is declared with. `None`: NULL.
    pub fn get<'r, T: FromDatum<'r>>(&'r self, column: usize) -> Option<T> {
        // SAFETY: the slot holds the row, deformed up to the last wanted column; the types were compared when the table was
        // described.
        unsafe {
            let place = self.numbers[column] as usize - 1;
            (!*(*self.slot).tts_isnull.add(place)).then(|| T::from_datum(*(*self.slot).tts_values.add(place)))
        }
    }
}

/// A moment at which rows are read: what is committed then, as the isolation level says, and all that this transaction did
/// before. What an error leaves of it, the abort takes away.
pub struct Moment(());

impl Moment {
    pub fn now() -> Self {
        // SAFETY: as SPI does before each statement; taken back in Drop, or by the abort.
        unsafe {
            boundary(|| {
                raw::CommandCounterIncrement();
                raw::PushActiveSnapshot(raw::GetTransactionSnapshot());
            });
        }
        Moment(())
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the snapshot was pushed in `now`, and whoever pushed others has taken them back.
            unsafe { raw::PopActiveSnapshot() }
        }
    }
}

impl Table {
    /// Reads the row with this id, as a SELECT would. `Err`: only SQL may read this table.
    pub fn find<R>(
        &self,
        connection: &Connection,
        moment: &Moment,
        id: &Uuid,
        read: impl FnOnce(&Found<'_>) -> R,
    ) -> Result<Option<R>, OnlySql> {
        let open = self.open(pg_sys::AccessShareLock).ok_or(OnlySql)?;
        let description = self.describe(connection, &open);
        let index = description.find_by.filter(|_| description.allows(&open, pg_sys::ACL_SELECT)).ok_or(OnlySql)?;
        let last = description.numbers.iter().copied().max().unwrap_or(0);
        let scan = Scan::begin(moment, &open, index, id, last);
        Ok(scan.found(&description).map(|found| read(&found)))
    }
}

/// A row that is looked for by its id. What an error leaves open, the abort closes.
pub struct Scan {
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    pub slot: *mut pg_sys::TupleTableSlot,
    is_found: bool,
}

impl Scan {
    /// `index`: of the table's primary key, a uuid. `last`: the row is deformed up to this attribute.
    pub fn begin(_: &Moment, open: &Open, index: Oid, id: &Uuid, last: i16) -> Self {
        let key = Arg::uuid(id).datum().unwrap_or(Datum::null());
        let mut begun = Scan { index: ptr::null_mut(), scan: ptr::null_mut(), slot: ptr::null_mut(), is_found: false };
        let scan = &mut begun;
        // SAFETY: what nodeIndexscan does, with the moment's snapshot; the scan's key is a uuid, in the index's only key column. Nothing in the closure has a destructor.
        unsafe {
            boundary(|| {
                scan.index = raw::index_open(index, pg_sys::AccessShareLock as i32);
                scan.slot = raw::table_slot_create(open.0, ptr::null_mut());
                let snapshot = raw::GetActiveSnapshot();
                #[cfg(not(feature = "pg18"))]
                let opened = raw::index_beginscan(open.0, scan.index, snapshot, 1, 0);
                #[cfg(feature = "pg18")]
                let opened = raw::index_beginscan(open.0, scan.index, snapshot, ptr::null_mut(), 1, 0);
                scan.scan = opened;
                let mut keys: pg_sys::ScanKeyData = std::mem::zeroed();
                raw::ScanKeyInit(&mut keys, 1, pg_sys::BTEqualStrategyNumber as u16, pg_sys::F_UUID_EQ.into(), key);
                raw::index_rescan(scan.scan, &mut keys, 1, ptr::null_mut(), 0);
                let forward = pg_sys::ScanDirection::ForwardScanDirection;
                scan.is_found = raw::index_getnext_slot(scan.scan, forward, scan.slot);
                if scan.is_found {
                    raw::slot_getsomeattrs_int(scan.slot, last.into());
                }
            });
        }
        begun
    }

    pub fn found<'a>(&self, description: &'a Description) -> Option<Found<'a>> {
        self.is_found.then_some(Found { slot: self.slot, numbers: &description.numbers })
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: ends what was begun, in reverse order; the index stays locked like its table.
            unsafe {
                boundary(|| {
                    raw::index_endscan(self.scan);
                    raw::ExecDropSingleTupleTableSlot(self.slot);
                    raw::index_close(self.index, pg_sys::NoLock as i32);
                });
            }
        }
    }
}
