//! Whose events these are: session and profile (reference: Tracardi's identity resolution).
//!
//! Races are decided by unique indexes: a row is inserted `ON CONFLICT DO NOTHING`, and whoever comes second reads what the
//! first one made. Locks are taken session first, then profile. A plain event of a known session locks nothing.

mod read;

use crate::error::{Code, Refusal};
use crate::id::{self, ClientId};
use crate::identify::{self, Keys};
use crate::jsonb::{Json, Value, root};
use crate::pg::{self, Arg, Connection, Found, Jsonb, OnlySql, Plan, Table};
use crate::settings;
use crate::time::Timestamp;
use pgrx::pg_sys::{BOOLOID, INT4OID, JSONBOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use std::thread::LocalKey;
use uuid::Uuid;

pub use read::{Profile, find_profile};
use read::{Session, find_session, session_profile};

/// What a payload says of its sender, and what its events need.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    pub session: Option<ClientId<'a>>,
    pub profile: Option<ClientId<'a>>,
    pub source_id: &'a str,
    /// What tells who the person is, if something does.
    pub keys: Option<&'a Keys>,
    /// A JSON object's bytes.
    pub context: &'a [u8],
    pub properties: &'a [u8],
    /// Whether some event needs a profile.
    pub wants_profile: bool,
    /// Whether a known profile may be read although no event needs one.
    pub reads_profile: bool,
    /// Whether a session is made and kept.
    pub wants_session: bool,
    /// Whether an unknown profile id is taken as it is.
    pub static_profile: bool,
    /// Whether an id that can be guessed proves nothing.
    pub guarded: bool,
    /// Tells of the visitor what is kept with a new session.
    pub describe: Option<&'a dyn Fn() -> Description>,
    /// The earliest event's time.
    pub first: Timestamp,
    /// What counts for inactivity.
    pub seen: Timestamp,
    pub arrival: Timestamp,
    /// The time of a `visit-ended` after which nothing else comes.
    pub ends: Option<Timestamp>,
}

/// What is known of a visitor and the device, as bytes of JSON objects; empty: nothing.
#[derive(Debug, Default)]
pub struct Description {
    pub device: Vec<u8>,
    pub os: Vec<u8>,
    pub app: Vec<u8>,
    pub utm: Vec<u8>,
    /// In place of the payload's context.
    pub context: Vec<u8>,
}

impl Claim<'_> {
    /// Whether a row that was seen between these moments is to be written: now and then, and for older history.
    fn touches(&self, first: Timestamp, last: Timestamp) -> bool {
        self.seen > last.plus(settings::last_seen_lag()) || self.first < first
    }

    /// The last and the first time seen, of a row whose first columns these are; none if it knows better already.
    fn seen_between(&self, found: &Found<'_>) -> Option<Vec<(usize, Arg)>> {
        let (last, first): (Timestamp, Timestamp) = (found.get(0)?, found.get(1)?);
        (last < self.seen || first > self.first)
            .then(|| vec![(0, Arg::time(last.max(self.seen))), (1, Arg::time(first.min(self.first)))])
    }
}

