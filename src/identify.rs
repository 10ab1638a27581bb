//! Identification: what events say of who somebody is, and whose that is.
//!
//! A value of an identification point's property becomes a merge key: a salted hash, which belongs to a profile. Profiles that
//! bring the same key are one person's, and are merged. Locks are taken in one order: keys, sorted; then profiles, sorted.

use crate::config::Config;
use crate::error::{Code, Refusal};
use crate::id::too_long;
use crate::identity::{self, Profile};
use crate::jsonb::{Value, root};
use crate::merge;
use crate::pg::{self, Arg, Connection, Plan};
use crate::settings;
use crate::time::Timestamp;
use pgrx::pg_sys::{TEXTARRAYOID, UUIDARRAYOID, UUIDOID};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What the events of a call say of who somebody is.
pub struct Keys {
    /// Sorted.
    ids: Vec<Uuid>,
    /// The person's id in the customer's own system.
    pub primary_id: Option<String>,
}

/// A call brings at most so many: nobody has more, but a payload may list the world.
const MOST: usize = 100;

thread_local! {
    // The salt stays in the server.
    static HASH: Plan = const { Plan::new(
        "SELECT encode(substring(sha256(s.salt || convert_to(v.text, 'UTF8')) FOR 16), 'hex')::uuid AS id
         FROM tracardi.merge_salt s, unnest($1) AS v (text) ORDER BY id",
        &[TEXTARRAYOID],
    ) };
    // A key may still name a profile that was merged: into which, its alias tells.
    static FIND: Plan = const { Plan::new(
        "SELECT k.id, p.id, k.profiles::bigint
         FROM tracardi.merge_key k LEFT JOIN tracardi.profile_alias a ON a.id = k.profile_id
         LEFT JOIN tracardi.profile p ON p.id = coalesce(a.profile_id, k.profile_id)
         WHERE k.id = ANY ($1)",
        &[UUIDARRAYOID],
    ) };
    static INSERT: Plan = const { Plan::new(
        "INSERT INTO tracardi.merge_key (id, profile_id) SELECT k.id, $2 FROM unnest($1) AS k (id) ON CONFLICT (id) DO NOTHING",
        &[UUIDARRAYOID, UUIDOID],
    ) };
    static TAKE_OVER: Plan = const { Plan::new(
        "UPDATE tracardi.merge_key SET profile_id = $2, profiles = 1
         WHERE id = ANY (ARRAY(SELECT k.id FROM tracardi.merge_key k WHERE k.id = ANY ($1) ORDER BY k.id FOR NO KEY UPDATE))",
        &[UUIDARRAYOID, UUIDOID],
    ) };
    static COUNT: Plan = const { Plan::new(
        "UPDATE tracardi.merge_key SET profiles = profiles + 1, profile_id = $2 WHERE id = ANY ($1)", &[UUIDARRAYOID, UUIDOID],
    ) };
}

impl Keys {
    /// Reads the keys of events, of which type and properties (a JSON object's bytes, or none) are given. `None`: they have none. Errors: 55000 (no salt).
    pub fn read<'a>(
        connection: &Connection,
        config: &Config,
        source_id: &str,
        events: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Option<Self> {
        let mut texts = BTreeSet::new();
        let mut primary_id = None;
        for (event_type, properties) in events {
            for path in config.identifying(event_type, source_id) {
                let Some(written) = written(at(properties, path)) else { continue };
                if let Some(text) = telling(&written)
                    && texts.len() < MOST
                {
                    // No path holds a line break: two different pairs never make the same text.
                    texts.insert(format!("{path}\n{text}"));
                    if path.rsplit('.').next() == Some("pk") {
                        primary_id = Some(written);
                    }
                }
            }
        }
        if texts.is_empty() {
            return None;
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let ids: Vec<Uuid> = HASH.with(|plan| {
            let rows = connection.run(plan, &[Arg::texts(&texts)]);
            (0..rows.processed).filter_map(|row| rows.get(row, 0)).collect()
        });
        if ids.is_empty() {
            Refusal::new(Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "tracardi.merge_salt is empty")
                .hint("SELECT tracardi.setup();")
                .raise();
        }
        Some(Keys { ids, primary_id })
    }

    /// Somebody whom one of the keys belongs to.
    pub fn owner(&self, connection: &Connection) -> Option<Uuid> {
        self.find(connection).into_iter().filter(Known::joins).find_map(|known| known.profile)
    }

    fn find(&self, connection: &Connection) -> Vec<Known> {
        FIND.with(|plan| {
            let rows = connection.run(plan, &[Arg::uuids(&self.ids)]);
            let known = |row| {
                Some(Known {
                    key: rows.get(row, 0)?,
                    profile: rows.get(row, 1),
                    profiles: rows.get(row, 2).unwrap_or(0),
                })
            };
            (0..rows.processed).filter_map(known).collect()
        })
    }
}

/// A key that was there before.
struct Known {
    key: Uuid,
    /// Whose it is; none if that profile is gone.
    profile: Option<Uuid>,
    profiles: i64,
}

impl Known {
    fn joins(&self) -> bool {
        self.profiles < i64::from(settings::merge_limit())
    }
}

/// What became of a profile.
pub struct Joined {
    pub profile: Uuid,
    /// Those that it was merged with, or itself, and that are no more.
    pub losers: Vec<Uuid>,
}

/// Makes the keys this profile's, and one of all profiles that they belong to. The caller holds no lock on a profile that
/// others can see. Errors: 40001, in the stricter isolation levels.
pub fn join(connection: &Connection, keys: &Keys, mut own: Uuid, now: Timestamp) -> Joined {
    let mut tries = 0;
    loop {
        let known = keys.find(connection);
        let missing: Vec<Uuid> =
            keys.ids.iter().filter(|id| known.iter().all(|known| known.key != **id)).copied().collect();
        let gone: Vec<Uuid> = known.iter().filter(|known| known.profile.is_none()).map(|known| known.key).collect();
        let is_new = missing.is_empty()
            || INSERT.with(|plan| connection.run(plan, &[Arg::uuids(&missing), Arg::uuid(&own)]).processed)
                == missing.len();
        if !gone.is_empty() {
            TAKE_OVER.with(|plan| connection.run(plan, &[Arg::uuids(&gone), Arg::uuid(&own)]));
        }
        if is_new && gone.is_empty() {
            let wanted = Wanted::new(own, &known);
            if wanted.profiles.len() == 1 {
                return Joined { profile: own, losers: Vec::new() };
            }
            // What was locked for nothing is let go, or the order of locks would not hold.
            if let Some(joined) = pg::tentative(|| wanted.merge(connection, keys, own, now)) {
                return joined;
            }
            if let Some(Profile { id, .. }) = identity::find_profile(connection, &own) {
                own = id;
            }
        }
        identity::try_again(&mut tries, "merge_key");
    }
}

/// Profiles that are to become one, and the keys that say so.
#[derive(PartialEq)]
struct Wanted {
    profiles: BTreeSet<Uuid>,
    keys: BTreeSet<Uuid>,
}

impl Wanted {
    fn new(own: Uuid, known: &[Known]) -> Self {
        let others = || known.iter().filter(|known| known.joins() && known.profile.is_some_and(|other| other != own));
        Wanted {
            profiles: others().filter_map(|known| known.profile).chain([own]).collect(),
            keys: others().map(|known| known.key).collect(),
        }
    }

