//! The suites find the defects that are planted in adapters, each by the case of that line of the contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is tests")]

mod fences;
mod flawed_journal;
mod inventories;
mod journals;
mod outputs;
mod transports;

use std::fmt::Debug;

use pogo_core::testing::conformance::ConformanceReport;

/// Every case passes, and none is left out.
fn assert_without_defects(report: ConformanceReport) {
    report.assert_passed();
    report.assert_skipped(&[]);
}

/// Each defect is found by the case of this name, among others.
fn assert_found<D: Copy + Debug>(hold: impl Fn(D) -> ConformanceReport, planted: &[(D, &str)]) {
    for (defect, name) in planted {
        let report = hold(*defect);
        assert!(
            report.failed().contains(name),
            "{defect:?} is not found by {name}\n{report}"
        );
    }
}
