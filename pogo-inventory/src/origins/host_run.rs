//! Consecutive hosts that share an origin.

use pogo_core::fleet::HostId;

use super::SourcePosition;

/// The origin of a fact about consecutive hosts: the same position, or one line per host.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostRun {
    first: u32,
    last: u32,
    /// Position for the first host.
    position: SourcePosition,
    /// Lines from each host to the next.
    step: u32,
}

impl HostRun {
    /// The origin of a fact about one host.
    pub(super) fn new(host: HostId, position: SourcePosition) -> Self {
        let at = u32::try_from(host.index()).unwrap_or(u32::MAX);
        Self {
            first: at,
            last: at,
            position,
            step: 0,
        }
    }

    /// Whether it covers this host.
    pub(super) fn covers(&self, host: HostId) -> bool {
        (self.first as usize..=self.last as usize).contains(&host.index())
    }

    /// Its hosts.
    pub(super) fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (self.first..=self.last).map(HostId::new)
    }

    /// The position for one of its hosts.
    pub(super) fn position_of(&self, host: HostId) -> SourcePosition {
        let further = u32::try_from(host.index())
            .unwrap_or(u32::MAX)
            .saturating_sub(self.first);
        SourcePosition {
            line: self.position.line.saturating_add(further.saturating_mul(self.step)),
            ..self.position
        }
    }

    /// Extends the run by the next host, if its position is the same, as in a range, or on the next line.
    pub(super) fn take(&mut self, next: &Self) -> bool {
        if self.last.checked_add(1) != Some(next.first) {
            return false;
        }
        let step = match self.first == self.last {
            true => next.position.line.wrapping_sub(self.position.line),
            false => self.step,
        };
        let extended = Self {
            last: next.last,
            step,
            ..*self
        };
        let goes_on = step <= 1 && extended.position_of(HostId::new(next.first)) == next.position;
        if goes_on {
            *self = extended;
        }
        goes_on
    }
}
