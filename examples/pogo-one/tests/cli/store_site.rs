//! A store, its dispatcher, and servers that stand for hosts: for tests of verbs about kept jobs.

use pogo_ssh::loopback::LoopbackFleet;
use serde_json::Value;

use super::program::Done;
use super::ssh::Site;

/// Servers, and a store whose dispatcher ends with this.
pub(crate) struct StoreSite {
    pub(crate) site: Site,
}

impl StoreSite {
    /// Servers for these hosts, under this policy, which is applied.
    pub(crate) fn new(policy: &str, hosts: &[&str]) -> Self {
        let site = Site::new(policy, hosts);
        let kept = Self { site };
        kept.ok(&["apply", "-c", "policy.yaml", "-y"]);
        kept
    }

    /// Runs a verb on this store.
    pub(crate) fn verb(&self, words: &[&str]) -> Done {
        let split = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        let (before, after) = words.split_at(split);
        self.site.program.run(&[before, &["--store", "kept"], after].concat())
    }

    /// What a verb prints, which has to succeed.
    #[track_caller]
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let done = self.verb(words);
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
        done.out
    }

    /// What a verb prints for programs, which has to succeed.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let out = self.ok(&[words, &["--format", "json"]].concat());
        serde_json::from_str(&out).unwrap()
    }

    /// Runs a command on hosts, to the end of the job; its exit code.
    pub(crate) fn run(&self, targets: &str, more: &[&str], command: &str) -> Done {
        let servers = &self.site.servers;
        let (key, known) = (servers.identity_file(), servers.known_hosts_file());
        let (key, known) = (key.display().to_string(), known.display().to_string());
        let login = [
            "--user",
            LoopbackFleet::USER,
            "--identity",
            &key,
            "--known-hosts",
            &known,
        ];
        self.verb(
            &[
                &["run", targets],
                &login[..],
                &["--ssh-config", "none"],
                more,
                &["--", command],
            ]
            .concat(),
        )
    }

    /// Submits a command, and returns the number of its job.
    #[track_caller]
    pub(crate) fn submit(&self, targets: &str, more: &[&str], command: &str) -> String {
        let done = self.run(targets, &[&["-d"], more].concat(), command);
        assert_eq!(done.code, 0, "{}", done.err);
        done.out.trim().to_owned()
    }

    /// How many hosts of a job are in a state.
    pub(crate) fn count(&self, job: &str, state: &str) -> u64 {
        self.json(&["status", job])["tally"][state].as_u64().unwrap_or(0)
    }

    /// A file in the home of a host, which makes a command that waits for it go on.
    pub(crate) fn touch(&self, host: &str, name: &str) {
        let mut hosts = self.site.servers.hosts();
        let host = hosts.find(|known| known.name().as_str() == host).unwrap();
        std::fs::write(host.home().join(name), "").unwrap();
    }
}

impl Drop for StoreSite {
    fn drop(&mut self) {
        // What still runs there is of no use to anybody, and would keep the dispatcher for its grace time.
        let jobs = self.verb(&["jobs", "--format", "json"]);
        let jobs: Vec<Value> = serde_json::from_str(&jobs.out).unwrap_or_default();
        for job in jobs.iter().filter(|job| job["status"] != "finished") {
            self.verb(&["stop", &job["job"].to_string(), "--now"]);
        }
        let stopped = self.verb(&["serve", "stop"]);
        if !std::thread::panicking() {
            assert_eq!(stopped.code, 0, "{}{}", stopped.out, stopped.err);
        }
    }
}
