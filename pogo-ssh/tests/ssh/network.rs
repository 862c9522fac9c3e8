//! A network of the test's own, in which packets can be dropped.

use std::process::{Command, Stdio};

/// A network namespace at the other end of a cable; gone when dropped.
pub(crate) struct Network {
    name: String,
}

/// The address at the other end. Only one test at a time uses it.
pub(crate) const THERE: &str = "198.51.100.2";
const HERE: &str = "198.51.100.1";

impl Network {
    /// `None`, and a word on standard error, where this process may not make one.
    pub(crate) fn lay(test: &str) -> Option<Self> {
        let network = Self {
            name: format!("pogo-{}", std::process::id()),
        };
        let (name, near) = (network.name.as_str(), network.cable());
        let laid = ip(&["netns", "add", name])
            && ip(&[
                "link", "add", &near, "type", "veth", "peer", "name", "far", "netns", name,
            ])
            && ip(&["addr", "add", &format!("{HERE}/30"), "dev", &near])
            && ip(&["link", "set", &near, "up"])
            && ip(&["-n", name, "addr", "add", &format!("{THERE}/30"), "dev", "far"])
            && ip(&["-n", name, "link", "set", "far", "up"]);
        if !laid {
            eprintln!("LEFT OUT: {test} needs the right to make a network namespace, and iproute2");
            return None;
        }
        Some(network)
    }

    /// The start of a command line that runs the rest of it at the other end.
    pub(crate) fn elsewhere(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// From now on, packets from the other end are dropped without a word.
    pub(crate) fn drop_packets(&self) {
        assert!(ip(&["-n", &self.name, "route", "add", "blackhole", HERE]));
    }

    fn cable(&self) -> String {
        format!("pg{}", std::process::id())
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
