//! Consumers outside of the database: `poll`, `advance`, and the NOTIFY that wakes them.

use super::cursor;
use super::log::{self, Batch, Filter, Position, Window};
use super::runner::{self, Step};
use super::tick;
use crate::config::{self, Config};
use crate::error::{Code, Refusal};
use crate::jsonb::Json;
use crate::pg::{self, ActAs, Arg, Connection, Jsonb, Plan};
use crate::snapshot::Snapshot;
use crate::time::{SECOND, Timestamp};
use pgrx::pg_sys::{INT8OID, TEXTOID, TIMESTAMPTZOID, UUIDOID, XID8OID};
use std::rc::Rc;
use uuid::Uuid;

/// The channel of NOTIFY; its payload is the subscription's name.
const CHANNEL: &str = "tracardi_subscription";
/// A subscription is told at most so often.
const TOLD_EVERY: i64 = SECOND;
/// So many events are looked at in one read, while none is wanted.
const LOOKED_AT: usize = 1000;

thread_local! {
    static LOCK: Plan = const { Plan::new(
        "SELECT s.event_type, s.source_id, pg_catalog.array_to_string(s.kinds, ','), s.condition, s.after::text, s.upto::text,
                s.batch, s.xact, s.time, s.id
         FROM tracardi.subscription s WHERE s.name = $1 FOR NO KEY UPDATE",
        &[TEXTOID],
    ) };
    static SAVE: Plan = const { Plan::new(
        "UPDATE tracardi.subscription
         SET after = $2::pg_snapshot, upto = $3::pg_snapshot, batch = $4, xact = $5, time = $6, id = $7 WHERE name = $1",
        &[TEXTOID, TEXTOID, TEXTOID, INT8OID, XID8OID, TIMESTAMPTZOID, UUIDOID],
    ) };
    static EVENT: Plan = const { Plan::new(
        "SELECT pg_catalog.to_jsonb(e) FROM tracardi.event e WHERE e.id = $1 AND e.time = $2", &[UUIDOID, TIMESTAMPTZOID],
    ) };
    static TOLD: Plan = const { Plan::new(
        "SELECT s.name, s.event_type, s.source_id, pg_catalog.array_to_string(s.kinds, ','), s.told::text, s.told_at
         FROM tracardi.subscription s",
        &[],
    ) };
    static TELL: Plan = const { Plan::new(
        "UPDATE tracardi.subscription SET told = $2::pg_snapshot, told_at = coalesce($3, told_at) WHERE name = $1",
        &[TEXTOID, TEXTOID, TIMESTAMPTZOID],
    ) };
    static NOTIFY: Plan = const { Plan::new("SELECT pg_catalog.pg_notify($1, $2)", &[TEXTOID, TEXTOID]) };
}

/// A subscription's row, which is locked.
struct Subscription {
    event_type: Option<String>,
    source_id: Option<String>,
    kinds: Option<String>,
    condition: Option<pg::Varlena>,
    after: Snapshot,
    upto: Option<Snapshot>,
    batch: i64,
    position: Option<Position>,
}

fn not_there(name: &str) -> Refusal {
    Refusal::new(Code::ERRCODE_UNDEFINED_OBJECT, format!("subscription \"{name}\" does not exist"))
        .hint("SELECT name FROM tracardi.subscription;")
}

impl Subscription {
    fn lock(connection: &Connection, name: &str) -> Result<Self, Refusal> {
        let rows = LOCK.with(|plan| connection.run(plan, &[Arg::text(name)]));
        let after = rows.get(0, 4).and_then(Snapshot::read).ok_or_else(|| not_there(name))?;
        Ok(Subscription {
            event_type: rows.get(0, 0),
            source_id: rows.get(0, 1),
            kinds: rows.get(0, 2),
            condition: rows.get(0, 3),
            after,
            upto: rows.get(0, 5).and_then(Snapshot::read),
            batch: rows.get(0, 6).unwrap_or(0),
            position: cursor::position(rows.get(0, 7), rows.get(0, 8), rows.get(0, 9)),
        })
    }

