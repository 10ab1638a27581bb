//! Ids: what clients send, and what is made here.

use std::cell::RefCell;
use uuid::Uuid;

/// Ids, types and other short texts of clients have at most so many characters.
pub const MAX_CHARS: usize = 255;

/// The namespace of ids made from texts: the UUIDv5 of `tracardi` in the namespace of URLs. It never changes: stored ids
/// depend on it.
const NAMESPACE: Uuid = uuid::uuid!("e8e9b84d-1f78-5118-a2d1-299eb3f2b1a6");

/// An id as a client wrote it, trimmed, and its uuid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientId<'a> {
    pub text: &'a str,
    pub uuid: Uuid,
    canonical: bool,
}

impl<'a> ClientId<'a> {
    /// Reads a profile's or session's id. `None` for a blank text; `Err` above [`MAX_CHARS`].
    pub fn read(text: &'a str) -> Result<Option<Self>, TooLong> {
        Self::read_in(text, || NAMESPACE)
    }

    /// Reads an event's id: a text that is no UUID is scoped by its source.
    pub fn read_event(text: &'a str, source_id: &str) -> Result<Option<Self>, TooLong> {
        Self::read_in(text, || Uuid::new_v5(&NAMESPACE, source_id.as_bytes()))
    }

    fn read_in(text: &'a str, namespace: impl FnOnce() -> Uuid) -> Result<Option<Self>, TooLong> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if too_long(text) {
            return Err(TooLong);
        }
        Ok(Some(match canonical(text) {
            Some(uuid) => ClientId { text, uuid, canonical: true },
            None => ClientId { text, uuid: Uuid::new_v5(&namespace(), text.as_bytes()), canonical: false },
        }))
    }

    /// Whether anybody can come by it: a text can be guessed, and so can what is computed from one.
    pub fn is_guessable(&self) -> bool {
        !self.canonical || is_guessable(&self.uuid)
    }

    /// The same, but a guessable one is an id within its source only, as texts of events are.
    pub fn within(self, source_id: &str) -> Self {
        if !self.is_guessable() {
            return self;
        }
        let namespace = Uuid::new_v5(&NAMESPACE, source_id.as_bytes());
        ClientId { uuid: Uuid::new_v5(&namespace, self.text.as_bytes()), canonical: false, ..self }
    }

    /// The text, if the uuid was made from it.
    pub fn external(&self) -> Option<&'a str> {
        (!self.canonical).then_some(self.text)
    }
}

/// An id of what bytes hold.
pub fn of_bytes(bytes: &[u8]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, bytes)
}

/// Whether a uuid may have been computed from a text.
pub fn is_guessable(uuid: &Uuid) -> bool {
    uuid.get_version_num() == 5
}

/// The text has more than [`MAX_CHARS`] characters.
#[derive(Debug, PartialEq)]
pub struct TooLong;

pub fn too_long(text: &str) -> bool {
    text.len() > MAX_CHARS && text.chars().count() > MAX_CHARS
}

/// A UUID in its canonical form, in any case.
fn canonical(text: &str) -> Option<Uuid> {
    if text.len() != 36 {
        return None;
    }
    Uuid::try_parse_ascii(text.as_bytes()).ok()
}

/// The form in which an event type is stored: trimmed, lower case, each blank a hyphen.
pub fn normalize_type(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|b| matches!(b, b'!'..=b'@' | b'['..=b'~')) {
        return text.into();
    }
    text.chars()
        .flat_map(|c| {
            let blank = c.is_whitespace();
            c.to_lowercase().map(move |lower| if blank { '-' } else { lower })
        })
        .collect::<String>()
        .into()
}

/// Makes UUIDv7 that strictly increase within a backend (RFC 9562, 5.7 and 6.2, method 3): 60 bits of time, of which the
/// last twelve are fractions of a millisecond, then 62 random bits.
pub struct Generator {
    last: u64,
    random: [u8; RANDOM],
    used: usize,
}

/// Bytes of randomness that are asked for at once: it is the asking that costs.
const RANDOM: usize = 4096;

impl Generator {
    const fn new() -> Self {
        Generator { last: 0, random: [0; RANDOM], used: RANDOM }
    }

