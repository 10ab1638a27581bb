//! From text to jsonb.

use super::{Element, Fault, Kind, MAX_DEPTH, number};
use crate::error::Code;
use crate::jsonb::{
    ARRAY, CONTAINER, Container, FALSE, NULL, NUMERIC, OBJECT, SCALAR, STRING, TRUE, Unwritable, key_order, pad, put,
};
use std::borrow::Cow;

impl Element<'_> {
    /// Appends the bytes of a jsonb's root container (without the varlena header); they start aligned.
    pub fn encode(self, out: &mut Vec<u8>) -> Result<(), Fault> {
        pad(out)?;
        let mut encoder = Encoder { pairs: Vec::new() };
        match self.node().kind {
            Kind::Array | Kind::Object => encoder.write(self, out, 1).map(|_| ()),
            _ => {
                let mut container = Container::begin(out, ARRAY | SCALAR, 1)?;
                let kind = encoder.write(self, out, 1)?;
                Ok(container.entry(out, kind)?)
            }
        }
    }

    /// The same for an object of these pairs of it alone. A pair that is at fault is left out; gives the first one.
    pub fn encode_fields<'f>(self, fields: &[&'f str], out: &mut Vec<u8>) -> Option<(&'f str, Fault)> {
        let mut wanted: Vec<(&'f str, Element<'_>)> = Vec::with_capacity(fields.len());
        for (key, value) in self.pairs().into_iter().flatten() {
            if let Some(field) = fields.iter().find(|field| key.is(field)) {
                match wanted.iter_mut().find(|(known, _)| known == field) {
                    Some(earlier) => earlier.1 = value,
                    None => wanted.push((*field, value)),
                }
            }
        }
        wanted.sort_by(|(a, _), (b, _)| key_order(a.as_bytes(), b.as_bytes()));
        let mut first = None;
        let start = out.len();
        // Faults are rare: only then it is written anew, without those that have one.
        loop {
            out.truncate(start);
            match write_fields(&wanted, out) {
                Ok(()) => return first,
                Err((at, fault)) => {
                    let (field, _) = wanted.remove(at);
                    first.get_or_insert((field, fault));
                }
            }
        }
    }
}

