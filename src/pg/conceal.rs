//! Keeping errors from strangers: their texts may hold statements, other people's values, and how things are built. The
//! server's log gets what tells where to look, and the text only where somebody asked for it.

use super::boundary::Thrown;
use crate::error::{Refusal, sqlstate};
use crate::settings;
use pgrx::PgLogLevel;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport, ErrorReportWithLevel};
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs something for a stranger. An error goes on as an error without its text. Its SQLSTATE stays where it tells to come
/// again later (classes 40, 53, 57, and 55P03: somebody held a lock for too long); else it is XX000.
pub fn conceal<R>(run: impl FnOnce() -> R) -> R {
    PgTryBuilder::new(AssertUnwindSafe(run)).catch_others(|caught| raise_concealed(&caught)).execute()
}

fn raise_concealed(caught: &CaughtError) -> ! {
    let whole = settings::log_error_details();
    let (code, text) = match caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            (report.sql_error_code(), if whole { whole_report(report) } else { String::new() })
        }
        CaughtError::RustPanic { ereport, payload } => match Thrown::of(&**payload) {
            Some(thrown) => (thrown.code(), if whole { whole_error(thrown) } else { outline(thrown) }),
            // A mistake of ours: the place in the source is no secret.
            None => {
                let place = format!(" at {}:{}", ereport.file(), ereport.line_number());
                (ereport.sql_error_code(), if whole { place + &whole_report(ereport) } else { place })
            }
        },
    };
    let message = format!("tracardi_api: error {}{text}", sqlstate(code));
    let mut report = ErrorReport::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message, "");
    if !whole {
        report = report.set_hint("With tracardi.log_error_details = on its text is logged, too.");
    }
    report.report(PgLogLevel::LOG_SERVER_ONLY);
    let comes_again =
        matches!(&sqlstate(code)[..2], "40" | "53" | "57") || code == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE;
    match comes_again {
        true => Refusal::new(code, "the request can't be served now"),
        false => Refusal::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "internal error"),
    }
    .raise()
}

/// What an error says without anybody's values: names, and the lines of functions.
fn outline(thrown: &Thrown) -> String {
    let context = thrown.context().unwrap_or_default();
    let places: Vec<&str> = context.lines().filter(|line| is_place(line)).collect();
    let context = (!places.is_empty()).then(|| places.join("\n"));
    names(thrown) + &labelled([("CONTEXT", context.as_deref())])
}

fn whole_error(thrown: &Thrown) -> String {
    let (detail, hint, context) = (thrown.detail(), thrown.hint(), thrown.context());
    let parts = [("DETAIL", detail.as_deref()), ("HINT", hint.as_deref()), ("CONTEXT", context.as_deref())];
    format!("{}: {}{}", names(thrown), thrown.message(), labelled(parts))
}

fn whole_report(report: &ErrorReportWithLevel) -> String {
    format!(": {}{}", report.message(), labelled([("DETAIL", report.detail()), ("HINT", report.hint())]))
}

fn names(thrown: &Thrown) -> String {
    thrown.names().map(|(kind, name)| format!(", {kind} \"{name}\"")).collect()
}

fn labelled<const N: usize>(parts: [(&str, Option<&str>); N]) -> String {
    parts.into_iter().filter_map(|(label, text)| Some(format!("\n{label}: {}", text?))).collect()
}

/// Whether a line of a context is of the form `PL/pgSQL function f(text) line 3 at RAISE`. Others show statements, rows or
/// JSON; so may a line that only begins like this one, for statements have lines, too.
fn is_place(line: &str) -> bool {
    let Some((function, place)) = line.strip_prefix("PL/pgSQL function ").and_then(|rest| rest.rsplit_once(" line "))
    else {
        return false;
    };
    let number = place.trim_start_matches(|c: char| c.is_ascii_digit());
    let statement = number.strip_prefix(" at ").or_else(|| number.strip_prefix(" during "));
    number.len() < place.len()
        && (function == "inline_code_block" || function.ends_with(')'))
        && statement.is_some_and(|words| words.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '/')))
}

#[cfg(test)]
mod tests {
    use super::is_place;

    #[test]
    fn places_hold_no_data() {
        for place in [
            "PL/pgSQL function fail() line 3 at RAISE",
            "PL/pgSQL function shop.\"a line 2\"(text,json) line 12 at SQL statement",
            "PL/pgSQL function inline_code_block line 1 at FOR over SELECT rows",
            "PL/pgSQL function fail() line 3 during statement block local variable initialization",
        ] {
            assert!(is_place(place), "{place}");
        }
        for other in [
            "SQL statement \"SELECT 1\"",
            "JSON data, line 1: {\"card\": 4111...",
            "PL/pgSQL assignment \"x := 4111\"",
            "PL/pgSQL function fail() line 3 at 'card 4111'",
            "PL/pgSQL function fail() line x at RAISE",
            "PL/pgSQL function 4111 line 3 at RAISE",
            "PL/pgSQL function fail() line  at RAISE",
            "",
        ] {
            assert!(!is_place(other), "{other}");
        }
    }
}
