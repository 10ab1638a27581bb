//! JSON as text: read without building a tree, and turned into jsonb as PostgreSQL lays it out in memory.
//!
//! Reading goes over the text once and notes where each value stands (`scan`). What is wanted is then written from the
//! text straight into its place (`encode`). So a document that is JSON can be taken apart although some of it is nothing
//! that jsonb could hold: that part alone is a [`Fault`]. All of it is safe code.

mod encode;
mod number;
mod scan;
mod text;

pub use scan::Unread;
pub use text::{string, text};

use crate::error::Code;
use std::borrow::Cow;

/// How deep containers may be nested in what becomes jsonb: all that walk it later do so on a stack.
pub const MAX_DEPTH: usize = 1000;

/// Something is JSON, but jsonb can't hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// The SQLSTATE that jsonb's own input function has for it.
    pub code: Code,
    pub message: &'static str,
}

/// A text that is JSON, and where its values stand.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

/// One value, or one key. An object's keys and values follow it in turn, an array's elements one by one.
#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// Bytes of the text; of a string, without the quotes.
    start: u32,
    end: u32,
    /// The node after this one and all that is in it.
    next: u32,
    /// How many elements or pairs are in it.
    count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string that stands for itself.
    Plain,
    /// A string with escapes.
    Escaped,
    Array,
    Object,
}

/// A value of a document.
#[derive(Clone, Copy, Debug)]
pub struct Element<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'t> Document<'t> {
    /// Reads JSON (RFC 8259), as PostgreSQL's type json does.
    pub fn read(text: &'t str) -> Result<Self, Unread> {
        scan::scan(text)
    }

    pub fn root(&self) -> Element<'_> {
        Element { document: self, index: 0 }
    }

    /// All strings, keys too, and numbers; a string that can't be one in PostgreSQL as it is written.
    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.nodes.len()).filter_map(|index| {
            let element = Element { document: self, index };
            match element.node().kind {
                Kind::Plain | Kind::Number => Some(Cow::Borrowed(element.slice())),
                Kind::Escaped => Some(element.as_str().unwrap_or(Cow::Borrowed(element.slice()))),
                _ => None,
            }
        })
    }
}

impl<'d> Element<'d> {
    fn node(&self) -> Node {
        self.document.nodes[self.index]
    }

    fn slice(&self) -> &'d str {
        let node = self.node();
        &self.document.text[node.start as usize..node.end as usize]
    }

    /// The value as it is written.
    pub fn written(&self) -> &'d str {
        let node = self.node();
        let quotes = u32::from(matches!(node.kind, Kind::Plain | Kind::Escaped));
        &self.document.text[(node.start - quotes) as usize..(node.end + quotes) as usize]
    }

    /// What it is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match self.node().kind {
            Kind::Null => "null",
            Kind::True | Kind::False => "a boolean",
            Kind::Number => "a number",
            Kind::Plain | Kind::Escaped => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        }
    }

    pub fn is_null(&self) -> bool {
        self.node().kind == Kind::Null
    }

    pub fn is_object(&self) -> bool {
        self.node().kind == Kind::Object
    }

    /// A string's value; none also if it can't be one in PostgreSQL.
    pub fn as_str(&self) -> Option<Cow<'d, str>> {
        match self.node().kind {
            Kind::Plain => Some(Cow::Borrowed(self.slice())),
            Kind::Escaped => {
                let mut value = Vec::new();
                encode::unescape(self.slice(), &mut value).ok()?;
                Some(Cow::Owned(String::from_utf8(value).ok()?))
            }
            _ => None,
        }
    }

    /// How many elements or pairs are in it.
    pub fn len(&self) -> usize {
        self.node().count as usize
    }

    /// An array's elements; none for anything else.
    pub fn elements(self) -> Option<impl Iterator<Item = Element<'d>>> {
        (self.node().kind == Kind::Array).then(|| self.children())
    }

    /// An object's pairs as they are written, equal keys too; none for anything else.
    pub fn pairs(self) -> Option<impl Iterator<Item = (Element<'d>, Element<'d>)>> {
        (self.node().kind == Kind::Object).then(|| {
            let mut children = self.children();
            std::iter::from_fn(move || children.next().zip(children.next()))
        })
    }

    /// Whether it is a string of this value.
    pub fn is(&self, value: &str) -> bool {
        match self.node().kind {
            Kind::Plain => self.slice() == value,
            Kind::Escaped => self.as_str().is_some_and(|text| text == value),
            _ => false,
        }
    }

    fn children(self) -> impl Iterator<Item = Element<'d>> {
        let end = self.node().next as usize;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let child = Element { document: self.document, index };
                index = child.node().next as usize;
                child
            })
        })
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
