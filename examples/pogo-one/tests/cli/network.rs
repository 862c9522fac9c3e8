//! Machines of a test's own, each in a network namespace, from which the store, the hosts and the clients are cut off
//! one by one.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

/// How many machines there are.
const MACHINES: u8 = 3;

/// What a machine is connected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Store,
    Hosts,
    Clients,
}

const LINKS: [Link; 3] = [Link::Store, Link::Hosts, Link::Clients];

/// The cables and addresses; gone when dropped. Of the addresses for measurements of networks (RFC 2544): those of
/// hosts are in 198.18, those of machines in 198.19.
pub(super) struct Network {
    /// Which part of the addresses it has.
    slot: u8,
}

impl Network {
    /// `None`, and a word on standard error, where this process may not make one.
    pub(super) fn lay(test: &str) -> Option<Self> {
        // Whoever has the address has the slot.
        let slot = (1..120).find(|slot| ip(&format!("addr add {}/32 dev lo", near(*slot, Link::Store))));
        let network = slot.map(|slot| Self { slot });
        // Whoever may add an address may not therefore make a namespace.
        let Some(network) = network.filter(|network| network.may_make(0)) else {
            eprintln!("LEFT OUT: {test} needs the right to make network namespaces, and iproute2");
            return None;
        };
        for link in [Link::Hosts, Link::Clients] {
            must(&format!("addr add {}/32 dev lo", near(network.slot, link)));
        }
        must(&format!("route replace local {} dev lo", network.hosts()));
        for machine in 0..MACHINES {
            network.connect(machine);
        }
        Some(network)
    }

    fn may_make(&self, machine: u8) -> bool {
        let space = self.space(machine);
        ip(&format!("netns del {space}"));
        ip(&format!("netns add {space}"))
    }

    fn connect(&self, machine: u8) {
        let (space, cable) = (self.space(machine), self.cable(machine));
        // What a run left behind that was killed.
        ip(&format!("netns del {space}"));
        ip(&format!("link del {cable}"));
        must(&format!("netns add {space}"));
        must(&format!("link add {cable} type veth peer name far netns {space}"));
        must(&format!("link set {cable} up"));
        must(&format!("-n {space} link set lo up"));
        must(&format!("-n {space} link set far up"));
        for link in LINKS {
            let (here, there) = (near(self.slot, link), self.far(machine, link));
            must(&format!("route add {there}/32 dev {cable} src {here}"));
            must(&format!("-n {space} addr add {there}/32 dev far"));
            must(&format!("-n {space} route add {here}/32 dev far src {there}"));
        }
        let (by, from) = (near(self.slot, Link::Hosts), self.far(machine, Link::Hosts));
        must(&format!(
            "-n {space} route add {} via {by} dev far src {from}",
            self.hosts()
        ));
    }

    /// A command as it runs on a machine.
    pub(super) fn on(&self, machine: u8, command: &Command) -> Command {
        let mut there = Command::new("ip");
        there.args(["netns", "exec", &self.space(machine)]);
        there.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => there.env(name, value),
                None => there.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            there.current_dir(directory);
        }
        there.stdin(Stdio::null());
        there
    }

    /// Drops every packet to a machine from there, from now on.
    pub(super) fn cut(&self, machine: u8, link: Link) {
        must(&format!("route replace blackhole {}/32", self.far(machine, link)));
    }

    /// Packets pass again.
    pub(super) fn mend(&self, machine: u8, link: Link) {
        let (there, here) = (self.far(machine, link), near(self.slot, link));
        let cable = self.cable(machine);
        must(&format!("route del blackhole {there}/32"));
        ip(&format!("route add {there}/32 dev {cable} src {here}"));
    }

    /// Where machines reach the store.
    pub(super) fn store(&self) -> Ipv4Addr {
        near(self.slot, Link::Store)
    }

    /// Where clients reach a machine.
    pub(super) fn server(&self, machine: u8) -> Ipv4Addr {
        self.far(machine, Link::Clients)
    }

    /// The address of a host, of which there are 500.
    pub(super) fn host(&self, number: usize) -> Ipv4Addr {
        let part = |number: usize| u8::try_from(number).unwrap();
        Ipv4Addr::new(198, 18, 2 * self.slot + part(number / 250), part(number % 250 + 1))
    }

    fn hosts(&self) -> String {
        format!("198.18.{}.0/23", 2 * self.slot)
    }

    fn far(&self, machine: u8, link: Link) -> Ipv4Addr {
        let [a, b, c, d] = near(self.slot, link).octets();
        Ipv4Addr::new(a, b, c, d + 1 + machine)
    }

    fn space(&self, machine: u8) -> String {
        format!("pogo-m{}-{machine}", self.slot)
    }

    fn cable(&self, machine: u8) -> String {
        format!("pgm{}-{machine}", self.slot)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in 0..MACHINES {
            for link in LINKS {
                ip(&format!("route del blackhole {}/32", self.far(machine, link)));
            }
            ip(&format!("link del {}", self.cable(machine)));
            ip(&format!("netns del {}", self.space(machine)));
        }
        ip(&format!("route del local {} dev lo", self.hosts()));
        for link in LINKS.into_iter().rev() {
            ip(&format!("addr del {}/32 dev lo", near(self.slot, link)));
        }
    }
}

/// This end of the links.
fn near(slot: u8, link: Link) -> Ipv4Addr {
    let begin = match link {
        Link::Store => 1,
        Link::Hosts => 65,
        Link::Clients => 129,
    };
    Ipv4Addr::new(198, 19, slot, begin)
}

fn must(words: &str) {
    assert!(ip(words), "ip {words}");
}

fn ip(words: &str) -> bool {
    let mut command = Command::new("ip");
    let command = command
        .args(words.split(' '))
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
