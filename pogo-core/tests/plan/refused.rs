//! Jobs that no host could take are refused before anything begins.

use pogo_core::fleet::Fleet;
use pogo_core::plan::{ExecOptions, JobSpec, Plan, RemoteCommand, RunAs, SentFile};
use pogo_core::policy::Policy;

/// What is said of a job, if it is refused.
fn said(change: impl FnOnce(&mut JobSpec)) -> Option<String> {
    let fleet = Fleet::builder().hosts("a").build().unwrap();
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    change(&mut spec);
    let plan = Plan::compile(&fleet, &Policy::default(), &spec);
    plan.err().map(|error| error.to_string())
}

fn of(change: impl FnOnce(&mut ExecOptions)) -> Option<String> {
    said(|spec| change(&mut spec.exec_options))
}

#[test]
fn an_empty_command_is_refused() {
    for empty in [
        RemoteCommand::shell(" "),
        RemoteCommand::argv(Vec::<String>::new()),
        RemoteCommand::argv(["", "x"]),
    ] {
        let refused = said(|spec| spec.command = empty.clone());
        assert_eq!(refused.as_deref(), Some("the command is empty"), "{empty:?}");
    }
    assert_eq!(said(|spec| spec.command = RemoteCommand::argv(["true"])), None);
}

#[test]
fn constraints_are_not_overridden_without_a_reason() {
    assert!(said(|spec| spec.override_constraints = Some(" ".into())).is_some());
    assert_eq!(said(|spec| spec.override_constraints = Some("fire".into())), None);
}

#[test]
fn variables_have_names_that_shells_take() {
    for (name, fits) in [
        ("PATH", true),
        ("_x1", true),
        ("x", true),
        ("", false),
        ("1x", false),
        ("A-B", false),
        ("A B", false),
        ("POGO_X", false),
    ] {
        let refused = of(|it| _ = it.environment.insert(name.into(), String::new()));
        assert_eq!(refused.is_none(), fits, "{name:?}: {refused:?}");
    }
}

#[test]
fn commands_run_as_users_or_through_programs_that_have_names() {
    let through = |words: &[&str]| RunAs::Through(words.iter().map(|&word| word.into()).collect());
    for (run_as, fits) in [
        (RunAs::User("deploy".into()), true),
        (RunAs::User(String::new()), false),
        (RunAs::User("-u".into()), false),
        (through(&["chroot", "/srv"]), true),
        (through(&[]), false),
        (through(&["", "x"]), false),
    ] {
        let refused = of(|it| it.run_as = Some(run_as.clone()));
        assert_eq!(refused.is_none(), fits, "{run_as:?}: {refused:?}");
    }
}

#[test]
fn detached_jobs_have_short_plain_names() {
    let longest = "x".repeat(64);
    for (key, fits) in [
        ("job-1_b", true),
        (&*longest, true),
        ("", false),
        ("a b", false),
        ("../x", false),
        (&*format!("{longest}x"), false),
    ] {
        let refused = of(|it| it.detached = Some(key.into()));
        assert_eq!(refused.is_none(), fits, "{key:?}: {refused:?}");
    }
}

#[test]
fn files_have_a_mode_of_four_octal_digits() {
    for (mode, fits) in [(0o7777, true), (0o644, true), (0o10000, false), (u32::MAX, false)] {
        let file = SentFile::new("tool").mode(mode);
        assert_eq!(of(|it| it.files = vec![file]).is_none(), fits, "{mode:o}");
    }
}

#[test]
fn exec_options_that_are_not_plain_are_stored() {
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    assert!(spec.exec_options.is_plain());
    assert!(!serde_json::to_string(&spec).unwrap().contains("environment"));
    spec.exec_options.environment.insert("A".into(), "1".into());
    assert!(!spec.exec_options.is_plain());
    let stored = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<JobSpec>(&stored).unwrap(), spec);
}
