//! Converts the model to a fleet: groups become tags, nested groups nested tags.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pogo_core::fleet::{Connection, FleetBuilder, HostId, HostName, TagPath, fold};
use pogo_core::inventory::Diagnostic;

use super::connection::{self, Layers, Positions, Remark};
use super::groups::Groups;
use super::model::Model;
use crate::origins::{OriginTable, SourcePosition};

/// The most paths from outermost groups down to one group.
// Where groups share their children on each level, the paths double with each.
const MAX_WAYS: usize = 100;

/// The deepest nesting of groups.
const MAX_DEPTH: usize = 64;

/// The converted model.
#[derive(Default)]
pub(super) struct Converted {
    pub(super) fleet: FleetBuilder,
    pub(super) origins: OriginTable,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl Converted {
    fn diagnostic(&self, position: SourcePosition, message: String) -> Diagnostic {
        match self.origins.origin(position) {
            Some(origin) => Diagnostic::at(&origin, message),
            // Unreachable in practice: every position belongs to an opened file.
            None => Diagnostic::new(String::new(), message),
        }
    }
}

pub(super) fn convert(mut model: Model) -> Converted {
    let mut converted = Converted::default();
    let misnamed = std::mem::take(&mut model.misnamed);
    converted.origins = std::mem::take(&mut model.origins);
    for (position, error) in misnamed {
        let hint = "patterns are ranges such as web[01:50]";
        let problem = converted.diagnostic(position, error.to_string()).with_hint(hint);
        converted.problems.push(problem);
    }
    if let Some(way) = model.cycle() {
        let message = format!("groups contain each other: {}", way.join(" -> "));
        let position = way.first().and_then(|name| Some(model.groups.get(name)?.position));
        let problem = position.map(|position| converted.diagnostic(position, message));
        converted.problems.extend(problem);
        return converted;
    }
    // After the cycles: what counts levels of groups would never end in one.
    let mut groups = Groups::new(&model);
    converted.problems.extend(once(groups.priorities(), &converted));
    let connections = connections(&model, &mut groups);
    // Before the fleet is made: a host that is left out must not leave its number, since other
    // parts count by it.
    let (model, connections) = leave_out(model, connections, &mut converted);
    namesakes(&model, &mut converted);
    fleet(model, connections, &mut converted);
    converted
}

/// The connection settings of each host, in order, and remarks.
struct Connections {
    of: Vec<Connection>,
    /// Positions of the settings.
    positions: Vec<Positions>,
    /// Hosts with invalid connection settings, each with the reason.
    refused: Vec<(HostId, Remark)>,
    remarks: Vec<Remark>,
}

fn connections<'m>(model: &'m Model, groups: &mut Groups<'m>) -> Connections {
    let mut memberships = model.memberships();
    let mut connections = Connections {
        of: Vec::with_capacity(model.hosts.len()),
        positions: Vec::with_capacity(model.hosts.len()),
        refused: Vec::new(),
        remarks: Vec::new(),
    };
    let mut refused = Vec::new();
    for (id, host) in (0..).map(HostId::new).zip(&model.hosts) {
        let of_groups = groups.vars(memberships.of(id).map(|(group, _)| group));
        let vars = Layers::new([&host.file_vars, &host.vars, &of_groups]);
        let name = model.fleet.name(id).map_or("", HostName::as_str);
        let connection = connection::of(name, &vars, &mut refused, &mut connections.remarks);
        connections.positions.push(connection::positions(&connection, &vars));
        connections.of.push(connection);
        connections.refused.extend(refused.drain(..).map(|why| (id, why)));
    }
    connections
}

