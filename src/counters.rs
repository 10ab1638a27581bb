//! What was counted since the server started, as JSON for the status views; only if the library is preloaded.

use crate::jsonb::{Json, Value};
use crate::pg::{self, COUNT_NAMES, Counted, Tally};
use crate::time::Timestamp;

/// Counts of a source or a workflow by its name; of all sources together without a name. `None`: nothing is counted here.
pub fn read(counted: &str, name: Option<&str>) -> Option<Vec<u8>> {
    let shared = pg::shared()?;
    let mut pairs = vec![("since", Json::string(Timestamp(shared.since()).to_iso()))];
    match (counted, name) {
        ("workflow", Some(name)) => {
            let tally = shared.tally(Counted::Workflow, name, false).map(|(_, tally)| tally);
            let counts = tally.map(Tally::counts).unwrap_or_default();
            pairs.push(("runs", number(counts[0])));
            pairs.push(("failures", number(counts[1])));
            let time = |percent| tally.and_then(|tally| tally.percentile(percent)).map_or(Json::Null, number);
            pairs.push(("p50", time(50)));
            pairs.push(("p99", time(99)));
            pairs.push(("last", moment(tally.map_or(0, Tally::last))));
        }
        ("source", Some(name)) => {
            let tally = shared.tally(Counted::Source, name, false).map(|(_, tally)| tally);
            let counts = tally.map(Tally::counts).unwrap_or_default();
            pairs.extend(COUNT_NAMES.iter().copied().zip(counts.map(number)));
            pairs.push(("last", moment(tally.map_or(0, Tally::last))));
        }
        _ => {
            let mut totals = [0; COUNT_NAMES.len()];
            for tally in shared.tallies(Counted::Source) {
                totals.iter_mut().zip(tally.counts()).for_each(|(total, count)| *total += count);
            }
            pairs.extend(COUNT_NAMES.iter().copied().zip(totals.map(number)));
            pairs.push(("lost_reports", number(shared.lost_reports())));
            pairs.push(("worker", Json::Copy(Value::Bool(shared.worker.serves_here() && shared.worker.runs()))));
        }
    }
    Some(pg::encode(Json::Object(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())))
}

/// As a string, which holds all of them exactly.
fn number(count: u64) -> Json<'static> {
    Json::string(count.to_string())
}

fn moment(time: i64) -> Json<'static> {
    if time == 0 { Json::Null } else { Json::string(Timestamp(time).to_iso()) }
}
