//! `pogo history`: what touched hosts in a stretch of time.

use super::store_site::StoreSite;

/// A job on web1 and web2, of which web2 failed, and an order about web3.
fn night() -> StoreSite {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &["web1", "web2", "web3"]);
    assert_eq!(kept.run("web[1-2]", &[], "test $POGO_HOST = web1").code, 1);
    kept.ok(&["mark", "down", "web3", "--reason", "disk is broken"]);
    kept
}

/// The cells of each line below the heading, without the times in front.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells
            .filter(|cell| !cell.starts_with("20"))
            .map(str::to_owned)
            .collect()
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn jobs_and_orders_that_touched_hosts_are_in_one_list() {
    let kept = night();
    let all = kept.ok(&["history"]);
    assert!(all.starts_with("at "), "{all}");
    let rows_of_all = rows(&all);
    let job = rows_of_all.iter().find(|row| row[0] == "1").unwrap();
    assert_eq!(
        job[2..],
        ["web[1-2]", "ran: 1 succeeded, 1 failed", "test $POGO_HOST = web1"]
    );
    let order = rows_of_all.last().unwrap();
    assert_eq!(order[1..], ["web3", "was marked down: disk is broken"], "{all}");
    let of_web2 = rows(&kept.ok(&["history", "web2", "--since", "1h"]));
    assert!(
        of_web2.iter().any(|row| row.contains(&"ran: 1 failed".to_owned())),
        "{of_web2:?}"
    );
    assert!(
        !of_web2.iter().flatten().any(|cell| cell.contains("marked")),
        "{of_web2:?}"
    );
}

#[test]
fn what_was_before_and_after_is_left_out() {
    let kept = night();
    let nothing = "nothing: no job ran there, and nothing was ordered\n";
    assert_eq!(
        kept.ok(&["history", "--since", "2001-01-01", "--until", "2001-01-02T00:00:00Z"]),
        nothing
    );
    let found = kept.json(&["history", "$web", "--from", "2001-01-01", "--to", "2999-01-01"]);
    let kinds: Vec<&str> = found["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|touch| touch["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"job") && kinds.contains(&"order"), "{found:#}");
}

#[test]
fn a_stretch_of_time_that_is_none_is_refused() {
    let kept = night();
    kept.verb(&["history", "--since", "1h", "--until", "2h"])
        .assert_refused(&["--until is before --since"]);
    let wrong = kept.verb(&["history", "--since", "yesterday"]);
    assert!(
        wrong.code == 64 && wrong.err.contains("a time of today (14:02)"),
        "{}",
        wrong.err
    );
    kept.verb(&["history", "$nowhere"]).assert_refused(&["nowhere"]);
}
