//! A reply: a status, and a body that is always JSON.

use crate::error::{Code, Path, Refusal};
use crate::jsonb::{Json, root};
use crate::response::Response;
use crate::{json, pg};
use std::ffi::CString;

/// What is answered to a request.
pub struct Reply {
    status: u16,
    body: String,
}

impl Reply {
    pub fn ok(body: Json<'_>) -> Self {
        Reply { status: 200, body: text(body) }
    }

    /// What came of a payload: 226 if something of it failed.
    pub fn tracked(response: Response) -> Self {
        let status = if response.errors.is_empty() { 200 } else { 226 };
        Reply { status, body: json::text(root(&response.encode())) }
    }

    /// A refusal as its status. What is no fault of the request is given back, to be raised.
    pub fn refused(refusal: Refusal) -> Result<Self, Refusal> {
        let status = match refusal.code {
            Code::ERRCODE_INVALID_PARAMETER_VALUE => 422,
            Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION => 401,
            Code::ERRCODE_READ_ONLY_SQL_TRANSACTION if pg::in_recovery() => 503,
            Code::ERRCODE_READ_ONLY_SQL_TRANSACTION => 405,
            _ => return Err(refusal),
        };
        let detail = match status {
            422 => Json::Array(vec![problem(&refusal)]),
            _ => Json::string(refusal.message),
        };
        Ok(Reply { status, body: text(Json::object([("detail", detail)])) })
    }

    /// Tells the HTTP server the status; gives the body.
    pub fn send(self) -> String {
        if self.status != 200 {
            let status = CString::new(self.status.to_string()).unwrap_or_default();
            pg::set_setting(c"response.status", &status);
        }
        self.body
    }
}

fn text(value: Json<'_>) -> String {
    json::text(root(&value.encode()))
}

/// What is wrong with a body, and where.
fn problem(refusal: &Refusal) -> Json<'static> {
    let path = refusal.path.clone().unwrap_or_else(Path::root);
    Json::object([
        ("loc", Json::Array(std::iter::once(Json::string("body")).chain(path.steps()).collect())),
        ("msg", Json::string(refusal.message.clone())),
        ("type", Json::string("value_error")),
    ])
}
