//! Pictures as a browser sees them: a real headless Chromium.
//!
//! Left out, loudly, where there is no Chromium, unless POGO_REQUIRE_CHROMIUM=1.

use std::path::Path;
use std::process::Command;

use super::program::Program;
use super::worked::EXAMPLES;

/// A page as Chromium has it after its scripts have run, and what they complained of.
struct Seen {
    page: String,
    complaints: Vec<String>,
}

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser, if there is one; says which test is left out where there is none.
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
fn browser(test: &str) -> Option<&'static str> {
    let found = NAMES
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        let required = std::env::var_os("POGO_REQUIRE_CHROMIUM").is_some_and(|value| value == "1");
        assert!(!required, "{test} needs Chromium, and POGO_REQUIRE_CHROMIUM is set");
        println!("left out: {test} needs Chromium; install it, or look at the pictures yourself");
    }
    found
}

fn look(browser: &str, file: &Path) -> Seen {
    look_at(browser, &format!("file://{}", file.display()))
}

fn look_at(browser: &str, address: &str) -> Seen {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("timeout")
        .args([
            "120",
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr);
    Seen {
        page: String::from_utf8(output.stdout).unwrap(),
        complaints: said
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .map(str::to_owned)
            .collect(),
    }
}

/// Simulates a rollout, and looks at its picture: nothing to complain of, so many bars found by the script, and as
/// many in the page.
fn assert_bars(browser: &str, program: &Program, args: &[&str], bars: usize) {
    let drawn = [args, &["--html", "out.html", "--svg", "out.svg"]].concat();
    let done = program.run(&drawn);
    assert!(done.code <= 1, "{}", done.err);
    let seen = look(browser, &program.directory.path().join("out.html"));
    assert_eq!(seen.complaints, Vec::<String>::new());
    let found = format!("data-bars=\"{bars}\"");
    assert!(
        seen.page.contains(&found),
        "no {found}: the script did not run to its end"
    );
    assert_eq!(seen.page.matches("class=\"bar").count(), bars);

    let seen = look(browser, &program.directory.path().join("out.svg"));
    assert_eq!(seen.complaints, Vec::<String>::new());
    assert!(!seen.page.contains("parsererror"));
    assert_eq!(seen.page.matches("class=\"bar").count(), bars);
}

#[test]
fn twenty_eight_hosts_are_twenty_eight_bars() {
    let Some(browser) = browser("twenty_eight_hosts_are_twenty_eight_bars") else {
        return;
    };
    let program = Program::with_policy(
        "tag: {cache: ['cache[1-4]'], front: {east: ['front[01-12]'], west: ['front[13-24]']}}\n\
         sequence: [$cache, $front]\n\
         constraint: {$cache: {max_parallel: 1}, $front: {max_parallel: 25%}}\n",
    );
    assert_bars(
        browser,
        &program,
        &["simulate", "-c", "policy.yaml", "-t", "*", "--fail", "front07"],
        28,
    );
}

#[test]
fn ten_thousand_hosts_are_a_hundred_bands() {
    let Some(browser) = browser("ten_thousand_hosts_are_a_hundred_bands") else {
        return;
    };
    let program = Program::with_policy("tag: {web: ['w[00001-10000]']}\nconstraint: {$web: {max_parallel: 3%}}\n");
    assert_bars(
        browser,
        &program,
        &["simulate", "-c", "policy.yaml", "-t", "*", "--fail", "w00777"],
        100,
    );
    let size = std::fs::metadata(program.directory.path().join("out.html"))
        .unwrap()
        .len();
    assert!(size < 2_000_000, "{size} bytes");
}

#[test]
fn a_stage_is_a_box() {
    let Some(browser) = browser("a_stage_is_a_box") else {
        return;
    };
    let program = Program::with_policy(EXAMPLES[4].policy);
    let done = program.run(&["plan", "-c", "policy.yaml", "-t", "*", "--graph", "out.svg"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    let seen = look(browser, &program.directory.path().join("out.svg"));
    assert_eq!(seen.complaints, Vec::<String>::new());
    assert_eq!(seen.page.matches("class=\"stage\"").count(), 3);
}

#[test]
fn bands_open_into_their_hosts() {
    let Some(browser) = browser("bands_open_into_their_hosts") else {
        return;
    };
    let program = Program::with_policy("tag: {web: ['web[0001-3000]']}\nconstraint: {$web: {max_parallel: 10%}}\n");
    let done = program.run(&[
        "simulate",
        "-c",
        "policy.yaml",
        "-t",
        "*",
        "--fail",
        "web0007",
        "--html",
        "out.html",
    ]);
    assert_eq!(done.code, 1, "{}", done.err);
    let address = format!("file://{}", program.directory.path().join("out.html").display());
    let closed = look_at(browser, &address);
    assert!(!closed.page.contains("data-hosts=\"50\"") && !closed.page.contains("class=\"host\""));
    for (fragment, hosts) in [("#band-1", 50), ("#open", 3000)] {
        let seen = look_at(browser, &format!("{address}{fragment}"));
        assert_eq!(seen.complaints, Vec::<String>::new(), "{fragment}");
        assert!(seen.page.contains(&format!("data-hosts=\"{hosts}\"")), "{fragment}");
        assert_eq!(seen.page.matches("class=\"host\"").count(), hosts, "{fragment}");
        assert!(seen.page.contains("aria-expanded=\"true\""));
        // What one of them did, and how it ended, for those who do not see it.
        let failed = "aria-label=\"web0007, running from 0.00s to 1.00s, failed at 1.00s, failed: command exited with \
            1: simulated failure\"";
        assert!(seen.page.contains(failed), "{fragment}");
        // No two things stand at one height: what is below has moved down.
        assert!(!seen.page.contains("translate(0 NaN)"));
    }
}
