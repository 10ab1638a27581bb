//! Consents: what a person agreed to, for how long, and took back.
//!
//! A profile's `consents` hold `{name: {"revoke": time}}`: agreed to until then; null: for good. What is past is a consent that was
//! taken back, or has expired. A name that is not there has its type's default.

pub mod rule;
mod statement;

pub use statement::{Said, Statement, Whose, state, tidy};

use crate::jsonb::{Json, Value};
use crate::time::{self, Timestamp};
use std::borrow::Cow;
use std::collections::HashMap;

/// The rows of `tracardi.consent_type` that are enabled, by their names.
#[derive(Default)]
pub struct Types(pub HashMap<String, Type>);

pub struct Type {
    /// Whether it counts as given while the person says nothing.
    pub by_default: bool,
    pub revokable: bool,
    /// For how long it is given, in microseconds; none: for good.
    pub lasts: Option<i64>,
}

impl Types {
    /// Whether a consent is given at a moment. `consents`: a profile's; null: of nobody.
    pub fn granted(&self, consents: Value<'_>, name: &str, now: Timestamp) -> bool {
        match consents.get(name) {
            Value::Null => matches!(consents, Value::Object(_)) && self.by_default(name),
            Value::Bool(given) => given,
            Value::Object(consent) if consent.get("granted") == Value::Bool(false) => false,
            Value::Object(consent) => match consent.get("revoke") {
                Value::Null => true,
                revoke => time::read(revoke).is_ok_and(|revoke| revoke > now),
            },
            _ => false,
        }
    }

    /// Whether all of them are.
    pub fn all_granted(&self, consents: Value<'_>, names: &[String], now: Timestamp) -> bool {
        names.iter().all(|name| self.granted(consents, name, now))
    }

    /// What is kept of a consent that is given, or taken back (none: nothing, for nothing is its default).
    fn kept(&self, name: &str, given: bool, now: Timestamp) -> Option<Json<'static>> {
        let until = |revoke| Json::object([("revoke", revoke)]);
        match given {
            true => {
                let lasts = self.0.get(name).and_then(|known| known.lasts);
                Some(until(lasts.map_or(Json::Null, |lasts| Json::string(now.plus(lasts).to_iso()))))
            }
            false => self.by_default(name).then(|| until(Json::string(now.to_iso()))),
        }
    }

    /// A profile's consents as an event says them, at its time: true and false become what is kept of them.
    pub fn read<'a>(&self, consents: Value<'a>, now: Timestamp) -> Json<'a> {
        let Value::Object(consents) = consents else { return Json::Copy(consents) };
        let kept = |(name, value): (&'a str, Value<'a>)| Some((Cow::Borrowed(name), self.read_one(name, value, now)?));
        Json::Object(consents.pairs().filter_map(kept).collect())
    }

    /// One of them; none: it is not kept.
    pub fn read_one<'a>(&self, name: &str, value: Value<'a>, now: Timestamp) -> Option<Json<'a>> {
        match value {
            Value::Bool(given) => self.kept(name, given, now),
            other => Some(Json::Copy(other)),
        }
    }

    /// Whether nothing is lost with a consent: it is over, and nothing is what its type has by default.
    fn is_over(&self, name: &str, consent: Value<'_>, now: Timestamp) -> bool {
        let revoke = consent.get("revoke");
        !self.by_default(name) && revoke != Value::Null && time::read(revoke).is_ok_and(|revoke| revoke <= now)
    }

    fn by_default(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|known| known.by_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::root;

    fn types() -> Types {
        let known = |by_default, lasts| Type { by_default, revokable: true, lasts };
        Types(HashMap::from([
            ("needed".to_owned(), known(true, None)),
            ("short".to_owned(), known(false, Some(1_000_000))),
        ]))
    }

    fn granted(consents: Json<'_>, name: &str, now: i64) -> bool {
        types().granted(root(&consents.encode().unwrap()), name, Timestamp(now))
    }

    #[test]
    fn until_it_expires() {
        let until =
            |time: i64| Json::object([("a", Json::object([("revoke", Json::string(Timestamp(time).to_iso()))]))]);
        assert!(granted(until(1_000_000), "a", 999_999) && !granted(until(1_000_000), "a", 1_000_000));
        assert!(granted(Json::object([("a", Json::object([("revoke", Json::Null)]))]), "a", 0));
        assert!(!granted(Json::object([("a", Json::object([("revoke", Json::string("soon"))]))]), "a", 0));
        assert!(!granted(Json::object([("a", Json::string("yes"))]), "a", 0));
        assert!(granted(Json::object([("a", Json::Copy(Value::Bool(true)))]), "a", 0));
    }

    #[test]
    fn by_default() {
        assert!(granted(Json::object([]), "needed", 0) && !granted(Json::object([]), "short", 0));
        assert!(!granted(Json::object([]), "other", 0) && !granted(Json::Null, "needed", 0));
        let denied = Json::object([("needed", Json::object([("revoke", Json::string(Timestamp(0).to_iso()))]))]);
        assert!(!granted(denied, "needed", 0));
    }

    #[test]
    fn what_an_event_says() {
        let said = Json::object(
            [("short", true), ("needed", false), ("other", false)].map(|(n, b)| (n, Json::Copy(Value::Bool(b)))),
        );
        let bytes = said.encode().unwrap();
        let kept = types().read(root(&bytes), Timestamp(0)).encode().unwrap();
        assert!(types().granted(root(&kept), "short", Timestamp(999_999)));
        assert!(!types().granted(root(&kept), "short", Timestamp(1_000_000)));
        assert!(!types().granted(root(&kept), "needed", Timestamp(0)));
        assert_eq!(root(&kept).get("other"), Value::Null);
    }
}
