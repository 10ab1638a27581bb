use super::*;
use crate::error::Code;
use proptest::prelude::*;
use std::borrow::Cow;

/// A slow, obvious model of a JSON document.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Null,
    Bool(bool),
    Integer(u32),
    String(String),
    Array(Vec<Model>),
    Object(std::collections::BTreeMap<String, Model>),
}

fn model() -> impl Strategy<Value = Model> {
    let leaf = prop_oneof![
        Just(Model::Null),
        any::<bool>().prop_map(Model::Bool),
        any::<u32>().prop_map(Model::Integer),
        ".{0,20}".prop_map(Model::String),
    ];
    leaf.prop_recursive(4, 256, 40, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..80).prop_map(Model::Array),
            prop::collection::btree_map(".{0,8}", inner, 0..80).prop_map(Model::Object),
        ]
    })
}

fn json(model: &Model) -> Json<'static> {
    match model {
        Model::Null => Json::Null,
        Model::Bool(b) => Json::Copy(Value::Bool(*b)),
        Model::Integer(n) => Json::Integer(*n),
        Model::String(s) => Json::String(Cow::Owned(s.clone())),
        Model::Array(items) => Json::Array(items.iter().map(json).collect()),
        Model::Object(pairs) => Json::Object(pairs.iter().map(|(k, v)| (Cow::Owned(k.clone()), json(v))).collect()),
    }
}

fn same(value: Value<'_>, model: &Model) -> bool {
    match (value, model) {
        (Value::Null, Model::Null) => true,
        (Value::Bool(a), Model::Bool(b)) => a == *b,
        (Value::Number(_), Model::Integer(n)) => value.as_f64() == Some(f64::from(*n)),
        (Value::String(a), Model::String(b)) => a == b,
        (Value::Array(array), Model::Array(items)) => {
            array.len() == items.len() && array.iter().zip(items).all(|(v, m)| same(v, m))
        }
        (Value::Object(object), Model::Object(pairs)) => pairs.iter().all(|(k, m)| same(object.get(k), m)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(document in model()) {
        let bytes = json(&document).encode().unwrap();
        prop_assert!(same(root(&bytes), &document));
    }

    #[test]
    fn a_part_stands_alone(document in model()) {
        let bytes = Json::Array(vec![Json::Null, json(&document)]).encode().unwrap();
        let Value::Array(array) = root(&bytes) else { panic!("not an array") };
        let copy = Json::Copy(array.iter().nth(1).unwrap()).encode().unwrap();
        prop_assert!(same(root(&copy), &document));
    }

    #[test]
    fn missing_keys_are_null(pairs in prop::collection::btree_map("[a-m]{0,6}", any::<u32>(), 0..100), key in "[n-z]{0,6}") {
        prop_assume!(!pairs.contains_key(&key));
        let bytes = Json::Object(pairs.into_iter().map(|(k, v)| (Cow::Owned(k), Json::Integer(v))).collect()).encode().unwrap();
        let Value::Object(object) = root(&bytes) else { panic!("not an object") };
        prop_assert_eq!(object.get(&key), Value::Null);
    }

    #[test]
    fn garbage_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), key in ".{0,8}") {
        if let Value::Object(object) = root(&bytes) {
            let _ = object.get(&key).as_f64();
        }
        if let Value::Array(array) = root(&bytes) {
            for value in array.iter().take(1000) {
                let _ = value.as_f64();
            }
        }
    }

    #[test]
    fn damaged_documents_are_read_without_panic(document in model(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = json(&document).encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Value::Object(object) = root(&bytes) {
            let _ = object.get("a");
        }
        if let Value::Array(array) = root(&bytes) {
            let _ = array.iter().take(1000).count();
        }
    }
}

#[test]
fn of_equal_keys_the_last_counts() {
    let bytes = Json::object([("a", Json::Integer(1)), ("b", Json::Null), ("a", Json::Integer(2))]).encode().unwrap();
    let Value::Object(object) = root(&bytes) else { panic!("not an object") };
    assert_eq!(object.get("a").as_f64(), Some(2.0));
}

#[test]
fn more_than_jsonb_can_hold_is_refused() {
    let half = "x".repeat(LENGTH as usize / 2);
    let part = || Json::string(&half[..]);
    let fits = Json::object([("a", part())]).encode().unwrap();
    assert!(matches!(root(&fits), Value::Object(object) if object.get("a") == Value::String(&half)));
    for too_large in [
        Json::object([("a", part()), ("b", part()), ("c", Json::Null)]),
        Json::Array(vec![part(), part(), Json::string("xx")]),
        Json::Array(vec![Json::Array(vec![part()]), Json::Array(vec![part()])]),
    ] {
        assert_eq!(too_large.encode().unwrap_err().code, Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED);
    }
}
