//! What the README says can be typed, typed in its order.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use pogo_ssh::loopback::LoopbackFleet;

use super::kept_store::StoreOfTest;
use super::program::Done;
use super::ssh::Site;

const README: &str = include_str!("../../../../README.md");

/// The code blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    let blocks = README.split(begin.as_str()).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What each command ends with: those that are there to fail say so.
fn exit_code(command: &str) -> i32 {
    // Behind it stands what it is for.
    match command.split('#').next().unwrap().trim_end() {
        // A failed host holds back the second stage.
        command if command.contains(" --fail ") => 2,
        command if command.contains(" demo") => 1,
        // One host fails, and holds back the second stage until it is retried.
        "pogo run @frontend -- systemctl restart web" | "pogo attach last" => 2,
        _ => 0,
    }
}

fn script(site: &Site, name: &str, text: &str) {
    let path = site.program.write(name, &format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// How the hosts are reached by their names alone.
fn ssh_config(site: &Site) -> PathBuf {
    let hosts = site.servers.hosts().map(|host| {
        let address = host.address();
        format!(
            "Host {}\n  HostName {}\n  Port {}\n",
            host.name(),
            address.ip(),
            address.port()
        )
    });
    site.program.write("ssh_config", &hosts.collect::<String>())
}

/// The hosts of the README's policy, and programs of the names that it types.
fn site() -> Site {
    let hosts: Vec<String> = (1..=40).map(|number| format!("web{number:02}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let site = Site::new(blocks("yaml")[0], &hosts);
    site.program.write("hosts.ini", blocks("ini")[0]);
    std::fs::create_dir(site.program.directory.path().join("bin")).unwrap();
    let bin = site.program.directory.path().join("bin");
    let ssh = format!(
        "--user {} --identity '{}' --known-hosts '{}' --ssh-config '{}' --env PATH='{}':/usr/bin:/bin",
        LoopbackFleet::USER,
        site.servers.identity_file().display(),
        site.servers.known_hosts_file().display(),
        ssh_config(&site).display(),
        bin.display()
    );
    let pogo = env!("CARGO_BIN_EXE_pogo");
    // How these hosts are reached is all that is not typed.
    let run = format!("if [ \"$1\" = run ]; then shift; set -- run {ssh} \"$@\"; fi\nexec '{pogo}' \"$@\"");
    script(&site, "bin/pogo", &run);
    script(
        &site,
        "bin/cargo",
        "[ \"$1 $2 $3 $4 $5 $6\" = 'run --release -p pogo-one --no-default-features --' ] || exit 64\nshift 6\n\
         exec pogo \"$@\"",
    );
    // It fails once on one of them.
    let once =
        "if [ \"$POGO_HOST\" = web07 ] && ! [ -e ~/failed ]; then touch ~/failed; echo 'cannot bind' >&2; exit 3; fi";
    script(&site, "bin/systemctl", &format!("{once}\necho \"$*\""));
    site
}

#[test]
fn every_command_of_the_readme_does_what_it_says_in_order() {
    let site = site();
    let store = StoreOfTest(site.program.directory.path().join("store"));
    let path = format!("{}:/usr/bin:/bin", site.program.directory.path().join("bin").display());
    let commands = blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| !line.is_empty());
    // These tests themselves, and what is for another crate.
    let elsewhere = |line: &&str| line.starts_with("cargo test ") || line.starts_with("cargo add ");
    let commands: Vec<&str> = commands.filter(|line| !elsewhere(line)).collect();
    assert!(commands.len() >= 12, "{commands:#?}");
    for command in commands {
        assert!(
            command.starts_with("pogo ") || command.starts_with("cargo run "),
            "what is `{command}`?"
        );
        // The first `policy.yaml` has what reaches these hosts; in the store it is as good as typed.
        let mut shell = site.program.shell(command);
        shell.env("PATH", &path).env("POGO_STORE", &store.0);
        let done = Done::of(shell.output().unwrap());
        assert_eq!(done.code, exit_code(command), "{command}\n{}{}", done.out, done.err);
    }
    for drawn in ["out.html", "stages.svg", "run.jsonl"] {
        assert!(
            site.program.directory.path().join(drawn).metadata().unwrap().len() > 1000,
            "{drawn}"
        );
    }
}
