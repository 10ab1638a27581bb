//! Sessions and profiles as their tables have them: straight from there where that may be, else by SQL.

use crate::pg::{Arg, Connection, Found, Moment, OnlySql, Plan, Rows, Table};
use crate::settings;
use crate::time::Timestamp;
use pgrx::pg_sys::{TEXTOID, TIMESTAMPTZOID, UUIDOID};
use std::thread::LocalKey;
use uuid::Uuid;

/// A profile, as far as it matters here.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: Uuid,
    pub external_id: Option<String>,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// A session, as far as it matters here.
#[derive(Clone, Debug)]
pub struct Session {
    pub profile_id: Option<Uuid>,
    pub ended: bool,
    pub started_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Not if its profile is gone, or has become another one.
    profile: Option<Profile>,
}

thread_local! {
    static SESSION: Table = const { Table::new(
        c"session",
        &[(c"profile_id", UUIDOID), (c"status", TEXTOID), (c"started_at", TIMESTAMPTZOID), (c"last_seen_at", TIMESTAMPTZOID)],
        &[c"id"],
    ) };
    static PROFILE: Table = const { Table::new(
        c"profile",
        &[(c"id", UUIDOID), (c"external_id", TEXTOID), (c"first_seen_at", TIMESTAMPTZOID), (c"last_seen_at", TIMESTAMPTZOID)],
        &[c"id"],
    ) };
    // The same by SQL, for tables that only SQL may read or write.
    static FIND_SESSION: Plan = const { Plan::new(
        "SELECT s.profile_id, s.status = 'ended', s.started_at, s.last_seen_at,
                p.id, p.external_id, p.first_seen_at, p.last_seen_at
         FROM tracardi.session s LEFT JOIN tracardi.profile p ON p.id = s.profile_id WHERE s.id = $1",
        &[UUIDOID],
    ) };
    static FIND_PROFILE: Plan = const { Plan::new(
        "SELECT p.id, p.external_id, p.first_seen_at, p.last_seen_at FROM tracardi.profile p WHERE p.id = $1", &[UUIDOID],
    ) };
    static FIND_ALIAS: Plan = const { Plan::new(
        "SELECT p.id, p.external_id, p.first_seen_at, p.last_seen_at
         FROM tracardi.profile_alias a JOIN tracardi.profile p ON p.id = a.profile_id WHERE a.id = $1",
        &[UUIDOID],
    ) };
}

/// Reads a row straight from its table, if that may be.
fn find_by_id<R>(
    connection: &Connection,
    moment: &Moment,
    table: &'static LocalKey<Table>,
    id: &Uuid,
    read: impl FnOnce(&Found<'_>) -> R,
) -> Result<Option<R>, OnlySql> {
    if !settings::writes_directly() {
        return Err(OnlySql);
    }
    table.with(|table| table.find(connection, moment, id, read))
}

/// A session by its id, with its profile.
pub fn find_session(connection: &Connection, id: &Uuid) -> Option<Session> {
    let read = |found: &Found<'_>| Session {
        profile_id: found.get(0),
        ended: found.get::<&str>(1) == Some("ended"),
        started_at: found.get(2).unwrap_or(Timestamp(i64::MIN)),
        last_seen_at: found.get(3).unwrap_or(Timestamp(i64::MIN)),
        profile: None,
    };
    let moment = Moment::now();
    if let Ok(found) = find_by_id(connection, &moment, &SESSION, id, read) {
        let session = found?;
        let profile = match session.profile_id {
            Some(profile_id) => find_own_profile(connection, &moment, &profile_id),
            None => None,
        };
        return Some(Session { profile, ..session });
    }
    FIND_SESSION.with(|plan| {
        let rows = connection.run(plan, &[Arg::uuid(id)]);
        (rows.processed > 0).then(|| Session {
            profile_id: rows.get(0, 0),
            ended: rows.get(0, 1).unwrap_or(false),
            started_at: rows.get(0, 2).unwrap_or(Timestamp(i64::MIN)),
            last_seen_at: rows.get(0, 3).unwrap_or(Timestamp(i64::MIN)),
            profile: profile_at(&rows, 4),
        })
    })
}

/// The profile that a session is bound to, or that took its place.
pub fn session_profile(connection: &Connection, session: &Session) -> Option<Profile> {
    session.profile.clone().or_else(|| find_alias(connection, &session.profile_id?))
}

/// A profile by its id, or by one that it had before.
pub fn find_profile(connection: &Connection, id: &Uuid) -> Option<Profile> {
    find_own_profile(connection, &Moment::now(), id).or_else(|| find_alias(connection, id))
}

fn find_own_profile(connection: &Connection, moment: &Moment, id: &Uuid) -> Option<Profile> {
    let read = |found: &Found<'_>| {
        Some(Profile {
            id: found.get(0)?,
            external_id: found.get(1),
            first_seen_at: found.get(2).unwrap_or(Timestamp(i64::MIN)),
            last_seen_at: found.get(3).unwrap_or(Timestamp(i64::MIN)),
        })
    };
    match find_by_id(connection, moment, &PROFILE, id, read) {
        Ok(found) => found.flatten(),
        Err(OnlySql) => FIND_PROFILE.with(|plan| profile_at(&connection.run(plan, &[Arg::uuid(id)]), 0)),
    }
}

fn find_alias(connection: &Connection, id: &Uuid) -> Option<Profile> {
    FIND_ALIAS.with(|plan| profile_at(&connection.run(plan, &[Arg::uuid(id)]), 0))
}

fn profile_at(rows: &Rows<'_>, column: usize) -> Option<Profile> {
    Some(Profile {
        id: rows.get(0, column)?,
        external_id: rows.get(0, column + 1),
        first_seen_at: rows.get(0, column + 2).unwrap_or(Timestamp(i64::MIN)),
        last_seen_at: rows.get(0, column + 3).unwrap_or(Timestamp(i64::MIN)),
    })
}
