//! A login in a real browser.
//!
//! Left out, loudly, where there is no Chromium or no Playwright, unless POGO_REQUIRE_CHROMIUM=1 and
//! POGO_REQUIRE_PLAYWRIGHT=1.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::provider::Provider;
use crate::served::{Served, company};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn is_required(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value == "1")
}

/// The path of the browser, as a shell finds it.
fn browser() -> Option<String> {
    let paths = NAMES.iter().filter_map(|name| {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {name}")])
            .output()
            .unwrap();
        let path = String::from_utf8(found.stdout).unwrap().trim().to_owned();
        (!path.is_empty()).then_some(path)
    });
    paths.into_iter().next()
}

/// A Python that has Playwright: `.ci/run` installs it.
fn playwright() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser/bin/python");
    python.exists().then_some(python)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
async fn a_person_logs_in_pauses_a_job_and_logs_out() {
    let (Some(browser), Some(python)) = (browser(), playwright()) else {
        let required = is_required("POGO_REQUIRE_CHROMIUM") && is_required("POGO_REQUIRE_PLAYWRIGHT");
        assert!(
            !required,
            "a login in a browser needs Chromium and Playwright, and they are required"
        );
        println!("left out: a login in a browser needs Chromium and Playwright, which .ci/run installs");
        return;
    };
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    served.job().await;
    let address = format!("http://{}", served.address);
    let looking = tokio::task::spawn_blocking(move || {
        Command::new("timeout")
            .arg("300")
            .arg(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc/login.py"))
            .args([address, browser])
            .output()
            .unwrap()
    });
    let output = looking.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}{}", served.logged());
    // The browser went there with the token of this login, and came back to the page.
    let given: Vec<_> = provider.inner.given.lock().unwrap().iter().cloned().map(Some).collect();
    assert_eq!(*provider.inner.logged_out.lock().unwrap(), given);
}
