//! A profile while events change it: a tree that is opened only where something is set.

use super::field::{FieldType, is_beneath};
use super::path;
use crate::jsonb::{Json, Value, root};
use crate::pg::numeric;
use crate::time::{self, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

/// An object of a profile's has at most so many keys, and a list so many items, that came by mapping: clients choose them.
const MOST: usize = 1000;
/// What is set has at most so many bytes, as jsonb.
pub const MAX_SIZE: usize = 64 * 1024;
/// Numbers are calculated with up to this, and in so many bytes, so that none outgrows `numeric`.
const MAX_NUMBER: f64 = 1e30;
const MAX_DIGITS: usize = 64;

/// The columns that hold JSON objects.
pub const COLUMNS: [&str; 4] = ["data", "traits", "interests", "consents"];

type Pairs<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

pub struct Draft<'a> {
    /// `{"primary_id", "data", "traits", "interests", "consents"}`
    columns: Json<'a>,
    /// Which event last set which field: `{path: [time, event id]}`.
    fields: Pairs<'a>,
    changed: Vec<String>,
}

/// The field that is being changed.
pub struct Field<'f> {
    pub keys: &'f [String],
    /// The same as text.
    pub path: &'f str,
    pub field_type: Option<FieldType>,
}

impl Field<'_> {
    fn refuses(&self, value: &str) -> String {
        let what = self.field_type.map_or("something else", FieldType::name);
        format!("\"{}\" takes {what}, not {value}", self.path)
    }
}

/// The event that changes it.
#[derive(Clone, Copy)]
pub struct By {
    pub event: Uuid,
    pub time: Timestamp,
}

