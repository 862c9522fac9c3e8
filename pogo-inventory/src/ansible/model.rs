//! Groups, hosts and variables in Ansible's model.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use pogo_core::fleet::{FleetBuilder, HostId, HostName, NameError};
use rustc_hash::FxBuildHasher;
use smol_str::ToSmolStr;

use super::vars::{Setting, Var, Vars, known};
use crate::origins::{OriginTable, SourcePosition};

/// A map in insertion order.
pub(super) type IndexMap<K, V> = indexmap::IndexMap<K, V, FxBuildHasher>;

/// The content of an inventory's files.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// The host names.
    pub(super) fleet: FleetBuilder,
    /// The data of each host, in fleet order.
    pub(super) hosts: Vec<Host>,
    pub(super) groups: IndexMap<String, Group>,
    /// The files that were read.
    pub(super) origins: OriginTable,
    /// Invalid host names.
    pub(super) misnamed: Vec<(SourcePosition, NameError)>,
    // One list for all hosts: a list for each would be an allocation a host, and they are sorted
    // once.
    listed: Vec<Listed>,
}

/// A host's membership in a group.
#[derive(Debug)]
struct Listed {
    host: HostId,
    /// The group's number.
    group: usize,
    position: SourcePosition,
}

#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) vars: Vars,
    /// From `host_vars`, which override those in the inventory.
    pub(super) file_vars: Vars,
    /// Index of its first membership.
    first: usize,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) children: IndexSet<String>,
    pub(super) vars: Vars,
    /// From `group_vars`, which override those in the inventory.
    pub(super) file_vars: Vars,
    pub(super) position: SourcePosition,
}

impl Model {
    /// The group, created if it is new.
    pub(super) fn group(&mut self, name: &str, position: SourcePosition) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            children: IndexSet::new(),
            vars: Vars::default(),
            file_vars: Vars::default(),
            position,
        })
    }

    /// The group's number, created if it is new.
    pub(super) fn number(&mut self, name: &str, position: SourcePosition) -> usize {
        self.group(name, position);
        self.groups.get_index_of(name).unwrap_or_default()
    }

    /// Adds the host, created if it is new, to the group with this number. A port after its name counts at
    /// its first occurrence.
    pub(super) fn join(&mut self, group: usize, name: &str, position: SourcePosition, port: Option<u16>) {
        let host = match HostName::new(name) {
            Ok(name) => self.fleet.insert(name),
            Err(error) => return self.misnamed.push((position, error)),
        };
        let Some(host) = host else { return };
        self.listed.push(Listed { host, group, position });
        if host.index() >= self.hosts.len() {
            let mut vars = Vars::default();
            if let Some(port) = port {
                set(&mut vars, "ansible_port", Var::Text(port.to_smolstr()), position);
            }
            self.hosts.push(Host {
                vars,
                first: self.listed.len() - 1,
                ..Host::default()
            });
        }
    }

    /// Sets variables by a host's name; if a group has the same name, they are the group's, as in Ansible.
    pub(super) fn set_vars(&mut self, name: &str, vars: Vars) {
        if vars.is_empty() {
            return;
        }
        // Ansible looks the name up in its groups first.
        if let Some(group) = self.groups.get_mut(name) {
            return group.vars.take(vars);
        }
        let host = self.fleet.find(name);
        if let Some(host) = host.and_then(|host| self.hosts.get_mut(host.index())) {
            host.vars.take(vars);
        }
    }

    /// Hosts with the name of a group, each with its first position.
    pub(super) fn namesakes(&self) -> impl Iterator<Item = (&str, SourcePosition)> {
        self.groups.keys().filter_map(|name| {
            let host = self.hosts.get(self.fleet.find(name)?.index())?;
            Some((name.as_str(), self.first(host)?))
        })
    }

    /// The model without some of its hosts.
    pub(super) fn without(self, left_out: &BTreeSet<HostId>) -> Self {
        let (mut fleet, mut hosts, mut listed) = (FleetBuilder::default(), Vec::new(), Vec::new());
        // Hosts are counted without gaps: each one behind one that is left out has another number.
        let mut renumbered = Vec::with_capacity(self.hosts.len());
        for (id, host) in (0..).map(HostId::new).zip(self.hosts) {
            let name = self.fleet.name(id).filter(|_| !left_out.contains(&id));
            let number = name.and_then(|name| fleet.insert(name.clone()));
            renumbered.push(number);
            if number.is_some() {
                hosts.push(Host {
                    first: usize::MAX,
                    ..host
                });
            }
        }
        for Listed { host, group, position } in self.listed {
            let Some(host) = renumbered.get(host.index()).copied().flatten() else {
                continue;
            };
            if let Some(kept) = hosts.get_mut(host.index()) {
                kept.first = kept.first.min(listed.len());
            }
            listed.push(Listed { host, group, position });
        }
        Self {
            fleet,
            hosts,
            listed,
            ..self
        }
    }

    /// The first position of a host.
    pub(super) fn first(&self, host: &Host) -> Option<SourcePosition> {
        self.listed.get(host.first).map(|listed| listed.position)
    }

    /// Reserves capacity for this many hosts.
    pub(super) fn reserve(&mut self, hosts: usize) {
        self.fleet.reserve(hosts);
        self.hosts.reserve(hosts);
        self.listed.reserve(hosts);
    }

    /// The groups of each host with their first positions, by host and then in group order.
    pub(super) fn memberships(&self) -> Memberships<'_> {
        let mut listed: Vec<&Listed> = self.listed.iter().collect();
        // Stable, and fast for hosts that are listed in order.
        listed.sort_by_key(|listed| (listed.host, listed.group));
        listed.dedup_by_key(|listed| (listed.host, listed.group));
        Memberships { listed, next: 0 }
    }

    /// A cycle of groups, if there is one.
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

    /// Depth-first search without recursion, as the input may nest deeply.
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

    /// The direct parents of each group.
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

/// Memberships, queried in host order.
pub(super) struct Memberships<'m> {
    listed: Vec<&'m Listed>,
    next: usize,
}

impl<'m> Memberships<'m> {
    /// The groups of a host, which must come after those of earlier calls.
    pub(super) fn of(&mut self, host: HostId) -> impl Iterator<Item = (usize, SourcePosition)> + '_ {
        let rest = self.listed.get(self.next..).unwrap_or_default();
        let here = rest.iter().take_while(|listed| listed.host <= host).count();
        self.next += here;
        let here = rest.iter().take(here).filter(move |listed| listed.host == host);
        here.map(|listed| (listed.group, listed.position))
    }
}

/// Sets a variable if it is one that pogo uses.
pub(super) fn set(vars: &mut Vars, name: &str, value: Var, position: SourcePosition) {
    if let Some(name) = known(name) {
        vars.insert(name, Setting { value, position });
    }
}
