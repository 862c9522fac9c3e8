//! Which machine this is.

use std::fs;
use std::process;

use serde::{Deserialize, Serialize};

/// This machine, since it was started, and this process. What cannot be known here is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its name, for people.
    #[serde(default)]
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) machine_id: String,
    /// Another one after each start.
    #[serde(default)]
    pub(crate) boot_id: String,
    pub(crate) pid: u32,
    /// When the process began, in the kernel's clock: a number of a process is used again.
    #[serde(default)]
    pub(crate) started: u64,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let first_line = |file| fs::read_to_string(file).map(|text| text.lines().next().unwrap_or_default().to_owned());
        Self {
            host: first_line("/proc/sys/kernel/hostname").unwrap_or_default(),
            machine_id: first_line("/etc/machine-id").unwrap_or_default(),
            boot_id: first_line("/proc/sys/kernel/random/boot_id").unwrap_or_default(),
            pid: process::id(),
            started: started().unwrap_or_default(),
        }
    }

    /// Whether it is another machine for sure. One that was started once is one machine, whatever containers on it say.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        // A restart changes the boot id, and a container may bring a machine id of its own: one alone proves nothing.
        let differ = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        differ(&self.machine_id, &other.machine_id) && differ(&self.boot_id, &other.boot_id)
    }
}

/// The 22nd field of the process's state; the second may have spaces in it.
fn started() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // From the right: the program's name may have parentheses, too.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Machine;

    fn machine(machine_id: &str, boot_id: &str) -> Machine {
        Machine {
            machine_id: machine_id.to_owned(),
            boot_id: boot_id.to_owned(),
            ..Machine::default()
        }
    }

    #[test]
    fn a_machine_is_another_only_if_that_is_sure() {
        assert!(machine("a", "1").differs_from(&machine("b", "2")));
        // Started again; another container of the same machine; one that does not say.
        assert!(!machine("a", "1").differs_from(&machine("a", "2")));
        assert!(!machine("a", "1").differs_from(&machine("b", "1")));
        assert!(!machine("", "1").differs_from(&machine("b", "2")));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_says_who_it_is() {
        let this = Machine::this();
        assert!(this.pid > 0 && this.started > 0 && !this.boot_id.is_empty(), "{this:?}");
        assert_eq!(this, Machine::this());
    }
}
