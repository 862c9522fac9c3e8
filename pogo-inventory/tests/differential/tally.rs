//! How many inputs both sides read alike, and why the others differ.

use std::collections::BTreeMap;

use super::differences::{Difference, RefusedBy, Tool, is_known};

pub(crate) struct Tally {
    tool: Tool,
    agreed: u64,
    differed: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn new(tool: Tool) -> Self {
        Self {
            tool,
            agreed: 0,
            differed: BTreeMap::new(),
        }
    }

    /// Both read the same or refuse it.
    pub(crate) fn agreed(&mut self) {
        self.agreed += 1;
    }

    /// One side refuses what the other reads: each of its reasons must be known.
    #[track_caller]
    pub(crate) fn differed<'m>(
        &mut self,
        refused_by: RefusedBy,
        messages: impl IntoIterator<Item = &'m str>,
        input: &str,
    ) {
        let mut messages = messages.into_iter().peekable();
        assert!(messages.peek().is_some(), "{refused_by:?} gives no reason: {input}");
        for message in messages {
            let Some(known) = is_known(self.tool, refused_by, message) else {
                panic!("{refused_by:?} alone refuses, an unknown difference: {message}\n{input}");
            };
            *self.differed.entry(known.message).or_default() += 1;
        }
    }

    /// At least a share of `agreeing` per cent must agree, for a difference that is known tests nothing else.
    #[track_caller]
    pub(crate) fn finish(self, agreeing: u64, rounds: u64) {
        eprintln!(
            "{} of {rounds} agreed; known differences: {:?}",
            self.agreed, self.differed
        );
        assert!(
            self.agreed * 100 >= rounds * agreeing,
            "{} of {rounds} agreed",
            self.agreed
        );
    }

    /// The input that was compared shows this difference.
    #[track_caller]
    pub(crate) fn shows(&self, known: &Difference) {
        let shown = self.differed.contains_key(known.message);
        assert!(shown, "both sides agree by now, take this out: {known:?}");
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.agreed += other.agreed;
        for (message, times) in other.differed {
            *self.differed.entry(message).or_default() += times;
        }
        self
    }
}