impl<'a> Draft<'a> {
    /// `columns`: the bytes of those of [`COLUMNS`].
    pub fn new(primary_id: Option<&'a str>, columns: [&'a [u8]; 4], fields: &'a [u8]) -> Self {
        let mut all: Pairs<'a> = vec![("primary_id".into(), Json::optional(primary_id))];
        for (name, bytes) in COLUMNS.into_iter().zip(columns) {
            all.push((name.into(), Json::Copy(root(bytes))));
        }
        let fields = match root(fields) {
            Value::Object(fields) => fields.pairs().map(|(path, entry)| (path.into(), Json::Copy(entry))).collect(),
            _ => Vec::new(),
        };
        Draft { columns: Json::Object(all), fields, changed: Vec::new() }
    }

    /// A field's value; null: there is none.
    pub fn get(&self, keys: &[String]) -> Json<'a> {
        let mut here = &self.columns;
        for (depth, key) in keys.iter().enumerate() {
            here = match here {
                Json::Object(pairs) => match pairs.iter().find(|(known, _)| known == key) {
                    Some((_, value)) => value,
                    None => return Json::Null,
                },
                Json::Copy(value) => return Json::Copy(keys[depth..].iter().fold(*value, |v, key| v.get(key))),
                _ => return Json::Null,
            };
        }
        here.clone()
    }

    /// Sets a field, unless a later event did.
    pub fn set(&mut self, field: &Field<'_>, value: Value<'a>, by: By) -> Result<(), String> {
        if self.is_set_later(field.path, by.time) {
            return Ok(());
        }
        let taken = match field.field_type {
            Some(field_type) => field_type.take(value).ok_or_else(|| field.refuses(value.kind()))?,
            None => Json::Copy(value),
        };
        if field.keys[0] == "primary_id" {
            return self.set_primary_id(field, value_of(&taken), by);
        }
        self.put(field, taken, by)?;
        self.fields.retain(|(known, _)| !is_beneath(known, field.path));
        Ok(())
    }

    /// The same with a value that was made.
    pub fn set_json(&mut self, field: &Field<'_>, value: Json<'a>, by: By) -> Result<(), String> {
        match value {
            Json::Copy(value) => self.set(field, value, by),
            _ if self.is_set_later(field.path, by.time) => Ok(()),
            made => {
                self.put(field, made, by)?;
                self.fields.retain(|(known, _)| !is_beneath(known, field.path));
                Ok(())
            }
        }
    }

    /// Sets a field that is null, blank or empty.
    pub fn set_if_blank(&mut self, field: &Field<'_>, value: Value<'a>, by: By) -> Result<(), String> {
        match is_blank(&self.get(field.keys)) {
            true => self.set(field, value, by),
            false => Ok(()),
        }
    }

    /// An id is trimmed, and a blank one is none.
    fn set_primary_id(&mut self, field: &Field<'_>, value: Value<'_>, by: By) -> Result<(), String> {
        let Value::String(id) = value else { return Ok(()) };
        match id.trim() {
            "" => Ok(()),
            id if crate::id::too_long(id) => Err(format!("\"{}\" has at most 255 characters", field.path)),
            id => self.put(field, Json::string(id.to_owned()), by),
        }
    }

    /// Adds a value to a list, or all of a list, each once.
    pub fn append(&mut self, field: &Field<'_>, value: Value<'a>, by: By) -> Result<(), String> {
        if field.field_type.is_some_and(|known| known != FieldType::List) {
            return Err(field.refuses("a list"));
        }
        let mut items = match self.get(field.keys) {
            Json::Array(items) => items,
            Json::Copy(Value::Array(list)) => list.iter().map(Json::Copy).collect(),
            Json::Null | Json::Copy(Value::Null) => Vec::new(),
            Json::Object(_) | Json::Copy(Value::Object(_)) => {
                return Err(format!("\"{}\" of the profile is an object, not a list", field.path));
            }
            scalar => vec![scalar],
        };
        let mut add = |item: Value<'a>| {
            if !items.iter().any(|known| is_same(value_of(known), item)) {
                items.push(Json::Copy(item));
            }
        };
        match value {
            Value::Array(list) => list.iter().for_each(add),
            item => add(item),
        }
        if items.len() > MOST {
            return Err(format!("\"{}\" has no room for more than {MOST} values", field.path));
        }
        self.put(field, Json::Array(items), by)
    }

    /// Adds a number, or subtracts it; null counts as 0.
    pub fn add(&mut self, field: &Field<'_>, value: Value<'_>, subtract: bool, by: By) -> Result<(), String> {
        if field.field_type.is_some_and(|known| known != FieldType::Number) {
            return Err(field.refuses("a number"));
        }
        let refuse = || format!("\"{}\" takes a number, not {}", field.path, value.kind());
        let Some(number) = FieldType::Number.take(value) else { return Err(refuse()) };
        let (old, zero) = (self.get(field.keys), zero());
        let old = match value_of(&old) {
            Value::Null => &zero[..],
            Value::Number(number) => number,
            other => return Err(format!("\"{}\" of the profile is {}, not a number", field.path, other.kind())),
        };
        let calculate = if subtract { numeric::subtract } else { numeric::add };
        match value_of(&number) {
            Value::Number(number) if is_modest(old) && is_modest(number) => {
                let sum = calculate(old, number);
                match is_modest(&sum) {
                    true => self.put(field, Json::Number(sum), by),
                    false => Err(out_of_range(field)),
                }
            }
            _ => Err(out_of_range(field)),
        }
    }

    /// Sets a field to the quotient of two others; 0 if there is none.
    pub fn divide(&mut self, field: &Field<'_>, [a, b]: [&[String]; 2], by: By) -> Result<(), String> {
        let (a, b) = (self.get(a), self.get(b));
        let quotient = match (value_of(&a), value_of(&b)) {
            (Value::Number(a), Value::Number(b)) if is_modest(a) && is_modest(b) && !numeric::equal(b, &zero()) => {
                numeric::divide(a, b)
            }
            _ => zero(),
        };
        match is_modest(&quotient) {
            true => self.put(field, Json::Number(quotient), by),
            false => Err(out_of_range(field)),
        }
    }

    /// Removes a field, unless a later event set it.
    pub fn delete(&mut self, field: &Field<'_>, by: By) {
        if self.is_set_later(field.path, by.time) {
            return;
        }
        let Some((last, above)) = field.keys.split_last() else { return };
        if above.is_empty() {
            // A whole column.
            let empty = if last == "primary_id" { Json::Null } else { Json::Object(Vec::new()) };
            if let Ok(column) = place(&mut self.columns, field.keys) {
                *column = empty;
            }
        }
        let is_there = !above.is_empty() && !matches!(self.get(above), Json::Null | Json::Copy(Value::Null));
        if is_there
            && let Ok(object) = place(&mut self.columns, above)
            && let Some(pairs) = opened(object)
        {
            pairs.retain(|(key, _)| key != last);
        }
        self.fields.retain(|(known, _)| !is_beneath(known, field.path));
        self.note(field, by);
    }

    fn put(&mut self, field: &Field<'_>, value: Json<'a>, by: By) -> Result<(), String> {
        let size = match &value {
            Json::Copy(Value::String(text)) => text.len(),
            Json::Copy(Value::Array(list)) => list.bytes().len(),
            Json::Copy(Value::Object(object)) => object.bytes().len(),
            Json::Array(items) => items.iter().map(|item| size_of_item(value_of(item))).sum(),
            _ => 0,
        };
        if size > MAX_SIZE {
            return Err(format!("\"{}\" takes at most {MAX_SIZE} bytes", field.path));
        }
        *place(&mut self.columns, field.keys)? = value;
        self.note(field, by);
        Ok(())
    }

    /// Records who set it.
    fn note(&mut self, field: &Field<'_>, by: By) {
        if !self.changed.contains(&field.keys[0]) {
            self.changed.push(field.keys[0].clone());
        }
        let entry = || Json::Array(vec![Json::string(by.time.to_iso()), Json::string(by.event.to_string())]);
        match self.fields.iter_mut().find(|(known, _)| known == field.path) {
            Some((_, known)) if set_at(known).is_some_and(|at| at > by.time) => {}
            Some((_, known)) => *known = entry(),
            None => self.fields.push((field.path.to_owned().into(), entry())),
        }
    }

    /// Whether a later event set the field, a part of it, or what it is part of.
    fn is_set_later(&self, path: &str, time: Timestamp) -> bool {
        let concerns = |known: &str| known == path || is_beneath(known, path) || is_beneath(path, known);
        self.fields.iter().any(|(known, entry)| concerns(known) && set_at(entry).is_some_and(|at| at > time))
    }

    /// What became of it: the columns that changed, by name, and what is known of who set the fields. None: it is as it was.
    pub fn finish(self) -> Option<(Pairs<'a>, Json<'a>)> {
        let Json::Object(mut columns) = self.columns else { return None };
        columns.retain(|(name, _)| self.changed.iter().any(|changed| changed == name));
        (!self.changed.is_empty()).then_some((columns, Json::Object(self.fields)))
    }
}

