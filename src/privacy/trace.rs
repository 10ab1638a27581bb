//! What names a person in texts: rejected events are kept as they came, and a failure's message says what it likes.

use super::person::Person;
use crate::id::ClientId;
use crate::json::{self, Document};
use crate::jsonb::Value;
use crate::pg::{Arg, Connection, Jsonb, Plan};
use pgrx::pg_sys::{TEXTARRAYOID, UUIDARRAYOID, UUIDOID};
use std::collections::HashSet;
use uuid::Uuid;

/// Texts from so many characters on are looked for within others, too; shorter ones would be found everywhere.
const LONG: usize = 6;
/// Numbers and what looks like one count from so many characters on: 7 is many things.
const LONG_NUMBER: usize = 5;
/// Rejected events are read so many at a time.
const STEP: usize = 200;

pub struct Trace {
    ids: HashSet<Uuid>,
    sessions: HashSet<Uuid>,
    /// In lower case: what the person is called, and known by.
    names: HashSet<String>,
    /// Those of them that are long, and the profile's ids.
    long: Vec<String>,
    /// All ids, and what clients call the sessions, if that is long: there may be thousands.
    words: HashSet<String>,
}

thread_local! {
    static SESSIONS: Plan = const { Plan::new(
        "SELECT s.id, s.external_id FROM tracardi.session s WHERE s.profile_id = ANY ($1)", &[UUIDARRAYOID],
    ) };
    static PROFILE: Plan = const { Plan::new(
        "SELECT p.external_id, p.primary_id, p.data #> '{contact,email}', p.data #> '{contact,phone}', p.data #> '{contact,app}',
                p.data -> 'identifier' #- '{coupons}'
         FROM tracardi.profile p WHERE p.id = $1",
        &[UUIDOID],
    ) };
    static REJECTED: Plan = const { Plan::new(
        "SELECT r.id, r.profile_id, r.session_id, r.event FROM tracardi.event_rejected r WHERE r.id > $1 ORDER BY r.id LIMIT 200",
        &[UUIDOID],
    ) };
    static REMOVE: Plan = const { Plan::new("DELETE FROM tracardi.event_rejected WHERE id = ANY ($1)", &[UUIDARRAYOID]) };
    static REMOVE_FAILURES: Plan = const { Plan::new(
        "DELETE FROM tracardi.workflow_failure f
         WHERE f.event ->> 'profile_id' = ANY ($1) OR f.event ->> 'session_id' = ANY ($2)
            OR EXISTS (SELECT FROM unnest($3) AS t (name) WHERE strpos(lower(f.message), t.name) > 0)",
        &[TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID],
    ) };
}

