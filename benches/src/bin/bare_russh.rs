//! The least that a client built on russh can do: connect, log in, run a command, take its output; nothing else.
//!
//! `bare_russh HOSTS_FILE PORT USER KEY_FILE CONCURRENCY COMMAND [gate]`. No host key is looked up, no time is limited,
//! no connection is retried. With `gate` the command waits for a word to go, and reports that it begins and how it
//! ends: what pogo's permission exchanges with a host, without anything that decides or keeps it. The bench
//! `ssh_fanout` compares tools with it.
#![allow(clippy::print_stdout, reason = "its output is its result")]

use std::error::Error;
use std::sync::Arc;

use futures::{StreamExt, stream};
use russh::client::{self, Handler};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{ChannelMsg, Disconnect};

type Failure = Box<dyn Error + Send + Sync>;

struct Trusting;

impl Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

struct Job {
    settings: Arc<client::Config>,
    key: Arc<PrivateKey>,
    port: u16,
    user: String,
    command: String,
    /// Whether the command waits for a word to go.
    has_gate: bool,
}

/// A command behind a gate, with the marks that pogo's have.
fn gated(command: &str) -> String {
    format!(
        "printf 'ready\\n' >&2; read -r word && printf 'phase command\\n' >&2; {command}; \
         status=$?; printf 'ended %s\\n' $status >&2; exit $status"
    )
}

async fn visit(job: &Job, host: &str) -> Result<usize, Failure> {
    let mut session = client::connect(Arc::clone(&job.settings), (host, job.port), Trusting).await?;
    let key = PrivateKeyWithHashAlg::new(Arc::clone(&job.key), None);
    if !session.authenticate_publickey(&job.user, key).await?.success() {
        return Err("the login was refused".into());
    }
    let mut channel = session.channel_open_session().await?;
    channel.exec(true, job.command.as_str()).await?;
    let (mut bytes, mut status) = (0, None);
    let mut waits = job.has_gate;
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => bytes += data.len(),
            ChannelMsg::ExtendedData { .. } if waits => {
                channel.data(&b"go\n"[..]).await?;
                waits = false;
            }
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    session.disconnect(Disconnect::ByApplication, "", "").await?;
    match status {
        Some(0) => Ok(bytes),
        other => Err(format!("it ended with {other:?}").into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [hosts, port, user, key, concurrency, command, options @ ..] = arguments.as_slice() else {
        return Err("bare_russh HOSTS_FILE PORT USER KEY_FILE CONCURRENCY COMMAND [gate]".into());
    };
    let has_gate = options.iter().any(|option| option == "gate");
    let hosts = std::fs::read_to_string(hosts)?;
    let job = Job {
        settings: Arc::new(client::Config {
            nodelay: true,
            ..client::Config::default()
        }),
        key: Arc::new(load_secret_key(key, None)?),
        port: port.parse()?,
        user: user.clone(),
        command: if has_gate { gated(command) } else { command.clone() },
        has_gate,
    };
    let job = Arc::new(job);
    let visits = stream::iter(hosts.lines().map(str::to_owned)).map(|host| {
        let job = Arc::clone(&job);
        tokio::spawn(async move { visit(&job, &host).await })
    });
    let mut visits = visits.buffer_unordered(concurrency.parse()?);
    let (mut well, mut failed) = (0, 0);
    while let Some(visited) = visits.next().await {
        match visited? {
            Ok(_) => well += 1,
            Err(_) => failed += 1,
        }
    }
    println!("{well} succeeded, {failed} failed");
    if failed > 0 {
        return Err("not every host was visited".into());
    }
    Ok(())
}
