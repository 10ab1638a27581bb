//! The configuration, as a backend keeps it: loaded whole at first use and again after a change, never by time.
//!
//! A change reaches other backends as a relation cache invalidation at commit (`configuration_changed`), a rolled back one
//! comes back to its own backend the same way, so the copy is never older than the last commit that this backend was told of.

use crate::consent;
use crate::error::{Code, Refusal};
use crate::event::Kind;
use crate::event_type::{Check, EventType, Target};
use crate::jsonb::Value;
use crate::mapping::{FieldType, Fields, Mapping};
use crate::milestone::Milestone;
use crate::pg::{self, ActAs, Connection, Jsonb, Plan};
use crate::reshape::Template;
use crate::schema::Schema;
use crate::source::{Bots, Limits};
use crate::time::Timestamp;
use pgrx::pg_sys::{self, Oid};
use std::cell::{Cell, RefCell};
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
    /// Those about which something is special.
    event_types: HashMap<String, EventType>,
    /// What is known of profiles' fields.
    pub fields: Fields,
    pub consents: consent::Types,
    pub consent_rules: Vec<consent::rule::Rule>,
    /// Each schema of these by its bytes, compiled as far as it was used.
    schemas: HashMap<Vec<u8>, Rc<Schema>>,
    system_events: HashMap<String, bool>,
    /// Whether it is told that a `track()` was rolled back.
    pub tells_failures: bool,
    /// Until when `tracardi.event` has partitions, as far as storing has looked.
    pub partitions_end: Cell<Timestamp>,
    /// The relations `tracardi.event`, `tracardi.ephemeral_event` and the configuration's owner.
    pub event: Oid,
    pub ephemeral_event: Oid,
    pub config_owner: Oid,
    /// By the event type that they are for.
    points: HashMap<String, Vec<IdentificationPoint>>,
    /// Those that run in the transaction of `track()`, in the bytewise order of their names.
    pub workflows: Vec<Workflow>,
    /// Those that run after it, in the same order.
    pub async_workflows: Vec<Workflow>,
    /// What `event.xact` adds to this cluster's transaction ids.
    pub xact_offset: u64,
    /// Places in `workflows`: of those for one type, and of those for all.
    by_type: HashMap<String, Vec<usize>>,
    for_all_types: Vec<usize>,
    /// What `workflows_for` found, by the first workflow that names the type, the source's number and the kind.
    found: RefCell<Found>,
}

type Found = HashMap<(usize, usize, Kind), Rc<[usize]>>;

/// A row of `tracardi.workflow` that is enabled and ready.
pub struct Workflow {
    pub name: CString,
    pub function_name: String,
    /// The function and its owner; none if it is gone or changed its owner.
    pub function: Option<(Oid, Oid)>,
    pub search_path: CString,
    pub event_type: Option<String>,
    pub source_id: Option<String>,
    /// Names, separated by commas.
    pub kinds: Option<String>,
    /// A jsonpath.
    pub condition: Option<pg::Varlena>,
    /// The consents without which it is not called.
    pub consents: Vec<String>,
    /// In milliseconds.
    pub timeout: Option<i32>,
    pub later: Option<Later>,
}

/// What an asynchronous workflow has besides.
pub struct Later {
    /// A snapshot, as text: what was stored when it was registered.
    pub starts: Option<String>,
    /// In microseconds.
    pub delay: Option<i64>,
    pub unless_event_type: Option<String>,
    pub retry_limit: Option<i32>,
    /// In milliseconds.
    pub retry_delay: Option<i64>,
}

/// A row of `tracardi.identification_point` that is enabled.
struct IdentificationPoint {
    source_id: Option<String>,
    /// Paths.
    properties: Vec<String>,
}

/// A row of `tracardi.event_source`.
pub struct Source {
    pub id: String,
    /// Its number in this configuration.
    pub number: usize,
    pub enabled: bool,
    pub ephemeral: bool,
    pub static_profile_id: bool,
    pub bridges: String,
    pub bots: Bots,
    pub limits: Option<Limits>,
}

impl Config {
    pub fn source(&self, id: &str) -> Option<Rc<Source>> {
        self.sources.get(id).cloned()
    }

    /// What is special about an event type, if anything is.
    pub fn event_type(&self, event_type: &str) -> Option<&EventType> {
        // Most databases have none, and every event asks.
        if self.event_types.is_empty() { None } else { self.event_types.get(event_type) }
    }

