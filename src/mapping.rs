//! What events tell of their profile: mappings set fields of it, as the events' types say (`tracardi.event_mapping`).
//!
//! All mappings of a call are one UPDATE of the profile's row, which is locked before it is read: two events of one person at
//! the same moment lose nothing. They read what the events say; no copy of that is stored with the events.

mod draft;
mod field;
mod path;

use crate::config::Config;
use crate::error::{Code, Issue, Path, Refusal, sqlstate, truncated};
use crate::event::{Kind, Row};
use crate::event_type::{Subject, holds};
use crate::jsonb::{Json, Value, root};
use crate::pg::{self, Arg, Connection, Plan, Varlena};
use crate::time::Timestamp;
use draft::{By, COLUMNS, Draft, Field, MAX_SIZE, value_of};
pub use field::{FieldType, Fields};
use path::{BadPath, Step, Target};
pub use path::{Source, write as write_path};
use pgrx::pg_sys::{BOOLOID, JSONBOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use uuid::Uuid;

/// A row of `tracardi.event_mapping` that is enabled.
pub struct Mapping {
    target: Target,
    /// The target's keys and text, if none of them is looked up in the event.
    fixed: Option<(Vec<String>, String)>,
    operation: Operation,
    source: Option<Source>,
    /// A constant, in place of what the source does not find: a root container's bytes.
    value: Option<Vec<u8>>,
    /// A jsonpath.
    condition: Option<Varlena>,
}

/// A field's keys, and the same as text.
type Named<'m> = (Cow<'m, [String]>, Cow<'m, str>);

/// What is done with the field.
#[derive(Clone, Debug, PartialEq)]
enum Operation {
    Equals,
    EqualsIfNotExists,
    Append,
    Add,
    Subtract,
    Delete,
    /// The quotient of two other fields.
    Ratio([Vec<String>; 2]),
}

/// As the column's check names them.
const OPERATIONS: &str = "equals, equals_if_not_exists, append, add, subtract, increment, decrement, delete and ratio";

/// Why a mapping can't be used: the column where the reason stands, and the reason.
struct Unusable(&'static str, String);

impl Mapping {
    /// Reads a row's columns.
    fn read(
        profile_path: &str,
        operation: &str,
        source: Option<&str>,
        value: Option<Vec<u8>>,
        condition: Option<Varlena>,
    ) -> Result<Self, Unusable> {
        let bad = |column| move |bad: BadPath| Unusable(column, format!("at character {}: {}", bad.at, bad.message));
        let target = Target::read(profile_path).map_err(bad("profile_path"))?;
        let source = source.map(Source::read).transpose().map_err(bad("source"))?;
        let needs = |column, message: &str| Unusable(column, message.to_owned());
        let constant = value.as_deref().map(root);
        let is_number = |value: Option<Value<'_>>| matches!(value, None | Some(Value::Number(_)));
        let (read, sourced) = match operation {
            "equals" => (Operation::Equals, true),
            "equals_if_not_exists" => (Operation::EqualsIfNotExists, true),
            "append" => (Operation::Append, true),
            "add" => (Operation::Add, true),
            "subtract" => (Operation::Subtract, true),
            "increment" => (Operation::Add, false),
            "decrement" => (Operation::Subtract, false),
            "delete" => (Operation::Delete, false),
            "ratio" => (Operation::Ratio(quotient(constant)?), false),
            unknown => return Err(Unusable("operation", format!("\"{unknown}\" is none; {OPERATIONS} are"))),
        };
        if sourced && source.is_none() && value.is_none() {
            return Err(needs("source", "is missing: this operation needs a source, a value or both"));
        }
        if !sourced && source.is_some() {
            return Err(needs("source", "this operation takes none"));
        }
        let counts = matches!(read, Operation::Add | Operation::Subtract);
        if counts && !is_number(constant) {
            return Err(needs("value", "is not a number"));
        }
        if (counts || matches!(read, Operation::Append | Operation::Ratio(_))) && profile_path == "primary_id" {
            return Err(needs("operation", "\"primary_id\" is a text"));
        }
        // Counting without a number counts by one.
        let value = match (counts && !sourced, value) {
            (true, None) => Some(pg::encode(Json::Integer(1))),
            (_, value) => value,
        };
        let fixed = target.fixed().map(|keys| {
            let text = path::write(&keys);
            (keys, text)
        });
        Ok(Mapping { target, fixed, operation: read, source, value, condition })
    }

    /// Of a row of `profile_path, operation, source, value, condition`, from this column on.
    pub fn of_row(rows: &pg::Rows<'_>, row: usize, column: usize) -> Option<Self> {
        let value = rows.get(row, column + 3).map(pg::Jsonb::copy);
        let (path, operation) = (rows.get(row, column)?, rows.get(row, column + 1)?);
        Self::read(path, operation, rows.get(row, column + 2), value, rows.get(row, column + 4)).ok()
    }

    /// The field that an event sets: its keys and its text. None: the event does not say which.
    fn field(&self, event: &Event<'_>) -> Result<Option<Named<'_>>, String> {
        if let Some((keys, text)) = &self.fixed {
            return Ok(Some((keys.into(), text.into())));
        }
        let mut keys = Vec::new();
        for step in self.target.steps() {
            keys.push(match step {
                Step::Key(key) => key.clone(),
                Step::From(source) => match source.find(event.properties, event.context) {
                    Value::String(text) if text.trim().is_empty() => return Ok(None),
                    Value::String(text) if crate::id::too_long(text.trim()) => {
                        return Err("the name of the field has more than 255 characters".to_owned());
                    }
                    Value::String(text) => text.trim().to_owned(),
                    Value::Null => return Ok(None),
                    other => return Err(format!("the name of the field is not a string but {}", other.kind())),
                },
            });
        }
        let text = path::write(&keys);
        Ok(Some((keys.into(), text.into())))
    }

    fn apply<'a>(&'a self, event: &Event<'a>, config: &Config, draft: &mut Draft<'a>) -> Result<(), String> {
        let fields = &config.fields;
        let Some((keys, text)) = self.field(event)? else { return Ok(()) };
        if !fields.opens(&text, event.event_type) {
            return Ok(());
        }
        let found = match &self.source {
            Some(source) => source.find(event.properties, event.context),
            None => Value::Null,
        };
        let value = match (found, &self.value) {
            (Value::Null, Some(constant)) => root(constant),
            (found, _) => found,
        };
        let field = Field { keys: &keys, path: &text, field_type: type_of(fields, &keys, &text) };
        match &self.operation {
            Operation::Delete => {
                draft.delete(&field, event.by);
                Ok(())
            }
            Operation::Ratio([a, b]) => draft.divide(&field, [a, b], event.by),
            // What the event does not tell is left alone.
            _ if value == Value::Null => Ok(()),
            Operation::Equals if keys[0] == "consents" && keys.len() <= 2 => {
                let time = event.by.time;
                let kept = match keys.get(1) {
                    None if matches!(value, Value::Object(o) if o.bytes().len() > MAX_SIZE) => Some(Json::Copy(value)),
                    None => Some(config.consents.read(value, time)),
                    Some(name) => config.consents.read_one(name, value, time),
                };
                match kept {
                    Some(kept) => draft.set_json(&field, kept, event.by),
                    None => {
                        draft.delete(&field, event.by);
                        Ok(())
                    }
                }
            }
            Operation::Equals => draft.set(&field, value, event.by),
            Operation::EqualsIfNotExists => draft.set_if_blank(&field, value, event.by),
            Operation::Append => draft.append(&field, value, event.by),
            Operation::Add => draft.add(&field, value, false, event.by),
            Operation::Subtract => draft.add(&field, value, true, event.by),
        }
    }

    /// Where in the event the value stands.
    fn place(&self) -> Path {
        let keys = self.source.as_ref().map_or(&[][..], Source::keys);
        keys.iter().fold(Path::root(), |path, key| path.key(key.clone()))
    }
}

/// The two fields of a ratio.
fn quotient(value: Option<Value<'_>>) -> Result<[Vec<String>; 2], Unusable> {
    let unusable = |message: String| Unusable("value", message);
    let Some(Value::Array(list)) = value.filter(|value| matches!(value, Value::Array(list) if list.len() == 2)) else {
        return Err(unusable("is not a list of two paths of the profile".to_owned()));
    };
    let mut paths = list.iter().map(|item| match item {
        Value::String(text) => Target::read(text)
            .map_err(|bad| unusable(format!("at character {} of \"{text}\": {}", bad.at, bad.message)))?
            .fixed()
            .ok_or_else(|| unusable("a key in braces can't stand here".to_owned())),
        other => Err(unusable(format!("a path is not a string but {}", other.kind()))),
    });
    let mut next = || paths.next().unwrap_or_else(|| Ok(Vec::new()));
    Ok([next()?, next()?])
}

/// What the columns themselves say comes first.
fn type_of(fields: &Fields, keys: &[String], text: &str) -> Option<FieldType> {
    match (keys[0].as_str(), keys.len()) {
        ("primary_id", _) => Some(FieldType::Text),
        ("consents", 1) => Some(FieldType::Object),
        ("interests", 2) => Some(FieldType::Number),
        _ => fields.types.get(text).copied(),
    }
}

/// What mappings see of an event.
struct Event<'a> {
    event_type: &'a str,
    properties: Value<'a>,
    context: Value<'a>,
    by: By,
}

/// A profile that events are mapped to, as it is in its row, which is locked.
pub struct Locked {
    id: Uuid,
    primary_id: Option<String>,
    columns: [Vec<u8>; COLUMNS.len()],
    fields: Vec<u8>,
}

/// What came of mapping the events of a call.
#[derive(Default)]
pub struct Mapped {
    /// What is told of mappings that could not be applied.
    pub issues: Vec<Issue>,
    /// The same as it is stored, by places of events: JSON objects' bytes.
    pub errors: Vec<(usize, Vec<u8>)>,
    /// The columns that changed, and `fields`.
    changes: Option<Changes>,
}

/// By column, and `fields`.
type Changes = (Vec<(String, Change)>, Vec<u8>);

enum Change {
    PrimaryId(Option<String>),
    Column(Vec<u8>),
}

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT primary_id, data, traits, interests, consents, fields FROM tracardi.profile WHERE id = $1 FOR NO KEY UPDATE",
        &[UUIDOID],
    ) };
    static UPDATE: Plan = const { Plan::new(
        "UPDATE tracardi.profile
         SET primary_id = CASE WHEN $2 THEN $3 ELSE primary_id END, data = coalesce($4, data), traits = coalesce($5, traits),
             interests = coalesce($6, interests), consents = coalesce($7, consents), fields = $8,
             updated_at = greatest(updated_at, $9)
         WHERE id = $1",
        &[UUIDOID, BOOLOID, TEXTOID, JSONBOID, JSONBOID, JSONBOID, JSONBOID, JSONBOID, TIMESTAMPTZOID],
    ) };
}

