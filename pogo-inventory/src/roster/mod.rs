//! Collects the hosts, tags and settings of a source, with their origins.

mod settings;
mod tag_hosts;

pub(crate) use tag_hosts::TagSet;

use std::collections::HashSet;
use std::sync::Arc;

use pogo_core::fleet::{Connection, FleetBuilder, HostId, HostName, HostRange, Selector, TagPath};
use pogo_core::inventory::{Diagnostic, InventoryError, Listing, Origins as _};

use crate::address;
use crate::origins::{OriginTable, SourcePosition};
use crate::source::{Problems, SourceText, Span};
use tag_hosts::TagHosts;

/// Collects the hosts, tags and settings of a source. Invalid parts are reported at their positions.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    fleet: FleetBuilder,
    tags: HashSet<String>,
    tag_hosts: TagHosts,
    origins: OriginTable,
    patterns: Vec<Pattern>,
    expanded: u64,
}

/// A tag with a name pattern, which is resolved once all hosts are known.
#[derive(Debug)]
struct Pattern {
    range: HostRange,
    path: TagPath,
    nobody: Diagnostic,
    position: SourcePosition,
}

impl Roster {
    /// The most hosts of all ranges of a source: a short text must not fill the memory.
    const MOST: u64 = HostRange::MAX_HOSTS;

    /// Declares a tag, which may have no hosts.
    pub(crate) fn declare(&mut self, path: &TagPath) {
        let text = path.as_str();
        if self.tags.contains(text) {
            return;
        }
        let ends = text.match_indices('.').map(|(dot, _)| dot).chain([text.len()]);
        self.tags
            .extend(ends.filter_map(|end| text.get(..end)).map(str::to_owned));
        self.fleet.add_tag(path, []);
    }

    /// Sets the origin of hosts and tags that are added from now on.
    pub(crate) fn at(&mut self, source: &SourceText<'_>, span: Span) {
        self.origins.at(&source.name, span.line, span.column);
    }

    /// Parses comma-separated names and ranges, and adds the hosts.
    pub(crate) fn hosts(&mut self, problems: &mut Problems<'_>, span: Span, text: &str) -> Vec<HostName> {
        self.at(&problems.source, span);
        if let Ok(host) = HostName::new(text) {
            self.insert(host.clone());
            return vec![host];
        }
        let mut hosts = Vec::new();
        for range in ranges(problems, span, text) {
            if range.has_wildcards() {
                let message = format!("`{range}` is a pattern, but hosts are listed by name");
                problems.report_with(span, message, "write the names, or a range such as web[1-9]");
            } else {
                hosts.extend(self.expand(problems, span, &range));
            }
        }
        hosts
    }

    /// Adds hosts with a declared tag. Patterns match all hosts of the source.
    pub(crate) fn members(&mut self, problems: &mut Problems<'_>, span: Span, text: &str, path: &TagPath) {
        self.at(&problems.source, span);
        // Fast path: most are plain names, and there may be very many.
        if let Ok(host) = HostName::new(text) {
            return self.add_tag(host, path);
        }
        for range in ranges(problems, span, text) {
            if range.has_wildcards() {
                let message = format!("`{range}` matches no host that is named here");
                let nobody = problems.source.diagnostic(span, message);
                let nobody = nobody.with_hint("a pattern finds hosts that are listed elsewhere");
                let (path, position) = (path.clone(), self.origins.here());
                self.patterns.push(Pattern {
                    range,
                    path,
                    nobody,
                    position,
                });
            } else {
                for host in self.expand(problems, span, &range) {
                    self.tag(&host, path);
                }
            }
        }
    }

    fn expand(&mut self, problems: &mut Problems<'_>, span: Span, range: &HostRange) -> Vec<HostName> {
        // Counted before they are listed: `web[1-99999999]` is a few bytes.
        self.expanded = self.expanded.saturating_add(range.count());
        if self.expanded > Self::MOST {
            // Reported once, not for every further range.
            if self.expanded - range.count() <= Self::MOST {
                let message = format!("the ranges up to here name more than {} hosts", Self::MOST);
                problems.report(span, message);
            }
            return vec![];
        }
        let mut hosts = Vec::new();
        for name in range.expand() {
            match HostName::new(&name) {
                Ok(host) => {
                    self.insert(host.clone());
                    hosts.push(host);
                }
                Err(error) => {
                    problems.report(span, error.to_string());
                    // The names of a range differ in digits alone: what is wrong with one is wrong
                    // with all.
                    break;
                }
            }
        }
        hosts
    }

    /// Adds a tag to a host.
    pub(crate) fn tag(&mut self, host: &HostName, path: &TagPath) {
        self.declare(path);
        self.add_tag(host.clone(), path);
    }

    fn add_tag(&mut self, host: HostName, path: &TagPath) {
        let Some(host) = self.insert(host) else { return };
        let tag = self.tag_hosts.number(path, &mut self.origins);
        self.tag_hosts.push(host, tag, &mut self.origins);
    }

