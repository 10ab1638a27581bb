//! Which transactions had committed at a moment: what `pg_snapshot` holds, read from its text and written as such.

use std::fmt;

/// A snapshot of transactions by their 64-bit ids (`pg_snapshot`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Below this, all had ended.
    pub xmin: u64,
    /// From here on, none had.
    pub xmax: u64,
    /// Between the two, those that had not; sorted.
    pub running: Vec<u64>,
}

impl Snapshot {
    /// Reads `xmin:xmax:xid,…`.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (xmin, xmax, list) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        let running: Option<Vec<u64>> =
            list.split(',').filter(|xid| !xid.is_empty()).map(|xid| xid.parse().ok()).collect();
        let mut running = running?;
        running.sort_unstable();
        Some(Snapshot { xmin, xmax, running })
    }

    /// Whether a transaction had committed, given that it has by now.
    pub fn sees(&self, xact: u64) -> bool {
        xact < self.xmin || (xact < self.xmax && self.running.binary_search(&xact).is_err())
    }

    /// Counts a transaction as running: one's own, which no snapshot of its own lists.
    pub fn without(mut self, xact: u64) -> Self {
        if self.sees(xact) {
            self.xmin = self.xmin.min(xact);
            if let Err(place) = self.running.binary_search(&xact) {
                self.running.insert(place, xact);
            }
        }
        self
    }

    /// The same with all ids so much higher.
    pub fn plus(mut self, added: u64) -> Self {
        self.xmin += added;
        self.xmax += added;
        self.running.iter_mut().for_each(|xact| *xact += added);
        self
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.xmin, self.xmax)?;
        self.running.iter().enumerate().try_for_each(|(i, xact)| write!(f, "{}{xact}", if i == 0 { "" } else { "," }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> Snapshot {
        Snapshot::read(text).unwrap()
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        for text in ["10:20:10,14,15", "7:7:", "3:5:3"] {
            assert_eq!(snapshot(text).to_string(), text);
        }
        for text in ["", "1", "1:2", "a:b:c", "1:2:x"] {
            assert_eq!(Snapshot::read(text), None, "{text}");
        }
    }

    #[test]
    fn it_sees_what_was_neither_running_nor_to_come() {
        let seen: Vec<u64> = (8..22).filter(|xact| snapshot("10:20:10,14,15").sees(*xact)).collect();
        assert_eq!(seen, [8, 9, 11, 12, 13, 16, 17, 18, 19]);
    }

    #[test]
    fn its_own_transaction_is_running() {
        let own = snapshot("12:20:14").without(11);
        assert_eq!(own.to_string(), "11:20:11,14");
        assert!(!own.sees(11) && own.sees(10) && own.sees(12));
        assert_eq!(snapshot("12:20:14").without(14), snapshot("12:20:14"));
        assert_eq!(snapshot("12:20:14").without(25), snapshot("12:20:14"));
    }

    #[test]
    fn moved_it_sees_what_moved_with_it() {
        let moved = snapshot("10:20:10,14").plus(1000);
        assert_eq!(moved.to_string(), "1010:1020:1010,1014");
        assert!(moved.sees(1009) && !moved.sees(1014) && !moved.sees(1020));
    }
}
