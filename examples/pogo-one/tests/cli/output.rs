//! Hosts' output as `run` shows it.

use super::program::Done;
use super::ssh::Site;

fn run(line: &str) -> Done {
    let site = Site::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let args = site.args("web1", &["--pre-hooks", "", "--post-hooks", "", "--", line]);
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(done.code, 0, "{}", done.err);
    done
}

#[test]
fn a_long_line_is_one_line() {
    let done = run("head -c 100000 /dev/zero | tr '\\0' x; echo");
    assert!(
        done.out.contains(&format!("web1 | {}\n", "x".repeat(100_000))),
        "{}",
        done.out.len()
    );
}

#[test]
fn a_line_without_end_is_cut_where_it_says_so() {
    let done = run("head -c 1500000 /dev/zero | tr '\\0' x");
    let first = format!("web1 | {} [line cut here, after 1048576 bytes]\n", "x".repeat(1 << 20));
    assert!(done.out.starts_with(&first), "{}", done.out.len());
    assert!(done.out[first.len()..].starts_with(&format!("web1 | {}\n", "x".repeat(1_500_000 - (1 << 20)))));
}

#[test]
fn of_output_over_the_limit_both_ends_are_shown_with_what_is_missing_between_them() {
    let lines = "i=0; while [ $i -lt 600000 ]; do echo line $i; i=$((i+1)); done; printf 'error: at the end'";
    let done = run(lines);
    assert!(done.out.starts_with("web1 | line 0\nweb1 | line 1\n"));
    let (head, rest) = done
        .out
        .split_once("web1 | [output cut here: over the limit of 4194304 bytes")
        .unwrap();
    let (dropped, tail) = rest
        .split_once("\nweb1 | [")
        .unwrap()
        .1
        .split_once(" bytes of output dropped here]\n")
        .unwrap();
    let tail = tail.split_once("web1 | error: at the end\n").unwrap().0;
    // The last part of a line is before the remark, and the first line after it is whole.
    assert!(head.ends_with('\n'));
    assert!(
        tail.starts_with("web1 | line ") && tail.ends_with("web1 | line 599999\n"),
        "{tail}"
    );
    let length = |shown: &str| {
        shown
            .lines()
            .map(|line| line.len() - "web1 | ".len() + 1)
            .sum::<usize>()
    };
    let all: usize = (0..600_000).map(|number: u32| format!("line {number}\n").len()).sum();
    let missing = all + "error: at the end".len() - length(head) - length(tail) - "error: at the end".len();
    // The head may end within a line, whose end is shown all the same.
    assert!(missing.abs_diff(dropped.parse().unwrap()) <= 1, "{missing} {dropped}");
}
