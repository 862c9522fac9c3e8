//! Who ordered what, why, and as which request.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Actor, Answer, Command, Event, InputError, JobEventKind, JobId, JobNote, Order, OrderKind, Query, RequestId,
    Scheduler, View,
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
    assert!(records.iter().any(|record| record.event.ended().is_some()));
    for record in &records[began..] {
        let by = record.event.actor().map(ToString::to_string);
        assert_eq!(by.as_deref(), Some("alice@laptop"), "{record:?}");
    }
}

/// By whom the last record says that the job came to this.
fn by(story: &Story, wanted: fn(&JobEventKind) -> bool) -> Option<String> {
    let records = story.drill.records();
    let last = records
        .iter()
        .rev()
        .find(|record| record.event.job_kind().is_some_and(wanted));
    last.unwrap().event.actor().map(ToString::to_string)
}

const FINISHED: fn(&JobEventKind) -> bool = |kind| matches!(kind, JobEventKind::Finished { .. });
const HALTED: fn(&JobEventKind) -> bool = |kind| matches!(kind, JobEventKind::Halted);
const UNBLOCKED: fn(&JobEventKind) -> bool = |kind| matches!(kind, JobEventKind::Unblocked);

fn alice() -> Actor {
    Actor::new("alice")
}

#[test]
fn attempts_that_an_abort_ends_say_by_whom_whatever_is_ordered_meanwhile() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.handle(Order::Abort { job: JOB }.by(alice())).unwrap();
    let change = pogo_core::scheduler::JobUpdate::set(pogo_core::policy::JobSettings::new().priority(3));
    story
        .handle(Order::Alter { job: JOB, change }.by(Actor::new("bob")))
        .unwrap();
    let snapshot = story.drill.scheduler().snapshot();
    let restored = Scheduler::restore(&snapshot).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    story.fails("a");
    let ended = story
        .drill
        .records()
        .iter()
        .find(|record| record.event.ended().is_some());
    let ended = ended.and_then(|record| record.event.actor()).map(ToString::to_string);
    assert_eq!(
        (ended.as_deref(), by(&story, FINISHED).as_deref()),
        (Some("alice"), Some("alice"))
    );
}

#[test]
fn nobody_answers_for_what_was_not_ordered() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(
        on("*")
            .max_failures("0".parse().unwrap())
            .job_timeout(std::time::Duration::from_secs(60)),
    );
    story.handle(Order::Halt { job: JOB }.by(alice())).unwrap();
    story.handle(Order::Resume { job: JOB }.by(alice())).unwrap();
    story.fails("a");
    assert_eq!(by(&story, HALTED), None, "too many failures halted it");
    story.waits(61);
    assert_eq!(by(&story, FINISHED), None, "its time limit ended it");

    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*").job_timeout(std::time::Duration::from_secs(60)));
    story.handle(Order::Halt { job: JOB }.by(alice())).unwrap();
    story.ends("a");
    assert_eq!(by(&story, HALTED).as_deref(), Some("alice"));
    story.waits(61);
    assert_eq!(by(&story, FINISHED), None, "its time limit ended it, and nobody's halt");
}

#[test]
fn what_an_order_changes_at_once_says_by_whom() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.fails("a");
    assert_eq!(story.status(1), pogo_core::scheduler::JobStatus::Blocked);
    let host = crate::story::host("a");
    assert_eq!(
        story.handle(Order::MarkUp { host, force: false }.by(alice())).unwrap(),
        "b"
    );
    assert_eq!(by(&story, UNBLOCKED).as_deref(), Some("alice"));
    let started = story
        .drill
        .records()
        .iter()
        .rev()
        .find(|record| record.event.started().is_some());
    assert_eq!(
        started.unwrap().event.actor(),
        None,
        "who starts is the scheduler's choice"
    );

    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.handle(Order::Pause { job: JOB }).unwrap();
    story.ends("a");
    let hosts = vec![crate::story::host("b")];
    story
        .handle(
            Order::Skip {
                job: JOB,
                hosts,
                force: false,
            }
            .by(alice()),
        )
        .unwrap();
    assert_eq!(by(&story, FINISHED).as_deref(), Some("alice"));
}

