//! The drawing surface of a picture, filled from top to bottom.

use super::axis::Axis;
use super::data::TimelineData;
use super::state::HostState;
use crate::markup::{Markup, Px};

/// The destination of the SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SvgTarget {
    /// A separate file, which contains its style.
    File,
    /// A page, which has the style and a script.
    Page,
}

/// Space at the left of everything.
pub(super) const EDGE: f64 = 16.0;

pub(super) struct Sheet<'a> {
    pub(super) data: &'a TimelineData,
    pub(super) axis: Axis,
    pub(super) markup: Markup,
    pub(super) target: SvgTarget,
    /// The current vertical position.
    pub(super) y: f64,
}

impl Sheet<'_> {
    /// Draws the labels of the ticks.
    pub(super) fn ticks(&mut self, y: f64) {
        for (at, label) in self.axis.ticks(80.0) {
            let x = self.axis.x(at);
            self.markup.element("text").class("dim mid").at(x, y).text(label);
        }
    }

    /// Draws lines at the ticks.
    pub(super) fn grid(&mut self, y: f64, height: f64) {
        let lines: Vec<String> = self
            .axis
            .ticks(80.0)
            .iter()
            .map(|(at, _)| format!("M{} {}v{}", Px(self.axis.x(*at)), Px(y), Px(height)))
            .collect();
        self.markup
            .element("path")
            .class("grid")
            .attr("d", lines.concat())
            .empty();
    }

    /// Draws the sign of a state, over a halo.
    pub(super) fn sign(&mut self, state: HostState, transform: &str) {
        // The halo is the same sign with a wide stroke in the colour of the paper: signs stay legible on bars and
        // beside each other.
        for class in ["halo".to_owned(), format!("sign s-{}", state.class())] {
            let sign = self
                .markup
                .element("use")
                .attr("href", format_args!("#pogo-{}", state.class()));
            sign.attr("transform", transform).class(class).empty();
        }
    }
}

/// Converts a small number to a length.
#[allow(clippy::cast_precision_loss, reason = "rows and characters are few")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}

/// How many characters of a name fit into this many pixels.
pub(super) fn fitting(pixels: f64) -> usize {
    let mut fits = 0;
    // Counted up instead of divided: a cast from a float would need a reason of its own, and the
    // numbers are small.
    while count(fits + 1) * 6.2 <= pixels {
        fits += 1;
    }
    fits
}