fn out_of_range(field: &Field<'_>) -> String {
    format!("\"{}\" is out of range", field.path)
}

/// A leaf as it would be read; what was built here, and is none, is null.
pub fn value_of<'v>(json: &'v Json<'_>) -> Value<'v> {
    match json {
        Json::Copy(value) => *value,
        Json::String(text) => Value::String(text),
        Json::Number(bytes) => Value::Number(bytes),
        Json::Null | Json::Integer(_) | Json::Object(_) | Json::Array(_) => Value::Null,
    }
}

fn is_blank(json: &Json<'_>) -> bool {
    match json {
        Json::Object(pairs) => pairs.is_empty(),
        Json::Array(items) => items.is_empty(),
        leaf => match value_of(leaf) {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(list) => list.len() == 0,
            Value::Object(object) => object.pairs().next().is_none(),
            Value::Bool(_) | Value::Number(_) => false,
        },
    }
}

fn is_same(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numeric::equal(a, b),
        (a, b) => a == b,
    }
}

fn size_of_item(value: Value<'_>) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.bytes().len(),
        Value::Object(object) => object.bytes().len(),
        Value::Number(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) => 0,
    }
}

fn is_modest(number: &[u8]) -> bool {
    number.len() <= MAX_DIGITS && Value::Number(number).as_f64().is_some_and(|n| n.abs() <= MAX_NUMBER)
}

fn zero() -> Vec<u8> {
    let bytes = crate::pg::encode(Json::Integer(0));
    match root(&bytes) {
        Value::Number(number) => number.to_vec(),
        _ => Vec::new(),
    }
}

fn set_at(entry: &Json<'_>) -> Option<Timestamp> {
    let time = match entry {
        Json::Array(items) => value_of(items.first()?),
        Json::Copy(Value::Array(list)) => list.iter().next()?,
        _ => return None,
    };
    time::read(time).ok()
}

/// The pairs of an object.
fn opened<'t, 'a>(json: &'t mut Json<'a>) -> Option<&'t mut Pairs<'a>> {
    if let Json::Copy(Value::Object(object)) = json {
        *json = Json::Object(object.pairs().map(|(key, value)| (key.into(), Json::Copy(value))).collect());
    }
    match json {
        Json::Object(pairs) => Some(pairs),
        _ => None,
    }
}

/// A field's place, made with the objects around it where there is none.
fn place<'t, 'a>(columns: &'t mut Json<'a>, keys: &[String]) -> Result<&'t mut Json<'a>, String> {
    let mut here = columns;
    for (depth, key) in keys.iter().enumerate() {
        if matches!(here, Json::Null | Json::Copy(Value::Null)) {
            *here = Json::Object(Vec::new());
        }
        let above = || path::write(&keys[..depth]);
        let Some(pairs) = opened(here) else {
            return Err(format!("\"{}\" of the profile is not an object", above()));
        };
        let index = match pairs.iter().position(|(known, _)| known == key) {
            Some(index) => index,
            None if pairs.len() >= MOST => {
                return Err(format!("\"{}\" has no room for more than {MOST} fields", above()));
            }
            None => {
                pairs.push((key.clone().into(), Json::Null));
                pairs.len() - 1
            }
        };
        here = &mut pairs[index].1;
    }
    Ok(here)
}
