//! What OpenSSH says, and what we say, in the same words.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use pogo_ssh_config::{
    AddressFamily, AlgorithmList, AlgorithmLists, ClientConfig, ClientConfigError, Hop, HostQuery, HostSettings,
    IdentityAgent, StrictHostKeyChecking,
};
use tempfile::TempDir;

/// Settings by name, as `ssh -G` prints them.
pub(crate) type Answers = BTreeMap<&'static str, String>;

/// Whether `ssh` is there. Where it is not, says which test is left out; with `POGO_REQUIRE_SSHD=1` that is a failure.
pub(crate) fn is_there(test: &str) -> bool {
    let there = Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_ok();
    if !there {
        let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
        assert!(!required, "{test} needs ssh, and POGO_REQUIRE_SSHD is set");
        eprintln!("LEFT OUT: {test} needs ssh (package openssh-client)");
    }
    there
}

static USER: LazyLock<String> = LazyLock::new(|| {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
});

/// A configuration in a directory of its own; `@DIR@` in its text is that directory.
pub(crate) struct Written {
    pub(crate) directory: TempDir,
    pub(crate) file: PathBuf,
    /// Options besides it (`-o`).
    pub(crate) options: Vec<&'static str>,
}

impl Written {
    pub(crate) fn new(text: &str, included: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text.replace("@DIR@", directory.path().to_str().unwrap())).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            file
        };
        for (name, text) in included {
            write(name, text);
        }
        let file = write("config", text);
        Self {
            directory,
            file,
            options: Vec::new(),
        }
    }

    pub(crate) fn with_options(mut self, options: &[&'static str]) -> Self {
        self.options = options.to_vec();
        self
    }

    /// What OpenSSH says, if it takes the configuration.
    pub(crate) fn theirs(&self, query: &HostQuery) -> Result<Answers, String> {
        let output = ssh(self, query).arg("-G").arg(&query.host).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let mut answers: Answers = NAMES
            .iter()
            .filter_map(|name| {
                let mut lines = text.lines().filter_map(|line| line.split_once(' '));
                let value = lines.find(|(key, _)| key == name)?.1;
                // All but the last hop are printed as they are written.
                Some((*name, value.replace("ssh://", "")))
            })
            .collect();
        let identities = self.their_identities(query);
        if identities.is_empty() {
            return Err("it does not connect".to_owned());
        }
        answers.insert("identityfile", identities);
        Ok(answers)
    }

    /// `ssh -G` prints key files as they are written; what it makes of them shows when it connects.
    fn their_identities(&self, query: &HostQuery) -> String {
        // Not through other hosts: it would connect to them. And through a command that is silent: the shell's
        // complaint would land in the middle of a line of the log.
        let mut direct = query.clone();
        direct.jump = None;
        let mut ssh = ssh(self, &direct);
        let output = ssh
            .args(["-v", "-n", "-o", "ProxyCommand=true", &query.host, "true"])
            .output();
        let log = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
        let files = log
            .lines()
            .filter_map(|line| line.strip_prefix("debug1: identity file "));
        let files = files.filter_map(|line| Some(line.rsplit_once(" type ")?.0));
        files
            .filter(|file| !file.ends_with("-cert"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn ours(&self, query: &HostQuery) -> Result<HostSettings, ClientConfigError> {
        let config = ClientConfig::of_file(&self.file)?;
        let mut options = self.options.iter();
        options.try_fold(config, ClientConfig::option)?.settings(query)
    }

    /// Both must say the same.
    #[track_caller]
    pub(crate) fn compare(&self, query: &HostQuery) {
        let text = fs::read_to_string(&self.file).unwrap();
        match (self.theirs(query), self.ours(query)) {
            (Ok(theirs), Ok(ours)) => {
                let ours = in_words(&ours, &theirs);
                let differing = |answers: &Answers, other: &Answers| -> Answers {
                    let pairs = answers.clone().into_iter();
                    pairs.filter(|(name, value)| other.get(name) != Some(value)).collect()
                };
                let (left, right) = (differing(&ours, &theirs), differing(&theirs, &ours));
                assert_eq!(left, right, "{query:?} {:?}\n{text}", self.options);
            }
            (Err(_), Err(_)) => {}
            (theirs, ours) => panic!(
                "theirs: {theirs:#?}\nours: {ours:#?}\n{query:?} {:?}\n{text}",
                self.options
            ),
        }
    }
}

fn ssh(written: &Written, query: &HostQuery) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.stdin(Stdio::null()).arg("-F").arg(&written.file);
    if let Some(user) = &query.user {
        ssh.arg("-l").arg(user);
    }
    if let Some(port) = query.port {
        ssh.arg("-p").arg(port.to_string());
    }
    if let Some(name) = &query.host_name {
        ssh.arg("-o").arg(format!("HostName={name}"));
    }
    if let Some(jump) = &query.jump {
        ssh.arg("-J").arg(printed(jump));
    }
    ssh.args(written.options.iter().flat_map(|option| ["-o", option]));
    ssh
}

/// What is compared besides key files.
const NAMES: &[&str] = &[
    "addressfamily",
    "bindaddress",
    "bindinterface",
    "casignaturealgorithms",
    "checkhostip",
    "ciphers",
    "connectionattempts",
    "connecttimeout",
    "forwardagent",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalgorithms",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "kexalgorithms",
    "macs",
    "port",
    "proxyjump",
    "pubkeyacceptedalgorithms",
    "rekeylimit",
    "requiredrsasize",
    "serveralivecountmax",
    "serveraliveinterval",
    "stricthostkeychecking",
    "tcpkeepalive",
    "user",
    "userknownhostsfile",
];

fn printed(hops: &[Hop]) -> String {
    hops.iter().map(Hop::to_string).collect::<Vec<_>>().join(",")
}

fn family(ours: &HostSettings) -> &'static str {
    match ours.address_family {
        AddressFamily::Inet => "inet",
        AddressFamily::Inet6 => "inet6",
        _ => "any",
    }
}

fn strict(ours: &HostSettings) -> Option<&'static str> {
    ours.strict_host_key_checking.map(|strict| match strict {
        StrictHostKeyChecking::Yes => "true",
        StrictHostKeyChecking::AcceptNew => "accept-new",
        StrictHostKeyChecking::No => "false",
        _ => "ask",
    })
}

