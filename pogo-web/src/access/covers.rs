//! Which hosts grants reach.

use std::collections::BTreeSet;

use pogo_core::fleet::{Fleet, HostName, HostRange, Selector, matches_pattern};

/// Which hosts grants reach.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostScope {
    /// All of them.
    All,
    /// Those that any of these names. One that the fleet cannot answer names none.
    Of(Vec<Selector>),
}

/// Hosts that grants do not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uncovered {
    /// How many there are.
    pub hosts: usize,
    /// Of how many.
    pub of: usize,
}

impl HostScope {
    /// Whether all of these hosts are reached.
    ///
    /// # Errors
    /// How many are not. A host that the fleet does not have is not.
    pub fn check<'a>(&self, fleet: &Fleet, hosts: impl IntoIterator<Item = &'a HostName>) -> Result<(), Uncovered> {
        let Self::Of(selectors) = self else { return Ok(()) };
        // A selector that the fleet cannot answer reaches nobody: an error in a grant must not
        // widen it.
        let reached = selectors.iter().filter_map(|selector| fleet.resolve(selector).ok());
        let reached: BTreeSet<_> = reached.flatten().collect();
        let (mut outside, mut of) = (0, 0);
        for host in hosts {
            of += 1;
            let is_reached = fleet.id(host.as_str()).is_some_and(|host| reached.contains(&host));
            outside += usize::from(!is_reached);
        }
        match outside {
            0 => Ok(()),
            hosts => Err(Uncovered { hosts, of }),
        }
    }

    /// Whether all hosts that a selector names are reached in any fleet, as far as that can be told from the words
    /// alone: where it is true they are, and where it is not they may be.
    pub fn includes(&self, selector: &Selector) -> bool {
        match (self, selector) {
            (Self::All, _) => true,
            (Self::Of(_), Selector::Or(parts)) => parts.iter().all(|part| self.includes(part)),
            (Self::Of(selectors), part) => selectors.iter().any(|reached| includes(reached, part)),
        }
    }
}

fn includes(reached: &Selector, asked: &Selector) -> bool {
    if reached == asked {
        return true;
    }
    match (reached, asked) {
        (Selector::All, _) => true,
        (_, Selector::Or(parts)) => parts.iter().all(|part| includes(reached, part)),
        (Selector::And(parts), _) => parts.iter().all(|part| includes(part, asked)),
        (Selector::Or(parts), _) if parts.iter().any(|part| includes(part, asked)) => true,
        (_, Selector::And(parts)) => parts.iter().any(|part| includes(reached, part)),
        (Selector::Tag(reached), Selector::Tag(asked)) => asked.is_within(reached),
        // Turned round: who is not in a small set includes who is not in a larger one.
        (Selector::Not(reached), Selector::Not(asked)) => includes(asked, reached),
        (Selector::Hosts(reached), Selector::Hosts(asked)) => includes_names(reached, asked),
        _ => false,
    }
}

/// The most names that are compared one by one.
const MOST_NAMES: u64 = 100_000;

fn includes_names(reached: &HostRange, asked: &HostRange) -> bool {
    if asked.has_wildcards() || asked.count() > MOST_NAMES || reached.count() > MOST_NAMES {
        return false;
    }
    if reached.has_wildcards() {
        let patterns: Vec<String> = reached.expand().collect();
        let is_matched = |name: &String| patterns.iter().any(|pattern| matches_pattern(pattern, name));
        // Each name is compared with each pattern.
        return patterns.len() <= 100 && asked.expand().all(|name| is_matched(&name));
    }
    let reached: BTreeSet<String> = reached.expand().collect();
    asked.expand().all(|name| reached.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reached: &[&str], asked: &str) -> bool {
        let reached = reached.iter().map(|text| text.parse().unwrap()).collect();
        HostScope::Of(reached).includes(&asked.parse().unwrap())
    }

    #[test]
    fn what_is_told_from_words_is_so_in_every_fleet() {
        for (reached, asked) in [
            (&["$db"][..], "$db"),
            (&["*"], "!$db"),
            (&["$db"], "$db.east"),
            (&["$db"], "$db & $east"),
            (&["$db, $web"], "$web"),
            (&["$db", "$web"], "$web, $db"),
            (&["web[1-9]"], "web[2-3]"),
            (&["web*"], "web[2-3],webx"),
            (&["!$db.east"], "!$db"),
            (&["$db & !$east"], "$db & !$east & $rack"),
        ] {
            assert!(told(reached, asked), "{reached:?} {asked}");
        }
        for (reached, asked) in [
            (&["$db"][..], "*"),
            (&["$db.east"], "$db"),
            (&["$db"], "$dbs"),
            (&["$db"], "$db, web1"),
            (&["$db & $east"], "$db"),
            (&["web[1-9]"], "web10"),
            (&["web[1-9]"], "web*"),
            (&["!$db"], "!$db.east"),
            (&["!$db"], "$web"),
            (&[], "$db"),
        ] {
            assert!(!told(reached, asked), "{reached:?} {asked}");
        }
    }

    #[test]
    fn a_selector_that_the_fleet_cannot_answer_reaches_nothing() {
        let fleet = Fleet::builder()
            .tagged("db", "db[1-2]")
            .tagged("web", "web1")
            .build()
            .unwrap();
        let hosts = |names: &[&str]| -> Vec<HostName> { names.iter().map(|name| name.parse().unwrap()).collect() };
        let check = |scope: &str, names| {
            let scope = HostScope::Of(vec![scope.parse().unwrap()]);
            scope.check(&fleet, &hosts(names))
        };
        assert_eq!(check("$db", &["db1", "db2"]), Ok(()));
        assert_eq!(check("$db", &["db1", "web1"]), Err(Uncovered { hosts: 1, of: 2 }));
        assert_eq!(check("!$gone", &["web1"]), Err(Uncovered { hosts: 1, of: 1 }));
        assert_eq!(check("$rolesdb(db)", &["db1"]), Err(Uncovered { hosts: 1, of: 1 }));
        assert_eq!(check("*", &["db9"]), Err(Uncovered { hosts: 1, of: 1 }));
    }
}
