//! What goes wrong in a world.

use std::time::Duration;

use super::draw;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{FailureKind, JobId, Outcome};

/// What becomes of attempts on some hosts instead of success.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{Command, JobSpec};
/// use pogo_core::policy::Policy;
/// use pogo_core::sim::{Mishap, World};
///
/// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
/// let mut world = World::new(fleet, Policy::default())?
///     .mishap(&"web1".parse()?, &Mishap::fails(3))?
///     .mishap(&"web2".parse()?, &Mishap::times_out())?
///     .mishap(&"web3".parse()?, &Mishap::loses_the_link())?
///     .mishap(&"web4".parse()?, &Mishap::refuses())?;
/// let job = world.submit(JobSpec::new("*".parse()?, Command::shell("restart")))?;
/// let history = world.run();
/// let tally = history.scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
/// assert_eq!((tally.failed, tally.in_doubt), (3, 1));
/// assert_eq!(history.makespan(), Duration::from_secs(3_600)); // the time limit of an attempt
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Mishap {
    /// Every attempt ends this way, after its usual time.
    Always(Outcome),
    /// Every attempt ends this way as soon as it begins.
    AtOnce(Outcome),
    /// The first attempts end this way, later ones well.
    First {
        /// How many.
        attempts: u32,
        /// How they end.
        outcome: Outcome,
    },
    /// An attempt ends this way with a probability, drawn for each attempt on its own.
    Sometimes {
        /// From 0 to 1.
        probability: f64,
        /// How it ends.
        outcome: Outcome,
    },
    /// With a probability every attempt ends this way, on all hosts of the group or on none of them: drawn once for
    /// each group. [`World::mishap_by_value`](super::World::mishap_by_value) gives one to each value of a tag.
    Together {
        /// Whoever shares it shares the draw.
        group: String,
        /// From 0 to 1.
        probability: f64,
        /// How attempts end.
        outcome: Outcome,
    },
    /// It takes this much longer than it would.
    Slow(Duration),
    /// It never ends by itself; the time limit ends it.
    Hang,
    /// The host is away for a while: attempts that begin in that time find it unreachable, and attempts that are
    /// under way when it goes lose their link and end in doubt.
    Away {
        /// When it goes.
        from: Timestamp,
        /// When it is back.
        until: Timestamp,
    },
    /// The host goes and comes back over and over, each host at moments of its own, with what [`Self::Away`] says each time.
    Flap {
        /// How long it stays.
        up: Duration,
        /// How long it is away.
        down: Duration,
    },
}

impl Mishap {
    /// The command ends with this status, always.
    pub fn fails(status: u32) -> Self {
        Self::Always(Outcome::failed(FailureKind::Command { status }, ""))
    }

    /// Attempts never end, so that their time limit ends them.
    pub fn times_out() -> Self {
        Self::Hang
    }

    /// The link is lost while the command runs, after the usual time: the attempt ends in doubt.
    pub fn loses_the_link() -> Self {
        Self::Always(Outcome::in_doubt("the link was lost"))
    }

    /// The host takes no work, and says so at once.
    pub fn refuses() -> Self {
        Self::AtOnce(Outcome::failed(FailureKind::Refused, "it takes no work"))
    }

    /// The command of each attempt fails with this probability, from 0 to 1.
    pub fn fails_sometimes(probability: f64) -> Self {
        let outcome = Outcome::failed(FailureKind::Command { status: 1 }, "");
        Self::Sometimes { probability, outcome }
    }
}

/// One attempt, as far as mishaps ask for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) seed: u64,
    pub(super) job: JobId,
    pub(super) host: &'a HostName,
    /// The first is 1.
    pub(super) number: u32,
    pub(super) begun: Timestamp,
}

/// How an attempt goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fate {
    pub(super) takes: Duration,
    pub(super) outcome: Outcome,
}

