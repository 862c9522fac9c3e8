//! Conformance suites for implementations of pogo's traits.
//!
//! Each suite is a list of named cases; each case is a line of the contract. The ones that apply depend on the
//! implementation's capabilities and on its fixture: cases that do not apply are reported as skipped, by
//! name and with the reason. [`ConformanceReport`] prints all of it, and makes a test of it.
//!
//! | trait | suite |
//! | --- | --- |
//! | [`Transport`](crate::dispatcher::Transport) | [`transport`] |
//! | [`Inventory`](crate::inventory::Inventory) | [`inventory`] |
//! | [`Journal`](crate::journal::Journal) | [`journal`] |
//! | [`OutputStore`](crate::output::OutputStore) | [`output`] |
//!
//! The suites run on any executor, and wait with their own timers; how long they wait decides
//! only how soon a defect is reported, never whether there is one.

mod case;
mod inventory;
mod journal;
mod output;
mod report;
mod transport;

pub use inventory::{InventoryFixture, inventory};
pub use journal::{JournalFixture, journal};
pub use output::{OutputFixture, output};
pub use report::{CaseReport, ConformanceReport, Verdict};
pub use transport::{TransportFixture, transport, transport_only};
