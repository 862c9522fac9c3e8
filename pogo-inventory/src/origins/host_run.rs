//! Consecutive hosts that share an origin.

use pogo_core::fleet::HostId;

use super::SourcePosition;

/// Something that is said of neighbouring hosts, in one place or in a line for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostRun {
    first: u32,
    last: u32,
    /// Of the first of them.
    place: SourcePosition,
    /// How many lines further each of the others is.
    step: u32,
}

impl HostRun {
    /// Something that is said of one host.
    pub(super) fn new(host: HostId, place: SourcePosition) -> Self {
        let at = u32::try_from(host.index()).unwrap_or(u32::MAX);
        Self {
            first: at,
            last: at,
            place,
            step: 0,
        }
    }

    /// Whether it is said of this host.
    pub(super) fn covers(&self, host: HostId) -> bool {
        (self.first as usize..=self.last as usize).contains(&host.index())
    }

    /// Where it is said of one of them.
    pub(super) fn place_of(&self, host: HostId) -> SourcePosition {
        let further = u32::try_from(host.index())
            .unwrap_or(u32::MAX)
            .saturating_sub(self.first);
        SourcePosition {
            line: self.place.line.saturating_add(further.saturating_mul(self.step)),
            ..self.place
        }
    }

    /// Goes on with the next host, if it stands in the same place, as the hosts of a range do, or in the next line.
    pub(super) fn take(&mut self, next: &Self) -> bool {
        if self.last.checked_add(1) != Some(next.first) {
            return false;
        }
        let step = match self.first == self.last {
            true => next.place.line.wrapping_sub(self.place.line),
            false => self.step,
        };
        let extended = Self {
            last: next.last,
            step,
            ..*self
        };
        let goes_on = step <= 1 && extended.place_of(HostId::new(next.first)) == next.place;
        if goes_on {
            *self = extended;
        }
        goes_on
    }
}
