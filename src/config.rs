//! The configuration, as a backend keeps it: loaded whole at first use and again after a change, never by time.
//!
//! A change reaches other backends as a relation cache invalidation at commit (`configuration_changed`), a rolled back one
//! comes back to its own backend the same way, so the copy is never older than the last commit that this backend was told of.

use crate::error::{Code, Refusal};
use crate::pg::{self, ActAs, Connection, Plan};
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CString;
use std::rc::Rc;

pub struct Config {
    /// The owner of the data tables.
    pub owner: Oid,
    /// The path that `setup()` recorded.
    pub search_path: CString,
    /// The relation `tracardi.instance`.
    pub instance: Oid,
    /// Whether this database is the instance that was set up, and not a copy of it.
    pub adopted: bool,
    sources: HashMap<String, Rc<Source>>,
    ephemeral_types: HashMap<String, bool>,
    system_events: HashMap<String, bool>,
}

/// A row of `tracardi.event_source`.
pub struct Source {
    pub id: String,
    pub enabled: bool,
    pub ephemeral: bool,
    pub static_profile_id: bool,
    pub bridges: String,
}

impl Config {
    pub fn source(&self, id: &str) -> Option<Rc<Source>> {
        self.sources.get(id).cloned()
    }

    pub fn is_ephemeral(&self, event_type: &str) -> bool {
        self.ephemeral_types.get(event_type).copied().unwrap_or(false)
    }

    /// Whether a system event is to be made.
    pub fn makes(&self, system_event: &str) -> bool {
        self.system_events.get(system_event).copied().unwrap_or(false)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

/// The configuration of this moment. Raises 55000 if tracardi is not set up.
pub fn current() -> Rc<Config> {
    pg::accept_invalidations();
    if !pg::is_stale()
        && let Some(config) = CURRENT.with_borrow(Clone::clone)
    {
        return config;
    }
    // Should loading fail, nothing old is left to be taken for current.
    CURRENT.set(None);
    // A change that arrives while we read makes what was read stale again; then we read once more.
    loop {
        let config = Rc::new(load());
        if !pg::is_stale() {
            CURRENT.set(Some(config.clone()));
            return config;
        }
        pg::check_for_interrupts();
    }
}

const RELATIONS: [&str; 11] = [
    "event",
    "event_key",
    "event_rejected",
    "event_source",
    "event_type",
    "instance",
    "profile",
    "profile_alias",
    "session",
    "system_event",
    "workflow_failure",
];

thread_local! {
    static FIND: Plan = const { Plan::new(
        "SELECT c.relname::pg_catalog.text, c.oid, c.relowner
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE n.nspname OPERATOR(pg_catalog.=) 'tracardi' AND c.relname OPERATOR(pg_catalog.=) ANY ($1)",
        &[pg_sys::TEXTARRAYOID],
    ) };
    static INSTANCE: Plan = const { Plan::new(
        "SELECT search_path, system_identifier, database FROM tracardi.instance", &[],
    ) };
    static SOURCES: Plan = const { Plan::new(
        "SELECT id, enabled, ephemeral, static_profile_id, pg_catalog.array_to_string(bridges, ',') FROM tracardi.event_source",
        &[],
    ) };
    static TYPES: Plan = const { Plan::new("SELECT type, ephemeral FROM tracardi.event_type WHERE ephemeral", &[]) };
    static SYSTEM_EVENTS: Plan = const { Plan::new("SELECT type, enabled FROM tracardi.system_event", &[]) };
}

fn load() -> Config {
    let connection = Connection::open();
    let latest = |plan: &'static std::thread::LocalKey<Plan>| plan.with(|plan| connection.latest(plan, &[]));

    let found = FIND.with(|plan| connection.latest(plan, &[pg::Arg::texts(&RELATIONS)]));
    let mut relations: HashMap<String, (Oid, Oid)> = HashMap::new();
    for row in 0..found.processed {
        if let (Some(name), Some(oid), Some(owner)) = (found.get(row, 0), found.get(row, 1), found.get(row, 2)) {
            relations.insert(name, (oid, owner));
        }
    }
    let relation = |name: &str| relations.get(name).copied().unwrap_or_else(|| not_set_up());
    let (_, owner) = relation("event");
    let (_, config_owner) = relation("event_source");
    // Before the rows are read: what changes from here on makes the copy stale.
    pg::watch(RELATIONS.iter().map(|name| relation(name).0));

    let (search_path, adopted) = {
        let _acting = ActAs::new(owner, None);
        let rows = latest(&INSTANCE);
        let search_path: String = rows.get(0, 0).unwrap_or_else(|| not_set_up());
        let instance = (rows.get(0, 1).unwrap_or(0i64), rows.get(0, 2).unwrap_or(pg_sys::InvalidOid));
        (CString::new(search_path).unwrap_or_default(), instance == pg::instance())
    };

    let _acting = ActAs::new(config_owner, None);
    let mut config = Config {
        owner,
        search_path,
        instance: relation("instance").0,
        adopted,
        sources: HashMap::new(),
        ephemeral_types: HashMap::new(),
        system_events: HashMap::new(),
    };
    let rows = latest(&SOURCES);
    for row in 0..rows.processed {
        let id: String = rows.get(row, 0).unwrap_or_default();
        let source = Source {
            id: id.clone(),
            enabled: rows.get(row, 1).unwrap_or(false),
            ephemeral: rows.get(row, 2).unwrap_or(false),
            static_profile_id: rows.get(row, 3).unwrap_or(false),
            bridges: rows.get(row, 4).unwrap_or_default(),
        };
        config.sources.insert(id, Rc::new(source));
    }
    let rows = latest(&TYPES);
    for row in 0..rows.processed {
        config.ephemeral_types.insert(rows.get(row, 0).unwrap_or_default(), rows.get(row, 1).unwrap_or(false));
    }
    let rows = latest(&SYSTEM_EVENTS);
    for row in 0..rows.processed {
        config.system_events.insert(rows.get(row, 0).unwrap_or_default(), rows.get(row, 1).unwrap_or(false));
    }
    drop(rows);
    config
}

fn not_set_up() -> ! {
    Refusal::new(Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "tracardi is not set up in this database")
        .hint("SELECT tracardi.setup();")
        .raise()
}
