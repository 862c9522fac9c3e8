//! From arguments to what they describe.

use pogo_core::plan::{JobSpec, RemoteCommand};

use super::connect;
use crate::cli::{ExecArgs, FoldArgs, LogFormat, RunArgs, Targets, TransportArg, missing_command};
use crate::exit::CliError;
use crate::report::FoldStyle;
use crate::submission;

/// Refuses what cannot be, and returns the command.
pub(super) fn checked(args: &RunArgs) -> Result<RemoteCommand, CliError> {
    args.exec_options.check_secrets().map_err(CliError::usage)?;
    let command = command(args)?;
    if args.job.targets.reads_stdin() && args.exec_options.reads_stdin() {
        return Err(CliError::usage(
            "standard input cannot hold both the targets and what the command reads; put one of them into a file",
        ));
    }
    if matches!(args.ssh.transport, TransportArg::Ssh) {
        check_program_transport(&args.exec_options)?;
    }
    Ok(command)
}

/// The job of the arguments.
pub(super) fn spec(args: &RunArgs, targets: &Targets, command: RemoteCommand) -> Result<JobSpec, CliError> {
    let mut spec = submission::job(&args.job, targets, command);
    spec.settings.pre_hooks.clone_from(&args.ssh.pre_hooks);
    spec.settings.post_hooks.clone_from(&args.ssh.post_hooks);
    spec.exec_options = args.exec_options.exec_options();
    spec.transport_settings = connect::job_settings(&args.ssh)?;
    Ok(spec)
}

/// How hosts' output is folded, if it is.
pub(crate) fn folding(fold: FoldArgs, format: LogFormat) -> Result<Option<FoldStyle>, CliError> {
    let style = match fold {
        FoldArgs { diff: true, .. } => FoldStyle::Diff,
        FoldArgs { fold: true, .. } => FoldStyle::Whole,
        _ => return Ok(None),
    };
    match format {
        LogFormat::Text => Ok(Some(style)),
        LogFormat::Jsonl => Err(CliError::usage(
            "--fold and --diff are for people; leave them out, or leave out --format jsonl",
        )),
    }
}

/// The command. Where the `--` before it is missing, it is among the words for targets.
fn command(args: &RunArgs) -> Result<RemoteCommand, CliError> {
    let targets = &args.job.targets;
    let command = args.exec_options.command(&args.command);
    command.ok_or_else(|| CliError::usage(missing_command(targets.words(), targets.has_options())))
}

fn check_program_transport(args: &ExecArgs) -> Result<(), CliError> {
    let unsupported = [
        (
            args.resumable,
            "--resumable is not to be had through the ssh program; leave out --transport ssh",
        ),
        (
            args.script.is_some(),
            "--script sends a file, which is not to be had through the ssh program; leave out --transport ssh, or pipe \
             it: --stdin FILE -- sh",
        ),
        (
            args.reboot,
            "--reboot is not to be had through the ssh program; leave out --transport ssh",
        ),
    ];
    match unsupported.iter().find(|(asked, _)| *asked) {
        Some((_, message)) => Err(CliError::usage(message)),
        None => Ok(()),
    }
}

/// Whether there are secrets, which travel apart from the job.
#[cfg(feature = "store")]
pub(super) fn has_secrets(args: &RunArgs) -> bool {
    let (ssh, exec_options) = (&args.ssh, &args.exec_options);
    let passwords = ssh.ask_password || ssh.password_file.is_some() || exec_options.ask_sudo_password;
    passwords || ssh.passphrase_file.is_some() || !exec_options.secret_env.is_empty()
}
