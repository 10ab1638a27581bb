//! Workflows: trigger functions that are called for events, in the order of their names. Here: those that run in the
//! transaction of `track()`; `delivery` has the others.
//!
//! A workflow runs once for all events of a call, in one subtransaction, with its function's owner's rights and under the
//! path of whoever registered it. If it fails at an event, what it did is undone, what came before that event is done again,
//! the failure is recorded, and it goes on after that event.

pub mod call;
pub mod condition;

use crate::answer::Answer;
use crate::config::{Config, Workflow};
use crate::error::{Code, Issue, Path, sqlstate};
use crate::event::{Kind, Row};
use crate::jsonb::{Json, Value};
use crate::milestone::{self, Milestone, Told};
use crate::pg::{self, ActAs, Arg, Connection, Failure, Jsonb, Plan, TimeLimit};
use crate::settings;
use crate::store::{self, Common};
use call::Calling;
use condition::Subject;
use pgrx::pg_sys::{BOOLOID, INT4OID, JSONBOID, Oid, TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use uuid::Uuid;

/// Which workflows are to be called for which events: places of events by places of workflows.
#[derive(Default)]
pub struct Matches(BTreeMap<usize, Vec<usize>>);

impl Matches {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves out the workflows, by their places, that are not to hear of it.
    pub fn retain(&mut self, hears: impl Fn(usize) -> bool) {
        self.0.retain(|workflow, _| hears(*workflow));
    }

    /// Matched by type, source and kind; invalid events match none. What comes from no source matches those for all.
    pub fn find(config: &Config, source_id: &str, rows: &[Row<'_>]) -> Self {
        let mut matches = Matches::default();
        if config.workflows.is_empty() {
            return matches;
        }
        let source = config.source(source_id);
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.valid) {
            for workflow in config.workflows_for(row.event_type, source.as_deref(), row.kind).iter() {
                matches.0.entry(*workflow).or_default().push(place);
            }
        }
        matches
    }
}

/// The call whose events workflows are called for.
pub struct Stage<'a> {
    pub connection: &'a Connection,
    pub config: &'a Config,
    pub common: &'a Common<'a>,
    pub answer: &'a Answer,
    /// With whose rights `track()` was called.
    pub caller: Oid,
    /// The profile that may be read, also by events that don't belong to it.
    pub known_profile: Option<Uuid>,
    /// Workflows that failed at hearing of a failure: in this call they hear of no other.
    pub deaf: RefCell<BTreeSet<usize>>,
}

thread_local! {
    static CONSENTS: Plan = const { Plan::new(
        "SELECT p.consents FROM tracardi.profile p
         WHERE p.id = coalesce((SELECT a.profile_id FROM tracardi.profile_alias a WHERE a.id = $1), $1)",
        &[UUIDOID],
    ) };
    static RECORD: Plan = const { Plan::new(
        "INSERT INTO tracardi.workflow_failure
           (id, workflow, event_id, event_time, event, code, message, attempts, first_failed_at, last_failed_at)
         VALUES ($1, $2, $3, $4, (SELECT pg_catalog.to_jsonb(e) FROM tracardi.event e WHERE e.id = $3 AND e.time = $4), $5, $6,
                 $7, $8, $8)",
        &[UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID],
    ) };
    // Whoever else found it broken at this moment says so: nobody waits.
    static BREAK: Plan = const { Plan::new(
        "UPDATE tracardi.workflow SET status = 'broken'
         WHERE name OPERATOR(pg_catalog.=)
           (SELECT w.name FROM tracardi.workflow w
            WHERE w.name OPERATOR(pg_catalog.=) $1 AND w.status OPERATOR(pg_catalog.=) 'ready' FOR UPDATE SKIP LOCKED)",
        &[TEXTOID],
    ) };
}

/// Calls the workflows that match. `tuples`: the events' rows as they were stored. Gives what failed.
pub fn run(stage: &Stage<'_>, rows: &[Row<'_>], tuples: &[Option<pg::Row>], matches: &Matches) -> Vec<Issue> {
    // As triggers: what is replicated has called its workflows where it happened.
    if matches.is_empty() || pg::replicating() {
        return Vec::new();
    }
    let relation = pg::Relation::open(stage.config.event);
    let tuples: Vec<Option<pg::Row>> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| match row.kind {
            Kind::Ephemeral => Some(relation.form(&columns(row, stage.common))),
            _ => tuples.get(place).copied().flatten(),
        })
        .collect();
    let mut issues = Vec::new();
    for (&workflow, places) in &matches.0 {
        // A stored event that has no tuple was stored before, or dropped by a trigger: it did not happen now.
        let places: Vec<usize> = places.iter().copied().filter(|place| tuples[*place].is_some()).collect();
        for (place, failure) in run_one(stage, workflow, rows, &tuples, &relation, &places) {
            pg::count_failure(&stage.config.workflows[workflow].name.to_string_lossy());
            issues.push(record(stage, workflow, &rows[place], &failure));
        }
    }
    issues
}

