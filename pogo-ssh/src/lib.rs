//! SSH transport for pogo: runs attempts on hosts over SSH, in this process, without forking an `ssh` for each.
//!
//! ```no_run
//! use std::time::Duration;
//! use pogo_ssh::{HostKeyPolicy, SshTransport};
//!
//! let transport = SshTransport::builder()
//!     .user("deploy")
//!     .host_keys(HostKeyPolicy::Strict)
//!     .connect_timeout(Duration::from_secs(5))
//!     .build()?;
//! for warning in transport.warnings() {
//!     eprintln!("warning: {warning}");
//! }
//! # Ok::<(), pogo_ssh::SetupError>(())
//! ```
//!
//! [`SshTransport`] is a [`Transport`](pogo_core::dispatcher::Transport): hand it to a dispatcher, on a tokio runtime.
//! A host is reached by its name, or as its [`Connection`](pogo_core::fleet::Connection) says: address, port, user, and
//! the settings `identity` (a key file of its own) and `host_key_alias` (the name its key is known by).
//!
//! # What succeeds, what fails, what is in doubt
//!
//! An attempt is one connection: pre-hooks, command, post-hooks. It succeeds when each of them has ended with status 0.
//! Otherwise there is one rule: what is known not to have begun, or seen to end badly, has failed; what may have begun
//! and whose end nobody saw is in doubt.
//!
//! | what was seen | outcome |
//! | --- | --- |
//! | name does not resolve, port refused, no answer or no handshake within the connect timeout | failed: unreachable |
//! | unknown, changed or revoked host key | failed: host_key; nobody tried to log in |
//! | every key and password refused | failed: authentication |
//! | a pre-hook, the command or a post-hook ends with another status than 0 | failed: pre_hook, command or post_hook |
//! | one of them is ended by a signal | failed: signal |
//! | the link breaks before the command was asked for, during the pre-hooks too | failed: unreachable |
//! | the link breaks after that | in doubt |
//! | time limit, and the host confirms that nothing of it is left running | failed: timeout |
//! | cancelled, and the host confirms the same | failed: signal TERM |
//! | cancelled before anything ran | failed: refused |
//! | time limit or cancelled, and the host confirms nothing | in doubt |
//!
//! A command that leaves something in the background which holds its output open has ended when it has ended: after two
//! more seconds the transport stops listening and notes it. Output over the [limit](SshConfig::output_limit) is dropped,
//! with a note where it was cut, and never holds up the command.
//!
//! # What the target needs
//!
//! - An SSH server that runs commands and allows two sessions per connection (`MaxSessions`, 10 by default): the second
//!   ends what the first has started. Without it, ending anything is in doubt.
//! - `/bin/sh`, of any POSIX kind (dash, bash, busybox), and a login shell that understands `exec` and single quotes.
//!   The command line itself is for the user's login shell (`$SHELL`), as with any SSH client.
//! - `kill`, `sleep` and `printf`, which every such shell or system has. `setsid`, if the server does not start commands
//!   in a process group of their own (OpenSSH does). `ps`, if processes whose parent never collects them are not to
//!   count as running.
//!
//! Nothing is written to the target. The environment of hooks and command holds `POGO_JOB`, `POGO_HOST`,
//! `POGO_ATTEMPT` and `POGO_PHASE` (`pre_hook`, `command` or `post_hook`); standard input is empty. Hooks are the
//! executable files of a directory whose names do not start with a dot, in the order of their bytes. A relative directory
//! starts at the login directory.
//!
//! # Ending what runs
//!
//! Signals through SSH are not enough: servers may refuse them, and they reach one process only. So each step tells the
//! transport its process group, and to end it a second session sends TERM to the group, after the
//! [grace](SshConfig::stop_grace) KILL, and looks until nothing of it is left. What has left the group on purpose, such
//! as a service that was started, goes on. When an attempt's time limit ends it, this happens within the limit.
//! A dropped attempt is cut off: the connection closes, and what runs on the host is left to itself.
//!
//! # How much at once
//!
//! A rollout's limits say how many hosts may be worked on; three bounds here are about this machine. No more
//! [handshakes](SshConfig::max_handshakes) are under way at once than it can well do: a host that accepts a
//! connection and says nothing takes no place among them. No more [connections](SshConfig::max_connections) are open than
//! the limit of open files leaves room for. And a host's [output](SshConfig::output_limit) is cut where it is too much.
//! After a failed attempt its connection can be [kept](SshConfig::keep_idle) for the next one.
//!
//! # How trust works
//!
//! Host keys are looked up in known_hosts files as OpenSSH means them: by address (or `host_key_alias`), with the port
//! where it is not 22; plain names, wildcards, negations and hashed names; several keys of a host, `@revoked`, and
//! `@cert-authority` with host certificates (principals, validity, no critical options, no SHA-1). The files are read once. Under [`HostKeyPolicy::Strict`] each file must be there, and a host that is not in any of them is
//! refused. [`HostKeyPolicy::AcceptNew`] records the key of a host that is met for the first time, under a lock, and
//! takes no other from then on. A server is asked for those types of keys first that are known for it. Lines that make
//! no sense are skipped, and [`SshTransport::warnings`] tells which.
//!
//! To log in, the host's own key file is tried first, then the keys of the agent, the key files (each with its user
//! certificate, if there is one), the password, and answers to the host's questions; no key twice, and no more than
//! [`auth_tries`](SshConfig::auth_tries). RSA keys sign with SHA-2 only. Secrets appear in
//! no event, message or `Debug` text.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod classify;
mod config;
mod exec;
mod link;
#[cfg(feature = "loopback")]
pub mod loopback;
mod output;
mod program;
mod question;
mod quote;
mod reach;
mod setup;
mod severable;
mod ssh_config;
mod target;
mod targets;
mod transport;
mod trust;
mod work;

pub use config::{Agent, SshConfig};
pub use program::ProgramTransport;
pub use question::Question;
pub use setup::SetupError;
pub use ssh_config::{
    AddressFamily, ClientConfig, ClientConfigError, Hop, HopError, HostQuery, HostSettings, IdentityAgent,
    StrictHostKeyChecking,
};
pub use transport::SshTransport;
pub use trust::HostKeyPolicy;
