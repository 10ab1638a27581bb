//! What the catalogs say of a table: whether only SQL may write or read it, and what writing has to know.

use super::super::act::{ActAs, current_role};
use super::super::datum::Arg;
use super::super::spi::{Connection, Plan};
use super::super::trigger::attribute;
use super::{Open, Table, generation, watch};
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::rc::Rc;

/// A table, as it was at one moment.
pub struct Description {
    relation: Oid,
    generation: u64,
    /// None if only SQL may read.
    pub find_by: Option<FindBy>,
    /// None if only SQL may write.
    pub write: Option<Write>,
    /// For each of the wanted columns its attribute number.
    pub numbers: Vec<i16>,
    /// The role that looked, and what it may do with the table.
    role: Oid,
    rights: u32,
}

/// What rows are found by.
#[derive(Clone, Copy)]
pub struct FindBy {
    /// The index of the table's primary key.
    pub index: Oid,
    /// Its only key column: a uuid.
    pub attribute: i16,
}

pub struct Write {
    /// For each attribute of the table, from 1, where its value comes from.
    pub sources: Vec<Source>,
    pub defaults: Vec<Expression>,
    /// The partitions by their bounds: from, to (excluded), which. None: the table has no partitions.
    pub partitions: Option<Vec<(i64, i64, Oid)>>,
    /// Which of the given columns the partitions go by.
    pub partitioned_by: usize,
    /// Whether an UPDATE can be published: by the primary key, which is the default.
    pub replica_identity: bool,
    /// What was learnt of those that were written to; none for one that only SQL may write.
    leaves: RefCell<HashMap<Oid, Option<Rc<Leaf>>>>,
    #[expect(dead_code, reason = "what the defaults live in")]
    memory: Memory,
}

#[derive(Clone, Copy)]
pub enum Source {
    /// One of the given columns.
    Given(usize),
    /// One of the defaults.
    Default(usize),
    Null,
}

/// A table that rows are stored in: a partition, or the table itself.
pub struct Leaf {
    pub sources: Vec<Source>,
    pub not_null: Vec<bool>,
    pub checks: Vec<Expression>,
    pub indexes: Vec<Index>,
    #[expect(dead_code, reason = "what the expressions and indexes live in")]
    memory: Memory,
}

pub struct Index {
    pub relation: Oid,
    pub unique: bool,
    /// Whether this is the unique constraint that decides races.
    pub is_key: bool,
    /// The attributes that it holds, from 1.
    pub attributes: Vec<i16>,
    /// Rows whose value is null here are not in it.
    pub unless_null: Option<i16>,
    /// Rows that don't meet this are not in it, either. Only changes of single rows evaluate it.
    pub predicate: Option<Expression>,
    /// None: to be made anew for each call, for the access method keeps things in it.
    pub info: Option<*mut pg_sys::IndexInfo>,
}

/// An expression, ready to be evaluated. It depends on no function, type or operator of a user's.
pub struct Expression {
    pub state: *mut pg_sys::ExprState,
    /// Whether it has a value of its own for each row.
    pub volatile: bool,
}

/// Memory of its own.
struct Memory(pg_sys::MemoryContext);

impl Memory {
    fn new() -> Self {
        // SAFETY: makes a memory context for as long as this lives.
        Memory(unsafe {
            pg_sys::AllocSetContextCreateInternal(
                pg_sys::TopMemoryContext,
                c"tracardi table".as_ptr(),
                pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
                pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            )
        })
    }

    /// Runs something that allocates here.
    fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        // SAFETY: the context is valid; an error puts back the one before by itself.
        unsafe {
            let before = pg_sys::MemoryContextSwitchTo(self.0);
            let result = run();
            pg_sys::MemoryContextSwitchTo(before);
            result
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: made in `new`, and nothing in it is used any more.
        unsafe { pg_sys::MemoryContextDelete(self.0) }
    }
}

