//! Background processes: how they are started, sleep, run transactions and end.

use super::shmem::{self, WORKERS};
use super::subtransaction::{Failure, describe};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::AssertUnwindSafe;
use std::ptr;

// As they are, without pgrx's guard, for they are given to PostgreSQL as handlers.
mod raw {
    use super::c_int;
    unsafe extern "C-unwind" {
        pub fn die(signal: c_int);
        pub fn SignalHandlerForConfigReload(signal: c_int);
    }
}

/// What a worker is told when it is started.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Order {
    pub database: Oid,
    pub place: u32,
    pub workers: u32,
}

/// A description of a process. `main` is an exported function of this library.
fn description(name: &str, main: &CStr) -> pg_sys::BackgroundWorker {
    let mut worker = pg_sys::BackgroundWorker::default();
    let write = |to: &mut [c_char], text: &[u8]| {
        to.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte as c_char);
    };
    write(&mut worker.bgw_name, name.as_bytes());
    write(&mut worker.bgw_type, name.as_bytes());
    write(&mut worker.bgw_library_name, b"tracardi");
    write(&mut worker.bgw_function_name, main.to_bytes());
    worker.bgw_flags = (pg_sys::BGWORKER_SHMEM_ACCESS | pg_sys::BGWORKER_BACKEND_DATABASE_CONNECTION) as c_int;
    // Not on a standby; at its promotion.
    worker.bgw_start_time = pg_sys::BgWorkerStartTime::BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = pg_sys::BGW_NEVER_RESTART;
    worker
}

/// Has the postmaster start the coordinator, and start it again should it end. Called while the library is preloaded.
pub fn register_coordinator() {
    let mut worker = description("tracardi coordinator", c"tracardi_coordinator_main");
    worker.bgw_restart_time = 1;
    // SAFETY: the description is copied.
    unsafe { pg_sys::RegisterBackgroundWorker(&mut worker) }
}

/// A worker as the coordinator knows it.
pub struct Handle(*mut pg_sys::BackgroundWorkerHandle);

impl Handle {
    /// `None`: there is no slot left.
    pub fn start(order: &Order) -> Option<Self> {
        let mut worker = description("tracardi worker", c"tracardi_worker_main");
        let mut handle = ptr::null_mut();
        // SAFETY: the order is plain data and fits; the handle lives in memory of this process that is never reset.
        unsafe {
            ptr::copy_nonoverlapping(ptr::from_ref(order).cast(), worker.bgw_extra.as_mut_ptr(), size_of::<Order>());
            worker.bgw_notify_pid = pg_sys::MyProcPid;
            let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
            let started = pg_sys::RegisterDynamicBackgroundWorker(&mut worker, &mut handle);
            pg_sys::MemoryContextSwitchTo(before);
            if started { Some(Handle(handle)) } else { None }
        }
    }

    pub fn has_ended(&self) -> bool {
        let mut pid = 0;
        // SAFETY: the handle is one that RegisterDynamicBackgroundWorker gave.
        unsafe { pg_sys::GetBackgroundWorkerPid(self.0, &mut pid) == pg_sys::BgwHandleStatus::BGWH_STOPPED }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: palloc'd, freed once.
        unsafe { pg_sys::pfree(self.0.cast()) }
    }
}

/// What this worker was told.
pub fn order() -> Order {
    // SAFETY: the coordinator wrote it there.
    unsafe { ptr::read_unaligned((*pg_sys::MyBgworkerEntry).bgw_extra.as_ptr().cast()) }
}

/// Joins a database as a superuser; none: only what databases share can be seen. Called once, first.
pub fn connect(database: Option<Oid>) {
    // SAFETY: as bgworker.h wants it: handlers, then signals, then the connection.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        let set = |signal: u32, handler| {
            pg_sys::pqsignal(signal as c_int, handler);
        };
        #[cfg(feature = "pg18")]
        let set = |signal: u32, handler| pg_sys::pqsignal_be(signal as c_int, handler);
        set(pg_sys::SIGTERM, Some(raw::die as unsafe extern "C-unwind" fn(c_int)));
        set(pg_sys::SIGHUP, Some(raw::SignalHandlerForConfigReload));
        pg_sys::BackgroundWorkerUnblockSignals();
        match database {
            Some(oid) => pg_sys::BackgroundWorkerInitializeConnectionByOid(oid, Oid::INVALID, 0),
            None => pg_sys::BackgroundWorkerInitializeConnection(ptr::null(), ptr::null(), 0),
        }
        // What somebody set for his sessions is not for this one.
        for (name, value) in [
            (c"search_path", c"pg_catalog, pg_temp"),
            (c"default_transaction_read_only", c"off"),
            (c"default_transaction_isolation", c"read committed"),
            (c"session_replication_role", c"origin"),
        ] {
            pg_sys::SetConfigOption(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_OVERRIDE,
            );
        }
    }
}

