//! The timeline: read once, drawn in several forms.

use super::data::TimelineData;
use super::error::TimelineError;
use super::log_reader::read;
use super::rows::{Layout, RowLimits};
use super::sheet::SvgTarget;
use super::{page, svg, terminal};
use pogo_core::Timestamp;
use pogo_core::scheduler::{JobId, Record};
use pogo_core::sim::what_if::Spread;
use pogo_core::time::format_duration;

/// An event log, ready to be drawn.
///
/// Hosts are grouped in blocks, one for each group that the rules distinguish, in the order of the plan. Every
/// attempt is a bar, coloured by its phases and marked by its end; a host that failed holds its slots, which is drawn
/// as a hatched trail. Below are all limits that apply to hosts of the job, as step charts of the slots that running
/// and failed hosts use, with the limit. More than [`Self::MOST_HOSTS`] hosts fold into at most [`Self::MOST_BANDS`]
/// bands of hosts that started consecutively; in a band the height is the number of hosts. A picture of ten thousand
/// hosts stays well under 2 MB.
///
/// ```
/// # use pogo_core::fleet::Fleet;
/// # use pogo_core::plan::{JobSpec, RemoteCommand};
/// # use pogo_core::policy::Policy;
/// # use pogo_core::sim::World;
/// use pogo_picture::Timeline;
///
/// # let mut world = World::new(Fleet::builder().tagged("web", "web[1-3]").build()?, Policy::default())?;
/// # world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
/// # let records = world.run().records;
/// // A log that ends in the middle of a job can be drawn too.
/// let timeline = Timeline::of(&records[..5])?;
/// assert!(timeline.is_open());
/// let page = timeline.html();
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("3 running"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Timeline {
    data: TimelineData,
    layout: Layout,
}

impl Timeline {
    /// The most hosts with their own rows.
    pub const MOST_HOSTS: usize = 200;
    /// The most bands that more hosts fold into.
    pub const MOST_BANDS: usize = 100;
    /// The most attempts that are drawn individually.
    const MOST_ATTEMPTS: usize = 3_000;

    /// Reads a log with all its jobs. A log begins with the hosts and rules of its namespace.
    ///
    /// # Errors
    /// The log is damaged, or has no job.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Self, TimelineError> {
        read(records, None).map(Self::new)
    }

    /// Reads a log for one of its jobs. The charts of limits still count the hosts of all jobs, as the limits do,
    /// unless the log has [this job alone](pogo_core::history::job_log).
    ///
    /// # Errors
    /// The log is damaged, or does not have the job.
    pub fn of_job<'a>(records: impl IntoIterator<Item = &'a Record>, job: JobId) -> Result<Self, TimelineError> {
        read(records, Some(job)).map(Self::new)
    }

    fn new(data: TimelineData) -> Self {
        let limits = RowLimits {
            // Many retries of few hosts are as many bars as many hosts, and as large a file.
            hosts: if data.attempts() > Self::MOST_ATTEMPTS {
                0
            } else {
                Self::MOST_HOSTS
            },
            bands: Self::MOST_BANDS,
        };
        let layout = Layout::of(&data, limits);
        Self { data, layout }
    }

    /// Extends running attempts to this time: the present, for a live job. Times before
    /// the last record's have no effect, nor does it for jobs that have ended.
    #[must_use]
    pub fn until(mut self, now: Timestamp) -> Self {
        if self.data.open {
            self.data.until = self.data.until.max(now);
        }
        self
    }

    /// Adds the durations of many runs of the job, of which this log is one: a single run may be an outlier.
    #[must_use]
    pub fn among(mut self, runs: u32, makespan: &Spread) -> Self {
        let Spread {
            min,
            p50,
            p90,
            p99,
            max,
            ..
        } = makespan;
        let times = [("min", min), ("p50", p50), ("p90", p90), ("p99", p99), ("max", max)];
        let times = times.map(|(name, quantile)| format!("{name} {}", format_duration(quantile.time)));
        self.data.among = Some(format!("one of {runs} runs, which took {}", times.join(", ")));
        self
    }

    /// Whether the log may go on: some job had not ended at its last record.
    pub fn is_open(&self) -> bool {
        self.data.open
    }

    /// The number of bars in [`svg`](Self::svg) and [`html`](Self::html): one for each attempt, or for each band.
    pub fn bars(&self) -> usize {
        if self.layout.is_folded() {
            self.layout.rows().count()
        } else {
            self.data.attempts()
        }
    }

    /// A self-contained SVG file. Hovering a bar shows host, attempt, phases and outcome.
    pub fn svg(&self) -> String {
        svg::draw(&self.data, &self.layout, SvgTarget::File)
    }

    /// A self-contained HTML page: the SVG, with a line under the pointer that shows the time, and bands that open into
    /// their hosts (by a click, by Enter, or by an address that ends with `#band-3` or `#open`). It loads nothing and
    /// runs no script but its own.
    pub fn html(&self) -> String {
        page::page(&self.data, &self.layout)
    }

    /// A chart for a terminal with this many columns, at least 60, with a row for each host or band.
    pub fn text(&self, columns: usize) -> String {
        terminal::draw(&self.data, columns)
    }
}