thread_local! {
    // Triggers, rules, security policies and the like are SQL's; so is a table that another extension distributes. A column
    // that is not given may have a default, as long as that depends on nothing of a user's (built-in objects leave no trace
    // in pg_depend), but no type that has constraints.
    static TABLE: Plan = const { Plan::new(
        "SELECT ours AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled NOT IN ('D', 'R'))
                AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                  AND (a.attidentity <> '' OR a.attgenerated <> ''
                                       OR t.typtype = 'd' AND NOT a.attname = ANY ($2)))
                AND NOT EXISTS (SELECT FROM pg_attrdef d JOIN pg_depend n ON n.classid = 'pg_attrdef'::regclass AND n.objid = d.oid
                                WHERE d.adrelid = c.oid AND NOT (n.refclassid = 'pg_class'::regclass AND n.refobjid = c.oid))
                AND (c.relkind = 'r' OR EXISTS
                      (SELECT FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
                       JOIN pg_opclass o ON o.oid = p.partclass[0]
                       WHERE p.partrelid = c.oid AND p.partstrat = 'r' AND p.partnatts = 1 AND a.attname = 'time'
                         AND o.opcname = 'timestamptz_ops' AND o.opcnamespace = 'pg_catalog'::regnamespace)),
                CASE WHEN ours AND c.relkind = 'r' THEN
                  (SELECT i.indexrelid FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                   WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indnkeyatts = 1 AND a.attname = $4 AND a.atttypid = 'uuid'::regtype) END
         FROM pg_class c CROSS JOIN LATERAL
           (SELECT NOT c.relhasrules AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                   AND c.relkind IN ('r', 'p') AND (c.relkind = 'p' OR c.relam = 2 AND NOT c.relhassubclass)
                   AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
                   AND cardinality($2) = (SELECT count(*) FROM pg_attribute a
                                          JOIN ROWS FROM (unnest($2), unnest($3)) AS g (name, type) ON g.name = a.attname
                                          WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.atttypid = g.type AND a.atttypmod = -1) AS ours) o
         WHERE c.oid = $1",
        &[pg_sys::OIDOID, pg_sys::TEXTARRAYOID, pg_sys::OIDARRAYOID, pg_sys::TEXTOID],
    ) };
    // relam 2: heap.
    static LEAF: Plan = const { Plan::new(
        "SELECT c.relkind = 'r' AND c.relam = 2 AND NOT c.relhasrules
                AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled NOT IN ('D', 'R'))
                AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                AND (a.attidentity <> '' OR a.attgenerated <> ''))
                AND NOT EXISTS (SELECT FROM pg_constraint k JOIN pg_depend n ON n.classid = 'pg_constraint'::regclass AND n.objid = k.oid
                                WHERE k.conrelid = c.oid AND k.contype = 'c'
                                  AND NOT (n.refclassid = 'pg_class'::regclass AND n.refobjid = c.oid AND n.refobjsubid > 0)
                                  AND n.deptype = 'n')
                AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_depend n ON n.classid = 'pg_class'::regclass AND n.objid = i.indexrelid
                                WHERE i.indrelid = c.oid AND i.indpred IS NOT NULL AND n.refclassid <> 'pg_class'::regclass
                                  AND n.deptype = 'n')
         FROM pg_class c WHERE c.oid = $1",
        &[pg_sys::OIDOID],
    ) };
}

/// The path for the statements above.
const CATALOGS: &CStr = c"pg_catalog, pg_temp";

impl Description {
    /// The table, unless something changed since.
    pub fn current(&self) -> Option<Oid> {
        (self.generation == generation()).then_some(self.relation)
    }

    /// Whether the current role may do all this with the table. Its owner's rights change with the table only; anybody else's
    /// are not looked at here. And nobody else wants to be asked (ExecutorCheckPerms_hook).
    pub fn allows(&self, open: &Open, rights: u32) -> bool {
        // SAFETY: the relation is open; the hook is only compared.
        unsafe {
            self.rights & rights == rights
                && self.role == current_role()
                && self.role == (*(*open.0).rd_rel).relowner
                && (*std::ptr::addr_of!(pg_sys::ExecutorCheckPerms_hook)).is_none()
        }
    }

