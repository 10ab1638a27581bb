//! PostgreSQL's own commands: which of them touch schema `tracardi`, and which want the worker's database for themselves.
//! Only if the library is preloaded.

mod named;

use super::boundary::{self, Thrown};
use super::quiet::is_quiet;
use super::shmem::{self, Reason};
use super::transaction;
use crate::settings;
use pgrx::pg_sys::{self, NodeTag, Oid};
use pgrx::prelude::*;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

mod raw {
    use super::*;
    unsafe extern "C-unwind" {
        pub fn standard_ProcessUtility(
            statement: *mut pg_sys::PlannedStmt,
            text: *const c_char,
            read_only: bool,
            context: pg_sys::ProcessUtilityContext::Type,
            params: pg_sys::ParamListInfo,
            environment: *mut pg_sys::QueryEnvironment,
            receiver: *mut pg_sys::DestReceiver,
            completion: *mut pg_sys::QueryCompletion,
        );
    }
}

/// What is called when a command has touched objects of schema `tracardi`: with its tag and their identities.
pub type OnChange = fn(&str, &[String]);

/// Objects that are named at most.
const NAMED: usize = 20;
/// Objects that are looked at in one command at most: dropping thousands of tables must not take longer for us.
const LOOKED_AT: usize = 1000;

/// What a command touched so far.
#[derive(Default)]
struct Touched {
    looked_at: usize,
    /// Of schema `tracardi`.
    identities: Vec<String>,
    /// Class and number of those that can be looked up only afterwards.
    later: Vec<(Oid, Oid)>,
}

thread_local! {
    static PREVIOUS: Cell<pg_sys::ProcessUtility_hook_type> = const { Cell::new(None) };
    static ON_CHANGE: Cell<Option<OnChange>> = const { Cell::new(None) };
    /// While a command runs whose changes are to be told.
    static TOUCHED: RefCell<Option<Touched>> = const { RefCell::new(None) };
}

/// Called once, while the library is preloaded.
pub fn register(on_change: OnChange) {
    ON_CHANGE.set(Some(on_change));
    // SAFETY: hooks are set while the library is loaded; the one before is called on.
    unsafe {
        PREVIOUS.set(pg_sys::ProcessUtility_hook);
        pg_sys::ProcessUtility_hook = Some(on_utility);
    }
}

/// The arguments, as they came.
#[derive(Clone, Copy)]
struct Call(
    *mut pg_sys::PlannedStmt,
    *const c_char,
    bool,
    pg_sys::ProcessUtilityContext::Type,
    pg_sys::ParamListInfo,
    *mut pg_sys::QueryEnvironment,
    *mut pg_sys::DestReceiver,
    *mut pg_sys::QueryCompletion,
);

impl Call {
    /// # Safety
    /// The arguments are PostgreSQL's own.
    unsafe fn go_on(self) {
        let Call(a, b, c, d, e, f, g, h) = self;
        // SAFETY: the caller's promise.
        unsafe {
            match PREVIOUS.get() {
                Some(previous) => previous(a, b, c, d, e, f, g, h),
                None => raw::standard_ProcessUtility(a, b, c, d, e, f, g, h),
            }
        }
    }
}

/// Without a guard of its own: what is none of our business passes without being touched, its errors too.
unsafe extern "C-unwind" fn on_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    params: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    receiver: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    let call = Call(statement, text, read_only, context, params, environment, receiver, completion);
    // SAFETY: the arguments are PostgreSQL's own; nothing here has a destructor when an error passes.
    unsafe {
        if is_of_interest((*(*statement).utilityStmt).type_) {
            let mut thrown = std::ptr::null_mut();
            watched(call, &mut thrown);
            if !thrown.is_null() {
                boundary::throw_again(thrown);
            }
        } else {
            call.go_on();
        }
    }
}

/// Whether a command may change a schema or a database, or commits what was prepared.
fn is_of_interest(tag: NodeTag) -> bool {
    use NodeTag::*;
    !matches!(
        tag,
        T_VariableSetStmt
            | T_VariableShowStmt
            | T_CopyStmt
            | T_ExplainStmt
            | T_ExecuteStmt
            | T_PrepareStmt
            | T_DeallocateStmt
            | T_DoStmt
            | T_CallStmt
            | T_NotifyStmt
            | T_ListenStmt
            | T_UnlistenStmt
            | T_FetchStmt
            | T_ClosePortalStmt
            | T_DeclareCursorStmt
            | T_LockStmt
            | T_ConstraintsSetStmt
            | T_DiscardStmt
            | T_CheckPointStmt
            | T_VacuumStmt
            | T_LoadStmt
            | T_ReindexStmt
            | T_ClusterStmt
    ) && shmem::shared().is_some()
}

