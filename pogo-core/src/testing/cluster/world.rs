//! The world around the dispatchers: hosts, links, the journal's store, and the judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use event_listener::Event as Notification;
use futures::channel::oneshot;

use super::defect::Defect;
use super::executor::{Group, Millis, Simulation};
use super::host::{AttemptKey, HostModel};
use super::judge::{HostTruth, Judge};
use super::link::LinkState;
use super::namespace::Namespace;
use super::options::ClusterOptions;
use super::process::{Process, ProcessId};
use super::random::Random;
use super::store::Store;
use super::trace::ClusterTrace;
use crate::scheduler::Record;

/// The world of a run.
pub(super) struct World {
    pub(super) simulation: Arc<Simulation>,
    /// Notified whenever the journal's owner changes.
    pub(super) freed: Notification,
    state: Mutex<State>,
}

/// A supervisor of a command.
pub(super) struct Supervisor {
    pub(super) host: usize,
    pub(super) key: AttemptKey,
    /// It waits for `go`.
    pub(super) waits: bool,
    pub(super) kill: Option<oneshot::Sender<()>>,
}

pub(super) struct State {
    pub(super) now: Millis,
    pub(super) options: ClusterOptions,
    pub(super) namespace: Namespace,
    pub(super) random: Random,
    pub(super) trace: ClusterTrace,
    pub(super) store: Store,
    pub(super) hosts: Vec<HostModel>,
    pub(super) processes: BTreeMap<ProcessId, Process>,
    /// How many dispatchers were started.
    pub(super) lives: u64,
    pub(super) links: BTreeMap<u64, LinkState>,
    pub(super) supervisors: BTreeMap<u64, Supervisor>,
    /// The means to end a command.
    pub(super) commands: BTreeMap<u64, oneshot::Sender<u32>>,
    /// Numbers for links, supervisors and commands.
    issued: u64,
    pub(super) judge: Judge,
    /// Faults have ended.
    pub(super) calm: bool,
}

impl World {
    pub(super) fn new(options: ClusterOptions, seed: u64) -> Arc<Self> {
        let mut random = Random::new(seed, 1);
        let namespace = Namespace::draw(&options, &mut random);
        let hosts = namespace.fleet.ids().map(|id| namespace.fleet.name(id).clone());
        let hosts = hosts.map(|name| {
            // Five percent is far more than clocks drift, so that code that compares clocks of two
            // machines is found.
            let (offset, rate) = (random.below(100_000_000), random.between(950, 1_050));
            let mut host = HostModel::new(name, offset, rate);
            host.checks_group = options.defect != Some(Defect::GroupNotChecked);
            host
        });
        let hosts: Vec<HostModel> = hosts.collect();
        let store = Store::new(options.defect);
        let state = State {
            now: 0,
            options,
            namespace,
            random,
            trace: ClusterTrace::default(),
            store,
            hosts,
            processes: BTreeMap::new(),
            lives: 0,
            links: BTreeMap::new(),
            supervisors: BTreeMap::new(),
            commands: BTreeMap::new(),
            issued: 0,
            judge: Judge::default(),
            calm: false,
        };
        Arc::new(Self {
            simulation: Arc::default(),
            freed: Notification::new(),
            state: Mutex::new(state),
        })
    }

    /// Runs a closure on the state. Must not be nested.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let now = self.simulation.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = now;
        // In the trace where it happens, and not only at the end: what comes before it is what has
        // to be read.
        let kept = state.judge.finding.is_none();
        let done = act(&mut state);
        if kept && let Some(finding) = &state.judge.finding {
            let line = format!("BROKEN: {finding}");
            state.note(format_args!("{line}"));
        }
        done
    }

    /// Spawns a task that does not belong to a dispatcher.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.simulation.spawn(Group::WORLD, task);
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.with(|state| state.options.defect == Some(defect))
    }

    /// Waits for a random time, mostly short.
    pub(super) async fn wait(self: &Arc<Self>, first: Millis, last: Millis) {
        let span = self.with(|state| state.random.skewed(first, last));
        self.simulation.sleep(span).await;
    }
}

impl State {
    pub(super) fn note(&mut self, line: std::fmt::Arguments<'_>) {
        self.trace.note(self.now, line);
    }

    pub(super) fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    pub(super) fn host(&mut self, at: usize) -> &mut HostModel {
        self.hosts.get_mut(at).expect("hosts stay as they are")
    }

    pub(super) fn host_named(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host.name.as_str() == name)
    }

    pub(super) fn reaches_hosts(&self, process: ProcessId) -> bool {
        let process = self.processes.get(&process);
        process.is_some_and(|process| self.now >= process.no_hosts_until)
    }

    /// Records became durable.
    pub(super) fn durable(&mut self, process: ProcessId, records: &[Record]) {
        let reaches_hosts = self.reaches_hosts(process);
        let running = |host: &HostModel| host.running.values().copied().collect();
        let waiting = self.supervisors.values().filter(|supervisor| supervisor.waits);
        let truth = HostTruth {
            running: self.hosts.iter().map(|host| (&host.name, running(host))).collect(),
            waiting: waiting.map(|supervisor| supervisor.key).collect(),
            are_asked: self.options.fences,
            unreachable: match reaches_hosts {
                true => BTreeSet::new(),
                false => self.hosts.iter().map(|host| &host.name).collect(),
            },
        };
        self.judge.durable(process, records, &truth);
    }
}
