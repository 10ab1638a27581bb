//! The request, as the HTTP server tells of it: settings of the transaction.

use crate::json::Document;
use crate::jsonb::{Value, root};
use crate::{pg, settings};

/// The headers that are never read, for they hold secrets.
const SECRET: &[&str] = &["authorization", "cookie"];

/// The headers that are read.
const KNOWN: &[&str] = &[
    "accept-language",
    "if-none-match",
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
    client_ip_header: Option<String>,
}

impl Request {
    /// The request of this transaction; outside of one, one without headers.
    pub fn current() -> Self {
        let mut headers = Vec::new();
        let client_ip_header = settings::client_ip_header();
        let mut known = KNOWN.to_vec();
        known.extend(client_ip_header.as_deref().filter(|name| !SECRET.contains(name)));
        if let Some(text) = pg::setting(c"request.headers").filter(|text| !text.is_empty())
            && let Ok(document) = Document::read(&text)
        {
            document.root().encode_fields(&known, &mut headers);
        }
        Request { headers, client_ip_header }
    }

    /// What the header holds that tells the client's address, if one is trusted to.
    pub fn client_address(&self) -> Option<&str> {
        self.header(self.client_ip_header.as_deref()?)
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
