//! A plain list of hosts.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::fleet::Connection;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use crate::address;
use crate::guess::{self, FileKind};
use crate::input_file::InputFile;
use crate::roster::Roster;
use crate::source::{self, Problems, Span};
use crate::text_line::TextLine;

/// A text file of host names and ranges, separated by white space, or standard input (`-`): what `pssh -h`,
/// `pdsh -w ^FILE` and pipes of names use. `#` begins a comment; `user@` before a name and `:port` after it are
/// connection settings. The hosts carry no tags.
///
/// ```
/// use pogo_inventory::HostList;
///
/// let listing = HostList::parse("hosts.txt", "web[1-3].example.com  # the front\nroot@db1:2222\n")?;
/// let fleet = listing.fleet.build()?;
/// assert_eq!(fleet.len(), 4);
/// let db1 = fleet.id("db1").and_then(|db1| fleet.connection(db1)).unwrap();
/// assert_eq!((db1.user.as_deref(), db1.port), (Some("root"), Some(2222)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostList {
    file: InputFile,
}

impl HostList {
    /// An inventory from the file at this path, read when it is loaded; `-` is standard input, which is read once.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            file: InputFile::new(path),
        }
    }

    /// Parses a text; messages name it `source_name`.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Invalid`] with every problem that was found.
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        listing(source_name.into(), text)
    }

    fn read(&self) -> Result<Listing, InventoryError> {
        let mut listing = Self::parse(self.file.name(), &self.file.read()?)?;
        listing.files.extend(self.file.path().cloned());
        Ok(listing)
    }
}

fn listing(name: Arc<str>, text: &str) -> Result<Listing, InventoryError> {
    let mut problems = Problems::new(source::SourceText::new(Arc::clone(&name), text));
    let mut roster = Roster::default();
    roster.reserve(problems.source.rows());
    for line in TextLine::all(text) {
        for (at, word) in line.words() {
            // Lists that were copied from a command line end their words in commas.
            let word = word.trim_end_matches(',');
            if !word.is_empty() {
                hosts(&mut problems, &mut roster, line.span(at, word.len()), word);
            }
        }
    }
    if !roster.has_hosts() && problems.is_empty() {
        problems.report_with(
            Span::START,
            "the list names no host",
            "write a name or a range in each line",
        );
    }
    let found = guess::hinted(problems.into_sorted(), FileKind::HostList, &name, text);
    roster.into_listing(found)
}

/// Adds the hosts of a word.
fn hosts(problems: &mut Problems<'_>, roster: &mut Roster, span: Span, word: &str) {
    // At the last one: names of hosts have no `@`, those of users in a domain do.
    let (user, names) = match word.rsplit_once('@') {
        Some((user, names)) => (Some(user), names),
        None => (None, word),
    };
    let (names, port) = match port_of(names) {
        Ok(parts) => parts,
        Err(port) => {
            let message = format!("`{}` is not a port", port.escape_debug());
            return problems.report_with(span, message, "a port is a number from 1 to 65535");
        }
    };
    let mut connection = Connection::new();
    (connection.user, connection.port) = (user.map(str::to_owned), port);
    if let Some(user) = user {
        let wrong = address::wrong_user(user).or_else(|| {
            let hint = "write user@host, or the host alone";
            user.is_empty().then(|| {
                (
                    format!("the user before `@` is missing in `{}`", word.escape_debug()),
                    hint,
                )
            })
        });
        if let Some((message, hint)) = wrong {
            return problems.report_with(span, message, hint);
        }
    }
    let named = roster.hosts(problems, span, names);
    if connection != Connection::default() {
        for host in named {
            roster.connect(problems, span, &host, &connection);
        }
    }
}

/// Splits names and port. An IPv6 address with a port needs brackets: `[::1]:22`.
fn port_of(names: &str) -> Result<(&str, Option<u16>), &str> {
    // A range has brackets too: only an address has a colon within them.
    if let Some((address, port)) = names.strip_prefix('[').and_then(|rest| rest.split_once("]:"))
        && address.contains(':')
    {
        return number(port).map(|port| (address, Some(port)));
    }
    match names.split_once(':') {
        Some((host, port)) if !port.contains(':') => number(port).map(|port| (host, Some(port))),
        _ => Ok((names, None)),
    }
}

fn number(port: &str) -> Result<u16, &str> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    // `parse` alone would take a sign.
    port.parse().ok().filter(|port| digits && *port > 0).ok_or(port)
}

#[async_trait]
impl Inventory for HostList {
    fn name(&self) -> String {
        self.file.name()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let list = self.clone();
        crate::blocking::spawn_blocking(move || list.read()).await
    }
}
