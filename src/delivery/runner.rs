//! Running an asynchronous workflow for events that were read, and keeping what failed.

use crate::config::{Config, Workflow};
use crate::error::{Code, sqlstate};
use crate::id;
use crate::jsonb::Value;
use crate::milestone::Milestone;
use crate::pg::{self, Arg, Connection, Failure, Jsonb, Plan, TimeLimit};
use crate::settings;
use crate::store::Common;
use crate::system;
use crate::time::Timestamp;
use crate::workflow::call::Calling;
use crate::workflow::condition::{self, Subject};
use crate::workflow::{self, About};
use pgrx::pg_sys::{INT4OID, Oid, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID};
use uuid::Uuid;

/// A step of delivery.
pub struct Step<'a> {
    pub connection: &'a Connection,
    pub config: &'a Config,
    /// With whose rights it was called.
    pub caller: Oid,
    /// At most so many events a workflow.
    pub max: usize,
    /// Which worker of how many.
    pub worker: (i32, i32),
}

thread_local! {
    static RECORD: Plan = const { Plan::new(
        "INSERT INTO tracardi.workflow_failure
           (id, workflow, event_id, event_time, event, code, message, attempts, first_failed_at, last_failed_at, status,
            next_attempt_at)
         SELECT $1, $2, $3, $4, (SELECT pg_catalog.to_jsonb(e) FROM tracardi.event e WHERE e.id = $3 AND e.time = $4), $5, $6, $7,
                $8, $8, CASE WHEN $9 IS NULL THEN 'dead' ELSE 'waiting' END, $9",
        &[UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID],
    ) };
    // The events, by their places, for whose profile another one came since, under whatever id.
    static OVERTAKEN: Plan = const { Plan::new(
        "SELECT k.place FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY AS k (profile_id, time, place)
         LEFT JOIN tracardi.profile_alias a ON a.id = k.profile_id
         WHERE EXISTS (SELECT FROM tracardi.person_event o
                       WHERE o.person_id = coalesce(a.profile_id, k.profile_id) AND o.type = $3 AND o.time >= k.time AND o.valid)
         ORDER BY k.place",
        &[UUIDARRAYOID, TIMESTAMPTZARRAYOID, TEXTOID],
    ) };
}

impl Step<'_> {
    /// Runs a workflow for events. Gives the places of those for which it failed, and why.
    pub fn run(&self, workflow: &Workflow, relation: &pg::Relation, events: &[pg::Row]) -> Vec<(usize, Failure)> {
        let Some(function) = workflow.function else { return Vec::new() };
        let limit = TimeLimit::new(workflow.timeout.unwrap_or_else(settings::workflow_timeout));
        let (caller, limit) = (self.caller, &limit);
        let mut failures = Vec::new();
        let common = Common { source_id: system::SOURCE, session_id: None, profile_id: None, received_at: pg::now() };
        let told = system::on_stage(self.connection, self.config, caller, &common, |stage| {
            let answer = stage.answer;
            let calling = Calling { workflow, function, caller, answer, relation, limit, background: true };
            let mut wanted: Vec<usize> = (0..events.len()).collect();
            if let Some(event_type) = workflow.later.as_ref().and_then(|later| later.unless_event_type.as_deref()) {
                let overtaken = self.overtaken(relation, events, event_type);
                wanted.retain(|place| overtaken.binary_search(place).is_err());
            }
            if let Some(condition) = &workflow.condition {
                wanted.retain(|place| {
                    let meets = calling.attempt(|| {
                        limit.restart();
                        let meets = meets(self.connection, condition, relation, &events[*place]);
                        limit.check();
                        meets
                    });
                    limit.stop();
                    meets.unwrap_or_else(|failure| {
                        failures.push((*place, failure));
                        false
                    })
                });
            }
            wanted.retain(|place| {
                let profile =
                    if workflow.consents.is_empty() { None } else { relation.get(&events[*place], c"profile_id") };
                workflow::may_hear(self.connection, self.config, workflow, profile)
            });
            let called: Vec<pg::Row> = wanted.iter().map(|place| events[*place]).collect();
            failures.extend(calling.call(&called).into_iter().map(|(at, failure)| (wanted[at], failure)));
        });
        told.unwrap_or_else(|refusal| refusal.raise());
        failures.sort_by_key(|(place, _)| *place);
        failures.iter().for_each(|_| pg::count_failure(&workflow.name.to_string_lossy()));
        failures
    }

    /// The places of events after which one of a type came for the same profile.
    fn overtaken(&self, relation: &pg::Relation, events: &[pg::Row], event_type: &str) -> Vec<usize> {
        let (mut places, mut profiles, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for (place, event) in events.iter().enumerate() {
            if let (Some(profile), Some(time)) = (relation.get(event, c"profile_id"), relation.get(event, c"time")) {
                places.push(place);
                profiles.push(profile);
                times.push(time);
            }
        }
        let args = [Arg::uuids(&profiles), Arg::times(&times), Arg::text(event_type)];
        OVERTAKEN.with(|plan| {
            let rows = self.connection.run(plan, &args);
            (0..rows.processed).filter_map(|row| Some(places[rows.get::<i64>(row, 0)? as usize - 1])).collect()
        })
    }

    /// Keeps a failure, and tells of it: it is tried again, as the workflow says.
    pub fn record(&self, workflow: &Workflow, relation: &pg::Relation, event: &pg::Row, failure: &Failure) {
        self.keep(workflow, relation.get(event, c"id"), relation.get(event, c"time"), failure);
        self.tell(workflow, relation, event, failure);
    }

    /// Breaks a workflow at which workers die.
    pub fn give_up(&self, workflow: &Workflow) {
        workflow::set_broken(self.connection, self.config, workflow);
        let message =
            "the background worker died again and again while it ran; the workflow is broken until it is set to ready";
        let code = sqlstate(Code::ERRCODE_CRASH_SHUTDOWN);
        self.keep(workflow, None, None, &Failure { code, message: message.to_owned() });
        let name = workflow.name.to_string_lossy();
        pg::log(
            &format!("tracardi worker: workflow \"{name}\" is broken: {message}"),
            "tracardi.workflow_failure has it, too.",
        );
    }

    /// Keeps a failure: for an event it is tried again, as the workflow says.
    pub fn keep(&self, workflow: &Workflow, event: Option<Uuid>, time: Option<Timestamp>, failure: &Failure) {
        let now = pg::now();
        let next = event.and_then(|_| next_attempt(workflow, 1, now));
        let args = [
            Arg::uuid(&id::generate(now.unix_micros())),
            Arg::text(&workflow.name.to_string_lossy()),
            Arg::optional_uuid(event.as_ref()),
            time.map_or(Arg::NULL, Arg::time),
            Arg::text(&failure.code),
            Arg::text(&failure.message),
            Arg::int(1),
            Arg::time(now),
            next.map_or(Arg::NULL, Arg::time),
        ];
        RECORD.with(|plan| self.connection.run(plan, &args));
    }

    /// Tells of a failure, unless that was at hearing of a failure: then it would go in circles.
    pub fn tell(&self, workflow: &Workflow, relation: &pg::Relation, event: &pg::Row, failure: &Failure) {
        let event_type: &str = relation.get(event, c"type").unwrap_or_default();
        if event_type == Milestone::WorkflowFailed.name() && relation.get::<&str>(event, c"kind") == Some("system") {
            return;
        }
        let profile_id = relation.get(event, c"profile_id");
        let common = Common {
            source_id: relation.get(event, c"source_id").unwrap_or("sql"),
            session_id: relation.get(event, c"session_id"),
            profile_id,
            received_at: pg::now(),
        };
        let about = About { index: None, id: relation.get(event, c"id").unwrap_or_default(), event_type };
        let told = system::on_stage(self.connection, self.config, self.caller, &common, |stage| {
            workflow::tell(stage, None, &workflow.name.to_string_lossy(), &about, failure);
        });
        told.unwrap_or_else(|refusal| refusal.raise());
    }
}

