//! Injects faults.

use std::sync::Arc;

use super::attempt_truth::SUPERVISOR_KILLED;
use super::executor::Millis;
use super::process::ProcessId;
use super::world::World;
use crate::journal::Acquire;
use crate::scheduler::RestoreCause;

impl World {
    /// Injects faults for a while, then heals everything.
    pub(super) async fn chaos(self: &Arc<Self>) {
        self.start(Acquire::IfFree);
        let until = self.with(|state| u64::try_from(state.options.chaos.as_millis()).unwrap_or(Millis::MAX));
        self.order_soon();
        while self.simulation.now() < until {
            // Short waits are the more frequent ones: faults that overlap break more than faults
            // alone.
            self.wait(20, 12_000).await;
            match self.with(|state| state.random.below(100)) {
                // Most of the draws are orders: faults in a cluster that does nothing test nothing.
                0..=39 => self.order_soon(),
                chosen => self.break_something(chosen),
            }
            // Otherwise the rest of the time of faults could pass without any dispatcher.
            self.keep_one_alive();
        }
        self.heal();
    }

    fn break_something(self: &Arc<Self>, chosen: u64) {
        match chosen {
            40..=49 => self.pause_one(),
            50..=55 => {
                if let Some(id) = self.any_process() {
                    self.kill(id);
                }
            }
            56..=65 => self.take_over(),
            66..=72 => self.partition(),
            73..=76 => self.journal_goes_away(),
            77..=86 => self.cut_some_link(),
            87..=92 => self.kill_some_supervisor(),
            95..=99 if self.with(|state| state.options.restores) => self.restore(),
            93..=96 => self.with(|state| state.store.copy()),
            _ => self.order_soon(),
        }
    }

    fn any_process(&self) -> Option<ProcessId> {
        self.with(|state| {
            let lives: Vec<ProcessId> = state.processes.keys().copied().collect();
            state.random.pick(&lives).copied()
        })
    }

    fn pause_one(self: &Arc<Self>) {
        let span = self.with(|state| state.random.skewed(200, 80_000));
        if let Some(id) = self.any_process() {
            self.pause(id, span);
        }
    }

    /// Another dispatcher takes over by force, or waits to.
    pub(super) fn take_over(self: &Arc<Self>) {
        let how = self.with(|state| {
            let room = state.processes.len() < state.options.dispatchers;
            let how = if state.random.chance(750) {
                Acquire::Force
            } else {
                Acquire::Wait
            };
            room.then_some(how)
        });
        if let Some(how) = how {
            self.start(how);
        }
    }

    /// Makes sure that some dispatcher wants to own the journal.
    fn keep_one_alive(self: &Arc<Self>) {
        if self.with(|state| state.processes.is_empty()) {
            self.start(Acquire::Wait);
        }
    }

    fn partition(self: &Arc<Self>) {
        let Some(id) = self.any_process() else { return };
        let cut = self.with(|state| {
            // Apart and together: a dispatcher that reaches its hosts and not its journal must let
            // nothing begin.
            let (until, which) = (state.now + state.random.skewed(500, 90_000), state.random.below(3));
            let process = state.processes.get_mut(&id)?;
            if which != 1 {
                process.no_journal_until = until;
            }
            if which != 0 {
                process.no_hosts_until = until;
            }
            let from = ["the journal", "its hosts", "everything"]
                .into_iter()
                .nth(usize::try_from(which).ok()?)?;
            state.note(format_args!("{id} is cut off from {from}"));
            let of_process = state
                .links
                .iter()
                .filter(|(_, link)| link.process == id && link.is_whole());
            let links: Vec<u64> = of_process.map(|(link, _)| *link).collect();
            (which != 0).then_some(links)
        });
        cut.into_iter().flatten().for_each(|link| self.cut(link));
    }

    fn journal_goes_away(&self) {
        self.with(|state| {
            let span = state.random.skewed(500, 120_000);
            state.store.away_until = state.now + span;
            state.note(format_args!("the journal is away for {span} ms"));
        });
    }

    fn cut_some_link(self: &Arc<Self>) {
        let link = self.with(|state| {
            // A link that nobody reads any more can be cut without effect.
            let whole = state.links.iter().filter(|(_, link)| link.is_whole() && link.is_used());
            let whole: Vec<u64> = whole.map(|(link, _)| *link).collect();
            state.random.pick(&whole).copied()
        });
        if let Some(link) = link {
            self.cut(link);
        }
    }

    fn kill_some_supervisor(self: &Arc<Self>) {
        let all: Vec<u64> = self.with(|state| state.supervisors.keys().copied().collect());
        if let Some(id) = self.with(|state| state.random.pick(&all).copied()) {
            self.kill_supervisor(id);
        }
    }

    /// Kills the supervisor of a command; the command goes on.
    pub(super) fn kill_supervisor(&self, id: u64) {
        let kill = self.with(|state| {
            let supervisor = state.supervisors.get_mut(&id)?;
            let (host, key, kill) = (supervisor.host, supervisor.key, supervisor.kill.take());
            state.judge.fault(key, SUPERVISOR_KILLED);
            let host = state.host(host);
            // The kernel frees the lock of a dead process.
            host.release(id);
            let name = host.name.clone();
            state.note(format_args!(
                "the supervisor of {} on {} is killed",
                key.attempt,
                name.as_str()
            ));
            kill
        });
        if let Some(kill) = kill {
            let _ = kill.send(());
        }
    }

    /// The journal loses its tail, and with it its owner; the next one may get the same epoch.
    fn restore(self: &Arc<Self>) {
        self.with(|state| {
            let copies = state.store.copies();
            // Mostly the last one: a copy from long ago loses nearly all, and then little is left
            // to go wrong.
            let nth = match state.random.chance(700) {
                true => copies.saturating_sub(1),
                false => state.random.index(copies),
            };
            let cause = match state.random.chance(500) {
                true => RestoreCause::Copied,
                false => RestoreCause::LostTail,
            };
            let Some(lost) = state.store.restore(nth, cause) else {
                return;
            };
            state.note(format_args!(
                "the journal is restored from a copy, and loses {lost} records"
            ));
            state.judge.restored(&state.store.records);
        });
        // Owners that wait for the loss of their journal have to see that it is no longer theirs.
        self.freed.notify(usize::MAX);
        self.take_over();
    }

    /// A permission became durable: the moment at which faults matter most.
    pub(super) fn permission_is_durable(self: &Arc<Self>, id: ProcessId) {
        let (draw, span) = self.with(|state| {
            // Calm lasts: whatever breaks after it would be taken for a job that does not end.
            let draw = if state.calm { 1_000 } else { state.random.below(1_000) };
            (draw, state.random.skewed(1_000, 60_000))
        });
        match draw {
            0..=119 => {
                self.pause(id, span);
                self.take_over_soon();
            }
            120..=149 => self.kill(id),
            150..=179 => self.take_over_soon(),
            _ => {}
        }
    }

    fn take_over_soon(self: &Arc<Self>) {
        let world = Arc::clone(self);
        self.spawn(async move {
            world.wait(1, 15_000).await;
            if !world.with(|state| state.calm) {
                world.take_over();
            }
        });
    }

    /// Ends all faults.
    fn heal(&self) {
        let ids = self.with(|state| {
            state.calm = true;
            state.note(format_args!("everything is mended"));
            state.store.away_until = 0;
            for process in state.processes.values_mut() {
                (process.no_hosts_until, process.no_journal_until) = (0, 0);
            }
            state.processes.keys().copied().collect::<Vec<_>>()
        });
        ids.into_iter().for_each(|id| self.resume(id));
    }
}
