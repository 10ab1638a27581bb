//! Rules that take properties away from events, or make hashes of them, unless their person agreed: before anything is made of the
//! event. What it was before is in no row, no message and no workflow.

use crate::config::Config;
use crate::error::{Code, Refusal, truncated};
use crate::id;
use crate::identity;
use crate::json;
use crate::jsonb::{Json, Value, root};
use crate::mapping::Source;
use crate::payload::{Payload, RawEvent};
use crate::pg::{self, ActAs, Arg, Connection, Jsonb, Plan, Rows};
use pgrx::pg_sys::{TEXTARRAYOID, UUIDOID};
use std::collections::HashMap;

/// A row of `tracardi.consent_rule` that is enabled.
pub struct Rule {
    /// None: events of all types.
    event_type: Option<String>,
    property: Source,
    consents: Vec<String>,
    /// Else the property is dropped.
    hashes: bool,
}

/// What stands before a hash. What looks like one is left as it is: a rejected event may be tried again.
const HASH: &str = "hash:";

thread_local! {
    static CONSENTS: Plan = const { Plan::new("SELECT consents FROM tracardi.profile WHERE id = $1", &[UUIDOID]) };
    // The salt stays in the server; what is hashed here is no merge key's hash.
    static DIGEST: Plan = const { Plan::new(
        "SELECT v.text, encode(substring(sha256(s.salt || convert_to('consent_rule' || chr(10) || v.text, 'UTF8')) FOR 16), 'hex')
         FROM tracardi.merge_salt s, unnest($1) AS v (text)",
        &[TEXTARRAYOID],
    ) };
}

impl Rule {
    /// Of a row of `event_type, property, consents, hashes`.
    pub fn of_row(rows: &Rows<'_>, row: usize, consents: Vec<String>) -> Option<Self> {
        let property = Source::read(rows.get(row, 1)?).ok()?;
        Some(Rule { event_type: rows.get(row, 0), property, consents, hashes: rows.get(row, 3)? })
    }

    /// Whether it is for an event: for one whose type can't be read, all are.
    fn concerns(&self, event: &RawEvent<'_>) -> bool {
        match (event.event_type, &self.event_type) {
            (Value::String(written), Some(event_type)) => id::normalize_type(written) == *event_type,
            _ => true,
        }
    }
}

/// Refuses a property's path that can't be used. Errors: 22023, with the place.
pub fn check(name: &str, property: &str) -> Result<(), Refusal> {
    Source::read(property).map(drop).map_err(|bad| {
        let name = truncated(name, id::MAX_CHARS);
        let message = format!("consent rule \"{name}\" can't be used");
        Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, message)
            .detail(format!("In property, at character {}: {}.", bad.at, bad.message))
            .hint("A property is named by its path, such as properties.email.main or context.page.url.")
    })
}

/// Events of a payload from which something was taken.
pub struct Reduced(Vec<(usize, [Part; 2])>);

/// What properties or context are now.
enum Part {
    Nothing,
    /// No object, so the event will be rejected, and who knows what was in it.
    Unreadable,
    /// A JSON object's bytes.
    Object(Vec<u8>),
}

impl Part {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Part::Nothing,
            Value::Object(object) => Part::Object(object.bytes().to_vec()),
            _ => Part::Unreadable,
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Part::Nothing => Value::Null,
            Part::Unreadable => Value::String(""),
            Part::Object(bytes) => root(bytes),
        }
    }
}

/// Takes from a payload's events what the rules say. The consents that count are those of the profile that session and profile id lead to,
/// as they are before the call; of somebody new, the defaults; nobody gave any. Errors: 55000.
pub fn reduce(config: &Config, payload: &Payload<'_>, guarded: bool) -> Reduced {
    let concerned = |rule: &&Rule| payload.events.iter().any(|event| rule.concerns(event));
    let rules: Vec<&Rule> = config.consent_rules.iter().filter(concerned).collect();
    if rules.is_empty() {
        return Reduced(Vec::new());
    }
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let found = identity::find(&connection, payload.session_id.as_ref(), payload.profile_id.as_ref(), guarded);
    let held = found.profile.and_then(|profile| {
        CONSENTS.with(|plan| connection.run(plan, &[Arg::uuid(&profile.id)]).get::<Jsonb<'_>>(0, 0).map(Jsonb::copy))
    });
    let (now, none) = (pg::now(), pg::encode(Json::object([])));
    let consents = |event: &RawEvent<'_>| match &held {
        Some(held) => root(held),
        None if payload.is_profile_less(&event.options()) => Value::Null,
        // Somebody new, who said nothing yet.
        None => root(&none),
    };
    let of_event = |event: &RawEvent<'_>| {
        let consents = consents(event);
        let missing = |rule: &&Rule| !config.consents.all_granted(consents, &rule.consents, now);
        rules.iter().copied().filter(|rule| rule.concerns(event)).filter(missing).collect::<Vec<_>>()
    };
    let mut texts = Vec::new();
    for event in &payload.events {
        let hashing = of_event(event).into_iter().filter(|rule| rule.hashes);
        texts.extend(hashing.filter_map(|rule| hashed(rule.property.find(event.properties, event.context))));
    }
    let hashes = if texts.is_empty() { HashMap::new() } else { digest(&connection, &texts) };
    let reduced = |(index, event): (usize, &RawEvent<'_>)| {
        let rules = of_event(event);
        (!rules.is_empty()).then(|| (index, parts(event, &rules, &hashes)))
    };
    Reduced(payload.events.iter().enumerate().filter_map(reduced).collect())
}

