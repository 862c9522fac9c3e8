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
//! the settings `identity` (a key file of its own), `host_key_alias` (the name its key is known by) and `proxy_jump` (the
//! hosts on the way).
//!
//! # What succeeds, what fails, what is in doubt
//!
//! An attempt is one connection: pre-hooks, command, post-hooks, all of them in one session, but for a terminal, which is
//! for the command alone. It succeeds when each of them has ended with status 0, and the host has told that it began.
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
//! | sudo or another program to run through does not start the command; a directory, file or terminal cannot be had | failed: refused; the command was not run |
//! | the host ends the session, with whatever status, and has not told that it began: a forced command, a restricted shell, nologin | failed: refused; with [`forced_command`](field@pogo_core::plan::ExecOptions::forced_command) its status counts |
//! | the link breaks before the host was asked to run anything | failed: unreachable |
//! | the host was asked, and the link breaks before the word to go was sent; permission was refused; the word came later than the host waited for it | never began: waits again |
//! | cancelled before the word to go was sent | never began |
//! | another command runs on the host | never began: waits again, and says whose it is |
//! | a later attempt of its namespace was seen there, or this one before | failed: refused; the command was not run |
//! | the link breaks after the word to go was sent | in doubt; the host is asked what became of it where it keeps a record |
//! | what ran the command on the host is gone, and has not told how the command ended | in doubt |
//! | time limit, and the host confirms that nothing of it is left running | failed: timeout |
//! | cancelled, and the host confirms the same | failed: signal TERM |
//! | cancelled before anything ran | failed: refused |
//! | time limit or cancelled, and the host confirms nothing | in doubt |
//!
//! # One command at a time
//!
//! Nothing runs on a host without [permission](pogo_core::dispatcher::Reporter::begin), and no two commands run there at once. The
//! attempt's shell takes the host's lock, says that it is ready and waits; the transport asks for permission, and then says
//! `go`. A host that does not hear it within [30 seconds](SshTransportBuilder::begin_timeout) of its own clock, which goes on while it
//! sleeps, begins nothing. Files that are sent are put in place before that, and removed if it may not begin.
//!
//! The lock is one of `flock`, held by the shell that waits for hooks and command, and not by them: what a command leaves
//! in the background, such as a service, keeps nobody waiting. Beside it the host writes down, for the last attempt of each namespace, its number,
//! its process group with the time at which its leader began, that it has begun, and how it ended. Where that shell was killed
//! and something of its group still runs, the next attempt finds the host busy until that has ended. Numbers compare within one
//! namespace and incarnation; a lower one, or one that has begun before, is refused. Give each store a
//! [namespace](pogo_core::dispatcher::DispatcherBuilder::namespace) of its own: two stores of one name and one login user refuse each other's numbers.
//! Records of dispatchers without a journal, whose namespaces end with them, are removed a week after they were written last; a
//! removed record is a doubt and never means that an attempt did not begin.
//!
//! | the host has | then |
//! | --- | --- |
//! | `flock`, and a directory that it can write to | lock and record; `host_lock` is true in the log |
//! | such a directory, but its disk is full or has become read-only | the lock alone, where it was made before; nothing can be learned later |
//! | no `flock` | neither: permission is asked, and nothing keeps two commands apart |
//!
//! The directory is [`lock_directory`](SshTransportBuilder::lock_directory), `~/.local/state/pogo` by default, or
//! `/var/tmp/pogo-UID` for users whose home cannot be written to; not `/run/user`, which goes with the last login. Files in it
//! carry the host's name, as home directories may be shared. So **different login users do not exclude each other**: one cannot write
//! what the other reads. A machine that is reached over loopback, by addresses from 127.0.0.0/8, counts as one host for each address and port. Of a command that
//! runs as another user the record knows the group of `sudo`, not that of the command itself. A `/bin/sh` that knows no `read -t` and is not dash waits for
//! `go` as long as its connection lasts, and then begins nothing that comes late.
//!
//! An attempt whose dispatcher died is [resumed](pogo_core::dispatcher::Transport::resumes): the host is asked what became of it, and while it still runs
//! its end is waited for, as long as its time lasts. What it wrote meanwhile is lost.
//!
//! | the host says | outcome |
//! | --- | --- |
//! | it has ended | as if it had been seen |
//! | it never began; from then on it never will | never began: waits again |
//! | it still runs when its time is over; what ran it is gone, without a word; only a later attempt is known there; there is no record | in doubt |
//!
//! [Detached](#attempts-that-outlive-their-connection) attempts take the same lock and pass the same gate. Their supervisor holds the lock for as
//! long as the command runs, whoever is connected, and each launch over a new link asks for permission anew. Each step's
//! shell holds it as well until its own group is written down, so that a supervisor that is killed in that moment frees nothing.
//!
//! Not asked so: hosts with a [command of their own](#hosts-with-a-command-of-their-own), which are asked for permission before they are asked
//! for the command, without a lock; and attempts that restart their host.
//!
//! A command that leaves something in the background which holds its output open has ended when it has ended: after two
//! more seconds the transport stops listening and notes it. Of output over the
//! [limit](SshTransportBuilder::output_limit) the head is passed on as it comes and the tail when the attempt ends (an eighth of the
//! limit, and at most 32 KiB, of each stream), with a note between them that says how much is missing. It never holds up
//! the command.
//!
//! # Input
//!
//! Standard input and files to send are read once for a job, when its first attempt begins or [before](JobInputs), so that
//! every host gets the same: from files that change meanwhile, from pipes, and from this process's standard input (`-`).
//! What is read is kept until the job is over: up to 256 KiB of each in memory, more in a file without a name in
//! `TMPDIR`, from which each attempt reads 64 KiB at a time. Directories and devices are refused.
//!
//! # What the target needs
//!
//! - An SSH server that runs commands and allows two sessions per connection (`MaxSessions`, 10 by default): the second
//!   ends what the first has started. Without it, a second connection does.
//! - `/bin/sh`, of any POSIX kind (dash, bash, busybox, ksh), and any login shell: tried are bash, dash, zsh, ksh, mksh,
//!   busybox, fish, tcsh and csh. The command line itself is for the user's login shell (`$SHELL`), as with any SSH client,
//!   and as long as the host takes one argument (131,071 bytes on Linux). What is longer than 8,000 bytes in all is sent over
//!   standard input, before the command's own; start-up files of the login shell must not read it.
//! - `kill`, `sleep` and `printf`, which every such shell or system has. `setsid`, if the server does not start commands
//!   in a process group of their own (OpenSSH does). `ps`, if processes whose parent never collects them are not to
//!   count as running.
//!
//! - For files to send: `cat`, `mktemp`, and one of `sha256sum`, `shasum`, `openssl`. For another user: `sudo`.
//!
//! Nothing is written to the target but files that are [sent](pogo_core::plan::ExecOptions::files), two files of 256 bytes for the
//! [lock](#one-command-at-a-time), and what is kept of [detached](#attempts-that-outlive-their-connection) attempts. The environment of
//! hooks and command holds what the job says, and `POGO_JOB`, `POGO_HOST`, `POGO_ATTEMPT` and `POGO_PHASE` (`pre_hook`,
//! `command` or `post_hook`); standard input is empty unless the job gives some to the command. Hooks are the
//! executable files of a directory whose names do not start with a dot, in the order of their bytes. A relative directory
//! starts at the login directory.
//!
//! # Another user, input, a terminal, files
//!
//! All of an [`ExecOptions`](pogo_core::plan::ExecOptions) is understood; detached, some of it is refused. A command that
//! [runs as another](pogo_core::plan::RunAs) does so through `sudo`, or through the program that is named; a command line
//! is then for `/bin/sh`. Hooks are the host's own and run as the user who is logged in. If sudo asks for a password, it
//! gets the [one that was given](SshTransportBuilder::sudo_password) on its standard input: once, only for a prompt with a word
//! that nobody on the host has heard before, and never after the command has begun. PAM modules with questions of their
//! own are not answered: such a command waits until its time limit.
//!
//! Files are sent before the hooks run, checked by SHA-256 on the host, and removed at the end of the attempt. Those
//! without a place of their own are put into a new directory, of the first of `$TMPDIR` or `/tmp`, `/var/tmp` and the home
//! directory from which programs may be executed. A file that is already in a place is never overwritten: the same stays, another one
//! refuses the attempt. When the link is lost, files that were sent stay on the host.
//!
//! How a command was ended is known exactly where nothing follows it in its session and there is no lock: the server tells. Where post-hooks may
//! follow, or the lock is held, the shell that waits for it tells: a signal as a signal (`kill -KILL $$` is not `exit 137`), but for INT and
//! PIPE, of which shells say nothing, so that 130 and 141 count as these; zsh as `/bin/sh` tells the number alone.
//!
//! # Hosts with a command of their own
//!
//! A key may be restricted to one script (`ForceCommand`, `command=` in `authorized_keys`). The host's setting
//! `forced_command: true`, or the job's, says that this is meant. Such a host is asked for the command line as `ssh` would,
//! which the script finds in `SSH_ORIGINAL_COMMAND`, and gets the input; its status counts. It takes no environment, directory,
//! other user or files, runs nothing detached and no hooks, and what it runs cannot be shown to have ended.
//!
//! # Ending what runs
//!
//! Signals through SSH are not enough: servers may refuse them, and they reach one process only. So each session tells the
//! transport its process group, and to end it a second session sends TERM to the group, after the
//! [grace](SshTransportBuilder::stop_grace) KILL, and looks until nothing of it is left. What has left the group on purpose, such
//! as a service that was started, goes on. When an attempt's time limit ends it, this happens within the limit.
//! A dropped attempt is cut off: the connection closes, and what runs on the host is left to itself.
//!
//! # Attempts that outlive their connection
//!
//! With [`ExecOptions::detached`](field@pogo_core::plan::ExecOptions::detached) the host runs the attempt in a session of its
//! own, and the connection only looks on. The host needs `flock`, `setsid` and `mkfifo` as well (util-linux or busybox
//! have the first two), `uname`, `find`, `tail`, `head -c`, a `/bin/sh` that hands open files down to what it runs (dash,
//! bash and busybox do, ksh does not), and must not end a user's processes when the user logs out
//! (`KillUserProcesses` of systemd, off by default in most systems); without one of those programs the attempt is
//! refused. A terminal, input, files and another user are refused as well.
//!
//! Under [`detached_directory`](SshTransportBuilder::detached_directory), in a directory of the host's name (home directories may
//! be shared), the host keeps a directory for each attempt, named by the job's text and the attempt. Making it decides
//! who launches the attempt, so that it is launched once at most. In it are both streams of output, each bounded by
//! [`output_limit`](SshTransportBuilder::output_limit) (where it is over, its head and its tail), and one line that says how far the attempt is, with its process group or
//! its exit status. The [lock](#one-command-at-a-time) of the host is the supervisor's. A timer beside it ends an attempt two seconds after its time
//! limit if nobody has done so from here. The output is removed when its end has been seen here; the
//! line stays for at least a week, so that a launch that comes late finds that it is over, and is then removed by some
//! later attempt. All of this belongs to the user who logs in, and so another user's attempts are not seen.
//!
//! | what happens | outcome |
//! | --- | --- |
//! | the link breaks before the host was asked to launch it | failed: unreachable |
//! | the link breaks at any later moment | connected again, with growing pauses, as long as the attempt may take; output goes on where it stopped, and nothing runs twice |
//! | the host does not come back in time, or does not let us in any more | in doubt; the command may go on until its time limit |
//! | time limit or cancelled, over the same connection or a new one | as without: TERM, then KILL, and the outcome says what the host confirms; what has not begun never will |
//! | another command runs there, or runs on without what supervised it; permission is refused; the word to go comes too late | never began: waits again |
//! | the same for another launch after a broken link, over which the word to go was sent | it is found and followed where it was launched; otherwise never began |
//! | time runs out, is cancelled or the host does not come back before the word to go was sent | never began |
//! | its directory is lost, or another one than it was launched in | what the host's [record](#one-command-at-a-time) says |
//! | an earlier version of this crate launched it | it is found and followed; one that still runs keeps other detached attempts away, and not others |
//! | the disk is full before it is launched | failed: refused |
//! | the disk fills up while it runs | its end, as ever; output that could not be kept is missing, and a note says so |
//! | the host restarts, or what runs the attempt is killed | in doubt |
//! | this process dies, or the link does not come back | the command goes on until its time limit, when the host itself ends it: TERM, then KILL; whoever takes over the journal finds it, and follows it or learns how it ended |
//! | a command ends with 128 plus the number of a signal | counts as ended by that signal, by its name on Linux |
//!
//! # Restarts
//!
//! With [`reboot`](field@pogo_core::plan::ExecOptions::reboot) the command restarts its host. The host is asked which boot it is
//! in (Linux's `boot_id`, or when the kernel of a BSD or of macOS began) before anything runs. When the command has ended
//! with status 0, or by a signal, or its link is lost, the attempt goes on, and so its slots stay taken: the host is
//! connected to again, with growing pauses of up to 8 seconds, until it answers in another boot. Then post-hooks run.
//!
//! | what happens | outcome |
//! | --- | --- |
//! | the host does not tell its boot | failed: refused; nothing ran |
//! | the command ends with another status | failed, as without |
//! | the host refuses connections or logins while it starts | tried again |
//! | it answers in the boot it was in before, to the end of the time | failed: timeout, or the signal that ended the command; in doubt where the link was lost before the command ended, which may still run |
//! | it does not answer to the end of the time | in doubt, with what was seen last |
//! | it shows another host key | in doubt; nothing more is run there |
//! | the attempt's own time limit, or it is cancelled | in doubt |
//!
//! # How much at once
//!
//! A rollout's limits say how many hosts may be worked on; three bounds here are about this machine. No more
//! [handshakes](SshTransportBuilder::max_handshakes) are under way at once than it can well do: a host that accepts a
//! connection and sends nothing takes no slot among them. No more [connections](SshTransportBuilder::max_connections) are open than
//! the limit of open files leaves room for. And a host's [output](SshTransportBuilder::output_limit) is cut where it is too much.
//! After a failed attempt its connection can be [kept](SshTransportBuilder::keep_idle) for the next one.
//!
//! # Connecting to a host
//!
//! A name may have several addresses, of IPv4 and IPv6: each is tried in turn, with an equal part of the time left. A host
//! that is unreachable can be [tried again](SshTransportBuilder::connect_retries) within the same attempt, and connections can
//! begin [no faster](SshTransportBuilder::handshake_rate) than so many per second. Both come before anything has run.
//!
//! ## OpenSSH's configuration
//!
//! Nothing is read unless a [`ClientConfig`] is [given](SshTransportBuilder::client_config). Then each host is looked up in it by
//! its name, as `ssh NAME COMMAND` would, with `Host`, `Match`, `Include`, tokens and variables. What the host's own
//! connection says comes first, then what is set on [`SshTransportBuilder`], then the configuration. Its answers are tested against
//! those of `ssh -G`. `~` and all usual files are those of the account's home directory, whatever `HOME` says.
//!
//! | keyword | how it is treated |
//! | --- | --- |
//! | `HostName`, `User`, `Port`, `AddressFamily`, `ProxyJump`, `ConnectTimeout`, `ConnectionAttempts`, `ServerAliveInterval`, `ServerAliveCountMax`, `TCPKeepAlive`, `RekeyLimit`, `BindAddress`, `BindInterface` | followed |
//! | `HostKeyAlias`, `UserKnownHostsFile`, `GlobalKnownHostsFile`, `StrictHostKeyChecking` (`ask` is `yes`), `HashKnownHosts`, `CheckHostIP`, `NoHostAuthenticationForLocalhost` | followed |
//! | `IdentityFile`, `IdentitiesOnly`, `IdentityAgent`, `CertificateFile`, `PubkeyAuthentication`, `PasswordAuthentication`, `KbdInteractiveAuthentication`, `PreferredAuthentications` (which, not in which order) | followed |
//! | `KexAlgorithms`, `Ciphers`, `MACs`, `HostKeyAlgorithms`, `PubkeyAcceptedAlgorithms`, `CASignatureAlgorithms`, `RequiredRSASize` | followed, see [below](#algorithms) |
//! | `SendEnv`, `SetEnv` | the server is asked for these variables, and takes those that its `AcceptEnv` names (of many distributions, `LANG` and `LC_*`); the job's own environment comes before them; a secret variable is never among them |
//! | `ForwardAgent` | followed for hooks and commands, with the agent that keys are taken from or the one that it names; not without an agent to log in with |
//! | `Match` with `host`, `originalhost`, `user`, `localuser`, `tagged` (and `Tag`), `command`, `sessiontype` (`exec`; `none` for jump hosts), `version` (as of OpenSSH 10.5), `localnetwork`, `canonical`, `final`, `all` | followed |
//! | `Match exec` | the command runs in the user's shell, with no input and its output dropped; each command once at a time, at most eight at once, and for ten seconds hosts for which its text is the same share its answer |
//! | `IgnoreUnknown`, `RefuseConnection` | followed |
//! | `ControlMaster`, `ControlPath`, `ControlPersist`, `Compression`, `LogLevel`, `LocalForward`, `DynamicForward`, `UpdateHostKeys`, `IPQoS`, `AddKeysToAgent`, `BatchMode`, `NumberOfPasswordPrompts`, `GSSAPIAuthentication` and `HostbasedAuthentication` (a way to log in less), `VersionAddendum`, `WarnWeakCrypto` and all others that change nothing about running a command | passed over |
//! | `RemoteForward`, `ChannelTimeout`, `ForwardX11 yes`, `RequestTTY` (a job says that itself), `GSSAPIDelegateCredentials yes`, `KbdInteractiveDevices`, `PKCS11Provider`, `PermitLocalCommand yes`, `Tunnel`, and names of algorithms that nobody knows | left out, with a note in the output of the first host that it is about: the command runs all the same |
//! | `ProxyCommand`, `CanonicalizeHostname yes`, `KnownHostsCommand`, `RevokedHostKeys`, `VerifyHostKeyDNS yes`, `RemoteCommand`, `SessionType`, `StrictHostKeyChecking no` (unless asked for here as well) | the host fails as refused, with file and line; others are not touched. Left out, they would change who is reached or trusted, or OpenSSH would not run the command either |
//! | what OpenSSH would not take either | the same |
//!
//! Of the known_hosts files that the configuration names, those that are not there hold no keys, as for OpenSSH; if none
//! is there, the host fails.
//!
//! ## Algorithms
//!
//! Offered are those of OpenSSH's defaults that the SSH library has, and its own sound ones: for key exchange
//! `mlkem768x25519`, `curve25519`, `ecdh-sha2-nistp*`, `diffie-hellman-group*` with SHA-2; ChaCha20-Poly1305, AES-GCM and
//! AES-CTR; HMAC; Ed25519, ECDSA and RSA keys of at least 1024 bits, with SHA-2. SHA-1 signatures (`ssh-rsa`) of hosts,
//! users and authorities, older key exchanges and AES-CBC are to be had through the configuration alone, for the hosts that it
//! names. Its lists mean what they mean to OpenSSH (`+`, `-`, `^`, patterns); names that are not spoken here, such as
//! `sntrup761x25519-sha512` and `umac-64`, are left out, and a list that leaves nothing refuses the host. Of the host
//! keys that are allowed, those of the types that are known for the host are asked for first, whatever the order.
//!
//! ## Jump hosts
//!
//! The hosts on the way are those of the host's setting `proxy_jump`, of [`SshTransportBuilder::jump`], or of the configuration. Each
//! is looked up in the configuration as any host is; its user is the one written, else the configuration's, else that of
//! the transport. Its key is checked, and it is logged in to with the same keys. One connection to a jump host is shared by
//! all that is behind it and stays open as long as the transport; it counts neither among the connections nor among
//! what a job keeps. [`max_jump_channels`](SshTransportBuilder::max_jump_channels),
//! [`max_jump_handshakes`](SshTransportBuilder::max_jump_handshakes) and
//! [`jump_handshake_rate`](SshTransportBuilder::jump_handshake_rate) bound what goes through it, apart from the bounds on all.
//!
//! A jump host that cannot be reached, shows a wrong key or refuses the login fails each host behind it as unreachable,
//! host_key or authentication. One that dies breaks the links through it: what had begun is in doubt, what had not is
//! unreachable, and the next host connects to it anew.
//!
//! ## Through the ssh program
//!
//! [`ProgramTransport`] runs `ssh` instead: for keys on FIDO tokens, Kerberos, `ProxyCommand` and any setting that is
//! refused above. The outcomes are the same, with these differences: it sends no files, runs nothing detached, gives no
//! passwords (`BatchMode`), keeps no connection for the next attempt; jump connections are not shared; and a command that
//! ends with 128 plus the number of a common signal counts as ended by that signal. `ssh` must be OpenSSH's, and costs
//! some three processes for each host.
//!
//! # How trust works
//!
//! Host keys are looked up in known_hosts files as OpenSSH means them: by address (or `host_key_alias`), with the port
//! where it is not 22; plain names, wildcards, negations and hashed names; several keys of a host, `@revoked`, and
//! `@cert-authority` with host certificates (principals, validity, no critical options, no SHA-1). The files are read once. Under [`HostKeyPolicy::Strict`] each file must be there, and a host that is not in any of them is
//! refused. [`HostKeyPolicy::AcceptNew`] records the key of a host that is met for the first time, under a lock, and
//! takes no other from then on. A server is asked for those types of keys first that are known for it. Malformed
//! lines are skipped, and [`SshTransport::warnings`] tells which.
//!
//! # Logging in
//!
//! Keys are offered in the order of OpenSSH's client: what an agent holds of the key files that are named, in the agent's
//! order; what else it holds (unless [`identities_only`](SshTransportBuilder::identities_only)); then the key files that it does not
//! hold, each followed by the user certificate beside it. For a key in an agent its public half (`.pub`) is enough.
//! Certificates that only an agent holds, keys that it keeps for certain hosts (`ssh-add -h`) and keys on FIDO and PKCS#11
//! tokens are used through the agent; without one, keys on tokens need the [`ssh` program](ProgramTransport). Then come
//! the password, and answers to the host's questions. No key is offered twice, and no more is tried than
//! [`auth_tries`](SshTransportBuilder::auth_tries): an agent's other keys leave a try for each key file that somebody named, and one
//! for a password. RSA keys sign with SHA-2 only.
//!
//! A key file that others can read is refused, as OpenSSH does. The passphrase of an encrypted one (in the formats of
//! OpenSSH, PKCS#8 and traditional PEM) is asked for once, when the first host takes its key; three tries. Questions of
//! hosts (a second factor) are asked as they come, up to three times where an answer is refused. Whoever answers is a
//! [`Prompter`]. Connect timeouts stand still while somebody is asked, and a host that hung up meanwhile is connected to
//! once more. An agent has five seconds to list its keys, and a minute to sign.
//!
//! Secrets appear in no event, message or `Debug` text.

