//! Output of `ansible-inventory --list`.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use super::finish;
use super::model::Model;
use super::printed::{self, field};
use super::var_files::FilesRead;
use crate::blocking::spawn_blocking;
use crate::guess::{self, FileKind};
use crate::input_file::InputFile;
use crate::source::{self, Problems, Span};
use crate::tree::Value;

/// Output of `ansible-inventory --list`, in a file or on standard input: any Ansible inventory, as Ansible itself reads
/// it, with plugins, templates and all sources of variables.
///
/// ```text
/// ansible-inventory -i inventory --list > hosts.json
/// ```
///
/// It is interpreted as for [`AnsibleInventory`](super::AnsibleInventory), and already contains variable files.
///
/// ```
/// use pogo_inventory::AnsibleList;
///
/// let printed = r#"{
///     "_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1"}}},
///     "all": {"children": ["ungrouped", "web"]},
///     "web": {"hosts": ["web1"]}
/// }"#;
/// let fleet = AnsibleList::parse("hosts.json", printed)?.fleet.build()?;
/// let web1 = fleet.id("web1").and_then(|web1| fleet.connection(web1)).unwrap();
/// assert_eq!(web1.address.as_deref(), Some("10.0.0.1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsibleList {
    file: InputFile,
}

impl AnsibleList {
    /// The file at this path, read when the inventory is loaded; `-` is standard input, which is read once.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            file: InputFile::new(path),
        }
    }

    /// Reads a text that messages call `source_name`.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Invalid`] with every problem that was found. Lines that may hold secrets are not shown.
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        listing(source_name.into(), text)
    }

    fn listing(&self) -> Result<Listing, InventoryError> {
        let mut listing = listing(self.file.name().into(), &self.file.read()?)?;
        listing.files.extend(self.file.path().cloned());
        Ok(listing)
    }
}

fn listing(name: Arc<str>, text: &str) -> Result<Listing, InventoryError> {
    let (mut model, mut seen) = (Model::default(), FilesRead::default());
    let mut problems = Problems::new(source::SourceText::new(Arc::clone(&name), text).without_secrets()).deferring();
    let root = printed::object(&mut problems);
    let meta = root.as_ref().and_then(|root| field(root, "_meta"));
    let hostvars = meta.and_then(|meta| field(meta, "hostvars"));
    if problems.is_empty() && !hostvars.is_some_and(|vars| matches!(vars.value, Value::Map(_))) {
        let message = "this is not what `ansible-inventory --list` prints: `_meta` with `hostvars` is missing";
        let hint = "print it without `--yaml`, `--toml` and `--graph`; an inventory file is `ansible:FILE`";
        problems.report_with(Span::START, message, hint);
    }
    if problems.is_empty() {
        printed::list(&mut problems, &mut model);
    }
    seen.problems = guess::hinted(problems.into_sorted(), FileKind::AnsibleList, &name, text);
    finish(model, seen)
}

#[async_trait]
impl Inventory for AnsibleList {
    fn name(&self) -> String {
        self.file.name()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        // Reading standard input may block.
        let source = self.clone();
        spawn_blocking(move || source.listing()).await
    }
}
