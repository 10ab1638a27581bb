//! Counters of sources and workflows, which all processes share.

use super::{Shared, my_database, now};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

/// Sources and workflows that are counted each by itself.
pub(super) const TALLIES: usize = 512;

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
pub(super) fn hash(name: &[u8]) -> u64 {
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
}
