//! Which workflow each worker is running, so that one at which it dies again and again is found out, also if the whole server
//! goes down with it.

use super::{Short, WORKERS, shared};
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::ptr;

/// So many deaths in a row, without a step that was committed between them, are no accident.
const DEATHS: u32 = 3;

/// What is known at one place of the workers.
#[repr(C)]
#[derive(Clone, Copy)]
struct Notes {
    /// Whether a workflow is running, and which.
    runs: bool,
    running: Short<255>,
    /// At which workflow the workers before died, and how many of them.
    suspect: Short<255>,
    deaths: u32,
}

impl Notes {
    fn suspects(&self, workflow: &str) -> bool {
        self.suspect.text() == Short::<255>::new(workflow).text()
    }
}

#[repr(C)]
pub(super) struct Suspects([UnsafeCell<Notes>; WORKERS]);

// SAFETY: a place belongs to the one worker that has it; all of them are the postmaster's when its children are gone.
unsafe impl Sync for Suspects {}

/// The postmaster's: what was known when the memory before was given up.
struct Saved(Cell<Option<[Notes; WORKERS]>>);
// SAFETY: PostgreSQL's processes have one thread.
unsafe impl Sync for Saved {}
static SAVED: Saved = Saved(Cell::new(None));

thread_local! {
    /// This worker's place.
    static PLACE: Cell<Option<usize>> = const { Cell::new(None) };
    /// Whether the suspect was run, or dealt with, in this transaction.
    static TRIED: Cell<bool> = const { Cell::new(false) };
}

impl Suspects {
    /// Called by the postmaster when it has made the memory.
    pub(super) fn begin(&self) {
        if let Some(saved) = SAVED.0.take() {
            for (place, notes) in self.0.iter().zip(saved) {
                // SAFETY: there is no other process yet.
                unsafe { *place.get() = notes };
            }
        }
        // SAFETY: the callback lives as long as the process; children forget it.
        unsafe { pg_sys::on_shmem_exit(Some(save), Datum::from(0)) }
    }
}

/// The server crashed, or ends: its processes are gone, its memory is still there.
#[pg_guard]
unsafe extern "C-unwind" fn save(_code: c_int, _arg: Datum) {
    if let Some(shared) = shared() {
        // SAFETY: nobody else is there.
        SAVED.0.set(Some(shared.suspects.0.each_ref().map(|place| unsafe { ptr::read(place.get()) })));
    }
}

/// Runs something on this worker's notes; elsewhere, nothing.
fn with_notes<R>(run: impl FnOnce(&mut Notes) -> R) -> Option<R> {
    let place = shared()?.suspects.0.get(PLACE.get()?)?;
    // SAFETY: the place is this process's.
    Some(run(unsafe { &mut *place.get() }))
}

/// This process is the worker at a place. Whatever the one before was running when it ended is suspected.
pub fn watch_workflows(place: usize) {
    PLACE.set(Some(place));
    with_notes(|notes| {
        if std::mem::take(&mut notes.runs) {
            notes.deaths = if notes.suspect.text() == notes.running.text() { notes.deaths + 1 } else { 1 };
            notes.suspect = notes.running;
        }
    });
}

/// While it lives, a workflow is running in this worker.
pub struct Running(());

impl Running {
    pub fn begin(workflow: &str) -> Self {
        with_notes(|notes| {
            if notes.deaths > 0 && notes.suspects(workflow) {
                TRIED.set(true);
            }
            notes.running = Short::new(workflow);
            notes.runs = true;
        });
        Running(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        with_notes(|notes| notes.runs = false);
    }
}

/// Whether this is the workflow at which workers die. Whoever asks deals with it.
pub fn is_deadly(workflow: &str) -> bool {
    let deadly = with_notes(|notes| notes.deaths >= DEATHS && notes.suspects(workflow)).unwrap_or(false);
    if deadly {
        TRIED.set(true);
    }
    deadly
}

/// A step has ended. If it was committed, with the suspect in it, that was no crime.
pub fn end_watch(committed: bool) {
    if TRIED.replace(false) && committed {
        with_notes(|notes| notes.deaths = 0);
    }
}
