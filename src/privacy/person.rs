//! A person: the ids that lead to it, and the rows under them.

use super::Counts;
use super::trace::Trace;
use crate::error::{Code, Refusal};
use crate::id::ClientId;
use crate::pg::{Arg, Connection, Jsonb, Plan};
use crate::settings;
use crate::time::Timestamp;
use pgrx::pg_sys::{BYTEAOID, INT8OID, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID};
use std::thread::LocalKey;
use uuid::Uuid;

/// What becomes of events and sessions.
pub enum Removal {
    Forget,
    /// They stay, for this new profile; their ids become hashes with a salt that nobody keeps.
    Anonymize {
        profile: Uuid,
        salt: [u8; 32],
    },
}

pub struct Person {
    /// Today's profile; the client's uuid if there is none.
    pub id: Uuid,
    /// All ids that lead to it.
    pub ids: Vec<Uuid>,
}

/// Profileless events of the sessions $1 belong to somebody all the same. No index leads to them but that of time; a session's
/// `last_seen_at` may lag, and an event may be up to an hour ahead. $2: only of sessions seen since then; $3: the lag.
macro_rules! nobodys {
    () => {
        "SELECT e.id, e.time FROM tracardi.session s JOIN tracardi.event e
           ON e.session_id = s.id AND e.profile_id IS NULL AND e.time >= s.started_at
              AND e.time <= s.last_seen_at + interval '1 hour' + $3 * interval '1 microsecond'
         WHERE s.profile_id = ANY ($1) AND s.last_seen_at >= $2 - $3 * interval '1 microsecond'"
    };
}

/// What goes with events, of which `gone` names the ids.
macro_rules! with_their_keys {
    ($gone:expr) => {
        concat!(
            "WITH gone AS (", $gone, "),
             keys AS (DELETE FROM tracardi.event_key k USING gone g WHERE k.id = g.id RETURNING k.id),
             failures AS (DELETE FROM tracardi.workflow_failure f USING gone g WHERE f.event_id = g.id RETURNING f.id)
             SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM keys), (SELECT count(*) FROM failures)"
        )
    };
}

/// A new id for an old one: with the salt $2, which nobody keeps, it tells nothing.
macro_rules! hashed {
    ($column:literal) => {
        concat!("encode(substring(sha256($2 || uuid_send(", $column, ")) FOR 16), 'hex')::uuid")
    };
}

/// An event or session without anything that a client said, of the profile $3.
macro_rules! emptied_event {
    () => {
        concat!(
            "UPDATE tracardi.event AS e
             SET id = ", hashed!("e.id"), ", external_id = NULL, session_id = ", hashed!("e.session_id"), ",
                 profile_id = CASE WHEN e.profile_id IS NOT NULL THEN $3 END, properties = '{}', context = '{}', errors = '{}' "
        )
    };
}

