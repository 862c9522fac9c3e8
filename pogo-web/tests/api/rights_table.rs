//! Who may do what in the tests of rights: the grants, and a row for each route and each order.

use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{HoldMode, JobId, JobUpdate, Order};
use pogo_web::{Grant, Grants, Recipe, Verb, Who};

use crate::served::configuration;

/// `alice` submitted every job; the others have nothing to do with them. `dba` and `cook` are limited to hosts and
/// recipes.
pub(crate) fn grants() -> Grants {
    let named = |name: &str, verbs: &[Verb]| Grant::new([Who::Name(name.into())], verbs.iter().copied());
    let on = |name: &str, verbs: &[Verb], hosts: &str| named(name, verbs).targets(hosts.parse().unwrap());
    Grants::new()
        .member("bosses", "boss")
        .recipe(Recipe::new("uptime", RemoteCommand::shell("uptime")))
        .grant(named("viewer", &[Verb::View]))
        .grant(named("reader", &[Verb::ViewOutput]))
        .grant(named("runner", &[Verb::Run]))
        .grant(named("mallory", &[Verb::SteerOwn]))
        .grant(named("alice", &[Verb::SteerOwn]))
        .grant(Grant::new([Who::Group("bosses".into())], [Verb::SteerAll]))
        .grant(named("admin", &[Verb::Admin]))
        .grant(on("dba", &[Verb::ViewOutput, Verb::Run, Verb::SteerAll], "web[1-2]"))
        .grant(named("cook", &[Verb::Run, Verb::SteerOwn]).recipes(["uptime"]))
        .grant(named("elsewhere", Verb::ALL).namespaces(["other"]))
        .grant(on("tagged", &[Verb::Run], "$db"))
        // Not that anybody could be let in by it: it is limited, and so is about no whole namespace.
        .grant(on("limited", &[Verb::View, Verb::Admin], "*"))
}

pub(crate) const EVERYBODY: &[&str] = &[
    "owner",
    "scoped",
    "scoped-boss",
    "viewer",
    "reader",
    "runner",
    "mallory",
    "alice",
    "boss",
    "admin",
    "dba",
    "cook",
    "elsewhere",
    "limited",
    "tagged",
    "stranger",
];

/// Who is let through at each route. A route without a row fails.
pub(crate) const ROUTES: &[(&str, &str, &[&str])] = &[
    ("GET /healthz", "/healthz", EVERYBODY),
    ("GET /readyz", "/readyz", EVERYBODY),
    ("GET /metrics", "/metrics", EVERYBODY),
    ("GET /v1/openapi.json", "/v1/openapi.json", EVERYBODY),
    ("GET /v1", "/v1", EVERYBODY),
    ("GET /v1/logins", "/v1/logins", EVERYBODY),
    ("GET /v1/session", "/v1/session", EVERYBODY),
    ("GET /login/{login}", "/login/company", EVERYBODY),
    ("GET /login/{login}/callback", "/login/company/callback", EVERYBODY),
    ("POST /logout", "/logout", EVERYBODY),
    ("GET /v1/namespaces", "/v1/namespaces", EVERYBODY),
    ("GET …", "…", VIEWERS),
    ("GET …/status", "…/status", VIEWERS),
    ("GET …/configuration", "…/configuration", VIEWERS),
    ("POST …/orders", "…/orders", ORDERING),
    ("POST …/preview", "…/preview", ORDERING),
    ("POST …/plan", "…/plan", VIEWERS),
    ("POST …/answers", "…/answers", RUNNERS),
    ("POST …/inputs", "…/inputs", RUNNERS),
    ("POST …/secrets", "…/secrets", RUNNERS),
    ("GET …/jobs", "…/jobs", VIEWERS),
    ("GET …/jobs/{job}", "…/jobs/1", VIEWERS),
    ("GET …/jobs/{job}/wait", "…/jobs/1/wait", VIEWERS),
    ("GET …/jobs/{job}/hosts", "…/jobs/1/hosts", VIEWERS),
    ("GET …/jobs/{job}/events", "…/jobs/1/events", VIEWERS),
    (
        "GET …/jobs/{job}/hosts/{host}/explain",
        "…/jobs/2/hosts/web4/explain",
        VIEWERS,
    ),
    (
        "GET …/jobs/{job}/hosts/{host}/reasons",
        "…/jobs/2/hosts/web4/reasons",
        VIEWERS,
    ),
    ("GET …/jobs/{job}/overview", "…/jobs/1/overview", VIEWERS),
    ("GET …/jobs/{job}/bars", "…/jobs/1/bars", VIEWERS),
    (
        "GET …/jobs/{job}/output",
        "…/jobs/1/output?attempts=7",
        &["owner", "reader", "dba"],
    ),
    (
        "GET …/jobs/{job}/attempts/{attempt}/output/{stream}",
        "…/jobs/1/attempts/7/output/stderr",
        &["owner", "reader", "dba"],
    ),
    ("GET …/hosts/{host}", "…/hosts/web1", VIEWERS),
    ("GET …/attempts", "…/attempts", VIEWERS),
    ("GET …/slots", "…/slots", VIEWERS),
    ("GET …/holds", "…/holds", VIEWERS),
    ("GET …/history", "…/history", VIEWERS),
    ("GET …/touched", "…/touched?from=0", VIEWERS),
    ("GET …/records", "…/records", VIEWERS),
    ("GET …/events", "…/events", VIEWERS),
];

