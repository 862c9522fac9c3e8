//! A network of the test's own, in which packets can be dropped.

use std::process::{Command, Stdio};

/// A network namespace at the other end of a cable; gone when dropped.
pub(crate) struct Network {
    name: String,
    number: u8,
}

impl Network {
    /// One whose addresses, by its number below 64, no other test uses. `None`, and a word on standard error, where
    /// this process may not make one.
    pub(crate) fn lay(test: &str, number: u8) -> Option<Self> {
        let network = Self {
            name: format!("pogo-{}-{number}", std::process::id()),
            number,
        };
        let (name, near, here, there) = (network.name.as_str(), network.cable(), network.here(), network.there());
        let laid = ip(&["netns", "add", name])
            && ip(&[
                "link", "add", &near, "type", "veth", "peer", "name", "far", "netns", name,
            ])
            && ip(&["addr", "add", &format!("{here}/30"), "dev", &near])
            && ip(&["link", "set", &near, "up"])
            && ip(&["-n", name, "addr", "add", &format!("{there}/30"), "dev", "far"])
            && ip(&["-n", name, "link", "set", "far", "up"]);
        if !laid {
            eprintln!("LEFT OUT: {test} needs the right to make a network namespace, and iproute2");
            return None;
        }
        Some(network)
    }

    fn here(&self) -> String {
        format!("198.51.100.{}", 4 * self.number + 1)
    }

    /// The address at the other end.
    pub(crate) fn there(&self) -> String {
        format!("198.51.100.{}", 4 * self.number + 2)
    }

    /// The start of a command line that runs the rest of it at the other end.
    pub(crate) fn elsewhere(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// From now on, packets from the other end are dropped without a word.
    pub(crate) fn drop_packets(&self) {
        assert!(ip(&["-n", &self.name, "route", "add", "blackhole", &self.here()]));
    }

    /// Packets pass again.
    pub(crate) fn pass_packets(&self) {
        assert!(ip(&["-n", &self.name, "route", "del", "blackhole", &self.here()]));
    }

    fn cable(&self) -> String {
        format!("pg{}-{}", std::process::id(), self.number)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&["link", "del", &self.cable()]);
        ip(&["netns", "del", &self.name]);
    }
}

fn ip(words: &[&str]) -> bool {
    let mut command = Command::new("ip");
    let status = command.args(words).stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
