//! `inventory`, and sources besides the policy file.

use serde_json::Value;

use super::program::{Done, Program};

const POLICY: &str =
    "tag:\n  web: ['web[1-3]']\nhost:\n  web1: { address: 10.0.0.1 }\nconstraint: { $web: { max_parallel: 1 } }\n";
const TABLE: &str = "name,tags,address\nweb1,canary,10.0.0.9\nold1,web,\n";

fn program() -> Program {
    let program = Program::with_policy(POLICY);
    program.write("more.csv", TABLE);
    program
}

fn inventory(args: &str) -> Done {
    let args: Vec<&str> = ["inventory"].into_iter().chain(args.split(' ')).collect();
    program().run(&args)
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn a_host_is_shown_with_the_line_of_each_tag_and_setting() {
    let done = inventory("host web1 -c policy.yaml -i more.csv --merge first");
    assert_eq!(done.code, 0, "{}", done.err);
    let lines: Vec<Vec<&str>> = done.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let wanted = [
        vec!["web1"],
        vec!["listed", "policy.yaml:2:9"],
        vec!["listed", "more.csv:2:1"],
        vec!["$web", "policy.yaml:2:9"],
        vec!["$canary", "more.csv:2:1"],
        vec!["address", "=", "10.0.0.1", "policy.yaml:4:3"],
        vec!["address", "=", "10.0.0.9", "more.csv:2:1", "(overruled)"],
    ];
    for line in wanted {
        assert!(lines.contains(&line), "{line:?} is not in {}", done.out);
    }
    let found = json(&inventory("host web1 -i csv:more.csv --format json"));
    assert_eq!(found["tags"][0]["tag"], "$canary");
    assert_eq!(found["settings"][0]["from"], "more.csv:2:1");
    let near = inventory("host wbe1 -c policy.yaml");
    assert_eq!(near.code, 64);
    assert!(near.err.contains("did you mean `web1`"), "{}", near.err);
}

#[test]
fn hosts_are_listed_with_tags_and_settings() {
    let done = inventory("list -c policy.yaml -i more.csv --merge last -t $web");
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(
        done.out,
        "web1  $canary $web address=10.0.0.9\nweb2  $web\nweb3  $web\nold1  $web\n"
    );
    let rows = json(&inventory("list -i more.csv --format json"));
    assert_eq!(rows[0]["settings"]["address"], "10.0.0.9");
}

#[test]
fn groups_are_a_tree_with_counts() {
    let program = Program::with_policy("tag: { colo: { east: ['web[1-3]'], west: [db1] }, web: ['web[1-3]'] }\n");
    let done = program.run(&["inventory", "graph", "-c", "policy.yaml"]);
    let tree = "all hosts (4)\n├── colo (4)\n│   ├── east (3)\n│   └── west (1)\n└── web (3)\n";
    assert_eq!(done.out, tree);
    let done = program.run(&["inventory", "graph", "-c", "policy.yaml", "--format", "json"]);
    assert_eq!(json(&done)["groups"][0]["groups"][1]["selector"], "$colo.west");
}

#[test]
fn sources_are_compared() {
    let done = inventory("diff policy.yaml more.csv");
    assert_eq!(done.code, 1);
    for line in [
        "+ 1 host: old1\n",
        "- 2 hosts: web[2-3]\n",
        "~ 1 host: web1: +$canary, -$web, address 10.0.0.1 -> 10.0.0.9\n",
    ] {
        assert!(done.out.contains(line), "{line} is not in {}", done.out);
    }
    let same = inventory("diff policy.yaml policy.yaml --format json");
    assert_eq!((same.code, &json(&same)["before"]), (0, &Value::from(3)));
}

#[test]
fn every_problem_of_every_source_is_shown_at_once() {
    let program = program();
    program.write("bad.yaml", "tga: {}\nhost: { web1: { prot: 22 } }\n");
    program.write("bad.csv", "name,port\nweb1,many\n");
    let args = ["inventory", "check", "-c", "bad.yaml", "-i", "bad.csv"];
    let done = program.run(&args);
    assert_eq!(done.code, 64);
    for wanted in [
        "bad.yaml:1:1: ",
        "bad.yaml:2:17: ",
        "bad.csv:2:1: ",
        "did you mean `tag`",
        "web1,many",
        "^^^^",
    ] {
        assert!(done.out.contains(wanted), "{wanted} is not in {}", done.out);
    }
    let done = program.run(&[&args[..], &["--format", "json"]].concat());
    let found = json(&done);
    assert_eq!(found["problems"].as_array().unwrap().len(), 3);
    assert_eq!(found["problems"][2]["line"], 2);
}

#[test]
fn rules_that_fit_no_host_and_conflicts_are_found_by_check() {
    let program = program();
    program.write("rules.yaml", "tag: { web: [web1] }\nsequence: [$web, $wbe]\n");
    let done = program.run(&["inventory", "check", "-c", "rules.yaml"]);
    assert_eq!(done.code, 64);
    assert!(
        done.out.contains("rules.yaml:2:") && done.out.contains("did you mean `$web`"),
        "{}",
        done.out
    );
    let conflict = inventory("check -c policy.yaml -i more.csv");
    assert_eq!(conflict.code, 64);
    assert!(conflict.out.contains("two values for address"), "{}", conflict.out);
    let decided = inventory("check -c policy.yaml -i more.csv --merge address=last");
    assert_eq!(decided.code, 0, "{}", decided.out);
    assert!(decided.out.contains("the last counts"), "{}", decided.out);
}

#[test]
fn check_looks_at_every_namespace() {
    let text =
        "namespace:\n  a: { tag: { web: [web1] } }\n  b: { tga: {} }\n  c: { tag: { y: [db1] }, sequence: [$x] }\n";
    let program = Program::with_policy(text);
    let done = program.run(&["inventory", "check", "-c", "policy.yaml"]);
    assert_eq!(done.code, 64);
    assert!(
        done.out.contains("policy.yaml:3:8: ") && done.out.contains("policy.yaml:4:"),
        "{}",
        done.out
    );
    let one = program.run(&["inventory", "check", "-c", "policy.yaml", "-n", "a"]);
    assert_eq!(one.code, 0, "{}", one.out);
    let none = program.run(&["plan", "-c", "policy.yaml", "-t", "*"]);
    assert_eq!(none.code, 64);
    assert!(none.err.contains("-n a"), "{}", none.err);
}

#[test]
fn jobs_take_hosts_of_every_source_under_the_rules_of_the_policy_file() {
    let program = program();
    program.write("hosts.ini", "[web]\nnew[1:2]\n");
    let args = ["plan", "-c", "policy.yaml", "-i", "hosts.ini", "-t", "$web"];
    let done = program.run(&args);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("5 hosts"), "{}", done.out);
    let done = program.run(&["simulate", "-i", "hosts.ini", "-t", "$web"]);
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn rules_in_a_further_source_are_refused_rather_than_missed() {
    let done = program().run(&["plan", "-i", "policy.yaml", "-t", "$web"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("name it with -c"), "{}", done.err);
}

#[test]
fn sources_that_are_none_are_told_with_the_cure() {
    let done = inventory("list -i hosts");
    assert_eq!(done.code, 64);
    assert!(done.err.contains("TYPE:hosts"), "{}", done.err);
    let done = program().run(&["inventory", "list"]);
    assert!(done.code == 64 && done.err.contains("-i"), "{}", done.err);
    let done = inventory("list -i more.csv --merge newest");
    assert!(done.code == 64 && done.err.contains("address=last"), "{}", done.err);
}

#[test]
fn a_file_names_sources_with_their_fields() {
    let program = program();
    program.write("assets.csv", "hostname,role\nweb9,frontend\n");
    program.write(
        "sources.yaml",
        "sources:\n  - { type: csv, location: assets.csv, fields: { name: hostname, tags: [{ field: role }] } }\n",
    );
    let list = program.run(&["inventory", "list", "-c", "policy.yaml", "--sources", "sources.yaml"]);
    assert_eq!(list.code, 0, "{}", list.err);
    assert!(list.out.contains("web9") && list.out.contains("web1"), "{}", list.out);
    let plan = program.run(&[
        "plan",
        "-c",
        "policy.yaml",
        "--sources",
        "sources.yaml",
        "-t",
        "$frontend",
    ]);
    assert!(plan.out.contains("1 host: web9"), "{}{}", plan.out, plan.err);
    program.write(
        "sources.yaml",
        "sources:\n  - { type: csv, location: assets.csv, feilds: {} }\n",
    );
    let wrong = program.run(&["plan", "-c", "policy.yaml", "--sources", "sources.yaml", "-t", "*"]);
    assert_eq!(wrong.code, 64);
    assert!(
        wrong.err.contains("sources.yaml:2:40: unknown field `feilds`"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_resolver_that_cannot_answer_stops_the_plan() {
    let program = program();
    program.write(
        "sources.yaml",
        "resolvers:\n  rolesdb: { location: \"sqlite:gone.db\", query: SELECT host FROM roles WHERE role = ? }\n",
    );
    let args = [
        "plan",
        "-c",
        "policy.yaml",
        "--sources",
        "sources.yaml",
        "-t",
        "$rolesdb(mysql)",
    ];
    let done = program.run(&args);
    assert_eq!(done.code, 64);
    if done.err.contains("--features sqlite") {
        eprintln!("LEFT OUT: a_resolver_that_cannot_answer_stops_the_plan needs a program with `sqlite`");
        return;
    }
    assert!(
        done.err.contains("$rolesdb(mysql)") && done.err.contains("gone.db"),
        "{}",
        done.err
    );
}
