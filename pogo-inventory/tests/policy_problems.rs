//! Bad input, tried as a new user would: each gives the position, what is wrong, and the cure.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_inventory::{Diagnostic, InventoryError, PolicyFile};

fn error(text: &str) -> InventoryError {
    match PolicyFile::parse("pogo.yaml", text) {
        Err(error) => error,
        Ok(listing) => panic!("accepted:\n{text}\nas {:?}", listing.policy),
    }
}

/// `LINE:COLUMN+LENGTH message (hint)` of each problem.
fn problems(text: &str) -> Vec<String> {
    let short = |problem: &Diagnostic| {
        let position = problem.position.unwrap_or_else(|| panic!("no position: {problem}"));
        let hint = problem
            .hint
            .as_ref()
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        format!(
            "{}:{}+{} {}{hint}",
            position.line, position.column, position.length, problem.message
        )
    };
    error(text).diagnostics().iter().map(short).collect()
}

#[track_caller]
fn assert_problem(text: &str, expected: &str) {
    assert_eq!(problems(text), [expected], "{text}");
}

#[test]
fn a_problem_is_shown_with_its_line_and_a_caret() {
    let text = "tag:\n  web: [web1]\nconstraint:\n  $web: { max_paralel: 2 }\n";
    let expected = "pogo.yaml:4:11: unknown key `max_paralel` in a constraint\n  \
           |\n\
         4 |   $web: { max_paralel: 2 }\n  \
           |           ^^^^^^^^^^^\n  \
           |\n  \
           = help: did you mean `max_parallel`?";
    assert_eq!(error(text).to_string(), expected);
}

