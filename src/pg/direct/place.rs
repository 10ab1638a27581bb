//! Where rows stood when they were last found, so that the next look-up of the same id needs no descent of the index.
//!
//! A place proves nothing: whoever follows one compares the id of the row that is there with the one that is wanted, and asks
//! the index if it is another's, or nobody's. So places need no invalidation; those that are no longer true are overwritten.

use pgrx::pg_sys::{BlockNumber, ItemPointerData, OffsetNumber, Oid};
use std::cell::RefCell;
use uuid::Uuid;

/// How many sets of places a backend keeps, a power of two: 256 KiB in all.
const SETS: usize = 1 << 13;

/// Of rows whose ids fall into the same set, those found last.
const IN_A_SET: usize = 4;

#[derive(Clone, Copy, Default)]
struct Place {
    block: BlockNumber,
    /// From 1; 0: nothing is known.
    offset: OffsetNumber,
    /// Some bits of whose place it is.
    tag: u16,
}

thread_local! {
    static PLACES: RefCell<Vec<[Place; IN_A_SET]>> = const { RefCell::new(Vec::new()) };
}

/// Which set a row's place is in, and its tag.
fn set_of(table: Oid, id: &Uuid) -> (usize, u16) {
    let (high, low) = id.as_u64_pair();
    let mixed = (high ^ low.rotate_left(32) ^ u64::from(table.to_u32())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed as usize >> 32 & (SETS - 1), (mixed >> 48) as u16)
}

/// Where the row may be: what an index entry would point at.
pub fn of(table: Oid, id: &Uuid) -> Option<(BlockNumber, OffsetNumber)> {
    let (set, tag) = set_of(table, id);
    PLACES.with_borrow(|places| {
        let place = places.get(set)?.iter().find(|place| place.offset > 0 && place.tag == tag)?;
        Some((place.block, place.offset))
    })
}

/// Notes where the index said that the row is.
pub fn remember(table: Oid, id: &Uuid, pointer: &ItemPointerData) {
    let (set, tag) = set_of(table, id);
    let block = BlockNumber::from(pointer.ip_blkid.bi_hi) << 16 | BlockNumber::from(pointer.ip_blkid.bi_lo);
    PLACES.with_borrow_mut(|places| {
        if places.is_empty() {
            places.resize(SETS, Default::default());
        }
        let places = &mut places[set];
        let at = places.iter().position(|place| place.tag == tag).unwrap_or(IN_A_SET - 1);
        places[..=at].rotate_right(1);
        places[0] = Place { block, offset: pointer.ip_posid, tag };
    });
}
