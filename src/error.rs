//! What can be wrong with a payload, and how it is told.
//!
//! A `Refusal` concerns the whole call and is raised; an `Issue` concerns one event and stands in the answer.

use crate::json::Unread;
use crate::jsonb::Json;
use pgrx::PgLogLevel;
use pgrx::pg_sys::panic::ErrorReport;
use std::borrow::Cow;
use std::fmt;

pub use pgrx::PgSqlErrorCode as Code;

/// A place in the payload, written as a JSON path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Key(Cow<'static, str>),
    Index(usize),
}

impl Path {
    pub fn root() -> Self {
        Path::default()
    }

    pub fn event(index: usize) -> Self {
        Path(vec![Step::Key(Cow::Borrowed("events")), Step::Index(index)])
    }

    pub fn key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// The steps as JSON: keys and numbers.
    pub fn steps(&self) -> impl Iterator<Item = Json<'static>> + '_ {
        self.0.iter().map(|step| match step {
            Step::Key(key) => Json::string(key.clone()),
            Step::Index(index) => Json::Integer(*index as u32),
        })
    }

    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// The place that this path names within the place that another one names.
    pub fn within(&self, outer: Path) -> Path {
        Path(outer.0.into_iter().chain(self.0.iter().cloned()).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) if is_plain(key) => write!(f, ".{key}"),
            // What jsonpath reads back.
            Step::Key(key) => write!(f, ".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

/// Whether a key may stand in a JSON path without quotes.
fn is_plain(key: &str) -> bool {
    let mut characters = key.chars();
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    characters.next().is_some_and(starts) && characters.all(|c| starts(c) || c.is_ascii_digit())
}

/// The whole call is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Where in the payload the reason stands.
    pub path: Option<Path>,
    /// Whether something should stand there and does not.
    pub absent: bool,
    /// In how many seconds it may be tried again.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Refusal {
            code,
            message: message.into(),
            detail: None,
            hint: None,
            path: None,
            absent: false,
            retry_after: None,
        }
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A payload that is not of the protocol's form (22023); the DETAIL names the place.
    pub fn payload(path: Path, message: impl Into<String>, found: &str) -> Self {
        let mut refusal = Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, message)
            .detail(format!("At \"{path}\" of the payload is {found}."));
        refusal.path = Some(path);
        refusal.absent = matches!(found, "nothing" | "a blank string");
        refusal
    }

    /// 53200, where Rust's own way is to end the process, and with it, in PostgreSQL, every session.
    pub fn out_of_memory() -> Self {
        Refusal::new(Code::ERRCODE_OUT_OF_MEMORY, "out of memory")
    }

    /// Raises the error in PostgreSQL.
    pub fn raise(self) -> ! {
        let mut report = ErrorReport::new(self.code, self.message, "");
        if let Some(detail) = self.detail {
            report = report.set_detail(detail);
        }
        if let Some(hint) = self.hint {
            report = report.set_hint(hint);
        }
        report.report(PgLogLevel::ERROR);
        unreachable!("an error does not return")
    }
}

/// A text that should be JSON: 22P02 where it is not, 53200.
impl From<Unread> for Refusal {
    fn from(reason: Unread) -> Self {
        match reason {
            Unread::NotJson { at, expected } => Refusal::new(
                Code::ERRCODE_INVALID_TEXT_REPRESENTATION,
                format!("text is not JSON: expected {expected} at byte {at}"),
            ),
            Unread::OutOfMemory => Refusal::out_of_memory(),
        }
    }
}

/// An empty list with room for so many items as a client wants. Errors: 53200.
pub fn room<T>(count: usize) -> Result<Vec<T>, Refusal> {
    let mut list = Vec::new();
    list.try_reserve_exact(count).map_err(|_| Refusal::out_of_memory())?;
    Ok(list)
}

/// What is wrong, or worth a warning, with one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// The event's place in the payload; none for a system event.
    pub event: Option<usize>,
    /// The event's id as the client wrote it, if it could be read.
    pub id: Option<String>,
    /// An SQLSTATE.
    pub code: String,
    pub message: String,
    pub path: Path,
}

/// A message of at most so many characters.
pub fn truncated(message: &str, characters: usize) -> String {
    match message.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// The five characters of an SQLSTATE.
pub fn sqlstate(code: Code) -> String {
    unpack_sqlstate(code as i32)
}

/// The five characters of an SQLSTATE as PostgreSQL packs it (MAKE_SQLSTATE in elog.h).
pub fn unpack_sqlstate(packed: i32) -> String {
    (0..5).map(|i| char::from(((packed >> (6 * i)) & 0x3F) as u8 + b'0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_are_five_characters() {
        assert_eq!(sqlstate(Code::ERRCODE_INVALID_PARAMETER_VALUE), "22023");
        assert_eq!(sqlstate(Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), "28000");
        assert_eq!(sqlstate(Code::ERRCODE_UNTRANSLATABLE_CHARACTER), "22P05");
    }

    #[test]
    fn paths_are_json_paths() {
        assert_eq!(Path::root().to_string(), "$");
        assert_eq!(Path::event(2).key("time").key("create").to_string(), "$.events[2].time.create");
        let odd = Path::root().key("a b").index(3).key("\"\\").key("2").key("").key("c_1");
        assert_eq!(odd.to_string(), r#"$."a b"[3]."\"\\"."2"."".c_1"#);
        assert_eq!(odd.within(Path::event(0)).to_string(), r#"$.events[0]."a b"[3]."\"\\"."2"."".c_1"#);
    }
}
