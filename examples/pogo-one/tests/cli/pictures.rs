//! `timeline`, `replay`, and the pictures of `plan` and `simulate`.

use super::program::{Done, Program};

const POLICY: &str = "tag: {web: ['w[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n";
const SIMULATE: [&str; 9] = [
    "simulate",
    "-c",
    "policy.yaml",
    "-t",
    "$web",
    "--fail",
    "w3",
    "--format",
    "jsonl",
];

/// A directory with a policy and the log of a rollout under it.
pub(super) fn with_log() -> (Program, String) {
    let program = Program::with_policy(POLICY);
    let log = program.run(&SIMULATE).out;
    program.write("log.jsonl", &log);
    (program, log)
}

impl Program {
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap()
    }
}

#[test]
fn a_log_is_drawn_as_text_unless_files_are_wanted() {
    let (program, _) = with_log();
    let text = program.run(&["timeline", "log.jsonl"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out.starts_with("job-1: 4 hosts in 2.00s\n3 succeeded, 1 failed\n"),
        "{}",
        text.out
    );
    let files = program.run(&["timeline", "log.jsonl", "--svg", "out.svg", "--html", "out.html"]);
    assert_eq!((files.code, files.out.as_str()), (0, ""), "{}", files.err);
    assert!(program.read("out.svg").starts_with("<svg "));
    assert!(program.read("out.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_simulation_and_its_log_are_the_same_picture() {
    let (program, log) = with_log();
    let simulated = program.run(&[&SIMULATE[..], &["--svg", "simulated.svg", "--html", "simulated.html"]].concat());
    assert_eq!(simulated.out, log, "pictures take nothing from the output");
    program.run(&["timeline", "log.jsonl", "--svg", "log.svg", "--html", "log.html"]);
    assert_eq!(program.read("simulated.svg"), program.read("log.svg"));
    assert_eq!(program.read("simulated.html"), program.read("log.html"));
}

#[test]
fn a_log_that_is_still_being_written_is_drawn_so_far() {
    let (program, log) = with_log();
    let middle = log.len() / 2;
    let whole_lines = log[..middle].matches('\n').count();
    program.write("live.jsonl", &log[..middle]);
    let done = program.run(&["timeline", "live.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("so far"), "{}", done.out);
    let remark = format!(
        "live.jsonl:{}: the last line is not complete yet, and left out",
        whole_lines + 1
    );
    assert!(done.err.contains(&remark), "{}", done.err);
}

#[test]
fn a_line_that_is_no_event_is_named() {
    let (program, log) = with_log();
    let mut lines: Vec<&str> = log.lines().collect();
    lines.insert(2, "{\"at\":0,\"event\":\"lunch\"}");
    program.write("odd.jsonl", &(lines.join("\n") + "\n"));
    for command in ["timeline", "replay"] {
        let done = program.run(&[command, "odd.jsonl"]);
        assert_eq!(done.code, 64);
        assert!(
            done.err
                .contains("odd.jsonl:3: this is no event: unknown variant `lunch`"),
            "{}",
            done.err
        );
    }
}

#[test]
fn an_event_that_cannot_follow_is_named() {
    let (program, log) = with_log();
    // A blank line is no event, and counts as a line all the same.
    let lines: Vec<&str> = log.lines().filter(|line| !line.contains("task_started")).collect();
    program.write("gap.jsonl", &(format!("\n{}\n", lines.join("\n"))));
    for command in ["timeline", "replay"] {
        let done = program.run(&[command, "gap.jsonl"]);
        assert_eq!(done.code, 64);
        assert!(done.err.contains("gap.jsonl:4: "), "{}", done.err);
    }
}

#[test]
fn a_log_without_a_job_is_refused() {
    let (program, log) = with_log();
    program.write("idle.jsonl", &format!("{}\n", log.lines().next().unwrap()));
    program.write("empty.jsonl", "");
    for (name, command) in [
        ("idle.jsonl", "timeline"),
        ("idle.jsonl", "replay"),
        ("empty.jsonl", "timeline"),
    ] {
        let done = program.run(&[command, name]);
        assert_eq!(done.code, 64, "{name}");
        assert!(done.err.contains(name) && done.err.contains("no job"), "{}", done.err);
    }
    let missing = program.run(&["timeline", "log.jsonl", "--job", "7"]);
    assert!(
        missing.code == 64 && missing.err.contains("the log has no job-7"),
        "{}",
        missing.err
    );
    let nowhere = program.run(&["timeline", "nowhere.jsonl"]);
    assert!(
        nowhere.code == 64 && nowhere.err.contains("cannot read nowhere.jsonl"),
        "{}",
        nowhere.err
    );
}

#[test]
fn a_replay_shows_what_was_in_order_and_how_it_ended() {
    let (program, _) = with_log();
    let done = program.run(&["replay", "log.jsonl", "--speed", "max"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let place = |text: &str| {
        done.out
            .find(text)
            .unwrap_or_else(|| panic!("no {text} in {}", done.out))
    };
    assert!(place("0.000s  started   w[1-2]") < place("1.000s  succeeded w[1-2]"));
    assert!(place("2.000s  succeeded w4") < place("4 hosts in 2.0s, at most 2 at once"));
    assert!(done.err.contains("w3 failed: command exited with 1"), "{}", done.err);
    let fast = program.run(&["replay", "log.jsonl", "--speed", "1000"]);
    assert_eq!(fast.out, done.out, "speed changes nothing but the time it takes");
}

#[test]
fn a_speed_is_a_number_above_zero() {
    let (program, _) = with_log();
    for speed in ["0", "-1", "fast", "NaN", "inf"] {
        let done = program.run(&["replay", "log.jsonl", &format!("--speed={speed}")]);
        assert!(done.code == 64 && done.err.contains("`max`"), "{speed}: {}", done.err);
    }
}

#[test]
fn the_name_of_a_graph_tells_its_form() {
    let (program, _) = with_log();
    let plan = ["plan", "-c", "policy.yaml", "-t", "*", "--graph"];
    for (name, begins) in [("g.svg", "<svg "), ("g.dot", "digraph {")] {
        let done = program.run(&[&plan[..], &[name]].concat());
        assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
        assert!(program.read(name).starts_with(begins));
    }
    let odd = program.run(&[&plan[..], &["g.png"]].concat());
    assert!(odd.code == 64 && odd.err.contains("must end in .svg"), "{}", odd.err);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let (program, _) = with_log();
    let done = program.run(&["timeline", "log.jsonl", "--svg", "no/such/place.svg"]);
    assert!(
        done.code == 64 && done.err.contains("cannot write no/such/place.svg"),
        "{}",
        done.err
    );
}

#[test]
fn a_log_may_come_from_standard_input() {
    let (program, _) = with_log();
    let log = std::fs::File::open(program.directory.path().join("log.jsonl")).unwrap();
    let piped = Done::of(program.command(&["timeline", "-"]).stdin(log).output().unwrap());
    assert_eq!(piped.out, program.run(&["timeline", "log.jsonl"]).out);
}
