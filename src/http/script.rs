//! The browser tracker, as it is served.

use super::request::Request;
use crate::id;
use crate::pg;
use std::sync::OnceLock;

const SCRIPT: &[u8] = include_bytes!("../tracker/tracker.min.js");

/// Sets the headers of the reply; gives its body.
pub fn serve() -> &'static [u8] {
    static TAG: OnceLock<String> = OnceLock::new();
    let tag = TAG.get_or_init(|| format!("\"{}\"", id::of_bytes(SCRIPT).simple()));
    let headers = [
        ("Content-Type", "text/javascript; charset=utf-8"),
        ("Cache-Control", "public, max-age=3600"),
        ("ETag", tag.as_str()),
    ];
    super::reply::send_headers(headers.map(|(name, value)| (name, value.to_owned())).to_vec());
    let known = Request::current().header("if-none-match").is_some_and(|tags| tags.split(',').any(|t| t.trim() == tag));
    if known {
        pg::set_setting(c"response.status", c"304");
        return &[];
    }
    SCRIPT
}
