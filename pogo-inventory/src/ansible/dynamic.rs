//! Executable inventories: `--list` with `_meta`, and `--host`.

use std::ffi::OsString;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::dispatcher::{Inventory, InventoryError};
use pogo_core::fleet::{FleetBuilder, HostId, HostName};

use super::groups::refused_child;
use super::model::Model;
use super::var_files::Seen;
use super::yaml::vars;
use super::{AnsibleHosts, finish};
use crate::command::Program;
use crate::diagnostic::{Diagnostic, SourceError};
use crate::elsewhere::elsewhere;
use crate::listing::{Listing, Source};
use crate::origins::SourceNumber;
use crate::source::{self, Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Key, Node, Value};
use crate::yaml;

/// An executable inventory of Ansible: a program that prints groups, hosts and variables as JSON when it is called
/// with `--list`. Where that has no `_meta.hostvars`, it is called with `--host NAME` for each host.
///
/// What it prints means the same as for [`AnsibleInventory`](super::AnsibleInventory); variable files are not looked for.
/// Time limit (30 seconds for each call unless said otherwise) and other limits are those of
/// [`CommandSource`](crate::CommandSource).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsibleScript {
    program: Program,
}

impl AnsibleScript {
    /// The program, found as a shell finds it.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: Program {
                program: program.into(),
                args: Vec::new(),
                timeout: Duration::from_secs(30),
            },
        }
    }

    /// The same, with an argument in front of `--list`, which is passed on unchanged and never shown.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.program.args.push(arg.into());
        self
    }

    /// The same, with another time limit for each call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.program.timeout = timeout;
        self
    }

    /// Runs the program, and waits for it on this thread.
    ///
    /// # Errors
    ///
    /// As for [`CommandSource::read`](crate::CommandSource::read).
    pub fn read(&self) -> Result<AnsibleHosts, SourceError> {
        Ok(self.listing()?.into())
    }

    fn listing(&self) -> Result<Listing, SourceError> {
        let (mut model, mut seen) = (Model::default(), Seen::default());
        let text = self.program.run(&["--list"])?;
        let mut problems = Problems::new(source::Source::new(self.program.name(), &text).without_secrets()).deferring();
        let has_vars = list(&mut problems, &mut model);
        seen.problems = problems.into_sorted();
        if !has_vars && seen.problems.is_empty() {
            let message = "has no `_meta`, and is run once more for each host; Ansible will give this up";
            let warning = Diagnostic::new(self.program.name(), message);
            seen.warnings
                .push(warning.with_hint("let it print the variables of all hosts as `_meta.hostvars`"));
            self.ask_for_each(&mut model, &mut seen)?;
        }
        finish(model, seen)
    }

    fn ask_for_each(&self, model: &mut Model, seen: &mut Seen) -> Result<(), SourceError> {
        let hosts = (0..).map(HostId::new).take(model.hosts.len());
        let names: Vec<HostName> = hosts.filter_map(|id| model.fleet.name(id).cloned()).collect();
        for name in &names {
            let name = name.as_str();
            let text = self.program.run(&["--host", name])?;
            let source = format!("{} --host {name}", self.program.name());
            let mut problems = Problems::new(source::Source::new(source, &text).without_secrets()).deferring();
            if let Some(node) = object(&mut problems).filter(|_| !text.trim().is_empty()) {
                let source = model.origins.open(&problems.source.name);
                let found = vars(&mut problems, source, &node);
                model.set_vars(name, found);
            }
            seen.problems.extend(problems.into_sorted());
        }
        Ok(())
    }
}

#[async_trait]
impl Inventory for AnsibleScript {
    fn name(&self) -> String {
        self.program.name()
    }

    async fn load(&self) -> Result<FleetBuilder, InventoryError> {
        let script = self.clone();
        Ok(elsewhere(move || script.read()).await?.fleet)
    }
}

#[async_trait]
impl Source for AnsibleScript {
    async fn list(&self) -> Result<Listing, SourceError> {
        let script = self.clone();
        elsewhere(move || script.listing()).await
    }
}

/// A JSON value; nothing at all is nothing wrong.
fn object<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    if problems.source.text.trim().is_empty() {
        return None;
    }
    yaml::load(problems)
}