/// Has this process leave the list of workers when it ends, however it does.
pub fn leave_at_exit(place: usize) {
    // SAFETY: the callback lives as long as the process.
    unsafe { pg_sys::before_shmem_exit(Some(on_exit), Datum::from(place)) }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_exit(_code: c_int, place: Datum) {
    if let Some(shared) = shmem::shared() {
        shared.worker.leave(place.value().min(WORKERS - 1));
    }
}

/// Sleeps until the latch is set, or for so many milliseconds; `None`: for as long as it takes. Ends the process if it is
/// told to end, or the postmaster is gone.
pub fn sleep(milliseconds: Option<i64>) {
    let mut events = pg_sys::WL_LATCH_SET | pg_sys::WL_EXIT_ON_PM_DEATH;
    if milliseconds.is_some() {
        events |= pg_sys::WL_TIMEOUT;
    }
    // SAFETY: this process's own latch.
    unsafe {
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_IDLE, ptr::null());
        pg_sys::pgstat_report_stat(true);
        let timeout = milliseconds.unwrap_or(0).clamp(0, i64::from(i32::MAX));
        pg_sys::WaitLatch(pg_sys::MyLatch, events as c_int, timeout as _, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    accept_signals();
}

/// Lets a shutdown through, and reads the configuration file again if that was asked for.
pub fn accept_signals() {
    super::check_for_interrupts();
    // SAFETY: the flag is sig_atomic_t.
    unsafe {
        if (&raw const pg_sys::ConfigReloadPending).read_volatile() != 0 {
            (&raw mut pg_sys::ConfigReloadPending).write_volatile(0);
            pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
        }
    }
}

/// Runs something in a transaction of its own. `Err`: it failed and is undone. A shutdown passes.
pub fn transaction<R>(activity: &str, run: impl FnOnce() -> R) -> Result<R, Failure> {
    let activity = CString::new(activity).unwrap_or_default();
    // SAFETY: no transaction is open; it ends on both ways (the order is that of PostgresMain).
    unsafe {
        pg_sys::SetCurrentStatementStartTimestamp();
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, activity.as_ptr());
        let result = PgTryBuilder::new(AssertUnwindSafe(|| {
            pg_sys::StartTransactionCommand();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
            let done = run();
            pg_sys::PopActiveSnapshot();
            pg_sys::CommitTransactionCommand();
            Ok(done)
        }))
        .catch_others(|caught| Err(describe(&caught)))
        .execute();
        if result.is_err() {
            super::timeout::quiet();
            pg_sys::AbortCurrentTransaction();
        }
        result
    }
}

/// A database by its name. Within a transaction, also of a process that has joined no database: such a one may use no index.
pub fn database_by_name(name: &CStr) -> Option<Oid> {
    // SAFETY: reads all rows of the catalog that databases share, as the autovacuum launcher does (get_database_list in
    // autovacuum.c); what is opened is closed.
    unsafe {
        let lock = pg_sys::AccessShareLock as c_int;
        let relation = pg_sys::table_open(pg_sys::DatabaseRelationId, lock);
        let scan = pg_sys::systable_beginscan(relation, Oid::INVALID, false, ptr::null_mut(), 0, ptr::null_mut());
        let mut found = None;
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let header = (*tuple).t_data;
            let form: *const pg_sys::FormData_pg_database =
                header.cast::<u8>().add(usize::from((*header).t_hoff)).cast();
            if CStr::from_ptr((*form).datname.data.as_ptr()) == name && (*form).datallowconn {
                found = Some((*form).oid);
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, lock);
        found
    }
}

/// Whether the extension is in this database. Within a transaction.
pub fn extension_is_here() -> bool {
    // SAFETY: reads a catalog.
    unsafe { pg_sys::get_extension_oid(c"tracardi".as_ptr(), true) != Oid::INVALID }
}
