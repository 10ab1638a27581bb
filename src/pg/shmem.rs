//! What all processes share if the library is preloaded: whom to wake and when, what was counted, and reports of what a
//! transaction that is rolled back can't store. Atomics only: nothing here waits, nothing raises, so callbacks may use it.

use super::now;
use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Workers at most (`tracardi.workers`).
pub const WORKERS: usize = 32;
/// Sources and workflows that are counted each by itself.
const TALLIES: usize = 512;
/// Reports that wait to be stored at most; what comes when all wait is lost.
const REPORTS: usize = 256;

/// Made of zeros when the server starts, but for `since` and the reports' tickets.
#[repr(C)]
pub struct Shared {
    /// When the server started, in PostgreSQL's microseconds.
    since: AtomicI64,
    pub worker: Worker,
    tallies: [Tally; TALLIES],
    reports: Reports,
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
            for (i, slot) in (*memory).reports.slots.iter().enumerate() {
                slot.ticket.store(i as u64, Ordering::Relaxed);
            }
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

/// What is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Source = 1,
    Workflow = 2,
}

/// What is counted of a source: calls and events by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Calls,
    Profile,
    Profileless,
    Ephemeral,
    System,
    Invalid,
    Rejected,
    Duplicate,
    Refused,
    Failed,
}
pub const COUNTS: usize = 10;
pub const COUNT_NAMES: [&str; COUNTS] =
    ["calls", "profile", "profileless", "ephemeral", "system", "invalid", "rejected", "duplicate", "refused", "failed"];

/// Classes of time: four to a power of two of microseconds, the last one for all that is longer (about 19 hours).
const CLASSES: usize = 144;

/// A source's or a workflow's counts. Of a source, those of [`Count`]; of a workflow, runs and failures.
#[repr(C)]
pub struct Tally {
    /// 0: free; 1: being made; 2: in use.
    state: AtomicU32,
    counted: AtomicU32,
    database: AtomicU32,
    length: AtomicU32,
    hash: AtomicU64,
    name: UnsafeCell<[u8; NAME]>,
    counts: [AtomicU64; COUNTS],
    last: AtomicI64,
    classes: [AtomicU32; CLASSES],
}
const NAME: usize = 128;

// SAFETY: the name is written once, before `state` says that it may be read.
unsafe impl Sync for Tally {}

impl Tally {
    fn is(&self, counted: Counted, database: u32, hash: u64, name: &[u8]) -> bool {
        self.counted.load(Ordering::Relaxed) == counted as u32
            && self.database.load(Ordering::Relaxed) == database
            && self.hash.load(Ordering::Relaxed) == hash
            && self.length.load(Ordering::Relaxed) as usize == name.len()
            // SAFETY: in use, so it is not written any more.
            && unsafe { &*self.name.get() }[..name.len().min(NAME)] == name[..name.len().min(NAME)]
    }

    pub fn add(&self, counts: &[u32; COUNTS]) {
        for (total, count) in self.counts.iter().zip(counts).filter(|(_, count)| **count > 0) {
            total.fetch_add(u64::from(*count), Ordering::Relaxed);
        }
        self.last.store(now().0, Ordering::Relaxed);
    }

    /// A workflow's run that took so many microseconds.
    pub fn ran(&self, microseconds: u64) {
        self.counts[0].fetch_add(1, Ordering::Relaxed);
        self.classes[class(microseconds)].fetch_add(1, Ordering::Relaxed);
        self.last.store(now().0, Ordering::Relaxed);
    }

    pub fn failed(&self) {
        self.counts[1].fetch_add(1, Ordering::Relaxed);
    }

    pub fn counts(&self) -> [u64; COUNTS] {
        std::array::from_fn(|i| self.counts[i].load(Ordering::Relaxed))
    }

    /// When it was counted last; 0: never.
    pub fn last(&self) -> i64 {
        self.last.load(Ordering::Relaxed)
    }

