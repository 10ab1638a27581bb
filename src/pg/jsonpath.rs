//! jsonpath, as PostgreSQL reads and evaluates it.

use super::datum::{FromDatum, Jsonb, Varlena, owned_jsonb};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CString;

/// Reads a jsonpath. Raises 42601 and the like.
pub fn parse_jsonpath(text: &str) -> Varlena {
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: the input function copies what it needs into the current memory context; Varlena copies it out.
    unsafe {
        Varlena::from_datum(pg_sys::OidInputFunctionCall(
            pg_sys::F_JSONPATH_IN.into(),
            text.as_ptr().cast_mut(),
            pg_sys::InvalidOid,
            -1,
        ))
    }
}

/// The first item that a path finds in a document (a root container's bytes); errors of the path find nothing.
pub fn query_first<'a>(document: Datum, path: &Varlena) -> Option<Jsonb<'a>> {
    const NO_VARIABLES: [u8; 4] = 0x2000_0000_u32.to_ne_bytes();
    let args = [Some(document), super::Arg::varlena(path).datum(), Some(owned_jsonb(&NO_VARIABLES)), Some(true.into())];
    // SAFETY: the arguments are those of jsonb_path_query_first_tz(jsonb, jsonpath, jsonb, boolean).
    unsafe {
        pgrx::direct_function_call_as_datum(pg_sys::jsonb_path_query_first_tz, &args)
            .map(|datum| Jsonb::from_datum(datum))
    }
}
