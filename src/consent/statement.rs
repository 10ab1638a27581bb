//! What somebody says of consents, outside of events.

use super::Types;
use crate::config::{self, Config};
use crate::error::{Code, Path, Refusal};
use crate::id::ClientId;
use crate::identity;
use crate::jsonb::{Json, Object, Value, root};
use crate::milestone::Milestone;
use crate::pg::{self, ActAs, Arg, Connection, Jsonb, Plan};
use crate::source::{self, Bridge};
use crate::system;
use crate::time::{self, Timestamp};
use pgrx::pg_sys::{JSONBOID, Oid, TEXTARRAYOID, TIMESTAMPTZOID, UUIDOID};
use std::borrow::Cow;
use uuid::Uuid;

/// A profile has at most so many: anybody may name any.
const MOST: usize = 100;

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT consents FROM tracardi.profile WHERE id = $1 FOR NO KEY UPDATE", &[UUIDOID],
    ) };
    static UPDATE: Plan = const { Plan::new(
        "UPDATE tracardi.profile SET consents = $2, updated_at = $3 WHERE id = $1", &[UUIDOID, JSONBOID, TIMESTAMPTZOID],
    ) };
    static HELD: Plan = const { Plan::new(
        "SELECT p.id, p.consents FROM tracardi.profile p
         WHERE p.id > $1 AND jsonb_path_exists(p.consents, '$.*.revoke ? (@ != null)') ORDER BY p.id LIMIT 1000",
        &[UUIDOID],
    ) };
    // Whoever holds the row changes it: it is looked at again the next time.
    static DROP: Plan = const { Plan::new(
        "UPDATE tracardi.profile SET consents = consents - $2
         WHERE id = (SELECT p.id FROM tracardi.profile p WHERE p.id = $1 AND p.consents = $3 FOR NO KEY UPDATE SKIP LOCKED)",
        &[UUIDOID, TEXTARRAYOID, JSONBOID],
    ) };
}

/// What is said of consents, and of whose.
pub struct Statement<'a> {
    pub whose: Whose<'a>,
    pub said: Said<'a>,
}

pub enum Whose<'a> {
    /// Of a visitor who proves to be that profile's: over HTTP.
    Visitor { source_id: &'a str, session_id: Option<ClientId<'a>>, profile_id: Option<ClientId<'a>> },
    /// Of this profile.
    Profile(ClientId<'a>),
}

pub struct Said<'a> {
    /// `{name: whether it is given}`, or `{name: {"revoke": until when}}`.
    pub consents: Object<'a>,
    /// Whether all that there are types for are given.
    pub all: bool,
    /// Until when; none: as long as their types say.
    pub expires_at: Option<Timestamp>,
}

impl Said<'_> {
    /// What it makes of each consent (none: nothing is kept), in the order in which it is said. Errors: 22023.
    fn read(&self, types: &Types, now: Timestamp) -> Result<Vec<(String, Option<Json<'_>>)>, Refusal> {
        let path = || Path::root().key("consents");
        let given = |name: &str| match self.expires_at {
            Some(at) => Some(Json::object([("revoke", Json::string(at.to_iso()))])),
            None => types.kept(name, true, now),
        };
        let mut read: Vec<_> = match self.all {
            true => types.0.keys().map(|name| (name.clone(), given(name))).collect(),
            false => Vec::new(),
        };
        for (name, value) in self.consents.pairs() {
            if crate::id::too_long(name) || name.trim().is_empty() {
                return Err(Refusal::payload(path(), "consent id is blank or too long", "such a key"));
            }
            let kept = match value {
                Value::Bool(true) => given(name),
                Value::Bool(false) if types.0.get(name).is_some_and(|known| !known.revokable) => {
                    return Err(Refusal::payload(path(), "a consent of this type can't be taken back", "one")
                        .hint("UPDATE tracardi.consent_type SET revokable = true WHERE name = …;"));
                }
                Value::Bool(false) => types.kept(name, false, now),
                Value::Object(until) => match until.get("revoke") {
                    revoke if revoke == Value::Null || time::read(revoke).is_ok_and(Timestamp::in_range) => {
                        Some(Json::object([("revoke", Json::Copy(revoke))]))
                    }
                    other => {
                        return Err(Refusal::payload(path(), "\"revoke\" of a consent is not a time", other.kind()));
                    }
                },
                other => return Err(Refusal::payload(path(), "a consent is not a boolean", other.kind())),
            };
            read.retain(|(known, _)| known != name);
            read.push((name.to_owned(), kept));
        }
        Ok(read)
    }
}

