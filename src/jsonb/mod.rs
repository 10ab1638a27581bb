//! jsonb as PostgreSQL lays it out in memory (src/include/utils/jsonb.h), read in place and written directly.
//!
//! Reading borrows from the bytes and allocates nothing; writing makes the bytes of a whole value. Both are safe code:
//! a malformed layout reads as absent, never as memory that isn't there.

mod build;
mod read;

pub use build::{Container, Json, Unwritable, pad, put, varlena_header};
pub use read::{Object, Value, root};

/// The element count in a container's header.
pub const COUNT: u32 = 0x0FFF_FFFF;
/// A container that only wraps one scalar.
pub const SCALAR: u32 = 0x1000_0000;
pub const OBJECT: u32 = 0x2000_0000;
pub const ARRAY: u32 = 0x4000_0000;

/// The length, or the end offset, in an entry.
pub const LENGTH: u32 = 0x0FFF_FFFF;
const TYPE: u32 = 0x7000_0000;
/// The entry holds its end offset instead of its length.
const HAS_OFFSET: u32 = 0x8000_0000;

pub const STRING: u32 = 0x0000_0000;
pub const NUMERIC: u32 = 0x1000_0000;
pub const FALSE: u32 = 0x2000_0000;
pub const TRUE: u32 = 0x3000_0000;
pub const NULL: u32 = 0x4000_0000;
pub const CONTAINER: u32 = 0x5000_0000;

/// Every so many entries one holds an offset (JB_OFFSET_STRIDE).
const STRIDE: usize = 32;

/// How keys are sorted: by length, then bytewise (lengthCompareJsonbStringValue).
pub fn key_order(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// An offset, rounded up to the alignment of numbers and containers.
fn align(offset: usize) -> usize {
    (offset + 3) & !3
}

#[cfg(test)]
mod tests;