#![cfg_attr(docsrs, feature(doc_cfg))]

/// Its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod algorithms;
mod cancellable_stream;
mod classify;
mod config;
mod context;
mod detached;
mod exec;
mod fencing;
mod first_contacts;
#[cfg(any(doc, doctest))]
pub mod guide;
mod host_key_policy;
mod host_lock;
mod input;
mod link;
#[cfg(feature = "loopback")]
pub mod loopback;
mod match_commands;
mod notes;
mod output;
mod prepared;
mod program;
mod question;
mod quote;
mod reboot;
mod resolved_settings;
mod runner;
mod session_options;
mod setup;
#[cfg(test)]
mod shells;
mod steps;
mod tail;
mod target;
mod targets;
mod transport;
mod trust;

pub use config::{Agent, SshTransportBuilder};
pub use first_contacts::FirstContacts;
pub use host_key_policy::HostKeyPolicy;
pub use input::{InputError, JobInputs};
pub use pogo_ssh_config::{
    AddressFamily, AlgorithmList, AlgorithmLists, ClientConfig, ClientConfigError, Environment, Hop, HopError,
    HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
pub use program::ProgramTransport;
pub use question::{NoAnswer, Prompter, Question};
pub use secrecy::SecretString;
pub use setup::SetupError;
pub use transport::SshTransport;
