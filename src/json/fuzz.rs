//! Documents and payloads made of a seed, broken and whole ones, read by this module and by a slow reader that builds a tree.
//! `FUZZ_INPUTS` says how many of each, `FUZZ_SEED` repeats a run (CONTRIBUTING).

use super::tests::plainly;
use super::*;
use crate::jsonb::{Json, Value, key_order, root};
use crate::payload::{Payload, PayloadText, RawEvent, RawTime};
use std::fmt::Debug;

const PAYLOAD: [&str; 7] = ["source", "session", "profile", "profile_less", "options", "context", "properties"];
const EVENT: [&str; 7] = ["id", "type", "time", "properties", "context", "options", "tags"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn blank(&mut self, out: &mut String) {
        if self.one_in(8) {
            let blank = self.pick(&[" ", "\n", "\t", "\r\n", "   "]);
            out.push_str(blank);
        }
    }

    fn character(&mut self, out: &mut String) {
        let code = match self.below(12) {
            0..=5 => 0x20 + self.below(0x5F),
            6 => self.below(0x20),
            7 => 0x80 + self.below(0x780),
            8 => self.below(0x1_0000),
            9 => self.below(0x11_0000),
            10 => return out.push_str(self.pick(&["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"])),
            _ => {
                let unit = match self.below(8) {
                    0 => 0xD800 + self.below(0x800),
                    1 => self.below(0x20),
                    _ => self.below(0xD800),
                };
                return match self.below(4) {
                    0 => out.push_str(&format!(
                        "\\uD{:03x}\\ud{:03X}",
                        0x800 + self.below(0x400),
                        0xC00 + self.below(0x400)
                    )),
                    1 if unit >= 0xD800 || unit == 0 => {}
                    _ => out.push_str(&format!("\\u{unit:04x}")),
                };
            }
        };
        match char::from_u32(code as u32) {
            None | Some('\0'..' ' | '"' | '\\') => out.push('x'),
            Some(c) => out.push(c),
        }
    }

    fn string(&mut self, out: &mut String) {
        let length = match self.below(20) {
            0 => 200 + self.below(200),
            1..5 => 0,
            _ => self.below(12),
        };
        out.push('"');
        (0..length).for_each(|_| self.character(out));
        out.push('"');
    }

    fn number(&mut self, out: &mut String) {
        let digits = |dice: &mut Dice, most: usize| -> String {
            let zeros = dice.one_in(3);
            (0..1 + dice.below(most))
                .map(|_| if zeros && !dice.one_in(6) { '0' } else { char::from(b'0' + dice.below(10) as u8) })
                .collect()
        };
        if self.one_in(4) {
            out.push('-');
        }
        let whole = digits(self, 30);
        out.push_str(match whole.trim_start_matches('0') {
            "" => "0",
            _ if self.one_in(6) => "0",
            rest => rest,
        });
        if self.one_in(2) {
            out.push('.');
            out.push_str(&digits(self, 30));
        }
        if self.one_in(3) {
            out.push_str(self.pick(&["e", "E", "e+", "E-", "e-"]));
            match self.below(1000) {
                0 => out.push_str(self.pick(&[
                    "131071",
                    "131072",
                    "16383",
                    "16384",
                    "1073741822",
                    "1073741823",
                    "2147483648",
                    "99999999999999999999",
                ])),
                1 => out.push_str(&digits(self, 5)),
                _ => out.push_str(&digits(self, 2)),
            }
        }
    }

    /// `keys`: what keys are mostly taken from.
    fn value(&mut self, depth: usize, keys: &[&str], out: &mut String) {
        match self.below(if depth == 0 { 8 } else { 14 }) {
            0 => out.push_str(self.pick(&["null", "true", "false", "\"\"", "0", "-0", "[]", "{}", "1.0"])),
            1..4 => self.number(out),
            4..8 => self.string(out),
            8..10 => self.list(depth, keys, out),
            _ => self.object(depth, keys, out),
        }
    }

    fn size(&mut self) -> usize {
        match self.below(30) {
            0 => 30 + self.below(60),
            _ => self.below(6),
        }
    }

    fn list(&mut self, depth: usize, keys: &[&str], out: &mut String) {
        self.members('[', ']', out, |dice, out| dice.value(depth - 1, keys, out));
    }

    fn object(&mut self, depth: usize, keys: &[&str], out: &mut String) {
        self.members('{', '}', out, |dice, out| {
            match dice.one_in(2) {
                true => out.push_str(&format!("\"{}\"", dice.pick(keys))),
                false => dice.string(out),
            }
            dice.colon(out);
            dice.value(depth - 1, keys, out);
        });
    }

    fn members(&mut self, open: char, close: char, out: &mut String, mut member: impl FnMut(&mut Dice, &mut String)) {
        out.push(open);
        let size = self.size();
        for n in 0..size {
            self.blank(out);
            member(self, out);
            self.blank(out);
            if n + 1 < size {
                out.push(',');
            }
        }
        self.blank(out);
        out.push(close);
    }

    fn colon(&mut self, out: &mut String) {
        self.blank(out);
        out.push(':');
        self.blank(out);
    }

    fn document(&mut self) -> String {
        let mut out = String::new();
        self.blank(&mut out);
        match self.below(1000) {
            0 => {
                let depth = MAX_DEPTH - 2 + self.below(4);
                out.push_str(&"[".repeat(depth));
                out.push_str(&"]".repeat(depth));
            }
            _ => {
                let depth = 1 + self.below(5);
                self.value(depth, &["a", "b", "ab", "\\u0061", "key", ""], &mut out);
            }
        }
        self.blank(&mut out);
        self.broken(out)
    }

    /// One in four has a wrong place.
    fn broken(&mut self, mut text: String) -> String {
        if !self.one_in(4) {
            return text;
        }
        let place = |dice: &mut Dice, text: &str| {
            let mut at = dice.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (a, b) = (place(self, &text), place(self, &text));
        let (start, end) = (a.min(b), a.max(b));
        let token = self.pick(&[
            "", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\u0000", "0", "-", ".", "e", "+", "null",
            "tru", "\u{0}", "\n", "\u{1f}", "\u{feff}", "\u{a0}", "1e999999", "[[", "]]", "//", "'", "NaN", "é",
        ]);
        match self.below(4) {
            0 => text.insert_str(start, token),
            1 => text.replace_range(start..end, token),
            2 => text.truncate(start),
            _ => {
                let part = text[start..end].to_owned();
                text.insert_str(start, &part);
            }
        }
        text
    }

    /// A field's value: mostly of the form that it should have.
    fn field(&mut self, key: &str, out: &mut String) {
        match (key, self.below(8)) {
            (_, 0) => self.value(3, &["id", "type", "a"], out),
            (_, 1) => out.push_str("null"),
            ("source" | "session" | "profile", _) => {
                out.push_str("{\"id\":");
                match self.one_in(3) {
                    true => self.string(out),
                    false => out.push_str(self.pick(&[
                        "\"web\"",
                        "\" web \"",
                        "\"\"",
                        "null",
                        "\"0190E0A1-0000-7000-8000-000000000001\"",
                        "7",
                    ])),
                }
                out.push('}');
            }
            ("profile_less", _) => out.push_str(self.pick(&["true", "false", "1"])),
            ("id" | "type", _) => self.string(out),
            ("time", _) => out.push_str(self.pick(&[
                "\"2024-02-29T12:00:00Z\"",
                "{\"insert\":\"2024-02-29T12:00:00Z\"}",
                "1.7e9",
                "{}",
                "[]",
            ])),
            ("tags", _) => out.push_str(self.pick(&["[\"a\"]", "[]", "[1]", "\"a\"", "[\"a\",\"\\u0000\"]"])),
            ("options", _) => {
                self.object(2, &["saveEvent", "saveEvents", "save", "saveSession", "saveProfile", "profileLess"], out)
            }
            _ => self.object(3, &["a", "time", "local"], out),
        }
    }

    fn fields(&mut self, known: &[&str], out: &mut String, mut last: impl FnMut(&mut Dice, &mut String)) {
        out.push('{');
        for n in 0..self.below(9) {
            if n > 0 {
                out.push(',');
            }
            let key = self.pick(known);
            out.push_str(&format!("\"{key}\""));
            self.colon(out);
            self.field(key, out);
            if self.one_in(6) {
                out.push(',');
                self.string(out);
                out.push(':');
                self.value(2, known, out);
            }
        }
        if out.ends_with('{') {
            out.push_str("\"unknown\":1");
        }
        last(self, out);
        out.push('}');
    }

    fn payload(&mut self) -> String {
        let mut out = String::new();
        self.fields(&PAYLOAD, &mut out, |dice, out| {
            if !dice.one_in(8) {
                out.push_str(",\"source\":{\"id\":\"web\"}");
            }
            out.push_str(",\"events\":");
            match dice.one_in(10) {
                true => dice.value(2, &EVENT, out),
                false => dice.members('[', ']', out, |dice, out| match dice.one_in(8) {
                    true => dice.value(2, &EVENT, out),
                    false => dice.fields(&EVENT, out, |_, _| {}),
                }),
            }
        });
        match self.one_in(6) {
            true => self.broken(out),
            false => out,
        }
    }
}

/// What the slow reader makes of a text: strings in UTF-16, in which anything that can be written has a place.
#[derive(Clone, Debug)]
enum Tree {
    Word(&'static str),
    Number(String),
    Text(Vec<u16>),
    List(Vec<Tree>),
    Map(Vec<(Vec<u16>, Tree)>),
}

/// Reads character by character; none: the text is not JSON.
struct Slow(Vec<char>, usize);

impl Slow {
    fn read(text: &str) -> Option<Tree> {
        let mut slow = Slow(text.chars().collect(), 0);
        let tree = slow.value()?;
        (slow.1 == slow.0.len()).then_some(tree)
    }

    fn next(&mut self) -> Option<char> {
        self.1 += 1;
        self.0.get(self.1 - 1).copied()
    }

    fn rest(&self) -> &[char] {
        &self.0[self.1.min(self.0.len())..]
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.rest().iter().copied().take(wanted.len()).eq(wanted.chars());
        self.1 += if found { wanted.len() } else { 0 };
        found
    }

    fn blanks(&mut self) {
        while [" ", "\t", "\n", "\r"].iter().any(|blank| self.takes(blank)) {}
    }

    fn value(&mut self) -> Option<Tree> {
        self.blanks();
        let words = ["null", "true", "false"];
        let value = if let Some(word) = words.into_iter().find(|word| self.takes(word)) {
            Tree::Word(word)
        } else if self.takes("\"") {
            Tree::Text(self.string()?)
        } else if self.takes("[") {
            Tree::List(self.members("]", Slow::value)?)
        } else if self.takes("{") {
            Tree::Map(self.members("}", |slow| {
                slow.blanks();
                let key = slow.takes("\"").then(|| slow.string())??;
                slow.blanks();
                slow.takes(":").then(|| slow.value())?.map(|value| (key, value))
            })?)
        } else {
            self.number()?
        };
        self.blanks();
        Some(value)
    }

    fn members<T>(&mut self, close: &str, mut member: impl FnMut(&mut Slow) -> Option<T>) -> Option<Vec<T>> {
        let mut members = Vec::new();
        self.blanks();
        if self.takes(close) {
            return Some(members);
        }
        loop {
            members.push(member(self)?);
            self.blanks();
            if self.takes(close) {
                return Some(members);
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        let mut units = Vec::new();
        loop {
            match self.next()? {
                '"' => return Some(units),
                '\\' => units.push(match self.next()? {
                    'b' => 8,
                    't' => 9,
                    'n' => 10,
                    'f' => 12,
                    'r' => 13,
                    c @ ('"' | '\\' | '/') => c as u16,
                    'u' => {
                        let digits =
                            (0..4).map(|_| self.next().and_then(|c| c.to_digit(16))).collect::<Option<Vec<u32>>>()?;
                        digits.into_iter().fold(0, |unit, digit| unit * 16 + digit) as u16
                    }
                    _ => return None,
                }),
                c if c < ' ' => return None,
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn digits(&mut self) -> Option<String> {
        let digits: String = self.rest().iter().take_while(|c| c.is_ascii_digit()).collect();
        self.1 += digits.len();
        (!digits.is_empty()).then_some(digits)
    }

    fn number(&mut self) -> Option<Tree> {
        let start = self.1;
        self.takes("-");
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        Some(Tree::Number(self.0[start..self.1].iter().collect()))
    }
}

/// A string, as far as PostgreSQL can hold it.
fn string(units: &[u16]) -> Result<String, Code> {
    // The first thing that is wrong with it: which of two is told first follows from where they stand.
    let mut text = String::new();
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok('\0') => return Err(Code::ERRCODE_UNTRANSLATABLE_CHARACTER),
            Ok(c) => text.push(c),
            Err(_) => return Err(Code::ERRCODE_INVALID_TEXT_REPRESENTATION),
        }
    }
    Ok(text)
}

fn number(text: &str) -> Result<String, Code> {
    const OUT_OF_RANGE: Result<String, Code> = Err(Code::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Some(exponent) = exponent.parse::<i64>().ok().filter(|e| e.abs() < i64::from(i32::MAX / 2)) else {
        return OUT_OF_RANGE;
    };
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let first = format!("{whole}{fraction}").find(|c| c != '0');
    let highest = first.map(|first| whole.len() as i64 - 1 - first as i64 + exponent);
    if fraction.len() as i64 - exponent > 16383 || highest.is_some_and(|highest| highest > 131_071) {
        return OUT_OF_RANGE;
    }
    // A zero keeps its scale, however it is written.
    Ok(if first.is_none() && exponent > 40 { "0".to_owned() } else { plainly(text) })
}

impl Tree {
    /// What jsonb makes of it, or all that it can't hold.
    fn held(&self, depth: usize) -> Result<Json<'static>, Vec<Code>> {
        let one = |fault: Code| vec![fault];
        Ok(match self {
            Tree::Word("null") => Json::Null,
            Tree::Word(word) => Json::Copy(Value::Bool(*word == "true")),
            Tree::Number(text) => {
                let plain = number(text).map_err(one)?;
                let mut bytes = Vec::new();
                super::number::encode(text, &mut bytes).expect("a number in range");
                let mut written = String::new();
                super::number::write(&bytes, &mut written);
                assert_eq!(written, plain, "{text}");
                Json::Number(bytes)
            }
            Tree::Text(units) => Json::string(string(units).map_err(one)?),
            Tree::List(_) | Tree::Map(_) if depth == MAX_DEPTH => {
                return Err(vec![Code::ERRCODE_STATEMENT_TOO_COMPLEX]);
            }
            Tree::List(items) => {
                let (items, faults) = apart(items.iter().map(|item| item.held(depth + 1)));
                return if faults.is_empty() { Ok(Json::Array(items)) } else { Err(faults) };
            }
            Tree::Map(pairs) => {
                // Of equal keys the last one counts; but no key may be at fault.
                let (keys, mut faults) = apart(pairs.iter().map(|(key, _)| string(key).map_err(one)));
                if faults.is_empty() {
                    let lasts = keys.iter().enumerate().filter(|(at, key)| !keys[at + 1..].contains(key));
                    let (held, found) =
                        apart(lasts.map(|(at, key)| Ok((key.clone().into(), pairs[at].1.held(depth + 1)?))));
                    faults = found;
                    if faults.is_empty() {
                        return Ok(Json::Object(held));
                    }
                }
                return Err(faults);
            }
        })
    }

    /// The value of a key, by what the key says.
    fn get(&self, wanted: &str) -> Option<&Tree> {
        let Tree::Map(pairs) = self else { return None };
        pairs
            .iter()
            .rev()
            .find(|(key, _)| String::from_utf16(key).is_ok_and(|key| key == wanted))
            .map(|(_, value)| value)
    }

    /// The first of these fields, in jsonb's order, that jsonb can't hold.
    fn at_fault<'f>(&self, fields: &[&'f str]) -> Option<(&'f str, Vec<Code>)> {
        let mut fields = fields.to_vec();
        fields.sort_by(|a, b| key_order(a.as_bytes(), b.as_bytes()));
        fields.into_iter().find_map(|field| Some((field, self.get(field)?.held(1).err()?)))
    }
}

fn apart<T>(results: impl Iterator<Item = Result<T, Vec<Code>>>) -> (Vec<T>, Vec<Code>) {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(found) => faults.extend(found),
        }
    }
    (good, faults)
}

/// A text is JSON or not as the slow reader and another library say, and becomes what the slow reader made of it.
fn check_document(text: &str) {
    let read = Document::read(text);
    let slow = Slow::read(text);
    assert_eq!(read.is_ok(), slow.is_some(), "is it JSON?");
    // That one goes no deeper than 127.
    if text.matches(['[', '{']).count() < 127 {
        assert_eq!(
            read.is_ok(),
            serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            "does serde_json say so?"
        );
    }
    let (Ok(document), Some(slow)) = (read, slow) else { return };
    let mut bytes = Vec::new();
    match (document.root().encode(&mut bytes), slow.held(0)) {
        (Ok(()), Ok(held)) => {
            assert_eq!(bytes, held.encode().unwrap(), "is laid out otherwise");
            let text = super::text(root(&bytes));
            let mut again = Vec::new();
            Document::read(&text).unwrap().root().encode(&mut again).unwrap();
            assert_eq!(again, bytes, "is another one after the way through text");
        }
        (Err(fault), Err(faults)) => assert!(faults.contains(&fault.code), "{fault:?} is none of {faults:?}"),
        (ours, theirs) => panic!("{ours:?} against {theirs:?}"),
    }
}

/// A payload that jsonb can hold is the same through both doors; of any other the text's door says what is wrong with it.
fn check_payload(text: &str) {
    let Ok(document) = Document::read(text) else { return };
    let slow = Slow::read(text).expect("JSON");
    let apart = PayloadText::read(&document, usize::MAX);
    let ours = apart.as_ref().map_err(Clone::clone).and_then(PayloadText::payload);
    if let Ok(held) = slow.held(0) {
        let whole = held.encode().unwrap();
        match (&ours, Payload::read(root(&whole), usize::MAX)) {
            (Ok(ours), Ok(theirs)) => same(ours, &theirs),
            (Err(ours), Err(theirs)) => {
                assert_eq!((ours.code, &ours.path, &ours.message), (theirs.code, &theirs.path, &theirs.message));
            }
            (ours, theirs) => panic!("text: {ours:?}\njsonb: {theirs:?}"),
        }
        return;
    }
    if let Some((field, codes)) = slow.at_fault(&PAYLOAD) {
        let refusal = ours.expect_err("a fault");
        assert_eq!(refusal.path, Some(crate::error::Path::root().key(field)));
        assert!(codes.contains(&refusal.code) || refusal.code == Code::ERRCODE_INVALID_PARAMETER_VALUE);
    } else if let (Ok(payload), Some(Tree::List(events))) = (ours, slow.get("events")) {
        assert_eq!(payload.events.len(), events.len());
        for (raw, event) in payload.events.iter().zip(events) {
            let expected = match event {
                Tree::Map(_) => event.at_fault(&EVENT).map(|(field, codes)| (Some(field), codes)),
                other => other.held(0).err().map(|codes| (None, codes)),
            };
            match (raw.fault, expected) {
                (None, None) => {}
                (Some((fault, field)), Some((wanted, codes))) => {
                    assert_eq!(field, wanted);
                    assert!(codes.contains(&fault.code), "{fault:?} is none of {codes:?}");
                }
                (ours, theirs) => panic!("{ours:?} against {theirs:?}"),
            }
        }
    }
}

fn same(ours: &Payload<'_>, theirs: &Payload<'_>) {
    fn eq<T: Debug>(ours: T, theirs: T) {
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
    eq(
        (ours.source_id, ours.session_id, ours.profile_id, ours.profile_less),
        (theirs.source_id, theirs.session_id, theirs.profile_id, theirs.profile_less),
    );
    eq((ours.options, ours.context, ours.properties), (theirs.options, theirs.context, theirs.properties));
    assert_eq!(ours.events.len(), theirs.events.len());
    let fields = |raw: &RawEvent<'_>| {
        let time = match raw.time {
            RawTime::Written(value) => format!("{value:?}"),
            RawTime::At(time) => format!("{time:?}"),
        };
        format!("{:?}", (raw.id, raw.event_type, time, raw.properties, raw.context, raw.options, raw.tags))
    };
    for (ours, theirs) in ours.events.iter().zip(&theirs.events) {
        assert!(ours.fault.is_none());
        assert_eq!(fields(ours), fields(theirs));
    }
}

/// Each input has a seed of its own, so that one that fails is repeated alone: FUZZ_SEED=… FUZZ_INPUTS=1.
fn run(make: fn(&mut Dice) -> String, check: fn(&str)) {
    let told =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seed, inputs) = (told("FUZZ_SEED", 1), told("FUZZ_INPUTS", 5_000));
    println!("seed {seed}, {inputs} inputs");
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let work = move || {
                for input in (thread..inputs).step_by(threads as usize) {
                    let seed = seed.wrapping_add(input);
                    let text = make(&mut Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D)));
                    if std::panic::catch_unwind(|| check(&text)).is_err() {
                        panic!("seed {seed}: {text:?}");
                    }
                }
            };
            // The slow reader goes as deep as the document.
            std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
}

#[test]
fn documents_are_what_a_slow_reader_reads() {
    run(Dice::document, check_document);
}

#[test]
fn payloads_are_the_same_through_both_doors() {
    run(Dice::payload, check_payload);
}
