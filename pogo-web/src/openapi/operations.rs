//! What each route takes and answers, in the order of the routes.

use pogo_api::wire::{
    About, Configuration, HistoryPage, InputPart, JobOutput, JobRecords, LoggedOut, Logins, NamespaceRecords,
    Namespaces, OrderAnswer, OutputPart, PlanRequest, ProblemKind, QuestionAnswer, Secrets, Session, Status, Touched,
    Upload, WaitAnswer,
};
use pogo_core::scheduler::{Command, JobStatus, TaskState};
use pogo_core::stream::QueryAnswer;

use super::operation::{ATTEMPT, HOST, JOB, LIMIT, Operation};
use crate::handlers::Planned;
use crate::timeline::{Bars, Overview, Preview, Reasons};

const MOST: &str = "How many entries to give at once; up to 1,000.";

pub(super) fn operations() -> Vec<Operation> {
    let mut all = of_server();
    all.extend(of_namespace());
    all.extend(of_orders());
    all.extend(of_jobs());
    all.extend(of_timelines());
    all.extend(of_hosts());
    all
}

macro_rules! namespace {
    ($rest:literal) => {
        concat!("/v1/namespaces/{namespace}", $rest)
    };
}

fn of_server() -> Vec<Operation> {
    vec![
        Operation::get("/healthz", "health", "That the server answers.").text("text/plain", "`ok`."),
        Operation::get("/readyz", "ready", "Whether every dispatcher takes orders.")
            .text("text/plain", "`ready`.")
            .or(&[ProblemKind::JournalAway]),
        Operation::get("/metrics", "metrics", "Figures, as Prometheus reads them.")
            .text("text/plain", "Of the namespaces that whoever asks may view."),
        Operation::get("/v1/openapi.json", "openapi", "This document.").any_document("Of OpenAPI 3.1."),
        Operation::get("/v1", "about", "Who answers.").answers::<About>("Program, version, process."),
        Operation::get("/v1/logins", "logins", "By what people log in with their browsers.")
            .answers::<Logins>("None, where a token is all there is."),
        Operation::get("/v1/session", "session", "Who asks, as the server knows them.")
            .answers::<Session>("As of now."),
        Operation::get("/login/{login}", "login", "Leads a browser to where somebody logs in.")
            .string(
                "to",
                "Where to go on in the page: the part of its address behind `#`, and with it.",
            )
            .leads("To the provider, with a cookie that the answer has to come back with.")
            .or(&[ProblemKind::NoSuchPath, ProblemKind::InvalidParameter]),
        Operation::get(
            "/login/{login}/callback",
            "loginCallback",
            "Where a provider sends browsers back to.",
        )
        .string("code", "What the provider gives in exchange for who it is.")
        .string("state", "What was sent to the provider.")
        .string("error", "Why nobody has logged in.")
        .leads("To the page, with the cookie of a session; a page for people says what went wrong.")
        .or(&[ProblemKind::NoSuchPath]),
        Operation::post_nothing("/logout", "logout", "Ends the session of whoever asks.")
            .answers::<LoggedOut>("`done`, whether or not there was one; and where to log out at the provider.")
            .or(&[ProblemKind::CrossOrigin]),
        Operation::get("/v1/namespaces", "namespaces", "The namespaces.").answers::<Namespaces>("By name."),
    ]
}

fn of_namespace() -> Vec<Operation> {
    vec![
        Operation::get(namespace!(""), "namespace", "What is alive, in numbers.")
            .answers::<QueryAnswer>("With the view `namespace`."),
        Operation::get(
            namespace!("/status"),
            "status",
            "How the dispatcher and its journal are doing.",
        )
        .answers::<Status>("As of now."),
        Operation::get(namespace!("/configuration"), "configuration", "Fleet and policy.")
            .answers::<Configuration>("Its `ETag` is for the `If-Match` of orders."),
        stream(),
        history(),
        touched(),
        records(),
    ]
}