impl Attempt<'_> {
    /// How the attempt goes under these mishaps; `None` if it never ends by itself.
    pub(super) fn fate<'m>(&self, takes: Duration, mishaps: impl Iterator<Item = &'m Mishap>) -> Option<Fate> {
        let mut fate = Fate {
            takes,
            outcome: Outcome::Succeeded,
        };
        let mut away: Option<(Timestamp, Timestamp)> = None;
        for mishap in mishaps {
            match mishap {
                Mishap::Slow(more) => fate.takes = fate.takes.saturating_add(*more),
                Mishap::Hang => return None,
                Mishap::Away { from, until } => away = sooner(away, (*from, *until), self.begun),
                Mishap::Flap { up, down } => away = sooner(away, self.next_flap(*up, *down), self.begun),
                _ if fate.outcome != Outcome::Succeeded => {}
                Mishap::AtOnce(outcome) => {
                    (fate.takes, fate.outcome) = (Duration::ZERO, outcome.clone());
                }
                _ => fate.outcome = self.struck(mishap).unwrap_or(Outcome::Succeeded),
            }
        }
        Some(match away {
            Some((from, _)) if from <= self.begun => Fate {
                takes: Duration::ZERO,
                outcome: Outcome::failed(FailureKind::Unreachable, "the host is away"),
            },
            Some((from, _)) if from < self.begun + fate.takes => Fate {
                takes: from - self.begun,
                outcome: Outcome::in_doubt("the host went away"),
            },
            _ => fate,
        })
    }

    /// How the attempt ends if this mishap strikes it.
    fn struck(&self, mishap: &Mishap) -> Option<Outcome> {
        let strikes = |probability: f64, drawn: f64, outcome: &Outcome| (drawn < probability).then(|| outcome.clone());
        match mishap {
            Mishap::Always(outcome) => Some(outcome.clone()),
            Mishap::First { attempts, outcome } => (self.number <= *attempts).then(|| outcome.clone()),
            Mishap::Sometimes { probability, outcome } => {
                let drawn = draw::uniform(self.seed, (self.host.as_str(), self.job, self.number));
                strikes(*probability, drawn, outcome)
            }
            Mishap::Together {
                group,
                probability,
                outcome,
            } => strikes(
                *probability,
                draw::uniform(self.seed, (group.as_str(), "together")),
                outcome,
            ),
            _ => None,
        }
    }

    /// The present time away, or the next.
    fn next_flap(&self, up: Duration, down: Duration) -> (Timestamp, Timestamp) {
        let millis = |span: Duration| {
            u64::try_from(span.as_millis())
                .unwrap_or(u64::MAX / 4)
                .min(u64::MAX / 4)
        };
        let (up, down) = (millis(up), millis(down));
        let period = (up + down).max(1);
        let now = self.begun.as_millis();
        // Where in its period the host is at the beginning of time.
        let offset = draw::bits(self.seed, (self.host.as_str(), "flap")) % period;
        let into = (now % period + offset) % period;
        let from = if into >= up {
            now.saturating_sub(into - up)
        } else {
            now + (up - into)
        };
        (
            Timestamp::from_millis(from),
            Timestamp::from_millis(from.saturating_add(down)),
        )
    }
}

/// Of two times away, the one that matters first to whoever begins at `begun`; those that are over, or take no time, do not.
fn sooner(
    one: Option<(Timestamp, Timestamp)>,
    other: (Timestamp, Timestamp),
    begun: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let (from, until) = other;
    if until <= begun || until <= from {
        return one;
    }
    Some(one.map_or(other, |one| one.min(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(begun: u64) -> Timestamp {
        Timestamp::from_millis(begun)
    }

    fn fate(begun: u64, mishaps: &[Mishap]) -> Option<Fate> {
        let host: HostName = "web1".parse().unwrap();
        let attempt = Attempt {
            seed: 3,
            job: JobId::new(1),
            host: &host,
            number: 1,
            begun: at(begun),
        };
        attempt.fate(SECOND, mishaps.iter())
    }

    #[test]
    fn whoever_begins_while_the_host_is_away_finds_it_unreachable() {
        let away = [Mishap::Away {
            from: at(5_000),
            until: at(7_000),
        }];
        for begun in [5_000, 6_999] {
            let fate = fate(begun, &away).unwrap();
            assert!(matches!(&fate.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable));
            assert_eq!(fate.takes, Duration::ZERO);
        }
    }

    #[test]
    fn whoever_is_under_way_when_the_host_goes_is_in_doubt_from_then_on() {
        let away = [Mishap::Away {
            from: at(5_000),
            until: at(7_000),
        }];
        let caught = fate(4_400, &away).unwrap();
        assert!(matches!(caught.outcome, Outcome::InDoubt { .. }));
        assert_eq!(caught.takes, Duration::from_millis(600));
        for begun in [4_000, 7_000] {
            assert_eq!(fate(begun, &away).unwrap().outcome, Outcome::Succeeded, "{begun}");
        }
    }

    #[test]
    fn a_flapping_host_is_away_for_its_share_of_the_time() {
        let flap = [Mishap::Flap {
            up: SECOND * 9,
            down: SECOND,
        }];
        let unreachable = |begun: &u64| {
            let outcome = fate(*begun, &flap).unwrap().outcome;
            matches!(outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable)
        };
        let away = (0..100_000).step_by(100).filter(unreachable).count();
        assert!((95..=105).contains(&away), "{away} of 1000");
    }

    #[test]
    fn the_first_mishap_that_strikes_counts_and_delays_add_up() {
        let both = [
            Mishap::Slow(SECOND),
            Mishap::fails(3),
            Mishap::Slow(SECOND),
            Mishap::fails(4),
        ];
        let fate = fate(0, &both).unwrap();
        assert_eq!(fate.takes, SECOND * 3);
        assert_eq!(fate.outcome, Outcome::failed(FailureKind::Command { status: 3 }, ""));
    }
}
