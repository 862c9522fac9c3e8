//! The sheet that parts of a picture are drawn on, from top to bottom.

use super::axis::Axis;
use super::data::TimelineData;
use crate::markup::{Markup, Px};

/// Where the SVG will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SvgTarget {
    /// In a file of its own, which must contain its style.
    File,
    /// In a page, which has the style and shows more.
    Page,
}

/// Space at the left of everything.
pub(super) const EDGE: f64 = 16.0;

pub(super) struct Sheet<'a> {
    pub(super) data: &'a TimelineData,
    pub(super) axis: Axis,
    pub(super) markup: Markup,
    pub(super) target: SvgTarget,
    /// How far down it is drawn.
    pub(super) y: f64,
}

impl Sheet<'_> {
    /// Labels of the ticks.
    pub(super) fn ticks(&mut self, y: f64) {
        for (at, label) in self.axis.ticks(80.0) {
            let x = self.axis.x(at);
            self.markup.element("text").class("dim mid").at(x, y).text(label);
        }
    }

    /// Lines at the ticks.
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
}

/// A small number as a length.
#[allow(clippy::cast_precision_loss, reason = "rows and characters are few")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}

/// The most characters of a name that fit so many pixels.
pub(super) fn fitting(pixels: f64) -> usize {
    let mut fits = 0;
    while count(fits + 1) * 6.2 <= pixels {
        fits += 1;
    }
    fits
}
