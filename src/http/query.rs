//! Query strings, and what is percent-encoded (RFC 3986; `+` as in forms).

use crate::json::string;
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A query string as a JSON object: all values are strings, those of a repeated key a list.
pub fn properties(query: &str) -> String {
    let mut fields: Vec<(Cow<'_, str>, Vec<Cow<'_, str>>)> = Vec::new();
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for (key, value) in pairs(query) {
        match places.entry(key.clone()) {
            Entry::Occupied(place) => fields[*place.get()].1.push(value),
            Entry::Vacant(place) => {
                place.insert(fields.len());
                fields.push((key, vec![value]));
            }
        }
    }
    let mut out = String::from("{");
    for (key, values) in &fields {
        if out.len() > 1 {
            out.push(',');
        }
        string(key, &mut out);
        out.push(':');
        match &values[..] {
            [value] => string(value, &mut out),
            values => {
                for (index, value) in values.iter().enumerate() {
                    out.push(if index == 0 { '[' } else { ',' });
                    string(value, &mut out);
                }
                out.push(']');
            }
        }
    }
    out.push('}');
    out
}

/// The pairs of a query string, decoded.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.strip_prefix('?').unwrap_or(query).split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (form_decode(key), form_decode(value))
    })
}

fn form_decode(text: &str) -> Cow<'_, str> {
    match text.contains('+') {
        true => Cow::Owned(decode(&text.replace('+', " ")).into_owned()),
        false => decode(text),
    }
}

/// Percent-encoded text, decoded; a `%` without two hexadecimal digits stands for itself.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |index: usize| bytes.get(index).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}