/// Removes hosts with invalid connection settings, with a warning that names them and the reason. An error if none is
/// left.
fn leave_out(model: Model, mut connections: Connections, converted: &mut Converted) -> (Model, Connections) {
    if connections.refused.is_empty() {
        return (model, connections);
    }
    let left_out: BTreeSet<HostId> = connections.refused.iter().map(|(host, _)| *host).collect();
    let is_all = left_out.len() == model.hosts.len();
    // One remark for a group's variable, with all its hosts.
    let mut by_cause: BTreeMap<(SourcePosition, String), (&'static str, Vec<HostName>)> = BTreeMap::new();
    for (host, why) in std::mem::take(&mut connections.refused) {
        let (_, hosts) = by_cause
            .entry((why.position, why.message))
            .or_insert((why.hint, Vec::new()));
        hosts.extend(model.fleet.name(host).cloned());
    }
    for ((position, message), (hint, hosts)) in by_cause {
        let names = fold(hosts.iter().map(HostName::as_str));
        let message = match is_all {
            true => message,
            false => format!("left out: {names}, for {message}"),
        };
        let problem = converted.diagnostic(position, message).with_hint(hint);
        match is_all {
            true => converted.problems.push(problem),
            false => converted.warnings.push(problem),
        }
    }
    // Without any host a fleet would be taken for one that was emptied, and jobs would lose their
    // hosts.
    if is_all {
        return (model, connections);
    }
    let stays = |at: usize| u32::try_from(at).is_ok_and(|at| !left_out.contains(&HostId::new(at)));
    connections.of = kept(connections.of, stays);
    connections.positions = kept(connections.positions, stays);
    (model.without(&left_out), connections)
}

/// Keeps the elements whose positions satisfy the predicate.
fn kept<T>(all: Vec<T>, stays: impl Fn(usize) -> bool) -> Vec<T> {
    let all = all.into_iter().enumerate();
    all.filter(|(at, _)| stays(*at)).map(|(_, one)| one).collect()
}

/// Warns, as Ansible does, of hosts and groups with the same name: variables for one may apply to the other.
fn namesakes(model: &Model, converted: &mut Converted) {
    let warnings: Vec<Diagnostic> = model
        .namesakes()
        .map(|(name, position)| {
            let message = format!("`{name}` is the name of a host and of a group");
            let hint = "variables that are set for the host are the group's, as for Ansible; rename one of them";
            converted.diagnostic(position, message).with_hint(hint)
        })
        .collect();
    converted.warnings.extend(warnings);
}

fn fleet(mut model: Model, connections: Connections, converted: &mut Converted) {
    converted.fleet = std::mem::take(&mut model.fleet);
    let model = &model;
    let groups = Groups::new(model);
    let names = tag_names(model, converted);
    let mut tags = Tags {
        names: &names,
        known: BTreeMap::new(),
    };
    for name in names.keys() {
        let position = model.groups.get(*name).map(|group| group.position);
        match tags.paths(&groups, name, 0) {
            Ok(paths) => {
                for path in paths {
                    converted.fleet = std::mem::take(&mut converted.fleet).declare_tag(path.as_str());
                }
            }
            Err(message) => {
                let problem = position.map(|position| converted.diagnostic(position, message));
                converted.problems.extend(problem);
            }
        }
    }
    hosts(model, connections, &mut tags, converted);
}

fn hosts<'m>(model: &'m Model, connections: Connections, tags: &mut Tags<'_, 'm>, converted: &mut Converted) {
    let Converted { fleet, origins, .. } = converted;
    let mut carried = GroupTags::new(model, tags, origins);
    let names = connection::SETTINGS.map(|setting| origins.named(setting));
    let mut memberships = model.memberships();
    origins.reserve(model.hosts.len());
    let reached = connections.of.into_iter().zip(connections.positions);
    for ((id, host), (connection, positions)) in (0..).map(HostId::new).zip(&model.hosts).zip(reached) {
        if let Some(first) = model.first(host) {
            origins.back_to(first);
            origins.list(id);
        }
        for (group, position) in memberships.of(id) {
            origins.back_to(position);
            carried.join(group, id, origins);
        }
        for (name, position) in names.iter().zip(positions) {
            if let Some(position) = position {
                origins.back_to(position);
                origins.set_numbered(id, *name);
            }
        }
        fleet.connect(id, connection);
    }
    carried.add_to(fleet);
    let remarks = once(connections.remarks, converted);
    converted.warnings.extend(remarks);
}

