//! Reshaping: an event's properties and context, made anew from a template. A string of the template that begins with `$`
//! is a jsonpath and stands for the first item that it finds; `$$` stands for `$`.

use crate::error::Path;
use crate::jsonb::{Json, Value, root};
use crate::pg::{self, Varlena};
use crate::schema::{Problem, Reason};
use pgrx::pg_sys::Datum;

/// A template has at most so many bytes, as jsonb.
const MAX_SIZE: usize = 64 * 1024;
/// What paths find has at most so many bytes in all: a template may name the same large part again and again.
const MAX_FOUND: usize = 16 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
const PATH_HINT: &str = "A string that begins with \"$\" is a jsonpath; to mean the text itself, begin it with \"$$\".";

/// A template that can be used.
pub struct Template {
    /// Its root container's bytes.
    bytes: Vec<u8>,
    /// Its paths, in the order of a walk through it.
    paths: Vec<Varlena>,
}

/// What becomes of an event; `None`: it stays as it came. JSON objects' bytes.
#[derive(Debug, Default)]
pub struct Shape {
    pub properties: Option<Vec<u8>>,
    pub context: Option<Vec<u8>>,
}

impl Template {
    /// Reads a template: an object with `properties`, `context` or both, which are objects.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Problem> {
        if bytes.len() > MAX_SIZE {
            return Err(Problem::at("", format!("the template is larger than {MAX_SIZE} bytes")));
        }
        let Value::Object(template) = root(&bytes) else {
            return Err(Problem::at("", format!("the template is not an object but {}", root(&bytes).kind())));
        };
        let mut paths = Vec::new();
        for (key, part) in template.pairs() {
            match (key, part) {
                ("properties" | "context", Value::Object(_)) => compile(part, &format!("/{key}"), 0, &mut paths)?,
                ("properties" | "context", other) => {
                    let message = format!("\"{key}\" is not an object but {}", other.kind());
                    return Err(Problem::at(format!("/{key}"), message));
                }
                _ => {
                    let message = format!("\"{key}\" can't be reshaped; \"properties\" and \"context\" can");
                    return Err(Problem::at(format!("/{key}"), message));
                }
            }
        }
        Ok(Template { bytes, paths })
    }

    /// `document`: what paths read, a jsonb.
    pub fn apply(&self, document: Datum) -> Result<Shape, Reason> {
        let found: Vec<_> = self.paths.iter().map(|path| pg::query_first(document, path)).collect();
        if found.iter().flatten().map(pg::Jsonb::len).sum::<usize>() > MAX_FOUND {
            let message = format!("the event becomes larger than {MAX_FOUND} bytes when it is reshaped");
            return Err(Reason::at(Path::root(), message));
        }
        let mut found =
            found.into_iter().map(|found| found.map_or(Value::Null, pg::Jsonb::root)).collect::<Vec<_>>().into_iter();
        let mut shape = Shape::default();
        if let Value::Object(template) = root(&self.bytes) {
            for (key, part) in template.pairs() {
                let made = Some(pg::encode(fill(part, &mut found)));
                match key {
                    "properties" => shape.properties = made,
                    _ => shape.context = made,
                }
            }
        }
        Ok(shape)
    }
}

fn compile(part: Value<'_>, pointer: &str, depth: usize, paths: &mut Vec<Varlena>) -> Result<(), Problem> {
    if depth > MAX_DEPTH {
        return Err(Problem::at(pointer, format!("the template is nested more than {MAX_DEPTH} levels deep")));
    }
    match part {
        Value::String(text) if is_path(text) => {
            let refuse =
                |failure: pg::Failure| Problem { hint: Some(PATH_HINT), ..Problem::at(pointer, failure.message) };
            paths.push(pg::attempt(|| pg::parse_jsonpath(text)).map_err(refuse)?);
            Ok(())
        }
        Value::Object(object) => {
            object.pairs().try_for_each(|(key, part)| compile(part, &format!("{pointer}/{key}"), depth + 1, paths))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, part)| compile(part, &format!("{pointer}/{i}"), depth + 1, paths)),
        _ => Ok(()),
    }
}

fn fill<'a>(part: Value<'a>, found: &mut std::vec::IntoIter<Value<'a>>) -> Json<'a> {
    match part {
        Value::String(text) if is_path(text) => Json::Copy(found.next().unwrap_or(Value::Null)),
        Value::String(text) if text.starts_with('$') => Json::string(&text[1..]),
        Value::Object(object) => {
            Json::Object(object.pairs().map(|(key, part)| (key.into(), fill(part, found))).collect())
        }
        Value::Array(items) => Json::Array(items.iter().map(|part| fill(part, found)).collect()),
        literal => Json::Copy(literal),
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('$') && !text.starts_with("$$")
}