/// Positions in the log that name an event that is no more: the one before it takes its place, or none of that moment. Whoever
/// holds a position moves it on.
macro_rules! step_back {
    ($table:literal, $key:literal, $id:literal, $together:literal) => {
        concat!(
            "UPDATE tracardi.",
            $table,
            " AS c SET ",
            $id,
            " = coalesce((SELECT e.id FROM tracardi.event e WHERE ",
            $together,
            " AND e.id < c.",
            $id,
            " ORDER BY e.id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')
             WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM tracardi.",
            $table,
            " u WHERE u.",
            $id,
            " IS NOT NULL
               AND NOT EXISTS (SELECT FROM tracardi.event e WHERE e.id = u.",
            $id,
            " AND e.time = u.time) FOR UPDATE SKIP LOCKED)"
        )
    };
}

thread_local! {
    static CURSORS: Plan = const { Plan::new(
        step_back!("workflow_cursor", "workflow, shard", "id", "e.xact = c.xact AND e.time = c.time"), &[],
    ) };
    static SUBSCRIPTIONS: Plan = const { Plan::new(
        step_back!("subscription", "name", "id", "e.xact = c.xact AND e.time = c.time"), &[],
    ) };
    static REPLAYS: Plan = const { Plan::new(step_back!("workflow_replay", "id", "event_id", "e.time = c.time"), &[]) };
    static FIND: Plan = const { Plan::new(
        "SELECT p.id FROM tracardi.profile p WHERE p.id = $1
         UNION SELECT a.profile_id FROM tracardi.profile_alias a WHERE a.id = $1",
        &[UUIDOID],
    ) };
    static FIND_EXTERNAL: Plan = const { Plan::new(
        "SELECT p.id FROM tracardi.profile p WHERE p.external_id = $1 LIMIT 2", &[TEXTOID],
    ) };
    static FIND_PRIMARY: Plan = const { Plan::new(
        "SELECT p.id FROM tracardi.profile p WHERE p.primary_id = $1 LIMIT 2", &[TEXTOID],
    ) };
    static ALIASES: Plan = const { Plan::new(
        "SELECT a.id FROM tracardi.profile_alias a WHERE a.profile_id = $1 ORDER BY a.created_at, a.id", &[UUIDOID],
    ) };
    static LEFT: Plan = const { Plan::new(
        "SELECT FROM tracardi.profile WHERE id = ANY ($1) UNION ALL SELECT FROM tracardi.profile_alias WHERE profile_id = ANY ($1)
         UNION ALL SELECT FROM tracardi.session WHERE profile_id = ANY ($1)
         UNION ALL SELECT FROM tracardi.merge_key WHERE profile_id = ANY ($1)
         UNION ALL (SELECT FROM tracardi.event WHERE profile_id = ANY ($1) LIMIT 1)",
        &[UUIDARRAYOID],
    ) };

    static FORGET_EVENTS: Plan = const { Plan::new(
        with_their_keys!("DELETE FROM tracardi.event WHERE profile_id = ANY ($1) RETURNING id"), &[UUIDARRAYOID],
    ) };
    static FORGET_NOBODYS: Plan = const { Plan::new(
        with_their_keys!(concat!(
            "DELETE FROM tracardi.event d USING (", nobodys!(), ") n WHERE d.id = n.id AND d.time = n.time RETURNING d.id"
        )),
        &[UUIDARRAYOID, TIMESTAMPTZOID, INT8OID],
    ) };
    static FORGET_SESSIONS: Plan = const { Plan::new(
        "DELETE FROM tracardi.session WHERE profile_id = ANY ($1)", &[UUIDARRAYOID],
    ) };
    static FORGET_PROFILE: Plan = const { Plan::new("DELETE FROM tracardi.profile WHERE id = ANY ($1)", &[UUIDARRAYOID]) };
    static FORGET_ALIASES: Plan = const { Plan::new(
        "DELETE FROM tracardi.profile_alias WHERE id = ANY ($1) OR profile_id = ANY ($1)", &[UUIDARRAYOID],
    ) };
    static FORGET_KEYS: Plan = const { Plan::new(
        "DELETE FROM tracardi.merge_key WHERE profile_id = ANY ($1)", &[UUIDARRAYOID],
    ) };

    static KEYS_OF_EVENTS: Plan = const { Plan::new(
        with_their_keys!("SELECT id FROM tracardi.event WHERE profile_id = ANY ($1)"), &[UUIDARRAYOID],
    ) };
    static KEYS_OF_NOBODYS: Plan = const { Plan::new(
        with_their_keys!(nobodys!()), &[UUIDARRAYOID, TIMESTAMPTZOID, INT8OID],
    ) };
    static EMPTY_EVENTS: Plan = const { Plan::new(
        concat!(emptied_event!(), "WHERE e.profile_id = ANY ($1)"), &[UUIDARRAYOID, BYTEAOID, UUIDOID],
    ) };
    // By the columns of the statement above; the places are those of `nobodys`.
    static EMPTY_NOBODYS: Plan = const { Plan::new(
        concat!(
            emptied_event!(),
            "FROM tracardi.session s
             WHERE s.profile_id = ANY ($1) AND e.session_id = s.id AND e.profile_id IS NULL AND e.time >= s.started_at
               AND e.time <= s.last_seen_at + interval '1 hour' + $5 * interval '1 microsecond'
               AND s.last_seen_at >= $4 - $5 * interval '1 microsecond'"
        ),
        &[UUIDARRAYOID, BYTEAOID, UUIDOID, TIMESTAMPTZOID, INT8OID],
    ) };
    static EMPTY_SESSIONS: Plan = const { Plan::new(
        concat!(
            "UPDATE tracardi.session
             SET id = ", hashed!("id"), ", external_id = NULL, profile_id = $3, status = 'ended',
                 ended_at = coalesce(ended_at, last_seen_at), device = '{}', os = '{}', app = '{}', utm = '{}', context = '{}',
                 properties = '{}'
             WHERE profile_id = ANY ($1)"
        ),
        &[UUIDARRAYOID, BYTEAOID, UUIDOID],
    ) };
    static EMPTY_PROFILE: Plan = const { Plan::new(
        "INSERT INTO tracardi.profile (id, visit_count, first_seen_at, last_seen_at, created_at)
         SELECT $2, p.visit_count, p.first_seen_at, p.last_seen_at, p.created_at
         FROM tracardi.profile p WHERE p.id = ANY ($1)",
        &[UUIDARRAYOID, UUIDOID],
    ) };

    // What is a number of this database's and not of the person's stays here.
    static EXPORT: Plan = const { Plan::new(
        concat!(
            "SELECT jsonb_build_object(
               'profile', (SELECT to_jsonb(p) FROM tracardi.profile p WHERE p.id = $4),
               'aliases', (SELECT coalesce(jsonb_agg(a.id ORDER BY a.created_at, a.id), '[]')
                           FROM tracardi.profile_alias a WHERE a.profile_id = $4),
               'sessions', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.started_at, s.id), '[]')
                            FROM tracardi.session s WHERE s.profile_id = ANY ($1)),
               'events', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'xact' ORDER BY e.time, e.id), '[]')
                          FROM tracardi.event e
                          WHERE (e.id, e.time) IN (SELECT o.id, o.time FROM tracardi.event o WHERE o.profile_id = ANY ($1)
                                                   UNION ALL ", nobodys!(), ")),
               'rejected', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.received_at, r.id), '[]')
                            FROM tracardi.event_rejected r WHERE r.id = ANY ($5)),
               'workflow_failures', (SELECT coalesce(jsonb_agg(to_jsonb(f) #- '{event,xact}' ORDER BY f.first_failed_at, f.id), '[]')
                                     FROM tracardi.workflow_failure f
                                     WHERE f.event ->> 'profile_id' = ANY ($6) OR f.event ->> 'session_id' = ANY ($7)))"
        ),
        &[UUIDARRAYOID, TIMESTAMPTZOID, INT8OID, UUIDOID, UUIDARRAYOID, TEXTARRAYOID, TEXTARRAYOID],
    ) };
}