/// Runs one workflow for its events. Gives those for which it failed, and why.
fn run_one(
    stage: &Stage<'_>,
    workflow: usize,
    rows: &[Row<'_>],
    tuples: &[Option<pg::Row>],
    relation: &pg::Relation,
    places: &[usize],
) -> Vec<(usize, Failure)> {
    let mut failures = Vec::new();
    let workflow = &stage.config.workflows[workflow];
    if !may_hear(stage.connection, stage.config, workflow, stage.known_profile) {
        return failures;
    }
    let Some(function) = workflow.function else {
        if let Some(place) = places.first() {
            failures.push((*place, broken(stage.connection, stage.config, workflow)));
        }
        return failures;
    };
    let limit = TimeLimit::new(workflow.timeout.unwrap_or_else(settings::workflow_timeout));
    let calling = Calling {
        workflow,
        function,
        caller: stage.caller,
        answer: stage.answer,
        relation,
        limit: &limit,
        background: false,
    };
    let wanted = match &workflow.condition {
        Some(condition) => meeting(stage, &calling, condition, rows, places, &mut failures),
        None => places.to_vec(),
    };
    let events: Vec<pg::Row> = wanted.iter().filter_map(|place| tuples[*place]).collect();
    failures.extend(calling.call(&events).into_iter().map(|(at, failure)| (wanted[at], failure)));
    failures.sort_by_key(|(place, _)| *place);
    failures
}

/// Whether the profile gave all consents that a workflow needs, as it is now. Nobody gave any.
pub fn may_hear(connection: &Connection, config: &Config, workflow: &Workflow, profile: Option<Uuid>) -> bool {
    if workflow.consents.is_empty() {
        return true;
    }
    let Some(id) = profile else { return false };
    CONSENTS.with(|plan| {
        let rows = connection.run(plan, &[Arg::uuid(&id)]);
        let consents = rows.get::<Jsonb<'_>>(0, 0).map_or(Value::Null, Jsonb::root);
        config.consents.all_granted(consents, &workflow.consents, pg::now())
    })
}

/// Of these events, those that meet a workflow's condition. One for which the condition fails does not meet it.
fn meeting(
    stage: &Stage<'_>,
    calling: &Calling<'_>,
    condition: &pg::Varlena,
    rows: &[Row<'_>],
    places: &[usize],
    failures: &mut Vec<(usize, Failure)>,
) -> Vec<usize> {
    let (connection, limit) = (stage.connection, calling.limit);
    let session = condition::session(connection, stage.common.session_id);
    let profile = condition::profile(connection, stage.known_profile);
    let meets = |row: &Row<'_>| {
        let subject = Subject {
            event_type: row.event_type,
            kind: row.kind.name(),
            time: row.time,
            source_id: Some(stage.common.source_id),
            properties: row.properties,
            context: row.context,
            tags: row.tags.to_vec(),
            session: session.as_deref(),
            profile: profile.as_deref(),
        };
        condition::holds(connection, condition, &subject)
    };
    let mut meeting = Vec::new();
    let mut next = 0;
    while next < places.len() {
        let result = pg::attempt(|| {
            while next < places.len() {
                limit.restart();
                if meets(&rows[places[next]]) {
                    meeting.push(places[next]);
                }
                limit.check();
                next += 1;
            }
        });
        limit.stop();
        if let Err(failure) = result {
            failures.push((places[next], failure));
            next += 1;
        }
    }
    meeting
}

/// Marks a workflow, so that it is not called any more.
pub fn set_broken(connection: &Connection, config: &Config, workflow: &Workflow) {
    if !pg::read_only() {
        let _quiet = pg::Quiet::begin();
        let _acting = ActAs::new(config.config_owner, None);
        BREAK.with(|plan| connection.run(plan, &[Arg::text(&workflow.name.to_string_lossy())]));
    }
}

/// A workflow whose function can't be called: it is marked, so that this is told once.
pub fn broken(connection: &Connection, config: &Config, workflow: &Workflow) -> Failure {
    set_broken(connection, config, workflow);
    let message = format!(
        "function {}() is gone or changed its owner; the workflow is broken until it is set to ready",
        workflow.function_name
    );
    Failure { code: sqlstate(Code::ERRCODE_UNDEFINED_FUNCTION), message }
}

/// Records a failure: a row, a system event, an entry of the answer's `errors`.
fn record(stage: &Stage<'_>, workflow: usize, row: &Row<'_>, failure: &Failure) -> Issue {
    let name = stage.config.workflows[workflow].name.to_string_lossy().into_owned();
    let message = format!("workflow \"{name}\" failed: {}", failure.message);
    if !pg::read_only() {
        // Of an ephemeral event nothing stays, and an error's message may hold some of it.
        let ephemeral = row.kind == Kind::Ephemeral;
        let kept_message = if ephemeral { "workflow failed for an ephemeral event" } else { &failure.message };
        let now = pg::now();
        let args = [
            Arg::uuid(&crate::id::generate(now.unix_micros())),
            Arg::text(&name),
            Arg::uuid(&row.id),
            if ephemeral { Arg::NULL } else { Arg::time(row.time) },
            Arg::text(&failure.code),
            Arg::text(kept_message),
            Arg::int(1),
            Arg::time(now),
        ];
        RECORD.with(|plan| stage.connection.run(plan, &args));
        if row.kind == Kind::System && row.event_type == Milestone::WorkflowFailed.name() {
            stage.deaf.borrow_mut().insert(workflow);
        }
        let about = About { index: row.index, id: row.id, event_type: row.event_type };
        tell(stage, Some(workflow), &name, &about, failure);
    }
    let path = row.index.map_or_else(Path::root, Path::event);
    Issue { event: row.index, id: Some(row.id.to_string()), code: failure.code.clone(), message, path }
}

/// The event for which a workflow failed.
pub struct About<'a> {
    pub index: Option<usize>,
    pub id: Uuid,
    pub event_type: &'a str,
}