/// When a workflow that has failed so often for an event is tried again. `None`: not any more.
pub fn next_attempt(workflow: &Workflow, attempts: i32, now: Timestamp) -> Option<Timestamp> {
    let later = workflow.later.as_ref();
    let limit = later.and_then(|later| later.retry_limit).unwrap_or_else(settings::retry_limit);
    let first = later.and_then(|later| later.retry_delay).unwrap_or_else(settings::retry_delay);
    (attempts <= limit).then(|| now.plus(1000 * backoff(first, attempts, settings::retry_max_delay())))
}

/// The delay after so many failures: it doubles, but not past a bound, unless the first is longer.
fn backoff(first: i64, attempts: i32, most: i64) -> i64 {
    let doubled = first.saturating_mul(1_i64 << (attempts - 1).clamp(0, 40));
    doubled.min(most.max(first))
}

/// Whether a stored event meets a condition.
pub fn meets(connection: &Connection, condition: &pg::Varlena, relation: &pg::Relation, event: &pg::Row) -> bool {
    let object = |name| relation.get::<Jsonb<'_>>(event, name).map(Jsonb::copy).unwrap_or_default();
    let (properties, context) = (object(c"properties"), object(c"context"));
    let tags = condition::tags(connection, relation.get(event, c"id"), relation.get(event, c"time"));
    let tags = tags.as_deref().map(crate::jsonb::root);
    let tags = match tags {
        Some(Value::Array(tags)) => {
            tags.iter().filter_map(|tag| if let Value::String(tag) = tag { Some(tag) } else { None }).collect()
        }
        _ => Vec::new(),
    };
    let session = condition::session(connection, relation.get(event, c"session_id"));
    let profile = condition::profile(connection, relation.get(event, c"profile_id"));
    let subject = Subject {
        event_type: relation.get(event, c"type").unwrap_or_default(),
        kind: relation.get(event, c"kind").unwrap_or_default(),
        time: relation.get(event, c"time").unwrap_or(Timestamp(0)),
        source_id: relation.get(event, c"source_id"),
        properties: &properties,
        context: &context,
        tags,
        session: session.as_deref(),
        profile: profile.as_deref(),
    };
    condition::holds(connection, condition, &subject)
}

#[cfg(test)]
mod tests {
    use super::backoff;

    #[test]
    fn delays_double_up_to_a_bound() {
        let delays: Vec<i64> = (1..=5).map(|attempts| backoff(10, attempts, 60)).collect();
        assert_eq!(delays, [10, 20, 40, 60, 60]);
        assert_eq!(backoff(90, 3, 60), 90);
        assert_eq!(backoff(0, 1000, 60), 0);
        assert_eq!(backoff(i64::MAX, 1000, 60), i64::MAX);
    }
}
