//! What all processes share if the library is preloaded: whom to wake and when, what was counted, how fast sources send, and
//! reports of what a transaction that is rolled back can't store. Atomics only: nothing here waits, nothing raises, so callbacks may use it.

mod rate;
mod report;
mod suspect;
mod tally;

use super::now;
use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;
pub use rate::take_events;
use report::Reports;
pub use report::{Report, Short, What};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use suspect::Suspects;
pub use suspect::{Running, end_watch, is_deadly, watch_workflows};
use tally::TALLIES;
pub use tally::{COUNT_NAMES, COUNTS, Count, Counted, Tally};

/// Workers at most (`tracardi.workers`).
pub const WORKERS: usize = 32;

/// Made of zeros when the server starts, but for `since` and the reports' tickets.
#[repr(C)]
pub struct Shared {
    /// When the server started, in PostgreSQL's microseconds.
    since: AtomicI64,
    pub worker: Worker,
    tallies: [Tally; TALLIES],
    buckets: rate::Buckets,
    reports: Reports,
    suspects: Suspects,
}

/// The coordinator and its workers, as those see them who want something of them.
#[repr(C)]
pub struct Worker {
    /// Latches, in shared memory themselves; 0: none.
    coordinator: AtomicUsize,
    latches: [AtomicUsize; WORKERS],
    /// The database that they serve; 0: none.
    database: AtomicU32,
    /// The backend for whose statement the workers are to leave the database; 0: none.
    held_by: AtomicI32,
    /// Whether a latch was set that nobody has noticed yet.
    woken: AtomicBool,
    /// Whether each event that is stored is to wake them.
    eager: AtomicBool,
    /// Until when they sleep; MIN: they don't.
    sleep_until: AtomicI64,
    /// The earliest moment that somebody asked for since they woke.
    wanted: AtomicI64,
    /// What for: bits of [`Reason`].
    reasons: AtomicU32,
}

/// What the workers are woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Something is due at some moment.
    Due = 1,
    Configuration = 2,
    Events = 4,
    /// The history of a merged profile is to be moved.
    History = 8,
    Report = 16,
}

static SHARED: AtomicPtr<Shared> = AtomicPtr::new(ptr::null_mut());

/// `None`: the library is not preloaded.
pub fn shared() -> Option<&'static Shared> {
    // SAFETY: null, or set once to memory that lives as long as the process.
    unsafe { SHARED.load(Ordering::Relaxed).as_ref() }
}

struct Hooks(Cell<pg_sys::shmem_request_hook_type>, Cell<pg_sys::shmem_startup_hook_type>);
// SAFETY: PostgreSQL's processes have one thread.
unsafe impl Sync for Hooks {}
static PREVIOUS: Hooks = Hooks(Cell::new(None), Cell::new(None));

/// Called once, while the postmaster loads the library.
pub fn register() {
    rate::clock();
    // SAFETY: hooks are set while the library is loaded; those before are called on.
    unsafe {
        PREVIOUS.0.set(pg_sys::shmem_request_hook);
        pg_sys::shmem_request_hook = Some(on_request);
        PREVIOUS.1.set(pg_sys::shmem_startup_hook);
        pg_sys::shmem_startup_hook = Some(on_startup);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_request() {
    // SAFETY: called by the postmaster when memory may be asked for.
    unsafe {
        if let Some(previous) = PREVIOUS.0.get() {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous());
        }
        pg_sys::RequestAddinShmemSpace(size_of::<Shared>());
    }
}

/// Also after a crash, when everything begins anew.
#[pg_guard]
unsafe extern "C-unwind" fn on_startup() {
    // SAFETY: called by the postmaster before it has children; what is not found is ours to fill.
    unsafe {
        if let Some(previous) = PREVIOUS.1.get() {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous());
        }
        let mut found = false;
        let memory: *mut Shared = pg_sys::ShmemInitStruct(c"tracardi".as_ptr(), size_of::<Shared>(), &mut found).cast();
        if !found {
            ptr::write_bytes(memory.cast::<u8>(), 0, size_of::<Shared>());
            (*memory).since.store(now().0, Ordering::Relaxed);
            (*memory).reports.begin();
            (*memory).suspects.begin();
        }
        SHARED.store(memory, Ordering::Relaxed);
    }
}

fn my_database() -> u32 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::MyDatabaseId }.to_u32()
}

