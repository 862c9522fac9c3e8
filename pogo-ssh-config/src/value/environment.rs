//! `SendEnv` and `SetEnv`: the environment of sessions.

use std::fmt;

use pogo_core::fleet::matches_pattern;

/// Variables for a session, in the order of the requests. The server accepts those that its `AcceptEnv` names. Values
/// never show in `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// This process's variables whose names match one of these patterns, then those of `SetEnv`.
    pub(crate) fn of(sent: &[String], set: &[(String, String)]) -> Self {
        let matches_one = |name: &str| sent.iter().any(|pattern| matches_pattern(pattern, name));
        // Variables that are not UTF-8 cannot be sent.
        let all =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut variables: Vec<(String, String)> = match sent.is_empty() {
            true => Vec::new(),
            false => all.filter(|(name, _)| matches_one(name)).collect(),
        };
        variables.sort();
        // `SetEnv` last, since the server keeps the later one of two.
        variables.extend_from_slice(set);
        Self(variables)
    }

    /// Removes the variables with these names.
    pub fn remove(&mut self, names: &[String]) {
        self.0.retain(|(name, _)| !names.contains(name));
    }

    /// Names and values; of two with the same name the later one counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_show_and_what_is_set_comes_last() {
        let set = vec![("TOKEN".to_owned(), "secret".to_owned())];
        let environment = Environment::of(&["PAT?".to_owned(), "CARGO_PKG_NAM*".to_owned()], &set);
        let names: Vec<&str> = environment.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["CARGO_PKG_NAME", "PATH", "TOKEN"]);
        let shown = format!("{environment:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("secret"), "{shown}");
    }
}
