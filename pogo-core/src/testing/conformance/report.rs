//! Reports of suites.

use std::fmt;

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The contract's line is kept.
    Passed,
    /// The case does not apply, for this reason.
    Skipped(String),
    /// The contract's line is broken, as described.
    Failed(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
            Self::Failed(seen) => write!(f, "failed: {seen}"),
        }
    }
}

/// One case of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseReport {
    /// Its name: the line of the contract that it checks.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
}

impl CaseReport {
    /// Creates a case report.
    pub fn new(name: &'static str, verdict: Verdict) -> Self {
        Self { name, verdict }
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match &self.verdict {
            Verdict::Passed => write!(f, "passed   {name}"),
            Verdict::Skipped(reason) => write!(f, "skipped  {name}: {reason}"),
            Verdict::Failed(seen) => write!(f, "FAILED   {name}: {}", seen.replace('\n', "\n           ")),
        }
    }
}

/// All cases of one suite, in its order.
///
/// Displays as a line for each case, with details of failed ones.
///
/// ```
/// use pogo_core::testing::conformance::{CaseReport, ConformanceReport, Verdict};
///
/// let case = CaseReport::new("output_keeps_its_bytes", Verdict::Skipped("it streams no output".into()));
/// let report = ConformanceReport::new("transport", vec![case]);
/// assert_eq!(
///     report.to_string(),
///     "transport: 0 passed, 1 skipped, 0 failed\n  skipped  output_keeps_its_bytes: it streams no output\n"
/// );
/// report.assert_passed();
/// report.assert_skipped(&["output_keeps_its_bytes"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// The suite's name.
    pub suite: &'static str,
    /// The verdict on each of its cases.
    pub cases: Vec<CaseReport>,
}

impl ConformanceReport {
    /// Creates a report.
    pub fn new(suite: &'static str, cases: Vec<CaseReport>) -> Self {
        Self { suite, cases }
    }

    /// No case failed. What was skipped is in the report, and [`Self::assert_skipped`] pins it.
    ///
    /// # Panics
    /// One did. The message is the whole report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert_eq!(self.failed(), Vec::<&str>::new(), "{self}");
    }

    /// Just these cases were skipped, so that nothing is skipped unseen.
    ///
    /// # Panics
    /// Others were, or one of these was not. The message is the whole report.
    #[track_caller]
    pub fn assert_skipped(&self, names: &[&str]) {
        let mut wanted = names.to_vec();
        let mut skipped = self.skipped();
        wanted.sort_unstable();
        skipped.sort_unstable();
        assert_eq!(skipped, wanted, "{self}");
    }

    /// Names of the cases that passed.
    pub fn passed(&self) -> Vec<&'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Passed))
    }

    /// Names of the cases that were skipped.
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Skipped(_)))
    }

    /// Names of the cases that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    fn names(&self, wanted: impl Fn(&Verdict) -> bool) -> Vec<&'static str> {
        let cases = self.cases.iter().filter(|case| wanted(&case.verdict));
        cases.map(|case| case.name).collect()
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, skipped, failed) = (self.passed().len(), self.skipped().len(), self.failed().len());
        writeln!(f, "{}: {passed} passed, {skipped} skipped, {failed} failed", self.suite)?;
        self.cases.iter().try_for_each(|case| writeln!(f, "  {case}"))
    }
}
