//! How likely something is, estimated from a number of runs.

use std::fmt;

use serde::Serialize;

/// So many of so many runs. Prints the share, and between what it is with 95 % confidence.
///
/// ```
/// use pogo_core::sim::what_if::Chance;
///
/// let chance = Chance { runs: 13, of: 200 };
/// assert_eq!(chance.to_string(), "6.5% (13 of 200 runs; 3.8% to 10.8%)");
/// // That it never happened does not mean that it never will.
/// assert!(Chance { runs: 0, of: 200 }.between().1 > 0.01);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Chance {
    /// The runs in which it happened.
    pub runs: u32,
    /// All runs.
    pub of: u32,
}

impl Chance {
    /// The share of the runs, from 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.runs) / f64::from(self.of.max(1))
    }

    /// Between what the probability is with 95 % confidence (Wilson's interval), from 0 to 1.
    pub fn between(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let (runs, share) = (f64::from(self.of), self.share());
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let middle = share + Z * Z / (2.0 * runs);
        let spread = Z * (share * (1.0 - share) / runs + Z * Z / (4.0 * runs * runs)).sqrt();
        let scale = 1.0 + Z * Z / runs;
        (
            ((middle - spread) / scale).max(0.0),
            ((middle + spread) / scale).min(1.0),
        )
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.between();
        write!(
            f,
            "{:.1}% ({} of {} runs; {:.1}% to {:.1}%)",
            self.share() * 100.0,
            self.runs,
            self.of,
            low * 100.0,
            high * 100.0
        )
    }
}