fn write_fields(wanted: &[(&str, Element<'_>)], out: &mut Vec<u8>) -> Result<(), (usize, Fault)> {
    let keys = |out: &mut Vec<u8>| -> Result<Container, Unwritable> {
        let mut container = Container::begin(out, OBJECT, wanted.len())?;
        for (key, _) in wanted {
            put(out, key.as_bytes())?;
            container.entry(out, STRING)?;
        }
        Ok(container)
    };
    // The keys are few and short: no fault of theirs but that of the first value's.
    let mut container = keys(out).map_err(|reason| (0, reason.into()))?;
    let mut encoder = Encoder { pairs: Vec::new() };
    for (at, (_, value)) in wanted.iter().enumerate() {
        let kind = encoder.write(*value, out, 2).map_err(|fault| (at, fault))?;
        container.entry(out, kind).map_err(|reason| (at, reason.into()))?;
    }
    Ok(())
}

/// A key's bytes and the pair's value.
type Pair<'d> = (Cow<'d, [u8]>, Element<'d>);

struct Encoder<'d> {
    /// Of all objects that are being written, the innermost last.
    pairs: Vec<Pair<'d>>,
}

impl<'d> Encoder<'d> {
    /// Appends a value's data and returns its entry's type. `depth`: how many containers this one would be in, itself too.
    fn write(&mut self, value: Element<'d>, out: &mut Vec<u8>, depth: usize) -> Result<u32, Fault> {
        Ok(match value.node().kind {
            Kind::Null => NULL,
            Kind::True => TRUE,
            Kind::False => FALSE,
            Kind::Number => {
                pad(out)?;
                number::encode(value.slice(), out)?;
                NUMERIC
            }
            Kind::Plain => {
                put(out, value.slice().as_bytes())?;
                STRING
            }
            Kind::Escaped => {
                unescape(value.slice(), out)?;
                STRING
            }
            Kind::Array | Kind::Object if depth > MAX_DEPTH => return Err(TOO_DEEP),
            Kind::Array => {
                let mut container = Container::begin(out, ARRAY, value.node().count as usize)?;
                for element in value.children() {
                    let kind = self.write(element, out, depth + 1)?;
                    container.entry(out, kind)?;
                }
                CONTAINER
            }
            Kind::Object => {
                self.object(value, out, depth)?;
                CONTAINER
            }
        })
    }

    fn object(&mut self, value: Element<'d>, out: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
        let first = self.pairs.len();
        self.pairs.try_reserve(value.node().count as usize).map_err(|_| NO_MEMORY)?;
        for (key, value) in value.pairs().into_iter().flatten() {
            self.pairs.push((key_bytes(key)?, value));
        }
        // A stable sort leaves equal keys in their order; of these the last one counts.
        self.pairs[first..].sort_by(|(a, _), (b, _)| key_order(a, b));
        let mut kept = first;
        for at in first..self.pairs.len() {
            if at + 1 == self.pairs.len() || self.pairs[at].0 != self.pairs[at + 1].0 {
                self.pairs.swap(kept, at);
                kept += 1;
            }
        }
        self.pairs.truncate(kept);
        let mut container = Container::begin(out, OBJECT, kept - first)?;
        for (key, _) in &self.pairs[first..] {
            put(out, key)?;
            container.entry(out, STRING)?;
        }
        for at in first..kept {
            let value = self.pairs[at].1;
            let kind = self.write(value, out, depth + 1)?;
            container.entry(out, kind)?;
        }
        self.pairs.truncate(first);
        Ok(())
    }
}

fn key_bytes(key: Element<'_>) -> Result<Cow<'_, [u8]>, Fault> {
    if key.node().kind == Kind::Plain {
        return Ok(Cow::Borrowed(key.slice().as_bytes()));
    }
    let mut value = Vec::new();
    unescape(key.slice(), &mut value)?;
    Ok(Cow::Owned(value))
}

const TOO_DEEP: Fault = Fault { code: Code::ERRCODE_STATEMENT_TOO_COMPLEX, message: "is nested too deep" };
const TOO_LARGE: Fault = Fault { code: Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message: "is too large for jsonb" };
const NO_MEMORY: Fault = Fault { code: Code::ERRCODE_OUT_OF_MEMORY, message: "needs more memory than there is" };

impl From<Unwritable> for Fault {
    fn from(reason: Unwritable) -> Self {
        match reason {
            Unwritable::TooLarge => TOO_LARGE,
            Unwritable::OutOfMemory => NO_MEMORY,
        }
    }
}

const ZERO: Fault = Fault {
    code: Code::ERRCODE_UNTRANSLATABLE_CHARACTER,
    message: "has the character \\u0000, which PostgreSQL can't hold",
};
const HALF: Fault = Fault {
    code: Code::ERRCODE_INVALID_TEXT_REPRESENTATION,
    message: "has half of a surrogate pair, which is no character",
};

/// Appends what a string with escapes stands for. Its form was checked.
pub fn unescape(text: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
    // What it stands for is never longer.
    out.try_reserve(text.len()).map_err(|_| NO_MEMORY)?;
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let mut length = 2;
        match rest.get(at + 1) {
            Some(b'b') => out.push(0x08),
            Some(b'f') => out.push(0x0C),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'u') => {
                let first = unit(rest, at)?;
                let code = match first {
                    0 => return Err(ZERO),
                    0xD800..0xDC00 => {
                        let second = unit(rest, at + 6)?;
                        if !(0xDC00..0xE000).contains(&second) {
                            return Err(HALF);
                        }
                        length = 12;
                        0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    code => {
                        length = 6;
                        code
                    }
                };
                let character = char::from_u32(code).ok_or(HALF)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(other) => out.push(*other),
            None => {}
        }
        rest = &rest[(at + length).min(rest.len())..];
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// The number in `\uXXXX`, which must stand here.
fn unit(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    match bytes.get(at..at + 6) {
        Some([b'\\', b'u', digits @ ..]) => {
            let digits = std::str::from_utf8(digits).map_err(|_| HALF)?;
            u32::from_str_radix(digits, 16).map_err(|_| HALF)
        }
        _ => Err(HALF),
    }
}
