//! How much verbs print of what is kept, and in which form.

use serde_json::Value;

use super::kept_store::Kept;

#[test]
fn outputs_and_ends_are_printed_for_programs_and_by_how_much_is_asked_for() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    assert_eq!(kept.run("@web", &["--", "echo here; echo there >&2"]).code, 0);
    let logs = kept.verb(&["logs", "1", "--format", "jsonl"]);
    assert_eq!((logs.code, logs.err.as_str()), (0, ""), "{}", logs.out);
    let lines: Vec<Value> = logs
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let wrote = |host: &str, stream: &str| {
        let of = lines
            .iter()
            .filter(|line| line["host"] == host && line["output"] == stream);
        of.map(|line| line["text"].as_str().unwrap()).collect::<String>()
    };
    assert_eq!(
        (wrote("web1", "stdout").as_str(), wrote("web2", "stderr").as_str()),
        ("here\n", "there\n")
    );
    // When it came, and not when it is read.
    let events = kept.verb(&["events", "1", "--format", "jsonl"]);
    let last: Value = serde_json::from_str(events.out.lines().last().unwrap()).unwrap();
    assert!(
        lines.iter().all(|line| line["at"].as_u64() <= last["at"].as_u64()),
        "{}",
        logs.out
    );
    kept.verb(&["logs", "1", "--format", "jsonl", "-b"])
        .assert_refused(&["leave out --format jsonl"]);
    let more = kept.verb(&["logs", "1", "-v"]);
    assert!(more.err.contains("web1: a"), "{}", more.err);

    let silent = kept.verb(&["wait", "1"]);
    assert_eq!((silent.code, silent.out.as_str(), silent.err.as_str()), (0, "", ""));
    let said = kept.verb(&["wait", "1", "-v"]);
    assert_eq!(
        said.err,
        "job 1 is finished: 2 succeeded, 0 failed, 0 in doubt, 0 skipped\n"
    );
    let json: Value = serde_json::from_str(&kept.verb(&["wait", "1", "--format", "json"]).out).unwrap();
    assert_eq!((&json["job"], &json["status"]), (&1.into(), &"finished".into()));
    assert_eq!(json["tally"]["succeeded"], 2);

    let order = kept.verb(&["note", "1", "all is well", "-q"]);
    assert_eq!((order.code, order.out.as_str(), order.err.as_str()), (0, "", ""));
    assert_ne!(kept.verb(&["note", "1", "all is well"]).out, "");
}
