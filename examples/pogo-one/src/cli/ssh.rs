//! The arguments that say how hosts are reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pogo_ssh::Hop;

#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    /// User to log in as.
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Port to connect to.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Private key file to log in with; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Vec<PathBuf>,
    /// known_hosts file to check host keys against; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) known_hosts: Vec<PathBuf>,
    /// What to do about host keys that are not known; otherwise as the client configuration says, or strict.
    #[arg(long, value_enum)]
    pub(crate) host_keys: Option<HostKeys>,
    /// How SSH is spoken: by pogo itself, or by the ssh program for what pogo does not do (FIDO keys, Kerberos,
    /// ProxyCommand), at more than ten times the cost for each host.
    #[arg(long, value_enum, default_value = "builtin")]
    pub(crate) transport: Speaker,
    /// OpenSSH client configuration to follow, `none` for none; otherwise ~/.ssh/config and /etc/ssh/ssh_config.
    #[arg(long, value_name = "FILE|none")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// Hosts to pass on the way to every host: `[user@]host[:port]`, several with commas.
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) jump: Vec<Hop>,
    /// Begin at most this many connections per second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) handshake_rate: Option<u32>,
    /// Try to reach an unreachable host again this often, within one attempt and before anything has run.
    #[arg(long, value_name = "N")]
    pub(crate) connect_retries: Option<u32>,
    /// Time limit for reaching a host.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Do not ask an ssh-agent for keys.
    #[arg(long)]
    pub(crate) no_agent: bool,
    /// Ask for a password to log in with.
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) ask_password: bool,
    /// Read the password to log in with from the first line of this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the passphrase of encrypted key files from the first line of this file; otherwise it is asked for once, when
    /// the first host takes the key.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Program that answers in place of the terminal what key files and hosts ask (passphrases, one-time codes): gets the
    /// question as its argument and the host in POGO_HOST, and prints the answer; otherwise SSH_ASKPASS, as for ssh.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) askpass: Option<PathBuf>,
    /// Directory of pre-hooks on the targets; empty for none.
    #[arg(long, value_name = "DIR")]
    pub(crate) pre_hooks: Option<String>,
    /// Directory of post-hooks on the targets; empty for none.
    #[arg(long, value_name = "DIR")]
    pub(crate) post_hooks: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speaker {
    /// Pogo itself.
    Builtin,
    /// The ssh program.
    Ssh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostKeys {
    /// Only hosts whose key is known.
    Strict,
    /// Unknown keys are taken and remembered; changed ones are refused.
    AcceptNew,
    /// Any key at all: whoever answers gets the command and the password.
    Insecure,
}
