//! Calling trigger functions: with trigger data as PostgreSQL makes it for an AFTER INSERT row trigger.

use super::boundary::boundary;
use super::datum::{Arg, FromDatum};
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CStr;

/// The relation that the rows belong to, open and locked until the end of the transaction.
pub struct Relation(pg_sys::Relation);

/// A row of the relation, in the memory of the current connection.
#[derive(Clone, Copy)]
pub struct Row(pub(super) pg_sys::HeapTuple);

impl Relation {
    pub fn open(relation: Oid) -> Self {
        // SAFETY: raises if there is no such relation; closed in Drop, or by the abort.
        Relation(unsafe { pg_sys::table_open(relation, pg_sys::AccessShareLock as i32) })
    }

    /// A row of these columns by name; all others, and columns that aren't there, are null.
    pub fn form(&self, columns: &[(&CStr, Arg)]) -> Row {
        // SAFETY: the descriptor lives as long as the relation is open; the values are of the columns' types.
        unsafe {
            let descriptor = (*self.0).rd_att;
            let count = (*descriptor).natts as usize;
            let mut values = vec![Datum::null(); count];
            let mut nulls = vec![true; count];
            for i in 0..count {
                let attribute = attribute(descriptor, i);
                let name = CStr::from_ptr((*attribute).attname.data.as_ptr());
                if let Some((_, Arg(Some(datum)))) = columns.iter().find(|(n, _)| *n == name)
                    && !(*attribute).attisdropped
                {
                    values[i] = *datum;
                    nulls[i] = false;
                }
            }
            Row(pg_sys::heap_form_tuple(descriptor, values.as_mut_ptr(), nulls.as_mut_ptr()))
        }
    }

    /// A column's value in a row of the relation, of the column's type. `None`: NULL, or no column.
    pub fn get<'r, T: FromDatum<'r>>(&'r self, row: &'r Row, name: &CStr) -> Option<T> {
        let mut is_null = false;
        // SAFETY: the relation is open; the value is of the type that the caller knows the column to have.
        unsafe {
            let number = pg_sys::SPI_fnumber((*self.0).rd_att, name.as_ptr());
            let datum = if number > 0 {
                pg_sys::SPI_getbinval(row.0, (*self.0).rd_att, number, &mut is_null)
            } else {
                return None;
            };
            (!is_null).then(|| T::from_datum(datum))
        }
    }

    /// Whether triggers other than the one that is named are defined on it.
    pub fn has_triggers_beside(&self, name: &CStr) -> bool {
        // SAFETY: the relation is open.
        unsafe {
            let described = (*self.0).trigdesc;
            !described.is_null()
                && (0..(*described).numtriggers as usize)
                    .any(|i| CStr::from_ptr((*(*described).triggers.add(i)).tgname) != name)
        }
    }
}

impl Drop for Relation {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened in `open`; the lock stays until the end of the transaction.
            unsafe { pg_sys::table_close(self.0, pg_sys::NoLock as i32) };
        }
    }
}

impl Row {
    /// Its size in memory, in bytes.
    pub fn len(&self) -> usize {
        // SAFETY: the tuple lives as long as the row is used.
        unsafe { (*self.0).t_len as usize }
    }

    /// # Safety
    /// The datum is a composite value of the relation's row type, and lives as long as the row is used.
    pub(super) unsafe fn from_composite(datum: Datum) -> Self {
        // SAFETY: the caller's promise; the header is made in the current memory context.
        unsafe {
            let header: pg_sys::HeapTupleHeader = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
            let tuple: pg_sys::HeapTuple = pg_sys::palloc0(size_of::<pg_sys::HeapTupleData>()).cast();
            (*tuple).t_len = pgrx::varsize_4b(header.cast()) as u32;
            (*tuple).t_self.ip_posid = 0;
            (*tuple).t_self.ip_blkid.bi_hi = u16::MAX;
            (*tuple).t_self.ip_blkid.bi_lo = u16::MAX;
            (*tuple).t_data = header;
            Row(tuple)
        }
    }
}

