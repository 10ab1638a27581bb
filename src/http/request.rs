//! The request, as the HTTP server tells of it: settings of the transaction.

use crate::json::Document;
use crate::jsonb::{Value, root};
use crate::pg;

/// The headers that are read. Those that hold secrets, `authorization` and `cookie`, are not among them.
const KNOWN: &[&str] = &[
    "accept-language",
    "user-agent",
    "x-profile-less",
    "x-tracardi-event-type",
    "x-tracardi-query",
    "x-tracardi-session",
    "x-tracardi-source",
];

/// A request's headers, those that are read, as the bytes of a jsonb.
pub struct Request {
    headers: Vec<u8>,
}

impl Request {
    /// The request of this transaction; outside of one, one without headers.
    pub fn current() -> Self {
        let mut headers = Vec::new();
        if let Some(text) = pg::setting(c"request.headers").filter(|text| !text.is_empty())
            && let Ok(document) = Document::read(&text)
        {
            document.root().encode_fields(KNOWN, &mut headers);
        }
        Request { headers }
    }

    /// A header by its name in lower case; blank: none.
    pub fn header(&self, name: &str) -> Option<&str> {
        match root(&self.headers) {
            Value::Object(headers) => match headers.get(name) {
                Value::String(value) if !value.trim().is_empty() => Some(value.trim()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the query string or a header asks that nobody's profile be touched.
    pub fn profile_less(&self) -> bool {
        self.header("x-profile-less").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}
