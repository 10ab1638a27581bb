//! What is special about an event type: which of its events are valid, what becomes of them, and how they are labelled.

use crate::config::Config;
use crate::error::{Code, Path, Refusal, truncated};
use crate::jsonb::{Json, Value, root};
use crate::mapping::Mapping;
use crate::pg::{self, Varlena};
use crate::reshape::{Shape, Template};
use crate::schema::{Problem, Reason, Schema};
use pgrx::pg_sys::Datum;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

/// A row of `tracardi.event_type`, with those of `tracardi.event_schema`.
#[derive(Default)]
pub struct EventType {
    pub ephemeral: bool,
    pub tags: Vec<String>,
    pub journey_state: Option<String>,
    /// That of a visitor who came back.
    pub returning_journey_state: Option<String>,
    /// The type's own schema, then the others in the order of their names.
    pub schemas: Vec<Check>,
    pub reshape: Option<Result<Template, Problem>>,
    /// What its events set of their profile, in this order.
    pub mappings: Vec<Mapping>,
}

/// A schema, and when it is for an event.
pub struct Check {
    /// None: the type's own.
    pub name: Option<String>,
    pub target: Target,
    /// A jsonpath.
    pub condition: Option<Varlena>,
    pub rejects: bool,
    pub schema: Rc<Schema>,
}

/// What a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Properties,
    Context,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Target::Properties => "properties",
            Target::Context => "context",
        }
    }
}

/// What schemas and templates see of an event.
pub struct Subject<'a> {
    pub event_type: &'a str,
    pub source_id: Option<&'a str>,
    /// JSON objects' bytes; empty: none.
    pub properties: &'a [u8],
    pub context: &'a [u8],
    pub tags: &'a [&'a str],
}

/// What came of an event.
pub enum Verdict {
    Valid(Shape),
    Invalid { reasons: Vec<Reason>, rejected: bool },
}

impl EventType {
    /// Checks an event, and reshapes it if it is valid.
    pub fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = OnceCell::new();
        let document = || *document.get_or_init(|| subject.document());
        let (mut reasons, mut rejected) = (Vec::new(), false);
        for check in &self.schemas {
            if check.condition.as_ref().is_none_or(|condition| holds(condition, document())) {
                let found = check.run(subject);
                rejected |= check.rejects && !found.is_empty();
                reasons.extend(found);
            }
        }
        if !reasons.is_empty() {
            return Verdict::Invalid { reasons, rejected };
        }
        match &self.reshape {
            None => Verdict::Valid(Shape::default()),
            Some(template) => {
                let unusable = |problem: &Problem| {
                    Reason::at(Path::root(), format!("the template can't be used: {}", problem.message))
                };
                match template.as_ref().map_err(unusable).and_then(|template| template.apply(document())) {
                    Ok(shape) => Verdict::Valid(shape),
                    Err(reason) => Verdict::Invalid { reasons: vec![reason], rejected: false },
                }
            }
        }
    }

    /// An event's tags, with those of its type, each once.
    pub fn tags_with<'a>(&'a self, tags: &[&'a str]) -> Vec<&'a str> {
        let own = self.tags.iter().map(String::as_str).filter(|tag| !tags.contains(tag));
        tags.iter().copied().chain(own).collect()
    }
}

impl Check {
    fn run(&self, subject: &Subject<'_>) -> Vec<Reason> {
        let value = match self.target {
            Target::Properties => subject.properties,
            Target::Context => subject.context,
        };
        let mut reasons = self.schema.check(value, self.target.name());
        for reason in &mut reasons {
            reason.schema.clone_from(&self.name);
        }
        reasons
    }
}

