//! The contract of [`Transport`](crate::dispatcher::Transport), line by line.

mod cancelling;
mod context;
mod evidence;
mod exec_options;
mod fencing;
mod fixture;
mod hooks;
mod limits;
mod links;
mod outcomes;
mod output;
mod permission;
mod resuming;

use super::ConformanceReport;
use super::case::{Named, cases, chosen, run_all, unknown};
use context::CaseContext;
pub use fixture::TransportFixture;

const CASES: &[Named<CaseContext>] = cases! {
    outcomes: a_command_that_succeeds_has_succeeded, a_command_that_fails_has_failed_with_its_status,
        a_command_ended_by_a_signal_has_not_succeeded, a_program_that_is_missing_has_failed,
        a_command_that_was_not_seen_to_begin_has_not_succeeded,
        each_attempt_runs_the_command_once, a_host_can_be_used_again_after_a_failure, attempts_at_once_keep_apart,
        phases_are_reported_once_and_in_order;
    output: output_arrives_on_its_own_stream, output_keeps_its_bytes, output_comes_while_the_command_runs,
        output_is_whole_or_marked_as_cut;
    exec_options: an_argument_vector_arrives_unchanged, a_line_is_read_by_the_shell_as_it_is,
        a_command_without_input_finds_none, input_arrives_or_is_refused, environment_arrives_or_is_refused,
        a_directory_is_entered_or_refused;
    limits: an_attempt_ends_within_its_time_limit, a_timeout_is_reported_only_of_a_command_that_has_ended,
        a_dropped_attempt_leaves_its_host_usable, a_dropped_attempt_is_cancelled;
    cancelling: a_cancelled_attempt_ends, a_cancelled_attempt_that_has_failed_has_ended,
        an_attempt_cancelled_at_once_ends;
    links: a_host_out_of_reach_is_a_failure_to_connect, a_host_out_of_reach_is_given_up_within_the_time_limit,
        a_link_that_breaks_during_the_command_leaves_it_in_doubt;
    permission: nothing_runs_before_permission, a_refused_attempt_runs_nothing,
        an_attempt_cancelled_before_permission_never_began, an_attempt_whose_dispatcher_is_gone_never_begins,
        an_attempt_dropped_before_permission_runs_nothing;
    resuming: a_resumed_attempt_goes_on_where_it_is, a_resumed_attempt_that_cannot_be_found_is_not_begun;
    fencing: a_fenced_attempt_begins_no_more, an_attempt_of_a_lower_number_begins_no_more,
        an_attempt_of_a_higher_number_begins_as_ever, a_question_ends_within_its_time_limit,
        what_runs_is_not_said_to_be_over, what_has_ended_is_said_to_have_ended_so,
        a_host_that_cannot_be_asked_is_unreachable;
    hooks: hooks_run_in_sorted_order_around_the_command, a_failed_pre_hook_keeps_the_command_from_running,
        a_failed_post_hook_fails_the_attempt, post_hooks_run_after_success_only,
        dot_files_and_what_cannot_be_executed_are_no_hooks, a_missing_directory_of_hooks_is_an_empty_one,
        a_phase_of_hooks_is_reported_only_where_a_hook_runs, post_hooks_are_looked_for_after_the_command;
};

/// Holds a transport to the contract of [`Transport`](crate::dispatcher::Transport).
///
/// Each case takes a fixture of its own, which may be the same transport and hosts each time. Cases that need hooks,
/// output, a confirmed cancellation, permission to begin, attempts that are resumed, hosts that can be asked, a shell,
/// a second host, an unreachable host, one that runs something of its own or a link to cut are skipped where there is
/// none. The cases write to temporary directories of the host (`mktemp -d`), which they remove.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
/// use pogo_core::fleet::Host;
/// use pogo_core::plan::RemoteCommand;
/// use pogo_core::scheduler::{Outcome, Phase};
/// use pogo_core::testing::conformance::{self, TransportFixture};
///
/// struct Imaginary;
///
/// #[async_trait]
/// impl Transport for Imaginary {
///     fn capabilities(&self) -> Capabilities {
///         Capabilities::default()
///     }
///     async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
///         report.phase(Phase::Command);
///         Outcome::Succeeded
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let host = Host::new("web1".parse()?);
/// let report = conformance::transport(|| {
///     let fixture = TransportFixture::new(Arc::new(Imaginary), host.clone());
///     fixture.without_shell().succeeding(RemoteCommand::shell("anything"))
/// })
/// .await;
/// report.assert_passed();
/// assert_eq!(report.passed(), ["a_command_that_succeeds_has_succeeded", "phases_are_reported_once_and_in_order"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub async fn transport(fixture: impl FnMut() -> TransportFixture) -> ConformanceReport {
    run(CASES, fixture).await
}

/// Runs only these cases of [`transport`], for one that is being worked on. A name that no case has is a failed case.
pub async fn transport_only(names: &[&'static str], fixture: impl FnMut() -> TransportFixture) -> ConformanceReport {
    let mut report = run(&chosen(CASES, names), fixture).await;
    report.cases.extend(unknown(CASES, names));
    report
}

async fn run(cases: &[Named<CaseContext>], mut fixture: impl FnMut() -> TransportFixture) -> ConformanceReport {
    let mut number = 0;
    run_all("transport", cases, async || {
        number += 1;
        CaseContext::new(fixture(), number)
    })
    .await
}
