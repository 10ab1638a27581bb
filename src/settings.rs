//! The settings. Those that guard the disk or say what is remembered can be set by superusers only.

use crate::http::Keep;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use std::ffi::CString;

/// Seconds by which `last_seen_at` may lag behind: a row that is written for each event would make a hot spot of its page.
static LAST_SEEN_LAG: GucSetting<i32> = GucSetting::<i32>::new(60);
/// Minutes for which a client's event id is remembered: longer than any client retries.
static EVENT_KEY_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(30 * 24 * 60);
/// Minutes for which a rejected event is kept: time to find the fault and mend it.
static EVENT_REJECTED_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(30 * 24 * 60);
/// Rejected events that are kept at most, so that nobody fills the disk with them.
static EVENT_REJECTED_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(10_000);
/// Kilobytes of rejected events that are kept at most, likewise.
static EVENT_REJECTED_SIZE: GucSetting<i32> = GucSetting::<i32>::new(100 * 1024);

/// How many profiles one value may join: more are hardly one person's.
static MERGE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(100);
/// Minutes for which a workflow's failure is kept.
static WORKFLOW_FAILURE_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(30 * 24 * 60);
/// Milliseconds that a workflow without a limit of its own may take for one event: `track()` is a web request.
static WORKFLOW_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(5_000);
/// How deep `track()` within workflows of `track()` may go.
static WORKFLOW_DEPTH: GucSetting<i32> = GucSetting::<i32>::new(8);

/// How often an event is tried again for which an asynchronous workflow failed: with these delays for some three hours.
static RETRY_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(10);
/// Milliseconds from the first failure to the second attempt; doubled after each further failure.
static RETRY_DELAY: GucSetting<i32> = GucSetting::<i32>::new(10_000);
/// Milliseconds between attempts at most.
static RETRY_MAX_DELAY: GucSetting<i32> = GucSetting::<i32>::new(3_600_000);
/// Seconds after which a session of which nothing was heard is over, as Tracardi has it; 0: never.
static SESSION_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30 * 60);
/// Minutes for which events are kept; 0: for ever, for nobody should lose events who has not said so.
static EVENT_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);
/// Seconds between two rounds of what is never urgent.
static UPKEEP_INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(3600);
/// The database that the background workers serve. There is no good guess: one that is not set up would have workers for nothing.
static DATABASE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// Background workers: one does everything; more share the async workflows.
static WORKERS: GucSetting<i32> = GucSetting::<i32>::new(1);
/// Whether it is not told what this session changes in configuration and schema.
static SILENT: GucSetting<bool> = GucSetting::<bool>::new(false);
/// Whether texts of errors that HTTP clients don't see are logged: they may hold anybody's values.
static LOG_ERROR_DETAILS: GucSetting<bool> = GucSetting::<bool>::new(false);

pub fn log_error_details() -> bool {
    LOG_ERROR_DETAILS.get()
}

/// In microseconds; 0: sessions don't end by themselves.
pub fn session_timeout() -> i64 {
    i64::from(SESSION_TIMEOUT.get()) * crate::time::SECOND
}

/// In minutes; 0: for ever.
pub fn event_retention() -> i64 {
    i64::from(EVENT_RETENTION.get())
}

/// In microseconds.
pub fn upkeep_interval() -> i64 {
    i64::from(UPKEEP_INTERVAL.get()) * crate::time::SECOND
}

pub fn database() -> Option<CString> {
    DATABASE.get().filter(|name| !name.is_empty())
}

pub fn workers() -> u32 {
    WORKERS.get() as u32
}

pub fn silent() -> bool {
    SILENT.get()
}

/// In minutes.
pub fn event_key_retention() -> i64 {
    i64::from(EVENT_KEY_RETENTION.get())
}

/// In minutes.
pub fn event_rejected_retention() -> i64 {
    i64::from(EVENT_REJECTED_RETENTION.get())
}

/// In minutes.
pub fn workflow_failure_retention() -> i64 {
    i64::from(WORKFLOW_FAILURE_RETENTION.get())
}

