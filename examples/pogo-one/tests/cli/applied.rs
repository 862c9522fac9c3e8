//! `apply`, and `serve status` and `serve stop`.

use super::program::Program;
use super::store_site::StoreSite;

const POLICY: &str = "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n";

#[test]
fn what_changes_is_shown_and_nobody_is_there_to_agree() {
    let program = Program::with_policy(POLICY);
    let apply = ["apply", "-c", "policy.yaml", "--store", "kept"];
    let done = program.run(&apply);
    assert_eq!(done.code, 4, "{}", done.err);
    assert!(
        done.out.starts_with("+ 2 hosts: web[1-2]\n") && done.out.contains("+        \"max_parallel\": \"1\"\n"),
        "{}",
        done.out
    );
    assert!(
        done.err.contains("nothing was applied") && done.err.contains("-y applies it"),
        "{}",
        done.err
    );
    let done = program.run(&[&apply[..], &["-y"]].concat());
    assert!(
        done.out.ends_with("applied: 2 hosts in default\n"),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(program.run(&apply).out, "nothing changes\n");
    let host = || program.run(&["host", "web2", "--store", "kept"]).out;
    assert!(host().contains("    @web policy.yaml:1:"), "{}", host());
    // Nothing else is another, but that is where somebody will look.
    program.write("policy.yaml", &format!("\n\n{POLICY}"));
    let done = program.run(&[&apply[..], &["-y"]].concat());
    assert!(
        done.out.starts_with("the hosts stay, and are written elsewhere\n"),
        "{}",
        done.out
    );
    assert!(host().contains("    @web policy.yaml:3:"), "{}", host());

    program.write("policy.yaml", &POLICY.replace("1}", "2}").replace(", web2", ""));
    let done = program.run(&[&apply[..], &["-y"]].concat());
    for part in [
        "- 1 host: web2\n",
        "-        \"max_parallel\": \"1\"\n+        \"max_parallel\": \"2\"\n",
    ] {
        assert!(done.out.contains(part), "{part}\n{}", done.out);
    }
    // Hosts alone leave the rules as they are.
    program.write("hosts.txt", "web1\nweb7\n");
    let done = program.run(&["apply", "-i", "hosts:hosts.txt", "--store", "kept", "-y"]);
    assert!(
        done.out.contains("web7") && !done.out.contains("max_parallel"),
        "{}{}",
        done.out,
        done.err
    );
    program
        .run(&["apply", "--store", "kept"])
        .assert_refused(&["-c FILE", "-i SOURCE"]);
    assert_eq!(program.run(&["serve", "stop", "--store", "kept"]).code, 0);
}

#[test]
fn a_job_that_brings_its_fleet_brings_where_it_is_written() {
    let kept = StoreSite::new(POLICY, &["web1", "web2"]);
    let policy = std::fs::read_to_string(kept.site.program.directory.path().join("policy.yaml")).unwrap();
    let other = policy.replace("web2]}", "web2], spare: [web2]}");
    assert_ne!(other, policy);
    kept.site.program.write("other.yaml", &format!("\n\n{other}"));
    let done = kept.run("web1", &["-c", "other.yaml"], "true");
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let host = kept.ok(&["host", "web2"]);
    for line in ["    @spare other.yaml:3:", "    @web other.yaml:3:"] {
        assert!(host.contains(line), "{host}");
    }
}

#[test]
fn hosts_that_a_job_still_needs_are_counted_before_they_are_removed() {
    let kept = StoreSite::new(POLICY, &["web1", "web2"]);
    kept.ok(&["freeze"]);
    kept.submit("@web", &[], "true");
    let policy = std::fs::read_to_string(kept.site.program.directory.path().join("policy.yaml")).unwrap();
    let policy = policy.replace("[web1, web2]", "[web1]");
    let without: Vec<&str> = policy.lines().filter(|line| !line.contains("web2:")).collect();
    let without = without.join("\n");
    kept.site.program.write("less.yaml", &without);
    let done = kept.verb(&["apply", "-c", "less.yaml"]);
    assert_eq!(done.code, 4, "{}", done.err);
    assert!(
        done.out
            .contains("1 host that is removed is not done in jobs that go on"),
        "{}",
        done.out
    );
}

#[test]
fn who_serves_is_said_and_ended() {
    let program = Program::with_policy(POLICY);
    let serve = |verb| program.run(&["serve", verb, "--store", "kept"]);
    let done = serve("status");
    assert!(
        done.code == 0 && done.out.starts_with("nobody serves default of "),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(
        program.run(&["slots", "--store", "kept"]).out,
        "no limit counts these hosts\n"
    );
    let status = serve("status").out;
    assert!(
        status.contains(" serves default of ") && status.contains(", since "),
        "{status}"
    );
    assert!(status.contains("/kept/ns/default/dispatcher.log\n"), "{status}");
    let json = program
        .run(&["serve", "status", "--store", "kept", "--format", "json"])
        .out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let process = json["process"].as_u64().unwrap();
    assert!(std::path::Path::new(&format!("/proc/{process}")).exists());
    assert!(serve("stop").out.starts_with(&format!("process {process} has ended")));
    assert!(serve("stop").out.starts_with("nobody serves default of "));
    let named = program.run(&["serve", "status", "--store", "none"]);
    named.assert_refused(&["--store DIR", "POGO_STORE"]);
}

#[test]
fn the_store_of_the_environment_is_that_of_every_verb() {
    let program = Program::with_policy(POLICY);
    let run =
        |words: &[&str]| super::program::Done::of(program.command(words).env("POGO_STORE", "other").output().unwrap());
    assert_eq!(run(&["apply", "-c", "policy.yaml", "-y"]).code, 0);
    assert!(
        run(&["serve", "status"]).out.contains("/other,"),
        "{}",
        run(&["serve", "status"]).out
    );
    assert!(run(&["host", "web1"]).out.starts_with("web1 is available\n"));
    assert_eq!(run(&["mark", "down", "web1"]).code, 0);
    assert_eq!(run(&["serve", "stop"]).code, 0);
    assert!(!program.directory.path().join("kept").exists());
}

#[test]
fn how_jobs_are_run_by_default_changes_none_that_runs() {
    let program = Program::with_policy(POLICY);
    let mut command = program.command(&["update", "1", "--store", "kept"]);
    let done = super::program::Done::of(command.env("POGO_TIMEOUT", "5m").output().unwrap());
    done.assert_refused(&["say what changes"]);
}
