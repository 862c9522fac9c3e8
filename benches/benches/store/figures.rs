//! Figures: a median of some rounds with its spread, beside its goal.

use std::time::{Duration, Instant};

/// Prints a line for each figure.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) rounds: usize,
}

/// Two times of each round: of the plain thing, and of what is measured against it.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<(f64, f64)>);

impl Figures {
    /// Prints the head of the table.
    pub(crate) fn begin(rounds: usize) -> Self {
        println!(
            "{:<78}{:>12}{:>10}   {rounds} rounds, least to most",
            "", "goal", "median"
        );
        Self { rounds }
    }

    /// The ratios of pairs: what the machine does meanwhile meets both.
    pub(crate) fn ratio(&mut self, label: &str, goal: Option<f64>, pairs: &Pairs) {
        let goal = goal.map(|goal| format!("{goal}"));
        let ratios = pairs.0.iter().map(|(plain, measured)| measured / plain);
        self.values((label, goal.as_deref()), ratios, 2);
    }

    /// Times in milliseconds; the goal is in milliseconds too.
    pub(crate) fn millis(&mut self, label: &str, goal: Option<u32>, seconds: impl IntoIterator<Item = f64>) {
        let goal = goal.map(|goal| goal.to_string());
        let label = format!("{label}, ms");
        self.values((&label, goal.as_deref()), seconds.into_iter().map(|time| time * 1e3), 2);
    }

    /// Any values, with so many digits.
    pub(crate) fn values(
        &mut self,
        (label, goal): (&str, Option<&str>),
        values: impl IntoIterator<Item = f64>,
        digits: usize,
    ) {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else {
            return;
        };
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        println!(
            "{label:<78}{:>12}{:>10.digits$}   ({least:.digits$} to {most:.digits$})",
            goal.unwrap_or_default(),
            f64::midpoint(low, high)
        );
    }
}

impl Pairs {
    pub(crate) fn push(&mut self, plain: f64, measured: f64) {
        self.0.push((plain, measured));
    }

    pub(crate) fn plain(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|(plain, _)| *plain)
    }

    pub(crate) fn measured(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|(_, measured)| *measured)
    }
}

pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (work(), began.elapsed())
}
