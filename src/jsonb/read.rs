//! The reader: a view over a container's bytes.

use super::*;
use std::cmp::Ordering;

/// One JSON value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// A number, as the bytes of a PostgreSQL `numeric`, header included.
    Number(&'a [u8]),
    String(&'a str),
    Array(Array<'a>),
    Object(Object<'a>),
}

/// A JSON array, as its container's bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a>(&'a [u8]);

/// A JSON object, as its container's bytes; without any, the empty object.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Object<'a>(&'a [u8]);

/// Objects with up to so many keys are searched from the front.
const FEW: usize = 16;

/// The value of a jsonb's root container (its bytes without the varlena header).
pub fn root(bytes: &[u8]) -> Value<'_> {
    match header(bytes) {
        Some(h) if h & SCALAR != 0 => Entries::new(bytes, count(bytes)).next().unwrap_or(Value::Null),
        Some(h) if h & OBJECT != 0 => Value::Object(Object(bytes)),
        Some(h) if h & ARRAY != 0 => Value::Array(Array(bytes)),
        _ => Value::Null,
    }
}

impl<'a> Value<'a> {
    /// What it is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// The value of an object's key; null for anything else.
    pub fn get(&self, key: &str) -> Value<'a> {
        match self {
            Value::Object(object) => object.get(key),
            _ => Value::Null,
        }
    }

    /// A number as the nearest double.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(bytes) => numeric_to_f64(bytes),
            _ => None,
        }
    }
}

impl<'a> Object<'a> {
    /// The object's container: what follows the varlena header when it stands alone.
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// A key's value; null if there is no such key.
    pub fn get(&self, key: &str) -> Value<'a> {
        match count(self.0) {
            0 => None,
            pairs if pairs <= FEW => self.get_of_few(key, pairs),
            pairs => self.get_of_many(key, pairs),
        }
        .unwrap_or(Value::Null)
    }

    /// From the front: each entry tells where the next one starts.
    fn get_of_few(&self, key: &str, pairs: usize) -> Option<Value<'a>> {
        let keys = data(self.0, 2 * pairs)?;
        let mut start = 0;
        for i in 0..pairs {
            let end = end(entry(self.0, i)?, start);
            // Keys are sorted by length, then bytewise (lengthCompareJsonbStringValue).
            match (end.checked_sub(start)?).cmp(&key.len()) {
                Ordering::Equal if keys.get(start..end)? == key.as_bytes() => {
                    return value_at(self.0, 2 * pairs, pairs + i);
                }
                Ordering::Greater => return None,
                _ => start = end,
            }
        }
        None
    }

    fn get_of_many(&self, key: &str, pairs: usize) -> Option<Value<'a>> {
        let (mut low, mut high) = (0, pairs);
        while low < high {
            let middle = (low + high) / 2;
            match key_order(self.key(middle)?, key.as_bytes()) {
                Ordering::Equal => return value_at(self.0, 2 * pairs, pairs + middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The keys with their values, in the order of jsonb.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let pairs = count(self.0);
        let (mut keys, mut values) = (Entries::new(self.0, pairs), Entries::new(self.0, pairs));
        (keys.entries, values.entries) = (2 * pairs, 2 * pairs);
        values.skip_to(pairs);
        keys.zip(values).filter_map(|(key, value)| match key {
            Value::String(key) => Some((key, value)),
            _ => None,
        })
    }

    fn key(&self, index: usize) -> Option<&'a [u8]> {
        let (start, length) = span(self.0, index)?;
        data(self.0, 2 * count(self.0))?.get(start..start + length)
    }
}

impl<'a> Array<'a> {
    /// The array's container: what follows the varlena header when it stands alone.
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }

    pub fn len(&self) -> usize {
        count(self.0)
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        Entries::new(self.0, self.len())
    }
}

/// Values in order, each found from the one before.
struct Entries<'a> {
    container: &'a [u8],
    /// How many entries the container has in all.
    entries: usize,
    /// The last of these values, excluded.
    last: usize,
    next: usize,
    offset: usize,
}

