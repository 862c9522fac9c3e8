//! The page as a browser sees it: a real headless Chromium.
//!
//! Left out, loudly, where there is no Chromium, unless POGO_REQUIRE_CHROMIUM=1.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use pogo_core::output::MemoryOutput;
use pogo_web::{Grant, Grants, Verb};

use crate::served::{Alice, Served, Web2Fails};

/// A page as Chromium has it after its scripts have run, and what they complained of.
struct Seen {
    page: String,
    complaints: Vec<String>,
}

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser, if there is one; says which test is left out where there is none.
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
pub(crate) fn browser(test: &str) -> Option<&'static str> {
    let found = NAMES
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        let required = std::env::var_os("POGO_REQUIRE_CHROMIUM").is_some_and(|value| value == "1");
        assert!(!required, "{test} needs Chromium, and POGO_REQUIRE_CHROMIUM is set");
        println!("left out: {test} needs Chromium; install it, or look at the page yourself");
    }
    found
}

/// Where it is: of several launchers the first that the shell finds.
pub(crate) fn path_of(browser: &str) -> String {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {browser}")])
        .output()
        .unwrap();
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// Looks until requests are answered, in the browser's own time.
async fn look(browser: &'static str, address: SocketAddr, path: &str) -> Seen {
    let address = format!("http://{address}{path}");
    let looking = tokio::task::spawn_blocking(move || {
        let profile = tempfile::tempdir().unwrap();
        Command::new("timeout")
            .args(["120", browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--enable-logging=stderr", "--dump-dom"])
            .args(["--virtual-time-budget=4000", "--window-size=1280,900"])
            // Whatever is asked for elsewhere fails, and is complained of.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(address)
            .output()
            .unwrap()
    });
    let output = looking.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let complaints = said.lines().filter(|line| line.contains("CONSOLE"));
    Seen {
        complaints: complaints.map(str::to_owned).collect(),
        page: String::from_utf8(output.stdout).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_and_the_job_show_what_the_api_says() {
    let Some(browser) = browser("the_list_and_the_job_show_what_the_api_says") else {
        return;
    };
    let served = Served::new().await;
    served.job(5).await;
    let list = look(browser, served.address, "/page/#/ns/default/jobs").await;
    assert_eq!(list.complaints, Vec::<String>::new());
    for text in [
        "systemctl restart web",
        "$web",
        "#/ns/default/jobs/1",
        "4 succeeded, 1 failed",
        "<code id=\"command\" title=\"The command that shows the same\">pogo jobs</code>",
    ] {
        assert!(list.page.contains(text), "the list lacks {text}: {}", list.page);
    }
    let job = look(browser, served.address, "/page/#/ns/default/jobs/1").await;
    assert_eq!(job.complaints, Vec::<String>::new());
    for text in [
        "<b>4 of 5</b> succeeded",
        "1 failed",
        "command exited with 3",
        "pogo status 1",
        "job-1 is finished",
    ] {
        assert!(job.page.contains(text), "the job lacks {text}: {}", job.page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_writes_stays_text() {
    let Some(browser) = browser("what_a_host_writes_stays_text") else {
        return;
    };
    let served = Served::mounted(|router| Router::new().nest("/tools/pogo", router)).await;
    served.job(2).await;
    let seen = look(
        browser,
        served.address,
        "/tools/pogo/page/#/ns/default/jobs/1?host=web2",
    )
    .await;
    assert_eq!(seen.complaints, Vec::<String>::new());
    for text in [
        "&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;",
        "<span class=\"f-1\">red</span>",
        "&lt;U+202E&gt;txt",
        "&lt;b&gt;cannot&lt;/b&gt; bind",
        "<title>✕ Job 1 · pogo</title>",
    ] {
        assert!(seen.page.contains(text), "the page lacks {text}: {}", seen.page);
    }
    assert!(!seen.page.contains("<img") && seen.page.matches("<script").count() == 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_runs_without_complaint() {
    let Some(browser) = browser("every_view_runs_without_complaint") else {
        return;
    };
    let served = Served::new().await;
    served.job(4).await;
    for (view, text) in [
        ("running", "Nothing runs now"),
        ("slots", "max_parallel 2"),
        ("hosts", "$web"),
        (
            "hosts?about=%24web&from=1000&to=9000",
            ">pogo history '$web' --since 1970-01-01T00:00:01.000Z --until 1970-01-01T00:00:09.000Z</code>",
        ),
        ("hosts/web2", "job 1"),
        ("jobs/9", "there is no job-9"),
    ] {
        let seen = look(browser, served.address, &format!("/page/#/ns/default/{view}")).await;
        // That something is not there is an answer, of which browsers complain.
        let complaints: Vec<_> = seen
            .complaints
            .iter()
            .filter(|line| !line.contains("status of 404"))
            .collect();
        assert!(complaints.is_empty(), "{view}: {complaints:?}");
        assert!(seen.page.contains(text), "{view} lacks {text}: {}", seen.page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_may_not_see_is_said_with_what_to_do_about_it() {
    let Some(browser) = browser("what_somebody_may_not_see_is_said_with_what_to_do_about_it") else {
        return;
    };
    let viewer = Grant::new(["alice".parse().unwrap()], [Verb::View]);
    for (grants, view, text) in [
        (Grants::new(), "jobs", "There is nothing that you may see"),
        (
            Grants::new().grant(viewer),
            "jobs/1?host=web2",
            "pogo grants check --as you view",
        ),
    ] {
        let served = Served::over(Web2Fails, MemoryOutput::new(), Alice, |state| state.grants(grants)).await;
        served.job(2).await;
        let seen = look(browser, served.address, &format!("/page/#/ns/default/{view}")).await;
        let complaints = seen.complaints.iter().filter(|line| !line.contains("status of 403"));
        assert_eq!(complaints.count(), 0, "{view}: {:?}", seen.complaints);
        assert!(seen.page.contains(text), "{view} lacks {text}: {}", seen.page);
    }
}

/// A Python that has Playwright, and axe beside it: `.ci/run` installs them.
pub(crate) fn playwright() -> Option<(PathBuf, PathBuf)> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
    let axe = tools.join("axe/axe_playwright_python/axe.min.js");
    let python = tools.join("bin/python");
    let found = python.exists() && axe.exists();
    let required = std::env::var_os("POGO_REQUIRE_PLAYWRIGHT").is_some_and(|value| value == "1");
    assert!(
        found || !required,
        "POGO_REQUIRE_PLAYWRIGHT is set, and {} lacks it",
        tools.display()
    );
    found.then_some((python, axe))
}

/// Lets a script of this folder look at what is served, which prints what is wrong.
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
pub(crate) async fn looked_at(test: &str, script: &'static str, served: impl AsyncFnOnce() -> Served) {
    let Some(browser) = browser(test) else { return };
    let Some((python, _)) = playwright() else {
        println!("left out: {test} needs Playwright, which .ci/run installs");
        return;
    };
    let served = served().await;
    let address = format!("http://{}", served.address);
    let looking = tokio::task::spawn_blocking(move || {
        Command::new("timeout")
            .arg("900")
            .arg(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(script))
            .args([&address, &path_of(browser)])
            .output()
            .unwrap()
    });
    let output = looking.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
async fn every_view_is_for_everybody_and_needs_no_mouse() {
    let test = "every_view_is_for_everybody_and_needs_no_mouse";
    let Some(browser) = browser(test) else { return };
    let Some((python, axe)) = playwright() else {
        println!("left out: {test} needs Playwright and axe, which .ci/run installs");
        return;
    };
    let served = Served::new().await;
    served.job(5).await;
    let address = format!("http://{}", served.address);
    let looking = tokio::task::spawn_blocking(move || {
        Command::new("timeout")
            .arg("1500")
            .arg(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/browser.py"))
            .args([OsStr::new(&address), axe.as_os_str()])
            .arg(path_of(browser))
            .args(["jobs=systemctl restart web", "jobs/1=4 of 5", "jobs/1?host=web2=red"])
            .args(["jobs/1?look=group:$web=takes", "jobs/1?look=limit:0=max_parallel"])
            .args([
                "jobs/1?look=rows:0-5=hosts 1 to 5",
                "jobs/1?look=event:1=not there any more",
            ])
            .args([
                "running=Nothing runs now",
                "slots=max_parallel",
                "hosts=web",
                "hosts?about=$web&from=1=no history of jobs is kept",
                "hosts/web2=job 1",
            ])
            .output()
            .unwrap()
    });
    let output = looking.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
