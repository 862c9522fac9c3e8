//! Live progress on a terminal: a status line for each group.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::visible::visible;
use super::watch::{Group, Watch};

/// Status lines that are kept up to date below everything else.
pub(super) struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    /// With the group's position.
    groups: Vec<(usize, ProgressBar)>,
}

impl Bars {
    /// More status lines than this would not fit a screen.
    const MOST: usize = 16;

    pub(super) fn new(watch: &Watch) -> Self {
        let all = MultiProgress::new();
        let shown: Vec<usize> = (0..watch.groups.len())
            .filter(|&at| watch.groups[at].hosts > 0)
            .take(Self::MOST)
            .collect();
        let width = shown
            .iter()
            .map(|&at| visible(&watch.groups[at].name).chars().count())
            .max()
            .unwrap_or(0)
            .max(9);
        let bar = |group: &Group| {
            let bar = all.add(ProgressBar::new(u64::from(group.hosts)));
            bar.set_style(style(width));
            bar.set_prefix(visible(&group.name).into_owned());
            bar
        };
        let groups = shown.iter().map(|&at| (at, bar(&watch.groups[at]))).collect();
        let total = watch.total.as_ref().map_or_else(ProgressBar::hidden, bar);
        let bars = Self { all, total, groups };
        bars.update(watch);
        bars
    }

    pub(super) fn update(&self, watch: &Watch) {
        for (at, bar) in &self.groups {
            if let Some(group) = watch.groups.get(*at) {
                show(bar, group, 0);
            }
        }
        if let Some(total) = &watch.total {
            show(&self.total, total, watch.slow_now());
        }
    }

    /// Lets something be printed above the status lines.
    pub(super) fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.all.suspend(print)
    }

    /// Takes the status lines away.
    pub(super) fn hide(&self) {
        let _ = self.all.clear();
        self.all.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Shows them again.
    pub(super) fn show(&self, watch: &Watch) {
        self.all.set_draw_target(ProgressDrawTarget::stderr());
        self.update(watch);
    }

    /// Leaves the status lines as they are.
    pub(super) fn finish(&self) {
        self.groups.iter().for_each(|(_, bar)| bar.abandon());
        self.total.abandon();
    }
}

fn show(bar: &ProgressBar, group: &Group, slow: usize) {
    let slots = group.limit.map(|(_, slots)| format!(" of {slots}")).unwrap_or_default();
    let bad = if group.bad > 0 {
        format!(", {} failed", group.bad)
    } else {
        String::new()
    };
    let slow = if slow > 0 {
        format!(", {slow} slow")
    } else {
        String::new()
    };
    bar.set_position(u64::from(group.done()));
    bar.set_message(format!("{} running{slots}{slow}{bad}", group.running));
}

fn style(width: usize) -> ProgressStyle {
    let template = format!("{{prefix:<{width}}}  {{bar:30}} {{pos:>4}}/{{len:<4}} {{msg}}");
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}
