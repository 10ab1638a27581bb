//! What a schema may be like, so that checking an event against it takes a bounded time.

use super::Problem;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How deep a schema may be nested.
const MAX_DEPTH: usize = 64;
/// How many objects and arrays a schema may have when each reference is replaced by what it refers to.
const MAX_GROWTH: u64 = 10_000;
/// How many patterns it may have: each is a compiled regular expression.
const MAX_PATTERNS: usize = 100;

/// Refuses schemas that are too deep, that grow too much when references are followed, and that refer to other documents.
pub fn check(schema: &Value) -> Result<(), Problem> {
    let id_key = match schema.get("$schema").and_then(Value::as_str) {
        Some(draft) if draft.contains("draft-04") => "id",
        _ => "$id",
    };
    let mut survey =
        Survey { id: schema.get(id_key).and_then(Value::as_str), id_key, anchors: HashMap::new(), patterns: 0 };
    survey.look(schema, &mut Vec::new())?;
    Growth { root: schema, survey: &survey, known: HashMap::new() }.of(schema, "")?;
    Ok(())
}

/// A first look at all of a schema.
struct Survey<'a> {
    /// The schema's own id.
    id: Option<&'a str>,
    id_key: &'static str,
    anchors: HashMap<&'a str, &'a Value>,
    patterns: usize,
}

impl<'a> Survey<'a> {
    fn look(&mut self, value: &'a Value, path: &mut Vec<String>) -> Result<(), Problem> {
        if path.len() > MAX_DEPTH {
            return Err(Problem::at(pointer(path), format!("the schema is nested more than {MAX_DEPTH} levels deep")));
        }
        match value {
            Value::Object(object) => {
                self.look_at_keywords(value, object, path)?;
                object.iter().try_for_each(|(key, value)| self.look_into(value, key.clone(), path))
            }
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(i, value)| self.look_into(value, i.to_string(), path))
            }
            _ => Ok(()),
        }
    }

    fn look_into(&mut self, value: &'a Value, key: String, path: &mut Vec<String>) -> Result<(), Problem> {
        path.push(key);
        self.look(value, path)?;
        path.pop();
        Ok(())
    }

    fn look_at_keywords(
        &mut self,
        part: &'a Value,
        object: &'a Map<String, Value>,
        path: &[String],
    ) -> Result<(), Problem> {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(Value::String(name)) = object.get(keyword)
                && self.anchors.insert(name, part).is_some()
            {
                return Err(Problem::at(pointer(path), format!("the anchor \"{name}\" is defined twice")));
            }
        }
        if let Some(Value::String(id)) = object.get(self.id_key)
            && !path.is_empty()
        {
            let message = format!("the schema holds another one, with the id \"{id}\"; define parts in \"$defs\"");
            return Err(Problem::at(pointer(path), message));
        }
        self.patterns += usize::from(matches!(object.get("pattern"), Some(Value::String(_))));
        if let Some(Value::Object(patterns)) = object.get("patternProperties") {
            self.patterns += patterns.len();
        }
        if self.patterns > MAX_PATTERNS {
            return Err(Problem::at(pointer(path), format!("the schema has more than {MAX_PATTERNS} patterns")));
        }
        Ok(())
    }
}

/// How large parts become when references are followed. What refers back to itself counts once: how often that is done
/// depends on the event, and is measured there.
struct Growth<'a, 's> {
    root: &'a Value,
    survey: &'s Survey<'a>,
    known: HashMap<*const Value, u64>,
}

