//! A reply: a status, headers, and a body that is always JSON.

use crate::error::{Code, Path, Refusal};
use crate::jsonb::{Json, root};
use crate::response::Response;
use crate::{json, pg};
use std::ffi::{CStr, CString};

/// What is answered to a request.
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    fn new(status: u16, body: Json<'_>) -> Self {
        Reply { status, headers: Vec::new(), body: json::text(root(&pg::encode(body))) }
    }

    pub fn ok(body: Json<'_>) -> Self {
        Reply::new(200, body)
    }

    /// What came of a payload: 226 if something of it failed.
    pub fn tracked(response: Response) -> Self {
        let status = if response.errors.is_empty() { 200 } else { 226 };
        // What can't be answered is not kept either: by now something may be written.
        let bytes = response.encode().unwrap_or_else(|refusal| refusal.raise());
        Reply { status, headers: Vec::new(), body: json::text(root(&bytes)) }
    }

    /// A refusal as its status, without what is of use only to who runs the database. Raises what is no matter of the
    /// request.
    pub fn refused(refusal: Refusal) -> Self {
        let status = match refusal.code {
            Code::ERRCODE_INVALID_PARAMETER_VALUE | Code::ERRCODE_INVALID_TEXT_REPRESENTATION => 422,
            Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION => 401,
            Code::ERRCODE_INSUFFICIENT_PRIVILEGE => 403,
            Code::ERRCODE_STATEMENT_TOO_COMPLEX | Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED => 413,
            Code::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED => 429,
            Code::ERRCODE_READ_ONLY_SQL_TRANSACTION if !pg::in_recovery() => 405,
            Code::ERRCODE_READ_ONLY_SQL_TRANSACTION | Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE => 503,
            _ => refusal.raise(),
        };
        let headers = match status {
            405 => vec![("Allow", "POST".to_owned())],
            429 => vec![("Retry-After", refusal.retry_after.unwrap_or(1).to_string())],
            503 => vec![("Retry-After", "10".to_owned())],
            _ => Vec::new(),
        };
        let detail = match status {
            422 => Json::Array(vec![problem(&refusal)]),
            405 => Json::string("Method Not Allowed"),
            503 if refusal.code == Code::ERRCODE_READ_ONLY_SQL_TRANSACTION => Json::string("this server is read-only"),
            _ => Json::string(refusal.message),
        };
        Reply { headers, ..Reply::new(status, Json::object([("detail", detail)])) }
    }

    pub fn header(&mut self, name: &'static str, value: String) {
        self.headers.push((name, value));
    }

    /// Tells the HTTP server status and headers; gives the body.
    pub fn send(self) -> String {
        if self.status != 200 || !current(c"response.status").is_empty() {
            set(c"response.status", self.status.to_string());
        }
        send_headers(self.headers);
        self.body
    }
}

/// Tells the HTTP server headers, beside those that came before, which stay: a function of db-pre-request may have set some,
/// and a call before in the same transaction.
pub fn send_headers(mut headers: Vec<(&'static str, String)>) {
    let before = current(c"response.headers");
    if !before.is_empty() {
        // With what ends a key: a value may be a header's name.
        let is_there = |name| {
            let key = format!("\"{name}\"");
            before.split(&key).skip(1).any(|rest| rest.trim_start().starts_with(':'))
        };
        headers.retain(|(name, _)| !is_there(*name));
        if headers.is_empty() {
            return;
        }
    }
    let own = headers.into_iter().map(|(name, value)| Json::object([(name, Json::string(value))]));
    let own = json::text(root(&pg::encode(Json::Array(own.collect()))));
    let all = match before.trim_end().strip_suffix(']').filter(|list| list.trim() != "[") {
        Some(list) => format!("{list},{}", &own[1..]),
        None => own,
    };
    set(c"response.headers", all);
}

fn current(setting: &CStr) -> String {
    pg::setting(setting).unwrap_or_default()
}

fn set(setting: &CStr, value: String) {
    pg::set_setting(setting, &CString::new(value).unwrap_or_default());
}

/// What is wrong with a body, and where.
fn problem(refusal: &Refusal) -> Json<'static> {
    let path = refusal.path.clone().unwrap_or_else(Path::root);
    let kind = match refusal.code {
        Code::ERRCODE_INVALID_TEXT_REPRESENTATION => "json_invalid",
        _ if refusal.absent => "missing",
        _ => "value_error",
    };
    Json::object([
        ("loc", Json::Array(std::iter::once(Json::string("body")).chain(path.steps()).collect())),
        ("msg", Json::string(refusal.message.clone())),
        ("type", Json::string(kind)),
    ])
}
