//! What refusals and blockers say to a person.

use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Input, JobId};

use crate::story::{Story, at_most, hosts, on, web};

const JOB: JobId = JobId::new(1);

fn refusal(story: &mut Story, input: Input) -> String {
    story.tell(input).unwrap_err().to_string()
}

#[test]
fn a_refused_order_names_the_state_that_it_does_not_fit() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let retry = |host| Input::Retry {
        job: JOB,
        hosts: hosts(host),
    };
    assert_eq!(
        refusal(&mut story, retry("a")),
        "host `a` of job-1 is running: it cannot be retried"
    );
    assert_eq!(
        refusal(&mut story, retry("b")),
        "host `b` of job-1 is waiting: it cannot be retried"
    );
    story.ends("a");
    let skip = Input::Skip {
        job: JOB,
        hosts: hosts("a"),
    };
    assert_eq!(
        refusal(&mut story, skip),
        "host `a` of job-1 is done: it cannot be skipped"
    );
    assert_eq!(
        refusal(&mut story, Input::Resume { job: JOB }),
        "job-1 is running: it cannot be resumed"
    );
    story.tell(Input::Pause { job: JOB }).unwrap();
    assert_eq!(
        refusal(&mut story, Input::Pause { job: JOB }),
        "job-1 is paused: it cannot be paused"
    );
    story.ends("b");
    let abort = Input::Abort {
        job: JOB,
        reason: String::new(),
    };
    assert_eq!(refusal(&mut story, abort), "job-1 is finished: it cannot be aborted");
}

#[test]
fn a_blocker_says_who_is_in_the_way_and_what_would_help() {
    let say = |story: &Story, host: &str| {
        let why = story.explain(1, host);
        why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let full = "all 1 places of `$web` (max_parallel: 1) are taken: ";
    assert_eq!(say(&story, "b"), format!("{full}a (running); it goes on when one ends"));
    story.fails("a");
    let help = "retry, skip or mark up the hosts that do not serve";
    assert_eq!(say(&story, "b"), format!("{full}a (failed); {help}"));

    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(JobSpec {
        max_parallel: Some("1".parse().unwrap()),
        ..on("*")
    });
    assert_eq!(say(&story, "b"), "the job runs 1 hosts at once, as many as it may");
    story.tell(Input::Pause { job: JOB }).unwrap();
    assert!(say(&story, "b").starts_with("the job is paused; resume it"));
}