/// The new row that a row trigger was called for.
pub struct TriggerRow {
    relation: pg_sys::Relation,
    tuple: pg_sys::HeapTuple,
    /// The row before the update.
    before: Option<pg_sys::HeapTuple>,
}

impl TriggerRow {
    /// `None`: the call is not that of a trigger for an inserted or updated row.
    ///
    /// # Safety
    /// The call information is PostgreSQL's own; the row is not used after the call.
    pub unsafe fn of_call(call: pg_sys::FunctionCallInfo) -> Option<Self> {
        // SAFETY: a trigger's call has trigger data as its context; the tag tells.
        unsafe {
            let data: *mut pg_sys::TriggerData = (*call).context.cast();
            if data.is_null() || (*data).type_ != pg_sys::NodeTag::T_TriggerData {
                return None;
            }
            let (tuple, before) = match (*data).tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
                pg_sys::TRIGGER_EVENT_INSERT => ((*data).tg_trigtuple, None),
                pg_sys::TRIGGER_EVENT_UPDATE => ((*data).tg_newtuple, Some((*data).tg_trigtuple)),
                _ => return None,
            };
            (!tuple.is_null()).then_some(TriggerRow { relation: (*data).tg_relation, tuple, before })
        }
    }

    /// A column's number, if there is such a column.
    pub fn column(&self, name: &CStr) -> Option<i32> {
        // SAFETY: the relation is open.
        let number = unsafe { pg_sys::SPI_fnumber((*self.relation).rd_att, name.as_ptr()) };
        (number > 0).then_some(number)
    }

    /// A column's value, of the column's type. `None`: NULL, or no column.
    pub fn get<'r, T: FromDatum<'r>>(&'r self, column: Option<i32>) -> Option<T> {
        self.value(self.tuple, column)
    }

    /// The same of the row before the update. `None`: NULL, no column, or no such row.
    pub fn before<'r, T: FromDatum<'r>>(&'r self, column: Option<i32>) -> Option<T> {
        self.value(self.before?, column)
    }

    fn value<'r, T: FromDatum<'r>>(&'r self, tuple: pg_sys::HeapTuple, column: Option<i32>) -> Option<T> {
        let mut is_null = false;
        // SAFETY: the column is one of the relation's; its value is of the type that the caller knows it to have.
        unsafe {
            let datum = pg_sys::SPI_getbinval(tuple, (*self.relation).rd_att, column?, &mut is_null);
            (!is_null).then(|| T::from_datum(datum))
        }
    }

    /// What a BEFORE trigger returns that lets the row through.
    pub fn into_datum(self) -> Datum {
        self.tuple.into()
    }
}

/// A statement for which a statement trigger was called.
pub struct Change {
    pub relation: Oid,
    /// The relation's name and owner.
    pub table: String,
    pub owner: Oid,
    pub command: &'static str,
}

impl Change {
    /// `None`: the call is not a trigger's.
    ///
    /// # Safety
    /// The call information is PostgreSQL's own.
    pub unsafe fn of_call(call: pg_sys::FunctionCallInfo) -> Option<Self> {
        // SAFETY: a trigger's call has trigger data as its context, whose relation is open; the tag tells.
        unsafe {
            let data: *mut pg_sys::TriggerData = (*call).context.cast();
            if data.is_null() || (*data).type_ != pg_sys::NodeTag::T_TriggerData {
                return None;
            }
            let relation = (*data).tg_relation;
            let form = (*relation).rd_rel;
            Some(Change {
                relation: (*relation).rd_id,
                table: CStr::from_ptr((*form).relname.data.as_ptr()).to_string_lossy().into_owned(),
                owner: (*form).relowner,
                command: match (*data).tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
                    pg_sys::TRIGGER_EVENT_INSERT => "INSERT",
                    pg_sys::TRIGGER_EVENT_UPDATE => "UPDATE",
                    pg_sys::TRIGGER_EVENT_DELETE => "DELETE",
                    _ => "TRUNCATE",
                },
            })
        }
    }
}

