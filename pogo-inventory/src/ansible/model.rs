//! Groups, hosts and variables, as Ansible understands them.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use pogo_core::policy::Origin;
use rustc_hash::FxBuildHasher;

use super::vars::{Setting, Var, Vars, known};

/// Things by name, in the order in which they were met.
pub(super) type IndexMap<K, V> = indexmap::IndexMap<K, V, FxBuildHasher>;

/// Everything that the files of an inventory say.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) hosts: IndexMap<String, Host>,
    pub(super) groups: IndexMap<String, Group>,
}

#[derive(Debug)]
pub(super) struct Host {
    pub(super) vars: Vars,
    /// From `host_vars`, which beat those in the inventory itself.
    pub(super) file_vars: Vars,
    pub(super) origin: Origin,
}

#[derive(Debug)]
pub(super) struct Group {
    /// Where each host, by its place among the hosts, is listed first.
    pub(super) hosts: IndexMap<usize, Origin>,
    pub(super) children: IndexSet<String>,
    pub(super) vars: Vars,
    /// From `group_vars`, which beat those in the inventory itself.
    pub(super) file_vars: Vars,
    pub(super) origin: Origin,
}

impl Model {
    /// The group, made if it is new.
    pub(super) fn group(&mut self, name: &str, origin: &Origin) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            hosts: IndexMap::default(),
            children: IndexSet::new(),
            vars: Vars::default(),
            file_vars: Vars::default(),
            origin: origin.clone(),
        })
    }

    /// The host, made if it is new. It is in the group, if there is such a group.
    pub(super) fn join(&mut self, group: &str, host: String, origin: &Origin) -> &mut Host {
        let entry = self.hosts.entry(host);
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.entry(entry.index()).or_insert_with(|| origin.clone());
        }
        entry.or_insert_with(|| Host {
            vars: Vars::default(),
            file_vars: Vars::default(),
            origin: origin.clone(),
        })
    }

    /// A group whose membership leads back to itself, with the way around.
    pub(super) fn cycle(&self) -> Option<Vec<String>> {
        let mut done = BTreeSet::new();
        for start in self.groups.keys() {
            let mut path = Vec::new();
            if self.walk(start, &mut path, &mut done) {
                return Some(path);
            }
        }
        None
    }

    /// Depth first without recursion: inventories are read from files.
    fn walk<'m>(&'m self, start: &'m str, path: &mut Vec<String>, done: &mut BTreeSet<&'m str>) -> bool {
        let mut stack = vec![(start, 0_usize)];
        while let Some((name, next)) = stack.pop() {
            if done.contains(name) {
                continue;
            }
            let Some(child) = self.groups.get(name).and_then(|group| group.children.get_index(next)) else {
                done.insert(name);
                continue;
            };
            stack.push((name, next + 1));
            if let Some(from) = stack.iter().position(|(open, _)| open == child) {
                path.extend(stack.iter().skip(from).map(|(open, _)| (*open).to_owned()));
                path.push(child.clone());
                return true;
            }
            stack.push((child, 0));
        }
        false
    }

    /// For each group, the groups it is directly in.
    pub(super) fn parents(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, group) in &self.groups {
            for child in &group.children {
                parents.entry(child).or_default().push(name);
            }
        }
        parents
    }
}

/// Sets a variable if it is one that pogo uses.
pub(super) fn set(vars: &mut Vars, name: &str, value: Var, origin: Origin) {
    if let Some(name) = known(name) {
        vars.insert(name, Setting { value, origin });
    }
}
