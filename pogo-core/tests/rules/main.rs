//! Single rules, each in the smallest namespace that can break it. Most were found by the random tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod altering;
mod blocked;
mod commands;
mod cures;
mod delays;
mod doubt;
mod dry_run;
mod fence_answers;
mod fencing;
mod follow;
mod freezes;
mod holds;
mod holds_ended;
mod holds_explained;
mod jobs;
mod leaving;
mod limits;
mod many;
mod messages;
mod never_began;
mod obstacles;
mod once_more;
mod permission;
#[cfg(feature = "async")]
mod printed;
mod queries;
mod queueing;
mod record_size;
mod restores;
mod retiring;
mod running;
mod settling;
mod skipping;
mod stored;
mod story;
mod streams;
mod time_limits;
mod views;
mod waiting;
mod waves;
mod what_if;
