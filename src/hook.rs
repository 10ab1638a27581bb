//! What PostgreSQL's own hooks and triggers tell: changes of the configuration and of the schema. They become system events in
//! the transaction that made them. Whatever goes wrong here stays here: no statement fails because it can't be told.

use crate::config::{self, Config};
use crate::jsonb::Json;
use crate::milestone::{self, Milestone, Told};
use crate::pg::{self, ActAs, Arg, Connection, Failure, Plan, Reason};
use crate::settings;
use crate::store::Common;
use crate::system;
use pgrx::pg_sys::{Oid, TEXTOID};

thread_local! {
    static IS_ENABLED: Plan = const { Plan::new(
        "SELECT enabled FROM tracardi.system_event WHERE type OPERATOR(pg_catalog.=) $1", &[TEXTOID],
    ) };
}

/// Called once, when the library is loaded.
pub fn register() -> bool {
    pg::register_preloaded(schema_changed)
}

/// A statement changed a configuration table, which belongs to `owner`.
pub fn configuration_changed(table: &str, command: &str, owner: Oid) {
    pg::wake_at_commit(i64::MIN, Reason::Configuration);
    if is_silent() {
        return;
    }
    // The copy of the configuration has just become stale: it is not read anew for each statement just to ask this.
    let milestone = Milestone::ConfigurationChanged;
    let told = swallow(pg::attempt(|| {
        let enabled = {
            let _acting = ActAs::new(owner, None);
            let connection = Connection::open();
            IS_ENABLED.with(|plan| connection.run(plan, &[Arg::text(milestone.name())]).get::<bool>(0, 0))
        };
        if enabled == Some(true) {
            announce(milestone, vec![("table".into(), Json::string(table.to_owned())), command_pair(command)]);
        }
    }));
    told.unwrap_or_default();
}

/// A command touched objects of schema `tracardi`.
fn schema_changed(command: &str, objects: &[String]) {
    if is_silent() {
        return;
    }
    let list = objects.iter().map(|object| Json::string(object.clone())).collect();
    // Commands such as CREATE INDEX CONCURRENTLY have none left when they end.
    let told = swallow(pg::attempt(|| {
        pg::with_snapshot(|| {
            announce(Milestone::SchemaChanged, vec![command_pair(command), ("objects".into(), Json::Array(list))]);
        });
    }));
    told.unwrap_or_default();
}

type Pair = (std::borrow::Cow<'static, str>, Json<'static>);

fn command_pair(command: &str) -> Pair {
    ("command".into(), Json::string(command.to_owned()))
}

/// Also while a system event is being told: what its workflows change is not told again, and so on for ever.
fn is_silent() -> bool {
    pg::is_quiet() || settings::silent() || milestone::is_telling()
}

fn swallow(result: Result<(), Failure>) -> Option<()> {
    result
        .inspect_err(|failure| {
            pg::log(&format!("tracardi: a change was not told: error {}", failure.code), "The change itself is done.");
        })
        .ok()
}

fn announce(milestone: Milestone, mut pairs: Vec<Pair>) {
    let Ok(config) = config::current() else { return };
    if !config.adopted || !config.makes(milestone.name()) {
        return;
    }
    pairs.push(("role".into(), Json::string(pg::role_name(pg::current_role()))));
    let properties = pg::encode(Json::Object(pairs));
    tell(&config, &Told { milestone, time: None, index: None, properties: &properties });
}

fn tell(config: &Config, told: &Told<'_>) {
    let caller = pg::current_role();
    let _acting = ActAs::new(config.owner, Some(&config.search_path));
    let common = Common { source_id: "", session_id: None, profile_id: None, received_at: pg::now() };
    system::announce(&Connection::open(), config, caller, &common, told);
}