fn algorithms(lists: &AlgorithmLists) -> [(&'static str, Option<String>); 6] {
    [
        ("ciphers", &lists.ciphers, 0),
        ("macs", &lists.macs, 1),
        ("kexalgorithms", &lists.kex, 2),
        ("hostkeyalgorithms", &lists.host_keys, 3),
        ("pubkeyacceptedalgorithms", &lists.user_keys, 3),
        ("casignaturealgorithms", &lists.authorities, 4),
    ]
    .map(|(name, list, known)| (name, resolved(name, list, &QUERIES[known])))
}

/// Our answers in OpenSSH's words, with its defaults where nothing is said.
fn in_words(ours: &HostSettings, theirs: &Answers) -> Answers {
    let mut words = Answers::new();
    let mut say = |name, value: Option<String>| {
        // What nothing is said about is as by default, whatever that is in this version.
        let value = value.or_else(|| theirs.get(name).filter(|value| is_default(name, value)).cloned());
        if let Some(value) = value {
            words.insert(name, value);
        }
    };
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs().to_string());
    let yes_or_no = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    say("user", Some(ours.user.clone().unwrap_or_else(|| USER.clone())));
    say("hostname", Some(ours.host_name.clone()));
    say("port", Some(ours.port.unwrap_or(22).to_string()));
    say("hostkeyalias", ours.host_key_alias.clone());
    say("identitiesonly", ours.identities_only.map(yes_or_no));
    say("connectionattempts", ours.connection_attempts.map(|n| n.to_string()));
    say(
        "serveralivecountmax",
        ours.server_alive_count_max.map(|n| n.to_string()),
    );
    say("serveraliveinterval", seconds(ours.server_alive_interval));
    say("connecttimeout", seconds(ours.connect_timeout));
    say("proxyjump", Some(printed(&ours.jump)).filter(|jump| !jump.is_empty()));
    say("addressfamily", Some(family(ours).to_owned()));
    say("stricthostkeychecking", strict(ours).map(str::to_owned));
    let agent = ours.identity_agent.as_ref().map(|agent| match agent {
        IdentityAgent::Environment => "SSH_AUTH_SOCK".to_owned(),
        IdentityAgent::Socket(path) => path.display().to_string(),
        _ => "none".to_owned(),
    });
    say("identityagent", agent);
    say("userknownhostsfile", ours.user_known_hosts.as_deref().map(list));
    say("globalknownhostsfile", ours.global_known_hosts.as_deref().map(list));
    say("bindaddress", ours.bind_address.clone());
    say("bindinterface", ours.bind_interface.clone());
    say("checkhostip", ours.check_host_ip.map(yes_or_no));
    say("hashknownhosts", ours.hash_known_hosts.map(yes_or_no));
    say("tcpkeepalive", ours.tcp_keep_alive.map(yes_or_no));
    let forwarded = ours.forward_agent.as_ref().map(|agent| match agent {
        IdentityAgent::Socket(path) => path.display().to_string(),
        _ => "yes".to_owned(),
    });
    say("forwardagent", forwarded);
    let limit = ours.rekey_limit;
    let (bytes, interval) = (limit.bytes.unwrap_or(0), limit.interval.unwrap_or_default().as_secs());
    say("rekeylimit", Some(format!("{bytes} {interval}")));
    let lists = &ours.algorithms;
    say("requiredrsasize", lists.required_rsa_size.map(|bits| bits.to_string()));
    for (name, value) in algorithms(lists) {
        say(name, value);
    }
    say("identityfile", ours.identity_files.as_deref().map(list));
    words
}

/// All that the installed OpenSSH knows.
static QUERIES: LazyLock<[Vec<String>; 5]> = LazyLock::new(|| {
    ["cipher", "mac", "kex", "key-sig", "sig"].map(|what| {
        let output = Command::new("ssh").args(["-Q", what]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    })
});

/// A list with the installed OpenSSH's defaults.
fn resolved(name: &str, list: &Option<AlgorithmList>, known: &[String]) -> Option<String> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let default: Vec<&str> = DEFAULTS.get(name)?.split(',').collect();
    Some(list.as_ref()?.resolve(&default, &known).join(","))
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "none".to_owned();
    }
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(" ")
}

static DEFAULTS: LazyLock<Answers> = LazyLock::new(|| {
    let empty = Written::new("# nothing\n", &[]);
    empty.theirs(&HostQuery::new("nobody")).unwrap()
});

fn is_default(name: &str, value: &str) -> bool {
    DEFAULTS.get(name).is_some_and(|default| default == value)
}