/// Reads what `--list` printed; whether the variables of hosts were in it.
fn list(problems: &mut Problems<'_>, model: &mut Model) -> bool {
    let source = model.origins.open(&problems.source.name);
    for name in ["all", "ungrouped"] {
        model.group(name, source.at(Span::START));
    }
    let root = object(problems);
    let Some(Value::Map(entries)) = root.as_ref().map(|root| &root.value) else {
        match &root {
            Some(root) => expected(
                problems,
                root,
                "an object of groups",
                "{\"web\": {\"hosts\": [\"web1\"]}}",
            ),
            None if problems.is_empty() => problems.report(Span::START, "it printed nothing"),
            None => {}
        }
        return true;
    };
    for Entry { key, value } in entries.iter().filter(|entry| entry.key.text != "_meta") {
        group(problems, (model, source), key, value);
    }
    let Some(meta) = entries.iter().find(|entry| entry.key.text == "_meta") else {
        return false;
    };
    match field(&meta.value, "hostvars").map(|hostvars| (hostvars, &hostvars.value)) {
        Some((_, Value::Map(hosts))) => {
            for Entry { key, value } in hosts {
                let found = vars(problems, source, value);
                // Variables of hosts that are in no group make no host, as in Ansible.
                if model.fleet.contains(&key.text) {
                    model.set_vars(&key.text, found);
                }
            }
        }
        // Taken for no variables at all, or for a reason to ask for each host, half of what is there would be lost.
        Some((node, _)) => expected(
            problems,
            node,
            "an object of hosts",
            "{\"web1\": {\"ansible_user\": \"deploy\"}}",
        ),
        None => problems.report_with(
            meta.value.span,
            "`_meta` has no `hostvars`",
            "leave `_meta` out, so that it is asked with --host for each host, or give it `hostvars`",
        ),
    }
    true
}

fn field<'n, 'a>(node: &'n Node<'a>, name: &str) -> Option<&'n Node<'a>> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .find(|entry| entry.key.text == name)
            .map(|entry| &entry.value),
        _ => None,
    }
}

/// `{"hosts": […], "vars": {…}, "children": […]}`, a bare list of hosts, or the variables of a host of that name.
fn group(problems: &mut Problems<'_>, (model, source): (&mut Model, SourceNumber), key: &Key<'_>, node: &Node<'_>) {
    let place = source.at(key.span);
    let number = model.number(&key.text, place);
    let is_group = ["hosts", "vars", "children"]
        .iter()
        .any(|name| field(node, name).is_some());
    if matches!(node.value, Value::Map(_)) && !is_group {
        let found = vars(problems, source, node);
        model.join(number, &key.text, place, None);
        // Written as variables of the group of this name, which has the host alone.
        return model.set_vars(&key.text, found);
    }
    let hosts = if is_group { field(node, "hosts") } else { Some(node) };
    for (name, span) in hosts.map(|hosts| names(problems, hosts)).unwrap_or_default() {
        model.join(number, &name, source.at(span), None);
    }
    for (name, span) in field(node, "children")
        .map(|children| names(problems, children))
        .unwrap_or_default()
    {
        if let Some(refused) = refused_child(&key.text, &name) {
            problems.report_with(span, refused.message, refused.hint);
            continue;
        }
        model.group(&name, source.at(span));
        model.group(&key.text, source.at(span)).children.insert(name);
    }
    if let Some(node) = field(node, "vars") {
        let found = vars(problems, source, node);
        model.group(&key.text, place).vars.extend(found);
    }
}

/// The texts of a list, each with its place.
fn names(problems: &mut Problems<'_>, node: &Node<'_>) -> Vec<(String, Span)> {
    let mut names = Vec::new();
    match &node.value {
        Value::List(items) => {
            for item in items {
                match item.scalar() {
                    Some(text) => names.push((text.clone().into_owned(), item.span)),
                    None => expected(problems, item, "a name", "\"web1\""),
                }
            }
        }
        _ => expected(problems, node, "a list of names", "[\"web1\", \"web2\"]"),
    }
    names
}
