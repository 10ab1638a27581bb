//! The background worker. A coordinator belongs to the whole server and keeps workers going in one database; the first worker
//! does what time does (`upkeep`), and all of them run async workflows, each for its share of the profiles. Nobody polls: they
//! sleep until something is due, or until a transaction commits that gives them something to do.

use crate::config;
use crate::pg::{self, ActAs, Connection, Failure, Handle, Order, Reason, Shared};
use crate::settings;
use crate::time::{SECOND, Timestamp};
use crate::upkeep::{self, By, TASKS, Task};
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// Something that fails is tried again after a second, after two, four, … and at last every minute.
#[derive(Default)]
struct Patience {
    failures: u32,
    not_before: Option<Timestamp>,
}

impl Patience {
    fn failed(&mut self) {
        let seconds = (1i64 << self.failures.min(6)).min(60);
        self.failures += 1;
        self.not_before = Some(pg::now().plus(seconds * SECOND));
    }

    fn allows(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|moment| moment <= now)
    }
}

/// Milliseconds until a moment; none: for ever.
fn milliseconds_until(moment: Option<Timestamp>) -> Option<i64> {
    // A millisecond more, so that the moment has come when the sleeper wakes.
    moment.map(|moment| (moment.0.saturating_sub(pg::now().0) / 1000 + 1).max(0))
}

/// The coordinator: for ever.
pub fn coordinate() {
    let Some(shared) = pg::shared() else { return };
    pg::connect(None);
    shared.worker.coordinate();
    let mut workers: Vec<Option<Handle>> = Vec::new();
    let mut order: Option<Order> = None;
    let mut patience = Patience::default();
    let mut started_at = pg::now();
    loop {
        pg::accept_signals();
        let name = settings::database();
        let found = pg::transaction("looking for the database", || name.as_deref().and_then(pg::database_by_name));
        let database = found.ok().flatten();
        let held = shared.worker.is_held();
        let before = workers.iter().flatten().count();
        for worker in &mut workers {
            if worker.as_ref().is_some_and(Handle::has_ended) {
                *worker = None;
            }
        }
        let running = workers.iter().flatten().count();
        let count = settings::workers();
        let is_wanted = order.is_some_and(|order| Some(order.database) == database && order.workers == count) && !held;
        // One that ran for a while and ended is started at once, and so are others than before; one that ends at once is not.
        if running < before {
            match is_wanted && pg::now().0 - started_at.0 < 10 * SECOND {
                true => patience.failed(),
                false => patience = Patience::default(),
            }
        }
        // Workers end by themselves when they are not wanted any more; others begin when all of those have ended.
        if running == 0 {
            order = None;
        }
        let mut wake_at = None;
        if held {
            // Whoever holds the database lets go of it, or is gone; a second is soon enough to notice that.
            wake_at = Some(pg::now().plus(SECOND));
        } else if let Some(database) = database {
            shared.worker.serve(database);
            let fits = order.is_none_or(|order| order.database == database && order.workers == count);
            if fits && running < count as usize {
                if patience.allows(pg::now()) {
                    workers.resize_with(count as usize, || None);
                    started_at = pg::now();
                    order = Some(Order { database, place: 0, workers: count });
                    if !start_missing(&mut workers, database, count) {
                        patience.failed();
                    }
                }
                wake_at = patience.not_before.filter(|moment| *moment > pg::now());
            }
        } else {
            shared.worker.serve(Oid::INVALID);
        }
        pg::sleep(milliseconds_until(wake_at));
    }
}

/// Starts the workers that don't run. Gives whether all could be started.
fn start_missing(workers: &mut [Option<Handle>], database: Oid, count: u32) -> bool {
    for (place, worker) in workers.iter_mut().enumerate().filter(|(_, worker)| worker.is_none()) {
        *worker = Handle::start(&Order { database, place: place as u32, workers: count });
        if worker.is_none() {
            pg::log(
                "tracardi: no background worker can be started: there is no slot left",
                "Raise max_worker_processes, or lower tracardi.workers.",
            );
            return false;
        }
    }
    true
}

/// A worker: until it is not wanted any more.
pub fn work() {
    let Some(shared) = pg::shared() else { return };
    let order = pg::order();
    let place = order.place as usize;
    pg::leave_at_exit(place);
    pg::connect(Some(order.database));
    shared.worker.join(place);
    pg::watch_workflows(place);
    let mut worker = Work { shared, order, waiting: HashMap::new(), round_at: Timestamp(i64::MIN) };
    loop {
        pg::accept_signals();
        if !worker.is_wanted() {
            return;
        }
        let until = worker.round();
        pg::sleep(milliseconds_until(until));
    }
}

struct Work {
    shared: &'static Shared,
    order: Order,
    /// Tasks that failed.
    waiting: HashMap<Task, Patience>,
    /// When the next round of everything is due.
    round_at: Timestamp,
}

impl Work {
    fn is_wanted(&self) -> bool {
        let worker = &self.shared.worker;
        worker.serves_here() && !worker.is_held() && settings::workers() == self.order.workers
    }

    fn is_first(&self) -> bool {
        self.order.place == 0
    }

    fn by(&self) -> By {
        By::Worker { shard: self.order.place as i32, shards: self.order.workers as i32 }
    }