#[pg_guard]
#[expect(improper_ctypes_definitions, reason = "called from Rust; extern for pg_guard's sake")]
unsafe extern "C-unwind" fn watched(call: Call, thrown: *mut *mut pg_sys::ErrorData) {
    // SAFETY: the arguments are PostgreSQL's own.
    let done = catch_unwind(AssertUnwindSafe(|| unsafe { watch(call) }));
    if let Err(payload) = done {
        match payload.downcast::<Thrown>() {
            // SAFETY: the caller's pointer.
            Ok(error) => unsafe { *thrown = error.into_raw() },
            Err(other) => resume_unwind(other),
        }
    }
}

/// # Safety
/// The arguments are PostgreSQL's own.
unsafe fn watch(call: Call) {
    // SAFETY: the statement's nodes are of the types that their tags tell.
    unsafe {
        let node = (*call.0).utilityStmt;
        if wants_database(node) {
            transaction::hold_database();
        }
        let prepared = commits_prepared(node);
        let makes_database = matches!((*node).type_, NodeTag::T_CreatedbStmt | NodeTag::T_RenameStmt);
        let collects = TOUCHED.with_borrow(Option::is_none) && !is_quiet() && !settings::silent();
        let command = collects.then(|| CStr::from_ptr(pg_sys::GetCommandTagName(pg_sys::CreateCommandTag(node))));
        let touched = {
            let _collecting = collects.then(Collecting::begin);
            boundary::boundary(|| call.go_on());
            if collects { TOUCHED.take() } else { None }
        };
        let touched = touched.map(|touched| touched.and(named::named(node)));
        if makes_database {
            transaction::wake_coordinator_at_commit();
        }
        if prepared && let Some(shared) = shmem::shared().filter(|shared| shared.worker.serves_here()) {
            shared.worker.want(i64::MIN, Reason::Events);
        }
        if let (Some(touched), Some(command), Some(on_change)) = (touched, command, ON_CHANGE.get()) {
            let identities = touched.identities();
            if !identities.is_empty() && pg_sys::IsTransactionState() {
                on_change(&command.to_string_lossy(), &identities);
            }
        }
    }
}

struct Collecting;

impl Collecting {
    fn begin() -> Self {
        TOUCHED.set(Some(Touched::default()));
        Collecting
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        TOUCHED.set(None);
    }
}

/// Whether a command is refused while somebody is connected to the workers' database.
///
/// # Safety
/// The node is a statement's.
unsafe fn wants_database(node: *mut pg_sys::Node) -> bool {
    let Some(name) = settings::database() else { return false };
    // SAFETY: the tag tells the type; names are strings or null.
    unsafe {
        let is = |text: *const c_char| !text.is_null() && CStr::from_ptr(text) == name.as_c_str();
        match (*node).type_ {
            NodeTag::T_DropdbStmt => is((*node.cast::<pg_sys::DropdbStmt>()).dbname),
            NodeTag::T_RenameStmt => {
                let rename = node.cast::<pg_sys::RenameStmt>();
                (*rename).renameType == pg_sys::ObjectType::OBJECT_DATABASE && is((*rename).subname)
            }
            NodeTag::T_CreatedbStmt => is(option((*node.cast::<pg_sys::CreatedbStmt>()).options, c"template")),
            NodeTag::T_AlterDatabaseStmt => {
                let alter = node.cast::<pg_sys::AlterDatabaseStmt>();
                is((*alter).dbname) && !option((*alter).options, c"tablespace").is_null()
            }
            _ => false,
        }
    }
}

