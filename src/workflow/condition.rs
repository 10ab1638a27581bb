//! Conditions of workflows and subscriptions: a jsonpath over an event, its session and its profile.

use crate::jsonb::{self, Json, Value};
use crate::pg::{self, Arg, Connection, Jsonb, Plan};
use crate::time::Timestamp;
use pgrx::pg_sys::{JSONBOID, JSONPATHOID, TIMESTAMPTZOID, UUIDOID};
use std::thread::LocalKey;
use uuid::Uuid;

thread_local! {
    static SESSION: Plan = const { Plan::new(
        "SELECT pg_catalog.to_jsonb(s) FROM tracardi.session s WHERE s.id = $1", &[UUIDOID],
    ) };
    static PROFILE: Plan = const { Plan::new(
        "SELECT pg_catalog.to_jsonb(p) FROM tracardi.profile p
         WHERE p.id = coalesce((SELECT a.profile_id FROM tracardi.profile_alias a WHERE a.id = $1), $1)",
        &[UUIDOID],
    ) };
    static TAGS: Plan = const { Plan::new(
        "SELECT pg_catalog.to_jsonb(e.tags) FROM tracardi.event e WHERE e.id = $1 AND e.time = $2", &[UUIDOID, TIMESTAMPTZOID],
    ) };
    static CONDITION: Plan = const { Plan::new(
        "SELECT pg_catalog.jsonb_path_query_first_tz($1, $2)", &[JSONBOID, JSONPATHOID],
    ) };
}

/// What a condition is about. Objects by their bytes; empty: the empty object.
pub struct Subject<'a> {
    pub event_type: &'a str,
    pub kind: &'a str,
    pub time: Timestamp,
    pub source_id: Option<&'a str>,
    pub properties: &'a [u8],
    pub context: &'a [u8],
    pub tags: Vec<&'a str>,
    /// Rows; none: there is no such row.
    pub session: Option<&'a [u8]>,
    pub profile: Option<&'a [u8]>,
}

/// A session's row as a JSON object's bytes.
pub fn session(connection: &Connection, id: Option<Uuid>) -> Option<Vec<u8>> {
    row(connection, &SESSION, id)
}

/// A profile's row as a JSON object's bytes, by any of its ids.
pub fn profile(connection: &Connection, id: Option<Uuid>) -> Option<Vec<u8>> {
    row(connection, &PROFILE, id)
}

fn row(connection: &Connection, plan: &'static LocalKey<Plan>, id: Option<Uuid>) -> Option<Vec<u8>> {
    plan.with(|plan| connection.run(plan, &[Arg::uuid(&id?)]).get::<Jsonb<'_>>(0, 0).map(Jsonb::copy))
}

/// Whether a condition holds: its first item if that is a boolean, else whether there is one that is not null. Errors: as
/// the jsonpath raises them.
pub fn holds(connection: &Connection, condition: &pg::Varlena, subject: &Subject<'_>) -> bool {
    let document = Json::object([
        ("type", Json::string(subject.event_type)),
        ("kind", Json::string(subject.kind)),
        ("time", Json::string(subject.time.to_iso())),
        ("source", Json::object([("id", Json::optional(subject.source_id))])),
        ("properties", object(subject.properties)),
        ("context", object(subject.context)),
        ("tags", Json::Array(subject.tags.iter().map(|tag| Json::string(*tag)).collect())),
        ("session", whole(subject.session)),
        ("profile", whole(subject.profile)),
    ]);
    let args = [Arg::jsonb(&pg::encode(document)), Arg::varlena(condition)];
    CONDITION.with(|plan| match connection.run(plan, &args).get::<Jsonb<'_>>(0, 0).map(Jsonb::root) {
        Some(Value::Bool(holds)) => holds,
        Some(Value::Null) | None => false,
        Some(_) => true,
    })
}

fn object(bytes: &[u8]) -> Json<'_> {
    if bytes.is_empty() { Json::object([]) } else { whole(Some(bytes)) }
}

/// A JSON value by its bytes; `None`: null.
fn whole(bytes: Option<&[u8]>) -> Json<'_> {
    bytes.map_or(Json::Null, |bytes| Json::Copy(jsonb::root(bytes)))
}

/// The tags of a stored event, as a JSON array's bytes.
pub fn tags(connection: &Connection, id: Option<Uuid>, time: Option<Timestamp>) -> Option<Vec<u8>> {
    let args = [Arg::uuid(&id?), Arg::time(time?)];
    TAGS.with(|plan| connection.run(plan, &args).get::<Jsonb<'_>>(0, 0).map(Jsonb::copy))
}
