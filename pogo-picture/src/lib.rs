//! SHOW: pictures of jobs and plans.
//!
//! - [`Timeline`]: a bar for each attempt of each host on a time axis, and below it how much of every limit was used.
//!   As SVG, as a page of HTML, and as text for a terminal.
//! - [`StageGraph`]: which hosts of a plan wait for which. As SVG, and as DOT for Graphviz.
//! - [`moments`]: a line for each moment with starts and ends.
//!
//! Everything is a function from plain data to text. A timeline is drawn from an event log, so it is the same for a
//! simulation, for a job that has ended and for one that still runs. The files are self-contained,
//! follow the reader's choice of light or dark, and express nothing by colour alone; all text of a log is
//! escaped.
//!
//! ```
//! use pogo_core::fleet::Fleet;
//! use pogo_picture::Timeline;
//! use pogo_core::plan::{JobSpec, RemoteCommand};
//! use pogo_core::policy::{Constraint, Policy, Rule};
//! use pogo_core::sim::World;
//!
//! let fleet = Fleet::builder().tagged("web", "web[1-8]").build()?;
//! let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("25%".parse()?));
//! let mut world = World::new(fleet, Policy::new().constraint(limit))?;
//! world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
//! let history = world.run();
//!
//! let timeline = Timeline::of(&history.records)?;
//! assert_eq!(timeline.bars(), 8);
//! assert!(timeline.svg().starts_with("<svg "));
//! println!("{}", timeline.text(80));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod markup;
mod moments;
mod stages;
mod timeline;

pub use moments::{Moments, moments};
pub use stages::StageGraph;
pub use timeline::{Timeline, TimelineError};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
