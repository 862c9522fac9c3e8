//! Resolves selectors to hosts.

use super::{Fleet, HostId, HostRange, Selector, TagPath, matches_pattern, near};

/// A selector that names a host, tag or answer that the fleet does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The selector names a host that the fleet does not have.
    #[error("the inventory has no host `{name}`{}", hint(near))]
    UnknownHost {
        /// The name.
        name: String,
        /// Names that are nearly the same; tags with their `$`.
        near: Vec<String>,
    },
    /// The selector names a tag that the fleet does not have.
    #[error("no host has the tag `${path}`, and no file declares it{}", hint(near))]
    UnknownTag {
        /// The path.
        path: TagPath,
        /// Tags that are nearly the same, with their `$`.
        near: Vec<String>,
    },
    /// The resolver has not been asked this, or no resolver has this name.
    #[error("no answer is known to `${resolver}({args})`; plug in a tag resolver named `{resolver}`")]
    UnresolvedExternal {
        /// The resolver's name.
        resolver: String,
        /// What it is asked.
        args: String,
    },
}

fn hint(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean `{}`?", near.join("`, or `"))
    }
}

impl Fleet {
    /// The hosts that a selector names, each once.
    ///
    /// A union keeps the order of its parts, a host range its order of expansion, an intersection the order of its
    /// first factor; everything else is in listed order.
    ///
    /// # Errors
    /// The first name, tag or resolver that the fleet does not know, with what is near it.
    pub fn resolve(&self, selector: &Selector) -> Result<Vec<HostId>, ResolveError> {
        match selector {
            Selector::All => Ok(self.ids().collect()),
            Selector::Tag(path) => match self.tag(path) {
                Some(tag) => Ok(self.members(tag).to_vec()),
                None => Err(ResolveError::UnknownTag {
                    path: path.clone(),
                    near: self.near_tags(path.as_str()),
                }),
            },
            Selector::External { resolver, args } => {
                let answer = self.externals.get(&(resolver.clone(), args.clone()));
                let unresolved = || ResolveError::UnresolvedExternal {
                    resolver: resolver.clone(),
                    args: args.clone(),
                };
                answer.cloned().ok_or_else(unresolved)
            }
            Selector::Hosts(range) if range.has_wildcards() => Ok(self.matching(range)),
            Selector::Hosts(range) => self.listed(range),
            Selector::Not(inner) => {
                let mut others = self.resolve(inner)?;
                // A search in a sorted list, since a union comes in the order of its parts.
                others.sort_unstable();
                Ok(self.ids().filter(|host| others.binary_search(host).is_err()).collect())
            }
            Selector::And(parts) => self.intersection(parts),
            Selector::Or(parts) => self.union(parts),
        }
    }

    fn union(&self, parts: &[Selector]) -> Result<Vec<HostId>, ResolveError> {
        let mut hosts = Vec::new();
        for part in parts {
            hosts.extend(self.resolve(part)?);
        }
        self.keep_first(&mut hosts);
        Ok(hosts)
    }

    fn intersection(&self, parts: &[Selector]) -> Result<Vec<HostId>, ResolveError> {
        let mut parts = parts.iter();
        let Some(first) = parts.next() else { return Ok(vec![]) };
        let mut hosts = self.resolve(first)?;
        for part in parts {
            let mut also = self.resolve(part)?;
            also.sort_unstable();
            hosts.retain(|host| also.binary_search(host).is_ok());
        }
        Ok(hosts)
    }

    fn listed(&self, range: &HostRange) -> Result<Vec<HostId>, ResolveError> {
        let mut hosts = Vec::new();
        for name in range.expand() {
            match self.id(&name) {
                Some(host) => hosts.push(host),
                None => {
                    // Only for the name that is missing: distances to all names of a fleet take
                    // milliseconds.
                    let near = self.near(&name);
                    return Err(ResolveError::UnknownHost { name, near });
                }
            }
        }
        self.keep_first(&mut hosts);
        Ok(hosts)
    }

    /// What may have been meant by a host that is not known: the tag of this name first, then hosts, then other tags.
    fn near(&self, name: &str) -> Vec<String> {
        let is_tag = TagPath::new(name).is_ok_and(|path| self.tag(&path).is_some());
        let mut meant: Vec<String> = is_tag.then(|| format!("${name}")).into_iter().collect();
        meant.extend(near(name, self.names.iter().map(super::HostName::as_str)));
        if meant.is_empty() {
            meant = self.near_tags(name);
        }
        meant
    }