impl Subject<'_> {
    /// What conditions and templates read: `{type, source, properties, context, tags}`.
    pub fn document(&self) -> Datum {
        let (properties, context) = (object(self.properties), object(self.context));
        let document = Json::object([
            ("type", Json::string(self.event_type)),
            ("source", Json::object([("id", Json::optional(self.source_id))])),
            ("properties", Json::Copy(root(&properties))),
            ("context", Json::Copy(root(&context))),
            ("tags", Json::Array(self.tags.iter().map(|tag| Json::string(*tag)).collect())),
        ]);
        pg::owned_jsonb(&pg::encode(document))
    }
}

/// Whether a condition holds: its first item if that is a boolean, else whether there is one that is not null.
pub fn holds(condition: &Varlena, document: Datum) -> bool {
    match pg::query_first(document, condition).map(pg::Jsonb::root) {
        Some(Value::Bool(holds)) => holds,
        Some(Value::Null) | None => false,
        Some(_) => true,
    }
}

/// Reasons as a stored event's `errors` holds them: `{"schema": [{"path", "message", "schema"}]}`.
pub fn encode(reasons: &[Reason]) -> Json<'_> {
    let entry = |reason: &Reason| {
        let mut pairs = vec![
            ("path".into(), Json::string(reason.path.to_string())),
            ("message".into(), Json::string(reason.message.clone())),
        ];
        if let Some(name) = &reason.schema {
            pairs.push(("schema".into(), Json::string(name.clone())));
        }
        Json::Object(pairs)
    };
    Json::object([("schema", Json::Array(reasons.iter().map(entry).collect()))])
}

/// What would become of an event: `{"valid", "rejected", "errors", "properties", "context", "tags", "journey_state"}`.
pub fn try_out(config: &Config, event_type: &str, properties: &[u8], context: &[u8]) -> Vec<u8> {
    let none = EventType::default();
    let known = config.event_type(event_type).unwrap_or(&none);
    let (shape, reasons, rejected) =
        match known.judge(&Subject { event_type, source_id: None, properties, context, tags: &[] }) {
            Verdict::Valid(shape) => (shape, Vec::new(), false),
            Verdict::Invalid { reasons, rejected } => (Shape::default(), reasons, rejected),
        };
    let valid = reasons.is_empty();
    let properties = object(shape.properties.as_deref().unwrap_or(properties));
    let context = object(shape.context.as_deref().unwrap_or(context));
    let (tags, state) = if valid { (&known.tags[..], known.journey_state.as_deref()) } else { (&[][..], None) };
    pg::encode(Json::object([
        ("valid", Json::Copy(Value::Bool(valid))),
        ("rejected", Json::Copy(Value::Bool(rejected))),
        ("errors", if valid { Json::object([]) } else { encode(&reasons) }),
        ("properties", Json::Copy(root(&properties))),
        ("context", Json::Copy(root(&context))),
        ("tags", Json::Array(tags.iter().map(Json::string).collect())),
        ("journey_state", Json::optional(state)),
    ]))
}

/// Refuses a schema that can't be used. Errors: 22023, with the place.
pub fn check_schema(event_type: &str, schema: Vec<u8>) -> Result<(), Refusal> {
    match Schema::new(schema).problem() {
        Some(problem) => Err(refuse("schema", event_type, problem)),
        None => Ok(()),
    }
}

/// Refuses a template that can't be used. Errors: 22023, with the place.
pub fn check_reshape(event_type: &str, template: Vec<u8>) -> Result<(), Refusal> {
    Template::read(template).map(drop).map_err(|problem| refuse("template", event_type, &problem))
}

fn refuse(what: &str, event_type: &str, problem: &Problem) -> Refusal {
    let event_type = truncated(event_type, crate::id::MAX_CHARS);
    let message = format!("{what} of event type \"{event_type}\" can't be used");
    let refusal = Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, message)
        .detail(format!("At \"{}\": {}.", problem.pointer, problem.message));
    match problem.hint {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

/// A JSON object's bytes; empty: those of an empty one.
fn object(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.is_empty() { pg::encode(Json::object([])).into() } else { bytes.into() }
}
