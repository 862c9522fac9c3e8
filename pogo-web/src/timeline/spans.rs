//! Stretches of a job's time: its waves, and when it was paused, blocked, waiting or halted.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::scheduler::JobEventKind;
use serde::Serialize;

/// The most that are kept of a job: the earliest are forgotten first.
const MOST: usize = 200;

/// A stretch of a job's time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Span {
    from: Timestamp,
    /// Left out while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Timestamp>,
    kind: SpanKind,
    /// Which wave it is, as stages of the job have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<u32>,
    text: Arc<str>,
}

/// What a stretch of a job's time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
enum SpanKind {
    /// One of several waves.
    Wave,
    /// An operator had paused it.
    Paused,
    /// Nothing could start before an operator helped.
    Blocked,
    /// Nothing could start before other jobs gave back hosts or slots.
    Waiting,
    /// It started no more.
    Halted,
}

/// The stretches of one job, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// Takes an event of the job, which was submitted then.
    pub(super) fn take(&mut self, at: Timestamp, submitted: Timestamp, event: &JobEventKind) {
        use SpanKind::{Blocked, Halted, Paused, Waiting, Wave};
        match event {
            JobEventKind::WaveOpened { wave, .. } => {
                // The first wave is open from the start, which is worth a word only once there is a second.
                if !self.0.iter().any(|span| span.kind == Wave) {
                    self.open_wave(submitted, wave.saturating_sub(1));
                }
                self.close(at, &[Wave]);
                self.open_wave(at, *wave);
            }
            JobEventKind::Paused => self.open(at, Paused, "paused"),
            JobEventKind::Blocked { .. } => {
                self.close(at, &[Waiting]);
                self.open(at, Blocked, "blocked");
            }
            JobEventKind::Waiting => {
                self.close(at, &[Blocked]);
                self.open(at, Waiting, "waiting for other jobs");
            }
            JobEventKind::Unblocked => self.close(at, &[Blocked, Waiting]),
            JobEventKind::Resumed => self.close(at, &[Paused, Blocked, Waiting, Halted]),
            JobEventKind::Halting { reason, .. } => self.open(at, Halted, format!("halted: {reason}")),
            JobEventKind::Finished { .. } => self.close(at, &[Wave, Paused, Blocked, Waiting, Halted]),
            _ => {}
        }
    }

    pub(super) fn all(&self) -> &[Span] {
        &self.0
    }

    fn open_wave(&mut self, at: Timestamp, wave: u32) {
        self.open(at, SpanKind::Wave, format!("wave {wave}"));
        if let Some(span) = self.0.last_mut().filter(|span| span.kind == SpanKind::Wave) {
            span.wave = Some(wave);
        }
    }

    fn open(&mut self, at: Timestamp, kind: SpanKind, text: impl Into<Arc<str>>) {
        if self.0.iter().any(|span| span.kind == kind && span.to.is_none()) {
            return;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let text = text.into();
        self.0.push(Span {
            from: at,
            to: None,
            kind,
            wave: None,
            text,
        });
    }

    fn close(&mut self, at: Timestamp, kinds: &[SpanKind]) {
        let open = self.0.iter_mut().filter(|span| span.to.is_none());
        open.filter(|span| kinds.contains(&span.kind))
            .for_each(|span| span.to = Some(at));
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::scheduler::{JobEventKind, Tally};

    use super::{SpanKind, Spans};

    fn spans(events: &[(u64, JobEventKind)]) -> Vec<(u64, Option<u64>, SpanKind, String)> {
        let mut spans = Spans::default();
        for (at, event) in events {
            spans.take(Timestamp::from_millis(*at), Timestamp::from_millis(1), event);
        }
        let plain = spans.all().iter().map(|span| {
            let to = span.to.map(Timestamp::as_millis);
            (span.from.as_millis(), to, span.kind, span.text.to_string())
        });
        plain.collect()
    }

    fn wave(wave: u32) -> JobEventKind {
        JobEventKind::WaveOpened { wave, ordered: false }
    }

    #[test]
    fn waves_follow_each_other_from_the_submission_on() {
        let tally = Tally::default();
        let seen = spans(&[(10, wave(1)), (30, wave(2)), (50, JobEventKind::Finished { tally })]);
        assert_eq!(
            seen,
            [
                (1, Some(10), SpanKind::Wave, "wave 0".to_owned()),
                (10, Some(30), SpanKind::Wave, "wave 1".to_owned()),
                (30, Some(50), SpanKind::Wave, "wave 2".to_owned()),
            ]
        );
    }

    #[test]
    fn a_pause_lasts_until_it_is_resumed() {
        let seen = spans(&[
            (10, JobEventKind::Paused),
            (20, JobEventKind::Resumed),
            (30, JobEventKind::Paused),
        ]);
        let paused = |from, to| (from, to, SpanKind::Paused, "paused".to_owned());
        assert_eq!(seen, [paused(10, Some(20)), paused(30, None)]);
    }

    #[test]
    fn a_block_ends_when_the_job_only_waits_and_when_it_runs() {
        let blocked = || JobEventKind::Blocked { reasons: vec![] };
        let seen = spans(&[
            (10, blocked()),
            (20, JobEventKind::Waiting),
            (30, JobEventKind::Unblocked),
            (40, blocked()),
        ]);
        assert_eq!(
            seen,
            [
                (10, Some(20), SpanKind::Blocked, "blocked".to_owned()),
                (20, Some(30), SpanKind::Waiting, "waiting for other jobs".to_owned()),
                (40, None, SpanKind::Blocked, "blocked".to_owned()),
            ]
        );
    }
}
