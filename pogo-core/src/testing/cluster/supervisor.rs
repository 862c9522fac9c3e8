//! The supervisor on a host: it takes the host lock, waits for `go`, and supervises the command.

use std::sync::Arc;

use futures::channel::oneshot;
use futures::future::{Either, FutureExt, pending, select};

use super::defect::Defect;
use super::executor::Millis;
use super::host::{AttemptKey, HostAnswer, RecordedState, Taken};
use super::judge::{Beginning, Judge};
use super::link::Message;
use super::link_end::LinkEnd;
use super::process::ProcessId;
use super::world::{Supervisor, World};

/// A supervisor's number, host, attempt and launcher.
#[derive(Clone, Copy)]
struct Duty {
    id: u64,
    host: usize,
    key: AttemptKey,
    process: ProcessId,
}

/// How a wait of a supervisor ended.
enum Heard {
    /// Something came over the link.
    Message(Message),
    /// Its time limit was reached, or its command ended.
    Over,
    /// The host went down, and the supervisor with it.
    Killed,
}

impl World {
    /// Serves a connection to a host.
    pub(super) async fn serve(self: Arc<Self>, process: ProcessId, host: usize, mut link: LinkEnd) {
        match link.receive().await {
            Message::Launch { key } => self.supervise(process, host, key, link).await,
            Message::Ask { key, wait } => self.answer(host, key, wait, &link).await,
            _ => {}
        }
    }

    async fn supervise(self: &Arc<Self>, process: ProcessId, host: usize, key: AttemptKey, mut link: LinkEnd) {
        let (kill, killed) = oneshot::channel();
        let id = self.with(|state| {
            let id = state.issue();
            let supervisor = Supervisor {
                host,
                key,
                waits: false,
                kill: Some(kill),
            };
            state.supervisors.insert(id, supervisor);
            id
        });
        let duty = Duty { id, host, key, process };
        let mut killed = killed.map(|_| ()).shared();
        match self.take_lock(duty).await {
            Taken::Busy => {
                self.with(|state| {
                    let running: Vec<AttemptKey> = state.host(host).running.values().copied().collect();
                    state.judge.busy(running.into_iter());
                });
                link.send(Message::Busy);
            }
            Taken::Superseded => link.send(Message::Never("superseded")),
            Taken::Again => link.send(Message::Never("again")),
            Taken::Held => {
                if let Some(waited) = self.await_go(duty, &mut link, &mut killed).await {
                    let ended = self.begin(duty, waited);
                    link.send(Message::Begun);
                    self.watch(duty, &mut link, (ended, &mut killed)).await;
                }
            }
        }
        self.with(|state| {
            state.supervisors.remove(&id);
            state.host(host).release(id);
        });
    }

    /// Waits a second for the lock before the host counts as busy.
    async fn take_lock(self: &Arc<Self>, Duty { id, host, key, .. }: Duty) -> Taken {
        let taken = self.with(|state| state.host(host).take(id, key));
        if taken != Taken::Busy {
            return taken;
        }
        self.simulation.sleep(1_000).await;
        self.with(|state| state.host(host).take(id, key))
    }

    /// Reports ready, and waits for `go`. Returns how long that took by the host's clock.
    async fn await_go(
        self: &Arc<Self>,
        Duty { id, host, key, .. }: Duty,
        link: &mut LinkEnd,
        killed: &mut (impl Future<Output = ()> + Unpin),
    ) -> Option<Millis> {
        let (ready, patience) = self.with(|state| {
            let now = state.now;
            if let Some(supervisor) = state.supervisors.get_mut(&id) {
                supervisor.waits = true;
            }
            let host = state.host(host);
            let (clock, patience, name) = (host.clock(now), host.world_time(Judge::PATIENCE), host.name.clone());
            state.note(format_args!("{} is ready for {}", name.as_str(), key.attempt));
            (clock, patience)
        });
        link.send(Message::Ready);
        let limitless = self.has(Defect::GoHasNoLimit);
        let limit = match limitless {
            true => pending().boxed(),
            false => self.simulation.sleep(patience).boxed(),
        };
        let heard = hear(link, limit, killed).await;
        if matches!(heard, Heard::Message(Message::Go)) {
            // A machine that was suspended goes on later; its clock does not stop meanwhile.
            let suspended = self.with(|state| match !state.calm && state.random.chance(20) {
                true => state.random.between(1_000, 40_000),
                false => 0,
            });
            self.simulation.sleep(suspended).await;
        }
        let (waited, held) = self.with(|state| {
            let now = state.now;
            if let Some(supervisor) = state.supervisors.get_mut(&id) {
                supervisor.waits = false;
            }
            let host = state.host(host);
            (host.clock(now).saturating_sub(ready), host.is_held_by(id))
        });
        // Looked at again after the wait: the machine may have slept, and the lock may be another's
        // since.
        let goes = matches!(heard, Heard::Message(Message::Go)) && (waited <= Judge::PATIENCE || limitless) && held;
        if !goes {
            self.with(|state| state.note(format_args!("{} does not begin, after {waited} ms", key.attempt)));
            // Whoever was killed says nothing.
            if !matches!(heard, Heard::Killed) {
                link.send(Message::Never("late"));
            }
        }
        goes.then_some(waited)
    }

