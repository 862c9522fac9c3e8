//! Pictures: as many bars as there is to show, valid XML whatever a log holds, and small enough to be sent around.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod any_log;
mod folded;
mod graph;
mod one_by_one;
mod orders;
mod readme;
mod text;
mod waiting;
mod worlds;
