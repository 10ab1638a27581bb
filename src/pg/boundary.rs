//! Where users' code runs: its errors are carried through Rust as they are, with SQLSTATE, context, constraint and all,
//! which the usual conversion of errors would cut down to a few fields.

use crate::error::Refusal;
use cee_scape::{SigJmpBufFields, call_with_sigsetjmp};
use pgrx::pg_sys::{self, Datum, ErrorData};
use pgrx::prelude::*;
use std::any::Any;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

// Called as it is, without pgrx's guard, which would convert what it throws.
unsafe extern "C-unwind" {
    fn ReThrowError(error: *mut ErrorData) -> !;
}

/// An error on its way through Rust, as the payload of a panic.
pub struct Thrown(*mut ErrorData);

// SAFETY: PostgreSQL's processes have one thread; a panic's payload must be Send.
unsafe impl Send for Thrown {}

impl Thrown {
    /// The error in a panic's payload, if it is one of ours.
    pub fn of(payload: &(dyn Any + Send)) -> Option<&Thrown> {
        payload.downcast_ref()
    }

    /// The five characters of its SQLSTATE.
    pub fn sqlstate(&self) -> String {
        // SAFETY: the error lives until `free`, or the end of the transaction.
        crate::error::unpack_sqlstate(unsafe { (*self.0).sqlerrcode })
    }

    pub fn code(&self) -> PgSqlErrorCode {
        // SAFETY: as above.
        PgSqlErrorCode::from(unsafe { (*self.0).sqlerrcode })
    }

    pub fn message(&self) -> String {
        // SAFETY: as above; the message is a string or null.
        unsafe { text((*self.0).message) }.unwrap_or_default()
    }

    pub fn detail(&self) -> Option<String> {
        // SAFETY: as above.
        unsafe { text((*self.0).detail) }
    }

    pub fn context(&self) -> Option<String> {
        // SAFETY: as above.
        unsafe { text((*self.0).context) }
    }

    pub fn hint(&self) -> Option<String> {
        // SAFETY: as above.
        unsafe { text((*self.0).hint) }
    }

    /// What the error is about, as far as it says: kinds of things and their names.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, String)> {
        // SAFETY: as above.
        let error = unsafe { &*self.0 };
        [
            ("schema", error.schema_name),
            ("table", error.table_name),
            ("column", error.column_name),
            ("data type", error.datatype_name),
            ("constraint", error.constraint_name),
        ]
        .into_iter()
        // SAFETY: as above.
        .filter_map(|(kind, name)| Some((kind, unsafe { text(name) }?)))
    }

    /// For [`throw_again`].
    pub fn into_raw(self) -> *mut ErrorData {
        self.0
    }

    /// The error was dealt with.
    pub fn free(&self) {
        // SAFETY: a copy made by CopyErrorData, freed once.
        unsafe { pg_sys::FreeErrorData(self.0) }
    }
}

/// # Safety
/// A string that lives through the call, or null.
unsafe fn text(string: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned())
}

/// Calls a function of PostgreSQL that may run users' code. An error unwinds as [`Thrown`].
///
/// # Safety
/// The closure does nothing but that call: no destructor of its frame may be pending when an error jumps over it.
pub unsafe fn boundary<R>(call: impl FnOnce() -> R) -> R {
    // SAFETY: what PG_TRY does, in elog.h: the exception stack points to our frame while the call runs, and is put back on
    // both ways; the error is copied and taken off the error stack. The copy lives as long as the transaction: the caller's own
    // memory goes, before somebody reads it there, with a subtransaction in which a connection was opened.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let exceptions = pg_sys::PG_exception_stack;
        let contexts = pg_sys::error_context_stack;
        let mut result = MaybeUninit::uninit();
        let jumped = call_with_sigsetjmp(false, |buffer| {
            pg_sys::PG_exception_stack = ptr::from_ref::<SigJmpBufFields>(buffer).cast_mut().cast();
            result.write(call());
            0
        });
        pg_sys::PG_exception_stack = exceptions;
        pg_sys::error_context_stack = contexts;
        if jumped == 0 {
            return result.assume_init();
        }
        let transaction = pg_sys::TopTransactionContext;
        pg_sys::CurrentMemoryContext = if transaction.is_null() { context } else { transaction };
        let error = pg_sys::CopyErrorData();
        pg_sys::CurrentMemoryContext = context;
        pg_sys::FlushErrorState();
        resume_unwind(Box::new(Thrown(error)))
    }
}

/// Throws an error on, as PostgreSQL does.
///
/// # Safety
/// One that [`Thrown::into_raw`] gave; no destructor may be pending in the caller's frame, nor in those up to PostgreSQL's.
pub unsafe fn throw_again(error: *mut ErrorData) -> ! {
    // SAFETY: the caller's promise.
    unsafe { ReThrowError(error) }
}

/// The body of a function that SQL calls. Users' errors leave it as they came.
///
/// # Safety
/// Called by PostgreSQL's function manager; no destructor may be pending in the caller's frame.
pub unsafe fn enter(
    info: pg_sys::FunctionCallInfo,
    body: fn(pg_sys::FunctionCallInfo) -> Result<Datum, Refusal>,
) -> Datum {
    let mut thrown = ptr::null_mut();
    // SAFETY: the pointers live through the call.
    let datum = unsafe { guarded(info, body, &mut thrown) };
    if !thrown.is_null() {
        // SAFETY: all of Rust is unwound; what is left are frames without destructors.
        unsafe { ReThrowError(thrown) }
    }
    datum
}

#[pg_guard]
#[expect(improper_ctypes_definitions, reason = "called from Rust; extern for pg_guard's sake")]
unsafe extern "C-unwind" fn guarded(
    info: pg_sys::FunctionCallInfo,
    body: fn(pg_sys::FunctionCallInfo) -> Result<Datum, Refusal>,
    thrown: *mut *mut ErrorData,
) -> Datum {
    match catch_unwind(AssertUnwindSafe(|| body(info).unwrap_or_else(|refusal| refusal.raise()))) {
        Ok(datum) => datum,
        Err(payload) => match payload.downcast::<Thrown>() {
            Ok(error) => {
                // SAFETY: the caller's pointer.
                unsafe { *thrown = error.0 };
                Datum::null()
            }
            Err(other) => resume_unwind(other),
        },
    }
}
