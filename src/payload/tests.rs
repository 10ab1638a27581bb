//! Payloads and their events, read from written JSON.

use super::*;
use crate::error::Code;
use crate::event::{Event, Reading, When};
use crate::json::Document;
use crate::jsonb::{Json, root};
use proptest::prelude::*;
use std::borrow::Cow;

fn json(value: &serde_json::Value) -> Json<'static> {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(b) => Json::Copy(Value::Bool(*b)),
        serde_json::Value::Number(n) => Json::Integer(n.as_u64().expect("a natural number") as u32),
        serde_json::Value::String(s) => Json::String(Cow::Owned(s.clone())),
        serde_json::Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        serde_json::Value::Object(pairs) => {
            Json::Object(pairs.iter().map(|(k, v)| (Cow::Owned(k.clone()), json(v))).collect())
        }
    }
}

fn encode(value: serde_json::Value) -> Vec<u8> {
    json(&value).encode().unwrap()
}

fn refused_at(value: serde_json::Value) -> String {
    let bytes = encode(value);
    let refusal = Payload::read(root(&bytes), usize::MAX).unwrap_err();
    assert_eq!(refusal.code, Code::ERRCODE_INVALID_PARAMETER_VALUE);
    refusal.path.expect("a path").to_string()
}

#[test]
fn what_has_not_the_form_of_a_payload_is_refused_at_its_place() {
    use serde_json::json;
    assert_eq!(refused_at(json!([1])), "$");
    assert_eq!(refused_at(json!("x")), "$");
    assert_eq!(refused_at(json!({})), "$.source.id");
    assert_eq!(refused_at(json!({"source": {}})), "$.source.id");
    assert_eq!(refused_at(json!({"source": {"id": null}})), "$.source.id");
    assert_eq!(refused_at(json!({"source": {"id": "  "}})), "$.source.id");
    assert_eq!(refused_at(json!({"source": {"id": 1}})), "$.source.id");
    assert_eq!(refused_at(json!({"source": "s"})), "$.source");
    for field in ["session", "profile"] {
        assert_eq!(refused_at(json!({"source": {"id": "s"}, field: {"id": 7}})), format!("$.{field}.id"));
        assert_eq!(refused_at(json!({"source": {"id": "s"}, field: {"id": "x".repeat(256)}})), format!("$.{field}.id"));
        assert_eq!(refused_at(json!({"source": {"id": "s"}, field: "x"})), format!("$.{field}"));
    }
    for field in ["context", "properties", "options"] {
        assert_eq!(refused_at(json!({"source": {"id": "s"}, field: [1]})), format!("$.{field}"));
    }
    assert_eq!(refused_at(json!({"source": {"id": "s"}, "events": {}})), "$.events");
}

#[test]
fn null_counts_as_absent() {
    let bytes = encode(serde_json::json!({
        "source": {"id": " s "}, "session": {"id": null}, "profile": null, "context": null, "properties": null,
        "options": null, "events": null, "device": {"id": 1}}));
    let payload = Payload::read(root(&bytes), usize::MAX).unwrap();
    assert_eq!(payload.source_id, "s");
    assert!(payload.session_id.is_none() && payload.profile_id.is_none() && payload.events.is_empty());
}

const READING: Reading<'static> =
    Reading { source_id: "s", arrival: Timestamp(1_000_000_000_000), skew: 0, guarded: false };

fn events(value: serde_json::Value) -> Vec<Result<When, (String, String)>> {
    let bytes = encode(serde_json::json!({"source": {"id": "s"}, "events": value}));
    let payload = Payload::read(root(&bytes), usize::MAX).unwrap();
    let read =
        |(i, raw)| Event::read(i, raw, &READING).map(|e| e.when).map_err(|issue| (issue.code, issue.path.to_string()));
    payload.events.iter().enumerate().map(read).collect()
}

#[test]
fn a_bad_event_is_refused_by_itself() {
    use serde_json::json;
    let long = "x".repeat(256);
    let results = events(json!([
        {"type": "good"}, {}, {"type": " "}, {"type": 5}, {"type": long}, {"type": "t", "id": 5}, {"type": "t", "id": long},
        {"type": "t", "properties": [1]}, {"type": "t", "context": "x"}, {"type": "t", "options": 1}, {"type": "t", "tags": "x"},
        {"type": "t", "tags": [1]}, {"type": "t", "time": "never"}, {"type": "t", "time": {"insert": true}},
        {"type": "t", "time": {"create": "2021-01-01"}}, 7, null, "x", {"type": "last"}]));
    let place = |i: usize| results[i].as_ref().map_err(|(code, path)| format!("{code} {path}"));
    assert!(place(0).is_ok() && place(18).is_ok());
    let expected = [
        (1, "22023 $.events[1].type"),
        (2, "22023 $.events[2].type"),
        (3, "22023 $.events[3].type"),
        (4, "22001 $.events[4].type"),
        (5, "22023 $.events[5].id"),
        (6, "22001 $.events[6].id"),
        (7, "22023 $.events[7].properties"),
        (8, "22023 $.events[8].context"),
        (9, "22023 $.events[9].options"),
        (10, "22023 $.events[10].tags"),
        (11, "22023 $.events[11].tags"),
        (12, "22007 $.events[12].time"),
        (13, "22007 $.events[13].time.insert"),
        (14, "22007 $.events[14].time.create"),
        (15, "22023 $.events[15]"),
        (16, "22023 $.events[16]"),
        (17, "22023 $.events[17]"),
    ];
    for (index, error) in expected {
        assert_eq!(place(index).unwrap_err(), error);
    }
}

