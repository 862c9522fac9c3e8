//! The command line.

mod simulate;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use pogo_core::fleet::Selector;
use pogo_core::policy::Limit;

use pogo_ssh::Hop;
pub(crate) use simulate::{SimulateArgs, SimulateFormat, TimesArg};

use crate::inventory::InventoryArgs;
use crate::invocation::InvocationArgs;
use crate::sources::{FollowArgs, SourceArgs};

/// Roll a command out to many hosts, as fast as the rules allow and never faster.
#[derive(Debug, Parser)]
#[command(name = "pogo-one", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   every host succeeded
  1   every host was tried, and some failed or are in doubt
  2   the job was blocked or stopped before every host was tried
      (`simulate` with --runs or --what-if ends with 0 when it could answer, whatever the answer)
  64  the command line, the policy or the targets are wrong; nothing was done";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a job would do: stages, limits, warnings. Sends nothing.
    Plan(PlanArgs),
    /// Run the job in virtual time with the scheduler that would run it.
    Simulate(SimulateArgs),
    /// Run a command on the targets over SSH.
    Run(Box<RunArgs>),
    /// Draw a job from its event log, be it simulated, over or still running.
    Timeline(TimelineArgs),
    /// Show a job from its event log as it went, at any speed.
    Replay(ReplayArgs),
    /// Prove from an event log that a job kept every rule, or name the first record that broke one.
    Audit(AuditArgs),
    /// Look at hosts, tags and settings, and where they come from.
    Inventory(InventoryArgs),
    /// See a rollout: 28 SSH servers inside this process, one of them failing.
    Demo(DemoArgs),
}

/// What every job needs.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// Hosts to run on: names, ranges and tags, as in `web[1-20],$cache & !$colo.east`.
    #[arg(short, long, value_name = "TARGETS", value_parser = targets)]
    pub(crate) targets: Selector,
    /// Allow targets that no source knows; they are under no rule.
    #[arg(long)]
    pub(crate) allow_unlisted: bool,
    /// Run at most this many hosts at once, whatever the policy would allow (a number or a share of the targets).
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_parallel: Option<Limit>,
    /// Stop when more hosts than this have failed (a number or a share of the targets).
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_failures: Option<Limit>,
    /// Go in waves of these sizes, counted from the start; the last is the step in which the job goes on: `1,20%` is one
    /// host, then up to 20%, 40% and so on, and `1,10%,100%` one, up to a tenth, then all. A wave begins when the one
    /// before it is complete.
    #[arg(long, value_name = "N|P%", value_delimiter = ',')]
    pub(crate) waves: Vec<Limit>,
    /// Watch each wave this long before the next begins.
    #[arg(long, value_name = "TIME", requires = "waves", value_parser = humantime::parse_duration)]
    pub(crate) bake: Option<Duration>,
    /// Let so many hosts of each wave fail without holding back the next (a number or a share of the wave).
    #[arg(long, value_name = "N|P%", requires = "waves")]
    pub(crate) allow_failures: Option<Limit>,
    /// Try a failed host again this often.
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u32>,
    /// Wait this long before trying a host again.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) retry_delay: Option<Duration>,
    /// Time limit for one host; 1 hour unless the policy says otherwise.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Tell when a host takes longer than this, and let it go on; 0 for never. 10 minutes unless the policy says otherwise.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) slow_after: Option<Duration>,
    /// Time limit for the whole job.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) job_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    /// How to print the plan.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Draw the stages, and which wait for which, into this file, and print nothing: SVG, or DOT for Graphviz.
    #[arg(long, value_name = "FILE.svg|FILE.dot", value_parser = graph)]
    pub(crate) graph: Option<PathBuf>,
}

/// Files to draw into.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// Draw a page that needs nothing else into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Draw an SVG image into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

impl PictureArgs {
    pub(crate) fn are_wanted(&self) -> bool {
        self.html.is_some() || self.svg.is_some()
    }
}

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Draw only this job; the number in `job-3` is 3.
    #[arg(long, value_name = "N")]
    pub(crate) job: Option<u32>,
    #[command(flatten)]
    pub(crate) pictures: PictureArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AUDIT_EXIT_CODES)]
pub(crate) struct AuditArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The policy file that should have held. Without it, the policies in the log.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

const AUDIT_EXIT_CODES: &str = "\
Exit codes:
  0   every rule was kept
  1   a rule was broken
  64  the command line, the policy or the log cannot be read";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// How much faster than it was: a number, such as 10 or 0.5, or `max` for without any wait.
    #[arg(long, value_name = "N|max", default_value = "1")]
    pub(crate) speed: Speed,
}

/// How fast a job is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// So many times faster than it was.
    Times(f64),
    /// Without any wait.
    Max,
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(times) if times.is_finite() && times > 0.0 => Ok(Self::Times(times)),
            _ => Err("write a number above 0, such as 10 or 0.5, or `max`".to_owned()),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    #[command(flatten)]
    pub(crate) invocation: InvocationArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
    /// How to print what happens: the hosts' output, or one event a line.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LogFormat,
    /// What to run. One word is a line for the target's shell; several are a program and its arguments, passed on unchanged.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

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

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How to print what happens.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person.
    Text,
    /// For a program: one event a line.
    Jsonl,
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

/// A file whose name tells what to draw into it.
fn graph(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "dot" | "gv") => Ok(path),
        _ => Err("the name must end in .svg for an image, or in .dot for Graphviz".to_owned()),
    }
}

/// Targets with the place of a mistake in their message.
pub(crate) fn targets(text: &str) -> Result<Selector, String> {
    text.parse::<Selector>().map_err(|error| {
        let before: String = text
            .chars()
            .take(text.get(..error.offset()).map_or(0, |head| head.chars().count()))
            .collect();
        format!("{error}\n\n    {text}\n    {}^", " ".repeat(before.chars().count()))
    })
}