impl Reduced {
    /// Puts them in the place of what came. As it came, an event is nowhere any more.
    pub fn replace<'a>(&'a self, events: &mut [RawEvent<'a>]) {
        for (index, [properties, context]) in &self.0 {
            let event = &mut events[*index];
            event.properties = properties.value();
            event.context = context.value();
            event.whole = None;
            event.text = None;
        }
    }
}

fn digest(connection: &Connection, texts: &[String]) -> HashMap<String, String> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    DIGEST.with(|plan| {
        let rows = connection.run(plan, &[Arg::texts(&texts)]);
        if rows.processed == 0 {
            Refusal::new(Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "tracardi.merge_salt is empty")
                .hint("SELECT tracardi.setup();")
                .raise();
        }
        (0..rows.processed).filter_map(|row| Some((rows.get(row, 0)?, rows.get(row, 1)?))).collect()
    })
}

/// The text of a value that is hashed, normalised as merge keys are; none for one that is dropped instead, or left.
fn hashed(value: Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_lowercase()),
        Value::Number(_) => Some(json::text(value)),
        _ => None,
    }
}

fn is_hash(text: &str) -> bool {
    text.strip_prefix(HASH).is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn parts(event: &RawEvent<'_>, rules: &[&Rule], hashes: &HashMap<String, String>) -> [Part; 2] {
    let mut parts = [Part::of(event.properties), Part::of(event.context)];
    for rule in rules {
        let (first, keys) = rule.property.keys().split_first().expect("a path has a step");
        let part = &mut parts[usize::from(first == "context")];
        let Part::Object(bytes) = part else { continue };
        let replace = |value: Value<'_>| match value {
            Value::String(text) if rule.hashes && is_hash(text) => Some(Json::string(text.to_owned())),
            value if rule.hashes => {
                let hash = hashed(value).and_then(|text| hashes.get(&text));
                hash.map(|hash| Json::string(format!("{HASH}{hash}")))
            }
            _ => None,
        };
        let made = match changed(root(bytes), keys, &replace) {
            Some(made) => pg::encode(made),
            None => pg::encode(Json::object([])),
        };
        *part = Part::Object(made);
    }
    parts
}

/// A value with what stands at a path within it replaced; none: it is dropped.
fn changed<'a>(
    value: Value<'a>,
    keys: &[String],
    replace: &dyn Fn(Value<'a>) -> Option<Json<'static>>,
) -> Option<Json<'a>> {
    let Some((key, rest)) = keys.split_first() else { return replace(value) };
    match value {
        Value::Object(object) => {
            let pair = |(name, item): (&'a str, Value<'a>)| match name == key {
                true => Some((name.into(), changed(item, rest, replace)?)),
                false => Some((name.into(), Json::Copy(item))),
            };
            Some(Json::Object(object.pairs().filter_map(pair).collect()))
        }
        Value::Array(list) => {
            let place: Option<usize> = key.parse().ok();
            // Those after it keep their places.
            let item = |(index, item)| match Some(index) == place {
                true => changed(item, rest, replace).unwrap_or(Json::Null),
                false => Json::Copy(item),
            };
            Some(Json::Array(list.iter().enumerate().map(item).collect()))
        }
        other => Some(Json::Copy(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(path: &str) -> Json<'static> {
        let inner = Json::object([("main", Json::string("a@b.c")), ("other", Json::Integer(1))]);
        let list = Json::Array(vec![Json::string("x"), Json::string("y")]);
        let bytes = Json::object([("email", inner), ("list", list), ("flat", Json::string("z"))]).encode().unwrap();
        let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
        let made = changed(root(&bytes), &keys, &|_| None).unwrap().encode().unwrap();
        let all = |text: &str| root(&made).get(text) != Value::Null;
        let Value::Array(list) = root(&made).get("list") else { return Json::Null };
        let parts = [all("email"), root(&made).get("email").get("main") != Value::Null, all("flat")];
        let mut shown: String = parts.map(|there| if there { '+' } else { '-' }).iter().collect();
        shown.extend(list.iter().map(|item| if item == Value::Null { '-' } else { '+' }));
        Json::string(shown)
    }

    #[test]
    fn what_is_dropped() {
        for (path, left) in [
            ("email", "--+++"),
            ("email.main", "+-+++"),
            ("email.none", "+++++"),
            ("flat.deeper", "+++++"),
            ("flat", "++-++"),
            ("list.0", "+++-+"),
            ("list.7", "+++++"),
            ("list.x", "+++++"),
        ] {
            assert_eq!(format!("{:?}", dropped(path)), format!("{:?}", Json::string(left)), "{path}");
        }
    }

    #[test]
    fn hashes_look_like_hashes() {
        assert!(is_hash("hash:0123456789abcdef0123456789abcdef"));
        assert!(!is_hash("hash:ann@example.com") && !is_hash("0123456789abcdef0123456789abcdef"));
    }
}