impl<'a> Entries<'a> {
    /// The first values of a container, which are all but in an object, whose keys come first.
    fn new(container: &'a [u8], count: usize) -> Self {
        Entries { container, entries: count, last: count, next: 0, offset: 0 }
    }

    /// From an object's keys to its values.
    fn skip_to(&mut self, index: usize) {
        self.offset = span(self.container, index).map_or(usize::MAX, |(start, _)| start);
        self.next = index;
        self.last = 2 * index;
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.next >= self.last {
            return None;
        }
        let entry = entry(self.container, self.next)?;
        let start = self.offset;
        let end = end(entry, start);
        self.next += 1;
        self.offset = end;
        decode(data(self.container, self.entries)?, entry, start, end.checked_sub(start)?)
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    let start = index.checked_mul(4)?;
    Some(u32::from_ne_bytes(bytes.get(start..start + 4)?.try_into().ok()?))
}

fn header(container: &[u8]) -> Option<u32> {
    word(container, 0)
}

fn count(container: &[u8]) -> usize {
    header(container).map_or(0, |h| (h & COUNT) as usize)
}

fn entry(container: &[u8], index: usize) -> Option<u32> {
    word(container, 1 + index)
}

/// Where an entry's value ends, if it starts here.
fn end(entry: u32, start: usize) -> usize {
    match entry & HAS_OFFSET {
        0 => start.saturating_add((entry & LENGTH) as usize),
        _ => (entry & LENGTH) as usize,
    }
}

/// What follows a container's entries.
fn data(container: &[u8], entries: usize) -> Option<&[u8]> {
    container.get(4 * (1 + entries)..)
}

/// Where an entry's value starts in the data, and how long it is.
fn span(container: &[u8], index: usize) -> Option<(usize, usize)> {
    let mut start = 0;
    for before in (0..index).rev() {
        let e = entry(container, before)?;
        start += (e & LENGTH) as usize;
        if e & HAS_OFFSET != 0 {
            break;
        }
    }
    let e = entry(container, index)?;
    let length = (e & LENGTH) as usize;
    match e & HAS_OFFSET {
        0 => Some((start, length)),
        _ => Some((start, length.checked_sub(start)?)),
    }
}

fn value_at(container: &[u8], entries: usize, index: usize) -> Option<Value<'_>> {
    let (start, length) = span(container, index)?;
    decode(data(container, entries)?, entry(container, index)?, start, length)
}

fn decode(data: &[u8], entry: u32, start: usize, length: usize) -> Option<Value<'_>> {
    let end = start.checked_add(length)?;
    match entry & TYPE {
        STRING => Some(Value::String(std::str::from_utf8(data.get(start..end)?).ok()?)),
        NUMERIC => Some(Value::Number(data.get(align(start)..end)?)),
        FALSE => Some(Value::Bool(false)),
        TRUE => Some(Value::Bool(true)),
        NULL => Some(Value::Null),
        CONTAINER => Some(root(data.get(align(start)..end)?)),
        _ => None,
    }
}

/// Reads a finite `numeric` (src/backend/utils/adt/numeric.c: NumericShort, NumericLong, digits to base 10000).
fn numeric_to_f64(bytes: &[u8]) -> Option<f64> {
    let u16_at = |i: usize| Some(u16::from_ne_bytes(bytes.get(i..i + 2)?.try_into().ok()?));
    let head = u16_at(4)?;
    let (negative, weight, digits) = match head & 0xC000 {
        0x8000 => {
            let weight = (head & 0x3F) as i32 - if head & 0x40 != 0 { 0x40 } else { 0 };
            (head & 0x2000 != 0, weight, 6)
        }
        0xC000 => return None,
        sign => (sign == 0x4000, u16_at(6)? as i16 as i32, 8),
    };
    let mut result = 0.0;
    let mut position = digits;
    let mut exponent = weight;
    while let Some(digit) = u16_at(position) {
        // Of a number beyond all doubles the power is infinite, and no digit at all must add to that.
        if digit != 0 {
            result += f64::from(digit) * 10000f64.powi(exponent);
        }
        position += 2;
        exponent -= 1;
    }
    Some(if negative { -result } else { result })
}