/// A string among a command's options; null: it is not there.
///
/// # Safety
/// A list of DefElem.
unsafe fn option(options: *mut pg_sys::List, name: &CStr) -> *const c_char {
    // SAFETY: the caller's promise; values are nodes.
    unsafe {
        let length = if options.is_null() { 0 } else { (*options).length };
        for i in 0..length {
            let element: *mut pg_sys::DefElem = (*(*options).elements.add(i as usize)).ptr_value.cast();
            if CStr::from_ptr((*element).defname) == name && !(*element).arg.is_null() {
                return pg_sys::defGetString(element);
            }
        }
    }
    std::ptr::null()
}

/// # Safety
/// The node is a statement's.
unsafe fn commits_prepared(node: *mut pg_sys::Node) -> bool {
    // SAFETY: the tag tells the type.
    unsafe {
        (*node).type_ == NodeTag::T_TransactionStmt
            && (*node.cast::<pg_sys::TransactionStmt>()).kind == pg_sys::TransactionStmtKind::TRANS_STMT_COMMIT_PREPARED
    }
}

/// Catalogs of what can belong to a table or a schema, beside relations: pg_proc, pg_trigger, pg_constraint, pg_policy,
/// pg_rewrite, pg_namespace, pg_default_acl.
const CLASSES: [u32; 7] = [1255, 2620, 2606, 3256, 2618, 2615, 826];

/// Whether objects of this class may be of schema `tracardi`.
fn is_ours(class: Oid) -> bool {
    class == pg_sys::RelationRelationId || CLASSES.contains(&class.to_u32())
}

/// An object is made, changed, dropped or emptied. Raises nothing that the command would not raise.
///
/// # Safety
/// The arguments are those of PostgreSQL's hook.
pub unsafe fn on_access(access: pg_sys::ObjectAccessType::Type, class: Oid, object: Oid, arg: *mut c_void) {
    use pg_sys::ObjectAccessType::*;
    TOUCHED.with_borrow_mut(|touched| {
        let Some(touched) = touched else { return };
        if touched.looked_at >= LOOKED_AT || !is_ours(class) {
            return;
        }
        // SAFETY: what the argument is, the kind of access tells (objectaccess.h).
        let internal = unsafe {
            match access {
                OAT_POST_CREATE => !arg.is_null() && (*arg.cast::<pg_sys::ObjectAccessPostCreate>()).is_internal,
                OAT_POST_ALTER => !arg.is_null() && (*arg.cast::<pg_sys::ObjectAccessPostAlter>()).is_internal,
                OAT_DROP => {
                    !arg.is_null()
                        && (*arg.cast::<pg_sys::ObjectAccessDrop>()).dropflags
                            & pg_sys::PERFORM_DELETION_INTERNAL as c_int
                            != 0
                }
                OAT_TRUNCATE => false,
                _ => return,
            }
        };
        if internal {
            return;
        }
        touched.looked_at += 1;
        match access {
            OAT_DROP | OAT_TRUNCATE => touched.identities.extend(identity(class, object)),
            // What was made is not to be seen before the command counter moves on.
            _ if !touched.later.contains(&(class, object)) => touched.later.push((class, object)),
            _ => {}
        }
    });
}

impl Touched {
    fn and(mut self, objects: Vec<(Oid, Oid)>) -> Self {
        self.later.extend(objects.into_iter().filter(|(class, object)| is_ours(*class) && *object != Oid::INVALID));
        self
    }

    fn identities(self) -> Vec<String> {
        let later = self.later.into_iter().filter_map(|(class, object)| identity(class, object));
        let mut all: Vec<String> = self.identities.into_iter().chain(later).collect();
        all.sort_unstable();
        all.dedup();
        all.truncate(NAMED);
        all
    }
}

/// An object's identity, if it is there and of schema `tracardi`, or on a table of it.
fn identity(class: Oid, object: Oid) -> Option<String> {
    // SAFETY: looks the object up in the catalogs; what is gone gives null.
    let text = unsafe {
        if class == pg_sys::RelationRelationId
            && pg_sys::get_rel_namespace(object) != pg_sys::get_namespace_oid(c"tracardi".as_ptr(), true)
        {
            return None;
        }
        let address = pg_sys::ObjectAddress { classId: class, objectId: object, objectSubId: 0 };
        let text = pg_sys::getObjectIdentity(&address, true);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }?;
    let ours = text == "tracardi"
        || text.starts_with("tracardi.")
        || [" on tracardi.", " in schema tracardi "].iter().any(|part| text.contains(part));
    ours.then_some(text)
}
