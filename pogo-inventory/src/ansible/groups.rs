//! The groups of a host, and the order in which their variables apply.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::connection::Remark;
use super::model::{Group, Model};
use super::vars::{PRIORITY, Setting, Var, Vars};

/// A group that cannot be a child.
pub(super) struct RefusedChild {
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// Refuses invalid nesting of Ansible's two built-in groups: `all` contains every group already, and `ungrouped`
/// loses its hosts within another group.
pub(super) fn refused_child(parent: &str, child: &str) -> Option<RefusedChild> {
    let message = match (parent, child) {
        (_, "all") => format!("`all` contains every group, and so cannot be a child of `{parent}`"),
        ("all", "ungrouped") => return None,
        (_, "ungrouped") => {
            format!("`ungrouped` holds the hosts of no other group, and so cannot be a child of `{parent}`")
        }
        ("ungrouped", _) => {
            format!("`ungrouped` holds the hosts of no other group, and so `{child}` cannot be its child")
        }
        _ => return None,
    };
    let hint = "list the groups or hosts that are meant";
    Some(RefusedChild { message, hint })
}

/// The groups of a model with their depth and inherited variables.
pub(super) struct Groups<'m> {
    model: &'m Model,
    parents: BTreeMap<&'m str, Vec<&'m str>>,
    /// Length of the longest path from `all`.
    // Ansible sorts by it: with the shortest path a child could come before one of its parents.
    depth: HashMap<&'m str, usize>,
    /// Cached variables by the set of a host's direct groups.
    // Fleets have many hosts and few different sets of groups: to merge for each host would be most
    // of the work.
    merged: FxHashMap<Vec<usize>, Rc<Vars>>,
    /// The key of the last lookup.
    asked: Vec<usize>,
}

impl<'m> Groups<'m> {
    /// The model's groups, which must be acyclic.
    pub(super) fn new(model: &'m Model) -> Self {
        let parents = model.parents();
        let mut groups = Self {
            model,
            parents,
            depth: HashMap::new(),
            merged: FxHashMap::default(),
            asked: Vec::new(),
        };
        groups.measure();
        groups
    }

    /// The parents of a group, without `all`.
    pub(super) fn parents_of(&self, group: &str) -> impl Iterator<Item = &'m str> + '_ {
        let parents = self.parents.get(group).into_iter().flatten();
        parents.copied().filter(|parent| *parent != "all")
    }

    /// Remarks on invalid priorities.
    pub(super) fn priorities(&self) -> Vec<Remark> {
        let said = self.model.groups.values().filter_map(|group| group.vars.get(PRIORITY));
        said.filter(|setting| number(setting).is_none())
            .map(|setting| Remark {
                position: setting.position,
                message: "`ansible_group_priority` is not a whole number".to_owned(),
                hint: "for example 10; the highest wins, and 1 is what groups have",
            })
            .collect()
    }

    fn measure(&mut self) {
        let model: &'m Model = self.model;
        let mut open: Vec<&'m str> = Vec::new();
        let mut missing: HashMap<&'m str, usize> = HashMap::new();
        for name in model.groups.keys() {
            let parents = self.parents_of(name).count();
            missing.insert(name, parents);
            if parents == 0 {
                self.depth.insert(name, usize::from(name != "all"));
                open.push(name);
            }
        }
        while let Some(name) = open.pop() {
            let below = self.depth.get(name).copied().unwrap_or_default() + 1;
            for child in model.groups.get(name).into_iter().flat_map(|group| &group.children) {
                let depth = self.depth.entry(child).or_default();
                *depth = below.max(*depth);
                // `all` is not among the parents that are counted.
                if name == "all" {
                    continue;
                }
                let missing = missing.entry(child).or_default();
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    // Only when all its parents have been seen: its depth is final then, and each
                    // group is visited once.
                    open.push(child);
                }
            }
        }
    }

    /// The variables that a host inherits from its groups.
    pub(super) fn vars(&mut self, direct: impl Iterator<Item = usize>) -> Rc<Vars> {
        self.asked.clear();
        self.asked.extend(direct);
        let direct = &self.asked;
        if let Some(vars) = self.merged.get(direct) {
            return Rc::clone(vars);
        }
        let mut all = BTreeSet::new();
        let names = direct.iter().filter_map(|at| self.model.groups.get_index(*at));
        let mut open: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        while let Some(name) = open.pop() {
            if all.insert(name) {
                open.extend(self.parents_of(name));
            }
        }
        // As for Ansible: `all` comes before the others, and a host of any other group is not `ungrouped`.
        all.remove("all");
        if all.len() > 1 {
            all.remove("ungrouped");
        } else if all.is_empty() {
            all.insert("ungrouped");
        }
        let mut ordered: Vec<(&str, &Group)> = all
            .into_iter()
            .filter_map(|name| Some((name, self.model.groups.get(name)?)))
            .collect();
        // Ansible's order; the last one counts.
        ordered.sort_by_key(|(name, group)| (self.depth.get(name).copied(), priority(group), *name));
        let top = self.model.groups.get("all");
        let groups = || ordered.iter().map(|(_, group)| *group);
        let written = top.into_iter().chain(groups()).map(|group| &group.vars);
        let files = top.into_iter().chain(groups()).map(|group| &group.file_vars);
        let mut vars = Vars::default();
        // As for Ansible: the variable files of all groups override what inventories say of any of them.
        for layer in written.chain(files) {
            vars.extend(layer.iter().map(|(name, setting)| (*name, setting.clone())));
        }
        let vars = Rc::new(vars);
        self.merged.insert(self.asked.clone(), Rc::clone(&vars));
        vars
    }
}

/// `ansible_group_priority`; among groups of the same depth the highest wins.
fn priority(group: &Group) -> i64 {
    group.vars.get(PRIORITY).and_then(number).unwrap_or(1)
}

/// Converts to an integer as Python does.
fn number(setting: &Setting) -> Option<i64> {
    let Var::Text(text) = &setting.value else {
        return None;
    };
    match text.as_str() {
        "True" => Some(1),
        "False" => Some(0),
        // `int()` of Python takes white space around a number, and a float by its whole part.
        text => text.trim().parse().ok().or_else(|| whole_part(text)),
    }
}

fn whole_part(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.')?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    whole.parse().ok().filter(|_| digits)
}
