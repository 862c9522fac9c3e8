//! Three tabs of a browser on a job, of which some sleep while the server is replaced.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, JobId};
use serde::Deserialize;

use crate::browser::{browser, path_of, playwright};
use crate::restarting::Restarting;

/// What a tab shows at the end.
#[derive(Debug, Deserialize)]
struct Tab {
    health: String,
    facts: String,
    takeover: String,
    stdout: Vec<String>,
    stderr: Vec<String>,
    events: Vec<String>,
}

/// The script that opens the tabs, step by step.
struct Script {
    process: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Script {
    fn start(python: &Path, address: &str, browser: &str) -> Self {
        let mut command = Command::new("timeout");
        command
            .arg("900")
            .arg(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/tabs.py"));
        command.args([address, browser, "web1", "web2", "web3"]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Self { process, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the script has ended: {:?}", self.process.wait());
        line.trim_end().to_owned()
    }

    /// Waits until it has come so far.
    fn has(&mut self, step: &str) {
        assert_eq!(self.line(), step);
    }

    fn go(&mut self, words: impl std::fmt::Display) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{words}").unwrap();
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // `timeout` passes it on to the script, which ends its browser.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A tab is frozen and another one cut off while the server is replaced; then the whole browser sleeps while it is
/// replaced again.
#[test]
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
fn three_tabs_are_right_again_after_sleep_and_other_servers() {
    let test = "three_tabs_are_right_again_after_sleep_and_other_servers";
    let Some(browser) = browser(test) else { return };
    let Some((python, _)) = playwright() else {
        println!("left out: {test} needs Playwright, which .ci/run installs");
        return;
    };
    let mut served = Restarting::new();
    let job = served.job(3);
    let address = format!("http://{}", served.address);
    let mut script = Script::start(&python, &address, &path_of(browser));
    script.has("open");
    script.go("sleep");
    script.has("asleep");
    served.order(async |handle| handle.pause(job).await.unwrap());
    served.write_on(20);
    served.stop();
    script.go("stopped");
    script.has("noticed");
    served.start();
    served.order(async |handle| handle.resume(job).await.unwrap());
    script.go(served.write_on(30));
    script.has("awake");
    script.go("stop");
    script.has("stopped");
    served.stop();
    served.start();
    script.go(served.write_on(30));
    script.has("awake");
    served.finish(job);
    script.go("end");
    let tabs: BTreeMap<String, Tab> = serde_json::from_str(&script.line()).unwrap();
    assert_eq!(tabs.len(), 3);
    for (number, (host, tab)) in (1..).zip(&tabs) {
        assert_right(&served, job, AttemptId::new(number), host, tab);
    }
}

/// Everything that a tab shows is what the journal and the store have, each once and in order.
fn assert_right(served: &Restarting, job: JobId, attempt: AttemptId, host: &str, tab: &Tab) {
    assert_eq!(tab.health, "ended", "{host}");
    assert!(tab.facts.starts_with("3 of 3 succeeded"), "{host}: {}", tab.facts);
    assert!(
        tab.takeover.contains("took over") && tab.takeover.ends_with("3 hosts in doubt, 3 known again"),
        "{host}: {}",
        tab.takeover
    );
    for (stream, shown) in [(Stream::Stdout, &tab.stdout), (Stream::Stderr, &tab.stderr)] {
        let kept = served.lines(job, attempt, stream);
        assert!(kept.len() > 5 && kept[0].ends_with(host), "{host}: {kept:?}");
        assert_eq!(*shown, kept, "{stream} of {host}");
    }
    let (mut shown, mut kept) = (tab.events.clone(), served.remarks());
    assert!(kept.len() > 5, "{kept:?}");
    shown.sort();
    kept.sort();
    assert_eq!(shown, kept, "{host}");
}
