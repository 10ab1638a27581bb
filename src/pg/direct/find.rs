//! Reading one row by its id, as an index scan does; where it stood before, if it is still there.

use super::super::boundary::boundary;
use super::super::datum::FromDatum;
use super::super::spi::Connection;
use super::describe::{Description, FindBy};
use super::{Open, Table, place, raw};
use pgrx::pg_sys::{self, Datum};
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
        let by = description.find_by.filter(|_| description.allows(&open, pg_sys::ACL_SELECT)).ok_or(OnlySql)?;
        let last = description.numbers.iter().copied().max().unwrap_or(0);
        let scan = Scan::begin(moment, &open, by, id, last);
        Ok(scan.found(&description).map(|found| read(&found)))
    }
}

/// A row that is looked for by its id. What an error leaves open, the abort closes.
pub struct Scan {
    /// Null, as the scan is, for a row that stands where it stood before.
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    fetch: *mut pg_sys::IndexFetchTableData,
    pub slot: *mut pg_sys::TupleTableSlot,
    is_found: bool,
}

impl Scan {
    /// `last`: the row is deformed up to this attribute, and that of the id.
    pub fn begin(_: &Moment, open: &Open, by: FindBy, id: &Uuid, last: i16) -> Self {
        let mut begun = Scan {
            index: ptr::null_mut(),
            scan: ptr::null_mut(),
            fetch: ptr::null_mut(),
            slot: ptr::null_mut(),
            is_found: false,
        };
        let (scan, last) = (&mut begun, last.max(by.attribute).into());
        let place = place::of(open.oid(), id);
        let mut found_at = None;
        // SAFETY: looks with the moment's snapshot, into a slot of the table's kind. Nothing in the closure has a destructor.
        unsafe {
            boundary(|| {
                scan.slot = raw::table_slot_create(open.0, ptr::null_mut());
                if let Some(place) = place {
                    scan.fetch(open, by, id, place, last);
                }
                if !scan.is_found {
                    found_at = scan.search(open, by, id, last);
                }
            });
        }
        if let Some(pointer) = found_at {
            place::remember(open.oid(), id, &pointer);
        }
        begun
    }

    /// Looks where the row stood: as an index scan does whose index points there (table_index_fetch_tuple in tableam.h), and
    /// whether it is this row.
    ///
    /// # Safety
    /// Within a boundary; with a snapshot, and a slot of the table, which is open.
    unsafe fn fetch(&mut self, open: &Open, by: FindBy, id: &Uuid, (block, offset): (u32, u16), last: i32) {
        // SAFETY: the caller's promise; the place is one of the table's blocks, and the access method looks whether a row is
        // there. The id's column is a uuid, and not null.
        unsafe {
            if !has_block(open, block) {
                return;
            }
            let method = &*(*open.0).rd_tableam;
            let (Some(begin), Some(fetch)) = (method.index_fetch_begin, method.index_fetch_tuple) else { return };
            self.fetch = begin(open.0);
            let mut pointer = pg_sys::ItemPointerData {
                ip_blkid: pg_sys::BlockIdData { bi_hi: (block >> 16) as u16, bi_lo: block as u16 },
                ip_posid: offset,
            };
            let mut again = false;
            if fetch(self.fetch, &mut pointer, raw::GetActiveSnapshot(), self.slot, &mut again, ptr::null_mut()) {
                raw::slot_getsomeattrs_int(self.slot, last);
                let at = *(*self.slot).tts_values.add(by.attribute as usize - 1);
                self.is_found = *at.cast_mut_ptr::<[u8; 16]>() == *id.as_bytes();
            }
            if !self.is_found {
                self.end_fetch();
            }
        }
    }

    /// # Safety
    /// Within a boundary, and the table is open.
    unsafe fn end_fetch(&mut self) {
        // SAFETY: the caller's promise; what was begun is ended once.
        unsafe {
            if let Some(fetch) = self.fetch.as_ref()
                && let Some(end) = (*(*fetch.rel).rd_tableam).index_fetch_end
            {
                end(self.fetch);
                self.fetch = ptr::null_mut();
            }
        }
    }

    /// Looks in the index. Gives what it points at, if the row is there.
    ///
    /// # Safety
    /// Within a boundary; with a snapshot, and a slot of the table, which is open.
    unsafe fn search(&mut self, open: &Open, by: FindBy, id: &Uuid, last: i32) -> Option<pg_sys::ItemPointerData> {
        // SAFETY: what nodeIndexscan does; the scan's key is a uuid, in the index's only key column.
        unsafe {
            self.index = raw::index_open(by.index, pg_sys::AccessShareLock as i32);
            let snapshot = raw::GetActiveSnapshot();
            #[cfg(not(feature = "pg18"))]
            let opened = raw::index_beginscan(open.0, self.index, snapshot, 1, 0);
            #[cfg(feature = "pg18")]
            let opened = raw::index_beginscan(open.0, self.index, snapshot, ptr::null_mut(), 1, 0);
            self.scan = opened;
            let mut keys: pg_sys::ScanKeyData = std::mem::zeroed();
            let key = Datum::from(id.as_bytes().as_ptr());
            raw::ScanKeyInit(&mut keys, 1, pg_sys::BTEqualStrategyNumber as u16, pg_sys::F_UUID_EQ.into(), key);
            raw::index_rescan(self.scan, &mut keys, 1, ptr::null_mut(), 0);
            loop {
                let pointer = raw::index_getnext_tid(self.scan, pg_sys::ScanDirection::ForwardScanDirection);
                if pointer.is_null() {
                    return None;
                }
                // index_fetch_heap turns it into that of the row's version.
                let pointer = *pointer;
                if raw::index_fetch_heap(self.scan, self.slot) {
                    raw::slot_getsomeattrs_int(self.slot, last);
                    self.is_found = true;
                    return Some(pointer);
                }
            }
        }
    }

    pub fn found<'a>(&self, description: &'a Description) -> Option<Found<'a>> {
        self.is_found.then_some(Found { slot: self.slot, numbers: &description.numbers })
    }
}

/// Whether a table is long enough. What this backend counted last is right until it hears that the table was truncated
/// (smgrtruncate in smgr.c), and it hears of that no later than it gets its lock.
///
/// # Safety
/// Within a boundary; the table is open and locked.
unsafe fn has_block(open: &Open, block: pg_sys::BlockNumber) -> bool {
    const MAIN: pg_sys::ForkNumber::Type = pg_sys::ForkNumber::MAIN_FORKNUM;
    // SAFETY: the caller's promise.
    unsafe {
        let counted = (*open.0).rd_smgr.as_ref().map(|storage| storage.smgr_cached_nblocks[MAIN as usize]);
        counted.is_some_and(|blocks| blocks != pg_sys::InvalidBlockNumber && block < blocks)
            || block < raw::RelationGetNumberOfBlocksInFork(open.0, MAIN)
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: ends what was begun, in reverse order; the index stays locked like its table.
            unsafe {
                boundary(|| {
                    self.end_fetch();
                    if !self.scan.is_null() {
                        raw::index_endscan(self.scan);
                        raw::index_close(self.index, pg_sys::NoLock as i32);
                    }
                    raw::ExecDropSingleTupleTableSlot(self.slot);
                });
            }
        }
    }
}
