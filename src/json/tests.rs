use super::*;
use crate::jsonb::root;
use proptest::prelude::*;
use serde_json::Value as Other;

fn encoded(text: &str) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    Document::read(text).unwrap().root().encode(&mut out).map(|()| out)
}

/// Where a text turns out not to be JSON.
fn place(read: Result<Document<'_>, Unread>) -> usize {
    match read {
        Err(Unread::NotJson { at, .. }) => at,
        other => panic!("{other:?}"),
    }
}

/// What becomes of a text that goes through jsonb and back.
fn through(text: &str) -> String {
    super::text(root(&encoded(text).unwrap()))
}

/// A document, and its text with whatever freedom JSON leaves: blanks, escapes, the order of pairs.
fn written() -> impl Strategy<Value = String> {
    let blank = || prop::sample::select(vec!["", "", "", " ", "\n", "\t \r"]);
    let character = prop_oneof![
        4 => any::<char>().prop_map(|c| match c {
            '\0' => " ".to_owned(),
            '"' | '\\' => format!("\\{c}"),
            c if c < ' ' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        }),
        1 => any::<char>().prop_filter("not zero", |c| *c != '\0').prop_map(|c| {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()
        }),
        1 => prop::sample::select(vec!["\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "é", "漢", "😀"]).prop_map(str::to_owned),
    ];
    let string = prop::collection::vec(character, 0..24).prop_map(|parts| format!("\"{}\"", parts.concat()));
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false", "0", "-0", "[]", "{}", "[ ]", "{ }"])
            .prop_map(str::to_owned),
        number(),
        string.clone(),
    ];
    leaf.prop_recursive(5, 400, 80, move |inner| {
        let pair = (string.clone(), blank(), blank(), inner.clone());
        prop_oneof![
            (prop::collection::vec(inner, 0..80), blank())
                .prop_map(|(items, b)| format!("[{b}{}{b}]", items.join(&format!("{b},{b}")))),
            (prop::collection::vec(pair, 0..80), blank()).prop_map(|(pairs, b)| {
                let pairs: Vec<String> = pairs.into_iter().map(|(k, b, c, v)| format!("{k}{b}:{c}{v}")).collect();
                format!("{{{b}{}{b}}}", pairs.join(&format!("{b},{b}")))
            }),
        ]
    })
}

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?"
}