    pub fn read(connection: &Connection, open: &Open, table: &Table) -> Self {
        let relation = open.oid();
        watch(relation);
        let mut description = Description {
            relation,
            generation: generation(),
            find_by: None,
            write: None,
            numbers: Vec::new(),
            role: current_role(),
            rights: 0,
        };
        for right in [pg_sys::ACL_SELECT, pg_sys::ACL_INSERT, pg_sys::ACL_UPDATE] {
            // SAFETY: looks the table's rights up.
            let result = unsafe { pg_sys::pg_class_aclcheck(relation, description.role, right.into()) };
            if result == pg_sys::AclResult::ACLCHECK_OK {
                description.rights |= right;
            }
        }
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.to_str().unwrap_or_default()).collect();
        let types: Vec<Oid> = table.columns.iter().map(|(_, kind)| *kind).collect();
        let key = table.key.first().and_then(|key| key.to_str().ok()).unwrap_or_default();
        let (may_write, index) = {
            let _acting = ActAs::new(current_role(), Some(CATALOGS));
            TABLE.with(|plan| {
                let args = [Arg::oid(relation), Arg::texts(&names), Arg::oids(&types), Arg::text(key)];
                let rows = connection.latest(plan, &args);
                (rows.get(0, 0).unwrap_or(false), rows.get(0, 1))
            })
        };
        let attribute = attributes(open).find(|(_, name)| *name == Some(key.as_bytes())).map(|(number, _)| number);
        let find_by = index.zip(attribute).map(|(index, attribute)| FindBy { index, attribute });
        let given = |name: &[u8]| table.columns.iter().position(|(given, _)| given.to_bytes() == name);
        if may_write || find_by.is_some() {
            description.numbers = vec![0; table.columns.len()];
            for (number, name) in attributes(open) {
                if let Some(column) = name.and_then(given) {
                    description.numbers[column] = number;
                }
            }
        }
        description.find_by = find_by;
        description.write = may_write.then(|| Write::read(open, table, given)).flatten();
        description
    }
}

impl Write {
    fn read(open: &Open, table: &Table, given: impl Fn(&[u8]) -> Option<usize>) -> Option<Self> {
        let memory = Memory::new();
        let mut defaults = Vec::new();
        let sources = attributes(open)
            .map(|(number, name)| match name.map(&given) {
                None => Source::Null,
                Some(Some(column)) => Source::Given(column),
                Some(None) => match memory.within(|| default(open, number)) {
                    Some(default) => {
                        defaults.push(default);
                        Source::Default(defaults.len() - 1)
                    }
                    None => Source::Null,
                },
            })
            .collect();
        let partitions = match partitions(open) {
            Partitions::None => None,
            Partitions::Known(list) => Some(list),
            Partitions::Unusual => return None,
        };
        let partitioned_by = table.columns.iter().position(|(name, _)| *name == c"time").unwrap_or_default();
        // SAFETY: the relation is open.
        let replica_identity =
            unsafe { (*(*open.0).rd_rel).relreplident } == pg_sys::REPLICA_IDENTITY_DEFAULT as c_char;
        let leaves = RefCell::default();
        Some(Write { sources, defaults, partitions, partitioned_by, replica_identity, leaves, memory })
    }

    /// The partition for a moment. None: there is none, or the value is infinite.
    pub fn partition(&self, time: i64) -> Option<Oid> {
        let partitions = self.partitions.as_ref()?;
        let after = partitions.partition_point(|(_, to, _)| *to <= time);
        partitions.get(after).filter(|(from, ..)| *from <= time).map(|(.., oid)| *oid)
    }

    /// What writing to a leaf has to know. None: only SQL may write it.
    pub fn leaf(&self, connection: &Connection, table: &Open, leaf: &Open, key: &[&CStr]) -> Option<Rc<Leaf>> {
        if let Some(known) = self.leaves.borrow().get(&leaf.oid()) {
            return known.clone();
        }
        watch(leaf.oid());
        let before = generation();
        let learnt = self.read_leaf(connection, table, leaf, key).map(Rc::new);
        if before == generation() {
            self.leaves.borrow_mut().insert(leaf.oid(), learnt.clone());
        }
        learnt
    }

