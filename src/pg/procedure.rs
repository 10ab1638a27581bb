//! Procedures, which may commit.

use pgrx::pg_sys;

/// A running CALL of ours.
pub struct Procedure {
    may_commit: bool,
}

impl Procedure {
    /// # Safety
    /// The call information is PostgreSQL's own.
    pub unsafe fn begin(call: pg_sys::FunctionCallInfo) -> Self {
        // SAFETY: CALL passes a CallContext, which tells whether it stands in a transaction block (ExecuteCallStmt in
        // functioncmds.c). The connection is finished in `end`, or by the abort.
        unsafe {
            let context: *mut pg_sys::CallContext = (*call).context.cast();
            let may_commit =
                !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_CallContext && !(*context).atomic;
            pg_sys::SPI_connect_ext(if may_commit { pg_sys::SPI_OPT_NONATOMIC as i32 } else { 0 });
            Procedure { may_commit }
        }
    }

    /// Commits what was done, and begins a new transaction; does nothing in a transaction block.
    pub fn commit(&self) {
        if self.may_commit {
            // SAFETY: within our connection, which is not atomic; nothing of ours lives across transactions.
            unsafe { pg_sys::SPI_commit() };
        }
    }

    pub fn end(self) {
        // SAFETY: paired with SPI_connect_ext.
        unsafe { pg_sys::SPI_finish() };
    }
}
