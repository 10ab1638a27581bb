//! A running call of `track()`: what workflows answer, and what is to be told when it is done; undone with whatever
//! subtransaction fails.

use crate::change::Change;
use crate::error::{Code, Refusal, room};
use crate::jsonb::{Json, Value, root};
use crate::pg;
use crate::settings;
use std::borrow::Cow;
use std::cell::RefCell;

enum Part {
    /// Pairs for `response`.
    Response(Vec<u8>),
    /// An item, or items, for `ux`.
    Ux(Vec<u8>),
}

/// One running call of `track()`.
#[derive(Default)]
struct Frame {
    /// Whether a workflow of this call is running.
    open: bool,
    /// Each with the subtransaction that it was given in.
    parts: Vec<(u32, Part)>,
    /// Likewise.
    changes: Vec<(u32, Change)>,
}

thread_local! {
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// Called once, when the library is loaded.
pub fn register() {
    pg::on_subtransaction_abort(|aborted| {
        // Numbers of subtransactions only grow: those within the aborted one have higher ones.
        FRAMES.with_borrow_mut(|frames| {
            for frame in frames {
                frame.parts.retain(|(given_in, _)| *given_in < aborted);
                frame.changes.retain(|(made_in, _)| *made_in < aborted);
            }
        });
    });
}

/// A call of `track()` that may be answered; ends when dropped, also by an error.
pub struct Answer {
    depth: usize,
}

impl Answer {
    /// Errors: 54001 for calls in workflows of calls in workflows …
    pub fn begin() -> Result<Self, Refusal> {
        let answer = FRAMES.with_borrow_mut(|frames| {
            frames.push(Frame::default());
            Answer { depth: frames.len() }
        });
        if answer.depth > settings::workflow_depth() {
            return Err(Refusal::new(Code::ERRCODE_STATEMENT_TOO_COMPLEX, "track() is nested too deep in workflows")
                .detail(format!("The limit is {}.", settings::workflow_depth()))
                .hint("A workflow's own events may call it again: give it an event type or a condition, or raise tracardi.workflow_depth."));
        }
        Ok(answer)
    }

    /// What changed of profiles since this was asked last.
    pub fn changes(&self) -> Vec<Change> {
        let changes = with_frame(self.depth, |frame| std::mem::take(&mut frame.changes));
        changes.into_iter().map(|(_, change)| change).collect()
    }

    /// Lets workflows answer while `run` runs.
    pub fn open<R>(&self, run: impl FnOnce() -> R) -> R {
        struct Close(usize);
        impl Drop for Close {
            fn drop(&mut self) {
                with_frame(self.0, |frame| frame.open = false);
            }
        }
        with_frame(self.depth, |frame| frame.open = true);
        let _close = Close(self.depth);
        run()
    }

    /// What was answered: the pairs of `response` in the order in which they were given, and the items of `ux`.
    pub fn finish(self) -> Given {
        Given(
            with_frame(self.depth, |frame| std::mem::take(&mut frame.parts))
                .into_iter()
                .map(|(_, part)| part)
                .collect(),
        )
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        FRAMES.with_borrow_mut(|frames| frames.truncate(self.depth - 1));
    }
}

/// Has it told at the end of the innermost call that is running. `Err`: there is none.
pub fn put_off(change: Change) -> Result<(), Change> {
    FRAMES.with_borrow_mut(|frames| match frames.last_mut() {
        Some(frame) => {
            frame.changes.push((pg::subtransaction(), change));
            Ok(())
        }
        None => Err(change),
    })
}

fn with_frame<R>(depth: usize, change: impl FnOnce(&mut Frame) -> R) -> R {
    FRAMES.with_borrow_mut(|frames| change(&mut frames[depth - 1]))
}

/// What workflows answered.
pub struct Given(Vec<Part>);

impl Given {
    /// `response`: merged on the top level, the later value counts.
    pub fn response(&self) -> Json<'_> {
        let objects = self.0.iter().filter_map(|part| match part {
            Part::Response(bytes) => Some(root(bytes)),
            Part::Ux(_) => None,
        });
        let pairs = objects.flat_map(|value| match value {
            Value::Object(object) => object.pairs().map(|(k, v)| (Cow::Borrowed(k), Json::Copy(v))).collect(),
            _ => Vec::new(),
        });
        Json::Object(pairs.collect())
    }

    /// `ux`: one after the other.
    pub fn ux(&self) -> Json<'_> {
        let items = self.0.iter().filter_map(|part| match part {
            Part::Ux(bytes) => Some(root(bytes)),
            Part::Response(_) => None,
        });
        let items = items.flat_map(|value| match value {
            Value::Array(array) => array.iter().map(Json::Copy).collect(),
            other => vec![Json::Copy(other)],
        });
        Json::Array(items.collect())
    }
}

/// `tracardi.respond`. Errors: 55000 outside of a workflow, 22023 for anything but an object.
pub fn respond(value: Value<'_>) -> Result<(), Refusal> {
    match value {
        Value::Object(object) => give("respond", object.bytes(), Part::Response),
        other => Err(not("respond", "an object", other)),
    }
}

/// `tracardi.add_ux`. Errors: 55000 outside of a workflow, 22023 for anything but an object or an array of objects.
pub fn add_ux(value: Value<'_>) -> Result<(), Refusal> {
    match value {
        Value::Object(object) => give("add_ux", object.bytes(), Part::Ux),
        Value::Array(array) => match array.iter().find(|item| !matches!(item, Value::Object(_))) {
            None => give("add_ux", array.bytes(), Part::Ux),
            Some(item) => Err(not("add_ux", "an object or an array of objects", item)),
        },
        other => Err(not("add_ux", "an object or an array of objects", other)),
    }
}

fn give(function: &str, bytes: &[u8], part: fn(Vec<u8>) -> Part) -> Result<(), Refusal> {
    FRAMES.with_borrow_mut(|frames| match frames.last_mut().filter(|frame| frame.open) {
        Some(frame) => {
            let mut kept = room(bytes.len())?;
            kept.extend_from_slice(bytes);
            frame.parts.push((pg::subtransaction(), part(kept)));
            Ok(())
        }
        None => Err(Refusal::new(
            Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("tracardi.{function}() was called outside of a workflow"),
        )
        .hint("Call it in a trigger function that is registered by tracardi.create_workflow(…).")),
    })
}

fn not(function: &str, wanted: &str, found: Value<'_>) -> Refusal {
    Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, format!("tracardi.{function}() takes {wanted}"))
        .detail(format!("It was given {}.", found.kind()))
}
