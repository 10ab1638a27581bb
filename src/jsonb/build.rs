//! The writer: a small tree, and its bytes.

use super::*;
use crate::error::{Code, Refusal};
use std::borrow::Cow;

/// Why a value can't be written.
pub enum Unwritable {
    /// An array or object has more bytes than its entries can say.
    TooLarge,
    OutOfMemory,
}

impl From<Unwritable> for Refusal {
    fn from(reason: Unwritable) -> Self {
        match reason {
            Unwritable::TooLarge => Refusal::new(
                Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
                format!("total size of jsonb elements exceeds the maximum of {LENGTH} bytes"),
            ),
            Unwritable::OutOfMemory => Refusal::out_of_memory(),
        }
    }
}

/// A JSON value to be written.
#[derive(Clone, Debug)]
pub enum Json<'a> {
    Null,
    Integer(u32),
    /// A `numeric`'s bytes, header included.
    Number(Vec<u8>),
    String(Cow<'a, str>),
    /// Pairs in any order; of equal keys the last one counts.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
    Array(Vec<Json<'a>>),
    /// A value that was read.
    Copy(Value<'a>),
}

impl<'a> Json<'a> {
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Json::String(text.into())
    }

    /// A string, or null.
    pub fn optional(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Json::Null, |t| Json::String(t.into()))
    }

    pub fn object<const N: usize>(pairs: [(&'static str, Json<'a>); N]) -> Self {
        Json::Object(pairs.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
    }

    /// The bytes of the jsonb's root container (without the varlena header). Errors: 54000 (more than jsonb can hold), 53200.
    pub fn encode(self) -> Result<Vec<u8>, Refusal> {
        let mut out = Vec::with_capacity(1024);
        match self {
            Json::Object(_) | Json::Array(_) => {
                self.write(&mut out)?;
            }
            Json::Copy(Value::Object(object)) => put(&mut out, object.bytes())?,
            Json::Copy(Value::Array(array)) => put(&mut out, array.bytes())?,
            scalar => {
                let mut container = Container::begin(&mut out, ARRAY | SCALAR, 1)?;
                let kind = scalar.write(&mut out)?;
                container.entry(&mut out, kind)?;
            }
        }
        Ok(out)
    }

    /// Appends the value's data and returns its entry's type.
    fn write(self, out: &mut Vec<u8>) -> Result<u32, Unwritable> {
        Ok(match self {
            Json::Null | Json::Copy(Value::Null) => NULL,
            Json::Copy(Value::Bool(true)) => TRUE,
            Json::Copy(Value::Bool(false)) => FALSE,
            Json::String(text) => {
                put(out, text.as_bytes())?;
                STRING
            }
            Json::Copy(Value::String(text)) => {
                put(out, text.as_bytes())?;
                STRING
            }
            Json::Integer(number) => {
                pad(out)?;
                put(out, &numeric(number))?;
                NUMERIC
            }
            Json::Number(bytes) => {
                pad(out)?;
                put(out, &bytes)?;
                NUMERIC
            }
            Json::Copy(Value::Number(bytes)) => {
                pad(out)?;
                put(out, bytes)?;
                NUMERIC
            }
            Json::Copy(Value::Array(array)) => {
                pad(out)?;
                put(out, array.bytes())?;
                CONTAINER
            }
            Json::Copy(Value::Object(object)) => {
                pad(out)?;
                put(out, object.bytes())?;
                CONTAINER
            }
            Json::Array(items) => {
                let mut container = Container::begin(out, ARRAY, items.len())?;
                for item in items {
                    let kind = item.write(out)?;
                    container.entry(out, kind)?;
                }
                CONTAINER
            }
            Json::Object(mut pairs) => {
                pairs.sort_by(|(a, _), (b, _)| key_order(a.as_bytes(), b.as_bytes()));
                // dedup_by keeps the first of equals: hand the later value on to it.
                pairs.dedup_by(|later, earlier| {
                    let equal = later.0 == earlier.0;
                    if equal {
                        std::mem::swap(&mut later.1, &mut earlier.1);
                    }
                    equal
                });
                let mut container = Container::begin(out, OBJECT, pairs.len())?;
                for (key, _) in &pairs {
                    put(out, key.as_bytes())?;
                    container.entry(out, STRING)?;
                }
                for (_, value) in pairs {
                    let kind = value.write(out)?;
                    container.entry(out, kind)?;
                }
                CONTAINER
            }
        })
    }
}

/// Appends bytes. Rust's own way ends the process where there is no memory, and with it, in PostgreSQL, every session.
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Unwritable> {
    out.try_reserve(bytes.len()).map_err(|_| Unwritable::OutOfMemory)?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// To where numbers and containers begin.
pub fn pad(out: &mut Vec<u8>) -> Result<(), Unwritable> {
    put(out, &[0; 3][..align(out.len()) - out.len()])
}

/// A length or an end offset, as an entry holds it.
fn length(bytes: usize) -> Result<u32, Unwritable> {
    u32::try_from(bytes).ok().filter(|length| *length <= LENGTH).ok_or(Unwritable::TooLarge)
}

/// A container that is being written: header, entries, data (convertJsonbArray, convertJsonbObject in jsonb_util.c).
pub struct Container {
    next_entry: usize,
    index: usize,
    /// Where its data starts, and where the next value's does.
    data: usize,
    start: usize,
}

impl Container {
    /// `count`: of elements, or of pairs.
    pub fn begin(out: &mut Vec<u8>, kind: u32, count: usize) -> Result<Self, Unwritable> {
        if count > COUNT as usize {
            return Err(Unwritable::TooLarge);
        }
        pad(out)?;
        let entries = if kind == OBJECT { 2 * count } else { count };
        put(out, &(kind | count as u32).to_ne_bytes())?;
        let next_entry = out.len();
        out.try_reserve(4 * entries).map_err(|_| Unwritable::OutOfMemory)?;
        out.resize(next_entry + 4 * entries, 0);
        Ok(Container { next_entry, index: 0, data: out.len(), start: out.len() })
    }

    /// Enters the value that was just appended: of an object, all keys in their order, then their values.
    pub fn entry(&mut self, out: &mut [u8], kind: u32) -> Result<(), Unwritable> {
        // Whatever the entry holds, readers add up to the end offset.
        let end = length(out.len() - self.data)?;
        let entry = match self.index % STRIDE {
            0 => kind | HAS_OFFSET | end,
            _ => kind | (out.len() - self.start) as u32,
        };
        out[self.next_entry..self.next_entry + 4].copy_from_slice(&entry.to_ne_bytes());
        self.next_entry += 4;
        self.index += 1;
        self.start = out.len();
        Ok(())
    }
}

/// A whole number as a `numeric` in its short form, header included.
fn numeric(number: u32) -> Vec<u8> {
    let mut digits: Vec<u16> = Vec::with_capacity(3);
    let mut rest = number;
    while rest > 0 {
        digits.insert(0, (rest % 10000) as u16);
        rest /= 10000;
    }
    let weight = digits.len().saturating_sub(1) as u16;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let length = 6 + 2 * digits.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&varlena_header(length));
    bytes.extend_from_slice(&(0x8000 | weight).to_ne_bytes());
    for digit in digits {
        bytes.extend_from_slice(&digit.to_ne_bytes());
    }
    bytes
}

/// The four-byte header of a plain varlena of this whole length (SET_VARSIZE in varatt.h).
pub fn varlena_header(length: usize) -> [u8; 4] {
    if cfg!(target_endian = "little") { ((length as u32) << 2).to_ne_bytes() } else { (length as u32).to_ne_bytes() }
}
