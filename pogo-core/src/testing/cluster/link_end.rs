//! Connections between dispatchers and hosts, which can break at each step.

use std::sync::Arc;

use futures::StreamExt;
use futures::channel::mpsc;

use super::host::AttemptKey;
use super::link::{Direction, LinkState, Message, Side};
use super::process::ProcessId;
use super::world::World;

/// One end of a link.
pub(super) struct LinkEnd {
    world: Arc<World>,
    pub(super) id: u64,
    side: Side,
    inbox: mpsc::UnboundedReceiver<Message>,
}

impl World {
    /// A link between a dispatcher and a host: its two ends.
    pub(super) fn link(self: &Arc<Self>, process: ProcessId, host: usize, key: AttemptKey) -> (LinkEnd, LinkEnd) {
        let (to_dispatcher, dispatcher_inbox) = mpsc::unbounded();
        let (to_host, host_inbox) = mpsc::unbounded();
        let direction = |inbox| Direction { inbox, last: 0 };
        let id = self.with(|state| {
            let id = state.issue();
            let link = LinkState {
                process,
                host,
                key: Some(key),
                cut: false,
                loses: false,
                to_dispatcher: direction(to_dispatcher),
                to_host: direction(to_host),
            };
            state.links.insert(id, link);
            id
        });
        let end = |side, inbox| LinkEnd {
            world: Arc::clone(self),
            id,
            side,
            inbox,
        };
        (end(Side::Dispatcher, dispatcher_inbox), end(Side::Host, host_inbox))
    }

    fn send(self: &Arc<Self>, id: u64, from: Side, message: Message) {
        let to = match from {
            Side::Dispatcher => Side::Host,
            Side::Host => Side::Dispatcher,
        };
        let arrival = self.with(|state| {
            let at = state.now + state.delay();
            let link = state.links.get_mut(&id).filter(|link| !link.cut)?;
            let direction = link.to(to);
            // A connection keeps the order of its messages, whatever the delay of each.
            direction.last = at.max(direction.last + 1);
            Some(direction.last)
        });
        let Some(arrival) = arrival else { return };
        let world = Arc::clone(self);
        self.spawn(async move {
            world.simulation.sleep_until(arrival).await;
            world.with(|state| {
                if let Some(link) = state.links.get_mut(&id).filter(|link| !link.loses) {
                    // Whoever is gone reads nothing more.
                    let _ = link.to(to).inbox.unbounded_send(message);
                }
            });
        });
    }

    /// Cuts a link. Each side notices by itself, later.
    pub(super) fn cut(self: &Arc<Self>, id: u64) {
        let noticed = self.with(|state| {
            let (loses, one, other) = {
                let random = &mut state.random;
                // The host may notice much later than the dispatcher, and may begin meanwhile what
                // it was permitted before.
                (random.chance(500), random.skewed(1, 60_000), random.skewed(1, 120_000))
            };
            let link = state.links.get_mut(&id).filter(|link| !link.cut)?;
            (link.cut, link.loses) = (true, loses);
            let (key, host) = (link.key, link.host);
            if let Some(key) = key {
                state.judge.fault(key, "its link was cut");
                let host = state.host(host).name.clone();
                state.note(format_args!("the link of {} to {} is cut", key.attempt, host.as_str()));
            }
            Some((one, other))
        });
        let Some((one, other)) = noticed else { return };
        for (side, after) in [(Side::Dispatcher, one), (Side::Host, other)] {
            let world = Arc::clone(self);
            self.spawn(async move {
                world.simulation.sleep(after).await;
                world.with(|state| {
                    if let Some(link) = state.links.get_mut(&id) {
                        let _ = link.to(side).inbox.unbounded_send(Message::Closed);
                    }
                });
            });
        }
    }
}

impl LinkEnd {
    pub(super) fn send(&self, message: Message) {
        self.world.send(self.id, self.side, message);
    }

    /// The next message of the other side.
    pub(super) async fn receive(&mut self) -> Message {
        self.inbox.next().await.unwrap_or(Message::Closed)
    }
}

impl Drop for LinkEnd {
    fn drop(&mut self) {
        let silent = self.world.with(|state| {
            let gone = match state.links.get(&self.id) {
                Some(link) => self.side == Side::Dispatcher && !state.processes.contains_key(&link.process),
                None => true,
            };
            // A machine that is gone sends nothing.
            gone && !state.calm && state.random.chance(400)
        });
        match silent {
            true => self.world.cut(self.id),
            false => self.send(Message::Closed),
        }
    }
}
