//! What refusals say to a person.

use pogo_core::scheduler::{Input, JobId, Order};

use crate::story::{Story, at_most, hosts, on, web};

const JOB: JobId = JobId::new(1);

fn refusal(story: &mut Story, input: impl Into<Input>) -> String {
    story.handle(input).unwrap_err().to_string()
}

#[test]
fn a_refused_order_names_the_state_that_it_does_not_fit() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let retry = |host| Order::Retry {
        job: JOB,
        hosts: hosts(host),
        force: false,
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
    let skip = Order::Skip {
        job: JOB,
        hosts: hosts("a"),
        force: false,
    };
    assert_eq!(
        refusal(&mut story, skip),
        "host `a` of job-1 is done: it cannot be skipped"
    );
    assert_eq!(
        refusal(&mut story, Order::Resume { job: JOB }),
        "job-1 is running: it cannot be resumed"
    );
    story.handle(Order::Pause { job: JOB }).unwrap();
    assert_eq!(
        refusal(&mut story, Order::Pause { job: JOB }),
        "job-1 is paused: it cannot be paused"
    );
    story.ends("b");
    let abort = Order::Abort { job: JOB };
    assert_eq!(refusal(&mut story, abort), "job-1 is finished: it cannot be aborted");
}
