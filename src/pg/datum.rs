//! Values on their way to PostgreSQL and back.

use crate::error::{Code, Refusal};
use crate::jsonb;
use crate::time::Timestamp;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, c_int};
use uuid::Uuid;

/// A statement's argument: made in the current memory context, which outlives the statement.
#[derive(Clone, Copy)]
pub struct Arg(pub(super) Option<Datum>);

impl Arg {
    pub const NULL: Arg = Arg(None);

    pub fn datum(self) -> Option<Datum> {
        self.0
    }

    pub fn text(text: &str) -> Self {
        Arg(Some(varlena(text.as_bytes())))
    }

    /// A bytea.
    pub fn bytes(bytes: &[u8]) -> Self {
        Arg(Some(varlena(bytes)))
    }

    pub fn optional_text(text: Option<&str>) -> Self {
        text.map_or(Arg::NULL, Arg::text)
    }

    pub fn uuid(uuid: &Uuid) -> Self {
        Arg(Some(copy(uuid.as_bytes())))
    }

    pub fn optional_uuid(uuid: Option<&Uuid>) -> Self {
        uuid.map_or(Arg::NULL, Arg::uuid)
    }

    pub fn uuids(uuids: &[Uuid]) -> Self {
        let items: Vec<Datum> = uuids.iter().map(|u| copy(u.as_bytes())).collect();
        Arg(Some(array(items, pg_sys::UUIDOID, 16, false, b'c')))
    }

    pub fn oids(oids: &[Oid]) -> Self {
        let items: Vec<Datum> = oids.iter().map(|oid| (*oid).into()).collect();
        Arg(Some(array(items, pg_sys::OIDOID, 4, true, b'i')))
    }

    pub fn xids(xids: &[u64]) -> Self {
        let items: Vec<Datum> = xids.iter().map(|xid| (*xid).into()).collect();
        Arg(Some(array(items, pg_sys::XID8OID, 8, true, b'd')))
    }

    pub fn xid(xid: u64) -> Self {
        Arg(Some(xid.into()))
    }

    pub fn times(times: &[Timestamp]) -> Self {
        let items: Vec<Datum> = times.iter().map(|t| t.0.into()).collect();
        Arg(Some(array(items, pg_sys::TIMESTAMPTZOID, 8, true, b'd')))
    }

    pub fn texts(texts: &[&str]) -> Self {
        if texts.is_empty() {
            // SAFETY: makes an array without elements.
            return Arg(Some(unsafe { pg_sys::construct_empty_array(pg_sys::TEXTOID) }.into()));
        }
        let items: Vec<Datum> = texts.iter().map(|t| Arg::text(t).0.expect("a text")).collect();
        Arg(Some(array(items, pg_sys::TEXTOID, -1, false, b'i')))
    }

    pub fn time(time: Timestamp) -> Self {
        Arg(Some(time.0.into()))
    }

    pub fn bool(value: bool) -> Self {
        Arg(Some(value.into()))
    }

    pub fn int(value: i32) -> Self {
        Arg(Some(value.into()))
    }

    pub fn bigint(value: i64) -> Self {
        Arg(Some(value.into()))
    }

    pub fn oid(value: Oid) -> Self {
        Arg(Some(value.into()))
    }

    pub fn varlena(value: &Varlena) -> Self {
        Arg(Some(copy(&value.0)))
    }

    /// A jsonb by its root container's bytes.
    pub fn jsonb(container: &[u8]) -> Self {
        Arg(Some(owned_jsonb(container)))
    }

    /// A JSON object by its container's bytes; none: the empty object.
    pub fn object(container: &[u8]) -> Self {
        const EMPTY: [u8; 4] = 0x2000_0000_u32.to_ne_bytes();
        Arg(Some(owned_jsonb(if container.is_empty() { &EMPTY } else { container })))
    }
}