    fn save(&self, connection: &Connection, name: &str) {
        let args = [
            Arg::text(name),
            Arg::text(&self.after.to_string()),
            self.upto.as_ref().map_or(Arg::NULL, |upto| Arg::text(&upto.to_string())),
            Arg::bigint(self.batch),
            self.position.map_or(Arg::NULL, |position| Arg::xid(position.xact)),
            self.position.map_or(Arg::NULL, |position| Arg::time(position.time)),
            self.position.map_or(Arg::NULL, |position| Arg::uuid(&position.id)),
        ];
        SAVE.with(|plan| connection.run(plan, &args));
    }

    fn filter(&self) -> Filter<'_> {
        Filter {
            event_type: self.event_type.as_deref(),
            source_id: self.source_id.as_deref(),
            kinds: self.kinds.as_deref(),
            not_about: None,
            shard: (0, 1),
        }
    }
}

fn prepared() -> Result<Rc<Config>, Refusal> {
    let config = config::current()?;
    if !config.adopted {
        return Err(Refusal::new(
            Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "this database is a copy that is not in use yet",
        )
        .hint("SELECT tracardi.setup();"));
    }
    Ok(config)
}

/// The next events of a subscription: a JSON array of `{"position", "event"}`. Errors: 42704, 22023, 25006, 55000.
pub fn poll(name: &str, limit: i32) -> Result<Vec<u8>, Refusal> {
    let limit = usize::try_from(limit)
        .ok()
        .filter(|limit| *limit > 0)
        .ok_or_else(|| Refusal::new(Code::ERRCODE_INVALID_PARAMETER_VALUE, "the limit of poll() is at least 1"))?;
    let config = prepared()?;
    pg::refuse_to_write("execute poll()")?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let mut subscription = Subscription::lock(&connection, name)?;
    let mut items = Vec::new();
    // Up to here nothing is wanted, so that it need not be looked at again.
    let mut passed = false;
    let mut from = subscription.position;
    while items.len() < limit {
        pg::check_for_interrupts();
        let upto = match &subscription.upto {
            Some(upto) => upto.clone(),
            None => {
                let upto = log::now(&connection, config.xact_offset);
                subscription.upto = Some(upto.clone());
                subscription.batch += 1;
                upto
            }
        };
        let window = Window { after: &subscription.after, upto: &upto };
        let Batch { seen, all, .. } =
            window.read(&connection, &subscription.filter(), from.as_ref(), LOOKED_AT.max(limit));
        for seen in &seen {
            if items.len() == limit {
                break;
            }
            from = Some(seen.position);
            if seen.row.is_some_and(|row| meets(&connection, &config, subscription.condition.as_ref(), &row)) {
                items.push(item(&connection, subscription.batch, &seen.position));
            } else if items.is_empty() {
                subscription.position = from;
                passed = true;
            }
        }
        if all && items.is_empty() {
            // The batch is done. If it was the newest there is, nothing is written for it but what was passed over.
            let newest = seen.is_empty() && from.is_none();
            if newest {
                subscription.upto = None;
                break;
            }
            subscription.after = upto;
            subscription.upto = None;
            subscription.position = None;
            from = None;
            passed = true;
        } else if all {
            break;
        }
    }
    if passed || !items.is_empty() {
        subscription.save(&connection, name);
    }
    let items = items.into_iter().map(|(position, event)| {
        pg::encode(Json::object([
            ("position", Json::string(position)),
            ("event", Json::Copy(crate::jsonb::root(&event))),
        ]))
    });
    let items: Vec<Vec<u8>> = items.collect();
    Ok(pg::encode(Json::Array(items.iter().map(|item| Json::Copy(crate::jsonb::root(item))).collect())))
}

fn meets(connection: &Connection, config: &Config, condition: Option<&pg::Varlena>, row: &pg::Row) -> bool {
    let Some(condition) = condition else { return true };
    let relation = pg::Relation::open(config.event);
    // An event for which the condition fails does not meet it.
    pg::attempt_in_background(|| runner::meets(connection, condition, &relation, row)).unwrap_or(false)
}

fn item(connection: &Connection, batch: i64, at: &Position) -> (String, Vec<u8>) {
    let event = EVENT.with(|plan| {
        connection.run(plan, &[Arg::uuid(&at.id), Arg::time(at.time)]).get::<Jsonb<'_>>(0, 0).map(Jsonb::copy)
    });
    let null = || pg::encode(Json::Null);
    (format!("{batch}/{}/{}/{}", at.xact, at.time.0, at.id), event.unwrap_or_else(null))
}