impl<'a> Growth<'a, '_> {
    fn of(&mut self, value: &'a Value, path: &str) -> Result<u64, Problem> {
        if !value.is_object() && !value.is_array() {
            return Ok(0);
        }
        if let Some(size) = self.known.get(&std::ptr::from_ref(value)) {
            return Ok(*size);
        }
        self.known.insert(value, 0);
        let mut size = 1;
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    size += match (key.as_str(), value) {
                        ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                            let target = self.target(reference, path)?;
                            self.of(target, reference.strip_prefix("#/").map_or(reference, |_| &reference[1..]))?
                        }
                        // What nothing refers to is never used.
                        ("$defs" | "definitions", _) if path.is_empty() => 0,
                        _ => self.of(value, &format!("{path}/{}", escape(key)))?,
                    };
                }
            }
            Value::Array(items) => {
                for (i, value) in items.iter().enumerate() {
                    size += self.of(value, &format!("{path}/{i}"))?;
                }
            }
            _ => {}
        }
        if size > MAX_GROWTH {
            let message = format!("the schema grows to more than {MAX_GROWTH} parts when its references are followed");
            return Err(Problem::at(path.to_owned(), message));
        }
        self.known.insert(value, size);
        Ok(size)
    }

    fn target(&self, reference: &str, path: &str) -> Result<&'a Value, Problem> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let problem = |message: String| Problem::at(path.to_owned(), message);
        if !document.is_empty() && self.survey.id.map(|id| id.trim_end_matches('#')) != Some(document) {
            let message = format!("\"{reference}\" refers to another document; define parts in \"$defs\"");
            return Err(problem(message));
        }
        if fragment.is_empty() {
            return Ok(self.root);
        }
        let found = match fragment.starts_with('/') {
            true => self.root.pointer(&decode(fragment)),
            false => self.survey.anchors.get(fragment).copied(),
        };
        found.ok_or_else(|| problem(format!("\"{reference}\" refers to nothing")))
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|key| format!("/{}", escape(key))).collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A URI's fragment without its percent encoding.
fn decode(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut at = 0;
    while at < fragment.len() {
        let encoded = fragment.get(at..at + 3).and_then(|code| code.strip_prefix('%'));
        let (byte, length) = match encoded.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (byte, 3),
            None => (fragment.as_bytes()[at], 1),
        };
        bytes.push(byte);
        at += length;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem(schema: Value) -> String {
        check(&schema).map_or_else(|problem| format!("{}: {}", problem.pointer, problem.message), |()| String::new())
    }

    /// Each part holds the next one twice.
    fn doubling(parts: usize, keyword: &str) -> Value {
        let mut defs = Map::new();
        for i in 0..parts {
            let next = json!({"$ref": format!("#/$defs/a{}", i + 1)});
            defs.insert(format!("a{i}"), json!({keyword: [next, next]}));
        }
        defs.insert(format!("a{parts}"), json!(true));
        json!({"$defs": defs, "$ref": "#/$defs/a0"})
    }

    #[test]
    fn what_doubles_is_refused_before_it_is_too_much() {
        assert_eq!(problem(doubling(6, "allOf")), "");
        assert!(problem(doubling(30, "allOf")).contains("grows to more than 10000 parts"));
        assert!(problem(doubling(30, "prefixItems")).contains("grows to more than 10000 parts"));
    }

    #[test]
    fn what_refers_back_counts_once() {
        assert_eq!(problem(json!({"properties": {"children": {"items": {"$ref": "#"}}}})), "");
        assert_eq!(problem(json!({"$anchor": "a", "allOf": [{"$ref": "#a"}, {"$ref": "#a"}]})), "");
    }

    #[test]
    fn a_bomb_behind_anchors_is_seen() {
        let mut parts: Vec<Value> = (0..30)
            .map(|i| {
                let next = json!({"$ref": format!("#a{}", i + 1)});
                json!({"$anchor": format!("a{i}"), "anyOf": [next, next]})
            })
            .collect();
        parts.push(json!({"$anchor": "a30"}));
        assert!(problem(json!({"$defs": {"x": {"allOf": parts}}, "$ref": "#a0"})).contains("grows"));
    }

    #[test]
    fn other_documents_are_refused() {
        let at = |reference| problem(json!({"$id": "https://a.example/s", "properties": {"a/b": {"$ref": reference}}}));
        assert_eq!(at("https://a.example/s#/properties"), "");
        assert_eq!(at("#/properties/a~1b"), "");
        assert_eq!(at("#/properties/a%7E1b"), "");
        assert!(at("https://b.example/s").starts_with("/properties/a~1b: \"https://b.example/s\" refers to another"));
        assert!(at("file:///etc/passwd").contains("refers to another document"));
        assert!(at("#/nowhere").contains("refers to nothing"));
        assert!(problem(json!({"$defs": {"a": {"$id": "b"}}})).starts_with("/$defs/a: the schema holds another one"));
    }

    #[test]
    fn depth_and_patterns_are_limited() {
        let deep = (0..70).fold(json!(true), |inner, _| json!({"not": inner}));
        assert!(problem(deep).contains("more than 64 levels deep"));
        let patterns: Map<String, Value> = (0..101).map(|i| (format!("p{i}"), json!({"pattern": "a"}))).collect();
        assert!(problem(json!({"properties": patterns})).contains("more than 100 patterns"));
    }
}