// As it is, without pgrx's guard: with NO_OOM it raises nothing (utils/palloc.h).
unsafe extern "C-unwind" {
    fn MemoryContextAllocExtended(context: pg_sys::MemoryContext, size: usize, flags: c_int) -> *mut u8;
}

/// So many bytes can be allocated at once (MaxAllocSize in utils/memutils.h).
const MOST: usize = 0x3fff_ffff;

/// Memory in the current context, aligned for anything. Raises 53200.
fn allocate(size: usize) -> *mut u8 {
    let memory = match size <= MOST {
        // SAFETY: the size is valid; out of memory gives null.
        true => unsafe {
            MemoryContextAllocExtended(pg_sys::CurrentMemoryContext, size, pg_sys::MCXT_ALLOC_NO_OOM as c_int)
        },
        false => std::ptr::null_mut(),
    };
    if memory.is_null() {
        Refusal::new(Code::ERRCODE_OUT_OF_MEMORY, "out of memory")
            .detail(format!("{size} bytes were asked for."))
            .raise();
    }
    memory
}

/// A copy in the current memory context.
pub(super) fn copy(bytes: &[u8]) -> Datum {
    let memory = allocate(bytes.len());
    // SAFETY: there is room for the bytes.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
    memory.into()
}

/// A varlena with this content, in the current memory context.
fn varlena(content: &[u8]) -> Datum {
    let length = content.len() + 4;
    let memory = allocate(length);
    // SAFETY: header and content fill the memory.
    unsafe {
        pgrx::set_varsize_4b(memory.cast(), length as i32);
        std::ptr::copy_nonoverlapping(content.as_ptr(), memory.add(4), content.len());
    }
    memory.into()
}

fn array(mut items: Vec<Datum>, element: Oid, length: i32, by_value: bool, alignment: u8) -> Datum {
    // SAFETY: the elements are of the type that is named, with its length, passing and alignment in pg_type.
    unsafe {
        pg_sys::construct_array(items.as_mut_ptr(), items.len() as i32, element, length, by_value, alignment as _)
    }
    .into()
}

/// The bytes of a JSON value's root container. Raises 54000 for more than jsonb can hold, 53200.
pub fn encode(value: jsonb::Json<'_>) -> Vec<u8> {
    value.encode().unwrap_or_else(|refusal| refusal.raise())
}

/// A jsonb datum in the current memory context, from its root container's bytes.
pub fn owned_jsonb(container: &[u8]) -> Datum {
    varlena(container)
}

/// A `pg_snapshot` in the current memory context, from its text.
pub fn snapshot(text: &str) -> Datum {
    let text = std::ffi::CString::new(text).unwrap_or_default();
    // SAFETY: the string lives through the call; the function is pg_snapshot's own.
    unsafe {
        pg_sys::OidInputFunctionCall(pg_sys::F_PG_SNAPSHOT_IN.into(), text.as_ptr().cast_mut(), pg_sys::InvalidOid, -1)
    }
}

