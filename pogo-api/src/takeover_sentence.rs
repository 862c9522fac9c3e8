//! A takeover in the words that the program, the page and embedding tools share.

use std::fmt;
use std::time::Duration;

/// A takeover by another dispatcher, which displays as one line.
///
/// Names are shown as they are: escape one that came from elsewhere where it is printed.
///
/// ```
/// # use std::time::Duration;
/// let takeover = pogo_api::TakeoverSentence {
///     owner: "b",
///     away: Some(Duration::from_millis(4_100)),
///     in_doubt: 3,
///     known_again: 2,
/// };
/// let line = "dispatcher b took over after 4.1 s; 3 hosts in doubt, 2 known again";
/// assert_eq!(takeover.to_string(), line);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakeoverSentence<'a> {
    /// Who took over.
    pub owner: &'a str,
    /// How long nobody was heard, where that is known.
    pub away: Option<Duration>,
    /// Hosts on which a command may have run when it took over.
    pub in_doubt: usize,
    /// How many of these have answered since.
    pub known_again: usize,
}

impl fmt::Display for TakeoverSentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dispatcher {} took over", self.owner)?;
        if let Some(away) = self.away {
            write!(f, " after {:.1} s", away.as_secs_f64())?;
        }
        match self.in_doubt {
            0 => f.write_str("; no host in doubt")?,
            1 => f.write_str("; 1 host in doubt")?,
            hosts => write!(f, "; {hosts} hosts in doubt")?,
        }
        match self.known_again {
            0 => Ok(()),
            known => write!(f, ", {known} known again"),
        }
    }
}