    /// The time, in microseconds, that so many of a hundred runs did not exceed, but for a quarter of it.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let classes: Vec<u64> = self.classes.iter().map(|class| u64::from(class.load(Ordering::Relaxed))).collect();
        percentile(&classes, percent)
    }
}

fn percentile(classes: &[u64], percent: u64) -> Option<u64> {
    let total: u64 = classes.iter().sum();
    let wanted = (total * percent).div_ceil(100).max(1);
    let mut seen = 0;
    classes
        .iter()
        .position(|count| {
            seen += count;
            seen >= wanted
        })
        .map(upper)
}

/// The class of a time.
fn class(microseconds: u64) -> usize {
    if microseconds < 4 {
        return microseconds as usize;
    }
    let power = microseconds.ilog2() as usize;
    let quarter = (microseconds >> (power - 2)) as usize & 3;
    ((power - 1) * 4 + quarter).min(CLASSES - 1)
}

/// The longest time of a class.
fn upper(class: usize) -> u64 {
    if class < 4 {
        return class as u64;
    }
    let (power, quarter) = (class / 4 + 1, class as u64 % 4);
    ((5 + quarter) << (power - 2)) - 1
}

/// FNV-1a.
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

impl Shared {
    /// The tally of a source or a workflow of this database. `None`: there is none, or if it is to be made, no room.
    pub fn tally(&self, counted: Counted, name: &str, make: bool) -> Option<(u32, &Tally)> {
        let (name, database) = (name.as_bytes(), my_database());
        let hash = hash(name);
        let start = (hash ^ u64::from(database)) as usize;
        for step in 0..TALLIES {
            let place = start.wrapping_add(step) % TALLIES;
            let tally = &self.tallies[place];
            if tally.state.load(Ordering::Acquire) == 0 {
                if !make {
                    return None;
                }
                if tally.state.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                    tally.counted.store(counted as u32, Ordering::Relaxed);
                    tally.database.store(database, Ordering::Relaxed);
                    tally.length.store(name.len() as u32, Ordering::Relaxed);
                    tally.hash.store(hash, Ordering::Relaxed);
                    let kept = name.len().min(NAME);
                    // SAFETY: being made, by us alone.
                    unsafe { (&mut *tally.name.get())[..kept].copy_from_slice(&name[..kept]) };
                    tally.state.store(2, Ordering::Release);
                    return Some((place as u32, tally));
                }
            }
            while tally.state.load(Ordering::Acquire) == 1 {
                std::hint::spin_loop();
            }
            if tally.is(counted, database, hash, name) {
                return Some((place as u32, tally));
            }
        }
        None
    }

    pub fn tally_at(&self, place: u32) -> &Tally {
        &self.tallies[place as usize]
    }

    /// Those of this database.
    pub fn tallies(&self, counted: Counted) -> impl Iterator<Item = &Tally> {
        self.tallies.iter().filter(move |tally| {
            tally.state.load(Ordering::Acquire) == 2
                && tally.counted.load(Ordering::Relaxed) == counted as u32
                && tally.database.load(Ordering::Relaxed) == my_database()
        })
    }
}

/// A text of bounded length, cut between characters.
#[derive(Clone, Copy)]
pub struct Short<const N: usize> {
    length: u16,
    bytes: [u8; N],
}

impl<const N: usize> Short<N> {
    pub const EMPTY: Self = Short { length: 0, bytes: [0; N] };

    pub fn new(text: &str) -> Self {
        let length = (0..=text.len().min(N)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let mut bytes = [0; N];
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Short { length: length as u16, bytes }
    }

    /// `None`: empty.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes[..self.length as usize]).ok().filter(|text| !text.is_empty())
    }
}

/// What happened that no transaction could store.
#[derive(Clone, Copy)]
pub struct Report {
    pub what: What,
    database: u32,
    /// In PostgreSQL's microseconds.
    pub time: i64,
    /// An SQLSTATE as PostgreSQL packs it.
    pub code: i32,
    pub constraint: Short<64>,
    pub source: Short<255>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    TrackFailed,
    SourceRefused,
}