#[test]
fn times() {
    let results = events(serde_json::json!([
        {"type": "t"}, {"type": "t", "time": null}, {"type": "t", "time": {"create": "2000-01-01T00:00:01Z"}},
        {"type": "t", "time": {"create": "2000-01-01T00:00:01Z", "insert": "2000-01-01T00:00:02Z"}},
        {"type": "t", "time": "2000-01-01T00:00:03Z"}, {"type": "t", "time": "2100-01-01T00:00:00Z"}]));
    let whens: Vec<When> = results.into_iter().map(|r| r.unwrap()).collect();
    assert_eq!(
        whens[..5],
        [
            When::Arrival,
            When::Arrival,
            When::Client(Timestamp(1_000_000)),
            When::Set(Timestamp(2_000_000)),
            When::Client(Timestamp(3_000_000)),
        ]
    );
    assert_eq!(whens[5], When::Client(READING.arrival.plus(crate::time::HOUR)));
}

fn anything() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<u32>().prop_map(serde_json::Value::from),
        prop_oneof![".{0,10}".boxed(), Just("2024-01-01T00:00:00Z".to_owned()).boxed(), "x{250,260}".boxed()]
            .prop_map(serde_json::Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "source",
            "session",
            "profile",
            "id",
            "type",
            "time",
            "insert",
            "create",
            "events",
            "properties",
            "context",
            "options",
            "tags",
            "profile_less",
            "saveEvent",
            "profileLess"
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..8)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_read_without_panic(document in anything(), events in prop::collection::vec(anything(), 0..5)) {
        let _ = Payload::read(root(&encode(document.clone())), usize::MAX);
        let bytes = encode(serde_json::json!({"source": {"id": "s"}, "events": events}));
        let payload = Payload::read(root(&bytes), usize::MAX).unwrap();
        prop_assert_eq!(payload.events.len(), events.len());
        for (index, raw) in payload.events.iter().enumerate() {
            // An event is accepted exactly if this plainer reading accepts it.
            let accepted = Event::read(index, raw, &READING).is_ok();
            prop_assert_eq!(accepted, plainly_accepted(&events[index]), "{}", events[index]);
        }
    }
}

proptest! {
    #[test]
    fn text_is_read_as_jsonb_is(head in anything(), events in prop::collection::vec(anything(), 0..5)) {
        let mut document = serde_json::json!({"source": {"id": "s"}, "unknown": head.clone(), "events": events});
        for field in ["session", "profile", "context", "properties", "options", "profile_less"] {
            if let Some(value) = head.get(field) {
                document[field] = value.clone();
            }
        }
        let (bytes, text) = (encode(document.clone()), document.to_string());
        // jsonb could not hold this.
        prop_assume!(!text.contains("\\u0000"));
        let written = Document::read(&text).unwrap();
        let (from_jsonb, taken_apart) = (Payload::read(root(&bytes), usize::MAX), PayloadText::read(&written, usize::MAX));
        let from_text = taken_apart.as_ref().map(|text| text.payload());
        match (from_jsonb, from_text) {
            (Ok(one), Ok(Ok(other))) => {
                prop_assert_eq!(one.events.len(), other.events.len());
                for (index, (a, b)) in one.events.iter().zip(&other.events).enumerate() {
                    let (a, b) = (Event::read(index, a, &READING), Event::read(index, b, &READING));
                    prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
                }
                let plain = |payload| format!("{:?}", Payload { events: Vec::new(), ..payload });
                prop_assert_eq!(plain(one), plain(other));
            }
            (Err(one), Ok(Err(other))) => prop_assert_eq!(one.path, other.path),
            (one, other) => prop_assert!(false, "{:?} {:?}", one, other),
        }
    }
}

#[test]
fn an_event_at_fault_keeps_its_text_and_what_of_it_can_be_read() {
    let text = r#"{"id": "e1", "type": "a", "properties": {"x": "\u0000"}, "options": {"saveEvent": false}}"#;
    let read = EventText::read(text).unwrap();
    let raw = read.raw();
    assert_eq!(raw.text, Some(text));
    let issue = Event::read(3, &raw, &READING).unwrap_err();
    assert_eq!((issue.code.as_str(), issue.path.to_string().as_str()), ("22P05", "$.events[3].properties"));
    assert_eq!(issue.id.as_deref(), Some("e1"));
    assert!(matches!(raw.options, Value::Object(options) if Options::read(options).save_event == Some(false)));
}

/// The rules of an event, written down a second time, over another library's values.
fn plainly_accepted(event: &serde_json::Value) -> bool {
    let Some(event) = event.as_object() else { return false };
    let get = |key| event.get(key).filter(|v| !v.is_null());
    let object = |key| get(key).is_none_or(|v| v.is_object());
    let short = |text: &str| text.chars().count() <= 255;
    let id = get("id").is_none_or(|v| v.as_str().is_some_and(|t| short(t.trim())));
    let event_type = get("type").and_then(|v| v.as_str()).is_some_and(|t| {
        let t = crate::id::normalize_type(t);
        !t.is_empty() && short(&t)
    });
    let tags =
        get("tags").is_none_or(|v| v.as_array().is_some_and(|l| l.iter().all(|t| t.as_str().is_some_and(short))));
    let moment = |v: &serde_json::Value| v.is_number() || v.as_str() == Some("2024-01-01T00:00:00Z");
    let time = get("time").is_none_or(|v| match v.as_object() {
        Some(time) => ["insert", "create"].iter().all(|k| time.get(*k).filter(|v| !v.is_null()).is_none_or(moment)),
        None => moment(v),
    });
    id && event_type && tags && time && object("properties") && object("context") && object("options")
}
