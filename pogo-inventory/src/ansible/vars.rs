//! Ansible's connection variables.

use smol_str::SmolStr;

use crate::origins::SourcePosition;

/// A variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Var {
    /// Text, or a number as text.
    Text(SmolStr),
    /// `null`, which unsets the variable.
    Null,
    /// A list, a map, or an encrypted value.
    Structure,
}

/// A variable's value and position.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Var,
    pub(super) position: SourcePosition,
}

/// A known variable, by its index in [`KNOWN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(u8);

impl Name {
    pub(super) const COUNT: usize = KNOWN.len();

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn text(self) -> &'static str {
        KNOWN.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

/// Variables by name. Only the [`known`] ones are kept: others may be
/// large or secret.
///
/// A list, which is smaller than a map: a host has a handful at most.
#[derive(Debug, Clone, Default)]
pub(super) struct Vars(Vec<(Name, Setting)>);

impl Vars {
    pub(super) fn with_capacity(variables: usize) -> Self {
        Self(Vec::with_capacity(variables))
    }

    /// Adds the others, overriding earlier values.
    pub(super) fn take(&mut self, others: Self) {
        match self.0.is_empty() {
            true => *self = others,
            false => self.extend(others),
        }
    }

    pub(super) fn get(&self, name: Name) -> Option<&Setting> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, setting)| setting)
    }

    /// Sets a variable, overriding an earlier value.
    pub(super) fn insert(&mut self, name: Name, setting: Setting) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = setting,
            None => self.0.push((name, setting)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Name, Setting)> {
        self.0.iter()
    }
}

impl IntoIterator for Vars {
    type Item = (Name, Setting);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(Name, Setting)> for Vars {
    fn extend<T: IntoIterator<Item = (Name, Setting)>>(&mut self, others: T) {
        for (name, setting) in others {
            self.insert(name, setting);
        }
    }
}

/// Supported variables, then those that only matter by their presence, then unsupported ones.
const KNOWN: [&str; 18] = [
    "ansible_host",
    "ansible_ssh_host",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_user",
    "ansible_ssh_user",
    "ansible_private_key_file",
    "ansible_ssh_private_key_file",
    "ansible_group_priority",
    "ansible_connection",
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_args",
    "ansible_become",
    "ansible_ssh_executable",
];

/// Of two names for the same setting the later one wins, as in Ansible.
pub(super) const ADDRESS: [Name; 2] = [Name(0), Name(1)];
pub(super) const PORT: [Name; 2] = [Name(2), Name(3)];
pub(super) const USER: [Name; 2] = [Name(4), Name(5)];
pub(super) const KEY_FILE: [Name; 2] = [Name(6), Name(7)];
pub(super) const PRIORITY: Name = Name(8);
pub(super) const CONNECTION: Name = Name(9);

/// Unsupported variables that affect connecting.
pub(super) fn unsupported() -> impl Iterator<Item = Name> {
    (0..).map(Name).take(KNOWN.len()).skip(usize::from(CONNECTION.0) + 1)
}

/// The variable, if it is known.
pub(super) fn known(name: &str) -> Option<Name> {
    // Fast path: most variables have other names.
    // Eighteen comparisons for each variable of each host were to be saved: inventories carry many
    // for roles and templates.
    if !name.starts_with("ansible_") {
        return None;
    }
    let at = KNOWN.iter().position(|known| *known == name)?;
    u8::try_from(at).ok().map(Name)
}

#[cfg(test)]
mod tests {
    use super::{ADDRESS, CONNECTION, KEY_FILE, KNOWN, PORT, PRIORITY, USER, known, unsupported};

    #[test]
    fn short_names_stand_for_what_they_say() {
        let texts = |names: [super::Name; 2]| names.map(super::Name::text);
        assert_eq!(texts(ADDRESS), ["ansible_host", "ansible_ssh_host"]);
        assert_eq!(texts(PORT), ["ansible_port", "ansible_ssh_port"]);
        assert_eq!(texts(USER), ["ansible_user", "ansible_ssh_user"]);
        assert_eq!(
            texts(KEY_FILE),
            ["ansible_private_key_file", "ansible_ssh_private_key_file"]
        );
        assert_eq!(
            [PRIORITY.text(), CONNECTION.text()],
            ["ansible_group_priority", "ansible_connection"]
        );
        assert_eq!(unsupported().next().map(super::Name::text), Some("ansible_password"));
        assert_eq!(unsupported().count(), 8);
        assert!(
            KNOWN
                .iter()
                .all(|name| known(name).is_some_and(|known| known.text() == *name))
        );
        assert_eq!(known("ansible_hosts"), None);
    }
}