    pub fn is_ephemeral(&self, event_type: &str) -> bool {
        self.event_type(event_type).is_some_and(|event_type| event_type.ephemeral)
    }

    /// The paths of the properties that tell who somebody is, in events of a type from a source.
    pub fn identifying(&self, event_type: &str, source_id: &str) -> impl Iterator<Item = &str> {
        let points = self.points.get(event_type).map_or(&[][..], Vec::as_slice);
        points
            .iter()
            .filter(move |point| point.source_id.as_ref().is_none_or(|id| id == source_id))
            .flat_map(|point| point.properties.iter().map(String::as_str))
    }

    /// The workflows for events of a type, a source (or none) and a kind, by their places, in their order. What was found is kept, so
    /// that thousands of others cost nothing.
    pub fn workflows_for(&self, event_type: &str, source: Option<&Source>, kind: Kind) -> Rc<[usize]> {
        // Types that no workflow names are all alike.
        let type_number = self.by_type.get(event_type).map_or(usize::MAX, |places| places[0]);
        let matches = |place: &usize| {
            let Workflow { source_id, kinds, .. } = &self.workflows[*place];
            source_id.as_ref().is_none_or(|id| source.is_some_and(|source| *id == source.id))
                && kinds.as_ref().is_none_or(|kinds| kinds.split(',').any(|wanted| wanted == kind.name()))
        };
        let mut found = self.found.borrow_mut();
        found
            .entry((type_number, source.map_or(usize::MAX, |source| source.number), kind))
            .or_insert_with(|| self.workflows_of_type(event_type).filter(matches).collect())
            .clone()
    }

