//! A program that prints hosts as JSON.

mod process;

pub(crate) use process::Program;

use std::ffi::OsString;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use crate::blocking::spawn_blocking;
use crate::table::{Format, Mapping, TableFile};

/// A program that prints hosts as JSON or JSON lines: a script around a database, a cloud's command line.
///
/// It runs without a shell and without input, and has a time limit (default: 30 seconds), after which
/// it is killed with its whole process group. Its output is limited to 64 MiB. A status other than 0 is an error that
/// shows its standard error.
///
/// ```
/// use pogo_inventory::{CommandSource, table::Mapping};
///
/// # #[cfg(unix)] {
/// let source = CommandSource::new("echo", Mapping::default()).arg(r#"[{"name": "web1", "tags": ["frontend"]}]"#);
/// let fleet = source.read()?.fleet.build()?;
/// assert!(fleet.id("web1").is_some());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSource {
    program: Program,
    format: Format,
    mapping: Mapping,
}

impl CommandSource {
    /// An inventory from this program, which is searched in `PATH`, with a mapping of its fields.
    pub fn new(program: impl Into<OsString>, mapping: Mapping) -> Self {
        Self {
            program: Program {
                program: program.into(),
                args: Vec::new(),
                timeout: Duration::from_secs(30),
            },
            format: Format::Json,
            mapping,
        }
    }

    /// Adds an argument. It is never shown.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.program.args.push(arg.into());
        self
    }

    /// Sets the time limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.program.timeout = timeout;
        self
    }

    /// Sets the format of the output.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Runs the program. Blocks.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when it cannot be run, fails, or does not end in time;
    /// [`InventoryError::Invalid`] when its output is invalid.
    pub fn read(&self) -> Result<Listing, InventoryError> {
        let text = self.program.run(&[])?;
        TableFile::parse(self.program.name(), &text, self.format, &self.mapping)
    }
}

#[async_trait]
impl Inventory for CommandSource {
    fn name(&self) -> String {
        self.program.name()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let source = self.clone();
        spawn_blocking(move || source.read()).await
    }
}