/// What a JSON object of a row's becomes by what came: merged on the top level. None: it stays as it is.
fn merged(found: &Found<'_>, column: usize, came: &[u8]) -> Option<(usize, Arg)> {
    let (Some(Value::Object(old)), Value::Object(came)) = (found.get::<Jsonb<'_>>(column).map(Jsonb::root), root(came))
    else {
        return None;
    };
    let pairs = old.pairs().chain(came.pairs()).map(|(key, value)| (key.into(), Json::Copy(value)));
    let new = pg::encode(Json::Object(pairs.collect()));
    (new != old.bytes()).then(|| (column, Arg::jsonb(&new)))
}

/// Whose the events are.
#[derive(Debug, Default)]
pub struct Identity {
    pub session: Option<Uuid>,
    pub profile: Option<Profile>,
    pub profile_created: bool,
    pub session_opened: bool,
    pub visit_started: bool,
    /// Profiles that were merged into this one, or with it, and are no more.
    pub merged: Vec<Uuid>,
    /// Whether a session began, or came back: one more that may be over one day.
    pub session_began: bool,
    /// Whether a visit is still to be counted.
    visit_due: bool,
}

thread_local! {
    static SESSION_SEEN: Table = const { Table::new(
        c"session",
        &[(c"last_seen_at", TIMESTAMPTZOID), (c"started_at", TIMESTAMPTZOID), (c"context", JSONBOID), (c"properties", JSONBOID)],
        &[c"id"],
    ) };
    static PROFILE_SEEN: Table = const { Table::new(
        c"profile", &[(c"last_seen_at", TIMESTAMPTZOID), (c"first_seen_at", TIMESTAMPTZOID)], &[c"id"],
    ) };
    // By SQL: what is made, and what only SQL may write.
    static INSERT_SESSION: Plan = const { Plan::new(
        "INSERT INTO tracardi.session
           (id, external_id, profile_id, source_id, status, started_at, last_seen_at, ended_at, context, properties,
            device, os, app, utm)
         VALUES ($1, $2, $3, $4, CASE WHEN $7 IS NULL THEN 'active' ELSE 'ended' END, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO NOTHING",
        &[UUIDOID, TEXTOID, UUIDOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, JSONBOID, JSONBOID,
          JSONBOID, JSONBOID, JSONBOID, JSONBOID],
    ) };
    static INSERT_PROFILE: Plan = const { Plan::new(
        "INSERT INTO tracardi.profile (id, external_id, visit_count, first_seen_at, last_seen_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (id) DO NOTHING",
        &[UUIDOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
    static IS_ALIAS: Plan = const { Plan::new("SELECT FROM tracardi.profile_alias a WHERE a.id = $1", &[UUIDOID]) };
    static LEADS_TO: Plan = const { Plan::new(
        "SELECT FROM tracardi.profile p WHERE p.id = $1 UNION ALL SELECT FROM tracardi.profile_alias a WHERE a.id = $1", &[UUIDOID],
    ) };
    static DELETE_PROFILE: Plan = const { Plan::new("DELETE FROM tracardi.profile WHERE id = $1", &[UUIDOID]) };
    static VISIT: Plan = const { Plan::new(
        "UPDATE tracardi.profile
         SET visit_count = visit_count + 1, last_seen_at = greatest(last_seen_at, $2),
             first_seen_at = least(first_seen_at, $4), updated_at = $3 WHERE id = $1",
        &[UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
    static BIND_SESSION: Plan = const { Plan::new(
        "UPDATE tracardi.session SET profile_id = $2 WHERE id = $1 AND profile_id IS NOT DISTINCT FROM $3",
        &[UUIDOID, UUIDOID, UUIDOID],
    ) };
    // Whoever else holds the row moves it, or leaves it to maintain(): nobody waits who holds profiles.
    static FOLLOW_SESSION: Plan = const { Plan::new(
        "UPDATE tracardi.session SET profile_id = $2
         WHERE id = (SELECT s.id FROM tracardi.session s WHERE s.id = $1 AND s.profile_id = $3 FOR NO KEY UPDATE SKIP LOCKED)",
        &[UUIDOID, UUIDOID, UUIDOID],
    ) };
    static SET_PRIMARY_ID: Plan = const { Plan::new(
        "UPDATE tracardi.profile SET primary_id = $2, updated_at = $3 WHERE id = $1 AND primary_id IS DISTINCT FROM $2",
        &[UUIDOID, TEXTOID, TIMESTAMPTZOID],
    ) };
    static REOPEN_SESSION: Plan = const { Plan::new(
        "UPDATE tracardi.session SET status = 'active', ended_at = NULL, last_seen_at = greatest(last_seen_at, $2)
         WHERE id = $1 AND status = 'ended'",
        &[UUIDOID, TIMESTAMPTZOID],
    ) };
    static END_SESSION: Plan = const { Plan::new(
        "UPDATE tracardi.session SET status = 'ended', ended_at = $3, last_seen_at = greatest(last_seen_at, $2) WHERE id = $1",
        &[UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
    // Whoever else holds the row is touching it: nobody waits.
    static TOUCH_SESSION: Plan = const { Plan::new(
        "UPDATE tracardi.session
         SET last_seen_at = greatest(last_seen_at, $2), started_at = least(started_at, $7),
             context = CASE WHEN $3 THEN context || $4 ELSE context END,
             properties = CASE WHEN $5 THEN properties || $6 ELSE properties END
         WHERE id = (SELECT s.id FROM tracardi.session s
                     WHERE s.id = $1 AND (s.last_seen_at < $2 OR s.started_at > $7) FOR NO KEY UPDATE SKIP LOCKED)",
        &[UUIDOID, TIMESTAMPTZOID, BOOLOID, JSONBOID, BOOLOID, JSONBOID, TIMESTAMPTZOID],
    ) };
    static TOUCH_PROFILE: Plan = const { Plan::new(
        "UPDATE tracardi.profile
         SET last_seen_at = greatest(last_seen_at, $2), first_seen_at = least(first_seen_at, $3)
         WHERE id = (SELECT p.id FROM tracardi.profile p
                     WHERE p.id = $1 AND (p.last_seen_at < $2 OR p.first_seen_at > $3) FOR NO KEY UPDATE SKIP LOCKED)",
        &[UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
}

/// Runs one of the plans above; gives how many rows it changed.
fn change(connection: &Connection, plan: &'static std::thread::LocalKey<Plan>, args: &[Arg]) -> usize {
    plan.with(|plan| connection.run(plan, args).processed)
}

/// Reads the session and the profile that a payload names, if they exist; makes and touches nothing. `guarded`: see [`Claim`].
pub fn find(
    connection: &Connection,
    session: Option<&ClientId<'_>>,
    profile: Option<&ClientId<'_>>,
    guarded: bool,
) -> Identity {
    let found = session.and_then(|id| {
        find_session(connection, &id.uuid).filter(|found| !guarded || is_proved(connection, id, profile, found, true))
    });
    let profile = match &found {
        Some(session) => session_profile(connection, session),
        None => profile.and_then(|id| find_profile(connection, &id.uuid)),
    };
    Identity { session: found.and(session.map(|id| id.uuid)), profile, ..Identity::default() }
}

/// The profile that both a session and a profile's id lead to.
pub fn owner(connection: &Connection, session: &ClientId<'_>, profile: &ClientId<'_>) -> Option<Uuid> {
    let bound = session_profile(connection, &find_session(connection, &session.uuid)?)?;
    is_of_profile(connection, profile, &bound.id).then_some(bound.id)
}

/// Whether it is a profile's id, today's or an earlier one.
pub fn is_of_profile(connection: &Connection, client: &ClientId<'_>, profile: &Uuid) -> bool {
    find_profile(connection, &client.uuid).is_some_and(|found| found.id == *profile)
}

/// Whether a session is the sender's: its id can't be guessed, or its profile is named by an id that can't. One that is
/// nobody's may be joined, too, as long as it stays so (`stays`).
fn is_proved(
    connection: &Connection,
    id: &ClientId<'_>,
    profile: Option<&ClientId<'_>>,
    session: &Session,
    stays: bool,
) -> bool {
    if !id.is_guessable() {
        return true;
    }
    match session.profile_id {
        None => stays,
        Some(_) => session_profile(connection, session)
            .zip(profile.filter(|client| !client.is_guessable()))
            .is_some_and(|(bound, client)| is_of_profile(connection, client, &bound.id)),
    }
}

/// Finds or makes the session and the profile.
pub fn resolve(connection: &Connection, claim: &Claim<'_>) -> Identity {
    let mut tries = 0;
    loop {
        let named = claim.session.map(|id| (id, find_session(connection, &id.uuid)));
        let proved = |id: &ClientId<'_>, session: &Session| {
            !claim.guarded || is_proved(connection, id, claim.profile.as_ref(), session, !claim.wants_profile)
        };
        let identity = match named {
            Some((id, Some(session))) if proved(&id, &session) => join_session(connection, claim, id.uuid, session),
            Some((id, None)) if claim.wants_session => open_session(connection, claim, Some(id)),
            // No session, or one that may be another's: a session is made up.
            _ if claim.wants_session => open_session(connection, claim, None),
            _ => without_session(connection, claim),
        };
        // `None`: another transaction came first; what it made is there now.
        if let Some(mut identity) = identity {
            if claim.reads_profile && identity.profile.is_none() {
                let (session, profile) = (claim.session.as_ref(), claim.profile.as_ref());
                identity.profile = find(connection, session, profile, claim.guarded).profile;
            }
            if let Some(keys) = claim.keys {
                identify(connection, claim, keys, &mut identity);
            }
            if let (Some(profile), false, true) = (&identity.profile, identity.profile_created, pg::keeps_snapshot()) {
                refuse_if_gone(connection, &profile.id);
            }
            return identity;
        }
        try_again(&mut tries, "session");
    }
}

/// Another transaction came first; that can't happen for ever, but a trigger that drops rows does.
pub fn try_again(tries: &mut u32, table: &str) {
    *tries += 1;
    if *tries > 100 {
        Refusal::new(
            Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("could not store a row of tracardi.{table}"),
        )
        .hint(format!("Does a trigger on tracardi.{table} drop rows or changes?"))
        .raise();
    }
    crate::pg::check_for_interrupts();
}

/// Makes one of the profile and those that its keys belong to, and does what was put off until then.
fn identify(connection: &Connection, claim: &Claim<'_>, keys: &Keys, identity: &mut Identity) {
    let Some(mut profile) = identity.profile.take() else { return };
    let before = profile.id;
    let joined = identify::join(connection, keys, before, claim.arrival);
    if !identity.profile_created || joined.profile != before {
        let chosen = Chosen::Known(Profile { id: joined.profile, ..profile });
        (profile, _) = have_profile(connection, &Claim { keys: None, ..*claim }, chosen, identity.visit_due);
    }
    if let (Some(session), true) = (identity.session, profile.id != before) {
        change(connection, &FOLLOW_SESSION, &[Arg::uuid(&session), Arg::uuid(&profile.id), Arg::uuid(&before)]);
    }
    if let Some(primary_id) = &keys.primary_id {
        let args = [Arg::uuid(&profile.id), Arg::text(primary_id), Arg::time(claim.arrival)];
        change(connection, &SET_PRIMARY_ID, &args);
    }
    identity.profile = Some(profile);
    identity.merged = joined.losers;
}

/// A known session: its profile wins.
fn join_session(connection: &Connection, claim: &Claim<'_>, id: Uuid, session: Session) -> Option<Identity> {
    let mut identity = Identity { session: claim.wants_session.then_some(id), ..Identity::default() };
    if claim.wants_profile {
        match session_profile(connection, &session) {
            Some(profile) => identity.profile = Some(profile),
            None => {
                // Bound to nobody yet, or to a profile that is gone: in both cases to a new one now. Only a trusted source
                // says whose session it becomes.
                let chosen = match (claim.static_profile, claim.profile) {
                    (true, Some(client)) => choose_profile(connection, claim, Some(client)),
                    _ => unknown(connection, claim),
                };
                let args = [Arg::uuid(&id), Arg::uuid(&chosen.id()), Arg::optional_uuid(session.profile_id.as_ref())];
                if change(connection, &BIND_SESSION, &args) == 0 {
                    return None;
                }
                let (profile, created) = have_profile(connection, claim, chosen, true);
                identity.session_opened = session.profile_id.is_some() && claim.wants_session;
                identity.visit_started = identity.session_opened;
                identity.profile = Some(profile);
                identity.profile_created = created;
                identity.visit_due = !created;
            }
        }
    }
    if claim.wants_session {
        identity.session_began = write_session(connection, claim, &id, &session);
        identity.visit_started |= identity.session_began;
    }
    if let (Some(profile), false, None) = (&identity.profile, identity.profile_created, claim.keys) {
        touch_profile(connection, claim, profile);
    }
    Some(identity)
}

/// Ends, re-opens or touches a known session, if that is due. Gives whether it was re-opened.
fn write_session(connection: &Connection, claim: &Claim<'_>, id: &Uuid, session: &Session) -> bool {
    match claim.ends {
        Some(ended_at) => {
            change(connection, &END_SESSION, &[Arg::uuid(id), Arg::time(claim.seen), Arg::time(ended_at)]);
        }
        None if session.ended => {
            return change(connection, &REOPEN_SESSION, &[Arg::uuid(id), Arg::time(claim.seen)]) > 0;
        }
        None if claim.touches(session.started_at, session.last_seen_at) => {
            let seen = |found: &Found<'_>| {
                let mut changes = claim.seen_between(found)?;
                changes.extend(merged(found, 2, claim.context));
                changes.extend(merged(found, 3, claim.properties));
                Some(changes)
            };
            if update_by_id(connection, &SESSION_SEEN, id, seen).is_ok() {
                return false;
            }
            let args = [
                Arg::uuid(id),
                Arg::time(claim.seen),
                Arg::bool(!claim.context.is_empty()),
                Arg::object(claim.context),
                Arg::bool(!claim.properties.is_empty()),
                Arg::object(claim.properties),
                Arg::time(claim.first),
            ];
            change(connection, &TOUCH_SESSION, &args);
        }
        None => {}
    }
    false
}

/// A session that is not known, or one that is made up.
fn open_session(connection: &Connection, claim: &Claim<'_>, named: Option<ClientId<'_>>) -> Option<Identity> {
    let id = named.map_or_else(|| id::generate(claim.arrival.unix_micros()), |client| client.uuid);
    let description = claim.describe.map_or_else(Description::default, |describe| describe());
    let context = if description.context.is_empty() { claim.context } else { &description.context };
    let chosen = claim.wants_profile.then(|| choose_profile(connection, claim, claim.profile));
    let profile_id = chosen.as_ref().map(Chosen::id);
    let args = [
        Arg::uuid(&id),
        Arg::optional_text(named.as_ref().and_then(ClientId::external)),
        Arg::optional_uuid(profile_id.as_ref()),
        Arg::text(claim.source_id),
        Arg::time(claim.first),
        Arg::time(claim.seen),
        claim.ends.map_or(Arg::NULL, Arg::time),
        Arg::object(context),
        Arg::object(claim.properties),
        Arg::object(&description.device),
        Arg::object(&description.os),
        Arg::object(&description.app),
        Arg::object(&description.utm),
    ];
    if change(connection, &INSERT_SESSION, &args) == 0 {
        return None;
    }
    let mut identity = Identity { session: Some(id), session_began: true, ..Identity::default() };
    // A session that was made up for a known profile is no visit: the client may send each payload without one.
    let made_up = named.is_none();
    let mut visit = true;
    if let Some(chosen) = chosen {
        visit = !(made_up && matches!(chosen, Chosen::Known(_)));
        let (profile, created) = have_profile(connection, claim, chosen, visit);
        if Some(profile.id) != profile_id {
            change(
                connection,
                &BIND_SESSION,
                &[Arg::uuid(&id), Arg::uuid(&profile.id), Arg::optional_uuid(profile_id.as_ref())],
            );
        }
        identity.profile = Some(profile);
        identity.profile_created = created;
        identity.visit_due = visit && !created;
    }
    identity.session_opened = visit;
    identity.visit_started = visit;
    Some(identity)
}

fn without_session(connection: &Connection, claim: &Claim<'_>) -> Option<Identity> {
    let mut identity = Identity::default();
    if claim.wants_profile {
        let chosen = choose_profile(connection, claim, claim.profile);
        let (profile, created) = have_profile(connection, claim, chosen, false);
        identity.profile = Some(profile);
        identity.profile_created = created;
    }
    Some(identity)
}

/// The profile that it will be.
enum Chosen<'a> {
    Known(Profile),
    New { id: Uuid, external_id: Option<&'a str> },
}

impl<'a> Chosen<'a> {
    /// A new profile: with the client's id from a trusted source, else with one that nobody can have guessed.
    fn new(claim: &Claim<'a>, client: Option<ClientId<'a>>) -> Self {
        match client {
            Some(client) => Chosen::New { id: client.uuid, external_id: client.external() },
            None => Chosen::New { id: id::generate(claim.arrival.unix_micros()), external_id: None },
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Chosen::Known(profile) => profile.id,
            Chosen::New { id, .. } => *id,
        }
    }
}

fn choose_profile<'a>(connection: &Connection, claim: &Claim<'a>, client: Option<ClientId<'a>>) -> Chosen<'a> {
    match client.and_then(|client| find_profile(connection, &client.uuid)) {
        Some(profile) => Chosen::Known(profile),
        None if client.is_some() && claim.static_profile => Chosen::new(claim, client),
        None => unknown(connection, claim),
    }
}

/// Whose the events of somebody are that no id tells: the one whom the keys tell, or somebody new.
fn unknown<'a>(connection: &Connection, claim: &Claim<'a>) -> Chosen<'a> {
    let owner = claim.keys.and_then(|keys| keys.owner(connection));
    match owner.and_then(|id| find_profile(connection, &id)) {
        Some(profile) => Chosen::Known(profile),
        None => Chosen::new(claim, None),
    }
}

/// Makes the chosen profile, or touches it, and counts the visit. Gives the profile that it became, and whether it is new.
/// With keys, one that is there is left as it is: profiles are locked in one order, when it is known which.
fn have_profile<'a>(
    connection: &Connection,
    claim: &Claim<'a>,
    mut chosen: Chosen<'a>,
    visit: bool,
) -> (Profile, bool) {
    let mut tries = 0;
    loop {
        if let Chosen::New { id, external_id } = chosen {
            let args = [
                Arg::uuid(&id),
                Arg::optional_text(external_id),
                Arg::int(i32::from(visit)),
                Arg::time(claim.first),
                Arg::time(claim.seen),
                Arg::time(claim.arrival),
            ];
            let named = claim.static_profile && claim.profile.is_some_and(|client| client.uuid == id);
            if change(connection, &INSERT_PROFILE, &args) > 0 && !(named && was_merged(connection, &id)) {
                let external_id = external_id.map(str::to_owned);
                let profile = Profile { id, external_id, first_seen_at: claim.first, last_seen_at: claim.seen };
                return (profile, true);
            }
        }
        // Read again: it may have been made, or merged into another one, a moment ago.
        match find_profile(connection, &chosen.id()) {
            Some(profile) if claim.keys.is_some() => return (profile, false),
            Some(profile) if visit => {
                let (seen, now, first) = (Arg::time(claim.seen), Arg::time(claim.arrival), Arg::time(claim.first));
                if change(connection, &VISIT, &[Arg::uuid(&profile.id), seen, now, first]) > 0 {
                    return (profile, false);
                }
            }
            Some(profile) => {
                touch_profile(connection, claim, &profile);
                return (profile, false);
            }
            None => chosen = Chosen::new(claim, None),
        }
        try_again(&mut tries, "profile");
    }
}

/// Whether the id for which a row was just made is another one's by now: it waited for a transaction that merged the profile of
/// this id. Then the row is taken back.
fn was_merged(connection: &Connection, id: &Uuid) -> bool {
    let merged = IS_ALIAS.with(|plan| connection.latest(plan, &[Arg::uuid(id)]).processed > 0);
    if merged && pg::keeps_snapshot() {
        Refusal::new(Code::ERRCODE_T_R_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update")
            .raise();
    }
    if merged {
        change(connection, &DELETE_PROFILE, &[Arg::uuid(id)]);
    }
    merged
}

/// 40001 if a profile that this transaction still sees is gone by now. One that was merged is not: its id leads to another.
fn refuse_if_gone(connection: &Connection, id: &Uuid) {
    if LEADS_TO.with(|plan| connection.latest(plan, &[Arg::uuid(id)]).processed == 0) {
        Refusal::new(Code::ERRCODE_T_R_SERIALIZATION_FAILURE, "could not serialize access due to concurrent delete")
            .raise();
    }
}

fn touch_profile(connection: &Connection, claim: &Claim<'_>, profile: &Profile) {
    if claim.touches(profile.first_seen_at, profile.last_seen_at)
        && update_by_id(connection, &PROFILE_SEEN, &profile.id, |found| claim.seen_between(found)).is_err()
    {
        change(connection, &TOUCH_PROFILE, &[Arg::uuid(&profile.id), Arg::time(claim.seen), Arg::time(claim.first)]);
    }
}

/// Changes a row straight in its table, if that may be.
fn update_by_id(
    connection: &Connection,
    table: &'static LocalKey<Table>,
    id: &Uuid,
    change: impl FnOnce(&Found<'_>) -> Option<Vec<(usize, Arg)>>,
) -> Result<(), OnlySql> {
    if !settings::writes_directly() {
        return Err(OnlySql);
    }
    table.with(|table| table.update(connection, id, change))
}
