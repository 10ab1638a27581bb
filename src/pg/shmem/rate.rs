//! How fast sources send: a bucket of events for each source that has a limit, which holds what the source may send in one
//! second. All processes share the buckets, if the library is preloaded.

use super::{Shared, my_database, shared, tally::hash};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Sources that have a bucket at the same time; of those on top each backend keeps one of its own.
const BUCKETS: usize = 1024;
const SECOND: u64 = 1_000_000_000;

/// All of it is told by the moment at which the bucket is full again, so zero is a full one.
#[derive(Default)]
#[repr(C)]
pub(super) struct Bucket {
    /// Whose it is; 0: nobody's.
    key: AtomicU64,
    /// In nanoseconds of `clock`.
    full_at: AtomicU64,
}

#[repr(C)]
pub(super) struct Buckets([Bucket; BUCKETS]);

thread_local! {
    /// Where none is shared.
    static OWN: RefCell<HashMap<u64, Bucket>> = RefCell::default();
}

/// When the clock began: in the postmaster, if it loads the library, and so at the same moment for all of its processes.
static BEGINNING: OnceLock<Instant> = OnceLock::new();

/// Nanoseconds, and never back.
pub(super) fn clock() -> u64 {
    BEGINNING.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Takes so many events out of a source's bucket, into which `rate` of them flow in a second. Error: they are not there, and
/// in how many seconds they are.
pub fn take_events(source: &str, events: usize, rate: u32) -> Result<(), u64> {
    let (now, events, rate) = (clock(), events as u64, u64::from(rate.max(1)));
    let key = key(my_database(), source);
    let taken = match shared().and_then(|shared: &Shared| shared.buckets.of(key, now)) {
        Some(bucket) => bucket.take(now, events, rate),
        None => OWN.with_borrow_mut(|own| own.entry(key).or_default().take(now, events, rate)),
    };
    taken.map_err(|nanoseconds| nanoseconds.div_ceil(SECOND))
}

fn key(database: u32, source: &str) -> u64 {
    hash(&[&database.to_ne_bytes(), source.as_bytes()].concat()).max(1)
}

impl Bucket {
    /// Error: in how many nanoseconds it would do. More events than a bucket holds take a full one, and the next ones wait
    /// until that is made good.
    fn take(&self, now: u64, events: u64, rate: u64) -> Result<(), u64> {
        let taken = events.saturating_mul(SECOND) / rate;
        let allowed = SECOND.saturating_sub(taken);
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let missing = full_at.saturating_sub(now);
            if missing > allowed {
                return Err(missing - allowed);
            }
            let next = now.saturating_add(missing).saturating_add(taken);
            match self.full_at.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(changed) => full_at = changed,
            }
        }
    }
}

impl Buckets {
    /// A source's bucket. `None`: there is no room. A bucket that is full is as good as a new one, so it may become another
    /// source's; who was about to take from it takes from that one's, once.
    fn of(&self, key: u64, now: u64) -> Option<&Bucket> {
        let first = key as usize % BUCKETS;
        let buckets = || (0..BUCKETS).map(move |step| &self.0[(first + step) % BUCKETS]);
        let make =
            |bucket: &Bucket, former| bucket.key.compare_exchange(former, key, Ordering::Relaxed, Ordering::Relaxed);
        let found = buckets().find(|bucket| match bucket.key.load(Ordering::Relaxed) {
            0 => make(bucket, 0).is_ok() || bucket.key.load(Ordering::Relaxed) == key,
            owner => owner == key,
        });
        found.or_else(|| {
            buckets().find(|bucket| {
                let owner = bucket.key.load(Ordering::Relaxed);
                bucket.full_at.load(Ordering::Relaxed) <= now && make(bucket, owner).is_ok()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_a_second() {
        let bucket = Bucket::default();
        let now = 7 * SECOND;
        for _ in 0..3 {
            assert_eq!(bucket.take(now, 1, 3), Ok(()));
        }
        assert!(bucket.take(now, 1, 3).is_err_and(|wait| wait <= SECOND / 3 + 1));
        assert_eq!(bucket.take(now + SECOND / 3 + 1, 1, 3), Ok(()));
        assert!(bucket.take(now + SECOND / 3 + 1, 1, 3).is_err());
        // However long nothing was taken, it holds no more.
        assert_eq!(bucket.take(now + 100 * SECOND, 3, 3), Ok(()));
        assert!(bucket.take(now + 100 * SECOND, 1, 3).is_err());
        // What was refused took nothing.
        assert_eq!(bucket.take(now + 101 * SECOND, 3, 3), Ok(()));
    }

    #[test]
    fn more_than_it_holds_takes_a_full_one_and_is_made_good() {
        let bucket = Bucket::default();
        assert_eq!(bucket.take(SECOND, 10, 2), Ok(()));
        assert_eq!(bucket.take(SECOND, 1, 2), Err(9 * SECOND / 2));
        assert_eq!(bucket.take(SECOND, 10, 2), Err(5 * SECOND));
        assert_eq!(bucket.take(6 * SECOND, 10, 2), Ok(()));
        // Whatever the numbers are.
        assert_eq!(Bucket::default().take(SECOND, u64::MAX, 1), Ok(()));
        assert_eq!(Bucket::default().take(u64::MAX, u64::MAX, 1), Ok(()));
    }

    #[test]
    fn each_source_has_its_own_until_there_is_no_room() {
        let buckets = Buckets(std::array::from_fn(|_| Bucket::default()));
        let place = |bucket: &Bucket| bucket as *const Bucket as usize;
        let mut places = std::collections::HashSet::new();
        for n in 0..BUCKETS as u64 {
            let key = key(n as u32 % 3, &format!("source {}", n / 3));
            let bucket = buckets.of(key, 1).unwrap();
            assert_eq!(bucket.take(1, 1, 1), Ok(()));
            assert!(places.insert(place(bucket)));
            assert_eq!(buckets.of(key, 1).map(place), Some(place(bucket)));
        }
        assert!(buckets.of(key(9, "one more"), 1).is_none());
        // Once one is full again it may be another's.
        let more = buckets.of(key(9, "one more"), 1 + SECOND).unwrap();
        assert_eq!(more.take(1 + SECOND, 1, 1), Ok(()));
        assert_eq!(buckets.of(key(9, "one more"), 1 + SECOND).map(place), Some(place(more)));
    }
}