/// An event's mappings: only what belongs to a profile, and is valid, has any.
fn mappings<'c>(config: &'c Config, row: &Row<'_>) -> &'c [Mapping] {
    match row.kind {
        Kind::Profile if row.valid => config.event_type(row.event_type).map_or(&[], |known| &known.mappings),
        _ => &[],
    }
}

/// Locks and reads the profile if some event has a mapping. None: there is nothing to do.
pub fn lock(connection: &Connection, config: &Config, rows: &[Row<'_>], profile: Option<Uuid>) -> Option<Locked> {
    let id = profile?;
    if rows.iter().all(|row| mappings(config, row).is_empty()) {
        return None;
    }
    LOCK.with(|plan| {
        let found = connection.run(plan, &[Arg::uuid(&id)]);
        let column = |column| found.get(0, column).map(pg::Jsonb::copy).unwrap_or_default();
        (found.processed > 0).then(|| Locked {
            id,
            primary_id: found.get(0, 0),
            columns: std::array::from_fn(|i| column(i + 1)),
            fields: column(5),
        })
    })
}

/// Maps the events, in their order, but for those that turned out to be stored before.
pub fn map(config: &Config, source_id: &str, rows: &[Row<'_>], locked: &Locked, before: &HashSet<Uuid>) -> Mapped {
    let columns = std::array::from_fn(|i| &locked.columns[i][..]);
    let mut draft = Draft::new(locked.primary_id.as_deref(), columns, &locked.fields);
    let mut mapped = Mapped::default();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| !before.contains(&row.id)) {
        let event = Event {
            event_type: row.event_type,
            properties: root(row.properties),
            context: root(row.context),
            by: By { event: row.id, time: row.time },
        };
        let document = OnceCell::new();
        let document = || {
            *document.get_or_init(|| {
                let Row { event_type, properties, context, tags, .. } = *row;
                Subject { event_type, source_id: Some(source_id), properties, context, tags }.document()
            })
        };
        let mut faults = Vec::new();
        for mapping in mappings(config, row) {
            if mapping.condition.as_ref().is_none_or(|condition| holds(condition, document()))
                && let Err(message) = mapping.apply(&event, config, &mut draft)
            {
                faults.push((mapping.place(), message));
            }
        }
        if !faults.is_empty() {
            mapped.errors.push((place, encode(&faults)));
            mapped.issues.extend(faults.into_iter().map(|(path, message)| issue(row, &path, message)));
        }
    }
    mapped.changes = draft.finish().map(|(columns, fields)| {
        let change = |(name, value): (Cow<'_, str>, Json<'_>)| {
            let change = match &*name {
                "primary_id" => Change::PrimaryId(match value_of(&value) {
                    Value::String(id) => Some(id.to_owned()),
                    _ => None,
                }),
                _ => Change::Column(pg::encode(value)),
            };
            (name.into_owned(), change)
        };
        (columns.into_iter().map(change).collect(), pg::encode(fields))
    });
    mapped
}

/// Writes what came of it.
pub fn write(connection: &Connection, locked: &Locked, mapped: &Mapped, now: Timestamp) {
    let Some((changes, fields)) = &mapped.changes else { return };
    let change = |name: &str| changes.iter().find(|(changed, _)| changed == name).map(|(_, change)| change);
    let column = |name| match change(name) {
        Some(Change::Column(bytes)) => Arg::jsonb(bytes),
        _ => Arg::NULL,
    };
    let primary_id = match change("primary_id") {
        Some(Change::PrimaryId(id)) => Some(id.as_deref()),
        _ => None,
    };
    let [data, traits, interests, consents] = COLUMNS.map(column);
    let args = [
        Arg::uuid(&locked.id),
        Arg::bool(primary_id.is_some()),
        Arg::optional_text(primary_id.flatten()),
        data,
        traits,
        interests,
        consents,
        Arg::jsonb(fields),
        Arg::time(now),
    ];
    UPDATE.with(|plan| connection.run(plan, &args));
}

/// As a stored event's `errors` holds them: `{"mapping": [{"path", "message"}]}`.
fn encode(faults: &[(Path, String)]) -> Vec<u8> {
    let entry = |(path, message): &(Path, String)| {
        Json::object([("path", Json::string(path.to_string())), ("message", Json::string(message.clone()))])
    };
    pg::encode(Json::object([("mapping", Json::Array(faults.iter().map(entry).collect()))]))
}

fn issue(row: &Row<'_>, path: &Path, message: String) -> Issue {
    Issue {
        event: row.index,
        id: Some(row.external_id.map_or_else(|| row.id.to_string(), str::to_owned)),
        code: sqlstate(Code::ERRCODE_DATATYPE_MISMATCH),
        message,
        path: path.within(row.index.map_or_else(Path::root, Path::event)),
    }
}

/// Refuses a row of `tracardi.event_mapping` that can't be used. Errors: 22023, with the place.
pub fn check(
    event_type: &str,
    profile_path: &str,
    operation: &str,
    source: Option<&str>,
    value: Option<Vec<u8>>,
) -> Result<(), Refusal> {
    Mapping::read(profile_path, operation, source, value, None).map(drop).map_err(|Unusable(column, message)| {
        let [event_type, profile_path] = [event_type, profile_path].map(|text| truncated(text, crate::id::MAX_CHARS));
        refuse(format!("mapping of event type \"{event_type}\" to \"{profile_path}\" can't be used"), column, &message)
    })
}

/// Refuses a row of `tracardi.profile_field` that can't be used. Errors: 22023, with the place.
pub fn check_field(path: &str) -> Result<(), Refusal> {
    let refuse = |message: &str| {
        refuse(format!("profile field \"{}\" can't be used", truncated(path, crate::id::MAX_CHARS)), "path", message)
    };
    let target = Target::read(path).map_err(|bad| refuse(&format!("at character {}: {}", bad.at, bad.message)))?;
    match target.fixed() {
        Some(keys) if path::write(&keys) == path => Ok(()),
        Some(keys) => Err(refuse(&format!("is written {} instead", path::write(&keys)))),
        None => Err(refuse("a key in braces can't stand here")),
    }
}

fn refuse(message: String, column: &str, reason: &str) -> Refusal {
    Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, message).detail(format!("In {column}: {reason}.")).hint(
        "A source is a path such as properties.email.main; a profile's path is primary_id, or begins with data, traits, interests or consents.",
    )
}