/// How tables are written and read.
#[derive(Clone, Copy, PartialEq, PostgresGucEnum)]
enum Writer {
    #[name = c"auto"]
    Auto,
    #[name = c"insert"]
    Insert,
}
/// Nobody can tell the two apart but by their speed; so this is for whoever wants to see that.
static WRITER: GucSetting<Writer> = GucSetting::<Writer>::new(Writer::Auto);

/// Whether rows may be written straight into tables that allow it, and read straight from them. With session_replication_role =
/// replica other triggers fire than those that were looked at (`pg::direct`).
pub fn writes_directly() -> bool {
    WRITER.get() == Writer::Auto && !crate::pg::replicating()
}

pub fn merge_limit() -> i32 {
    MERGE_LIMIT.get()
}

/// The header that the proxy tells the client's address in; none is trusted by itself, for anybody can send any header.
static CLIENT_IP_HEADER: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// What is kept of a client's address: by default not enough to tell a person by.
static CLIENT_IP: GucSetting<ClientIp> = GucSetting::<ClientIp>::new(ClientIp::Shorten);
/// Kilobytes that a request's body may have: what is read takes a multiple of that in memory.
static BODY_SIZE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(16 * 1024);
/// Two bytes make an event, if only a rejected one, and that takes two kilobytes.
static PAYLOAD_EVENT_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(100_000);

#[derive(Clone, Copy, PostgresGucEnum)]
enum ClientIp {
    #[name = c"shorten"]
    Shorten,
    #[name = c"keep"]
    Keep,
    #[name = c"drop"]
    Drop,
}

