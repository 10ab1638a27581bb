//! jsonb for the validator, in a form that counts what is read of it. The validator can't be interrupted; a schema whose
//! references branch again and again, or an event that is nested very deep, would keep it busy for years or overflow the
//! stack. What it reads ends it.

use crate::pg;
use jsonschema::json::jsonb::{Cursor, JsonbArray, JsonbMembers, JsonbNumber, JsonbObject};
use jsonschema::json::{Array, Json, Jsonb, JsonbNode, Node, NodeIdentity, Object};
use jsonschema::types::JsonType;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Why validating was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    Steps,
    Depth,
}

thread_local! {
    /// Steps that are left.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Interrupts are let through once in so many steps; a power of two.
const INTERVAL: u64 = 4096;

/// Runs something that reads measured values, for at most so many steps: one for each value that is looked at, and one
/// for every four bytes of a string that is read.
pub fn within<R>(steps: u64, run: impl FnOnce() -> R) -> Result<R, Exceeded> {
    LEFT.set(steps);
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| match payload.downcast::<Exceeded>() {
        Ok(exceeded) => *exceeded,
        Err(other) => resume_unwind(other),
    })
}

#[inline]
fn step(cost: u64) {
    let left = LEFT.get();
    let Some(rest) = left.checked_sub(cost) else { give_up(Exceeded::Steps) };
    LEFT.set(rest);
    if (left ^ rest) >= INTERVAL {
        pg::check_for_interrupts();
    }
}

/// Going into a container.
#[inline]
fn descend() {
    step(1);
    if pg::stack_is_too_deep() {
        give_up(Exceeded::Depth);
    }
}

#[cold]
fn give_up(exceeded: Exceeded) -> ! {
    resume_unwind(Box::new(exceeded))
}

pub struct Measured;

#[derive(Clone, Copy)]
pub struct MeasuredNode<'a>(JsonbNode<'a>);
pub struct MeasuredObject<'a>(JsonbObject<'a>);
pub struct MeasuredArray<'a>(JsonbArray<'a>);
pub struct MeasuredMembers<'a>(JsonbMembers<'a>);
pub struct MeasuredElements<'a>(Cursor<'a>);

impl Measured {
    /// The value of a jsonb by its root container's bytes, as PostgreSQL wrote them.
    pub fn root(container: &[u8]) -> MeasuredNode<'_> {
        MeasuredNode(Jsonb::root(container))
    }
}

impl Json for Measured {
    type Node<'a> = MeasuredNode<'a>;
    type PreparedKey = <Jsonb as Json>::PreparedKey;
    type StringBuffer = <Jsonb as Json>::StringBuffer;

    const KEYS_PER_LOOKUP: usize = <Jsonb as Json>::KEYS_PER_LOOKUP;
    const ACYCLIC: bool = <Jsonb as Json>::ACYCLIC;

    fn prepare_key(key: &str) -> Self::PreparedKey {
        Jsonb::prepare_key(key)
    }

    fn with_string_node<T>(buffer: &mut Self::StringBuffer, string: &str, f: impl FnOnce(MeasuredNode<'_>) -> T) -> T {
        Jsonb::with_string_node(buffer, string, |node| f(MeasuredNode(node)))
    }
}

impl<'a> Node<'a, Measured> for MeasuredNode<'a> {
    type Object = MeasuredObject<'a>;
    type Array = MeasuredArray<'a>;
    type Number = JsonbNumber<'a>;

    fn as_object(&self) -> Option<MeasuredObject<'a>> {
        descend();
        self.0.as_object().map(MeasuredObject)
    }

    fn as_array(&self) -> Option<MeasuredArray<'a>> {
        descend();
        self.0.as_array().map(MeasuredArray)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.0.as_string();
        step(1 + text.as_ref().map_or(0, |text| text.len() as u64 / 4));
        text
    }

    fn as_number(&self) -> Option<JsonbNumber<'a>> {
        step(1);
        self.0.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        step(1);
        self.0.as_boolean()
    }

    fn is_null(&self) -> bool {
        step(1);
        self.0.is_null()
    }

    fn is_number(&self) -> bool {
        step(1);
        self.0.is_number()
    }

    fn is_string(&self) -> bool {
        step(1);
        self.0.is_string()
    }

    fn json_type(&self) -> JsonType {
        step(1);
        self.0.json_type()
    }

    fn string_length(&self) -> Option<u64> {
        let length = self.0.string_length();
        step(1 + length.unwrap_or(0) / 4);
        length
    }

    fn equals_value(&self, expected: &Value) -> bool {
        step(1);
        self.0.equals_value(expected)
    }

    // For messages, which show no values.
    fn to_value(&self) -> Cow<'a, Value> {
        step(1);
        Cow::Owned(Value::Null)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        step(1);
        self.0.identity()
    }
}

impl<'a> Object<'a, Measured> for MeasuredObject<'a> {
    type Node = MeasuredNode<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = MeasuredMembers<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, key: &<Jsonb as Json>::PreparedKey) -> Option<MeasuredNode<'a>> {
        step(1);
        self.0.get(key).map(MeasuredNode)
    }

    fn members(&self) -> MeasuredMembers<'a> {
        MeasuredMembers(self.0.members())
    }

    fn try_for_each_name_node<B>(
        &self,
        buffer: &mut <Jsonb as Json>::StringBuffer,
        mut f: impl FnMut(MeasuredNode<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.0.try_for_each_name_node(buffer, |node| f(MeasuredNode(node)))
    }
}

impl<'a> Iterator for MeasuredMembers<'a> {
    type Item = (Cow<'a, str>, MeasuredNode<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        step(1);
        self.0.next().map(|(name, node)| (name, MeasuredNode(node)))
    }
}

impl<'a> Array<'a, Measured> for MeasuredArray<'a> {
    type Node = MeasuredNode<'a>;
    type ElementsIter = MeasuredElements<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> MeasuredElements<'a> {
        MeasuredElements(self.0.elements())
    }

    fn is_unique(&self) -> bool {
        self.0.is_unique()
    }
}

impl<'a> Iterator for MeasuredElements<'a> {
    type Item = MeasuredNode<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        step(1);
        self.0.next().map(MeasuredNode)
    }
}
