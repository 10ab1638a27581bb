//! The request, as the HTTP server tells of it: settings of the transaction.

use crate::jsonb::{Value, root};
use crate::pg;

/// A request's headers, as the bytes of a jsonb; without those that hold secrets.
pub struct Request {
    headers: Vec<u8>,
}

impl Request {
    /// The request of this transaction; outside of one, one without headers.
    pub fn current() -> Self {
        let headers = match pg::setting(c"request.headers") {
            Some(text) if text.starts_with('{') => pg::parse_jsonb(&text).copy(),
            _ => Vec::new(),
        };
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