const VIEWERS: &[&str] = &["owner", "scoped", "viewer"];
const RUNNERS: &[&str] = &["owner", "runner", "dba", "cook", "tagged"];
/// Whoever may give any order at all comes as far as the order itself, which these requests do not have.
const ORDERING: &[&str] = &[
    "owner",
    "scoped-boss",
    "runner",
    "mallory",
    "alice",
    "boss",
    "admin",
    "dba",
    "cook",
    "tagged",
];

/// Who may give each order about job 2 of alice on web3 and web4, or about web1, and everything of that kind that is
/// told apart.
pub(crate) fn orders() -> Vec<(&'static str, Order, &'static [&'static str])> {
    let hosts = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>();
    let shell = |targets: &str, line: &str| JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell(line));
    let me = || "me".parse().unwrap();
    let bob = || "bob".parse().unwrap();
    let job = JobId::new(2);
    let steering = &["owner", "alice", "boss"][..];
    let on_web1 = &["owner", "boss", "dba"][..];
    let mut with_hooks = shell("web3", "uptime");
    with_hooks.settings.pre_hooks = Some("/tmp".to_owned());
    let mut unbound = shell("web3", "uptime");
    unbound.override_constraints = Some("now".to_owned());
    vec![
        ("submit", Order::submit(shell("web3", "id")), &["owner", "runner"]),
        (
            "submit a recipe",
            Order::submit(shell("web3", "uptime")),
            &["owner", "runner", "cook"],
        ),
        (
            "submit a recipe with hooks",
            Order::submit(with_hooks.clone()),
            &["owner", "runner"],
        ),
        (
            "submit on hosts of the grant",
            Order::submit(shell("web[1-2]", "id")),
            &["owner", "runner", "dba"],
        ),
        (
            "submit on hosts of both",
            Order::submit(shell("web1", "id")),
            &["owner", "runner", "dba"],
        ),
        (
            "submit on some others",
            Order::submit(shell("web[2-3]", "id")),
            &["owner", "runner"],
        ),
        ("submit on all", Order::submit(shell("*", "id")), &["owner", "runner"]),
        (
            "submit on all but some",
            Order::submit(shell("!web[3-4]", "id")),
            &["owner", "runner", "dba"],
        ),
        // To run and to run without limits are two rights.
        ("submit without limits", Order::submit(unbound), &["owner"]),
        ("pause", Order::Pause { job }, steering),
        ("resume", Order::Resume { job }, steering),
        ("promote", Order::Promote { job }, steering),
        (
            "alter",
            Order::Alter {
                job,
                change: JobUpdate::set(JobSettings::new().retries(1)),
            },
            steering,
        ),
        // Hooks are what runs: whoever steers may not run.
        (
            "alter hooks",
            Order::Alter {
                job,
                change: JobUpdate::set(with_hooks.settings),
            },
            &["owner"],
        ),
        (
            "retry",
            Order::Retry {
                job,
                hosts: hosts(&["web4"]),
                force: false,
            },
            steering,
        ),
        (
            "retry on a host of the grant",
            Order::Retry {
                job: JobId::new(1),
                hosts: hosts(&["web2"]),
                force: false,
            },
            &["owner", "alice", "boss", "dba"],
        ),
        (
            "skip",
            Order::Skip {
                job,
                hosts: hosts(&["web4"]),
                force: false,
            },
            steering,
        ),
        (
            "hold",
            Order::Hold {
                hosts: hosts(&["web1"]),
                owner: me(),
                priority: 0,
                mode: HoldMode::Wait,
            },
            on_web1,
        ),
        (
            "release",
            Order::Release {
                hosts: hosts(&["web1"]),
                by: me(),
                force: false,
            },
            on_web1,
        ),
        (
            "release others",
            Order::Release {
                hosts: hosts(&["web1", "web3"]),
                by: me(),
                force: false,
            },
            &["owner", "boss"],
        ),
        // Under a name that is not theirs, whoever may do anything to the limits holds hosts, and nobody else.
        (
            "hold as somebody else",
            Order::Hold {
                hosts: hosts(&["web1"]),
                owner: bob(),
                priority: 0,
                mode: HoldMode::Wait,
            },
            &["owner"],
        ),
        (
            "hold as somebody whose name begins alike",
            Order::Hold {
                hosts: hosts(&["web1"]),
                owner: "bossy".parse().unwrap(),
                priority: 0,
                mode: HoldMode::Wait,
            },
            &["owner"],
        ),
        (
            "hold for a ticket",
            Order::Hold {
                hosts: hosts(&["web1"]),
                owner: "boss: CHG-1234".parse().unwrap(),
                priority: 0,
                mode: HoldMode::Wait,
            },
            &["owner", "boss"],
        ),
        (
            "release what somebody else holds",
            Order::Release {
                hosts: hosts(&["web1"]),
                by: bob(),
                force: false,
            },
            &["owner"],
        ),
        // By force it is their own name that is recorded.
        (
            "release by force",
            Order::Release {
                hosts: hosts(&["web1"]),
                by: bob(),
                force: true,
            },
            on_web1,
        ),
        (
            "submit under the hold of somebody else",
            Order::submit(shell("web1", "id").under_hold(bob())),
            &["owner"],
        ),
        (
            "submit under their own hold",
            Order::submit(shell("web1", "id").under_hold("runner".parse().unwrap())),
            &["owner", "runner"],
        ),
        (
            "mark down",
            Order::MarkDown {
                host: "web1".parse().unwrap(),
            },
            on_web1,
        ),
        (
            "mark up",
            Order::MarkUp {
                host: "web1".parse().unwrap(),
                force: false,
            },
            on_web1,
        ),
        // It counts for hosts that the selector comes to name later.
        (
            "freeze",
            Order::Freeze {
                hosts: "web1".parse().unwrap(),
            },
            &["owner", "boss"],
        ),
        (
            "thaw",
            Order::Thaw {
                hosts: "web1".parse().unwrap(),
            },
            &["owner", "boss"],
        ),
        ("halt", Order::Halt { job }, steering),
        ("abort", Order::Abort { job }, steering),
        ("configure", configuration(4), &["owner", "admin"]),
    ]
}
