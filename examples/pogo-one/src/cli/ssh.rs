//! The arguments that say how hosts are reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use pogo_ssh::Hop;

use super::{duration, whole_number};

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct SshArgs {
    /// User to log in as, where neither the target nor an inventory says another [default: as ~/.ssh/config says, or
    /// yours]
    #[arg(short, long, value_parser = user)]
    pub(crate) user: Option<String>,
    /// Port to connect to, where neither the target nor an inventory says another [default: 22]
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub(crate) port: Option<u16>,
    /// Option of ssh, as `ssh -o` takes it: `ConnectTimeout=5`; comes before ~/.ssh/config; may be given several times
    #[arg(short = 'o', long, value_name = "KEY=VALUE", value_parser = ssh_option)]
    pub(crate) ssh_option: Vec<String>,
    /// Private key file to log in with; may be given several times [default: the agent's, and those in ~/.ssh]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) identity: Vec<PathBuf>,
    /// known_hosts file to check host keys against; may be given several times [default: ~/.ssh/known_hosts and the
    /// machine's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) known_hosts: Vec<PathBuf>,
    /// What to do about host keys that are not known [default: as ssh's configuration says, or strict]
    #[arg(long, value_enum)]
    pub(crate) host_keys: Option<HostKeys>,
    /// SSH implementation: the built-in one, or the ssh program for what that lacks (FIDO keys, Kerberos,
    /// ProxyCommand), at more than ten times the cost for each host.
    #[arg(long, value_enum, default_value = "builtin")]
    pub(crate) transport: TransportArg,
    /// OpenSSH client configuration to follow, `none` for none [default: ~/.ssh/config and /etc/ssh/ssh_config]
    #[arg(long, value_name = "FILE|none")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// Jump hosts on the way to every host: `[user@]host[:port]`, several with commas [default: as ssh's configuration
    /// says]
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) jump: Vec<Hop>,
    /// Open at most this many connections per second [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) handshake_rate: Option<u32>,
    /// Retry connecting to a host this many times, within one attempt and before anything has run [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number)]
    pub(crate) connect_retries: Option<u32>,
    /// Time limit for connecting to a host [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Do not ask an ssh-agent for keys.
    #[arg(long)]
    pub(crate) no_agent: bool,
    /// Ask for a password to log in with.
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) ask_password: bool,
    /// Read the password to log in with from the first line of this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the passphrase of encrypted key files from the first line of this file; otherwise it is asked for once,
    /// when the first host takes the key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Program that answers what key files and hosts ask (passphrases, one-time codes) instead of the terminal: gets
    /// the question as its argument and the host in POGO_HOST, and prints the answer; otherwise SSH_ASKPASS, as for
    /// ssh.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) askpass: Option<PathBuf>,
    /// Directory of pre-hooks on the targets; empty for none [default: as the policy says, or /etc/pogo/pre.d]
    #[arg(long, value_name = "DIR")]
    pub(crate) pre_hooks: Option<String>,
    /// Directory of post-hooks on the targets; empty for none [default: as the policy says, or /etc/pogo/post.d]
    #[arg(long, value_name = "DIR")]
    pub(crate) post_hooks: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportArg {
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

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| "write a number from 1 to 65535".to_owned())
}

/// A user; `clush` means a time by this letter.
fn user(text: &str) -> Result<String, String> {
    match text {
        "" => Err("name a user".to_owned()),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => Err(format!(
            "-u names the user to log in as; a time limit is --timeout {text}"
        )),
        text if text.contains(['@', ' ']) => Err("name the user alone, as in -u root".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// An option; `pssh` means a directory by this letter.
fn ssh_option(text: &str) -> Result<String, String> {
    match text.trim().contains(['=', ' ', '\t']) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "-o takes an option of ssh, as in -o ConnectTimeout=5; output goes into a file with --events FILE{}",
            if text.contains('/') {
                ""
            } else {
                ", or to standard output"
            }
        )),
    }
}
