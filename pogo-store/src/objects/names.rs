//! What objects are named.

use std::fmt;
use std::str::FromStr;

use pogo_core::scheduler::{AttemptId, JobId};
use serde::{Deserialize, Serialize};

/// Has a folder for each namespace.
pub(super) const NAMESPACES: &str = "ns";

/// The folder of a job: all of it is removed by this.
pub(super) fn job_folder(namespace: &str, job: JobId) -> String {
    format!("{NAMESPACES}/{namespace}/{}", job.number())
}

/// An owner: its epoch, and what tells it from one of the same epoch before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WriterId {
    pub(crate) epoch: u64,
    pub(crate) nonce: u64,
}

/// A segment: its writer, and its number among those of a job that this one wrote. Two owners never write the same,
/// however late one hears that it is none any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct SegmentId {
    pub(super) writer: WriterId,
    pub(super) number: u64,
}

/// The name of a segment: `5-1f0c22ab95d3e604-12` while it grows, and then `5-1f0c22ab95d3e604-12.40-63` with the first
/// and the last attempt in it, by which readers of other attempts skip it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentName {
    pub(super) id: SegmentId,
    attempts: Option<(AttemptId, AttemptId)>,
}

impl SegmentName {
    pub(super) fn growing(id: SegmentId) -> Self {
        Self { id, attempts: None }
    }

    pub(super) fn full(id: SegmentId, attempts: (AttemptId, AttemptId)) -> Self {
        Self {
            id,
            attempts: Some(attempts),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.attempts.is_some()
    }

    /// Whether it can have something of an attempt.
    pub(super) fn may_have(&self, attempt: AttemptId) -> bool {
        self.attempts
            .is_none_or(|(first, last)| (first..=last).contains(&attempt))
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}-{}", self.writer.epoch, self.writer.nonce, self.number)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            None => self.id.fmt(f),
            Some((first, last)) => write!(f, "{}.{}-{}", self.id, first.number(), last.number()),
        }
    }
}

/// Two numbers with a `-` between them.
fn pair(text: &str) -> Option<(u64, u64)> {
    let (first, second) = text.split_once('-')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// The name is not that of a segment.
#[derive(Debug)]
pub(super) struct NoSegment;

impl fmt::Display for NoSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is no name of a segment")
    }
}

impl FromStr for SegmentId {
    type Err = NoSegment;

    fn from_str(text: &str) -> Result<Self, NoSegment> {
        let (epoch, rest) = text.split_once('-').ok_or(NoSegment)?;
        let (nonce, number) = rest.split_once('-').ok_or(NoSegment)?;
        let writer = WriterId {
            epoch: epoch.parse().map_err(|_| NoSegment)?,
            nonce: u64::from_str_radix(nonce, 16).map_err(|_| NoSegment)?,
        };
        let number = number.parse().map_err(|_| NoSegment)?;
        Ok(Self { writer, number })
    }
}

impl FromStr for SegmentName {
    type Err = NoSegment;

    fn from_str(text: &str) -> Result<Self, NoSegment> {
        match text.split_once('.') {
            None => Ok(Self::growing(text.parse()?)),
            Some((id, attempts)) => {
                let (first, last) = pair(attempts).ok_or(NoSegment)?;
                Ok(Self::full(id.parse()?, (AttemptId::new(first), AttemptId::new(last))))
            }
        }
    }
}

impl From<SegmentId> for String {
    fn from(id: SegmentId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SegmentId {
    type Error = NoSegment;

    fn try_from(text: String) -> Result<Self, NoSegment> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_objects_are_for_ever() {
        let writer = WriterId {
            epoch: 5,
            nonce: 0x1f0c_22ab_95d3_e604,
        };
        let id = SegmentId { writer, number: 12 };
        let full = SegmentName::full(id, (AttemptId::new(40), AttemptId::new(63)));
        for (name, text) in [
            (SegmentName::growing(id), "5-1f0c22ab95d3e604-12"),
            (full, "5-1f0c22ab95d3e604-12.40-63"),
        ] {
            assert_eq!(name.to_string(), text);
            assert_eq!(text.parse::<SegmentName>().unwrap(), name);
        }
        assert_eq!(
            job_folder("default-1f0c22ab95d3e604", JobId::new(7)),
            "ns/default-1f0c22ab95d3e604/7"
        );
        for text in [
            "",
            "5",
            "5-",
            "5-12",
            "5-a-12.",
            "5-a-12.40",
            "5-a-12.40-x",
            "5-a-12#1",
            "5-g-12",
        ] {
            assert!(text.parse::<SegmentName>().is_err(), "{text}");
        }
        let has = |name: SegmentName| [39, 40, 63, 64].map(|attempt| name.may_have(AttemptId::new(attempt)));
        assert_eq!(has(full), [false, true, true, false]);
        assert_eq!(has(SegmentName::growing(id)), [true; 4]);
    }
}