/// The text of a JSON value, as PostgreSQL writes it.
pub fn jsonb_text(value: jsonb::Json<'_>) -> String {
    let datum = owned_jsonb(&encode(value));
    // SAFETY: the datum is a jsonb; jsonb_out gives a string in the current memory context.
    unsafe {
        let text = pg_sys::OidOutputFunctionCall(pg_sys::F_JSONB_OUT.into(), datum);
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

/// A jsonb that came as an argument or from a row: whole and in memory.
#[derive(Clone, Copy)]
pub struct Jsonb<'a>(&'a [u8]);

impl<'a> Jsonb<'a> {
    /// # Safety
    /// The datum is a jsonb that is not null, and lives as long as `'a`, as does the current memory context.
    pub unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: detoasting gives a varlena with a four-byte header.
        unsafe { Jsonb(varlena_bytes(pg_sys::pg_detoast_datum(datum.cast_mut_ptr()))) }
    }

    pub fn root(self) -> jsonb::Value<'a> {
        jsonb::root(self.0)
    }

    /// How many bytes the root container has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The root container's bytes.
    pub fn copy(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// # Safety
/// The varlena is neither compressed nor external and lives as long as `'a`.
unsafe fn varlena_bytes<'a>(pointer: *mut pg_sys::varlena) -> &'a [u8] {
    // SAFETY: the caller's promise; the macro's equivalents read the header.
    unsafe { std::slice::from_raw_parts(pgrx::vardata_any(pointer).cast(), pgrx::varsize_any_exhdr(pointer)) }
}

/// A value of any type that is stored as bytes, whole: copied out of the server's memory.
pub struct Varlena(Vec<u8>);

impl Varlena {
    /// Header included.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> FromDatum<'a> for Varlena {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise; detoasting gives a varlena with a four-byte header, which is copied with it.
        unsafe {
            let pointer = pg_sys::pg_detoast_datum(datum.cast_mut_ptr());
            Varlena(std::slice::from_raw_parts(pointer.cast::<u8>(), pgrx::varsize_4b(pointer)).to_vec())
        }
    }
}

impl<'a> FromDatum<'a> for super::trigger::Row {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise.
        unsafe { super::trigger::Row::from_composite(datum) }
    }
}

/// A value that can be taken from a column or an argument of its type.
pub trait FromDatum<'a>: Sized {
    /// # Safety
    /// The datum is of this type, not null, and lives as long as `'a`, as does the current memory context.
    unsafe fn from_datum(datum: Datum) -> Self;
}

impl<'a> FromDatum<'a> for &'a str {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: a text; packed detoasting gives a short or a four-byte header, which varlena_bytes reads both.
        let bytes = unsafe { varlena_bytes(pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr())) };
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl<'a> FromDatum<'a> for String {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise.
        unsafe { <&str>::from_datum(datum) }.to_owned()
    }
}

/// Of a text[]; elements that are null are left out.
impl<'a> FromDatum<'a> for Vec<String> {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise.
        let texts: Option<Vec<Option<String>>> =
            unsafe { pgrx::FromDatum::from_polymorphic_datum(datum, false, pg_sys::TEXTARRAYOID) };
        texts.unwrap_or_default().into_iter().flatten().collect()
    }
}

impl<'a> FromDatum<'a> for Uuid {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: a uuid datum points to its sixteen bytes.
        Uuid::from_bytes(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() })
    }
}

impl<'a> FromDatum<'a> for Timestamp {
    unsafe fn from_datum(datum: Datum) -> Self {
        Timestamp(datum.value() as i64)
    }
}

impl<'a> FromDatum<'a> for bool {
    unsafe fn from_datum(datum: Datum) -> Self {
        datum.value() as u8 != 0
    }
}

impl<'a> FromDatum<'a> for i32 {
    unsafe fn from_datum(datum: Datum) -> Self {
        datum.value() as i32
    }
}

impl<'a> FromDatum<'a> for i64 {
    unsafe fn from_datum(datum: Datum) -> Self {
        datum.value() as i64
    }
}

/// An xid8.
impl<'a> FromDatum<'a> for u64 {
    unsafe fn from_datum(datum: Datum) -> Self {
        datum.value() as u64
    }
}

impl<'a> FromDatum<'a> for Oid {
    unsafe fn from_datum(datum: Datum) -> Self {
        Oid::from(datum.value() as u32)
    }
}

/// How many bytes a value of variable length has, without its header; it stays compressed, and where it is.
pub struct Size(pub usize);

impl FromDatum<'_> for Size {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise: the datum is such a value.
        Size(unsafe { pg_sys::toast_raw_datum_size(datum) as usize } - pg_sys::VARHDRSZ)
    }
}

impl<'a> FromDatum<'a> for Jsonb<'a> {
    unsafe fn from_datum(datum: Datum) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Jsonb::from_datum(datum) }
    }
}