/// As PostgreSQL writes a number, from its digits: the slow and obvious way.
pub fn plainly(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap();
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = (fraction.len() as i64 - exponent).max(0) as usize;
    let mut digits = format!("{whole}{fraction}");
    let point = whole.len() as i64 + exponent;
    if point < 1 {
        digits = "0".repeat((1 - point) as usize) + &digits;
    }
    let point = point.max(1) as usize;
    while digits.len() < point + scale {
        digits.push('0');
    }
    let whole = match digits[..point].trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let fraction = &digits[point..point + scale];
    let sign = if digits.bytes().all(|b| b == b'0') { "" } else { sign };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Numbers as doubles, which is as far as the other library goes.
fn doubles(value: &Other) -> Other {
    match value {
        // A zero has no sign here.
        Other::Number(n) => Other::from(n.as_f64().unwrap() + 0.0),
        Other::Array(items) => items.iter().map(doubles).collect(),
        Other::Object(pairs) => Other::Object(pairs.iter().map(|(k, v)| (k.clone(), doubles(v))).collect()),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn a_document_becomes_what_another_library_reads(text in written()) {
        let theirs: Other = serde_json::from_str(&text).unwrap();
        let ours: Other = serde_json::from_str(&through(&text)).unwrap();
        prop_assert_eq!(doubles(&ours), doubles(&theirs));
    }

    #[test]
    fn what_is_jsonb_already_stays_byte_for_byte(text in written()) {
        let once = encoded(&text).unwrap();
        prop_assert_eq!(&encoded(&super::text(root(&once))).unwrap(), &once);
        // As the writer that has the same values in a tree lays it out.
        prop_assert_eq!(crate::jsonb::Json::Copy(root(&once)).encode().unwrap(), once);
    }

    #[test]
    fn numbers_keep_all_digits(text in number()) {
        prop_assert_eq!(through(&text), plainly(&text));
    }

    #[test]
    fn the_same_texts_are_json(mut text in written(), place in any::<prop::sample::Index>(), put in "[\\[\\]{}\",:\\\\0-9eE.+tfn \\x01-]{0,2}") {
        let mut at = place.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.replace_range(at..text[at..].chars().next().map_or(at, |c| at + c.len_utf8()), &put);
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(Document::read(&text).is_ok(), theirs, "{}", text);
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,60}", tokens in "[\\[\\]{}\",:\\\\u0d8-9eE.+-]{0,30}") {
        for text in [text, tokens] {
            if let Ok(document) = Document::read(&text) {
                let _ = document.root().encode(&mut Vec::new());
                document.root().encode_fields(&["u", "0"], &mut Vec::new());
            }
        }
    }

    #[test]
    fn plain_strings_end_where_they_end(text in "[a-z\u{80}-\u{2ff}]{0,40}", after in "[\"\\\\\\x00-\\x1f]") {
        let expected = format!("\"{text}{after}");
        let found = Document::read(&expected);
        match after.as_str() {
            "\"" => {
                let document = found.unwrap();
                prop_assert_eq!(document.root().as_str().unwrap(), text);
            }
            "\\" => prop_assert!(found.is_err()),
            _ => prop_assert_eq!(place(found), text.len() + 1),
        }
    }
}

#[test]
fn of_equal_keys_the_last_one_counts() {
    assert_eq!(through(r#"{"a":1,"b":2,"\u0061":3,"a":4}"#), r#"{"a":4,"b":2}"#);
    let text = r#"{"type":1,"x":2,"t\u0079pe":"last"}"#;
    let document = Document::read(text).unwrap();
    let mut out = Vec::new();
    assert_eq!(document.root().encode_fields(&["type", "id"], &mut out), None);
    assert_eq!(super::text(root(&out)), r#"{"type":"last"}"#);
}

#[test]
fn what_jsonb_cannot_hold_is_a_fault() {
    let code = |text: &str| encoded(text).unwrap_err().code;
    for text in [r#""\u0000""#, r#"{"a":["\u0000"]}"#, r#"{"\u0000":1}"#] {
        assert_eq!(code(text), Code::ERRCODE_UNTRANSLATABLE_CHARACTER, "{text}");
    }
    for text in
        [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\ud83d\u0041""#, r#""\ude00\ud83d""#]
    {
        assert_eq!(code(text), Code::ERRCODE_INVALID_TEXT_REPRESENTATION, "{text}");
    }
    assert_eq!(through(r#""\ud83d\ude00""#), "\"😀\"");
    for text in ["1e131072", "-1e131072", "1e-16384", "1e9999999999", "1e-2147483648", "0e-16384"] {
        assert_eq!(code(text), Code::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "{text}");
    }
    for text in ["1e131071", "1e-16383", "0e16384", "0e1000000"] {
        assert!(encoded(text).is_ok(), "{text}");
    }
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(through(&nested(MAX_DEPTH)), nested(MAX_DEPTH));
    assert_eq!(code(&nested(MAX_DEPTH + 1)), Code::ERRCODE_STATEMENT_TOO_COMPLEX);
    // It is read all the same.
    assert!(Document::read(&nested(1_000_000)).is_ok());
}

#[test]
fn a_field_at_fault_is_left_out_and_named() {
    let text = r#"{"id":"e1","type":"\u0000","properties":{"a":"\ud800"},"unknown":"\u0000","tags":[]}"#;
    let document = Document::read(text).unwrap();
    let mut out = vec![0; 5];
    let (field, fault) =
        document.root().encode_fields(&["id", "type", "properties", "tags"], &mut out).expect("a fault");
    assert_eq!((field, fault.code), ("type", Code::ERRCODE_UNTRANSLATABLE_CHARACTER));
    assert_eq!(super::text(root(&out[8..])), r#"{"id":"e1","tags":[]}"#);
}

#[test]
fn an_error_tells_its_place() {
    let at = |text| place(Document::read(text));
    for (text, place) in [
        ("", 0),
        (" ", 1),
        ("nul", 0),
        ("truex", 4),
        ("01", 1),
        ("1.", 2),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("{\"a\":1,}", 7),
        ("{a:1}", 1),
        ("{\"a\" 1}", 5),
        ("\"\\x\"", 2),
        ("\"\\u12g4\"", 5),
        ("\"a\nb\"", 2),
        ("\"abcdefghij", 11),
        ("[1]]", 3),
        ("\u{feff}1", 0),
    ] {
        assert_eq!(at(text), place, "{text:?}");
    }
}
