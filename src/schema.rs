//! JSON Schema: what the properties or the context of an event must be like.
//!
//! A schema is compiled once in a backend and reads events as jsonb, in place. Neither compiling nor checking can run away:
//! what a schema may be like is limited (`limits`), its patterns take linear time, and what is read is measured
//! (`measured`).

mod limits;
mod measured;

use crate::error::{Path, truncated};
use crate::jsonb::{self, Value};
use crate::pg;
use jsonschema::error::ValidationErrorKind;
use jsonschema::json::{Jsonb, Node};
use jsonschema::{PatternOptions, ValidationError, Validator};
use measured::{Exceeded, Measured};
use std::cell::OnceCell;

/// A schema has at most so many bytes, as jsonb.
const MAX_SIZE: usize = 64 * 1024;
/// What is checked has at most so many bytes, as jsonb.
const MAX_CHECKED: usize = 1024 * 1024;
/// A pattern, compiled, has at most so many bytes: the time to match grows with it.
const MAX_PATTERN: usize = 64 * 1024;
const PATTERN_HINT: &str =
    "A pattern is a regular expression without lookaround and backreferences, and not larger than 64 kB when compiled.";
/// What a pattern may use of memory to be quick.
const PATTERN_CACHE: usize = 256 * 1024;
/// Steps that checking one event against one schema may take.
const MAX_STEPS: u64 = 1_000_000;
/// What reasons take of memory while they are found: they hold their places, and where branches meet all those of each branch.
const MAX_REASONS_SIZE: u64 = 64 * 1024 * 1024;
/// What a step may add to that: so much, and so much for each level that the event is nested.
const REASON_SIZE: (u64, u64) = (200, 3);
/// So many levels are counted.
const MAX_LEVELS: usize = 4000;
/// So many reasons are told at most.
const MAX_REASONS: usize = 50;
/// In characters: names of properties, which may be of any length, are part of it.
const MAX_MESSAGE: usize = 500;

/// Why a schema, or a template, can't be used.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where in it: a JSON pointer.
    pub pointer: String,
    pub message: String,
    pub hint: Option<&'static str>,
}

impl Problem {
    pub fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { pointer: pointer.into(), message: message.into(), hint: None }
    }
}

/// Why an event is not valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Where in the event.
    pub path: Path,
    pub message: String,
    /// The name of the schema that says so, if it has one.
    pub schema: Option<String>,
}

impl Reason {
    pub fn at(path: Path, message: String) -> Self {
        Reason { path, message, schema: None }
    }
}

/// A schema, compiled at its first use.
pub struct Schema {
    /// The root container's bytes.
    bytes: Vec<u8>,
    compiled: OnceCell<Result<Validator<Measured>, Problem>>,
}

impl Schema {
    /// `bytes`: a jsonb's root container.
    pub fn new(bytes: Vec<u8>) -> Self {
        Schema { bytes, compiled: OnceCell::new() }
    }

    /// What is wrong with the schema itself.
    pub fn problem(&self) -> Option<&Problem> {
        self.compiled().as_ref().err()
    }

    fn compiled(&self) -> &Result<Validator<Measured>, Problem> {
        self.compiled.get_or_init(|| compile(&self.bytes))
    }

    /// All reasons why a JSON object does not meet the schema, up to a limit; none: it does. `object`: its container's bytes,
    /// none: an empty one. `place`: where in the event it stands.
    pub fn check(&self, object: &[u8], place: &'static str) -> Vec<Reason> {
        const EMPTY: [u8; 4] = 0x2000_0000_u32.to_ne_bytes();
        let object = if object.is_empty() { &EMPTY } else { object };
        let whole = |message: String| vec![Reason::at(Path::root().key(place), message)];
        let validator = match self.compiled() {
            Ok(validator) => validator,
            Err(problem) => return whole(format!("the schema can't be used: {}", problem.message)),
        };
        if object.len() > MAX_CHECKED {
            return whole(format!("value is larger than {MAX_CHECKED} bytes, and was not checked"));
        }
        let checked = measured::within(MAX_STEPS, || validator.is_valid(Measured::root(object)));
        let told = checked.and_then(|valid| match valid {
            true => Ok(Vec::new()),
            false => measured::within(steps_to_tell(object), || reasons(validator, object, place)),
        });
        told.unwrap_or_else(|exceeded| {
            whole(match exceeded {
                Exceeded::Steps => "value takes too many steps to check".to_owned(),
                Exceeded::Depth => "value is nested too deep to check".to_owned(),
            })
        })
    }
}

