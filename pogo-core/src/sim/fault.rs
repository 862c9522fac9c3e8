//! Faults that a world injects into attempts.

use std::time::Duration;

use super::draw;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{FailureKind, JobId, Outcome};

/// How attempts on some hosts go, instead of succeeding after their usual time.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::Policy;
/// use pogo_core::sim::{Fault, World};
///
/// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
/// let mut world = World::new(fleet, Policy::default())?
///     .inject(&"web1".parse()?, &Fault::fails(3))?
///     .inject(&"web2".parse()?, &Fault::times_out())?
///     .inject(&"web3".parse()?, &Fault::loses_the_link())?
///     .inject(&"web4".parse()?, &Fault::refuses())?;
/// let job = world.submit(JobSpec::new("*".parse()?, RemoteCommand::shell("restart")))?;
/// let history = world.run();
/// let tally = history.scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
/// assert_eq!((tally.failed, tally.in_doubt), (3, 1));
/// assert_eq!(history.makespan(), Duration::from_secs(3_600)); // the time limit of an attempt
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
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
    /// each group. [`World::inject_by_value`](super::World::inject_by_value) gives one to each value of a tag.
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
    /// The host goes and comes back over and over, each host at moments of its own, with what [`Self::Away`] says each
    /// time.
    Flap {
        /// How long it stays.
        up: Duration,
        /// How long it is away.
        down: Duration,
    },
}

impl Fault {
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

/// One attempt, as far as faults depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SimulatedAttempt<'a> {
    pub(super) seed: u64,
    pub(super) job: JobId,
    pub(super) host: &'a HostName,
    /// The first is 1.
    pub(super) number: u32,
    pub(super) begun: Timestamp,
}

/// When an attempt ends, and how.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AttemptEnd {
    pub(super) takes: Duration,
    pub(super) outcome: Outcome,
}

impl SimulatedAttempt<'_> {
    /// How the attempt goes under these faults; `None` if it never ends by itself.
    pub(super) fn end<'m>(&self, takes: Duration, faults: impl Iterator<Item = &'m Fault>) -> Option<AttemptEnd> {
        let mut end = AttemptEnd {
            takes,
            outcome: Outcome::Succeeded,
        };
        let mut away: Option<(Timestamp, Timestamp)> = None;
        for fault in faults {
            match fault {
                Fault::Slow(more) => end.takes = end.takes.saturating_add(*more),
                Fault::Hang => return None,
                Fault::Away { from, until } => away = next_outage(away, (*from, *until), self.begun),
                Fault::Flap { up, down } => away = next_outage(away, self.next_flap(*up, *down), self.begun),
                // The first that strikes counts; what follows only makes it longer or takes the
                // host away.
                _ if end.outcome != Outcome::Succeeded => {}
                Fault::AtOnce(outcome) => {
                    (end.takes, end.outcome) = (Duration::ZERO, outcome.clone());
                }
                _ => end.outcome = self.outcome_under(fault).unwrap_or(Outcome::Succeeded),
            }
        }
        Some(match away {
            Some((from, _)) if from <= self.begun => AttemptEnd {
                takes: Duration::ZERO,
                outcome: Outcome::failed(FailureKind::Unreachable, "the host is away"),
            },
            Some((from, _)) if from < self.begun + end.takes => AttemptEnd {
                takes: from - self.begun,
                outcome: Outcome::in_doubt("the host went away"),
            },
            _ => end,
        })
    }

    /// How the attempt ends under this fault, if it strikes.
    fn outcome_under(&self, fault: &Fault) -> Option<Outcome> {
        // One draw whatever the probability: a higher one strikes the same attempts, and more.
        let strikes = |probability: f64, drawn: f64, outcome: &Outcome| (drawn < probability).then(|| outcome.clone());
        match fault {
            Fault::Always(outcome) => Some(outcome.clone()),
            Fault::First { attempts, outcome } => (self.number <= *attempts).then(|| outcome.clone()),
            Fault::Sometimes { probability, outcome } => {
                let drawn = draw::uniform(self.seed, (self.host.as_str(), self.job, self.number));
                strikes(*probability, drawn, outcome)
            }
            Fault::Together {
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

    /// The outage that the host is in, or its next.
    fn next_flap(&self, up: Duration, down: Duration) -> (Timestamp, Timestamp) {
        let millis = |span: Duration| {
            u64::try_from(span.as_millis())
                // A quarter, so that two of them and a time can be added.
                .unwrap_or(u64::MAX / 4)
                .min(u64::MAX / 4)
        };
        let (up, down) = (millis(up), millis(down));
        let period = (up + down).max(1);
        let now = self.begun.as_millis();
        // Where in its period the host is at the beginning of time.
        // Of its own for each host, or a whole fleet would be away at once.
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

/// The earlier of two outages that is not over at `begun`. Outages of no length are ignored.
fn next_outage(
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

    fn end_of(begun: u64, faults: &[Fault]) -> Option<AttemptEnd> {
        let host: HostName = "web1".parse().unwrap();
        let attempt = SimulatedAttempt {
            seed: 3,
            job: JobId::new(1),
            host: &host,
            number: 1,
            begun: at(begun),
        };
        attempt.end(SECOND, faults.iter())
    }

    #[test]
    fn whoever_begins_while_the_host_is_away_finds_it_unreachable() {
        let away = [Fault::Away {
            from: at(5_000),
            until: at(7_000),
        }];
        for begun in [5_000, 6_999] {
            let end = end_of(begun, &away).unwrap();
            assert!(matches!(&end.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable));
            assert_eq!(end.takes, Duration::ZERO);
        }
    }

    #[test]
    fn whoever_is_under_way_when_the_host_goes_is_in_doubt_from_then_on() {
        let away = [Fault::Away {
            from: at(5_000),
            until: at(7_000),
        }];
        let caught = end_of(4_400, &away).unwrap();
        assert!(matches!(caught.outcome, Outcome::InDoubt { .. }));
        assert_eq!(caught.takes, Duration::from_millis(600));
        for begun in [4_000, 7_000] {
            assert_eq!(end_of(begun, &away).unwrap().outcome, Outcome::Succeeded, "{begun}");
        }
    }

    #[test]
    fn a_flapping_host_is_away_for_its_share_of_the_time() {
        let flap = [Fault::Flap {
            up: SECOND * 9,
            down: SECOND,
        }];
        let unreachable = |begun: &u64| {
            let outcome = end_of(*begun, &flap).unwrap().outcome;
            matches!(outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable)
        };
        let away = (0..100_000).step_by(100).filter(unreachable).count();
        assert!((95..=105).contains(&away), "{away} of 1000");
    }

    #[test]
    fn the_first_fault_that_strikes_counts_and_delays_add_up() {
        let both = [
            Fault::Slow(SECOND),
            Fault::fails(3),
            Fault::Slow(SECOND),
            Fault::fails(4),
        ];
        let end = end_of(0, &both).unwrap();
        assert_eq!(end.takes, SECOND * 3);
        assert_eq!(end.outcome, Outcome::failed(FailureKind::Command { status: 3 }, ""));
    }
}