/// In lower case; none: no header is trusted.
pub fn client_ip_header() -> Option<String> {
    let name = CLIENT_IP_HEADER.get()?.to_string_lossy().trim().to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

pub fn client_ip() -> Keep {
    match CLIENT_IP.get() {
        ClientIp::Shorten => Keep::Network,
        ClientIp::Keep => Keep::Whole,
        ClientIp::Drop => Keep::Nothing,
    }
}

/// In bytes.
pub fn body_size_limit() -> usize {
    BODY_SIZE_LIMIT.get() as usize * 1024
}

pub fn payload_event_limit() -> usize {
    PAYLOAD_EVENT_LIMIT.get() as usize
}

/// In milliseconds; 0: no limit.
pub fn workflow_timeout() -> i32 {
    WORKFLOW_TIMEOUT.get()
}

pub fn retry_limit() -> i32 {
    RETRY_LIMIT.get()
}

/// In milliseconds.
pub fn retry_delay() -> i64 {
    RETRY_DELAY.get().into()
}

/// In milliseconds.
pub fn retry_max_delay() -> i64 {
    RETRY_MAX_DELAY.get().into()
}

pub fn workflow_depth() -> usize {
    WORKFLOW_DEPTH.get() as usize
}

/// In microseconds.
pub fn last_seen_lag() -> i64 {
    i64::from(LAST_SEEN_LAG.get()) * crate::time::SECOND
}

pub fn event_rejected_limit() -> i64 {
    i64::from(EVENT_REJECTED_LIMIT.get())
}

/// In bytes.
pub fn event_rejected_size() -> i64 {
    i64::from(EVENT_REJECTED_SIZE.get()) * 1024
}

pub fn register() {
    GucRegistry::define_int_guc(
        c"tracardi.last_seen_lag",
        c"How far last_seen_at of sessions and profiles may lag behind.",
        c"An event of a known session writes to its rows at most this often.",
        &LAST_SEEN_LAG,
        0,
        86_400,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"tracardi.event_key_retention",
        c"How long the id that a client gave to an event is remembered.",
        c"An event with a remembered id is not stored again.",
        &EVENT_KEY_RETENTION,
        60,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_int_guc(
        c"tracardi.event_rejected_retention",
        c"How long a rejected event is kept.",
        c"tracardi.maintain() removes what is older.",
        &EVENT_REJECTED_RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_int_guc(
        c"tracardi.event_rejected_limit",
        c"How many rejected events are kept.",
        c"When there are more, a rejected event is named in the answer only.",
        &EVENT_REJECTED_LIMIT,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.event_rejected_size",
        c"How much text of rejected events is kept.",
        c"When there is more, a rejected event is named in the answer only.",
        &EVENT_REJECTED_SIZE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"tracardi.merge_limit",
        c"How many profiles one value of an identification point may join.",
        c"Past it the value tells nothing any more: it is not one person's.",
        &MERGE_LIMIT,
        1,
        i32::MAX,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.workflow_failure_retention",
        c"How long the record of a failed workflow is kept.",
        c"tracardi.maintain() removes what is older.",
        &WORKFLOW_FAILURE_RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_int_guc(
        c"tracardi.workflow_timeout",
        c"How long a workflow that has no limit of its own may take for one event.",
        c"A workflow that takes longer fails; the event stays. 0 is no limit.",
        &WORKFLOW_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"tracardi.workflow_depth",
        c"How deep track() within workflows of track() may go.",
        c"Past it track() fails in the workflow that calls it.",
        &WORKFLOW_DEPTH,
        1,
        100,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.retry_limit",
        c"How often an event is tried again for which an asynchronous workflow failed.",
        c"After that the failure is dead until tracardi.retry_failure().",
        &RETRY_LIMIT,
        0,
        1000,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.retry_delay",
        c"How long after the first failure an asynchronous workflow is tried again.",
        c"It doubles after each further failure.",
        &RETRY_DELAY,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"tracardi.retry_max_delay",
        c"How long it takes at most until an asynchronous workflow is tried again.",
        c"Delays don't double past it.",
        &RETRY_MAX_DELAY,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"tracardi.session_timeout",
        c"After how long without an event a session is ended.",
        c"By the background worker, or tracardi.maintain(). 0: sessions don't end by themselves.",
        &SESSION_TIMEOUT,
        0,
        i32::MAX / 1000,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"tracardi.event_retention",
        c"How long events are kept.",
        c"Months that ended longer ago are dropped as a whole. 0: events are kept for ever.",
        &EVENT_RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_int_guc(
        c"tracardi.upkeep_interval",
        c"How often the background worker does what is never urgent.",
        c"Partitions, retention, and what is kept for a time.",
        &UPKEEP_INTERVAL,
        1,
        i32::MAX / 1000,
        GucContext::Sighup,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_string_guc(
        c"tracardi.database",
        c"The database that the background workers serve.",
        c"Empty when the server starts: there are none. Needs tracardi in shared_preload_libraries.",
        &DATABASE,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.workers",
        c"How many background workers there are.",
        c"The first one does everything, the others help it with async workflows.",
        &WORKERS,
        1,
        crate::pg::WORKERS as i32,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"tracardi.silent",
        c"Whether no system event tells what this session changes in tracardi's configuration and schema.",
        c"For loading much at once.",
        &SILENT,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"tracardi.log_error_details",
        c"Whether the text of an error that is kept from an HTTP client is logged.",
        c"It may hold anybody's values. Without it the log has the SQLSTATE, names, and the lines of functions.",
        &LOG_ERROR_DETAILS,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"tracardi.writer",
        c"How events are written, and sessions and profiles found.",
        c"auto: past planner and executor in tables where that makes no difference, else by SQL. insert: always by SQL.",
        &WRITER,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"tracardi.client_ip_header",
        c"The HTTP header in which the proxy tells the client's address.",
        c"Empty: no header is trusted, and no address is kept.",
        &CLIENT_IP_HEADER,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"tracardi.client_ip",
        c"What is kept of a client's address.",
        c"shorten: its network; keep: all of it; drop: nothing.",
        &CLIENT_IP,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"tracardi.body_size_limit",
        c"How large the body of an HTTP request may be.",
        c"A larger one is refused.",
        &BODY_SIZE_LIMIT,
        1,
        1024 * 1024,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"tracardi.payload_event_limit",
        c"How many events a payload may have.",
        c"One with more is refused: it would take much more memory than it has bytes.",
        &PAYLOAD_EVENT_LIMIT,
        1,
        10_000_000,
        GucContext::Suset,
        GucFlags::default(),
    );
    // SAFETY: a string constant. From now on a misspelled tracardi.… setting is an error.
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(c"tracardi".as_ptr()) }
}
