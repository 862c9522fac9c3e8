//! Stages as a graph.

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
use pogo_core::policy::{Policy, Sequence};
use pogo_picture::StageGraph;
use roxmltree::Document;

use super::worlds::{of_class, shop};

fn plan(fleet: &Fleet, policy: &Policy) -> Plan {
    let job = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart"));
    Plan::compile(fleet, policy, &job).unwrap()
}

#[test]
fn the_graph_for_graphviz_is_this() {
    let (fleet, policy) = shop(4, 24);
    let dot = StageGraph::of(&plan(&fleet, &policy)).dot();
    let wanted = "digraph {
    rankdir=\"LR\"
    0 [ label = \"caches first\\l$cache\\l4 hosts: cache[1-4]\\l\" shape = box]
    1 [ label = \"caches first\\l$front\\l24 hosts: front[01-24]\\l\" shape = box]
    0 -> 1 [ ]
}
";
    assert_eq!(dot, wanted);
}

#[test]
fn a_name_cannot_break_out_of_a_label() {
    let fleet = Fleet::builder().tagged("a", "a1").tagged("b", "b1").build().unwrap();
    let order = Sequence::new(
        "\"] evil [\\ </text><script>",
        ["$a".parse().unwrap(), "$b".parse().unwrap()],
    );
    let policy = Policy::new().sequence(order);
    let graph = StageGraph::of(&plan(&fleet, &policy));
    assert!(
        graph.dot().contains("label = \"\\\"] evil [\\\\ </text><script>\\l$a"),
        "{}",
        graph.dot()
    );
    let svg = graph.svg();
    Document::parse(&svg).unwrap();
    assert!(!svg.contains("<script"));
}

/// South before north and west before east, with hosts in two of them: what they share makes one sequence wait for the
/// other.
#[test]
fn sequences_that_share_hosts_are_tied_by_dashed_arrows() {
    let fleet = Fleet::builder()
        .tagged("south", "s")
        .tagged("north", "n,x")
        .tagged("west", "w")
        .tagged("east", "e,x");
    let fleet = fleet.build().unwrap();
    let sequence = |name: &str, stages: [&str; 2]| Sequence::new(name, stages.map(|stage| stage.parse().unwrap()));
    let policy = Policy::new()
        .sequence(sequence("horizontal", ["$south", "$north"]))
        .sequence(sequence("vertical", ["$west", "$east"]));
    let svg = StageGraph::of(&plan(&fleet, &policy)).svg();
    let document = Document::parse(&svg).unwrap();
    assert_eq!(of_class(&document, "arrow").len(), 2);
    assert_eq!(of_class(&document, "across").len(), 2);
}

#[test]
fn hosts_in_no_sequence_are_not_forgotten() {
    let fleet = Fleet::builder().tagged("web", "w[1-3]").build().unwrap();
    let svg = StageGraph::of(&plan(&fleet, &Policy::default())).svg();
    assert!(svg.contains("3 hosts, start at once") && svg.contains("w[1-3]"));
}

#[test]
fn what_follows_from_other_arrows_is_left_out() {
    let fleet = Fleet::builder()
        .tagged("a", "a1,x")
        .tagged("b", "b1")
        .tagged("c", "c1,y")
        .tagged("d", "x")
        .tagged("e", "y");
    let fleet = fleet.build().unwrap();
    let sequence = |name: &str, stages: &[&str]| Sequence::new(name, stages.iter().map(|stage| stage.parse().unwrap()));
    // `$d` shares a host with `$a`, and `$e` one with `$c`: so `$e` waits for `$b`, which says that it waits for `$a`.
    let policy = Policy::new()
        .sequence(sequence("long", &["$a", "$b", "$c"]))
        .sequence(sequence("short", &["$d", "$e"]));
    let dot = StageGraph::of(&plan(&fleet, &policy)).dot();
    let arrows: Vec<&str> = dot.lines().filter(|line| line.contains("->")).map(str::trim).collect();
    let mut sorted = arrows.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "0 -> 1 [ ]",
            "1 -> 2 [ ]",
            "1 -> 4 [ style = dashed]",
            "3 -> 2 [ style = dashed]",
            "3 -> 4 [ ]"
        ]
    );
}