/// # Safety
/// The index is within natts.
pub(super) unsafe fn attribute(descriptor: pg_sys::TupleDesc, index: usize) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: TupleDescAttr in access/tupdesc.h: the attributes are an array at the descriptor's end; from 18 on they follow
    // one of compact ones.
    unsafe {
        #[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
        let attributes: *const pg_sys::FormData_pg_attribute = (*descriptor).attrs.as_ptr();
        #[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
        let attributes: *const pg_sys::FormData_pg_attribute =
            (*descriptor).compact_attrs.as_ptr().add((*descriptor).natts as usize).cast();
        attributes.add(index)
    }
}

/// Raises 42501 unless the role may execute the function.
pub fn check_execute(function: Oid, role: Oid) {
    // SAFETY: looks the function up; its name is made only for the error.
    unsafe {
        #[cfg(feature = "pg15")]
        let result = pg_sys::pg_proc_aclcheck(function, role, pg_sys::ACL_EXECUTE.into());
        #[cfg(not(feature = "pg15"))]
        let result = pg_sys::object_aclcheck(pg_sys::ProcedureRelationId, function, role, pg_sys::ACL_EXECUTE.into());
        if result != pg_sys::AclResult::ACLCHECK_OK {
            pg_sys::aclcheck_error(result, pg_sys::ObjectType::OBJECT_FUNCTION, pg_sys::get_func_name(function));
        }
    }
}

/// Calls a trigger function for rows, one after the other; `before_each` is told the place of the next one. The function
/// sees everything that was done before its call.
pub fn call(function: Oid, name: &CStr, relation: &Relation, rows: &[Row], mut before_each: impl FnMut(usize)) {
    // SAFETY: trigger data as ExecCallTriggerFunc gets it, in memory that outlives the calls. tgoid tells PL/pgSQL's
    // compiled copies apart: the relation's own number is no trigger's, and not the validator's 0.
    unsafe {
        let mut finfo: pg_sys::FmgrInfo = std::mem::zeroed();
        pg_sys::fmgr_info(function, &mut finfo);
        let mut trigger: pg_sys::Trigger = std::mem::zeroed();
        trigger.tgoid = (*relation.0).rd_id;
        trigger.tgname = name.as_ptr().cast_mut();
        trigger.tgfoid = function;
        trigger.tgtype = (pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_INSERT) as i16;
        trigger.tgenabled = pg_sys::TRIGGER_FIRES_ON_ORIGIN as _;
        let slot = pg_sys::MakeSingleTupleTableSlot((*relation.0).rd_att, &pg_sys::TTSOpsHeapTuple);
        for (place, row) in rows.iter().enumerate() {
            before_each(place);
            (*row.0).t_tableOid = (*relation.0).rd_id;
            pg_sys::ExecStoreHeapTuple(row.0, slot, false);
            let mut data: pg_sys::TriggerData = std::mem::zeroed();
            data.type_ = pg_sys::NodeTag::T_TriggerData;
            data.tg_event = pg_sys::TRIGGER_EVENT_INSERT | pg_sys::TRIGGER_EVENT_ROW;
            data.tg_relation = relation.0;
            data.tg_trigtuple = row.0;
            data.tg_trigslot = slot;
            data.tg_trigger = &mut trigger;
            let mut call = pg_sys::FunctionCallInfoBaseData { ..std::mem::zeroed() };
            call.flinfo = &mut finfo;
            call.context = (&raw mut data).cast();
            pg_sys::CommandCounterIncrement();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
            if let Some(address) = finfo.fn_addr {
                boundary(|| address(&raw mut call));
            }
            pg_sys::PopActiveSnapshot();
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
    }
}
