//! The one pass over the text.

use super::{Document, Kind, Node};

/// The text is not JSON, or could not be read to its end.
#[derive(Debug, PartialEq)]
pub enum Unread {
    /// `at`: the byte at which it shows; `expected`: what could stand there.
    NotJson {
        at: usize,
        expected: &'static str,
    },
    OutOfMemory,
}

/// A text of 4 GB has no place in PostgreSQL; positions take four bytes.
const MAX_LENGTH: usize = u32::MAX as usize;

pub fn scan(text: &str) -> Result<Document<'_>, Unread> {
    if text.len() > MAX_LENGTH {
        return Err(Unread::NotJson { at: MAX_LENGTH, expected: "the end" });
    }
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, nodes: Vec::new() };
    scanner.nodes.try_reserve(text.len() / 16 + 8).map_err(|_| Unread::OutOfMemory)?;
    scanner.document()?;
    Ok(Document { text, nodes: scanner.nodes })
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Scanner<'_> {
    /// A value, with nothing but blanks around it. Containers that are open are on a list, so that no nesting is too deep.
    fn document(&mut self) -> Result<(), Unread> {
        let mut open: Vec<u32> = Vec::new();
        loop {
            self.blanks();
            // A value is due.
            let opened = match self.peek() {
                Some(b'{') => Some(Kind::Object),
                Some(b'[') => Some(Kind::Array),
                _ => None,
            };
            if let Some(kind) = opened {
                let index = self.nodes.len();
                self.push(kind, self.at, 0)?;
                self.at += 1;
                self.blanks();
                match (kind, self.peek()) {
                    (Kind::Object, Some(b'}')) | (Kind::Array, Some(b']')) => self.close(index),
                    (Kind::Object, _) => {
                        push(&mut open, index as u32)?;
                        self.key()?;
                        continue;
                    }
                    _ => {
                        push(&mut open, index as u32)?;
                        continue;
                    }
                }
            } else {
                self.scalar()?;
            }
            // A value is complete: on with the container that it is in, and if that ends, with the one around it.
            loop {
                self.blanks();
                let Some(index) = open.last().map(|index| *index as usize) else {
                    return if self.at == self.bytes.len() { Ok(()) } else { self.expected("the end") };
                };
                self.nodes[index].count += 1;
                match (self.nodes[index].kind, self.peek()) {
                    (Kind::Object, Some(b',')) => {
                        self.at += 1;
                        self.blanks();
                        self.key()?;
                        break;
                    }
                    (_, Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (Kind::Object, Some(b'}')) | (Kind::Array, Some(b']')) => {
                        self.close(index);
                        open.pop();
                    }
                    (Kind::Object, _) => return self.expected("\",\" or \"}\""),
                    _ => return self.expected("\",\" or \"]\""),
                }
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) -> Result<(), Unread> {
        let next = self.nodes.len() as u32 + 1;
        push(&mut self.nodes, Node { kind, start: start as u32, end: end as u32, next, count: 0 })
    }

    /// A container ends here.
    fn close(&mut self, index: usize) {
        self.at += 1;
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index];
        node.end = self.at as u32;
        node.next = next;
    }

    fn key(&mut self) -> Result<(), Unread> {
        if self.peek() != Some(b'"') {
            return self.expected("a key in double quotes");
        }
        self.string()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return self.expected("\":\"");
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Unread> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            _ => self.expected("a value"),
        }
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<(), Unread> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return self.expected("a value");
        }
        self.push(kind, self.at, end)?;
        self.at = end;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Unread> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Kind::Number, start, self.at)
    }

    fn digits(&mut self) -> Result<(), Unread> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.expected("a digit") } else { Ok(()) }
    }

    fn string(&mut self) -> Result<(), Unread> {
        self.at += 1;
        let start = self.at;
        let mut kind = Kind::Plain;
        loop {
            self.at = plain_until(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.push(kind, start, self.at)?;
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    kind = Kind::Escaped;
                    self.escape()?;
                }
                Some(_) => return self.expected("no control character in a string: it must be escaped"),
                None => return self.expected("the end of a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Unread> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|b| b.is_ascii_hexdigit()) {
                        return self.expected("four hexadecimal digits");
                    }
                    self.at += 1;
                }
            }
            _ => return self.expected("an escape sequence"),
        }
        Ok(())
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, Unread> {
        Err(Unread::NotJson { at: self.at, expected })
    }
}

/// Rust's own way ends the process where there is no memory, and with it, in PostgreSQL, every session.
fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Unread> {
    if list.len() == list.capacity() {
        list.try_reserve(1).map_err(|_| Unread::OutOfMemory)?;
    }
    list.push(item);
    Ok(())
}

/// Where a quote, a backslash or a control character stands, from here on; or the end. Eight bytes at a time.
fn plain_until(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // A byte's high bit is set where the byte is below `limit` (at most 128). Bytes after such a one may be marked wrongly,
    // but the first mark is right.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
        let quotes = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslashes = below(word ^ (ONES * u64::from(b'\\')), 1);
        let marks = quotes | backslashes | below(word, 0x20);
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    bytes[at..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).map_or(bytes.len(), |found| at + found)
}
