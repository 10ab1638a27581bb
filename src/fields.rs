//! Fields of profiles: which of them an update changed. A trigger of the profile asks, while `profile-updated` is made
//! (`sql/fields.sql`).

use crate::change::{self, What};
use crate::config;
use crate::error::Refusal;
use crate::jsonb::Value;
use crate::mapping;
use crate::pg::Connection;
use std::collections::BTreeSet;
use std::ffi::CStr;
use uuid::Uuid;

/// The columns with fields, beside `primary_id`.
pub const COLUMNS: [&CStr; 4] = [c"data", c"traits", c"interests", c"consents"];
/// Paths that are told at most.
const MOST: usize = 100;
/// Objects within objects are looked into so deep.
const DEPTH: usize = 64;

/// Which fields changed, by their paths.
#[derive(Default)]
pub struct Changed(Vec<String>);

impl Changed {
    /// A field as it was and as it is.
    pub fn compare(&mut self, name: &str, before: Value<'_>, now: Value<'_>) {
        self.within(&mut vec![name.to_owned()], before, now);
    }

    fn within(&mut self, path: &mut Vec<String>, before: Value<'_>, now: Value<'_>) {
        if self.0.len() >= MOST || before == now {
            return;
        }
        let (old, new) = match (before, now) {
            (Value::Object(old), Value::Object(new)) => (Some(old), Some(new)),
            // What was not there, or is there no more, changed in all that it holds.
            (Value::Object(old), Value::Null) => (Some(old), None),
            (Value::Null, Value::Object(new)) => (None, Some(new)),
            _ => (None, None),
        };
        let objects = [old, new].into_iter().flatten().filter(|_| path.len() < DEPTH);
        let keys: BTreeSet<&str> = objects.flat_map(|object| object.pairs().map(|(key, _)| key)).collect();
        let known = self.0.len();
        for key in keys {
            path.push(key.to_owned());
            self.within(path, before.get(key), now.get(key));
            path.pop();
        }
        // Nothing in it differs, or is looked at: a null that was not there before is no other value.
        if self.0.len() == known {
            self.0.push(mapping::write_path(path));
        }
    }

    /// Tells of them, if there are any. Where tracardi is not set up, nothing is told.
    pub fn tell(self, profile: Uuid) -> Result<(), Refusal> {
        match config::current() {
            Ok(config) if !self.0.is_empty() => {
                change::tell(&config, &Connection::open(), profile, What::Fields(self.0))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::{Json, root};

    fn changed(before: &Json<'_>, now: &Json<'_>) -> Vec<String> {
        let (before, now) = (before.clone().encode().unwrap(), now.clone().encode().unwrap());
        let mut changed = Changed::default();
        changed.compare("traits", root(&before), root(&now));
        changed.0
    }

    #[test]
    fn leaves_that_differ_are_named() {
        let before = Json::object([
            ("a", Json::Integer(1)),
            ("b", Json::object([("c", Json::string("x")), ("d d", Json::Null)])),
            ("gone", Json::object([("e", Json::Integer(1))])),
            ("list", Json::Array(vec![Json::Integer(1)])),
        ]);
        let now = Json::object([
            ("a", Json::Integer(1)),
            ("b", Json::object([("c", Json::string("y")), ("d d", Json::Integer(0))])),
            ("empty", Json::object([])),
            ("null", Json::object([("f", Json::Null)])),
            ("list", Json::Array(vec![Json::Integer(2)])),
        ]);
        let paths = ["traits.b.c", "traits.b.\"d d\"", "traits.empty", "traits.gone.e", "traits.list", "traits.null"];
        assert_eq!(changed(&before, &now), paths);
        assert_eq!(changed(&now, &now), [""; 0]);
    }

    #[test]
    fn what_is_told_is_bounded() {
        let many = Json::Object((0..1000).map(|n| (n.to_string().into(), Json::Integer(n))).collect());
        assert_eq!(changed(&Json::object([]), &many).len(), MOST);
        let deep = |leaf| (0..1000).fold(Json::Integer(leaf), |value, _| Json::object([("k", value)]));
        assert_eq!(changed(&deep(1), &deep(2)), [format!("traits{}", ".k".repeat(DEPTH - 1))]);
    }
}