/// The hosts of each tag: there are few tags and very many hosts.
struct GroupTags {
    tags: Vec<(TagPath, Vec<HostId>)>,
    /// The tags of each group, and the number of this set in the origins.
    of_group: Vec<(Range<usize>, u32)>,
}

impl GroupTags {
    fn new(model: &Model, tags: &Tags<'_, '_>, origins: &mut OriginTable) -> Self {
        let (mut all, mut of_group) = (Vec::new(), Vec::new());
        for name in model.groups.keys() {
            let paths = tags.known.get(name.as_str()).cloned().unwrap_or_default();
            let first = all.len();
            all.extend(paths.iter().map(|path| (path.clone(), Vec::new())));
            of_group.push((first..all.len(), origins.tag_set(paths)));
        }
        Self { tags: all, of_group }
    }

    fn join(&mut self, group: usize, host: HostId, origins: &mut OriginTable) {
        let Some((range, origin_set)) = self.of_group.get(group).filter(|(range, _)| !range.is_empty()) else {
            return;
        };
        for (_, hosts) in self.tags.get_mut(range.clone()).into_iter().flatten() {
            hosts.push(host);
        }
        origins.add_tag_set(*origin_set, host);
    }

    fn add_to(self, fleet: &mut FleetBuilder) {
        for (path, hosts) in self.tags {
            fleet.add_tag(&path, hosts);
        }
    }
}

/// Removes duplicate remarks: one for a group's variable, not one for each host.
fn once(remarks: Vec<Remark>, converted: &Converted) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let fresh = |remark: &Remark| seen.insert((remark.position, remark.message.clone()));
    remarks
        .into_iter()
        .filter(fresh)
        .map(|remark| {
            converted
                .diagnostic(remark.position, remark.message)
                .with_hint(remark.hint)
        })
        .collect()
}

/// A tag segment for each group. `all` is `*`, and `ungrouped` becomes no tag.
fn tag_names<'m>(model: &'m Model, converted: &mut Converted) -> BTreeMap<&'m str, String> {
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let groups = model
        .groups
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "all" | "ungrouped"));
    for (name, group) in groups {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let tag: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
        if let Some(other) = taken.insert(tag.clone(), name) {
            let message = format!("the groups `{other}` and `{name}` would both become the tag `{tag}`");
            let problem = converted
                .diagnostic(group.position, message)
                .with_hint("rename one of them");
            converted.problems.push(problem);
        }
        if tag != *name {
            let message = format!("the group `{name}` becomes the tag `{tag}`");
            let hint = "tags are made of letters, digits, `_` and `-`";
            let warning = converted.diagnostic(group.position, message).with_hint(hint);
            converted.warnings.push(warning);
        }
        names.insert(name, tag);
    }
    names
}

/// The tags of groups: one for each path down to a group, from each group on that path.
struct Tags<'n, 'm> {
    names: &'n BTreeMap<&'m str, String>,
    known: BTreeMap<&'m str, Vec<TagPath>>,
}

impl<'m> Tags<'_, 'm> {
    /// `web` in `prod` is `web` and `prod.web`.
    fn paths(&mut self, groups: &Groups<'m>, group: &'m str, depth: usize) -> Result<Vec<TagPath>, String> {
        if let Some(paths) = self.known.get(group) {
            return Ok(paths.clone());
        }
        if depth > MAX_DEPTH {
            return Err(format!("groups nest more than {MAX_DEPTH} levels deep"));
        }
        let name = self.names.get(group).map(String::as_str).unwrap_or_default();
        let describe = |error: pogo_core::fleet::TagError| error.to_string();
        let mut paths = vec![TagPath::new(name).map_err(describe)?];
        let parents: Vec<&'m str> = groups.parents_of(group).collect();
        for parent in parents {
            for path in self.paths(groups, parent, depth + 1)? {
                paths.push(path.child(name).map_err(describe)?);
            }
            if paths.len() > MAX_WAYS {
                return Err(format!("more than {MAX_WAYS} ways lead down to the group `{group}`"));
            }
        }
        self.known.insert(group, paths.clone());
        Ok(paths)
    }
}