#[test]
fn a_problem_is_data_for_a_program() {
    let json = serde_json::to_value(error("constrant: {}")).unwrap();
    let expected = serde_json::json!([{
        "source": "pogo.yaml", "line": 1, "column": 1, "length": 9,
        "message": "unknown key `constrant` in the file",
        "hint": "did you mean `constraint`?",
        "excerpt": "constrant: {}",
    }]);
    assert_eq!(json, expected);
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = "
tag: { web: [\"web[1-\"] }
sequence: $web
constraint:
  $web: { max_parallel: many }
defaults: { retries: -1 }
colour: blue
";
    let lines: Vec<String> = problems(text)
        .iter()
        .map(|problem| problem.split(':').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(lines, ["2", "3", "5", "6", "7"]);
}

#[test]
fn a_file_that_says_nothing_is_no_policy_without_limits() {
    for text in ["", "# to be written\n", "---\n", "~\n"] {
        assert_problem(
            text,
            "1:1+1 the file says nothing (name hosts under `tag:`, or write `{}` for a policy without any rule)",
        );
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_one() {
    for (text, expected) in [
        (
            "constrant: {}",
            "1:1+9 unknown key `constrant` in the file (did you mean `constraint`?)",
        ),
        (
            "hosts: {}",
            "1:1+5 unknown key `hosts` in the file (did you mean `host`?)",
        ),
        (
            "defaults: { timeout: 3s }",
            "1:13+7 unknown key `timeout` in `defaults` (known here: attempt_timeout, slow_after, job_timeout, \
             retries, connect_retries, retry_delay, retry_backoff, settle, max_failures, on_doubt, max_parallel, \
             bake, gate, allow_failures, priority, leave_after, pre_hooks, post_hooks)",
        ),
        (
            "sequence: { x: { stagse: [a] , stages: [a] } }",
            "1:18+6 unknown key `stagse` in a sequence (did you mean `stages`?)",
        ),
        (
            "constraint: { $a: { max-parallel: 1 } }",
            "1:21+12 unknown key `max-parallel` in a constraint (did you mean `max_parallel`?)",
        ),
        (
            "constraint: { max_parallel: 1 }",
            "1:15+12 `max_parallel` stands outside of any group \
             (put it under the group it limits: `$frontend: { max_parallel: 25% }`)",
        ),
    ] {
        assert_problem(text, expected);
    }
}

/// A policy, and what is wrong with a value of another kind than expected.
const WRONG_KINDS: &[(&str, &str)] = &[
    (
        "just text",
        "1:1+9 expected the sections of a policy file, found `just text` \
         (for example `tag: { frontend: [\"web[1-9]\"] }`)",
    ),
    (
        "tag: [web1]",
        "1:6+6 expected a map from tags to hosts, found a list \
         (for example `tag: { frontend: [\"web[1-9]\"] }`)",
    ),
    (
        "sequence: $a",
        "1:11+2 expected a list of groups, found `$a` (for example `sequence: [$backend, $frontend]`)",
    ),
    (
        "sequence: { x: }",
        "1:14+1 expected a list of groups, found nothing (for example `sequence: [$backend, $frontend]`)",
    ),
    (
        "sequence: [$a, ~]",
        "1:16+1 expected a group, found nothing (for example `sequence: [$backend, $frontend]`)",
    ),
    (
        "sequence: { each: $colo }",
        "1:11+15 this sequence has no `stages` (for example `stages: [$backend, $frontend]`)",
    ),
    (
        "sequence: { stages: $colo }",
        "1:21+5 expected a list of groups, found `$colo` (for example `stages: [$backend, $frontend]`)",
    ),
    (
        "sequence: { x: [] }",
        "1:16+2 this sequence has no stages (name its groups, or remove it)",
    ),
    (
        "sequence: [$a, [$b, $c]]",
        "1:16+8 a list holds either groups or sequences, not both (one sequence: [$a, $b]; \
         several: [[$a, $b], [$c, $d]]; for groups that go together: \"$a|$b\")",
    ),
    (
        "sequence: { $a: { scope: $b, stages: [x] } }",
        "1:19+5 this sequence has a scope already (keep one of them; `&` intersects groups)",
    ),
    (
        "constraint: [$a]",
        "1:13+4 expected a map from groups to limits, found a list \
         (for example `constraint: { $frontend: { max_parallel: 25% } }`)",
    ),
    (
        "constraint: { $a: 5 }",
        "1:19+1 expected a map of limits, found `5` (for example `$a: { max_parallel: 25% }`)",
    ),
    (
        "constraint: { $a: }",
        "1:15+2 no limit is given for `$a` (for example `{ max_parallel: 25% }`; or remove the group)",
    ),
    (
        "constraint: { $a: { max_parallel: [1] } }",
        "1:35+3 expected a number of hosts or a percentage, found a list (for example `max_parallel: 25%`)",
    ),
    (
        "defaults: 10m",
        "1:11+3 expected a map of settings, found `10m` (for example `defaults: { attempt_timeout: 10m }`)",
    ),
    (
        "defaults: { retries: two }",
        "1:22+3 expected a whole number, found `two` (for example `retries: 2`)",
    ),
    (
        "defaults: { settle: 30 }",
        "1:21+2 `30` has no unit (write `30s` for seconds, `30m` for minutes)",
    ),
    (
        "defaults: { settle: soon }",
        "1:21+4 expected a duration with its unit, found `soon` (for example `settle: 90s`)",
    ),
    (
        "defaults: { on_doubt: panic }",
        "1:23+5 expected `fail` or `retry`, found `panic` (for example `on_doubt: fail`)",
    ),
    (
        "defaults: { pre_hooks: [a] }",
        "1:24+3 expected a text, found a list (for example `pre_hooks: /etc/pogo/pre.d`)",
    ),
];

#[test]
fn a_wrong_kind_of_value_says_what_was_expected() {
    for (text, expected) in WRONG_KINDS {
        assert_problem(text, expected);
    }
}

#[test]
fn bad_limits_say_what_a_limit_is() {
    for (limit, message) in [
        (
            "-1",
            "`-1` is not a limit; write a whole number of hosts (5) or a percentage (25%)",
        ),
        (
            "2.5",
            "`2.5` is not a limit; write a whole number of hosts (5) or a percentage (25%)",
        ),
        (
            "150%",
            "`150%` is more than 100%; a group has no more hosts than all of them",
        ),
    ] {
        let text = format!("constraint: {{ $a: {{ max_parallel: {limit} }} }}");
        assert_problem(&text, &format!("1:35+{} {message}", limit.len()));
    }
}

#[test]
fn bad_names_are_shown_where_they_go_wrong() {
    for (text, expected) in [
        ("sequence: [\"$a & (b\"]", "1:18+1 this `(` is not closed; add a `)`"),
        (
            "sequence:\n  - web[3-1]\n",
            "2:9+1 `3-1` runs backwards; write the smaller number first",
        ),
        (
            "constraint:\n  $a..b: { max_parallel: 1 }\n",
            "2:3+1 the tag `a..b` has an empty part; write parts joined by single dots, as in `colo.east`",
        ),
        (
            "tag: { web: ['web[1-'] }",
            "1:18+1 this bracket is not closed; add a `]`",
        ),
        (
            "tag: { web: [web[1-3]] }",
            "1:17+1 broken YAML: expected `,` or `]` (inside [ ] and { } quote host ranges and selectors with \
             brackets: [\"web[1-3]\", \"$a&($b|$c)\"])",
        ),
        (
            "tag: { web: [$db] }",
            "1:14+3 `$db` is a group, but here stand hosts by name (repeat a list with a YAML alias \
             (`&name` and `*name`), or name a range such as web[1-9])",
        ),
        (
            "tag: { web: ['web*'] }",
            "1:14+6 `web*` matches no host that is named here (a pattern finds hosts that are listed elsewhere)",
        ),
        (
            "tag: { web: [web 1] }",
            "1:18+1 `1` does not belong here; join selectors with `,` or `&`",
        ),
        (
            "tag: { w b: [web1] }",
            "1:8+3 the tag `w b` may only hold letters, digits, `_`, `-` and dots",
        ),
        (
            "tag: { web: [~] }",
            "1:14+1 expected a host, found nothing (for example `tag: { frontend: [\"web[1-9]\"] }`)",
        ),
        (
            "sequence: { each: $a.., stages: [x] }",
            "1:19+4 `$a..` is not a tag: the tag `a..` has an empty part; write parts joined by single dots, as in \
             `colo.east`",
        ),
    ] {
        assert_problem(text, expected);
    }
}

#[test]
fn a_short_text_cannot_name_hosts_without_end() {
    let text = "tag:\n  a: x[1-9]\n  b: y[1-10000000]\n  c: z[1-10000000]\n";
    assert_problem(text, "3:6+13 the ranges up to here name more than 10000000 hosts");
}

#[test]
fn a_forgotten_dollar_is_noticed() {
    let text = "tag: { web: [web1], db: [db] }\nsequence: [db, web]\n";
    assert_problem(
        text,
        "2:16+3 `web` is a tag, but is written like a host (write `$web` for the hosts that carry the tag)",
    );
}

#[test]
fn broken_yaml_is_reported_once() {
    assert_problem(
        "tag:\n\tweb: [a]\n",
        "2:1+1 YAML does not allow tabs in indentation (use spaces)",
    );
    assert_problem(
        "tag: { web: [web1] }\ntag: { db: [db1] }\n",
        "2:1+3 the key `tag` is there twice (it was first given in line 1; merge the two)",
    );
}

#[test]
fn one_enormous_line_is_shown_in_part() {
    let hosts = "web1, ".repeat(200_000);
    let text = format!("tag: {{ web: [{hosts}] }}\n constraint: {{}}\n");
    let shown = error(&text).to_string();
    assert!(shown.len() < 1_000, "{}", shown.len());
    let text = format!("tag: {{ web: [{hosts} 'web[1-'] }}\n");
    let shown = error(&text).to_string();
    assert!(shown.len() < 1_000 && shown.contains("web[1-"), "{shown}");
}
