//! Objects that a command names, and of whose access PostgreSQL tells no hook: of GRANT, REVOKE, COMMENT and SECURITY LABEL.

use pgrx::pg_sys::{self, NodeTag, Oid};
use std::ptr;

/// Classes and numbers of those that are there.
///
/// # Safety
/// The node is that of a statement that was executed.
pub unsafe fn named(node: *mut pg_sys::Node) -> Vec<(Oid, Oid)> {
    // SAFETY: the tag tells the type.
    unsafe {
        match (*node).type_ {
            NodeTag::T_GrantStmt => granted(node.cast()),
            NodeTag::T_CommentStmt => {
                let comment: *mut pg_sys::CommentStmt = node.cast();
                vec![described((*comment).objtype, (*comment).object)]
            }
            NodeTag::T_SecLabelStmt => {
                let label: *mut pg_sys::SecLabelStmt = node.cast();
                vec![described((*label).objtype, (*label).object)]
            }
            _ => Vec::new(),
        }
    }
}

/// What rights are given on; of ALL … IN SCHEMA, the schemas.
///
/// # Safety
/// A statement that was executed.
unsafe fn granted(grant: *mut pg_sys::GrantStmt) -> Vec<(Oid, Oid)> {
    use pg_sys::ObjectType::*;
    // SAFETY: the statement's type says of which type its objects' nodes are (objectNamesToOids in aclchk.c).
    unsafe {
        let kind = match (*grant).targtype {
            pg_sys::GrantTargetType::ACL_TARGET_OBJECT => (*grant).objtype,
            pg_sys::GrantTargetType::ACL_TARGET_ALL_IN_SCHEMA => OBJECT_SCHEMA,
            _ => return Vec::new(),
        };
        let count = if (*grant).objects.is_null() { 0 } else { (*(*grant).objects).length };
        let nodes = (0..count).map(|i| (*(*(*grant).objects).elements.add(i as usize)).ptr_value);
        let object = |node: *mut std::ffi::c_void| match kind {
            OBJECT_TABLE | OBJECT_SEQUENCE => {
                let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
                let relation = pg_sys::RangeVarGetRelidExtended(
                    node.cast(),
                    pg_sys::NoLock as i32,
                    missing_ok,
                    None,
                    ptr::null_mut(),
                );
                Some((pg_sys::RelationRelationId, relation))
            }
            OBJECT_FUNCTION | OBJECT_PROCEDURE | OBJECT_ROUTINE => {
                Some((pg_sys::ProcedureRelationId, pg_sys::LookupFuncWithArgs(kind, node.cast(), true)))
            }
            OBJECT_SCHEMA => {
                let name = (*node.cast::<pg_sys::String>()).sval;
                Some((pg_sys::NamespaceRelationId, pg_sys::get_namespace_oid(name, true)))
            }
            _ => None,
        };
        nodes.filter_map(object).collect()
    }
}

/// # Safety
/// The object's node is of the type that its kind tells.
unsafe fn described(kind: pg_sys::ObjectType::Type, object: *mut pg_sys::Node) -> (Oid, Oid) {
    // SAFETY: the caller's promise; a relation that is given is open.
    unsafe {
        let mut relation = ptr::null_mut();
        let address = pg_sys::get_object_address(kind, object, &mut relation, pg_sys::AccessShareLock as i32, true);
        if !relation.is_null() {
            pg_sys::relation_close(relation, pg_sys::NoLock as i32);
        }
        (address.classId, address.objectId)
    }
}