impl Trace {
    pub fn of(connection: &Connection, person: &Person) -> Self {
        let mut trace = Trace {
            ids: person.ids.iter().copied().collect(),
            sessions: HashSet::new(),
            names: HashSet::new(),
            long: person.ids.iter().map(Uuid::to_string).collect(),
            words: HashSet::new(),
        };
        SESSIONS.with(|plan| {
            let rows = connection.run(plan, &[Arg::uuids(&person.ids)]);
            for row in 0..rows.processed {
                let id: Option<Uuid> = rows.get(row, 0);
                trace.words.extend(id.iter().map(Uuid::to_string));
                trace.sessions.extend(id);
                let client = rows.get::<&str>(row, 1).map(str::to_lowercase);
                trace.words.extend(client.filter(|text| text.chars().count() >= LONG));
            }
        });
        PROFILE.with(|plan| {
            let rows = connection.run(plan, &[Arg::uuid(&person.id)]);
            for column in 0..2 {
                trace.name(rows.get(0, column).unwrap_or_default());
            }
            for column in 2..6 {
                trace.names_in(rows.get::<Jsonb<'_>>(0, column).map_or(Value::Null, Jsonb::root));
            }
        });
        trace
    }

    fn name(&mut self, text: &str) {
        let name = text.trim().to_lowercase();
        if name.is_empty() || !self.names.insert(name.clone()) {
            return;
        }
        if name.chars().count() >= LONG {
            self.long.push(name);
        }
    }

    /// The texts and numbers in what is known of a person.
    fn names_in(&mut self, value: Value<'_>) {
        match value {
            Value::String(text) => self.name(text),
            Value::Number(_) => self.name(&json::text(value)),
            Value::Array(list) => list.iter().for_each(|item| self.names_in(item)),
            Value::Object(object) => object.pairs().for_each(|(_, item)| self.names_in(item)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The ids of the person, and of the sessions.
    pub fn ids(&self) -> [&HashSet<Uuid>; 2] {
        [&self.ids, &self.sessions]
    }

    /// Whether it is an id of the person's or of a session's, in whatever form.
    fn is_id(&self, text: &str) -> bool {
        let known = |client: ClientId<'_>| self.ids.contains(&client.uuid) || self.sessions.contains(&client.uuid);
        ClientId::read(text).ok().flatten().is_some_and(known)
    }

    /// Whether a text names the person: as a whole, or within it by an id or a name that is long.
    fn names(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let whole = lower.trim();
        if whole.is_empty() || whole.len() < LONG_NUMBER && whole.parse::<f64>().is_ok() {
            return false;
        }
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        self.names.contains(whole)
            || self.is_id(text)
            || self.long.iter().any(|name| stands_in(&lower, name))
            || lower.split(|c| !joins(c)).any(|word| self.words.contains(word))
    }

    /// Whether some string of a JSON text does.
    fn is_in(&self, text: &str) -> bool {
        match Document::read(text) {
            Ok(document) => document.texts().any(|text| self.names(&text)),
            Err(_) => self.names(text),
        }
    }

    /// The rejected events that name the person.
    pub fn find(&self, connection: &Connection) -> Vec<Uuid> {
        let mut found = Vec::new();
        let mut last = Uuid::nil();
        loop {
            crate::pg::check_for_interrupts();
            let read = REJECTED.with(|plan| {
                let rows = connection.run(plan, &[Arg::uuid(&last)]);
                for row in 0..rows.processed {
                    let text = |column| rows.get::<&str>(row, column).unwrap_or_default();
                    last = rows.get(row, 0).unwrap_or(last);
                    if self.is_id(text(1)) || self.is_id(text(2)) || self.is_in(text(3)) {
                        found.push(last);
                    }
                }
                rows.processed
            });
            if read < STEP {
                return found;
            }
        }
    }

    /// Removes them. Gives how many.
    pub fn remove(&self, connection: &Connection) -> i64 {
        let found = self.find(connection);
        if found.is_empty() {
            return 0;
        }
        REMOVE.with(|plan| connection.run(plan, &[Arg::uuids(&found)]).processed as i64)
    }

    /// Removes the failures of workflows whose event is the person's, or whose message names the person. Gives how many.
    pub fn remove_failures(&self, connection: &Connection) -> i64 {
        let [profiles, sessions] = self.ids().map(|ids| ids.iter().map(Uuid::to_string).collect::<Vec<_>>());
        let texts = |ids: &[String]| Arg::texts(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let args = [texts(&profiles), texts(&sessions), texts(&self.long)];
        REMOVE_FAILURES.with(|plan| connection.run(plan, &args).processed as i64)
    }
}

/// Whether a name stands somewhere in a text, and not as a part of a longer word or number.
fn stands_in(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        ![before, after].iter().flatten().any(|c| c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        let id = ClientId::read("customer-8").unwrap().unwrap().uuid;
        let mut trace = Trace {
            ids: HashSet::from([id]),
            sessions: HashSet::new(),
            names: HashSet::new(),
            long: vec![id.to_string()],
            words: HashSet::from(["session-9".to_owned()]),
        };
        trace.name("Ann@Example.com");
        trace.name("K7");
        trace.name("customer-8");
        trace.name("7");
        trace
    }

    #[test]
    fn what_names_the_person() {
        let trace = trace();
        for text in [
            r#"{"a": ["customer-8"]}"#,
            r#"{"a": " \u0063ustomer-8 "}"#,
            r#"{"url": "/?mail=ANN@example.com&x"}"#,
            r#"{"ann@example.com": 1}"#,
            r#"{"a": "k7", "b": "\u0000"}"#,
            r#"{"a": "\u0000 ann@example.com"}"#,
            r#"{"url": "/visits/Session-9?x"}"#,
            "not JSON: ann@example.com",
        ] {
            assert!(trace.is_in(text), "{text}");
        }
        assert!(trace.is_in(&format!("{{\"a\": \"x {} y\"}}", trace.long[0].to_uppercase())));
    }

    #[test]
    fn what_does_not() {
        let trace = trace();
        for text in [
            r#"{"a": "customer-88", "x": "/customer-88/", "b": "k77", "c": 7, "s": "my-session-9", "d": "", "e": null}"#,
            "{}",
            "[]",
            "\"example.com\"",
        ] {
            assert!(!trace.is_in(text), "{text}");
        }
    }
}
