//! What a person may ask for: to be forgotten, to be made unknown, to see what is kept.
//!
//! `track()` holds a writer's lock on `tracardi.event` from before it looks for session and profile until its transaction
//! ends. Whoever forgets a person removes the events first, however many, while others go on; then waits for all who hold that
//! lock, keeps new ones out, and removes what is left: so a concurrent call either came before, or finds nobody and makes
//! somebody new. While it waits it holds no row that a call of `track()` could want: of events none but merges do, and they
//! leave them alone meanwhile (`merge::may_move`).

mod person;
mod trace;

use crate::config::{self, Config};
use crate::error::{Code, Refusal};
use crate::id::ClientId;
use crate::jsonb::Json;
use crate::milestone::Milestone;
use crate::pg::{self, ActAs, Arg, Connection, Plan};
use crate::system;
use person::{Person, Removal};
use trace::Trace;
use uuid::Uuid;

thread_local! {
    static ONE_AT_A_TIME: Plan = const { Plan::new(
        "SELECT pg_advisory_xact_lock(hashtext('tracardi'), hashtext('forget'))", &[],
    ) };
}

/// What was removed: how many rows, by what they are. The order is that of the answer.
#[derive(Default)]
struct Counts([i64; NAMES.len()]);

const NAMES: [&str; 8] =
    ["profiles", "aliases", "merge_keys", "sessions", "events", "event_keys", "rejected", "workflow_failures"];

impl Counts {
    fn add(&mut self, name: &str, count: i64) {
        if let Some(place) = NAMES.iter().position(|known| *known == name) {
            self.0[place] += count;
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    fn json(&self) -> Json<'static> {
        let number = |count: i64| u32::try_from(count).map_or(Json::Null, Json::Integer);
        Json::object(std::array::from_fn::<_, { NAMES.len() }, _>(|i| (NAMES[i], number(self.0[i]))))
    }
}

/// Removes a person: profile, other ids, merge keys, sessions, events with their keys and failures, and rejected events that
/// mention the person. Gives how many rows, as a JSON object's bytes. Errors: 55000, 25006, 21000 (a primary id of several),
/// 40001 (in the stricter isolation levels), 55P03 (lock_timeout).
pub fn forget(client: ClientId<'_>) -> Result<Vec<u8>, Refusal> {
    let config = config::current()?;
    let caller = pg::current_role();
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let counts = remove(&connection, &config, &client, &Removal::Forget)?;
    if !counts.is_empty() {
        system::tell(&connection, &config, caller, Milestone::ProfileForgotten, None, counts.json());
    }
    Ok(pg::encode(counts.json()))
}

/// The same, but events and sessions stay, empty and under new ids that lead to nobody, of a profile that says no more than how
/// often and when.
pub fn anonymize(client: ClientId<'_>) -> Result<Vec<u8>, Refusal> {
    let config = config::current()?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let mut salt = [0; 32];
    pg::fill_random(&mut salt);
    let removal = Removal::Anonymize { profile: crate::id::generate(pg::now().unix_micros()), salt };
    let counts = remove(&connection, &config, &client, &removal)?;
    Ok(pg::encode(counts.json()))
}

fn remove(
    connection: &Connection,
    config: &Config,
    client: &ClientId<'_>,
    removal: &Removal,
) -> Result<Counts, Refusal> {
    pg::refuse_to_write("forget a person")?;
    ONE_AT_A_TIME.with(|plan| connection.run(plan, &[]));
    let mut counts = Counts::default();
    let started = pg::now();
    let mut person = Person::find(connection, client)?;
    person.remove_events(connection, removal, None, &mut counts);

    pg::lock_against_writers(config.event);
    // It may have been merged meanwhile: then all of what it became goes.
    person.follow(connection);
    let trace = Trace::of(connection, &person);
    person.remove_events(connection, removal, Some(started), &mut counts);
    counts.add("rejected", trace.remove(connection));
    counts.add("workflow_failures", trace.remove_failures(connection));
    person.remove_rest(connection, removal, &mut counts);
    if pg::keeps_snapshot() && person.is_left(connection) {
        return Err(Refusal::new(
            Code::ERRCODE_T_R_SERIALIZATION_FAILURE,
            "could not serialize access due to concurrent update",
        ));
    }
    Ok(counts)
}

/// All that is kept of a person, as a JSON object's bytes; none: nothing is. Errors: 55000, 21000, 54000 (more than jsonb can hold).
pub fn export(client: ClientId<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let config = config::current()?;
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let connection = Connection::open();
    let person = Person::find(&connection, &client)?;
    let trace = Trace::of(&connection, &person);
    let rejected: Vec<Uuid> = trace.find(&connection);
    Ok(person.export(&connection, Arg::uuids(&rejected), &trace))
}
