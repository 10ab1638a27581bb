//! Statements with kept plans, through the server programming interface.

use super::boundary::boundary;
use super::datum::{Arg, FromDatum};
use crate::error::{Code, Refusal};
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::Cell;
use std::ffi::{CString, c_char};
use std::ptr;

/// PostgreSQL's functions as they are (executor/spi.h), for [`boundary`]: without pgrx's guard, which would convert errors.
mod raw {
    use super::*;
    use std::ffi::{c_int, c_long};

    unsafe extern "C-unwind" {
        pub fn SPI_prepare_cursor(
            sql: *const c_char,
            count: c_int,
            types: *mut Oid,
            options: c_int,
        ) -> pg_sys::SPIPlanPtr;
        pub fn SPI_execute_plan(
            plan: pg_sys::SPIPlanPtr,
            values: *mut Datum,
            nulls: *const c_char,
            read_only: bool,
            count: c_long,
        ) -> c_int;
        pub fn SPI_execute_snapshot(
            plan: pg_sys::SPIPlanPtr,
            values: *mut Datum,
            nulls: *const c_char,
            snapshot: pg_sys::Snapshot,
            crosscheck: pg_sys::Snapshot,
            read_only: bool,
            fire_triggers: bool,
            count: c_long,
        ) -> c_int;
    }
}

/// A statement that is planned once in a backend's life; PostgreSQL itself notices when it must be planned again.
pub struct Plan {
    sql: &'static str,
    types: &'static [Oid],
    kept: Cell<pg_sys::SPIPlanPtr>,
}

impl Plan {
    pub const fn new(sql: &'static str, types: &'static [Oid]) -> Self {
        Plan { sql, types, kept: Cell::new(ptr::null_mut()) }
    }

    fn get(&self) -> pg_sys::SPIPlanPtr {
        if self.kept.get().is_null() {
            let sql = CString::new(self.sql).expect("no zero byte in a statement");
            let mut types = self.types.to_vec();
            // SAFETY: called within a Connection; the strings live through the call; kept plans live until freed, so for ever.
            let plan = unsafe {
                let options = pg_sys::CURSOR_OPT_GENERIC_PLAN as i32;
                let (text, count, types) = (sql.as_ptr(), types.len() as i32, types.as_mut_ptr());
                boundary(|| raw::SPI_prepare_cursor(text, count, types, options))
            };
            // SAFETY: the plan was just made and is not kept yet.
            if plan.is_null() || unsafe { pg_sys::SPI_keepplan(plan) } != 0 {
                failed("could not prepare", self.sql);
            }
            self.kept.set(plan);
        }
        self.kept.get()
    }
}

fn failed(what: &str, sql: &str) -> ! {
    Refusal::new(Code::ERRCODE_INTERNAL_ERROR, format!("{what} a statement of tracardi")).detail(sql).raise()
}

/// A connection to the interface. What statements give lives as long as it does.
pub struct Connection(());

impl Connection {
    pub fn open() -> Self {
        // SAFETY: paired with SPI_finish in Drop, or cleaned up by the abort.
        unsafe { pg_sys::SPI_connect_ext(0) };
        Connection(())
    }

