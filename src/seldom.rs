//! What is asked of a table that may be large, so seldom that asking takes a hundredth of the time; but not too seldom.

use crate::pg;
use crate::time::Timestamp;

/// An answer, and for how long it counts.
#[derive(Clone, Copy)]
pub struct Seldom<T> {
    pub answer: T,
    asked_at: Timestamp,
    until: Timestamp,
}

impl<T> Seldom<T> {
    /// `most`: for how many microseconds it counts at most. `spent`: how many were spent already for what is to be as seldom.
    pub fn ask(most: i64, spent: i64, ask: impl FnOnce() -> T) -> Self {
        let asked_at = pg::now();
        let answer = ask();
        let now = pg::now();
        Seldom { answer, asked_at, until: now.plus((100 * (spent + now.0 - asked_at.0)).clamp(0, most)) }
    }

    /// What is made of the answer; none: nothing.
    pub fn and_then<U>(self, make: impl FnOnce(T) -> Option<U>) -> Option<Seldom<U>> {
        Some(Seldom { answer: make(self.answer)?, asked_at: self.asked_at, until: self.until })
    }

    /// Whether it counts at a moment; it does not when the clock was set back.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.asked_at <= now && now < self.until
    }

    /// When it is asked again.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}