    /// Adds a host at the current position.
    pub(crate) fn insert(&mut self, host: HostName) -> Option<HostId> {
        let known = self.fleet.len();
        let host = self.fleet.insert(host)?;
        if self.fleet.len() > known {
            self.origins.list(host);
        }
        Some(host)
    }

    /// Declares a set of tags that many hosts share.
    pub(crate) fn tag_set(&mut self, paths: Vec<TagPath>) -> TagSet {
        for path in &paths {
            self.declare(path);
        }
        self.tag_hosts.tag_set(paths, &mut self.origins)
    }

    /// Adds a set of tags to a host.
    pub(crate) fn tag_all(&mut self, host: HostId, tags: &TagSet) {
        self.tag_hosts.push_all(host, tags, &mut self.origins);
    }

    /// Whether any host was added.
    pub(crate) fn has_hosts(&self) -> bool {
        !self.fleet.is_empty()
    }

    /// Reserves capacity for this many hosts.
    pub(crate) fn reserve(&mut self, hosts: usize) {
        self.fleet.reserve(hosts);
        self.origins.reserve(hosts);
    }

    /// Adds connection settings of a host; reports two values for the same setting.
    pub(crate) fn connect(
        &mut self,
        problems: &mut Problems<'_>,
        span: Span,
        host: &HostName,
        connection: &Connection,
    ) {
        if let Some(id) = self.insert(host.clone()) {
            self.connect_known(problems, span, id, connection.clone());
        }
    }

    /// Adds connection settings of an inserted host.
    pub(crate) fn connect_known(
        &mut self,
        problems: &mut Problems<'_>,
        span: Span,
        id: HostId,
        connection: Connection,
    ) {
        // Most hosts have none: nothing is kept for them.
        if connection.is_default() {
            return;
        }
        if let Some((message, hint)) = address::wrong(&connection) {
            return problems.report_with(span, message, hint);
        }
        if let Some(known) = self.fleet.known_connection(id) {
            let position = |setting: &str| self.origins.setting(id, setting);
            let name = self.fleet.name(id).map_or("", HostName::as_str);
            if !settings::adds(problems, (span, name), known, &connection, position) {
                return;
            }
        }
        self.at(&problems.source, span);
        self.origins.set_all(id, &connection);
        self.fleet.connect(id, connection);
    }

    /// Whether the word is a tag of this source but not a host.
    pub(crate) fn is_tag_only(&self, word: &str) -> bool {
        self.tags.contains(word) && !self.fleet.contains(word)
    }

    /// The listing with its origins, unless there are problems. Resolves patterns; those that match nothing are
    /// problems.
    pub(crate) fn into_listing(mut self, mut problems: Vec<Diagnostic>) -> Result<Listing, InventoryError> {
        self.match_patterns(&mut problems);
        if !problems.is_empty() {
            return Err(InventoryError::Invalid(problems));
        }
        self.complete();
        let mut listing = Listing::new(self.fleet);
        listing.origins = Arc::new(self.origins);
        Ok(listing)
    }

    /// Adds the collected tags to the fleet, which is faster all at once.
    fn complete(&mut self) {
        std::mem::take(&mut self.tag_hosts).add_to(&mut self.fleet);
    }

    fn match_patterns(&mut self, problems: &mut Vec<Diagnostic>) {
        let patterns = std::mem::take(&mut self.patterns);
        // Where something was refused, a pattern may match nothing for want of that host, and would be reported for it.
        if patterns.is_empty() || !problems.is_empty() {
            return;
        }
        // A fleet finds patterns by its index of names, which a builder has not.
        let Ok(fleet) = self.fleet.clone().build() else {
            // The caller's `build` reports this.
            return;
        };
        for Pattern {
            range,
            path,
            nobody,
            position,
        } in patterns
        {
            self.origins.back_to(position);
            let hosts = fleet.resolve(&Selector::Hosts(range)).unwrap_or_default();
            if hosts.is_empty() {
                problems.push(nobody);
            }
            for host in hosts {
                self.tag(fleet.name(host), &path);
            }
        }
    }
}

/// Parses the ranges of a comma-separated list.
fn ranges(problems: &mut Problems<'_>, span: Span, text: &str) -> Vec<HostRange> {
    let selector = match text.parse::<Selector>() {
        Ok(selector) => selector,
        Err(error) => {
            let at = problems.source.within(span, text, error.offset());
            problems.report(at, error.to_string());
            return vec![];
        }
    };
    let parts = match selector {
        Selector::Or(parts) => parts,
        other => vec![other],
    };
    let range = |part| match part {
        Selector::Hosts(range) => Some(range),
        Selector::All => "*".parse().ok(),
        _ => None,
    };
    match parts.into_iter().map(range).collect::<Option<_>>() {
        Some(ranges) => ranges,
        None => {
            let message = format!("`{}` is a group, but here stand hosts by name", text.escape_debug());
            let hint = "repeat a list with a YAML alias (`&name` and `*name`), or name a range such as web[1-9]";
            problems.report_with(span, message, hint);
            vec![]
        }
    }
}