/// Moves a subscription past a position that `poll` gave. `false`: it is past it already. Errors: 42704, 22023, 25006, 55000.
pub fn advance(name: &str, position: &str) -> Result<bool, Refusal> {
    let config = prepared()?;
    pg::refuse_to_write("execute advance()")?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let mut subscription = Subscription::lock(&connection, name)?;
    let unknown = || {
        Refusal::new(
            Code::ERRCODE_INVALID_PARAMETER_VALUE,
            format!("\"{position}\" is no position of subscription \"{name}\""),
        )
        .hint("Take it from tracardi.poll(…).")
    };
    let (batch, at) = read_position(position).ok_or_else(unknown)?;
    if batch > subscription.batch {
        return Err(unknown());
    }
    if batch < subscription.batch
        || subscription.upto.is_none()
        || subscription.position.is_some_and(|known| known >= at)
    {
        return Ok(false);
    }
    subscription.position = Some(at);
    subscription.save(&connection, name);
    Ok(true)
}

fn read_position(text: &str) -> Option<(i64, Position)> {
    let mut parts = text.split('/');
    let batch = parts.next()?.parse().ok()?;
    let xact = parts.next()?.parse().ok()?;
    let time = Timestamp(parts.next()?.parse().ok()?);
    let id = Uuid::try_parse(parts.next()?).ok()?;
    parts.next().is_none().then_some((batch, Position { xact, time, id }))
}

impl Step<'_> {
    /// Wakes consumers for whom something was stored since they were told last.
    pub fn notify(&self) {
        let rows = TOLD.with(|plan| self.connection.run(plan, &[]));
        let now = pg::now();
        let upto = if rows.processed > 0 { self.now() } else { return };
        for row in 0..rows.processed {
            let (Some(name), Some(told), Some(told_at)) =
                (rows.get::<&str>(row, 0), rows.get(row, 4).and_then(Snapshot::read), rows.get::<Timestamp>(row, 5))
            else {
                continue;
            };
            if told_at.plus(TOLD_EVERY) > now || !cursor::lock(self.connection, &format!("notify {name}")) {
                continue;
            }
            let filter = Filter {
                event_type: rows.get(row, 1),
                source_id: rows.get(row, 2),
                kinds: rows.get(row, 3),
                not_about: None,
                shard: (0, 1),
            };
            let window = Window { after: &told, upto: &upto };
            let Batch { seen, all, .. } = window.read(self.connection, &filter, None, LOOKED_AT);
            if seen.is_empty() {
                continue;
            }
            // If there are more than were looked at, one of them may be wanted.
            let wanted = !all || seen.iter().any(|seen| seen.row.is_some());
            let at = if wanted { Arg::time(now) } else { Arg::NULL };
            TELL.with(|plan| self.connection.run(plan, &[Arg::text(name), Arg::text(&upto.to_string()), at]));
            if wanted {
                NOTIFY.with(|plan| self.connection.run(plan, &[Arg::text(CHANNEL), Arg::text(name)]));
            }
        }
    }

    /// When a consumer is to be told that was told just before.
    pub fn next_notify(&self) -> Option<Timestamp> {
        let rows = TOLD.with(|plan| self.connection.run(plan, &[]));
        let upto = if rows.processed > 0 { self.now() } else { return None };
        let due = |row| {
            let told = rows.get(row, 4).and_then(Snapshot::read)?;
            let told_at: Timestamp = rows.get(row, 5)?;
            tick::is_news(self, &told, &upto).then(|| told_at.plus(TOLD_EVERY))
        };
        (0..rows.processed).filter_map(due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_are_written() {
        let id = Uuid::from_u128(7);
        let read = read_position(&format!("3/12/-5/{id}"));
        assert_eq!(read, Some((3, Position { xact: 12, time: Timestamp(-5), id })));
        for text in [
            "",
            "1",
            "1/2/3",
            "1/2/3/x",
            "a/1/2/00000000-0000-0000-0000-000000000007",
            "1/1/1/00000000-0000-0000-0000-000000000007/",
        ] {
            assert_eq!(read_position(text), None, "{text}");
        }
    }
}