fn stream() -> Operation {
    use ProblemKind::{StreamBroken, TooManyStreams};
    Operation::get(
        namespace!("/events"),
        "events",
        "The stream: a snapshot, or what comes after an id; then records as they become durable.",
    )
    .pattern(
        "after",
        "The id of the last update that was read, such as `0-1234`.",
        "^[0-9]{1,9}-[0-9]{1,19}$",
    )
    .job("job", "Records of this job alone.")
    .flag(
        "digest",
        "Whether to bring what updates are about, as events `digest`, in place of updates.",
    )
    .flag("output", "Whether to bring what hosts write, as events `output`.")
    .flag(
        "questions",
        "Whether to bring what keys and hosts ask of a person, as events `question`.",
    )
    .header(
        "Last-Event-ID",
        "As `after`, which it overrules: of a browser that reconnects.",
    )
    .text(
        "text/event-stream",
        "The data of an event without a name is an `Update`, and its id the `after` of the next request; that of \
             `digest` an `UpdateDigest`, with the id of its update, of `output` a `HostOutput`, of `question` a \
             `Question`, of `end`, the last one, a `StreamEnd`, of `problem`, the last one too, a `Problem`.",
    )
    .or(&[StreamBroken, TooManyStreams])
}

fn history() -> Operation {
    Operation::get(
        namespace!("/history"),
        "history",
        "Jobs that there are and were, newest first.",
    )
    .string("by", "Of this user.")
    .selector("on", "On some of these hosts.")
    .words::<JobStatus>("status", "In one of these.")
    .flag("unfinished", "Of those, the ones that have not finished.")
    .number("since", "With anything that happened since this moment.")
    .job("before", "Where to go on: the `next` of the page before.")
    .number("limit", MOST)
    .answers::<HistoryPage>("The jobs.")
    .or(&[ProblemKind::UnknownHosts])
}

fn touched() -> Operation {
    Operation::get(
        namespace!("/touched"),
        "touched",
        "What touched hosts in a stretch of time: jobs that ran there, and orders.",
    )
    .selector("hosts", "These; without it, all.")
    .number("from", "From this moment on, which has to be given.")
    .number("to", "To this moment; without it, to now.")
    .paged("^[0-9]{1,20}-[0-9]{1,9}$", MOST)
    .answers::<Touched>("In the order in which they began.")
    .or(&[ProblemKind::Busy])
}

fn records() -> Operation {
    Operation::get(
        namespace!("/records"),
        "records",
        "Everything that happened in the namespace, from the first record on that its journal has.",
    )
    .number(
        "after",
        "Where to go on: the `next` of the page before, a position in the journal.",
    )
    .number(
        "limit",
        "How many records to give at once; up to 10,000, and fewer where they are large.",
    )
    .answers::<NamespaceRecords>("In the order in which they happened.")
}

fn of_orders() -> Vec<Operation> {
    let orders = Operation::post::<Command>(namespace!("/orders"), "order", "Gives an order.")
        .flag("idle", "Whether it is refused while a job is not finished.")
        .header("If-Match", "The `ETag` of the configuration that has to be in force.")
        .answers::<OrderAnswer>("What came of it, once it is durable.")
        .or(&[ProblemKind::ConfigurationChanged, ProblemKind::ResolversFailed]);
    let preview = Operation::post::<Command>(
        namespace!("/preview"),
        "preview",
        "What an order would lead to at once.",
    )
    .answers::<Preview>("In a sentence; nothing is ordered.");
    let refusals = [ProblemKind::WrongJobStatus, ProblemKind::InvalidJob];
    vec![
        orders.or(&refusals),
        preview.or(&refusals),
        Operation::post::<PlanRequest>(
            namespace!("/plan"),
            "plan",
            "What a job would do, with the slots that are held now; and what simulations of it say.",
        )
        .answers::<Planned>("Nothing is submitted.")
        .or(&[ProblemKind::Busy, ProblemKind::PlanTooLarge, ProblemKind::InvalidJob]),
        Operation::post::<QuestionAnswer>(
            namespace!("/answers"),
            "answer",
            "Answers a question of a key or a host.",
        )
        .answers::<OrderAnswer>("`done`, or `unchanged` if another answer came before."),
        Operation::post::<InputPart>(
            namespace!("/inputs"),
            "inputs",
            "Sends a part of a file that a job is to read.",
        )
        .answers::<Upload>("How a job names it, and how much of it has come."),
        Operation::post::<Secrets>(
            namespace!("/secrets"),
            "secrets",
            "Gives secrets for jobs that name their id.",
        )
        .answers::<OrderAnswer>("They are kept in memory alone."),
    ]
}