    /// Merges them. `None`: another transaction came first, and it is not they any more.
    fn merge(&self, connection: &Connection, keys: &Keys, own: Uuid, now: Timestamp) -> Option<Joined> {
        let profiles: Vec<Uuid> = self.profiles.iter().copied().collect();
        let persons = merge::lock(connection, &profiles);
        if persons.len() < profiles.len() || Wanted::new(own, &keys.find(connection)) != *self {
            return None;
        }
        let (winner, losers) = merge::merge(connection, persons, now)?;
        let counted: Vec<Uuid> = self.keys.iter().copied().collect();
        COUNT.with(|plan| connection.run(plan, &[Arg::uuids(&counted), Arg::uuid(&winner)]));
        Some(Joined { profile: winner, losers })
    }
}

/// The value at a path of properties; null if there is none.
fn at<'a>(properties: &'a [u8], path: &str) -> Value<'a> {
    path.split('.').fold(root(properties), |value, step| match value {
        Value::Object(object) => object.get(step),
        _ => Value::Null,
    })
}

/// A value as it is written, trimmed; none for what is no text or number.
fn written(value: Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) => Some(crate::json::text(value)),
        _ => None,
    }
}

/// What clients write where they know nothing: it would join strangers.
const TELLS_NOTHING: [&str; 7] = ["", "null", "undefined", "anonymous", "none", "-1", "0"];

/// The normalised value, if it can tell who somebody is.
fn telling(written: &str) -> Option<String> {
    let text = written.to_lowercase();
    (!TELLS_NOTHING.contains(&&*text) && !too_long(written) && !too_long(&text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::Json;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_are_normalised_once(text in "\\PC{0,40}") {
            let once = written(Value::String(&text)).and_then(|text| telling(&text));
            if let Some(once) = once {
                let again = written(Value::String(&once)).and_then(|text| telling(&text));
                prop_assert_eq!(again.map(|text| text.to_lowercase()), Some(once.to_lowercase()));
            }
        }

        #[test]
        fn case_and_blanks_make_no_difference(text in "[a-z@.]{1,40}") {
            let shouted = format!(" \t{}\n", text.to_uppercase());
            let read = |text: &str| written(Value::String(text)).and_then(|text| telling(&text));
            prop_assert_eq!(read(&shouted), read(&text));
        }
    }

    #[test]
    fn what_would_join_strangers() {
        for text in ["", " ", "NULL", " undefined", "Anonymous", "none", "-1", "0", &"x".repeat(256)] {
            assert_eq!(written(Value::String(text)).and_then(|text| telling(&text)), None, "{text}");
        }
        assert_eq!(written(Value::Null), None);
        assert_eq!(written(Value::Bool(true)), None);
    }

    #[test]
    fn paths() {
        let inner = Json::object([("main", Json::string("a@b.c"))]);
        let bytes = Json::object([("email", inner), ("flat", Json::string("x"))]).encode().unwrap();
        assert_eq!(at(&bytes, "email.main"), Value::String("a@b.c"));
        assert_eq!(at(&bytes, "flat"), Value::String("x"));
        assert_eq!(at(&bytes, "flat.deeper"), Value::Null);
        assert_eq!(at(&bytes, "email.other"), Value::Null);
        assert!(written(at(&bytes, "email")).is_none());
    }
}
