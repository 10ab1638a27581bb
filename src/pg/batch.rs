//! Many rows for one statement: a tuplestore that the statement reads by name, as triggers read transition tables.

use super::datum::Arg;
use super::spi::Connection;
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::Cell;
use std::ffi::CStr;
use std::ptr;

/// A column of a batch: its name and type.
pub type Column = (&'static CStr, Oid);

/// The rows; registered under its name in the connection while it lives.
pub struct Batch<'c> {
    store: *mut pg_sys::Tuplestorestate,
    columns: pg_sys::TupleDesc,
    name: &'static CStr,
    #[expect(dead_code, reason = "the batch is registered in this connection")]
    connection: &'c Connection,
}

thread_local! {
    /// The row type of the one batch there is, made once in a backend.
    static COLUMNS: Cell<pg_sys::TupleDesc> = const { Cell::new(ptr::null_mut()) };
}

impl<'c> Batch<'c> {
    /// `rows`: how many there will be, for the planner.
    pub fn new(connection: &'c Connection, name: &'static CStr, columns: &'static [Column], rows: usize) -> Self {
        let columns = row_type(columns);
        // SAFETY: the relation's data outlives its registration: it is unregistered in Drop, or by the abort.
        unsafe {
            let store = pg_sys::tuplestore_begin_heap(false, false, pg_sys::work_mem);
            let relation: *mut pg_sys::EphemeralNamedRelationData =
                pg_sys::palloc0(size_of::<pg_sys::EphemeralNamedRelationData>()).cast();
            (*relation).md.name = name.as_ptr().cast_mut();
            (*relation).md.reliddesc = pg_sys::InvalidOid;
            (*relation).md.tupdesc = columns;
            (*relation).md.enrtype = pg_sys::EphemeralNameRelationType::ENR_NAMED_TUPLESTORE;
            (*relation).md.enrtuples = rows as f64;
            (*relation).reldata = store.cast();
            pg_sys::SPI_register_relation(relation);
            Batch { store, columns, name, connection }
        }
    }

    /// Appends a row; its values are copied.
    pub fn push<const N: usize>(&mut self, row: [Arg; N]) {
        let mut values = row.map(|arg| arg.0.unwrap_or(Datum::null()));
        let mut nulls = row.map(|arg| arg.0.is_none());
        // SAFETY: as many values as the row type has columns (checked), of its types.
        unsafe {
            assert_eq!((*self.columns).natts as usize, N);
            pg_sys::tuplestore_putvalues(self.store, self.columns, values.as_mut_ptr(), nulls.as_mut_ptr());
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: nothing reads the store any more once it is unregistered.
            unsafe {
                pg_sys::SPI_unregister_relation(self.name.as_ptr());
                pg_sys::tuplestore_end(self.store);
            }
        }
    }
}

fn row_type(columns: &[Column]) -> pg_sys::TupleDesc {
    COLUMNS.with(|cell| {
        if cell.get().is_null() {
            // SAFETY: allocated for the backend's life; the types exist, they are PostgreSQL's own.
            cell.set(unsafe {
                let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
                let made = pg_sys::CreateTemplateTupleDesc(columns.len() as i32);
                for (i, (name, oid)) in columns.iter().enumerate() {
                    pg_sys::TupleDescInitEntry(made, i as i16 + 1, name.as_ptr(), *oid, -1, 0);
                }
                pg_sys::MemoryContextSwitchTo(before);
                made
            });
        }
        cell.get()
    })
}