fn compile(bytes: &[u8]) -> Result<Validator<Measured>, Problem> {
    if bytes.len() > MAX_SIZE {
        return Err(Problem::at("", format!("the schema is larger than {MAX_SIZE} bytes")));
    }
    let schema = Jsonb::root(bytes).to_value();
    limits::check(&schema)?;
    jsonschema::options_for::<Measured>()
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(PATTERN_CACHE))
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| {
            let is_pattern = matches!(error.kind(), ValidationErrorKind::Format { format } if format == "regex");
            let problem = Problem::at(error.instance_path().as_str(), truncated(&error.to_string(), MAX_MESSAGE));
            Problem { hint: is_pattern.then_some(PATTERN_HINT), ..problem }
        })
}

fn steps_to_tell(object: &[u8]) -> u64 {
    let (step, level) = REASON_SIZE;
    MAX_STEPS.min(MAX_REASONS_SIZE / (step + level * levels(jsonb::root(object), MAX_LEVELS) as u64))
}

/// How deep a value is nested, as far as it is looked into.
fn levels(value: Value<'_>, most: usize) -> usize {
    if most == 0 || pg::stack_is_too_deep() {
        return most;
    }
    let deepest = match value {
        Value::Array(items) => items.iter().map(|item| levels(item, most - 1)).max(),
        Value::Object(members) => members.pairs().map(|(_, member)| levels(member, most - 1)).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

fn reasons(validator: &Validator<Measured>, object: &[u8], place: &'static str) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for error in validator.iter_errors(Measured::root(object)) {
        if reasons.len() == MAX_REASONS {
            reasons.push(Reason::at(Path::root().key(place), "there are more reasons".to_owned()));
            break;
        }
        let reason = Reason::at(path(object, error.instance_path().as_str(), place), message(&error));
        // References that meet tell the same twice.
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// The message without values: they may be large, and are nobody's business where messages go.
fn message(error: &ValidationError<'_>) -> String {
    let message = match error.kind() {
        ValidationErrorKind::FalseSchema => "value is not allowed".to_owned(),
        ValidationErrorKind::AdditionalItems { limit } => format!("value has more than {limit} items"),
        ValidationErrorKind::Contains => "value has no item that meets \"contains\"".to_owned(),
        ValidationErrorKind::Not { .. } => "value meets the schema in \"not\"".to_owned(),
        ValidationErrorKind::PropertyNames { error } => format!("name of a property: {}", error.masked()),
        _ => error.masked().to_string(),
    };
    truncated(&message, MAX_MESSAGE)
}

/// A JSON pointer as a path. Whether a part of it is a key or an index, the value tells.
fn path(object: &[u8], pointer: &str, place: &'static str) -> Path {
    let mut value = jsonb::root(object);
    let mut path = Path::root().key(place);
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        (path, value) = match (value, key.parse()) {
            (Value::Array(items), Ok(index)) => (path.index(index), items.iter().nth(index).unwrap_or(Value::Null)),
            (Value::Object(members), _) => {
                let member = members.get(&key);
                (path.key(key), member)
            }
            _ => (path.key(key), Value::Null),
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::Json;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the keys: they stay keys, and indexes stay indexes.
        #[test]
        fn a_pointer_becomes_a_path(outer in ".{0,6}|[0-9]{1,2}", inner in ".{0,6}|[0-9]{1,2}", index in 0usize..40) {
            let leaf = Json::Object(vec![(inner.clone().into(), Json::Null)]);
            let items = (0..40).map(|i| if i == index { leaf.clone() } else { Json::Null }).collect();
            let object = Json::Object(vec![(outer.clone().into(), Json::Array(items))]).encode().unwrap();
            let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
            let pointer = format!("/{}/{index}/{}", escape(&outer), escape(&inner));
            let wanted = Path::root().key("properties").key(outer).index(index).key(inner);
            prop_assert_eq!(path(&object, &pointer, "properties"), wanted);
        }

        #[test]
        fn any_pointer_becomes_some_path(pointer in ".{0,20}") {
            let object = Json::object([("a", Json::Array(vec![Json::Null]))]).encode().unwrap();
            prop_assert!(path(&object, &pointer, "context").to_string().starts_with("$.context"));
        }
    }

    #[test]
    fn the_root_is_the_place() {
        assert_eq!(path(&Json::object([]).encode().unwrap(), "", "context"), Path::root().key("context"));
    }
}