    /// `unix_micros`: the moment; `fill`: fills bytes with randomness that can't be guessed.
    fn next(&mut self, unix_micros: i64, fill: impl FnOnce(&mut [u8])) -> Uuid {
        let micros = unix_micros.max(0) as u64;
        let ticks = ((micros / 1000) << 12) | ((micros % 1000) * 4096 / 1000);
        self.last = ticks.max(self.last + 1);
        if self.used == self.random.len() {
            fill(&mut self.random);
            self.used = 0;
        }
        let random = u64::from_ne_bytes(self.random[self.used..self.used + 8].try_into().expect("eight bytes"));
        self.random[self.used..self.used + 8].fill(0);
        self.used += 8;
        let high = ((self.last >> 12) << 16) | 0x7000 | (self.last & 0xFFF);
        let low = (random & (u64::MAX >> 2)) | (1 << 63);
        Uuid::from_u64_pair(high, low)
    }
}

thread_local! {
    static GENERATOR: RefCell<Generator> = const { RefCell::new(Generator::new()) };
}

/// A new id. `unix_micros`: the moment it is made at.
pub fn generate(unix_micros: i64) -> Uuid {
    GENERATOR.with_borrow_mut(|generator| generator.next(unix_micros, crate::pg::fill_random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(bytes: &mut [u8]) {
        bytes.fill(0xA5);
    }

    proptest! {
        #[test]
        fn generated_ids_increase(moments in prop::collection::vec(0i64..4_000_000_000_000_000, 1..300)) {
            let mut generator = Generator::new();
            let mut last = Uuid::nil();
            for moment in moments {
                let id = generator.next(moment, fill);
                prop_assert!(id > last);
                prop_assert_eq!(id.get_version_num(), 7);
                prop_assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
                last = id;
            }
        }

        #[test]
        fn types_are_normalized_once(text in ".{0,40}") {
            let once = normalize_type(&text).into_owned();
            prop_assert_eq!(normalize_type(&once).into_owned(), once.clone());
            prop_assert!(!once.chars().any(char::is_whitespace));
        }

        #[test]
        fn texts_are_read_trimmed(text in "[^\\s]{1,40}") {
            let padded = format!(" \t{text}\n");
            prop_assert_eq!(ClientId::read(&padded), ClientId::read(&text));
        }
    }

    #[test]
    fn canonical_uuids_are_kept() {
        let id = ClientId::read(" 0190E0A1-0000-7000-8000-000000000001 ").unwrap().unwrap();
        assert_eq!(id.uuid.to_string(), "0190e0a1-0000-7000-8000-000000000001");
        assert_eq!(id.external(), None);
        // Any other form of a UUID is a text like any other.
        let braced = ClientId::read("{0190e0a1-0000-7000-8000-000000000001}").unwrap().unwrap();
        assert_ne!(braced.uuid, id.uuid);
        assert!(braced.external().is_some());
    }

    #[test]
    fn texts_never_change_their_uuid() {
        let id = ClientId::read("customer-42").unwrap().unwrap();
        assert_eq!(id.uuid, Uuid::new_v5(&NAMESPACE, b"customer-42"));
        assert_eq!(id.external(), Some("customer-42"));
        assert_ne!(ClientId::read("Customer-42").unwrap().unwrap().uuid, id.uuid);
    }

    #[test]
    fn event_ids_are_scoped_by_source() {
        let id = |text, source| ClientId::read_event(text, source).unwrap().unwrap().uuid;
        assert_ne!(id("1", "a"), id("1", "b"));
        assert_ne!(id("b1", "a"), id("1", "ab"));
        let uuid = "0190e0a1-0000-7000-8000-000000000001";
        assert_eq!(id(uuid, "a"), id(uuid, "b"));
    }

    #[test]
    fn what_is_computed_from_a_text_is_guessable() {
        let read = |text: &'static str| ClientId::read(text).unwrap().unwrap();
        assert!(!read("8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385").is_guessable());
        let computed = read("customer-42").uuid.to_string();
        assert!(read("customer-42").is_guessable());
        assert!(ClientId::read(&computed).unwrap().unwrap().is_guessable());
        assert_eq!(read("1").within("a").uuid, ClientId::read_event("1", "a").unwrap().unwrap().uuid);
        assert_ne!(ClientId::read(&computed).unwrap().unwrap().within("a").uuid.to_string(), computed);
        let secret = read("8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385");
        assert_eq!(secret.within("a"), secret);
    }

    #[test]
    fn blank_and_long_texts() {
        assert_eq!(ClientId::read("  \t"), Ok(None));
        assert!(ClientId::read(&"é".repeat(255)).unwrap().is_some());
        assert_eq!(ClientId::read(&"é".repeat(256)), Err(TooLong));
    }

    #[test]
    fn types() {
        assert_eq!(normalize_type("  Page View "), "page-view");
        assert_eq!(normalize_type("page-view"), "page-view");
        assert_eq!(normalize_type("Überweisung\tGesendet"), "überweisung-gesendet");
    }
}
