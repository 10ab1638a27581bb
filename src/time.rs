//! Moments: the clock, and what clients write.

use crate::jsonb::Value;
use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use std::cell::Cell;

/// A moment, in microseconds since 2000-01-01 00:00 UTC (PostgreSQL's `timestamptz`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

pub const SECOND: i64 = 1_000_000;
pub const HOUR: i64 = 3600 * SECOND;

/// Seconds from 1970 to 2000.
const EPOCH_SHIFT: i64 = 946_684_800;
/// A second after PostgreSQL's first moment, 4714-11-24 BC (MIN_TIMESTAMP in datatype/timestamp.h): room for system events.
const FIRST: i64 = -211_813_488_000_000_000 + SECOND;
/// PostgreSQL's end of time, 294277-01-01 (END_TIMESTAMP).
const END: i64 = 9_223_371_331_200_000_000;

impl Timestamp {
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        Some(Timestamp(micros.checked_sub(EPOCH_SHIFT * SECOND)?)).filter(|time| time.in_range())
    }

    /// Whether PostgreSQL can hold it, and what stands just before it.
    pub fn in_range(self) -> bool {
        (FIRST..END).contains(&self.0)
    }

    pub fn unix_micros(self) -> i64 {
        self.0 + EPOCH_SHIFT * SECOND
    }

    /// ISO 8601, in UTC.
    pub fn to_iso(self) -> String {
        DateTime::from_timestamp_micros(self.unix_micros())
            .map_or_else(String::new, |time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub fn plus(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }
}

thread_local! {
    static LAST: Cell<i64> = const { Cell::new(i64::MIN) };
}

/// Moments that strictly increase within a backend, for events that bring none.
pub struct Clock {
    /// The moment of arrival.
    pub arrival: Timestamp,
}

impl Clock {
    /// `arrival`: the wall clock's moment.
    pub fn new(arrival: Timestamp) -> Self {
        Clock { arrival }
    }

    /// The first of `count` consecutive moments, one microsecond apart, at the arrival or just after the last one given.
    pub fn take(&self, count: usize) -> Timestamp {
        LAST.with(|last| {
            let first = self.arrival.0.max(last.get().saturating_add(1));
            last.set(first + count as i64 - 1);
            Timestamp(first)
        })
    }
}

/// Why a moment could not be read.
#[derive(Debug, PartialEq)]
pub enum BadTime {
    /// Not a string or number, or not in a form of ISO 8601.
    Unreadable,
    /// Outside of what `timestamptz` holds.
    OutOfRange,
}

/// Reads a moment as clients write it: ISO 8601 with date and time (without a zone: UTC), or seconds or milliseconds since
/// 1970 as a number.
pub fn read(value: Value<'_>) -> Result<Timestamp, BadTime> {
    match value {
        Value::String(text) => read_text(text),
        Value::Number(_) => value.as_f64().ok_or(BadTime::Unreadable).and_then(read_number),
        _ => Err(BadTime::Unreadable),
    }
}

/// Reads a moment with a zone; `None` for anything else. For clocks of clients, where a guessed zone would do harm.
pub fn read_zoned(value: Value<'_>) -> Option<Timestamp> {
    match value {
        Value::String(text) => DateTime::parse_from_rfc3339(text.trim())
            .ok()
            .and_then(|t| Timestamp::from_unix_micros(t.timestamp_micros())),
        _ => None,
    }
}

fn read_text(text: &str) -> Result<Timestamp, BadTime> {
    let text = text.trim();
    let micros = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"))
        .map(|t| t.timestamp_micros())
        .or_else(|_| {
            let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
                .iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
                .map(|t| t.and_utc().timestamp_micros())
                .ok_or(BadTime::Unreadable)
        })?;
    Timestamp::from_unix_micros(micros).ok_or(BadTime::OutOfRange)
}

/// Numbers up to this are seconds, larger ones milliseconds (as pydantic, which reads them in Tracardi).
const SECONDS_UP_TO: f64 = 2e10;

fn read_number(number: f64) -> Result<Timestamp, BadTime> {
    let seconds = if number.abs() <= SECONDS_UP_TO { number } else { number / 1000.0 };
    let micros = (seconds * 1e6).round();
    if !micros.is_finite() || micros.abs() >= i64::MAX as f64 {
        return Err(BadTime::OutOfRange);
    }
    Timestamp::from_unix_micros(micros as i64).ok_or(BadTime::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use crate::jsonb::{Json, root};
    use proptest::prelude::*;

    fn text(t: &str) -> Result<i64, BadTime> {
        read(Value::String(t)).map(|t| t.unix_micros())
    }

    #[test]
    fn forms() {
        let micros = 1_700_000_000_000_000;
        assert_eq!(text("2023-11-14T22:13:20Z"), Ok(micros));
        assert_eq!(text("2023-11-14T22:13:20.000Z"), Ok(micros));
        assert_eq!(text(" 2023-11-14T23:13:20+01:00 "), Ok(micros));
        assert_eq!(text("2023-11-14T23:13:20+0100"), Ok(micros));
        assert_eq!(text("2023-11-14 22:13:20+00"), Ok(micros));
        assert_eq!(text("2023-11-14 22:13:20.25"), Ok(micros + 250_000));
        assert_eq!(text("2023-11-14T22:13"), Ok(micros - 20_000_000));
        for bad in ["", "2023-11-14", "yesterday", "2023-13-14T00:00:00Z", "2023-11-14T25:00:00Z"] {
            assert_eq!(text(bad), Err(BadTime::Unreadable), "{bad}");
        }
    }

    #[test]
    fn numbers() {
        let number = |n: u32| {
            let bytes = Json::Integer(n).encode().unwrap();
            read(root(&bytes)).map(|t| t.unix_micros())
        };
        assert_eq!(number(1_700_000_000), Ok(1_700_000_000_000_000));
        assert_eq!(read_number(1.7e12).map(|t| t.unix_micros()), Ok(1_700_000_000_000_000));
        assert_eq!(read_number(1e300), Err(BadTime::OutOfRange));
        assert_eq!(read_number(1e17), Err(BadTime::OutOfRange));
        // Larger than any double, with a digit that is zero between two that are not.
        let mut bytes = Vec::new();
        Document::read("1.00000001e400").unwrap().root().encode(&mut bytes).unwrap();
        assert_eq!(read(root(&bytes)), Err(BadTime::OutOfRange));
        assert_eq!(read(Value::Bool(true)), Err(BadTime::Unreadable));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(micros in -60_000_000_000_000_000i64..250_000_000_000_000_000) {
            let written = chrono::DateTime::from_timestamp_micros(micros).unwrap().naive_utc().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            prop_assume!(written.len() == 27);
            prop_assert_eq!(text(&written), Ok(micros));
        }

        #[test]
        fn any_text_is_read_without_panic(anything in ".{0,40}") {
            let _ = text(&anything);
            let _ = read_zoned(Value::String(&anything));
        }

        #[test]
        fn moments_increase(arrivals in prop::collection::vec((0i64..1000, 1usize..5), 1..50)) {
            let mut last = i64::MIN;
            for (arrival, count) in arrivals {
                let first = Clock::new(Timestamp(arrival)).take(count).0;
                prop_assert!(first > last && first >= arrival);
                last = first + count as i64 - 1;
            }
        }
    }
}
