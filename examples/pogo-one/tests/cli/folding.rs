//! `run -b` and `--diff`, and failures by reason.

use super::program::Done;
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-5]']}\n";
const HOSTS: [&str; 5] = ["web1", "web2", "web3", "web4", "web5"];
/// Web4 says something of its own, and complains.
const COMMAND: &str = "echo kernel 6; case $POGO_HOST in web4) echo old; echo disk full >&2;; *) echo new;; esac";

fn run(more: &[&str]) -> Done {
    let site = Site::new(POLICY, &HOSTS);
    let args = site.args("*", &[&["--pre-hooks", "", "--post-hooks", ""], more].concat());
    site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What was printed before the summary.
fn output(done: &Done) -> &str {
    done.out
        .split_once("\n5 hosts in ")
        .unwrap_or_else(|| panic!("{}{}", done.out, done.err))
        .0
}

#[test]
fn identical_outputs_are_printed_once_under_a_range() {
    let done = run(&["-b", "--", COMMAND]);
    assert_eq!(done.code, 0, "{}", done.err);
    let wanted = "\
---------------
web[1-3,5] (4)
---------------
kernel 6
new
---------------
web4
---------------
kernel 6
old
";
    assert_eq!(output(&done), wanted);
    assert_eq!(
        done.err,
        "---------------\nweb4, standard error\n---------------\ndisk full\n"
    );
}

#[test]
fn a_diff_shows_how_the_others_differ() {
    let done = run(&["--diff", "--", COMMAND]);
    assert_eq!(done.code, 0, "{}", done.err);
    let wanted = "\
---------------
web[1-3,5] (4)
---------------
kernel 6
new
--- web[1-3,5] (4)
+++ web4
@@ -1,2 +1,2 @@
 kernel 6
-new
+old
";
    assert_eq!(output(&done), wanted);
}

#[test]
fn folding_is_refused_where_a_program_reads() {
    let done = run(&["-b", "--format", "jsonl", "--", "true"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("leave out --format jsonl"), "{}", done.err);
}

#[test]
fn failures_are_grouped_by_reason_with_the_last_line_of_standard_error() {
    let command =
        "case $POGO_HOST in web[134]) echo \"$POGO_HOST: cannot bind 0.0.0.0:80\" >&2; exit 3;; web2) exit 4;; esac";
    for flags in [&["-b"][..], &[]] {
        let done = run(&[flags, &["--", command]].concat());
        assert_eq!(done.code, 1);
        let wanted = "  failed          4  web[1-4]
    exit 3: web[1,3-4]  \"web1: cannot bind 0.0.0.0:80\" (and alike)
    exit 4: web2
";
        assert!(done.out.contains(wanted), "{}", done.out);
    }
}

#[test]
fn progress_is_seen_on_the_terminal_while_output_is_folded() {
    let site = Site::new(POLICY, &HOSTS);
    let gate = site.program.directory.path().join("gate");
    let line = format!("while [ ! -e '{}' ]; do sleep 0.1; done; echo here", gate.display());
    let mut terminal = site.on_terminal(&site.args("*", &["-b", "--", &line]));
    terminal.wait_for("5 running");
    site.program.write("gate", "");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("web[1-5] (5)\r\n---------------\r\nhere\r\n"), "{seen}");
    assert!(!seen.contains("web1 | here"), "{seen}");
}

#[test]
fn quiet_prints_what_went_wrong_and_verbose_each_start_and_success() {
    let command = "echo out; case $POGO_HOST in web4) echo bad >&2; exit 3;; esac";
    let quiet = run(&["-q", "--", command]);
    assert_eq!(
        (quiet.code, quiet.err.as_str()),
        (1, "web4 failed: command exited with 3\n")
    );
    assert!(
        quiet.out.starts_with("\n5 hosts in ") && quiet.out.contains("exit 3: web4  \"bad\"\n"),
        "{}",
        quiet.out
    );
    let folded = run(&["-qb", "--", command]);
    assert!(
        output(&folded).ends_with("web[1-5] (5)\n---------------\nout\n"),
        "{}",
        folded.out
    );
    let verbose = run(&["-v", "--", command]);
    for wanted in [
        "web1 started\n",
        "web1 succeeded\n",
        "web4 started\n",
        "web4 | bad\n",
        "web4 failed: ",
    ] {
        assert!(verbose.err.contains(wanted), "{}", verbose.err);
    }
    assert!(!verbose.err.contains("web4 succeeded"), "{}", verbose.err);
}