/// Before every event: two thousand years ago, for it must stay a timestamp when something is taken off.
const EVER: Timestamp = Timestamp(-63_000_000_000_000_000);

fn change(connection: &Connection, plan: &'static LocalKey<Plan>, args: &[Arg]) -> i64 {
    plan.with(|plan| connection.run(plan, args).processed as i64)
}

fn ids(connection: &Connection, plan: &'static LocalKey<Plan>, arg: Arg) -> Vec<Uuid> {
    plan.with(|plan| {
        let rows = connection.latest(plan, &[arg]);
        (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
    })
}

impl Person {
    /// Whom an id leads to: a profile's own, one that it had before, the text that its client sent, its primary id. Nobody is a
    /// person, too: of whom a rejected event may be left. Errors: 21000 (several).
    pub fn find(connection: &Connection, client: &ClientId<'_>) -> Result<Self, Refusal> {
        let mut found = ids(connection, &FIND, Arg::uuid(&client.uuid));
        for plan in [&FIND_EXTERNAL, &FIND_PRIMARY] {
            if found.is_empty() {
                found = ids(connection, plan, Arg::text(client.text));
            }
        }
        match found[..] {
            [] => Ok(Person { id: client.uuid, ids: vec![client.uuid] }),
            [id] => {
                let mut person = Person { id, ids: vec![client.uuid] };
                person.follow(connection);
                Ok(person)
            }
            _ => Err(Refusal::new(Code::ERRCODE_CARDINALITY_VIOLATION, "more than one profile has this id")
                .hint("Name the one that is meant by tracardi.profile.id.")),
        }
    }

    /// Reads anew whom it has become, and which ids lead there.
    pub fn follow(&mut self, connection: &Connection) {
        if let [id] = ids(connection, &FIND, Arg::uuid(&self.id))[..] {
            self.id = id;
        }
        self.ids.push(self.id);
        self.ids.extend(ids(connection, &ALIASES, Arg::uuid(&self.id)));
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    /// Removes the events, and those of nobody in the person's sessions that were seen `since` (none: ever).
    pub fn remove_events(
        &self,
        connection: &Connection,
        removal: &Removal,
        since: Option<Timestamp>,
        counts: &mut Counts,
    ) {
        let mine = Arg::uuids(&self.ids);
        let (since, lag) = (Arg::time(since.unwrap_or(EVER)), Arg::bigint(settings::last_seen_lag()));
        let mut run = |plan: &'static LocalKey<Plan>, args: &[Arg]| {
            plan.with(|plan| {
                let rows = connection.run(plan, args);
                for (column, name) in ["events", "event_keys", "workflow_failures"].into_iter().enumerate() {
                    counts.add(name, rows.get(0, column).unwrap_or(0));
                }
            });
        };
        match removal {
            Removal::Forget => {
                run(&FORGET_EVENTS, &[mine]);
                run(&FORGET_NOBODYS, &[mine, since, lag]);
            }
            Removal::Anonymize { profile, salt } => {
                run(&KEYS_OF_EVENTS, &[mine]);
                run(&KEYS_OF_NOBODYS, &[mine, since, lag]);
                let (salt, profile) = (Arg::bytes(salt), Arg::uuid(profile));
                change(connection, &EMPTY_EVENTS, &[mine, salt, profile]);
                change(connection, &EMPTY_NOBODYS, &[mine, salt, profile, since, lag]);
            }
        }
    }

    /// Removes all else, events and what names the person beside.
    pub fn remove_rest(&self, connection: &Connection, removal: &Removal, counts: &mut Counts) {
        let mine = Arg::uuids(&self.ids);
        match removal {
            Removal::Forget => counts.add("sessions", change(connection, &FORGET_SESSIONS, &[mine])),
            Removal::Anonymize { profile, salt } => {
                let new = Arg::uuid(profile);
                counts.add("sessions", change(connection, &EMPTY_SESSIONS, &[mine, Arg::bytes(salt), new]));
                change(connection, &EMPTY_PROFILE, &[mine, new]);
            }
        }
        counts.add("profiles", change(connection, &FORGET_PROFILE, &[mine]));
        counts.add("aliases", change(connection, &FORGET_ALIASES, &[mine]));
        counts.add("merge_keys", change(connection, &FORGET_KEYS, &[mine]));
        for positions in [&CURSORS, &SUBSCRIPTIONS, &REPLAYS] {
            change(connection, positions, &[]);
        }
    }

    /// Whether something is there that this transaction does not see.
    pub fn is_left(&self, connection: &Connection) -> bool {
        LEFT.with(|plan| connection.latest(plan, &[Arg::uuids(&self.ids)]).processed > 0)
    }

    /// All of it, as a JSON object's bytes. `rejected`: ids of rejected events. None: there is nothing.
    pub fn export(&self, connection: &Connection, rejected: Arg, trace: &Trace) -> Option<Vec<u8>> {
        let [profiles, sessions] = trace.ids().map(|ids| ids.iter().map(Uuid::to_string).collect::<Vec<_>>());
        let texts = |ids: &[String]| Arg::texts(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let args = [
            Arg::uuids(&self.ids),
            Arg::time(EVER),
            Arg::bigint(settings::last_seen_lag()),
            Arg::uuid(&self.id),
            rejected,
            texts(&profiles),
            texts(&sessions),
        ];
        EXPORT.with(|plan| {
            let rows = connection.run(plan, &args);
            let export: Jsonb<'_> = rows.get(0, 0)?;
            let crate::jsonb::Value::Object(object) = export.root() else { return None };
            let empty = |value| match value {
                crate::jsonb::Value::Array(list) => list.len() == 0,
                value => value == crate::jsonb::Value::Null,
            };
            (!object.pairs().all(|(_, value)| empty(value))).then(|| export.copy())
        })
    }
}