    fn read_leaf(&self, connection: &Connection, table: &Open, leaf: &Open, key: &[&CStr]) -> Option<Leaf> {
        {
            let _acting = ActAs::new(current_role(), Some(CATALOGS));
            let plain = LEAF.with(|plan| connection.latest(plan, &[Arg::oid(leaf.oid())]).get(0, 0).unwrap_or(false));
            if !plain {
                return None;
            }
        }
        // The leaf's columns may stand in another order.
        let by_name: HashMap<&[u8], Source> =
            attributes(table).filter_map(|(number, name)| Some((name?, self.sources[number as usize - 1]))).collect();
        let mut sources = Vec::new();
        let mut not_null = Vec::new();
        let mut key_numbers = Vec::new();
        for (number, name) in attributes(leaf) {
            sources.push(match name {
                Some(name) => *by_name.get(name)?,
                None => Source::Null,
            });
            // SAFETY: the number is one of the leaf's.
            not_null.push(name.is_some() && unsafe { (*attribute(leaf.descriptor(), number as usize - 1)).attnotnull });
            if name.is_some_and(|name| key.iter().any(|key| key.to_bytes() == name)) {
                key_numbers.push(number);
            }
        }
        let memory = Memory::new();
        let checks = memory.within(|| checks(leaf));
        let indexes = memory.within(|| indexes(leaf, &key_numbers))?;
        Some(Leaf { sources, not_null, checks, indexes, memory })
    }
}

/// The attributes of a table, from 1, with their names; none for a dropped one.
fn attributes(open: &Open) -> impl Iterator<Item = (i16, Option<&[u8]>)> {
    // SAFETY: the relation is open, and its descriptor has natts attributes.
    unsafe {
        let descriptor = open.descriptor();
        (0..(*descriptor).natts as usize).map(move |i| {
            let attribute = attribute(descriptor, i);
            let name = CStr::from_ptr((*attribute).attname.data.as_ptr()).to_bytes();
            (i as i16 + 1, (!(*attribute).attisdropped).then_some(name))
        })
    }
}

/// A column's default, if it has one.
fn default(open: &Open, number: i16) -> Option<Expression> {
    // SAFETY: the relation is open and has this attribute; what is made lives in the current memory context.
    unsafe {
        let node = pg_sys::build_column_default(open.0, number.into());
        (!node.is_null()).then(|| ready(node.cast()))
    }
}

/// # Safety
/// An expression's node, which lives as long as what is made of it.
unsafe fn ready(node: *mut pg_sys::Expr) -> Expression {
    // SAFETY: the caller's promise; without a plan the expression stands by itself (ExecPrepareExpr in execExpr.c).
    unsafe {
        let planned = pg_sys::expression_planner(node);
        Expression {
            state: pg_sys::ExecInitExpr(planned, std::ptr::null_mut()),
            volatile: pg_sys::contain_volatile_functions(planned.cast()),
        }
    }
}

/// The checks of a table, as ExecRelCheck takes them from the relation cache.
fn checks(open: &Open) -> Vec<Expression> {
    // SAFETY: the relation is open; its constraints are num_check nodes as strings.
    unsafe {
        let constraints = (*open.descriptor()).constr;
        if constraints.is_null() {
            return Vec::new();
        }
        (0..(*constraints).num_check as usize)
            .map(|i| &*(*constraints).check.add(i))
            .filter(|check| is_enforced(check))
            .map(|check| ready(pg_sys::stringToNode(check.ccbin as *const c_char).cast()))
            .collect()
    }
}

#[cfg(feature = "pg18")]
fn is_enforced(check: &pg_sys::ConstrCheck) -> bool {
    check.ccenforced
}

#[cfg(not(feature = "pg18"))]
fn is_enforced(_: &pg_sys::ConstrCheck) -> bool {
    true
}

