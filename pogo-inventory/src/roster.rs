//! Hosts and tags of a source, on their way into a fleet.

use std::collections::HashSet;

use pogo_core::fleet::{FleetBuilder, HostName, HostRange, Selector, TagPath};

use crate::source::{Problems, Span};

/// Collects what a source says of its hosts. What cannot be part of a fleet is reported where it stands.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    fleet: FleetBuilder,
    tags: HashSet<String>,
    expanded: u64,
}

impl Roster {
    /// Hosts that the ranges of one source may name: a short text must not fill the memory.
    const MOST: u64 = HostRange::MAX_HOSTS;

    /// The tag exists, whoever carries it.
    pub(crate) fn declare(&mut self, path: &TagPath) {
        let text = path.as_str();
        if self.tags.contains(text) {
            return;
        }
        let ends = text.match_indices('.').map(|(dot, _)| dot).chain([text.len()]);
        self.tags
            .extend(ends.filter_map(|end| text.get(..end)).map(str::to_owned));
        self.fleet = std::mem::take(&mut self.fleet).declare_tag(text);
    }

    /// Reads names and ranges, separated by commas, and adds these hosts.
    pub(crate) fn hosts(&mut self, problems: &mut Problems<'_>, span: Span, text: &str) -> Vec<HostName> {
        let ranges = match text.parse::<Selector>() {
            Ok(Selector::Hosts(range)) => vec![range],
            Ok(Selector::Or(parts)) => match parts.into_iter().map(only_hosts).collect::<Option<_>>() {
                Some(ranges) => ranges,
                None => return refuse_groups(problems, span, text),
            },
            Ok(_) => return refuse_groups(problems, span, text),
            Err(error) => {
                let at = problems.source.within(span, text, error.offset());
                problems.report(at, error.to_string());
                return vec![];
            }
        };
        ranges
            .iter()
            .flat_map(|range| self.expand(problems, span, range))
            .collect()
    }

    fn expand(&mut self, problems: &mut Problems<'_>, span: Span, range: &HostRange) -> Vec<HostName> {
        if range.has_wildcards() {
            let message = format!("`{range}` is a pattern, but hosts are listed by name");
            problems.report_with(span, message, "write the names, or a range such as web[1-9]");
            return vec![];
        }
        self.expanded = self.expanded.saturating_add(range.count());
        if self.expanded > Self::MOST {
            // Once is enough, or every further range would say so too.
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
                    self.fleet = std::mem::take(&mut self.fleet).host(&name);
                    hosts.push(host);
                }
                Err(error) => {
                    problems.report(span, error.to_string());
                    break;
                }
            }
        }
        hosts
    }

    /// The host carries the tag.
    pub(crate) fn tag(&mut self, host: &HostName, path: &TagPath) {
        self.declare(path);
        self.fleet = std::mem::take(&mut self.fleet).host(host.as_str()).tag(path.as_str());
    }

    /// Whether the word is a tag of this source and no host of it.
    pub(crate) fn is_tag_only(&self, word: &str) -> bool {
        self.tags.contains(word) && !self.fleet.contains(word)
    }

    /// Everything collected.
    pub(crate) fn into_fleet(self) -> FleetBuilder {
        self.fleet
    }
}

fn only_hosts(part: Selector) -> Option<HostRange> {
    match part {
        Selector::Hosts(range) => Some(range),
        _ => None,
    }
}

fn refuse_groups(problems: &mut Problems<'_>, span: Span, text: &str) -> Vec<HostName> {
    let message = format!("`{}` is a group, but here stand hosts by name", text.escape_debug());
    problems.report_with(
        span,
        message,
        "repeat a list with a YAML alias (`&name` and `*name`), or name a range such as web[1-9]",
    );
    vec![]
}
