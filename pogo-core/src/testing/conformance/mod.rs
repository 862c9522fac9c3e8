//! Suites that prove whether an implementation of one of pogo's traits keeps the trait's contract.
//!
//! Each suite is a list of named cases; each case is a line of the contract. Which of them apply depends on what the
//! implementation can do and on what its fixture lets the suite do: whatever does not apply is reported as skipped, by
//! name and with the reason. [`ConformanceReport`] prints all of it, and makes a test of it.
//!
//! | trait | suite |
//! | --- | --- |
//! | [`Transport`](crate::dispatcher::Transport) | [`transport`] |
//! | [`Inventory`](crate::inventory::Inventory) | [`inventory`] |
//! | [`Journal`](crate::journal::Journal) | [`journal`] |
//! | [`OutputStore`](crate::output::OutputStore) | [`output`] |
//!
//! The suites run on whatever executor awaits them, and wait with timers of their own; how long they wait decides
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
