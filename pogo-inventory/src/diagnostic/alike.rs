//! Groups similar warnings.

use std::collections::{HashMap, HashSet};

use super::{Diagnostic, LineSpan};

/// A warning, and the number of others that differ from it only in names, numbers and positions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alike<'d> {
    /// The first of them.
    pub first: &'d Diagnostic,
    /// The number of the others.
    pub more: usize,
}

impl<'d> Alike<'d> {
    /// Groups similar warnings, in the order of the first of each group. Duplicates count once.
    ///
    /// ```
    /// use pogo_inventory::Diagnostic;
    /// use pogo_inventory::diagnostic::Alike;
    ///
    /// let warn = |host: &str| Diagnostic::new("hosts.ini", format!("`{host}` is not reached by SSH"));
    /// let warnings = [warn("web1"), warn("web2"), warn("web2"), Diagnostic::new("hosts.json", "is 3 days old")];
    /// let alike = Alike::of(&warnings);
    /// assert_eq!(alike.len(), 2);
    /// assert_eq!(alike[0].to_string(), "hosts.ini: `web1` is not reached by SSH\nand 1 more like it");
    /// ```
    pub fn of(warnings: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<Self> {
        let mut kinds: HashMap<String, usize> = HashMap::new();
        let mut seen: HashSet<(&str, Option<LineSpan>, &str)> = HashSet::new();
        let mut alike: Vec<Self> = Vec::new();
        for warning in warnings {
            if !seen.insert((&warning.source, warning.position, &warning.message)) {
                continue;
            }
            let at = *kinds.entry(warning.kind()).or_insert(alike.len());
            match alike.get_mut(at) {
                Some(known) => known.more += 1,
                None => alike.push(Self {
                    first: warning,
                    more: 0,
                }),
            }
        }
        alike
    }

    /// Renders the first warning with its line and the number of others for a terminal, with colours if wanted.
    pub fn render(&self, colour: bool) -> String {
        let mut text = self.first.render(colour);
        if self.more > 0 {
            text.push_str(&format!("\nand {} more like it", self.more));
        }
        text
    }
}

impl std::fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}
