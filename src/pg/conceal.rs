//! Keeping errors from strangers: their texts may hold statements, other people's values, and how things are built.

use super::boundary::Thrown;
use crate::error::{Refusal, sqlstate};
use pgrx::PgLogLevel;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs something for a stranger. An error goes on as an error without its text, which the server's log keeps. Its SQLSTATE
/// stays where it tells to come again later (classes 40, 53, 57); else it is XX000.
pub fn conceal<R>(run: impl FnOnce() -> R) -> R {
    PgTryBuilder::new(AssertUnwindSafe(run)).catch_others(|caught| raise_concealed(&caught)).execute()
}

fn raise_concealed(caught: &CaughtError) -> ! {
    let (code, text) = match caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            (report.sql_error_code(), describe(report.message(), report.detail(), None))
        }
        CaughtError::RustPanic { ereport, payload } => match Thrown::of(&**payload) {
            Some(thrown) => {
                (thrown.code(), describe(&thrown.message(), thrown.detail().as_deref(), thrown.context().as_deref()))
            }
            None => (ereport.sql_error_code(), describe(ereport.message(), ereport.detail(), None)),
        },
    };
    ErrorReport::new(
        PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        format!("tracardi_api: error {}: {text}", sqlstate(code)),
        "",
    )
    .report(PgLogLevel::LOG_SERVER_ONLY);
    match &sqlstate(code)[..2] {
        "40" | "53" | "57" => Refusal::new(code, "the request can't be served now"),
        _ => Refusal::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "internal error"),
    }
    .raise()
}

fn describe(message: &str, detail: Option<&str>, context: Option<&str>) -> String {
    [("", Some(message)), ("\nDETAIL: ", detail), ("\nCONTEXT: ", context)]
        .into_iter()
        .filter_map(|(label, text)| Some(format!("{label}{}", text?)))
        .collect()
}
