//! The variables that say how to reach a host.

use pogo_core::policy::Origin;

/// A variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Var {
    /// Text, or a number as text.
    Text(String),
    /// Nothing: the variable is set to `null`.
    Null,
    /// A list, a map, or something encrypted.
    Structure,
}

/// A variable and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Var,
    pub(super) origin: Origin,
}

/// Variables by name. Others than those of [`is_used`] are not kept: they are none of a rollout's business, may be
/// large, and may be secret.
///
/// A host has a handful at most, which a list holds in less room than a map.
#[derive(Debug, Clone, Default)]
pub(super) struct Vars(Vec<(&'static str, Setting)>);

impl Vars {
    pub(super) fn get(&self, name: &str) -> Option<&Setting> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, setting)| setting)
    }

    /// Sets a variable, in place of what it was.
    pub(super) fn insert(&mut self, name: &'static str, setting: Setting) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = setting,
            None => self.0.push((name, setting)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(&'static str, Setting)> {
        self.0.iter()
    }

    /// Whether none of them changes how a host is reached in a way that is not taken over.
    pub(super) fn is_harmless(&self) -> bool {
        let harmless = |name: &str| name != CONNECTION && !UNSUPPORTED.contains(&name);
        self.0.iter().all(|(name, _)| harmless(name))
    }
}

impl IntoIterator for Vars {
    type Item = (&'static str, Setting);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(&'static str, Setting)> for Vars {
    fn extend<T: IntoIterator<Item = (&'static str, Setting)>>(&mut self, others: T) {
        for (name, setting) in others {
            self.insert(name, setting);
        }
    }
}

/// What pogo understands. Of two names for one thing the later wins, as in Ansible.
pub(super) const ADDRESS: [&str; 2] = ["ansible_host", "ansible_ssh_host"];
pub(super) const PORT: [&str; 2] = ["ansible_port", "ansible_ssh_port"];
pub(super) const USER: [&str; 2] = ["ansible_user", "ansible_ssh_user"];
pub(super) const KEY_FILE: [&str; 2] = ["ansible_private_key_file", "ansible_ssh_private_key_file"];
pub(super) const CONNECTION: &str = "ansible_connection";
pub(super) const PRIORITY: &str = "ansible_group_priority";

/// What changes how a host is reached and cannot be taken over.
pub(super) const UNSUPPORTED: [&str; 8] = [
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_args",
    "ansible_become",
    "ansible_ssh_executable",
];

/// The variable's lasting name, if pogo has to know it.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let mut names = [ADDRESS, PORT, USER, KEY_FILE].into_iter().flatten();
    let mut others = [CONNECTION, PRIORITY].into_iter().chain(UNSUPPORTED);
    names
        .find(|known| *known == name)
        .or_else(|| others.find(|known| *known == name))
}
