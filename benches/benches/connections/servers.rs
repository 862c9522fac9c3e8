//! Loopback fleets in processes of their own.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use pogo_core::fleet::Host;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, Stdin};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Each host has a listener and a connection, and a process may have only so many files open.
const EACH: usize = 5_000;

type Failure = Box<dyn Error>;

/// Some servers, each with its share of the hosts.
#[derive(Debug)]
pub(crate) struct Servers {
    servers: Vec<Server>,
}

#[derive(Debug)]
struct Server {
    child: Child,
    orders: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
    known_hosts: PathBuf,
    hosts: Vec<Host>,
}

impl Servers {
    /// Starts this program again, with `serve` and the numbers of the first and last host, as often as needed.
    pub(crate) async fn start(hosts: usize) -> Result<Self, Failure> {
        let mut servers = Vec::new();
        for first in (1..=hosts).step_by(EACH) {
            servers.push(Server::start(first, hosts.min(first + EACH - 1)).await?);
        }
        Ok(Self { servers })
    }

    /// How each host is reached.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        self.servers.iter().flat_map(|server| server.hosts.clone()).collect()
    }

    /// Files with the keys of all hosts.
    pub(crate) fn known_hosts(&self) -> Vec<PathBuf> {
        self.servers.iter().map(|server| server.known_hosts.clone()).collect()
    }

    /// Orders all servers to `hang` on commands from now on, or to `heal`, and waits until they do.
    pub(crate) async fn order(&mut self, order: &str) -> Result<(), Failure> {
        for server in &mut self.servers {
            server.orders.write_all(format!("{order}\n").as_bytes()).await?;
            server.reply().await?;
        }
        Ok(())
    }

    /// Ends all servers.
    pub(crate) async fn stop(self) -> io::Result<()> {
        for mut server in self.servers {
            drop(server.orders);
            server.child.wait().await?;
        }
        Ok(())
    }
}

impl Server {
    async fn start(first: usize, last: usize) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(first.to_string()).arg(last.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (Some(orders), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a server without its pipes".into());
        };
        let mut server = Self {
            child,
            orders,
            replies: BufReader::new(replies).lines(),
            known_hosts: PathBuf::new(),
            hosts: Vec::new(),
        };
        server.known_hosts = server.reply().await?.into();
        server.hosts = serde_json::from_str(&server.reply().await?)?;
        Ok(server)
    }

    async fn reply(&mut self) -> Result<String, Failure> {
        let reply = self.replies.next_line().await?;
        reply.ok_or_else(|| "a server has ended".into())
    }
}

/// The server's side: serves hosts of these numbers until its standard input ends. Commands end without a process, as
/// this fault has it.
pub(crate) async fn serve((first, last): (usize, usize), healthy: Fault) -> Result<(), Failure> {
    let names: Vec<String> = (first..=last).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await?;
    let mut hosts = Vec::new();
    for name in &names {
        let mut host = Host::new(name.parse()?);
        host.connection = fleet.connection(name)?;
        let identity = fleet.identity_file().display().to_string();
        host.connection.vars.insert("identity".to_owned(), identity);
        hosts.push(host);
    }
    for name in &names {
        fleet.inject(name, healthy)?;
    }
    say(&fleet.known_hosts_file().display().to_string()).await?;
    say(&serde_json::to_string(&hosts)?).await?;
    let mut orders: Lines<BufReader<Stdin>> = BufReader::new(tokio::io::stdin()).lines();
    while let Some(order) = orders.next_line().await? {
        let fault = if order == "hang" { Fault::Hang } else { healthy };
        for name in &names {
            fleet.inject(name, fault)?;
        }
        say(&order).await?;
    }
    Ok(())
}

async fn say(line: &str) -> io::Result<()> {
    let mut output = tokio::io::stdout();
    output.write_all(format!("{line}\n").as_bytes()).await?;
    output.flush().await
}
