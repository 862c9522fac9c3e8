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
//! A host is connected to by its name, or as its [`Connection`](pogo_core::fleet::Connection) says: address, port,
//! user, and the settings `identity` (a key file of its own), `host_key_alias` (the name its key is known by) and
//! `proxy_jump` (the jump hosts).
//!
//! # Outcomes
//!
//! An attempt is one connection: pre-hooks, command, post-hooks, all of them in one session, but for a terminal, which
//! is for the command alone. It succeeds when the host has reported its beginning and every step has ended with
//! status 0. Otherwise there is one rule: what is known not to have begun, or was seen to fail, has failed; what may
//! have begun and whose end was not seen is in doubt.
//!
//! | event | outcome |
//! | --- | --- |
//! | name does not resolve, port refused, no answer or no handshake within the connect timeout | failed: unreachable |
//! | unknown, changed or revoked host key | failed: host_key, before any login |
//! | every key and password refused | failed: authentication |
//! | a pre-hook, the command or a post-hook ends with another status than 0 | failed: pre_hook, command or post_hook |
//! | one of them is ended by a signal | failed: signal |
//! | sudo or another program to run through does not start the command; a directory, file or terminal is not available | failed: refused; the command was not run |
//! | the host ends the session, with any status, without reporting its beginning: a forced command, a restricted shell, nologin | failed: refused; with [`forced_command`](field@pogo_core::plan::ExecOptions::forced_command) its status counts |
//! | the connection breaks before the host was asked to run anything | failed: unreachable |
//! | the connection breaks before `go` was sent; permission was refused; `go` arrived after the host's time limit for it | never began: waits again |
//! | cancelled before `go` was sent | never began |
//! | another command runs on the host | never began: waits again, with a message that says whose it is |
//! | the host has a record of a later attempt of its namespace, or of this one | failed: refused; the command was not run |
//! | the connection breaks after `go` was sent | in doubt; the host is asked for the result where it keeps a record |
//! | the shell that ran the command on the host is gone without reporting its end | in doubt |
//! | time limit, and the host confirms that nothing of it still runs | failed: timeout |
//! | cancelled, and the host confirms the same | failed: signal TERM |
//! | cancelled before anything ran | failed: refused |
//! | time limit or cancelled, and the host confirms nothing | in doubt |
//!
//! # One command at a time
//!
//! Nothing runs on a host without [permission](pogo_core::dispatcher::Reporter::begin), and no two commands run there
//! at once. The attempt's shell takes the host lock, reports that it is ready and waits; the transport asks for
//! permission, and then sends `go`. A host that does not receive it within [30
//! seconds](SshTransportBuilder::begin_timeout) of its own clock, which also counts while it is suspended, begins
//! nothing. Files are uploaded before that, and removed if permission is refused.
//!
//! The lock is a `flock`, held by the shell that waits for hooks and command, and not by these: what a command leaves
//! in the background, such as a service, does not keep it. Beside it the host records, for the last attempt of each
//! namespace, its number, its process group with the start time of its leader, that it has begun, and how it ended.
//! Where that shell was killed and something of its group still runs, the next attempt finds the host busy until that
//! has ended. Numbers compare within one namespace, and one incarnation of it by one restore; a lower one, or one that
//! has begun before, is refused. Give each store a [namespace](pogo_core::dispatcher::DispatcherBuilder::namespace) of
//! its own: two stores of one name and one login user refuse each other's numbers. Records of dispatchers without a
//! journal, whose namespaces end with them, are removed a week after they were written last; a removed record is a
//! doubt and never means that an attempt did not begin.
//!
//! | the host has | then |
//! | --- | --- |
//! | `flock`, and a directory that it can write to | lock and record; `host_lock` is true in the log |
//! | such a directory, but its disk is full or read-only | the lock alone, if its file exists; there is no record to ask for later |
//! | no `flock` | neither: permission is asked, but nothing on the host excludes a second command |
//!
//! The directory is [`lock_directory`](SshTransportBuilder::lock_directory), `~/.local/state/pogo` by default, or
//! `/var/tmp/pogo-UID` for users without a writable home; not `/run/user`, which is removed with the last session.
//! Files in it contain the host's name, as home directories may be shared. **Different login users do not exclude each
//! other**: one cannot write what the other reads. A machine that is connected to over loopback, 127.0.0.0/8, counts as
//! one host for each address and port. For a command that runs as another user the record has the group of `sudo`, not
//! that of the command itself. A `/bin/sh` without `read -t` that is not dash waits for `go` as long as its connection
//! lasts, and refuses a late one.
//!
//! An attempt whose dispatcher died is [resumed](pogo_core::dispatcher::Transport::resumes): the host is asked for its
//! result; while it still runs, its end is awaited up to its time limit. Its output in between is lost.
//!
//! | the host's answer | outcome |
//! | --- | --- |
//! | it has ended | as if it had been seen |
//! | it never began, and from now on cannot | never began: waits again |
//! | it still runs at its time limit; its shell is gone without a result; only a later attempt is recorded; there is no record | in doubt |
//!
//! A host in doubt is [fenced](pogo_core::dispatcher::Transport::fence) by the same question, over a short connection,
//! through the `ssh` program too: under the lock the host writes down that the attempt, and any of a lower number,
//! begins no more, and reports its state. While it waits for `go`, the answer is awaited, a few seconds longer
//! than the host waits.
//!
//! | the host's answer to a fence | then |
//! | --- | --- |
//! | it has ended; it never began | that is its end |
//! | its shell and its group are gone without a result | over, and in doubt: an order may try it again or skip it |
//! | it runs | in doubt; asked again with the next order |
//! | another command runs; only a later attempt is recorded; there is no record, as without `flock` | in doubt: nobody but an operator, by force and with a reason, can say that it is over |
//!
//! [Detached](#attempts-that-outlive-their-connection) attempts take the same lock and pass the same gate. Their
//! supervisor holds the lock for as long as the command runs, whoever is connected, and each launch over a new link
//! asks for permission anew. Each step's shell holds it as well until its own group is written down, so that a
//! supervisor that is killed in that moment frees nothing.
//!
//! Not asked so: hosts with a [forced command](#hosts-with-a-forced-command), which are asked for permission before
//! they are asked for the command, without a lock; and attempts that restart their host.
//!
//! A background process that keeps a command's output open does not delay the command's end: after two
//! more seconds the transport stops reading, with a remark. Of output above the
//! [limit](SshTransportBuilder::output_limit) the head is passed on as it comes and the tail when the attempt ends (an
//! eighth of the limit, and at most 32 KiB, of each stream), with a remark between them that says how much is missing.
//! It never blocks the command.
//!
//! # Input
//!
//! Standard input and files are read once for a job, when its first attempt begins or [before](JobInputs), so that
//! every host gets the same content: from files that change meanwhile, from pipes, and from this process's standard
//! input (`-`). The content is kept until the job has ended: up to 256 KiB of each in memory, more in an unnamed file
//! in `TMPDIR`, from which each attempt reads 64 KiB at a time. Directories and devices are refused.
//!
//! # Requirements on hosts
//!
//! - An SSH server that runs commands and allows two sessions per connection (`MaxSessions`, 10 by default): the second
//!   ends the processes of the first. Without it, a second connection is used.
//! - Any POSIX `/bin/sh` (dash, bash, busybox, ksh), and any login shell; tested with bash, dash, zsh, ksh, mksh,
//!   busybox, fish, tcsh and csh. The command line itself runs in the user's login shell (`$SHELL`), as with any SSH
//!   client, and may be as long as one argument (131,071 bytes on Linux). A script of more than 8,000 bytes in all is
//!   sent over standard input, before the command's own; start-up files of the login shell must not read it.
//! - `kill`, `sleep` and `printf`, which every such system has. `setsid`, if the server does not start commands
//!   in a process group of their own (OpenSSH does). `ps`, if zombies are not to
//!   count as running.
//!
//! - For uploads: `cat`, `mktemp`, and one of `sha256sum`, `shasum`, `openssl`. For another user: `sudo`.
//!
//! Pogo writes to the host only [uploaded files](pogo_core::plan::ExecOptions::files), two files of 256 bytes for the
//! [lock](#one-command-at-a-time), and the state of [detached](#attempts-that-outlive-their-connection) attempts. The
//! environment of hooks and command contains the job's variables, `POGO_JOB`, `POGO_HOST`, `POGO_ATTEMPT` and
//! `POGO_PHASE` (`pre_hook`, `command` or `post_hook`); standard input is empty unless the job sets it for the command.
//! Hooks are the executable files of a directory whose names do not start with a dot, in byte order. A relative
//! directory starts at the login directory.
//!
//! # Another user, input, a terminal, files
//!
//! All of an [`ExecOptions`](pogo_core::plan::ExecOptions) is supported; detached attempts refuse some of it. A command
//! that [runs as another user](pogo_core::plan::RunAs) does so through `sudo`, or through the named program; a command
//! line is then run by `/bin/sh`. Hooks belong to the host and run as the login user. If sudo asks for a password, it
//! gets the [configured one](SshTransportBuilder::sudo_password) on its standard input: once, only for a prompt with a
//! random word of this session, and never after the command has begun. PAM modules with questions of their own get no
//! answer: such a command waits until its time limit.
//!
//! Files are uploaded before the hooks run, verified by SHA-256 on the host, and removed at the end of the attempt.
//! Those without a destination are put into a new directory, in the first of `$TMPDIR` or `/tmp`, `/var/tmp` and the
//! home directory that allows executing programs. An existing file is never overwritten: an equal one stays, another
//! one refuses the attempt. When the connection is lost, uploaded files stay on the host.
//!
//! The way a command ended is exact where nothing follows it in its session and there is no lock: the server reports
//! it. Where post-hooks may follow, or the lock is held, the waiting shell reports it: a signal as a signal
//! (`kill -KILL $$` is not `exit 137`), except INT and PIPE, which shells do not report, so that 130 and 141 count as
//! these; zsh as `/bin/sh` reports only the number.
//!
//! # Hosts with a forced command
//!
//! A key may be restricted to one command (`ForceCommand`, `command=` in `authorized_keys`). The host's setting
//! `forced_command: true`, or the job's, declares this. Such a host is sent the command line as `ssh` would,
//! which the forced command finds in `SSH_ORIGINAL_COMMAND`, and gets the input; its status counts. It supports no
//! environment, directory, other user, files, detached attempts or hooks, and its end cannot be confirmed after a kill.
//!
//! # Ending a command
//!
//! Signals through SSH are not enough: servers may refuse them, and they reach one process only. So each session
//! reports its process group, and a second session sends TERM to the group, after the
//! [grace](SshTransportBuilder::stop_grace) KILL, and waits until the group is gone. Processes that left the group on
//! purpose, such as a service that was started, go on. When an attempt's time limit ends it, this happens within the
//! limit. Dropping an attempt closes its connection and leaves the command running.
//!
//! # Attempts that outlive their connection
//!
//! With [`ExecOptions::detached`](field@pogo_core::plan::ExecOptions::detached) the host runs the attempt in a session
//! of its own, and the connection only follows it. The host also needs `flock`, `setsid` and `mkfifo` (util-linux or
//! busybox have the first two), `uname`, `find`, `tail`, `head -c`, a `/bin/sh` whose children inherit open files
//! (dash, bash and busybox do, ksh does not), and must not end a user's processes when the user logs out
//! (`KillUserProcesses` of systemd, off by default in most systems); without one of those programs the attempt is
//! refused. A terminal, input, files and another user are refused as well.
//!
//! Under [`detached_directory`](SshTransportBuilder::detached_directory), in a directory of the host's name (home
//! directories may be shared), the host keeps a directory for each attempt, named by the job's text and the attempt.
//! Making it decides who launches the attempt, so that it is launched once at most. In it are both streams of output,
//! each bounded by [`output_limit`](SshTransportBuilder::output_limit) (where it is over, its head and its tail), and
//! one line that says how far the attempt is, with its process group or its exit status. The
//! [lock](#one-command-at-a-time) of the host is the supervisor's. A timer beside it ends an attempt two seconds after
//! its time limit if nobody has done so from here. The output is removed when its end has been seen here; the line
//! stays for at least a week, so that a launch that comes late finds that it is over, and is then removed by some later
//! attempt. All of this belongs to the user who logs in, and so another user's attempts are not seen.
//!
//! | event | outcome |
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
//! With [`reboot`](field@pogo_core::plan::ExecOptions::reboot) the command restarts its host. The host is asked which
//! boot it is in (Linux's `boot_id`, or the boot time of a BSD or of macOS) before anything runs. When the command has
//! ended with status 0, or by a signal, or its link is lost, the attempt goes on, and so its slots stay taken: the host
//! is connected to again, with growing pauses of up to 8 seconds, until it answers in another boot. Then post-hooks
//! run.
//!
//! | event | outcome |
//! | --- | --- |
//! | the host does not report its boot | failed: refused; nothing ran |
//! | the command ends with another status | failed, as without |
//! | the host refuses connections or logins while it starts | tried again |
//! | it still answers in the earlier boot at the time limit | failed: timeout, or the signal that ended the command; in doubt where the connection was lost before the command ended, which may still run |
//! | it does not answer until the time limit | in doubt, with the last error |
//! | it shows another host key | in doubt; nothing more runs there |
//! | the attempt's own time limit, or it is cancelled | in doubt |
//!
//! # Concurrency
//!
//! A rollout's limits protect its hosts; three limits here protect this machine. No more
//! [handshakes](SshTransportBuilder::max_handshakes) run at once than it can handle: a host that accepts a
//! connection and sends nothing takes no handshake slot. No more [connections](SshTransportBuilder::max_connections)
//! are open than the file-descriptor limit allows. And a host's [output](SshTransportBuilder::output_limit) is cut
//! above a limit. After a failed attempt its connection can be [kept](SshTransportBuilder::keep_idle) for the next one.
//!
//! # Connecting to a host
//!
//! A name may have several addresses, IPv4 and IPv6: each is tried in turn, with an equal share of the remaining time.
//! A host that is unreachable can be [tried again](SshTransportBuilder::connect_retries) within the same attempt, and
//! connections can be [limited](SshTransportBuilder::handshake_rate) to a rate per second. Both happen before anything
//! has run.
//!
//! ## OpenSSH's configuration
//!
//! No configuration is read unless a [`ClientConfig`] is [set](SshTransportBuilder::client_config). Then each host is
//! looked up in it by its name, as `ssh NAME COMMAND` would, with `Host`, `Match`, `Include`, tokens and variables. The
//! host's own connection settings come first, then those of [`SshTransportBuilder`], then the configuration. The
//! results are tested against `ssh -G`. `~` and all default files are those of the account's home directory, whatever
//! `HOME` says.
//!
//! | keyword | treatment |
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
//! | `ControlMaster`, `ControlPath`, `ControlPersist`, `Compression`, `LogLevel`, `LocalForward`, `DynamicForward`, `UpdateHostKeys`, `IPQoS`, `AddKeysToAgent`, `BatchMode`, `NumberOfPasswordPrompts`, `GSSAPIAuthentication` and `HostbasedAuthentication` (a way to log in less), `VersionAddendum`, `WarnWeakCrypto` and all others that do not affect running a command | ignored |
//! | `RemoteForward`, `ChannelTimeout`, `ForwardX11 yes`, `RequestTTY` (a job says that itself), `GSSAPIDelegateCredentials yes`, `KbdInteractiveDevices`, `PKCS11Provider`, `PermitLocalCommand yes`, `Tunnel`, and unknown algorithm names | ignored, with a remark in the output of the first host concerned; the command runs all the same |
//! | `ProxyCommand`, `CanonicalizeHostname yes`, `KnownHostsCommand`, `RevokedHostKeys`, `VerifyHostKeyDNS yes`, `RemoteCommand`, `SessionType`, `StrictHostKeyChecking no` (unless asked for here as well) | the host fails as refused, with file and line; other hosts are not affected. Ignoring them would change which host is reached or trusted, or OpenSSH would not run the command either |
//! | anything that OpenSSH rejects too | the same |
//!
//! Configured known_hosts files that do not exist count as empty, as for OpenSSH; if none
//! exists, the host fails.
//!
//! ## Algorithms
//!
//! The default offer is OpenSSH's, as far as the SSH library has it: key exchange `mlkem768x25519`, `curve25519`,
//! `ecdh-sha2-nistp*`, `diffie-hellman-group*` with SHA-2; ChaCha20-Poly1305, AES-GCM and AES-CTR; HMAC; Ed25519,
//! ECDSA and RSA keys of at least 1024 bits, with SHA-2. Where the processor has instructions for AES-GCM, it comes
//! before ChaCha20-Poly1305, since it is cheaper. SHA-1 signatures (`ssh-rsa`) of hosts, users and authorities, older
//! key exchanges and AES-CBC are available through the configuration only, for the hosts that it names. Its lists have
//! OpenSSH's meaning (`+`, `-`, `^`, patterns); unsupported names, such as `sntrup761x25519-sha512` and `umac-64`, are
//! skipped, and a list without a supported name refuses the host. Key types that are known for it come first.
//!
//! ## Jump hosts
//!
//! Jump hosts come from the host's setting `proxy_jump`, from [`SshTransportBuilder::jump`], or from the configuration.
//! Each is looked up in the configuration like any host; its user is the one written, else the configuration's, else
//! that of the transport. Its host key is verified, and the same keys log in to it. One connection to a jump host is
//! shared by all hosts behind it and stays open as long as the transport; it counts neither as an open connection nor
//! as one that is kept for a job. [`max_jump_channels`](SshTransportBuilder::max_jump_channels),
//! [`max_jump_handshakes`](SshTransportBuilder::max_jump_handshakes) and
//! [`jump_handshake_rate`](SshTransportBuilder::jump_handshake_rate) limit the connections through it, besides the
//! global limits.
//!
//! A jump host that cannot be reached, shows a wrong key or refuses the login fails each host behind it as unreachable,
//! host_key or authentication. One that dies breaks the connections through it: what had begun is in doubt, what had
//! not is unreachable, and the next host opens a new connection to it.
//!
//! ## Through the ssh program
//!
//! [`ProgramTransport`] runs `ssh` instead: for keys on FIDO tokens, Kerberos, `ProxyCommand` and any setting that is
//! refused above. The outcomes are the same, with these differences: it uploads no files, runs nothing detached, sends
//! no passwords (`BatchMode`), keeps no connection for the next attempt; jump connections are not shared; and a command
//! that ends with 128 plus the number of a common signal counts as ended by that signal. `ssh` must be OpenSSH's, and
//! costs some three processes for each host.
//!
//! # Host keys
//!
//! Host keys are looked up in known_hosts files as OpenSSH does: by address (or `host_key_alias`), with the port
//! where it is not 22; plain names, wildcards, negations and hashed names; several keys of a host, `@revoked`, and
//! `@cert-authority` with host certificates (principals, validity, no critical options, no SHA-1). The files are read
//! once. Under [`HostKeyPolicy::Strict`] each file must be there, and a host that is not in any of them is refused.
//! [`HostKeyPolicy::AcceptNew`] records the key of a host that is met for the first time, under a lock, and accepts no
//! other from then on. A server is asked first for the key types that are known for it. Malformed lines are skipped,
//! and [`SshTransport::warnings`] lists them.
//!
//! # Logging in
//!
//! Keys are offered in the order of OpenSSH's client: the agent's copies of configured key files, in the agent's
//! order; its other keys (unless [`identities_only`](SshTransportBuilder::identities_only)); then the key files that it
//! does not hold, each followed by its user certificate. For a key in an agent its public key file (`.pub`) is enough.
//! Certificates that only an agent holds, keys restricted to certain hosts (`ssh-add -h`) and keys on FIDO and PKCS#11
//! tokens are used through the agent; without one, keys on tokens need the [`ssh` program](ProgramTransport). Then come
//! the password, and answers to the host's prompts. No key is offered twice, and no more is tried than
//! [`auth_tries`](SshTransportBuilder::auth_tries): an agent's other keys leave a try for each configured key file, and
//! one for a password. RSA keys sign with SHA-2 only.
//!
//! A key file that others can read is refused, as OpenSSH does. The passphrase of an encrypted one (in the formats of
//! OpenSSH, PKCS#8 and traditional PEM) is asked for once, when the first host accepts its key; three tries. Prompts of
//! hosts (a second factor) are passed on as they come, up to three times where an answer is refused. They are answered
//! by a [`Prompter`]. Connect timeouts are paused meanwhile, and a host that hung up is connected to once more. An
//! agent has five seconds to list its keys, and a minute to sign.
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
mod job_secrets;
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
mod transports;
mod trust;

pub use config::{Agent, AgentSource, JobSettingsError, SshTransportBuilder};
pub use first_contacts::FirstContacts;
pub use host_key_policy::HostKeyPolicy;
pub use input::{JobInputs, JobInputsError};
pub use job_secrets::{JobSecrets, JobSecretsSource};
pub use pogo_ssh_config::{
    AddressFamily, AlgorithmList, AlgorithmLists, ClientConfig, ClientConfigError, Environment, Hop, HopError,
    HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
pub use program::ProgramTransport;
pub use question::{NoAnswer, Prompter, Question};
pub use secrecy::SecretString;
pub use setup::SetupError;
pub use transport::SshTransport;
pub use transports::SshTransports;