/// Tells of a failure by a system event, which may trigger other workflows, whose failures are told, too. A workflow that
/// fails at that is deaf from then on, so it never goes in circles. `workflow`: its place, if it is one of this call's.
pub fn tell(stage: &Stage<'_>, workflow: Option<usize>, name: &str, about: &About<'_>, failure: &Failure) {
    let properties = pg::encode(Json::object([
        ("workflow", Json::string(name.to_owned())),
        ("code", Json::string(failure.code.clone())),
        (
            "event",
            Json::object([
                ("id", Json::string(about.id.to_string())),
                ("type", Json::string(about.event_type.to_owned())),
            ]),
        ),
    ]));
    let told = Told { milestone: Milestone::WorkflowFailed, time: None, index: about.index, properties: &properties };
    milestone::tell(stage, &told, |other| Some(other) != workflow && !stage.deaf.borrow().contains(&other));
}

thread_local! {
    static HAND_OVER: Plan = const { Plan::new(
        "INSERT INTO tracardi.ephemeral_event
           (id, external_id, type, kind, time, profile_id, properties, context, tags, valid, errors, journey_state,
            received_at, source_id, session_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[UUIDOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, JSONBOID, JSONBOID, TEXTARRAYOID, BOOLOID, JSONBOID,
          TEXTOID, TIMESTAMPTZOID, TEXTOID, UUIDOID],
    ) };
}

/// Fires the triggers of `tracardi.ephemeral_event` for the ephemeral events, if there are any. In a READ ONLY transaction
/// PostgreSQL allows no INSERT, so they don't fire there.
pub fn fire_triggers(stage: &Stage<'_>, rows: &[Row<'_>]) {
    let last = c"~~never_stored";
    if pg::read_only() || !pg::Relation::open(stage.config.ephemeral_event).has_triggers_beside(last) {
        return;
    }
    for row in rows.iter().filter(|row| row.kind == Kind::Ephemeral) {
        let values = columns(row, stage.common).map(|(_, value)| value);
        stage.answer.open(|| HAND_OVER.with(|plan| stage.connection.run(plan, &values)));
    }
}

/// An ephemeral event's row, as it would be stored.
fn columns(row: &Row<'_>, common: &Common<'_>) -> [(&'static CStr, Arg); store::COLUMNS.len()] {
    let values = store::Shared::new(common).values(row);
    std::array::from_fn(|i| (store::COLUMNS[i].0, values[i]))
}