    /// Runs a statement, which sees everything before it, of this transaction and committed ones as the isolation level
    /// says. A SELECT takes no transaction id.
    pub fn run(&self, plan: &Plan, args: &[Arg]) -> Rows<'_> {
        self.execute(plan, args, |plan, values, nulls| {
            // SAFETY: as many values and nulls as the plan has parameters (debug_assert in execute), of its types.
            unsafe { boundary(|| raw::SPI_execute_plan(plan, values, nulls, false, 0)) }
        })
    }

    /// Runs SELECTs that see what is committed at this moment, whatever the transaction's snapshot, and what this
    /// transaction did before.
    pub fn latest(&self, plan: &Plan, args: &[Arg]) -> Rows<'_> {
        self.execute(plan, args, |plan, values, nulls| {
            // SAFETY: as in `run`; SPI pushes a copy of the snapshot while the statement runs.
            unsafe {
                let snapshot = pg_sys::GetLatestSnapshot();
                let none = ptr::null_mut();
                boundary(|| raw::SPI_execute_snapshot(plan, values, nulls, snapshot, none, true, true, 0))
            }
        })
    }

    fn execute(
        &self,
        plan: &Plan,
        args: &[Arg],
        call: impl FnOnce(pg_sys::SPIPlanPtr, *mut Datum, *const c_char) -> i32,
    ) -> Rows<'_> {
        assert_eq!(args.len(), plan.types.len(), "{}", plan.sql);
        const MOST: usize = 16;
        let mut values = [Datum::null(); MOST];
        let mut nulls = [b' ' as c_char; MOST];
        for (i, arg) in args.iter().enumerate() {
            match arg.0 {
                Some(datum) => values[i] = datum,
                None => nulls[i] = b'n' as c_char,
            }
        }
        super::act::set_wanted_path();
        if call(plan.get(), values.as_mut_ptr(), nulls.as_ptr()) < 0 {
            failed("could not run", plan.sql);
        }
        // SAFETY: the variables belong to the statement that just ran.
        unsafe { Rows { table: pg_sys::SPI_tuptable, processed: pg_sys::SPI_processed as usize, connection: self } }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: paired with SPI_connect_ext.
            unsafe { pg_sys::SPI_finish() };
        }
    }
}

/// A procedure's own connection, which can end one transaction and begin the next, if the procedure was called so that this
/// may be: not in a transaction block, nor by a function.
pub struct Steps {
    commits: bool,
}

impl Steps {
    /// # Safety
    /// The call information is PostgreSQL's own.
    pub unsafe fn open(call: pg_sys::FunctionCallInfo) -> Self {
        // SAFETY: a procedure's call has a call context (ExecuteCallStmt in functioncmds.c); the tag tells.
        let commits = unsafe {
            let context: *mut pg_sys::CallContext = (*call).context.cast();
            !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_CallContext && !(*context).atomic
        };
        // SAFETY: paired with SPI_finish in Drop, or cleaned up by the abort.
        unsafe { pg_sys::SPI_connect_ext(if commits { pg_sys::SPI_OPT_NONATOMIC as i32 } else { 0 }) };
        Steps { commits }
    }

    pub fn commits(&self) -> bool {
        self.commits
    }

    /// Ends a step: commits, if that may be. No other connection may be open, nobody acted for.
    pub fn commit(&self) {
        if self.commits {
            // SAFETY: in a non-atomic connection; the next transaction begins at once.
            unsafe { pg_sys::SPI_commit() };
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: paired with SPI_connect_ext.
            unsafe { pg_sys::SPI_finish() };
        }
    }
}

/// What a statement gave.
pub struct Rows<'c> {
    table: *mut pg_sys::SPITupleTable,
    /// How many rows it gave or changed.
    pub processed: usize,
    #[expect(dead_code, reason = "rows live in the connection's memory")]
    connection: &'c Connection,
}

impl<'c> Rows<'c> {
    /// A column (from 0) of a row (from 0), of the type that the statement gives there. `None`: NULL, or no such row.
    pub fn get<'r, T: FromDatum<'r>>(&'r self, row: usize, column: usize) -> Option<T> {
        if self.table.is_null() || row >= self.processed {
            return None;
        }
        let mut is_null = false;
        // SAFETY: the row exists; SPI_getbinval checks the column. Types are those of our own statements' columns.
        unsafe {
            let tuple = *(*self.table).vals.add(row);
            let datum = pg_sys::SPI_getbinval(tuple, (*self.table).tupdesc, column as i32 + 1, &mut is_null);
            (!is_null).then(|| T::from_datum(datum))
        }
    }
}

impl Rows<'_> {
    /// Leaves the rows where they are until the connection ends.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        if !self.table.is_null() && !std::thread::panicking() {
            // SAFETY: the table belongs to this connection and is freed once.
            unsafe { pg_sys::SPI_freetuptable(self.table) };
        }
    }
}