#[test]
fn a_hold_that_waited_is_by_whoever_ordered_it() {
    use pogo_core::scheduler::{HoldMode, HostEventKind};
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("a"));
    let hold = crate::holds::hold("b", "ann", HoldMode::Wait).by(alice());
    story.handle(hold).unwrap();
    let snapshot = story.drill.scheduler().snapshot();
    assert!(
        Scheduler::restore(&snapshot)
            .unwrap()
            .same_state(story.drill.scheduler())
    );
    story.ends("a");
    let held = story.drill.records().iter().find_map(|record| match &record.event {
        Event::Host(event) if matches!(event.kind, HostEventKind::Held { .. }) => Some(event.actor.clone()),
        _ => None,
    });
    assert_eq!(held.flatten().map(|actor| actor.to_string()).as_deref(), Some("alice"));
    let view = story.drill.scheduler().holds().next().unwrap();
    assert_eq!(view.hold.actor.as_deref(), Some(&alice()));
}

#[test]
fn a_new_fleet_or_policy_forgets_nobody() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.handle(Order::submit(on("*")).by(alice())).unwrap();
    story.handle(Order::Halt { job: JOB }.by(Actor::new("bob"))).unwrap();
    story.configure(web("a,b,c"), crate::story::at_most("2"));
    let job = story.drill.scheduler().job(JOB).unwrap();
    assert_eq!(job.submitted_by(), Some(&alice()));
    assert_eq!(job.steered().unwrap().to_string(), "halted by bob");
    story.ends("a");
    assert_eq!(by(&story, HALTED).as_deref(), Some("bob"));
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

fn notes(drill: &Drill) -> Vec<String> {
    let View::Job(details) = drill.scheduler().view(drill.now(), &Query::Job { job: JOB }).unwrap() else {
        panic!("another answer");
    };
    details.notes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_note_is_kept_with_who_wrote_it_and_changes_nothing() {
    let mut story = Story::new(web("a,b"), crate::story::at_most("1"));
    story.submit(on("*"));
    story.handle(Order::Pause { job: JOB }.by(Actor::new("bob"))).unwrap();
    let note = |text: &str| Order::Note { job: JOB }.because(text).by(alice());
    assert_eq!(
        execute(&mut story.drill, note("rack 7\u{7} at noon")).unwrap().0,
        Answer::Done
    );
    story.handle(note("done")).unwrap();
    let snapshot = story.drill.scheduler().snapshot();
    let restored = story.drill.with_scheduler(Scheduler::restore(&snapshot).unwrap());
    for drill in [&story.drill, &story.drill.replayed(), &restored] {
        assert_eq!(notes(drill), ["alice: rack 7\\u{7} at noon", "alice: done"]);
        let steered = drill.scheduler().job(JOB).unwrap().steered().unwrap().to_string();
        assert_eq!(steered, "paused by bob", "who paused it is still known");
    }
    let noted = story.drill.records().last().unwrap().event.to_string();
    assert!(noted.starts_with("job-1 was noted by alice: done"), "{noted}");
}

#[test]
fn a_note_without_a_text_or_of_no_job_is_refused() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let empty = [
        Command::new(Order::Note { job: JOB }),
        Order::Note { job: JOB }.because(" "),
    ];
    for command in empty {
        assert_eq!(story.handle(command).unwrap_err(), InputError::EmptyNote);
    }
    let job = JobId::new(9);
    let refused = story.handle(Order::Note { job }.because("x")).unwrap_err();
    assert_eq!(refused, InputError::UnknownJob { job });
}

#[test]
fn of_many_notes_the_last_are_at_hand() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    for nth in 0..=JobNote::MOST {
        story.handle(Order::Note { job: JOB }.because(nth.to_string())).unwrap();
    }
    let kept = notes(&story.drill);
    assert_eq!((kept.len(), kept[0].as_str()), (JobNote::MOST, "1"));
}

#[test]
fn a_configuration_that_is_given_again_undoes_nothing() {
    let mut scheduler = Scheduler::new();
    let mut configure = |hosts: &str, request: &str| {
        let fleet = Arc::new(Fleet::builder().hosts(hosts).build().unwrap());
        let policy = Arc::default();
        let command = Command::new(Order::Configure { fleet, policy });
        let command = command.as_request(RequestId::new(request).unwrap());
        let (answer, events) = scheduler.execute(Timestamp::EPOCH, command).unwrap();
        (answer, events.len(), scheduler.fleet().len())
    };
    assert_eq!(configure("web[1-2]", "first"), (Answer::Done, 2, 2));
    assert_eq!(configure("web[1-3]", "second"), (Answer::Done, 2, 3));
    // Its answer was lost, and somebody else has configured meanwhile.
    assert_eq!(configure("web[1-2]", "first"), (Answer::Done, 0, 3));
    assert!(scheduler.has_answered(&RequestId::new("second").unwrap()));
}
