//! Executable inventories: `--list` with `_meta`, and `--host`.

use std::ffi::OsString;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};

use super::finish;
use super::model::Model;
use super::printed::{list, object};
use super::var_files::FilesRead;
use super::yaml::vars;
use crate::blocking::spawn_blocking;
use crate::command::Program;
use crate::source::{self, Problems};

/// An executable inventory of Ansible: a program that prints groups, hosts and variables as JSON when it is called
/// with `--list`. Where that has no `_meta.hostvars`, it is called with `--host NAME` for each host.
///
/// Its output is interpreted as for [`AnsibleInventory`](super::AnsibleInventory), without variable files.
/// Time limit (default: 30 seconds for each call) and other limits are those of
/// [`CommandSource`](crate::CommandSource).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsibleScript {
    program: Program,
}

impl AnsibleScript {
    /// An inventory from this program, which is searched in `PATH`.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: Program {
                program: program.into(),
                args: Vec::new(),
                timeout: Duration::from_secs(30),
            },
        }
    }

    /// Adds an argument before `--list`. It is never shown.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.program.args.push(arg.into());
        self
    }

    /// Sets the time limit of each call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.program.timeout = timeout;
        self
    }

    /// Runs the program. Blocks.
    ///
    /// # Errors
    ///
    /// As for [`CommandSource::read`](crate::CommandSource::read).
    pub fn read(&self) -> Result<Listing, InventoryError> {
        self.listing()
    }

    fn listing(&self) -> Result<Listing, InventoryError> {
        let (mut model, mut seen) = (Model::default(), FilesRead::default());
        let text = self.program.run(&["--list"])?;
        let mut problems =
            Problems::new(source::SourceText::new(self.program.name(), &text).without_secrets()).deferring();
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

    fn ask_for_each(&self, model: &mut Model, seen: &mut FilesRead) -> Result<(), InventoryError> {
        let hosts = (0..).map(HostId::new).take(model.hosts.len());
        // Copied, since each answer changes the model that has them.
        let names: Vec<HostName> = hosts.filter_map(|id| model.fleet.name(id).cloned()).collect();
        for name in &names {
            let name = name.as_str();
            // One after the other, as Ansible does: such programs ask a service, which need not
            // take a thousand calls at once.
            let text = self.program.run(&["--host", name])?;
            let source = format!("{} --host {name}", self.program.name());
            let mut problems = Problems::new(source::SourceText::new(source, &text).without_secrets()).deferring();
            // Ansible takes no output at all for no variables.
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

    async fn load(&self) -> Result<Listing, InventoryError> {
        let script = self.clone();
        spawn_blocking(move || script.listing()).await
    }
}
