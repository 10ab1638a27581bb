//! What a profile's fields are: of which type, and events of which types may set them.

use crate::json;
use crate::jsonb::{Json, Value, root};
use crate::time;
use chrono::NaiveDate;
use std::collections::HashMap;

/// A field's type (the column `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    Text,
    Number,
    Time,
    List,
    Object,
}

impl FieldType {
    pub fn read(name: &str) -> Option<Self> {
        Some(match name {
            "text" => FieldType::Text,
            "number" => FieldType::Number,
            "time" => FieldType::Time,
            "list" => FieldType::List,
            "object" => FieldType::Object,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            FieldType::Text => "a text",
            FieldType::Number => "a number",
            FieldType::Time => "a date or a time",
            FieldType::List => "a list",
            FieldType::Object => "an object",
        }
    }

    /// A value as a field of this type holds it; none: it can't.
    pub fn take(self, value: Value<'_>) -> Option<Json<'_>> {
        match (self, value) {
            (FieldType::Text, Value::String(_))
            | (FieldType::Number, Value::Number(_))
            | (FieldType::List, Value::Array(_))
            | (FieldType::Object, Value::Object(_)) => Some(Json::Copy(value)),
            (FieldType::Text, Value::Number(_)) => Some(Json::string(json::text(value))),
            (FieldType::Number, Value::String(text)) => number(text).map(Json::Number),
            (FieldType::Time, Value::String(text)) => {
                let is_date = || NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").is_ok();
                (time::read(value).is_ok() || is_date()).then_some(Json::Copy(value))
            }
            (FieldType::Time, Value::Number(_)) => time::read(value).ok().map(|time| Json::string(time.to_iso())),
            (FieldType::List, Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Some(Json::Array(vec![Json::Copy(value)]))
            }
            _ => None,
        }
    }
}

/// A number that was written as a text.
fn number(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    json::Document::read(text.trim()).ok()?.root().encode(&mut bytes).ok()?;
    match root(&bytes) {
        Value::Number(number) => Some(number.to_vec()),
        _ => None,
    }
}

/// The rows of `tracardi.profile_field`, by their paths.
#[derive(Default)]
pub struct Fields {
    pub types: HashMap<String, FieldType>,
    /// Fields that only events of these types set, with all that is beneath them.
    pub locks: Vec<(String, Vec<String>)>,
}

impl Fields {
    /// Whether events of a type may set a field.
    pub fn opens(&self, path: &str, event_type: &str) -> bool {
        let closed = |(locked, types): &(String, Vec<String>)| {
            (locked == path || is_beneath(path, locked) || is_beneath(locked, path))
                && !types.iter().any(|allowed| allowed == event_type)
        };
        !self.locks.iter().any(closed)
    }
}

/// Whether the first path names a part of what the second one names.
pub fn is_beneath(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}