/// Written by many, read by one at a time (the queue of D. Vyukov: a slot's ticket tells whose turn it is).
#[repr(C)]
struct Reports {
    next: AtomicU64,
    first: AtomicU64,
    lost: AtomicU64,
    slots: [Slot; REPORTS],
}

#[repr(C)]
struct Slot {
    ticket: AtomicU64,
    report: UnsafeCell<std::mem::MaybeUninit<Report>>,
}

// SAFETY: the ticket gives a slot to one process at a time.
unsafe impl Sync for Slot {}

impl Shared {
    /// Leaves a report for the worker, if this database has one, or for `maintain()` where there is no worker at all.
    pub fn report(&self, what: What, code: i32, constraint: Short<64>, source: Short<255>) {
        if !self.worker.serves_here() && !self.worker.serves_nothing() {
            return;
        }
        let report = Report { what, database: my_database(), time: now().0, code, constraint, source };
        let reports = &self.reports;
        let mut turn = reports.next.load(Ordering::Relaxed);
        loop {
            let slot = &reports.slots[turn as usize % REPORTS];
            let ticket = slot.ticket.load(Ordering::Acquire);
            if ticket == turn {
                match reports.next.compare_exchange(turn, turn + 1, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        // SAFETY: the slot is ours until its ticket moves on.
                        unsafe { (*slot.report.get()).write(report) };
                        slot.ticket.store(turn + 1, Ordering::Release);
                        break;
                    }
                    Err(other) => turn = other,
                }
            } else if ticket < turn {
                reports.lost.fetch_add(1, Ordering::Relaxed);
                return;
            } else {
                turn = reports.next.load(Ordering::Relaxed);
            }
        }
        self.worker.want(i64::MIN, Reason::Report);
    }

    /// Takes the oldest report of this database; those of others that no worker serves go by.
    pub fn take_report(&self) -> Option<Report> {
        let reports = &self.reports;
        loop {
            let turn = reports.first.load(Ordering::Relaxed);
            let slot = &reports.slots[turn as usize % REPORTS];
            if slot.ticket.load(Ordering::Acquire) != turn + 1 {
                return None;
            }
            // SAFETY: the slot is filled; a copy counts only if nobody else took it meanwhile.
            let report = unsafe { (*slot.report.get()).assume_init_read() };
            if reports.first.compare_exchange(turn, turn + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue;
            }
            slot.ticket.store(turn + REPORTS as u64, Ordering::Release);
            if report.database == my_database() {
                return Some(report);
            }
        }
    }

    /// How many reports found no room.
    pub fn lost_reports(&self) -> u64 {
        self.reports.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_time_are_a_quarter_wide() {
        for microseconds in (0..5000).chain([1 << 20, 123_456_789, 5_000_000_000]) {
            let upper = upper(class(microseconds));
            assert!(upper >= microseconds && upper - microseconds <= microseconds / 4, "{microseconds} {upper}");
            assert!(upper == 0 || class(upper) == class(microseconds));
        }
        assert_eq!(class(u64::MAX), CLASSES - 1);
    }

    #[test]
    fn percentiles() {
        let mut classes = vec![0; CLASSES];
        assert_eq!(percentile(&classes, 50), None);
        classes[class(3)] = 98;
        classes[class(1000)] = 2;
        assert_eq!(percentile(&classes, 50), Some(3));
        assert_eq!(percentile(&classes, 98), Some(3));
        assert_eq!(percentile(&classes, 99), Some(upper(class(1000))));
    }

    #[test]
    fn short_texts_are_cut_between_characters() {
        assert_eq!(Short::<4>::new("aéé").text(), Some("aé"));
        assert_eq!(Short::<4>::new("abcd").text(), Some("abcd"));
        assert_eq!(Short::<4>::EMPTY.text(), None);
        assert_eq!(Short::<4>::new("").text(), None);
    }
}