    fn workflows_of_type(&self, event_type: &str) -> impl Iterator<Item = usize> + '_ {
        let mut typed = self.by_type.get(event_type).map_or(&[][..], Vec::as_slice).iter().copied().peekable();
        let mut all = self.for_all_types.iter().copied().peekable();
        std::iter::from_fn(move || match (typed.peek(), all.peek()) {
            (Some(a), Some(b)) if a < b => typed.next(),
            (_, Some(_)) => all.next(),
            (_, None) => typed.next(),
        })
    }

    /// Whether a system event is to be made.
    pub fn makes(&self, system_event: &str) -> bool {
        self.system_events.get(system_event).copied().unwrap_or(false)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

/// The configuration of this moment. Errors: 55000 if tracardi is not set up.
pub fn current() -> Result<Rc<Config>, Refusal> {
    pg::accept_invalidations();
    if !pg::is_stale()
        && let Some(config) = CURRENT.with_borrow(Clone::clone)
    {
        return Ok(config);
    }
    // Should loading fail, nothing old is left to be taken for current.
    let compiled = CURRENT.take().map(|config| config.schemas.clone()).unwrap_or_default();
    // A change that arrives while we read makes what was read stale again; then we read once more.
    loop {
        let config = Rc::new(load(&compiled)?);
        if !pg::is_stale() {
            CURRENT.set(Some(config.clone()));
            return Ok(config);
        }
        pg::check_for_interrupts();
    }
}

const RELATIONS: [&str; 21] = [
    "consent_rule",
    "consent_type",
    "ephemeral_event",
    "event",
    "event_key",
    "event_mapping",
    "event_rejected",
    "event_schema",
    "event_source",
    "event_type",
    "identification_point",
    "instance",
    "merge_key",
    "merge_salt",
    "profile",
    "profile_alias",
    "profile_field",
    "session",
    "system_event",
    "workflow",
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
        "SELECT search_path, system_identifier, database, xact_offset FROM tracardi.instance", &[],
    ) };
    static SOURCES: Plan = const { Plan::new(
        // Limits came later: before ALTER EXTENSION UPDATE they are not there.
        "SELECT s.id, s.enabled, s.ephemeral, s.static_profile_id, pg_catalog.array_to_string(s.bridges, ','), s.bots,
                l.payload_size_limit, l.event_limit, l.rate_limit
         FROM tracardi.event_source s
         CROSS JOIN LATERAL pg_catalog.jsonb_to_record(pg_catalog.to_jsonb(s))
           AS l (payload_size_limit pg_catalog.int4, event_limit pg_catalog.int4, rate_limit pg_catalog.int4)",
        &[],
    ) };
    static TYPES: Plan = const { Plan::new(
        "SELECT type, ephemeral, pg_catalog.to_jsonb(tags), journey_state, schema,
                on_invalid OPERATOR(pg_catalog.=) 'reject', reshape, returning_journey_state
         FROM tracardi.event_type
         WHERE ephemeral OR tags OPERATOR(pg_catalog.<>) '{}' OR journey_state IS NOT NULL OR schema IS NOT NULL
            OR reshape IS NOT NULL OR returning_journey_state IS NOT NULL",
        &[],
    ) };
    static SCHEMAS: Plan = const { Plan::new(
        "SELECT event_type, name, target OPERATOR(pg_catalog.=) 'context', condition,
                on_invalid OPERATOR(pg_catalog.=) 'reject', schema
         FROM tracardi.event_schema WHERE enabled ORDER BY name COLLATE pg_catalog.\"C\"",
        &[],
    ) };
    static POINTS: Plan = const { Plan::new(
        "SELECT event_type, source_id, pg_catalog.array_to_string(properties, E'\\n') FROM tracardi.identification_point
         WHERE enabled",
        &[],
    ) };
    static CONSENT_TYPES: Plan = const { Plan::new(
        "SELECT name, default_value OPERATOR(pg_catalog.=) 'grant', revokable,
                (pg_catalog.date_part('epoch', auto_revoke) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8
         FROM tracardi.consent_type WHERE enabled",
        &[],
    ) };
    static CONSENT_RULES: Plan = const { Plan::new(
        "SELECT event_type, property, pg_catalog.to_jsonb(consents), action OPERATOR(pg_catalog.=) 'hash'
         FROM tracardi.consent_rule WHERE enabled ORDER BY name COLLATE pg_catalog.\"C\"",
        &[],
    ) };
    static MAPPINGS: Plan = const { Plan::new(
        "SELECT event_type, profile_path, operation, source, value, condition FROM tracardi.event_mapping
         WHERE enabled ORDER BY event_type, ordinal, profile_path COLLATE pg_catalog.\"C\"",
        &[],
    ) };
    static FIELDS: Plan = const { Plan::new(
        "SELECT path, type, pg_catalog.to_jsonb(event_types) FROM tracardi.profile_field
         WHERE type IS NOT NULL OR event_types IS NOT NULL",
        &[],
    ) };
    static WORKFLOWS: Plan = const { Plan::new(
        "SELECT w.name, w.function, w.search_path, w.event_type, w.source_id, pg_catalog.array_to_string(w.kinds, ','),
                w.condition, pg_catalog.ceil(pg_catalog.date_part('epoch', w.timeout) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8,
                p.oid, p.proowner, pg_catalog.to_jsonb(w.consents), w.mode OPERATOR(pg_catalog.=) 'async', w.starts::pg_catalog.text,
                (pg_catalog.date_part('epoch', w.delay) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, w.unless_event_type,
                w.retry_limit, (pg_catalog.date_part('epoch', w.retry_delay) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8
         FROM tracardi.workflow w
         LEFT JOIN pg_catalog.pg_proc p
           ON p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure(w.function OPERATOR(pg_catalog.||) '()')
           AND p.prorettype OPERATOR(pg_catalog.=) 'pg_catalog.trigger'::pg_catalog.regtype
           AND pg_catalog.pg_get_userbyid(p.proowner) OPERATOR(pg_catalog.=) w.owner
         WHERE w.enabled AND w.status OPERATOR(pg_catalog.=) 'ready'
         ORDER BY w.name COLLATE pg_catalog.\"C\"",
        &[],
    ) };
    static SYSTEM_EVENTS: Plan = const { Plan::new("SELECT type, enabled FROM tracardi.system_event", &[]) };
}

/// `compiled`: schemas that this backend compiled before.
fn load(compiled: &HashMap<Vec<u8>, Rc<Schema>>) -> Result<Config, Refusal> {
    let connection = Connection::open();
    let latest = |plan: &'static std::thread::LocalKey<Plan>| plan.with(|plan| connection.latest(plan, &[]));

    let found = FIND.with(|plan| connection.latest(plan, &[pg::Arg::texts(&RELATIONS)]));
    let mut relations: HashMap<String, (Oid, Oid)> = HashMap::new();
    for row in 0..found.processed {
        if let (Some(name), Some(oid), Some(owner)) = (found.get(row, 0), found.get(row, 1), found.get(row, 2)) {
            relations.insert(name, (oid, owner));
        }
    }
    let relation = |name: &str| relations.get(name).copied().ok_or_else(not_set_up);
    let (_, owner) = relation("event")?;
    let (_, config_owner) = relation("event_source")?;
    // Before the rows are read: what changes from here on makes the copy stale.
    let oids = RELATIONS.iter().map(|name| Ok(relation(name)?.0)).collect::<Result<Vec<_>, Refusal>>()?;
    pg::watch(oids);

    let (search_path, adopted, xact_offset) = {
        let _acting = ActAs::new(owner, None);
        let rows = latest(&INSTANCE);
        let search_path: String = rows.get(0, 0).ok_or_else(not_set_up)?;
        let instance = (rows.get(0, 1).unwrap_or(0i64), rows.get(0, 2).unwrap_or(pg_sys::InvalidOid));
        (temporary_last(&search_path), instance == pg::instance(), rows.get(0, 3).unwrap_or(0u64))
    };

    let _acting = ActAs::new(config_owner, None);
    let mut config = Config {
        owner,
        search_path,
        instance: relation("instance")?.0,
        adopted,
        sources: HashMap::new(),
        event_types: HashMap::new(),
        fields: Fields::default(),
        consents: consent::Types::default(),
        consent_rules: Vec::new(),
        schemas: HashMap::new(),
        system_events: HashMap::new(),
        tells_failures: false,
        partitions_end: Cell::new(Timestamp(i64::MIN)),
        event: relation("event")?.0,
        ephemeral_event: relation("ephemeral_event")?.0,
        config_owner,
        points: HashMap::new(),
        workflows: Vec::new(),
        async_workflows: Vec::new(),
        xact_offset,
        by_type: HashMap::new(),
        for_all_types: Vec::new(),
        found: RefCell::default(),
    };
    let rows = latest(&SOURCES);
    for row in 0..rows.processed {
        let id: String = rows.get(row, 0).unwrap_or_default();
        let source = Source {
            id: id.clone(),
            number: row,
            enabled: rows.get(row, 1).unwrap_or(false),
            ephemeral: rows.get(row, 2).unwrap_or(false),
            static_profile_id: rows.get(row, 3).unwrap_or(false),
            bridges: rows.get(row, 4).unwrap_or_default(),
            bots: Bots::read(rows.get(row, 5).unwrap_or_default()),
            limits: Limits::new(rows.get(row, 6), rows.get(row, 7), rows.get(row, 8)),
        };
        config.sources.insert(id, Rc::new(source));
    }
    load_types(&mut config, &latest(&TYPES), &latest(&SCHEMAS), compiled);
    load_mappings(&mut config, &latest(&MAPPINGS), &latest(&FIELDS));
    let rows = latest(&CONSENT_TYPES);
    for row in 0..rows.processed {
        let known = consent::Type {
            by_default: rows.get(row, 1).unwrap_or(false),
            revokable: rows.get(row, 2).unwrap_or(true),
            lasts: rows.get(row, 3),
        };
        config.consents.0.insert(rows.get(row, 0).unwrap_or_default(), known);
    }
    let rows = latest(&CONSENT_RULES);
    let rule = |row| consent::rule::Rule::of_row(&rows, row, strings(rows.get(row, 2)));
    config.consent_rules = (0..rows.processed).filter_map(rule).collect();
    let rows = latest(&SYSTEM_EVENTS);
    for row in 0..rows.processed {
        config.system_events.insert(rows.get(row, 0).unwrap_or_default(), rows.get(row, 1).unwrap_or(false));
    }
    config.tells_failures = config.makes(Milestone::TrackFailed.name());
    // Data tables outlive the extension; the configuration of a new one is empty until it is seeded.
    if config.sources.is_empty() && config.system_events.is_empty() {
        return Err(not_set_up());
    }
    let rows = latest(&POINTS);
    for row in 0..rows.processed {
        let paths: &str = rows.get(row, 2).unwrap_or_default();
        let point = IdentificationPoint {
            source_id: rows.get(row, 1),
            properties: paths.split('\n').map(str::to_owned).collect(),
        };
        config.points.entry(rows.get(row, 0).unwrap_or_default()).or_default().push(point);
    }
    let rows = latest(&WORKFLOWS);
    for row in 0..rows.processed {
        let workflow = Workflow {
            name: CString::new(rows.get::<&str>(row, 0).unwrap_or_default()).unwrap_or_default(),
            function_name: rows.get(row, 1).unwrap_or_default(),
            function: rows.get(row, 8).zip(rows.get(row, 9)),
            search_path: temporary_last(rows.get(row, 2).unwrap_or_default()),
            event_type: rows.get(row, 3),
            source_id: rows.get(row, 4),
            kinds: rows.get(row, 5),
            condition: rows.get(row, 6),
            consents: strings(rows.get(row, 10)),
            timeout: rows.get::<i64>(row, 7).map(|ms| ms as i32),
            later: rows.get(row, 11).unwrap_or(false).then(|| Later {
                starts: rows.get(row, 12),
                delay: rows.get(row, 13),
                unless_event_type: rows.get(row, 14),
                retry_limit: rows.get(row, 15),
                retry_delay: rows.get(row, 16),
            }),
        };
        if workflow.later.is_some() {
            config.async_workflows.push(workflow);
            continue;
        }
        let place = config.workflows.len();
        match &workflow.event_type {
            Some(event_type) => config.by_type.entry(event_type.clone()).or_default().push(place),
            None => config.for_all_types.push(place),
        }
        config.workflows.push(workflow);
    }
    drop(rows);
    Ok(config)
}

fn load_types(
    config: &mut Config,
    types: &pg::Rows<'_>,
    checks: &pg::Rows<'_>,
    compiled: &HashMap<Vec<u8>, Rc<Schema>>,
) {
    let mut schema = |jsonb: Jsonb<'_>| {
        let bytes = jsonb.copy();
        let known = config.schemas.get(&bytes).or_else(|| compiled.get(&bytes)).cloned();
        let schema = known.unwrap_or_else(|| Rc::new(Schema::new(bytes.clone())));
        config.schemas.insert(bytes, schema.clone());
        schema
    };
    for row in 0..types.processed {
        let own = types.get(row, 4).map(|jsonb| Check {
            name: None,
            target: Target::Properties,
            condition: None,
            rejects: types.get(row, 5).unwrap_or(false),
            schema: schema(jsonb),
        });
        let event_type = EventType {
            ephemeral: types.get(row, 1).unwrap_or(false),
            tags: strings(types.get(row, 2)),
            journey_state: types.get(row, 3),
            schemas: own.into_iter().collect(),
            reshape: types.get(row, 6).map(|template: Jsonb<'_>| Template::read(template.copy())),
            returning_journey_state: types.get(row, 7),
            mappings: Vec::new(),
        };
        config.event_types.insert(types.get(row, 0).unwrap_or_default(), event_type);
    }
    for row in 0..checks.processed {
        let (Some(event_type), Some(jsonb)) = (checks.get::<String>(row, 0), checks.get(row, 5)) else { continue };
        config.event_types.entry(event_type).or_default().schemas.push(Check {
            name: checks.get(row, 1),
            target: if checks.get(row, 2).unwrap_or(false) { Target::Context } else { Target::Properties },
            condition: checks.get(row, 3),
            rejects: checks.get(row, 4).unwrap_or(false),
            schema: schema(jsonb),
        });
    }
}

fn load_mappings(config: &mut Config, mappings: &pg::Rows<'_>, fields: &pg::Rows<'_>) {
    for row in 0..mappings.processed {
        if let (Some(event_type), Some(mapping)) = (mappings.get::<String>(row, 0), Mapping::of_row(mappings, row, 1)) {
            config.event_types.entry(event_type).or_default().mappings.push(mapping);
        }
    }
    for row in 0..fields.processed {
        let Some(path) = fields.get::<String>(row, 0) else { continue };
        if let Some(event_types) = fields.get(row, 2) {
            config.fields.locks.push((path.clone(), strings(Some(event_types))));
        }
        if let Some(field_type) = fields.get(row, 1).and_then(FieldType::read) {
            config.fields.types.insert(path, field_type);
        }
    }
}

/// The strings of a JSON array.
fn strings(array: Option<Jsonb<'_>>) -> Vec<String> {
    let Some(Value::Array(array)) = array.map(Jsonb::root) else { return Vec::new() };
    let string = |item| if let Value::String(text) = item { Some(text.to_owned()) } else { None };
    array.iter().filter_map(string).collect()
}

/// A path in which a caller's temporary objects come last, so that they shadow nothing.
fn temporary_last(path: &str) -> CString {
    let named = path.split(',').any(|schema| schema.trim().trim_matches('"') == "pg_temp");
    let path = match (named, path.trim().is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => "pg_temp".to_owned(),
        (false, false) => format!("{path}, pg_temp"),
    };
    CString::new(path).unwrap_or_default()
}

fn not_set_up() -> Refusal {
    Refusal::new(Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "tracardi is not set up in this database")
        .hint("SELECT tracardi.setup();")
}
