//! For terminals.

use std::time::Duration;

use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_core::sim::{Fault, TaskTimes, World};
use pogo_picture::{Timeline, moments};

use super::worlds::{rollout, shop};

#[test]
fn a_small_rollout_looks_like_this() {
    let (fleet, policy) = shop(2, 8);
    let failed = Outcome::failed(FailureKind::Command { status: 1 }, "");
    let mut world = World::new(fleet, policy)
        .unwrap()
        .task_times(TaskTimes::Fixed(Duration::from_secs(10)));
    world = world
        .inject(&"front2".parse().unwrap(), &Fault::Always(failed))
        .unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    let text = Timeline::of(&world.run().records).unwrap().text(78);
    let wanted = "\
job-1: 10 hosts in 1m 00s
7 succeeded, 1 failed, 2 waiting, the job is blocked
blocked: front2 (failed in job 1 at 40.0s) holds the only slot of $front.east (max_parallel: 25%)

                              0s                 30s
$cache  (2 hosts)
  cache1                      ██████✓
  cache2                      ······██████✓
$front.east  (4 hosts)
  front1                      ············███████✓
  front2                      ···················██████✕━━━━━━━━━━━━
  front3                      ······································
  front4                      ······································
$front.west  (4 hosts)
  front5                      ············███████✓
  front6                      ···················██████✓
  front7                      ·························██████✓
  front8                      ·······························██████✓

  $cache                      ████████████                           1/1
  $front.east                             █████████████████████████  1/1
  $front.west                             █████████████████████████  1/1

  · waiting  ░ connect  ▒ pre-hook  █ running  ▓ post-hook  ╌ settle  ! slow
  ✓ succeeded  ✕ failed  ? in doubt  ↓ marked down  H held  ━ keeps its slots
";
    assert_eq!(text, wanted, "\n{text}");
}

#[test]
fn a_host_that_takes_longer_than_is_usual_is_marked() {
    let fleet = pogo_core::fleet::Fleet::builder().hosts("a,b").build().unwrap();
    let slow = Fault::Slow(std::time::Duration::from_secs(899));
    let mut world = World::new(fleet, Policy::default())
        .unwrap()
        .inject(&"b".parse().unwrap(), &slow)
        .unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    let records = world.run().records;
    let timeline = Timeline::of(&records).unwrap();
    let text = timeline.text(78);
    assert!(text.contains("2 succeeded, 1 slow"), "{text}");
    assert!(text.contains("█!█"), "{text}");
    assert!(text.contains("! slow\n"), "{text}");
    assert!(timeline.svg().contains("slow since 10m"), "{}", timeline.svg());
    let moments = moments(&records).to_string();
    assert!(moments.contains("slow      b"), "{moments}");
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    for (fronts, failing) in [(24, "front07"), (996, "front007")] {
        let text = Timeline::of(&rollout(fronts, failing, "")).unwrap().text(80);
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest.unwrap() <= 80, "{text}");
        assert!(text.lines().count() < 70, "{text}");
    }
}

#[test]
fn moments_count_from_the_first_record() {
    let records = rollout(4, "front2", "");
    let text = moments(&records).to_string();
    assert!(text.starts_with("      0.000s  started   cache1\n"), "{text}");
    let later = moments(&records[3..]).since(records[0].at).to_string();
    assert!(text.ends_with(&later), "{later}");
}

#[test]
fn the_jobs_own_limit_has_a_row_of_its_own() {
    let mut world = World::new(shop(2, 4).0, pogo_core::policy::Policy::default()).unwrap();
    let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")).max_parallel("2".parse().unwrap());
    world.submit(spec).unwrap();
    let text = Timeline::of(&world.run().records).unwrap().text(78);
    let row = text.lines().find(|line| line.trim_start().starts_with("this job"));
    assert!(row.is_some_and(|row| row.ends_with(" 2/2")), "{text}");
}
