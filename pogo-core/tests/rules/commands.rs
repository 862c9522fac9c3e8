//! Who ordered what, why, and as which request.

use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Actor, Answer, Command, Event, InputError, JobEventKind, JobId, Order, OrderKind, RequestId, Scheduler,
};
use pogo_core::testing::{Drill, Step};

use crate::story::{Story, on, web};

const JOB: JobId = JobId::new(1);

fn request(order: Order) -> Command {
    order
        .by(Actor::new("alice").at_host("laptop"))
        .because("deploy is broken")
        .as_request(RequestId::new("7c1e").unwrap())
}

fn execute(drill: &mut Drill, command: Command) -> Result<(Answer, Vec<Event>), InputError> {
    let mut scheduler = drill.scheduler().clone();
    let answer = scheduler.execute(drill.now(), command.clone())?;
    drill.handle(command)?;
    Ok(answer)
}

#[test]
fn the_same_request_again_gets_the_same_answer_and_does_nothing_also_after_a_restart() {
    let mut story = Story::new(web("a,b"), Policy::default());
    let submit = request(Order::submit(on("*")));
    let (answer, events) = execute(&mut story.drill, submit.clone()).unwrap();
    assert_eq!(answer, Answer::Job(JOB));
    assert!(events.len() > 1);
    let replayed = story.drill.replayed();
    let snapshot = story.drill.scheduler().snapshot();
    let restored = story.drill.with_scheduler(Scheduler::restore(&snapshot).unwrap());
    for mut drill in [story.drill, replayed, restored] {
        assert_eq!(execute(&mut drill, submit.clone()), Ok((Answer::Job(JOB), vec![])));
        assert_eq!(drill.scheduler().jobs().count(), 1);
    }
}

#[test]
fn a_request_that_was_refused_may_be_given_again() {
    let mut story = Story::new(web("a"), Policy::default());
    let pause = request(Order::Pause { job: JOB });
    assert!(matches!(
        execute(&mut story.drill, pause.clone()),
        Err(InputError::UnknownJob { .. })
    ));
    story.submit(on("*"));
    assert_eq!(execute(&mut story.drill, pause).unwrap().0, Answer::Done);
}

#[test]
fn a_request_id_of_another_order_is_refused() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    story.handle(request(Order::Pause { job: JOB })).unwrap();
    let refused = story.handle(request(Order::Resume { job: JOB })).unwrap_err();
    assert!(
        matches!(
            refused,
            InputError::RequestReused {
                order: OrderKind::Pause,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn all_that_an_order_leads_to_says_by_whom_and_the_end_of_the_job_too() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.handle(request(Order::Abort { job: JOB })).unwrap();
    story.drill.play(&Step::Tick);
    let records = story.drill.records();
    let began = records
        .iter()
        .position(|record| record.event.actor().is_some())
        .unwrap();
    let finished = |event: &Event| matches!(event.job_kind(), Some(JobEventKind::Finished { .. }));
    assert!(records.iter().any(|record| finished(&record.event)));
    for record in &records[began..] {
        let by = record.event.actor().map(ToString::to_string);
        let ended = record.event.ended().is_some();
        assert_eq!(by.is_some(), !ended, "{record:?}");
        assert!(by.is_none_or(|by| by == "alice@laptop"));
    }
}

#[test]
fn explain_says_who_paused_a_job_when_and_why() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.handle(request(Order::Pause { job: JOB })).unwrap();
    let said: Vec<String> = story.obstacles(1, "b").iter().map(ToString::to_string).collect();
    let who = "the job was paused by alice@laptop at ";
    assert!(
        said.iter()
            .any(|said| said.starts_with(who) && said.contains(": deploy is broken")),
        "{said:?}"
    );
    let steered = story.drill.scheduler().job(JOB).unwrap().steered().cloned().unwrap();
    assert_eq!(steered.to_string(), "paused by alice@laptop: deploy is broken");
    story.handle(Order::Resume { job: JOB }).unwrap();
    let last = story.drill.scheduler().job(JOB).unwrap().steered().cloned().unwrap();
    assert_eq!((last.order, last.actor), (OrderKind::Resume, None));
}

#[test]
fn numbers_of_jobs_only_grow() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let job = Some(JobId::new(7));
    let spec = std::sync::Arc::new(on("*"));
    story
        .handle(Order::Submit {
            job,
            spec: spec.clone(),
        })
        .unwrap();
    for number in [1, 3, 7] {
        let (job, spec) = (JobId::new(number), spec.clone());
        let again = Order::Submit { job: Some(job), spec };
        assert_eq!(story.handle(again), Err(InputError::DuplicateJob { job }));
    }
    assert_eq!(story.drill.scheduler().next_job(), JobId::new(8));
}
