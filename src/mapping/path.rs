//! Paths, as mappings name them: keys joined by dots. A key with a dot or a blank stands in double quotes; one in braces is
//! looked up in the event.

use crate::jsonb::Value;
use std::fmt::Write;

/// A path has at most so many keys.
const MAX_STEPS: usize = 16;

/// Why a path can't be read, and at which character (from 1).
#[derive(Clone, Debug, PartialEq)]
pub struct BadPath {
    pub at: usize,
    pub message: String,
}

/// Where in an event a value stands: `properties.email.main`.
#[derive(Clone, Debug, PartialEq)]
pub struct Source(Vec<String>);

/// Which field of a profile is set: `data.contact.email.main`, `interests.{properties.interest}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Key(String),
    /// The text that stands there in the event.
    From(Source),
}

impl Source {
    pub fn read(text: &str) -> Result<Self, BadPath> {
        let keys = keys(steps(text)?)?;
        match keys[0].as_str() {
            "properties" | "context" => Ok(Source(keys)),
            _ => Err(bad(1, "begins with neither \"properties\" nor \"context\"")),
        }
    }

    /// The value in an event's properties or context; null: there is none.
    pub fn find<'a>(&self, properties: Value<'a>, context: Value<'a>) -> Value<'a> {
        let start = if self.0[0] == "properties" { properties } else { context };
        self.0[1..].iter().fold(start, |value, key| match value {
            Value::Array(list) => key.parse().ok().and_then(|index| list.iter().nth(index)).unwrap_or(Value::Null),
            other => other.get(key),
        })
    }

    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl Target {
    pub fn read(text: &str) -> Result<Self, BadPath> {
        let steps = steps(text)?;
        let column = match &steps[0] {
            Step::Key(key) => key.as_str(),
            Step::From(_) => "",
        };
        match (column, steps.len()) {
            ("primary_id", 1) | ("consents", _) | ("data" | "traits" | "interests", 2..) => Ok(Target(steps)),
            ("data" | "traits" | "interests", _) => Err(bad(1, "names a whole column, not a field of it")),
            ("primary_id", _) => Err(bad(1, "\"primary_id\" has no fields")),
            _ => {
                Err(bad(1, "begins with none of \"primary_id\", \"data\", \"traits\", \"interests\" and \"consents\""))
            }
        }
    }

    /// The keys, if none of them is looked up in the event.
    pub fn fixed(&self) -> Option<Vec<String>> {
        keys(self.0.clone()).ok()
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// A path of these keys, as text.
pub fn write<K: AsRef<str>>(keys: &[K]) -> String {
    let mut text = String::new();
    for key in keys {
        let key = key.as_ref();
        if !text.is_empty() {
            text.push('.');
        }
        match is_plain(key) {
            true => text.push_str(key),
            false => {
                let _ = write!(text, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
            }
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && !key.contains(|c: char| matches!(c, '.' | '"' | '{' | '}' | '\\') || c.is_whitespace())
}

fn bad(at: usize, message: &str) -> BadPath {
    BadPath { at, message: message.to_owned() }
}

fn keys(steps: Vec<Step>) -> Result<Vec<String>, BadPath> {
    steps
        .into_iter()
        .map(|step| match step {
            Step::Key(key) => Ok(key),
            Step::From(_) => Err(bad(1, "a key in braces can't stand here")),
        })
        .collect()
}

/// At least one step.
fn steps(text: &str) -> Result<Vec<Step>, BadPath> {
    let characters: Vec<char> = text.chars().collect();
    let (mut steps, mut at) = (Vec::new(), 0);
    loop {
        let start = at + 1;
        let step = match characters.get(at) {
            Some('"') => Step::Key(quoted(&characters, &mut at)?),
            Some('{') => {
                let end = (at..characters.len()).find(|i| characters[*i] == '}');
                let end = end.ok_or_else(|| bad(start, "a brace is not closed"))?;
                let inner: String = characters[at + 1..end].iter().collect();
                at = end + 1;
                Step::From(Source::read(&inner).map_err(|bad| BadPath { at: bad.at + start, ..bad })?)
            }
            _ => {
                let end = (at..characters.len()).find(|i| characters[*i] == '.').unwrap_or(characters.len());
                let key: String = characters[at..end].iter().collect();
                if !is_plain(&key) {
                    return Err(bad(start, if key.is_empty() { "a key is missing" } else { "a key must be quoted" }));
                }
                at = end;
                Step::Key(key)
            }
        };
        if matches!(&step, Step::Key(key) if crate::id::too_long(key)) {
            return Err(bad(start, "a key has more than 255 characters"));
        }
        steps.push(step);
        match characters.get(at) {
            None => return Ok(steps),
            Some('.') if steps.len() < MAX_STEPS => at += 1,
            Some('.') => return Err(bad(at + 1, "the path has more than 16 keys")),
            Some(_) => return Err(bad(at + 1, "a dot is missing")),
        }
    }
}

/// The key within the quotes that begin here.
fn quoted(characters: &[char], at: &mut usize) -> Result<String, BadPath> {
    let (start, mut key) = (*at + 1, String::new());
    *at += 1;
    loop {
        match (characters.get(*at), characters.get(*at + 1)) {
            (Some('"'), _) => break,
            (Some('\\'), Some(escaped)) => {
                key.push(*escaped);
                *at += 2;
            }
            (Some(plain), _) => {
                key.push(*plain);
                *at += 1;
            }
            (None, _) => return Err(bad(start, "a quote is not closed")),
        }
    }
    *at += 1;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_read() {
        let source = |text| Source::read(text).map(|source| source.0);
        assert_eq!(source("properties.a.0"), Ok(vec!["properties".into(), "a".into(), "0".into()]));
        assert_eq!(source(r#"context."a.b \"c\"".d"#).unwrap()[1], r#"a.b "c""#);
        let at = |text| Target::read(text).map(drop).unwrap_err().at;
        assert_eq!([at(""), at("data"), at("data..a"), at("data.a b"), at("date.a")], [1, 1, 6, 6, 1]);
        assert_eq!([at("data.\"a"), at("data.\"a\"b"), at("data.{properties"), at("data.{profile.a}")], [6, 9, 6, 7]);
        assert_eq!(Target::read("interests.{properties.a}").unwrap().fixed(), None);
        assert!(Target::read("consents").is_ok() && Target::read("primary_id").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Target::read(&text);
            let _ = Source::read(&text);
        }

        #[test]
        fn what_is_written_is_read(keys in proptest::collection::vec(".{0,8}", 1..15)) {
            let keys: Vec<String> = [vec!["traits".to_owned()], keys].concat();
            let written = write(&keys);
            prop_assert_eq!(Target::read(&written).unwrap().fixed(), Some(keys));
        }
    }
}
