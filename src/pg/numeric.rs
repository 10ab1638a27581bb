//! Arithmetic of `numeric`, as PostgreSQL does it. Numbers are a numeric's bytes, header included, as jsonb holds them.

use super::datum::{FromDatum, Varlena};
use pgrx::pg_sys::{self, Datum};

type Function = unsafe fn(pg_sys::FunctionCallInfo) -> Datum;

pub fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    call(pg_sys::numeric_add, a, b)
}

pub fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    call(pg_sys::numeric_sub, a, b)
}

/// Raises 22012 for a divisor that is zero.
pub fn divide(a: &[u8], b: &[u8]) -> Vec<u8> {
    call(pg_sys::numeric_div, a, b)
}

pub fn equal(a: &[u8], b: &[u8]) -> bool {
    // SAFETY: the arguments are those of numeric_eq(numeric, numeric), which gives a boolean.
    unsafe { raw(pg_sys::numeric_eq, a, b) }.is_some_and(|datum| datum.value() as u8 != 0)
}

fn call(function: Function, a: &[u8], b: &[u8]) -> Vec<u8> {
    // SAFETY: the functions above take two numerics and give one.
    unsafe { raw(function, a, b).map(|datum| Varlena::from_datum(datum).into_bytes()).unwrap_or_default() }
}

/// # Safety
/// The function takes two numerics.
unsafe fn raw(function: Function, a: &[u8], b: &[u8]) -> Option<Datum> {
    let numeric = |bytes: &[u8]| Some(super::datum::copy(bytes));
    // SAFETY: the caller's promise; the bytes are whole varlenas.
    unsafe { pgrx::direct_function_call_as_datum(function, &[numeric(a), numeric(b)]) }
}
