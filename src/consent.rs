//! Consents: what a person agreed to, and took back.

use crate::config;
use crate::error::{Code, Path, Refusal};
use crate::id::ClientId;
use crate::identity;
use crate::jsonb::{Json, Object, Value};
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::source::{self, Bridge};
use pgrx::pg_sys::{INT4OID, JSONBOID, TEXTARRAYOID, TIMESTAMPTZOID, UUIDOID};

/// A profile has at most so many: anybody may name any.
const MOST: usize = 100;

thread_local! {
    static UPDATE: Plan = const { Plan::new(
        "UPDATE tracardi.profile SET consents = (consents || $2) - $3, updated_at = $4
         WHERE id = $1 AND (SELECT count(*) FROM pg_catalog.jsonb_object_keys((consents || $2) - $3)) <= $5",
        &[UUIDOID, JSONBOID, TEXTARRAYOID, TIMESTAMPTZOID, INT4OID],
    ) };
}

/// What a visitor says of consents.
pub struct Statement<'a> {
    pub source_id: &'a str,
    pub session_id: Option<ClientId<'a>>,
    pub profile_id: Option<ClientId<'a>>,
    /// `{id: whether it is given}`
    pub consents: Object<'a>,
}

/// Gives and takes back consents. Errors: 42501 unless the source may be used over HTTP and the session is that profile's,
/// 22023 (form, too many), 25006.
pub fn state(statement: &Statement<'_>) -> Result<(), Refusal> {
    let config = config::current()?;
    let (mut given, mut taken_back) = (Vec::new(), Vec::new());
    let path = || Path::root().key("consents");
    for (id, value) in statement.consents.pairs() {
        match value {
            _ if crate::id::too_long(id) || id.trim().is_empty() => {
                return Err(Refusal::payload(path(), "consent id is blank or too long", "such a key"));
            }
            Value::Bool(true) => given.push((id.into(), Json::object([("revoke", Json::Null)]))),
            Value::Bool(false) => taken_back.push(id),
            other => return Err(Refusal::payload(path(), "a consent is not a boolean", other.kind())),
        }
    }
    let denied = || Refusal::new(Code::ERRCODE_INSUFFICIENT_PRIVILEGE, "Access denied");
    let source = source::authorize(&config, statement.source_id, Bridge::Rest).map_err(|_| denied())?;
    let proves = |id: &ClientId<'_>| source.static_profile_id || !id.is_guessable();
    let profile = statement.profile_id.filter(proves).ok_or_else(denied)?;
    let session = statement.session_id.ok_or_else(denied)?;
    // A session's text counts within its source, as when it was made; the profile's id is proof enough.
    let session = if source.static_profile_id { session } else { session.within(statement.source_id) };

    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let owner = identity::owner(&connection, &session, &profile).ok_or_else(denied)?;
    pg::refuse_if_read_only("track")?;
    let args = [
        Arg::uuid(&owner),
        Arg::jsonb(&pg::encode(Json::Object(given))),
        Arg::texts(&taken_back),
        Arg::time(pg::now()),
        Arg::int(MOST as i32),
    ];
    match UPDATE.with(|plan| connection.run(plan, &args).processed) {
        0 => Err(Refusal::payload(path(), format!("a profile can't have more than {MOST} consents"), "one too many")),
        _ => Ok(()),
    }
}
