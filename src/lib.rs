//! tracardi: event tracking inside PostgreSQL. The way of an event: `door` → `payload` → `track` (source, event, identity,
//! visit, store, reject) → `response`; beside it `config`, `settings`, `error`, and `pg` for everything that touches
//! PostgreSQL. SQL objects are declared in `sql/`.

#![deny(unsafe_op_in_unsafe_fn)]

use pgrx::prelude::*;

mod answer;
mod change;
mod config;
mod consent;
mod counters;
mod delivery;
mod door;
mod error;
mod event;
mod event_type;
mod fields;
mod hook;
mod http;
mod id;
mod identify;
mod identity;
mod journey;
mod json;
mod jsonb;
mod mapping;
mod merge;
mod milestone;
mod payload;
mod pg;
mod privacy;
mod read;
mod reject;
mod reshape;
mod response;
mod schema;
mod segment;
mod seldom;
mod settings;
mod snapshot;
mod source;
mod store;
mod system;
mod time;
mod track;
mod upkeep;
mod visit;
mod worker;
mod workflow;

::pgrx::pg_module_magic!(name, version);

// The order here is the order of the install script.
extension_sql_file!("../sql/schema.sql", name = "schema", bootstrap);
extension_sql_file!("../sql/config.sql", name = "config", requires = ["schema"]);
extension_sql_file!("../sql/event_type.sql", name = "event_type", requires = ["config"]);
extension_sql_file!("../sql/event_mapping.sql", name = "event_mapping", requires = ["event_type"]);
extension_sql_file!("../sql/predefined.sql", name = "predefined", requires = ["event_mapping"]);
extension_sql_file!("../sql/setup.sql", name = "setup", requires = ["predefined"]);
extension_sql_file!("../sql/setup_delivery.sql", name = "setup_delivery", requires = ["setup"]);
extension_sql_file!("../sql/maintain.sql", name = "maintain", requires = ["setup_delivery"]);
extension_sql_file!("../sql/track.sql", name = "track", requires = ["maintain"]);
extension_sql_file!("../sql/event_view.sql", name = "event_view", requires = ["track"]);
extension_sql_file!("../sql/workflow.sql", name = "workflow", requires = ["event_view"]);
extension_sql_file!("../sql/delivery.sql", name = "delivery", requires = ["workflow"]);
extension_sql_file!("../sql/identify.sql", name = "identify", requires = ["delivery"]);
extension_sql_file!("../sql/consent.sql", name = "consent", requires = ["identify"]);
extension_sql_file!("../sql/privacy.sql", name = "privacy", requires = ["consent"]);
extension_sql_file!("../sql/profile_triggers.sql", name = "profile_triggers", requires = ["privacy"]);
extension_sql_file!("../sql/segment.sql", name = "segment", requires = ["profile_triggers"]);
extension_sql_file!("../sql/fields.sql", name = "fields", requires = ["segment"]);
extension_sql_file!("../sql/configuration.sql", name = "configuration", requires = ["fields"]);
extension_sql_file!("../sql/status.sql", name = "status", requires = ["configuration"]);
extension_sql_file!("../sql/api.sql", name = "api", requires = ["status"]);
extension_sql_file!("../sql/grant.sql", name = "grant", finalize);

#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    // A caught error's backtrace would end up in its DETAIL, and so with web clients.
    // SAFETY: PostgreSQL's processes have one thread.
    unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    settings::register();
    pg::register();
    pg::register_confinement();
    answer::register();
    if hook::register() && settings::database().is_some() {
        pg::register_coordinator();
    }
}
