//! Reports of what a transaction that is rolled back can't store: a ring that many write and the worker reads.

use super::{Reason, Shared, my_database, now};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reports that wait to be stored at most; what comes when all wait is lost.
const REPORTS: usize = 256;
/// How often it is tried to store one.
const TRIES: u32 = 10;

/// Microseconds until the next try, after so many that failed. `None`: that was the last.
fn pause(tries: u32) -> Option<i64> {
    (tries < TRIES).then(|| 1_000_000 << (tries - 1))
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
    /// How often it could not be stored, and when it is tried again.
    tries: u32,
    not_before: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    TrackFailed,
    SourceRefused,
}

/// Written by many, read by one at a time (the queue of D. Vyukov: a slot's ticket tells whose turn it is).
#[repr(C)]
pub(super) struct Reports {
    next: AtomicU64,
    first: AtomicU64,
    lost: AtomicU64,
    slots: [Slot; REPORTS],
}

impl Reports {
    /// The first ticket of each slot; all else is zeros.
    pub(super) fn begin(&self) {
        for (i, slot) in self.slots.iter().enumerate() {
            slot.ticket.store(i as u64, Ordering::Relaxed);
        }
    }
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
        let time = now().0;
        let report =
            Report { what, database: my_database(), time, code, constraint, source, tries: 0, not_before: time };
        self.push(report);
        self.worker.want(i64::MIN, Reason::Report);
    }

    fn push(&self, report: Report) {
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
                        return;
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
    }

    /// Puts a report back that could not be stored. After some minutes of trying it is lost.
    pub fn put_back(&self, report: Report) {
        let tries = report.tries + 1;
        match pause(tries) {
            Some(pause) => self.wait(Report { tries, not_before: now().0 + pause, ..report }),
            None => {
                self.reports.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn wait(&self, report: Report) {
        self.push(report);
        self.worker.want(report.not_before, Reason::Report);
    }

    /// Takes the oldest report of this database that is due, past those that wait. Those of other databases are put back: one
    /// that nobody takes, for its database is gone, counts as lost in the end.
    pub fn take_report(&self) -> Option<Report> {
        let now = now().0;
        let reports = &self.reports;
        // Those that wait go to the end, and are not met there again.
        let end = reports.next.load(Ordering::Relaxed);
        loop {
            let turn = reports.first.load(Ordering::Relaxed);
            let slot = &reports.slots[turn as usize % REPORTS];
            if turn >= end || slot.ticket.load(Ordering::Acquire) != turn + 1 {
                return None;
            }
            // SAFETY: the slot is filled; a copy counts only if nobody else took it meanwhile.
            let report = unsafe { (*slot.report.get()).assume_init_read() };
            if reports.first.compare_exchange(turn, turn + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue;
            }
            slot.ticket.store(turn + REPORTS as u64, Ordering::Release);
            if report.not_before > now {
                self.wait(report);
            } else if report.database == my_database() {
                return Some(report);
            } else {
                self.put_back(report);
            }
        }
    }

    /// How many reports found no room, or could not be stored.
    pub fn lost_reports(&self) -> u64 {
        self.reports.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        assert_eq!(
            (pause(1), pause(2), pause(9), pause(10)),
            (Some(1_000_000), Some(2_000_000), Some(256_000_000), None)
        );
    }

    #[test]
    fn short_texts_are_cut_between_characters() {
        assert_eq!(Short::<4>::new("aéé").text(), Some("aé"));
        assert_eq!(Short::<4>::new("abcd").text(), Some("abcd"));
        assert_eq!(Short::<4>::EMPTY.text(), None);
        assert_eq!(Short::<4>::new("").text(), None);
    }
}