fn my_latch() -> usize {
    // SAFETY: this process's latch, which is in shared memory once it has joined.
    unsafe { pg_sys::MyLatch as usize }
}

fn set_latch(latch: usize) {
    if latch != 0 {
        // SAFETY: a latch in shared memory; if it is another process's by now, that one is woken for nothing.
        unsafe { pg_sys::SetLatch(latch as *mut pg_sys::Latch) }
    }
}

impl Shared {
    pub fn since(&self) -> i64 {
        self.since.load(Ordering::Relaxed)
    }
}

impl Worker {
    /// Makes this process the coordinator.
    pub fn coordinate(&self) {
        self.coordinator.store(my_latch(), Ordering::SeqCst);
    }

    pub fn wake_coordinator(&self) {
        set_latch(self.coordinator.load(Ordering::SeqCst));
    }

    /// The coordinator says which database is served. Workers of another one leave.
    pub fn serve(&self, database: Oid) {
        if self.database.swap(database.to_u32(), Ordering::SeqCst) != database.to_u32() {
            self.wake_all();
        }
    }

    /// Whether this backend's database is the one that is served.
    pub fn serves_here(&self) -> bool {
        self.database.load(Ordering::Relaxed) == my_database()
    }

    pub fn serves_nothing(&self) -> bool {
        self.database.load(Ordering::Relaxed) == 0
    }

    /// Makes this process one of the workers.
    pub fn join(&self, place: usize) {
        self.latches[place].store(my_latch(), Ordering::SeqCst);
    }

    pub fn leave(&self, place: usize) {
        self.latches[place].store(0, Ordering::SeqCst);
    }

    pub fn runs(&self) -> bool {
        self.latches.iter().any(|latch| latch.load(Ordering::Relaxed) != 0)
    }

    /// Asks the workers to leave their database, for a statement that wants it for itself.
    pub fn hold(&self) {
        // SAFETY: reads a variable of this backend.
        self.held_by.store(unsafe { pg_sys::MyProcPid }, Ordering::SeqCst);
        self.wake_all();
    }

    pub fn release(&self) {
        self.held_by.store(0, Ordering::SeqCst);
        self.wake_coordinator();
    }

    /// Whether somebody who is still there wants the database for himself.
    pub fn is_held(&self) -> bool {
        let pid = self.held_by.load(Ordering::SeqCst);
        // SAFETY: looks the process up in shared memory.
        if pid != 0 && unsafe { pg_sys::BackendPidGetProc(pid) }.is_null() {
            self.held_by.store(0, Ordering::SeqCst);
        }
        self.held_by.load(Ordering::SeqCst) != 0
    }

    /// Wakes the workers unless they are up by then anyway.
    pub fn want(&self, at: i64, reason: Reason) {
        self.reasons.fetch_or(reason as u32, Ordering::SeqCst);
        self.wanted.fetch_min(at, Ordering::SeqCst);
        if at < self.sleep_until.load(Ordering::SeqCst) && !self.woken.swap(true, Ordering::SeqCst) {
            self.wake_all();
        }
    }

    fn wake_all(&self) {
        self.latches.iter().for_each(|latch| set_latch(latch.load(Ordering::SeqCst)));
    }

    /// The first worker wakes the others.
    pub fn wake_others(&self) {
        self.latches.iter().skip(1).for_each(|latch| set_latch(latch.load(Ordering::SeqCst)));
    }

    pub fn is_eager(&self) -> bool {
        self.eager.load(Ordering::Relaxed)
    }

    /// The first worker is up: from now on what is wanted is noted only. Gives what it was woken for.
    pub fn begin(&self) -> Reasons {
        self.sleep_until.store(i64::MIN, Ordering::SeqCst);
        self.woken.store(false, Ordering::SeqCst);
        self.wanted.store(i64::MAX, Ordering::SeqCst);
        Reasons(self.reasons.swap(0, Ordering::SeqCst))
    }

    /// The first worker goes to sleep. Gives until when, for somebody may have wanted something meanwhile.
    pub fn sleep(&self, until: i64, eager: bool) -> i64 {
        self.eager.store(eager, Ordering::SeqCst);
        self.sleep_until.store(until, Ordering::SeqCst);
        until.min(self.wanted.load(Ordering::SeqCst))
    }
}

/// What the workers were woken for.
#[derive(Clone, Copy)]
pub struct Reasons(u32);

impl Reasons {
    pub fn has(self, reason: Reason) -> bool {
        self.0 & reason as u32 != 0
    }
}