    /// Begins the command, and reports its end.
    fn begin(self: &Arc<Self>, Duty { host, key, process, .. }: Duty, waited: Millis) -> oneshot::Receiver<u32> {
        let (command, kill, span, status) = self.with(|state| {
            let now = state.now;
            let random = &mut state.random;
            let (span, status) = (random.skewed(50, 60_000), u32::from(random.chance(120)));
            let command = state.issue();
            let (kill, killed) = oneshot::channel();
            state.commands.insert(command, kill);
            let model = state.host(host);
            let name = model.name.clone();
            let running = model.running.values().copied().collect();
            model.running.insert(command, key);
            // In one step with the start: in the model no fault comes between the two.
            model.write(key, RecordedState::Begun { command });
            state.note(format_args!("{} begins on {}", key.attempt, name.as_str()));
            let beginning = Beginning {
                key,
                host: &name,
                process,
                waited,
                running,
            };
            state.judge.begins(now, beginning);
            (command, killed, span, status)
        });
        let (ended, end) = oneshot::channel();
        let world = Arc::clone(self);
        self.spawn(async move {
            let status = match select(world.simulation.sleep(span), kill).await {
                Either::Left(_) => status,
                Either::Right((killed, _)) => killed.unwrap_or(status),
            };
            world.with(|state| {
                state.commands.remove(&command);
                state.host(host).running.remove(&command);
                state.judge.attempts.entry(key).or_default().status = Some(status);
                state.note(format_args!("{} ends with {status}", key.attempt));
            });
            // Its supervisor may be gone.
            let _ = ended.send(status);
        });
        end
    }

    /// Waits for the end of the command, and records it.
    async fn watch(
        self: &Arc<Self>,
        Duty { host, key, .. }: Duty,
        link: &mut LinkEnd,
        (mut ended, killed): (oneshot::Receiver<u32>, &mut (impl Future<Output = ()> + Unpin)),
    ) {
        let mut deaf = false;
        let status = loop {
            let mut status = None;
            let over = async { status = (&mut ended).await.ok() }.boxed();
            let heard = match deaf {
                false => hear(link, over, killed).await,
                true => match select(over, &mut *killed).await {
                    Either::Left(_) => Heard::Over,
                    Either::Right(_) => Heard::Killed,
                },
            };
            match heard {
                Heard::Over => break status,
                Heard::Killed => return,
                Heard::Message(Message::Stop) => self.end_command(host, key, (1, 4_000), 950).await,
                Heard::Message(Message::Closed) => {
                    // A closed link would be heard again and again.
                    deaf = true;
                    self.end_command(host, key, (1, 10_000), 500).await;
                }
                Heard::Message(_) => {}
            }
        };
        // A supervisor that is killed between the end of its command and its record leaves no
        // record.
        self.wait(1, 20).await;
        if let (Some(status), None) = (status, (&mut *killed).now_or_never()) {
            self.with(|state| state.host(host).write(key, RecordedState::Ended { status }));
            link.send(Message::Ended { status });
        }
    }

    /// Ends the command of an attempt, unless it ignores that.
    async fn end_command(self: &Arc<Self>, host: usize, key: AttemptKey, (least, most): (Millis, Millis), heeds: u64) {
        if !self.with(|state| state.random.chance(heeds)) {
            return;
        }
        self.wait(least, most).await;
        self.with(|state| {
            let running = state.host(host).running.iter();
            let of_attempt = running.filter(|(_, running)| **running == key);
            let commands: Vec<u64> = of_attempt.map(|(id, _)| *id).collect();
            for command in commands {
                if let Some(kill) = state.commands.remove(&command) {
                    let _ = kill.send(143);
                }
            }
        });
    }

    /// Answers about an attempt, once that is final or the time limit is reached.
    async fn answer(self: &Arc<Self>, host: usize, key: AttemptKey, wait: Millis, link: &LinkEnd) {
        let began = self.simulation.now();
        let found = loop {
            let found = self.with(|state| state.host(host).look(key));
            let most = match found {
                // No longer than it can still begin: after that it is known that it never will.
                HostAnswer::Waits => Judge::PATIENCE + 5_000,
                HostAnswer::Running | HostAnswer::Busy => wait,
                _ => break found,
            };
            if self.simulation.now() - began >= most {
                break found;
            }
            self.simulation.sleep(1_000).await;
        };
        self.with(|state| state.note(format_args!("the host of {} says {found:?}", key.attempt)));
        link.send(Message::Answer(found));
    }
}

async fn hear(
    link: &mut LinkEnd,
    over: impl Future<Output = ()> + Unpin,
    killed: &mut (impl Future<Output = ()> + Unpin),
) -> Heard {
    match select(killed, select(link.receive().boxed(), over)).await {
        Either::Left(_) => Heard::Killed,
        Either::Right((Either::Left((message, _)), _)) => Heard::Message(message),
        Either::Right((Either::Right(_), _)) => Heard::Over,
    }
}
