//! Grants as they are written: a YAML file, with tests of its own.

mod grant;
mod recipe;
mod tests_of_grants;

use std::path::Path;

use pogo_core::fleet::Fleet;
use pogo_core::inventory::{Diagnostic, InventoryError};
use pogo_inventory::{SettingsFile, SettingsReader};

use crate::Grants;
pub use tests_of_grants::GrantTest;

/// A YAML file of grants. What is wrong with it is said with file, line, column and the cure, as of policies.
///
/// ```
/// use pogo_web::GrantsFile;
///
/// let file = GrantsFile::parse("grants.yaml", r#"
/// groups:
///   dba: [alice, bob]
/// recipes:
///   restart-db: systemctl restart postgresql
/// grants:
///   - {who: "*", may: view}
///   - {who: group:dba, may: [view output, run, steer own], targets: $db}
///   - {who: carol, may: run, targets: $db, recipes: restart-db, namespaces: "prod*"}
/// tests:
///   - {as: alice, may: run, on: $db.east}
///   - {as: carol, may: run, on: $db, recipe: restart-db, in: prod-eu}
///   - {as: carol, may not: run, on: $db, in: prod-eu}
/// "#)?;
/// assert_eq!(file.check(None), []);
/// # Ok::<(), pogo_core::inventory::InventoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct GrantsFile {
    file: SettingsFile,
    grants: Grants,
    tests: Vec<GrantTest>,
}

impl GrantsFile {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, or it is wrong: then all that is wrong with it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, InventoryError> {
        Self::of(SettingsFile::read(path)?)
    }

    /// Parses a text; messages name it `name`.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn parse(name: &str, text: &str) -> Result<Self, InventoryError> {
        Self::of(SettingsFile::parse(name, text)?)
    }

    fn of(file: SettingsFile) -> Result<Self, InventoryError> {
        let mut reader = SettingsReader::new(&file);
        let mut grants = Grants::new();
        let mut tests = Vec::new();
        let sections = reader.keys(
            file.settings(),
            "a file of grants",
            &["groups", "recipes", "grants", "tests"],
        );
        // Grants name recipes, wherever those stand.
        for section in sections.iter().filter(|section| section.key == "recipes") {
            grants = recipe::recipes(&mut reader, section, grants);
        }
        for section in sections {
            match section.key.as_str() {
                "groups" => grants = grant::groups(&mut reader, section, grants),
                "grants" => grants = grant::grants(&mut reader, section, grants),
                "tests" => tests = tests_of_grants::tests(&mut reader, section, &grants),
                _ => {}
            }
        }
        let problems = reader.into_problems();
        match problems.is_empty() {
            true => Ok(Self { file, grants, tests }),
            false => Err(InventoryError::Invalid(problems)),
        }
    }

    /// The grants.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The tests.
    pub fn tests(&self) -> &[GrantTest] {
        &self.tests
    }

    /// What the tests find: each that fails, or that cannot be told without knowing the hosts, where it is written.
    pub fn check(&self, fleet: Option<&Fleet>) -> Vec<Diagnostic> {
        let failed = self.tests.iter().filter_map(|test| {
            let (message, hint) = test.problem(&self.grants, fleet)?;
            let problem = self.file.problem(test.position, message);
            Some(match hint {
                Some(hint) => problem.with_hint(hint),
                None => problem,
            })
        });
        failed.collect()
    }
}
