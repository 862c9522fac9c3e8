//! Starts, kills, pauses and resumes dispatcher processes.

use std::sync::Arc;
use std::time::Duration;

use super::clock::ProcessClock;
use super::executor::Millis;
use super::journal::ClusterJournal;
use super::judge::ClusterRule;
use super::process::{Process, ProcessId};
use super::transport::ClusterTransport;
use super::world::{State, World};
use crate::dispatcher::{AcceptRestore, Dispatcher, JournalRetry};
use crate::journal::{Acquire, ClockSkew, Nonce, OwnerId};
use crate::scheduler::{Actor, RequestId};

impl World {
    /// Starts a dispatcher.
    pub(super) fn start(self: &Arc<Self>, how: Acquire) -> ProcessId {
        let (id, ahead, nonce, snapshots, accepted) = self.with(|state| {
            state.lives += 1;
            let id = ProcessId(state.lives);
            let ahead = state.draw_clock();
            let accepted = state.draw_acceptance(id);
            let snapshots = state.options.snapshot_every;
            let nonce = Nonce(state.random.next());
            let process = Process {
                handle: None,
                paused: false,
                no_journal_until: 0,
                no_hosts_until: 0,
                ahead,
                shown_skew: 0,
            };
            state.processes.insert(id, process);
            state.note(format_args!("{id} starts, {how:?}"));
            (id, ahead, nonce, snapshots, accepted)
        });
        let clock = Arc::new(ProcessClock::new(&self.simulation, ahead));
        let transport = Arc::new(ClusterTransport::new(self, id));
        let journal = Arc::new(ClusterJournal::new(self, id));
        let mut builder = Dispatcher::builder(transport)
            .journal(journal)
            .clock(clock)
            .owner(OwnerId(id.to_string().into()))
            .nonce(nonce)
            .acquire(how)
            .namespace("cluster")
            // A dispatcher that gives up would end by itself, and partitions could last no longer
            // than its patience.
            .journal_retry(JournalRetry::forever());
        if let Some(accepted) = accepted {
            builder = builder.accept_restore(accepted);
        }
        if let Some(records) = snapshots {
            builder = builder.snapshot_every(records);
        }
        let world = Arc::clone(self);
        self.simulation.spawn(id.group(), async move {
            let why = match builder.build().await {
                Ok((dispatcher, handle)) => {
                    world.with(|state| {
                        state.note(format_args!("{id} owns the journal"));
                        state.check_clock(id, how);
                        if let Some(process) = state.processes.get_mut(&id) {
                            process.handle = Some(handle);
                        }
                    });
                    dispatcher.run().await.map(|_| ())
                }
                Err(error) => Err(error),
            };
            world.ended(id, why.err().map_or_else(String::new, |error| error.to_string()));
        });
        id
    }

    fn ended(&self, id: ProcessId, why: String) {
        let process = self.with(|state| {
            state.note(format_args!("{id} ends: {why}"));
            state.processes.remove(&id)
        });
        drop(process);
    }

    /// Kills a dispatcher, which breaks its connections.
    pub(super) fn kill(&self, id: ProcessId) {
        let process = self.with(|state| {
            let process = state.processes.remove(&id);
            if process.is_some() {
                state.note(format_args!("{id} is killed"));
            }
            process
        });
        drop(process);
        self.simulation.kill(id.group());
    }

    /// Pauses a dispatcher, which wakes up as if no time had passed.
    pub(super) fn pause(self: &Arc<Self>, id: ProcessId, span: Millis) {
        let paused = self.with(|state| match state.processes.get_mut(&id) {
            Some(process) if !process.paused => {
                process.paused = true;
                // Of all attempts: nobody knows which of them it will hear of too late.
                state.judge.fault_all("its dispatcher was paused");
                state.note(format_args!("{id} is paused for {span} ms"));
                true
            }
            _ => false,
        });
        if !paused {
            return;
        }
        self.simulation.pause(id.group());
        let world = Arc::clone(self);
        self.spawn(async move {
            world.simulation.sleep(span).await;
            world.resume(id);
        });
    }

    /// Wakes a dispatcher up.
    pub(super) fn resume(&self, id: ProcessId) {
        self.with(|state| {
            if let Some(process) = state.processes.get_mut(&id)
                && process.paused
            {
                process.paused = false;
                state.note(format_args!("{id} wakes up"));
            }
        });
        self.simulation.resume(id.group());
    }
}

impl State {
    /// How far the clock of a new process is ahead of the world's.
    fn draw_clock(&mut self) -> Millis {
        let random = &mut self.random;
        let is_right = !random.chance(300);
        match self.options.skewed_clocks {
            // Ten seconds is the rule, so that the clocks of the others are behind it as often as ahead.
            false if is_right => 10_000,
            false => random.below(20_000),
            true if is_right => ProcessClock::STORE_AHEAD,
            true => {
                let skew = if random.chance(500) {
                    15_000
                } else {
                    random.below(25_000)
                };
                match random.chance(500) {
                    true => ProcessClock::STORE_AHEAD + skew,
                    false => ProcessClock::STORE_AHEAD - skew,
                }
            }
        }
    }

    /// Whether an operator accepts that the journal was restored, should it be: mostly, and now and then without it
    /// being known that it was.
    fn draw_acceptance(&mut self, id: ProcessId) -> Option<AcceptRestore> {
        if !self.options.restores {
            return None;
        }
        let is_accepted = self.calm || self.random.chance(800);
        let is_declared = !self.calm && self.random.chance(30);
        let request = RequestId::new(id.to_string()).ok()?;
        let accepted = AcceptRestore::because("a drill")
            .by(Actor::new("ann"))
            .as_request(request);
        match is_declared {
            true => Some(accepted.declared()),
            false => is_accepted.then_some(accepted),
        }
    }

    /// A dispatcher took over.
    fn check_clock(&mut self, id: ProcessId, how: Acquire) {
        let shown = self.processes.get(&id).map_or(0, |process| process.shown_skew);
        let skewed = Duration::from_millis(shown) > ClockSkew::MOST;
        if skewed && how == Acquire::Force {
            self.judge.counts.forced_in_spite_of_its_clock += 1;
        } else if skewed {
            let message = format_args!("{id} takes over {how}, and its clock is {shown} ms from that of the store");
            self.judge.find(ClusterRule::Clock, message);
        }
    }
}