/// Gives and takes back consents. Gives the profile's consents as they are then, a JSON object's bytes. Errors: 42501 unless the source may
/// be used over HTTP and the session is that profile's, P0002 if there is no such profile, 22023 (form, too many), 25006.
pub fn state(statement: &Statement<'_>) -> Result<Vec<u8>, Refusal> {
    let config = config::current()?;
    let now = pg::now();
    let said = statement.said.read(&config.consents, now)?;
    let caller = pg::current_role();
    let nobody = || match statement.whose {
        Whose::Visitor { .. } => denied(),
        Whose::Profile(_) => Refusal::new(Code::ERRCODE_NO_DATA_FOUND, "there is no such profile")
            .hint("A profile is made by its first event: SELECT tracardi.track(…)."),
    };
    let (session, profile) = match statement.whose {
        Whose::Profile(profile) => (None, profile),
        Whose::Visitor { source_id, session_id, profile_id } => {
            let (session, profile) = prove(&config, source_id, session_id, profile_id)?;
            (Some(session), profile)
        }
    };

    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    if !pg::read_only() {
        pg::lock_as_writer(config.event);
    }
    let owner = match session {
        Some(session) => identity::owner(&connection, &session, &profile),
        None => identity::find_profile(&connection, &profile.uuid).map(|found| found.id),
    };
    let owner = owner.ok_or_else(nobody)?;
    pg::refuse_to_write("execute consent()")?;
    let held = LOCK.with(|plan| connection.run(plan, &[Arg::uuid(&owner)]).get(0, 0).map(Jsonb::copy));
    let held = held.ok_or_else(nobody)?;
    let mut pairs: Vec<(Cow<'_, str>, Json<'_>)> = match root(&held) {
        Value::Object(held) => held.pairs().map(|(name, value)| (name.into(), Json::Copy(value))).collect(),
        _ => Vec::new(),
    };
    for (name, kept) in said {
        pairs.retain(|(known, _)| *known != name);
        pairs.extend(kept.map(|kept| (name.into(), kept)));
    }
    if pairs.len() > MOST {
        let path = Path::root().key("consents");
        let message = format!("a profile can't have more than {MOST} consents");
        return Err(Refusal::payload(path, message, "one too many"));
    }
    let new = pg::encode(Json::Object(pairs));
    if new != held {
        UPDATE.with(|plan| connection.run(plan, &[Arg::uuid(&owner), Arg::jsonb(&new), Arg::time(now)]));
        tell(&connection, &config, caller, owner, root(&held), root(&new), now);
    }
    Ok(new)
}

fn denied() -> Refusal {
    Refusal::new(Code::ERRCODE_INSUFFICIENT_PRIVILEGE, "Access denied")
}

/// The ids of a visitor, as far as they prove something.
fn prove<'a>(
    config: &Config,
    source_id: &str,
    session_id: Option<ClientId<'a>>,
    profile_id: Option<ClientId<'a>>,
) -> Result<(ClientId<'a>, ClientId<'a>), Refusal> {
    let source = source::authorize(config, source_id, Bridge::Rest).map_err(|_| denied())?;
    let proves = |id: &ClientId<'_>| source.static_profile_id || !id.is_guessable();
    let profile = profile_id.filter(proves).ok_or_else(denied)?;
    let session = session_id.ok_or_else(denied)?;
    // A session's text counts within its source, as when it was made; the profile's id is proof enough.
    Ok((if source.static_profile_id { session } else { session.within(source_id) }, profile))
}

/// Tells which consents are given now that were not, and the other way round: names, and nothing else.
fn tell(
    connection: &Connection,
    config: &Config,
    caller: Oid,
    profile: Uuid,
    old: Value<'_>,
    new: Value<'_>,
    now: Timestamp,
) {
    let is_given = |consents, name: &str| config.consents.granted(consents, name, now);
    let names = |consents| match consents {
        Value::Object(consents) => consents.pairs().map(|(name, _)| name.to_owned()).collect(),
        _ => Vec::new(),
    };
    let mut all: Vec<String> = [names(old), names(new)].concat();
    all.sort_unstable();
    all.dedup();
    let became = |given: bool| {
        let changed = all.iter().filter(|name| is_given(new, name) == given && is_given(old, name) != given);
        Json::Array(changed.map(|name| Json::string(name.clone())).collect())
    };
    let properties = Json::object([("granted", became(true)), ("revoked", became(false))]);
    system::tell(connection, config, caller, Milestone::ConsentChanged, Some(profile), properties);
}

/// Removes consents that are over from the profiles, for they count as not given anyway. Gives how many profiles changed. Errors:
/// 55000.
pub fn tidy() -> Result<i64, Refusal> {
    let config = config::current()?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let (now, mut last, mut tidied) = (pg::now(), Uuid::nil(), 0);
    loop {
        pg::check_for_interrupts();
        let found: Vec<(Uuid, Vec<u8>)> = HELD.with(|plan| {
            let rows = connection.run(plan, &[Arg::uuid(&last)]);
            let row = |row| Some((rows.get(row, 0)?, rows.get(row, 1).map(Jsonb::copy)?));
            (0..rows.processed).filter_map(row).collect()
        });
        for (id, held) in &found {
            let Value::Object(consents) = root(held) else { continue };
            let over: Vec<&str> = consents
                .pairs()
                .filter(|(name, consent)| config.consents.is_over(name, *consent, now))
                .map(|(name, _)| name)
                .collect();
            if !over.is_empty() {
                let args = [Arg::uuid(id), Arg::texts(&over), Arg::jsonb(held)];
                tidied += DROP.with(|plan| connection.run(plan, &args).processed) as i64;
            }
        }
        match found.last() {
            Some((id, _)) => last = *id,
            None => return Ok(tidied),
        }
    }
}
