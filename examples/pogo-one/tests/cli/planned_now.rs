//! What `plan` and `simulate` say of slots that are held now.

use pogo_ssh::loopback::Fault;
use serde_json::{Value, json};

use super::kept_store::{Kept, until};

const POLICY: &str = "tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n";

fn kept() -> Kept {
    Kept::new(POLICY, &["web1", "web2", "web3", "web4"])
}

fn said(kept: &Kept, words: &[&str]) -> String {
    let done = kept.verb(words);
    assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
    done.out
}

#[test]
fn a_plan_counts_what_runs_has_failed_and_is_held_now() {
    let kept = kept();
    // Nobody has dispatched here yet, so nobody holds anything.
    let before = said(&kept, &["plan", "-c", "policy.yaml", "web[3-4]"]);
    assert!(!before.contains("as things are"), "{before}");

    kept.site.servers.inject("web2", Fault::FailWith(3)).unwrap();
    assert_eq!(kept.run("web2", &["--", "true"]).code, 1);
    let started = kept.run("web1", &["-d", "--", &kept.waits()]);
    assert_eq!(started.code, 0, "{}", started.err);
    until(|| kept.ran() == ["web1"]);
    let both = said(&kept, &["plan", "web[3-4]"]);
    for wanted in [
        "\nas things are:\n  $web: 2 of 2 slots taken (max_parallel: 2)\n",
        "    web1 running in job 2 since ",
        "    web2 failed in job 1 since ",
        "\nstarts at once: no host\nstarts later: 2 hosts: web[3-4]\n",
    ] {
        assert!(both.contains(wanted), "{wanted} is not in\n{both}");
    }
    // What is tried is tried on a copy.
    assert_eq!(
        said(&kept, &["jobs", "--format", "json"])
            .matches("\"targets\"")
            .count(),
        2
    );
    let dry = kept.run("web[3-4]", &["--dry-run", "--", "true"]);
    assert!(
        dry.out.contains("starts later: 2 hosts: web[3-4]"),
        "{}{}",
        dry.out,
        dry.err
    );

    kept.go();
    assert_eq!(kept.verb(&["wait", "2"]).code, 0);
    let one = said(&kept, &["plan", "web[3-4]"]);
    assert!(
        one.contains("\nstarts at once: 1 host: web3\nstarts later: 1 host: web4\n"),
        "{one}"
    );
    said(&kept, &["hold", "web1", "--reason", "a new disk"]);
    let none = said(&kept, &["plan", "web[3-4]"]);
    assert!(
        none.contains("\nblocked, although all that runs succeeds: 2 hosts: web[3-4]\n"),
        "{none}"
    );
    assert!(none.contains("web1 held by "), "{none}");

    let read = |words: &[&str]| -> Value { serde_json::from_str(&said(&kept, words)).unwrap() };
    let now = &read(&["plan", "web[3-4]", "--format", "json"])["now"];
    assert_eq!((&now["starts"], &now["blocked"]), (&json!(""), &json!("web[3-4]")));
    assert_eq!(now["held"][0]["holders"].as_array().map(Vec::len), Some(2), "{now}");
    // Without the store it is as if nobody were there.
    let alone = [
        "plan",
        "--store",
        "none",
        "-c",
        "policy.yaml",
        "web[3-4]",
        "--format",
        "json",
    ];
    assert!(read(&alone).get("now").is_none());
}

#[test]
fn a_simulation_goes_on_from_what_is_held_now() {
    let kept = kept();
    kept.site.servers.inject("web2", Fault::FailWith(3)).unwrap();
    assert_eq!(kept.run("web2", &["--", "true"]).code, 1);
    let asked = [
        "simulate",
        "web[1,3-4]",
        "--task-time",
        "10s",
        "--runs",
        "2",
        "--format",
        "json",
    ];
    let makespan = |words: &[&str]| -> Value {
        let answer: Value = serde_json::from_str(&said(&kept, words)).unwrap();
        answer["makespan"]["p50"]["time"].clone()
    };
    assert_eq!(makespan(&asked), 30_000);
    let alone = [&asked[..], &["--store", "none", "-c", "policy.yaml"]].concat();
    assert_eq!(makespan(&alone), 20_000);
    // One run begins from an empty namespace, so that its events can be read by themselves.
    let once = said(&kept, &["simulate", "web[1,3-4]", "--task-time", "10s"]);
    assert!(once.contains("3 hosts in 20.0s"), "{once}");
    let drawn = [&asked[..6], &["--svg", "job.svg"]].concat();
    said(&kept, &drawn);
}

#[test]
fn hosts_that_are_assumed_to_be_down_are_down_beside_what_is_held() {
    let kept = kept();
    kept.site.servers.inject("web2", Fault::FailWith(3)).unwrap();
    assert_eq!(kept.run("web2", &["--", "true"]).code, 1);
    let out = said(&kept, &["plan", "web[3-4]", "--assume-down", "web1"]);
    assert!(
        out.contains("  2 of 2 slots of $web held (max_parallel: 2)\nstarts at once: no host\n"),
        "{out}"
    );
}