    /// Does what is due. Gives until when there is nothing to do; none: until somebody wakes us.
    fn round(&mut self) -> Option<Timestamp> {
        if !self.is_first() {
            self.run(&[Task::Workflows]);
            return self.next(&[Task::Workflows]).1;
        }
        let reasons = self.shared.worker.begin();
        // A commit wakes us just before it lets others see what it changed of the catalogs (CommitTransaction in xact.c: invalidations
        // are sent after the callbacks), so one looks once more.
        let again = reasons.has(Reason::Configuration).then(|| pg::now().plus(SECOND));
        if !self.is_ready() {
            // Whatever changes that wakes us: setup(), the first track() in a copy.
            self.round_at = Timestamp(i64::MIN);
            return self.sleep(again, false);
        }
        if self.order.workers > 1 && (reasons.has(Reason::Events) || reasons.has(Reason::Configuration)) {
            self.shared.worker.wake_others();
        }
        let now = pg::now();
        if self.round_at <= now {
            self.run(&TASKS);
            self.round_at = pg::now().plus(settings::upkeep_interval());
        } else {
            let mut tasks = vec![Task::Reports, Task::Visits, Task::Workflows];
            if reasons.has(Reason::History) {
                tasks.push(Task::History);
            }
            tasks.extend(self.waiting.keys().filter(|task| !tasks.contains(task)).copied().collect::<Vec<_>>());
            self.run(&tasks);
        }
        let (eager, due) = self.next(&TASKS);
        self.sleep([due, again, Some(self.round_at)].into_iter().flatten().min(), eager)
    }

    fn sleep(&self, until: Option<Timestamp>, eager: bool) -> Option<Timestamp> {
        let until = self.shared.worker.sleep(until.map_or(i64::MAX, |moment| moment.0), eager);
        (until < i64::MAX).then_some(Timestamp(until))
    }

    /// Whether tracardi is set up here, and this is no copy of where it was.
    fn is_ready(&self) -> bool {
        pg::transaction("looking for tracardi", || {
            pg::extension_is_here() && config::current().is_ok_and(|c| c.adopted)
        })
        .unwrap_or(false)
    }

    /// Runs tasks, a step of each in turn, until none has more to do.
    fn run(&mut self, tasks: &[Task]) {
        let mut tasks = tasks.to_vec();
        while !tasks.is_empty() {
            let mut more = Vec::new();
            for task in tasks {
                pg::accept_signals();
                if !self.is_wanted() {
                    return;
                }
                if self.step(task) {
                    more.push(task);
                }
            }
            tasks = more;
        }
    }

    fn step(&mut self, task: Task) -> bool {
        if self.waiting.get(&task).is_some_and(|patience| !patience.allows(pg::now())) {
            return false;
        }
        let by = self.by();
        let done = pg::transaction(task.name(), || {
            // Where tracardi was dropped meanwhile, there is nothing to do.
            let ready = pg::extension_is_here() && config::current().is_ok_and(|config| config.adopted);
            // Each worker has its share of the workflows' work; all else is one's at a time.
            let free = task == Task::Workflows || (ready && upkeep::lock(by));
            if ready && free { upkeep::step(task, by).unwrap_or_else(|refusal| refusal.raise()) } else { false }
        });
        pg::end_watch(done.is_ok());
        match done {
            Ok(more) => {
                self.waiting.remove(&task);
                more
            }
            Err(failure) => {
                self.waiting.entry(task).or_default().failed();
                self.complain(task, &failure);
                false
            }
        }
    }

    /// The message of an error may hold somebody's data: the log gets its code.
    fn complain(&self, task: Task, failure: &Failure) {
        pg::log(
            &format!("tracardi worker: could not {}: error {}", task.name(), failure.code),
            "It is tried again. CALL tracardi.maintain(); shows the error.",
        );
    }

    /// Whether events are to wake us, and when one of these tasks is due.
    fn next(&self, tasks: &[Task]) -> (bool, Option<Timestamp>) {
        let first = self.is_first();
        let found = pg::transaction("looking for what is due", || {
            let Ok(config) = config::current() else { return (false, None, None) };
            let (eager, workflow) = {
                let _acting = ActAs::confined(config.config_owner, &config.search_path, Oid::INVALID);
                upkeep::next_workflow(&Connection::open())
            };
            let _acting = ActAs::confined(config.owner, &config.search_path, Oid::INVALID);
            let visit = if first { upkeep::next_end(&Connection::open()) } else { None };
            (eager, workflow, visit)
        });
        // Should even that fail, one looks again in a while.
        let Ok((eager, workflow, visit)) = found else { return (true, Some(pg::now().plus(60 * SECOND))) };
        // Ending visits one by one would be many rounds: they wait for others a thirtieth of the timeout.
        let visit = visit.map(|moment| moment.plus(settings::session_timeout() / 30));
        // What is due already was left because somebody else is at it.
        let soon = pg::now().plus(SECOND);
        let later = |moment: Timestamp| if moment <= pg::now() { soon } else { moment };
        let due = |task: &Task| {
            let moment = match task {
                Task::Visits => visit.map(later),
                Task::Workflows => workflow.map(later),
                _ => None,
            };
            match self.waiting.get(task).and_then(|patience| patience.not_before) {
                Some(not_before) => Some(moment.map_or(not_before, |moment| moment.max(not_before))),
                None => moment,
            }
        };
        (eager, tasks.iter().filter_map(due).min())
    }
}
