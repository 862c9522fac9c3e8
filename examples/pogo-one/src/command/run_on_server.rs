//! `pogo run` where a server has the namespace: it connects with what it has. What the job reads here is sent to it.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pogo_api::NamespaceClient;
use pogo_core::plan::{ExecOptions, JobSpec, SentFile, Stdin};

use crate::cli::RunArgs;
use crate::exit::CliError;
use crate::report;
use crate::service::{ServerAddress, client_error};

/// The most of standard input that is part of the job itself, which every follower is sent.
const STDIN_BYTES: u64 = 256 << 10;
/// So much of a file is sent at once.
const PART: u64 = 8 << 20;

/// Settings of the connection that name nothing of a machine, and nobody to log in as: servers take them from anybody.
/// Ssh's configuration is that of the server's account, or none.
const TAKEN: &[&str] = &["connect_retries", "connect_timeout", "handshake_rate", "ssh_config"];

/// The job as a server takes it: without how to connect, for which the server has what it takes.
pub(super) fn for_server(server: &ServerAddress, args: &RunArgs, spec: JobSpec) -> Result<JobSpec, CliError> {
    if let Some(setting) = spec.transport_settings.names().find(|name| !TAKEN.contains(name)) {
        return Err(refused(server, setting));
    }
    let config = args.ssh.ssh_config.as_ref();
    if config.is_some_and(|path| path.as_os_str() != "none") {
        return Err(refused(server, "ssh_config"));
    }
    if args.ssh.passphrase_file.is_some() {
        return Err(refused(server, "passphrase_file"));
    }
    for name in args.exec_options.exposed() {
        report::remark(&format!(
            "the value of {name} is part of the job, and shows in its log; to keep it secret write --secret-env {name}"
        ));
    }
    Ok(spec)
}

/// What a server has of its own, and how it comes to have it.
fn refused(server: &ServerAddress, setting: &str) -> CliError {
    let flag = setting.replace('_', "-");
    let cure = match setting {
        "identity" | "passphrase_file" => {
            "leave it out: the server logs in with keys of its own, such as ~/.ssh/id_ed25519 of its account"
        }
        "known_hosts" | "host_keys" => {
            "leave it out: the server knows hosts by ~/.ssh/known_hosts of its account and /etc/ssh/ssh_known_hosts"
        }
        "ssh_config" | "option" | "jump" | "transport" => {
            "leave it out: the server goes by ~/.ssh/config of its account and /etc/ssh/ssh_config, where whoever \
             runs it can write that down"
        }
        "agent" => "leave it out: the server asks the agent of its own account",
        "user" | "port" => {
            "leave it out: the server logs in as the inventory or ~/.ssh/config of its account says; --run-as runs the \
             command as somebody else"
        }
        _ => "leave it out",
    };
    CliError::usage(format!(
        "--{flag} cannot be used with {server}, which connects with settings and keys of its own; {cure}"
    ))
}

/// Sends what the job reads here, and names it as the server does.
pub(super) async fn send_inputs(
    client: &NamespaceClient,
    args: &RunArgs,
    mut spec: JobSpec,
) -> Result<JobSpec, CliError> {
    let sent = send_all(client, &mut spec.exec_options).await;
    sent.map(|()| spec).map_err(|error| match error {
        SendError::Unread { path, reason } => {
            let message = format!("cannot read {path}: {reason}");
            args.exec_options.unread(&path, &message)
        }
        SendError::Other(error) => error,
    })
}

/// Why an input was not sent.
enum SendError {
    /// It cannot be read here.
    Unread { path: String, reason: io::Error },
    /// The server refused it, or was lost.
    Other(CliError),
}

impl From<CliError> for SendError {
    fn from(error: CliError) -> Self {
        Self::Other(error)
    }
}

async fn send_all(client: &NamespaceClient, options: &mut ExecOptions) -> Result<(), SendError> {
    for file in &mut options.files {
        send_file(client, file).await?;
    }
    let Stdin::File(path) = &options.stdin else {
        return Ok(());
    };
    let path = path.clone();
    let mut input = opened(&path)?;
    let mut bytes = vec![];
    let read = input.by_ref().take(STDIN_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unread(&path, error))?;
    options.stdin = match bytes.len() as u64 > STDIN_BYTES {
        false => Stdin::Bytes(bytes),
        true => Stdin::File(send(client, "stdin", (&path, Cursor::new(bytes).chain(input))).await?),
    };
    Ok(())
}

/// Sends a file, with its permissions and the name that it has here.
async fn send_file(client: &NamespaceClient, file: &mut SentFile) -> Result<(), SendError> {
    let path = file.source.clone();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str());
    let is_pipe = path == "-"
        || !std::fs::metadata(&path)
            .map_err(|error| unread(&path, error))?
            .is_file();
    if is_pipe && file.destination.is_none() {
        return Err(CliError::usage(format!(
            "{path} is a pipe, whose name is of no use on the hosts: say where it goes, as in {path}:/tmp/file"
        ))
        .into());
    }
    if file.mode.is_none() && !is_pipe {
        let about = std::fs::metadata(&path).map_err(|error| unread(&path, error))?;
        file.mode = Some(about.permissions().mode() & 0o777);
    }
    let name = name.filter(|_| !is_pipe).unwrap_or("input").to_owned();
    file.source = send(client, &name, (&path, opened(&path)?)).await?;
    Ok(())
}

/// Sends all that can be read, part by part, and gives what the server calls it.
async fn send(client: &NamespaceClient, name: &str, (path, mut input): (&str, impl Read)) -> Result<String, SendError> {
    let (mut id, mut offset) = (None, 0);
    loop {
        let mut bytes = vec![];
        let read = input.by_ref().take(PART).read_to_end(&mut bytes);
        read.map_err(|error| unread(path, error))?;
        let is_last = (bytes.len() as u64) < PART;
        let upload = client.upload((id, name), offset, &bytes).await.map_err(client_error)?;
        if is_last {
            return Ok(upload.source);
        }
        (id, offset) = (Some(upload.id), upload.length);
    }
}

fn opened(path: &str) -> Result<Box<dyn Read>, SendError> {
    Ok(match path {
        "-" => Box::new(io::stdin()),
        path => Box::new(File::open(path).map_err(|error| unread(path, error))?),
    })
}

fn unread(path: &str, reason: io::Error) -> SendError {
    SendError::Unread {
        path: path.to_owned(),
        reason,
    }
}