    /// Tags that are nearly the same, with their `$`.
    fn near_tags(&self, path: &str) -> Vec<String> {
        let near = near(path, self.tags.iter().map(|tag| tag.path.as_str()));
        near.into_iter().map(|tag| format!("${tag}")).collect()
    }

    fn matching(&self, range: &HostRange) -> Vec<HostId> {
        let patterns: Vec<String> = range.expand().collect();
        let matches = |name: &str| patterns.iter().any(|pattern| matches_pattern(pattern, name));
        self.ids().filter(|&host| matches(self.name(host).as_str())).collect()
    }

    /// Drops each later mention of a host.
    fn keep_first(&self, hosts: &mut Vec<HostId>) {
        // A byte for each host of the fleet: less work than a set of ids, and gone at once.
        let mut seen = vec![false; self.len()];
        hosts.retain(|host| !std::mem::replace(&mut seen[host.index()], true));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn fleet() -> Fleet {
        Fleet::builder()
            .tagged("colo.na", "h[1-3]")
            .tagged("colo.sea", "h[4-6]")
            .tagged("frontend", "h1,h4")
            .declare_tag("empty")
            .build()
            .unwrap()
    }

    fn names(selector: &str) -> Vec<String> {
        let fleet = fleet();
        let hosts = fleet.resolve(&selector.parse().unwrap()).unwrap();
        hosts.into_iter().map(|host| fleet.name(host).to_string()).collect()
    }

    #[test]
    fn the_listed_order_is_kept() {
        assert_eq!(names("h3,h[2-1]".replace("[2-1]", "2").as_str()), ["h3", "h2"]);
        assert_eq!(names("h5,$colo.na,h[4-5]"), ["h5", "h1", "h2", "h3", "h4"]);
        assert_eq!(names("h4,h1 & $frontend"), ["h4", "h1"]);
        assert_eq!(names("(h4,h1) & $frontend"), ["h4", "h1"]);
        assert_eq!(names("$colo & !$frontend"), ["h2", "h3", "h5", "h6"]);
        assert_eq!(names("h?,*"), ["h1", "h2", "h3", "h4", "h5", "h6"]);
        assert!(names("$empty").is_empty());
    }

    #[test]
    fn what_is_unknown_is_named_with_what_is_near() {
        let error = |text: &str| fleet().resolve(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(
            error("$frontent").contains("did you mean `$frontend`"),
            "{}",
            error("$frontent")
        );
        assert!(error("h11").contains("did you mean `h1`"), "{}", error("h11"));
        assert!(error("H1").contains("did you mean `h1`"));
        // A tag without its `$`, and what is near a tag alone.
        assert!(error("frontend").contains("did you mean `$frontend`"));
        assert!(error("colo.na").contains("did you mean `$colo.na`"));
        assert!(error("fronted").contains("did you mean `$frontend`"));
        assert!(error("$db(x)").contains("tag resolver named `db`"));
    }

    fn selectors() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("*"),
            Just("$colo"),
            Just("$colo.na"),
            Just("$frontend"),
            Just("h2"),
            Just("h[3-5]"),
            Just("h*")
        ]
        .prop_map(str::to_owned);
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) & ({b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) , ({b})")),
            ]
        })
    }

    /// What a selector means, as plainly as it can be said.
    fn naive(selector: &Selector, host: &str) -> bool {
        let number: u32 = host[1..].parse().unwrap();
        match selector {
            Selector::All => true,
            Selector::Tag(path) => match path.as_str() {
                "colo" => true,
                "colo.na" => number <= 3,
                "frontend" => number == 1 || number == 4,
                _ => false,
            },
            Selector::Hosts(range) => range.has_wildcards() || range.expand().any(|name| name == host),
            Selector::Not(inner) => !naive(inner, host),
            Selector::And(parts) => parts.iter().all(|part| naive(part, host)),
            Selector::Or(parts) => parts.iter().any(|part| naive(part, host)),
            Selector::External { .. } => false,
        }
    }

    proptest! {
        #[test]
        fn hosts_are_those_that_set_theory_says(text in selectors()) {
            let selector: Selector = text.parse().unwrap();
            let found = names(&text);
            let unique: BTreeSet<String> = found.iter().cloned().collect();
            prop_assert_eq!(unique.len(), found.len());
            let wanted: BTreeSet<String> =
                (1..=6).map(|n| format!("h{n}")).filter(|host| naive(&selector, host)).collect();
            prop_assert_eq!(unique, wanted);
        }
    }
}