/// The indexes of a table. None: one of them is SQL's.
fn indexes(open: &Open, key: &[i16]) -> Option<Vec<Index>> {
    let mut indexes = Vec::new();
    // SAFETY: the relation is open; each index is open while it is looked at, locked as for writing.
    unsafe {
        let list = pg_sys::RelationGetIndexList(open.0);
        let count = if list.is_null() { 0 } else { (*list).length as usize };
        for i in 0..count {
            let oid = (*(*list).elements.add(i)).oid_value;
            let relation = pg_sys::index_open(oid, pg_sys::RowExclusiveLock as i32);
            let info = pg_sys::BuildIndexInfo(relation);
            let row = &*(*relation).rd_index;
            let is_partial = !(*info).ii_Predicate.is_null();
            let unless_null = not_null_column(info);
            let predicate =
                (is_partial && unless_null.is_none()).then(|| ready(pg_sys::make_ands_explicit((*info).ii_Predicate)));
            let plain = (*info).ii_ReadyForInserts
                && (*info).ii_Expressions.is_null()
                && (*info).ii_ExclusionOps.is_null()
                && row.indimmediate;
            let attributes: Vec<i16> =
                (0..(*info).ii_NumIndexAttrs as usize).map(|i| (*info).ii_IndexAttrNumbers[i]).collect();
            let mut keys = attributes[..(*info).ii_NumIndexKeyAttrs as usize].to_vec();
            keys.sort_unstable();
            let btree = (*(*relation).rd_rel).relam == pg_sys::BTREE_AM_OID;
            let index = Index {
                relation: oid,
                unique: (*info).ii_Unique,
                is_key: (*info).ii_Unique && row.indisvalid && !is_partial && keys == key,
                attributes,
                unless_null,
                predicate,
                info: btree.then_some(info),
            };
            pg_sys::index_close(relation, pg_sys::NoLock as i32);
            if !plain || index.attributes.iter().any(|number| *number < 1) {
                return None;
            }
            indexes.push(index);
        }
    }
    Some(indexes)
}

/// The column of an index's predicate, if that is: column IS NOT NULL.
///
/// # Safety
/// An index's info.
unsafe fn not_null_column(info: *const pg_sys::IndexInfo) -> Option<i16> {
    // SAFETY: the predicate is a list of nodes; each node is read as what its tag says.
    unsafe {
        let list = (*info).ii_Predicate.as_ref()?;
        let test: *const pg_sys::NullTest = (*list.elements).ptr_value.cast();
        if list.length != 1
            || (*test).xpr.type_ != pg_sys::NodeTag::T_NullTest
            || (*test).nulltesttype != pg_sys::NullTestType::IS_NOT_NULL
            || (*test).argisrow
        {
            return None;
        }
        let column: *const pg_sys::Var = (*test).arg.cast();
        ((*column).xpr.type_ == pg_sys::NodeTag::T_Var && (*column).varattno > 0).then_some((*column).varattno)
    }
}

enum Partitions {
    None,
    Known(Vec<(i64, i64, Oid)>),
    Unusual,
}

/// The partitions of a table that is partitioned by range of one timestamptz (PartitionBoundInfoData in partbounds.h: bound i
/// ends what `indexes[i]` names).
fn partitions(open: &Open) -> Partitions {
    // SAFETY: the relation is open; a partitioned one has a descriptor, whose arrays have the lengths that it says.
    unsafe {
        if (*(*open.0).rd_rel).relkind != pg_sys::RELKIND_PARTITIONED_TABLE as c_char {
            return Partitions::None;
        }
        let descriptor = &*pg_sys::RelationGetPartitionDesc(open.0, true);
        if descriptor.nparts == 0 || descriptor.detached_exist || (*descriptor.boundinfo).default_index >= 0 {
            return Partitions::Unusual;
        }
        let bounds = &*descriptor.boundinfo;
        let bound = |i: usize| match *(*bounds.kind.add(i)) {
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE => i64::MIN,
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MAXVALUE => i64::MAX,
            _ => (*(*bounds.datums.add(i)) as Datum).value() as i64,
        };
        let mut list = Vec::new();
        for i in 1..bounds.ndatums as usize {
            let place = *bounds.indexes.add(i);
            if place >= 0 {
                list.push((bound(i - 1), bound(i), *descriptor.oids.add(place as usize)));
            }
        }
        Partitions::Known(list)
    }
}