fn of_jobs() -> Vec<Operation> {
    use ProblemKind::{TooManyStreams, UnknownHosts};
    vec![
        Operation::get(namespace!("/jobs"), "jobs", "Jobs that have not retired.")
            .words::<JobStatus>("status", "In one of these.")
            .string("user", "Of this user.")
            .paged(JOB, MOST)
            .answers::<QueryAnswer>("With the view `jobs`."),
        Operation::get(namespace!("/jobs/{job}"), "job", "All of a job but its hosts.")
            .answers::<QueryAnswer>("With the view `job`."),
        Operation::get(
            namespace!("/jobs/{job}/wait"),
            "wait",
            "Waits for the end of a job, for 50 seconds at most.",
        )
        .answers::<WaitAnswer>("How it ended, or that it has not.")
        .or(&[TooManyStreams]),
        Operation::get(
            namespace!("/jobs/{job}/hosts"),
            "hosts",
            "Hosts of a job, and their results.",
        )
        .words::<TaskState>("state", "In one of these.")
        .selector("hosts", "Of these.")
        .paged(HOST, MOST)
        .answers::<QueryAnswer>("With the view `hosts`.")
        .or(&[UnknownHosts]),
        Operation::get(namespace!("/jobs/{job}/events"), "jobEvents", "The records of a job.")
            .host("host", "Of this host alone.")
            .number(
                "after",
                "Where to go on: the `next` of the page before, a position in the journal.",
            )
            .number(
                "limit",
                "How many records to give at once; up to 10,000, and fewer where they are large.",
            )
            .answers::<JobRecords>("In the order in which they happened."),
        Operation::get(
            namespace!("/jobs/{job}/output"),
            "jobOutput",
            "What several attempts of a job wrote.",
        )
        .pattern(
            "attempts",
            "Their numbers, with commas between them; up to 1,000.",
            "^a?[0-9]{1,18}(,a?[0-9]{1,18}){0,999}$",
        )
        .answers::<JobOutput>("Those whose output fits, and which are left out."),
        Operation::get(
            namespace!("/jobs/{job}/attempts/{attempt}/output/{stream}"),
            "output",
            "A part of what an attempt wrote.",
        )
        .number("from", "From this byte on.")
        .number("to", "Up to this byte, which is no longer part of it.")
        .answers::<OutputPart>("As much of it as is given at once."),
    ]
}

fn of_timelines() -> Vec<Operation> {
    vec![
        Operation::get(namespace!("/jobs/{job}/overview"), "overview", "A job at a glance.")
            .answers::<Overview>("What holds it back, failures by cause, how long it will take, groups, events."),
        Operation::get(
            namespace!("/jobs/{job}/bars"),
            "bars",
            "The timeline of a job for a window.",
        )
        .number("from", "From this moment; without it, from the beginning.")
        .number("to", "To this moment; without it, to the end or to now.")
        .number("px", "In how many columns; 50 to 2,000.")
        .string(
            "rows",
            "Rows of single hosts, such as `0-100`, at most 500; without it, as many as there is space for.",
        )
        .host("host", "The row of this host alone.")
        .answers::<Bars>("A row for each host, or bands of many."),
        Operation::get(
            namespace!("/jobs/{job}/hosts/{host}/explain"),
            "explain",
            "Why a host waits, and the orders that clear it.",
        )
        .answers::<QueryAnswer>("With the view `explain`."),
        Operation::get(
            namespace!("/jobs/{job}/hosts/{host}/reasons"),
            "reasons",
            "Why a host waits, in sentences.",
        )
        .answers::<Reasons>("With commands of the program, and the orders to send."),
    ]
}

fn of_hosts() -> Vec<Operation> {
    use ProblemKind::UnknownHosts;
    vec![
        Operation::get(namespace!("/hosts/{host}"), "host", "One host, in all jobs.")
            .answers::<QueryAnswer>("With the view `host`.")
            .or(&[UnknownHosts]),
        Operation::get(namespace!("/attempts"), "attempts", "Attempts under way.")
            .job("job", "Of this job.")
            .paged(ATTEMPT, MOST)
            .answers::<QueryAnswer>("With the view `attempts`."),
        Operation::get(namespace!("/slots"), "slots", "Limits, and who holds their slots.")
            .selector("hosts", "Limits of these hosts.")
            .paged(LIMIT, MOST)
            .answers::<QueryAnswer>("With the view `slots`.")
            .or(&[UnknownHosts]),
        Operation::get(namespace!("/holds"), "holds", "Holds, in force and waiting.")
            .string("owner", "Of this owner.")
            .paged(HOST, MOST)
            .answers::<QueryAnswer>("With the view `holds`."),
    ]
}
