//! `pogo run` where a server has the namespace: it connects with what it has, and reads no files of this machine.

use std::fs::File;
use std::io::Read;

use pogo_core::plan::{JobSpec, Stdin, TransportSettings};

use super::job_args::has_secrets;
use crate::cli::RunArgs;
use crate::exit::CliError;
use crate::service::ServerAddress;

/// The most of standard input, which is part of the job itself.
const STDIN_BYTES: u64 = 256 << 10;

/// The job as a server takes it: with its input in it, and without how to connect.
pub(super) fn for_server(server: &ServerAddress, args: &RunArgs, mut spec: JobSpec) -> Result<JobSpec, CliError> {
    let refuse = |what: &str| {
        Err(CliError::usage(format!(
            "{server} connects to the hosts with settings and keys of its own; leave out {what}"
        )))
    };
    if has_secrets(args) {
        return refuse("passwords, passphrases and secret variables");
    }
    let typed = spec.transport_settings.names().find(|name| *name != "ssh_config");
    if let Some(name) = typed {
        return refuse(&format!("`{name}`"));
    }
    if args.ssh.ssh_config.is_some() {
        return refuse("--ssh-config");
    }
    if !spec.exec_options.files.is_empty() {
        return refuse("files to send, which would be read there");
    }
    spec.transport_settings = TransportSettings::new();
    if let Stdin::File(path) = &spec.exec_options.stdin {
        spec.exec_options.stdin = Stdin::Bytes(taken_along(path)?);
    }
    Ok(spec)
}

fn taken_along(path: &str) -> Result<Vec<u8>, CliError> {
    let input: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin()),
        path => Box::new(File::open(path).map_err(|error| CliError::usage(format!("cannot read {path}: {error}")))?),
    };
    let mut bytes = vec![];
    let read = input.take(STDIN_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| CliError::usage(format!("cannot read {path}: {error}")))?;
    match bytes.len() as u64 > STDIN_BYTES {
        true => Err(CliError::usage(format!(
            "{path} has more than {STDIN_BYTES} bytes, which a server takes as part of a job; put it where the hosts \
             fetch it"
        ))),
        false => Ok(bytes),
    }
}
