//! A row for every verb: how it is given to a server and to the socket of a store, or why it is of one machine alone.

/// What has to be equal of what a verb prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// All of it.
    Whole,
    /// All of it but numbers: of jobs, and times.
    Words,
    /// The exit code, since what is printed names the process or who orders, or goes by the time that was taken.
    Code,
}

use Compared::{Code, Whole, Words};

/// A verb as it is given.
pub(super) type VerbRow = (&'static [&'static str], Compared);

/// Questions, about job 1, of which web2 failed.
pub(super) const QUESTIONS: &[VerbRow] = &[
    (&["attach", "1"], Whole),
    (&["audit", "1"], Whole),
    (&["audit", "last", "--format", "json"], Whole),
    (&["audit", "99"], Whole),
    (&["events", "1"], Whole),
    (&["events", "1", "web2", "--format", "jsonl"], Whole),
    (&["explain", "1"], Whole),
    (&["explain", "1", "web2"], Whole),
    (&["history"], Whole),
    (&["history", "web1", "--since", "1h", "--format", "json"], Whole),
    (
        &["history", "$web", "--since", "2000-01-01", "--until", "2000-01-02"],
        Whole,
    ),
    (&["host", "web1"], Whole),
    (&["jobs"], Whole),
    (&["jobs", "--on", "web2", "--format", "json"], Whole),
    (&["logs", "1"], Whole),
    (&["plan", "@web"], Words),
    (&["plan", "web1", "--format", "json"], Words),
    (&["replay", "1", "--speed", "max"], Whole),
    (&["serve", "status"], Code),
    (&["simulate", "@web", "--what-if", "--runs", "3"], Whole),
    (&["slots"], Whole),
    (&["status"], Whole),
    (&["status", "1"], Whole),
    (&["timeline", "1"], Whole),
    (&["wait", "1"], Whole),
];

/// Orders, each undone by one that follows.
pub(super) const ORDERS: &[VerbRow] = &[
    (&["apply", "-c", "policy.yaml", "-y"], Whole),
    (&["freeze", "web1", "--reason", "r"], Whole),
    (&["thaw", "web1"], Whole),
    (&["mark", "down", "web1", "--reason", "r"], Whole),
    (&["mark", "up", "web1", "--reason", "r"], Whole),
    (&["hold", "web1", "--reason", "r"], Code),
    (&["release", "web1", "--reason", "r", "--force"], Whole),
    (&["note", "1", "for whoever comes next"], Whole),
    (&["probe", "1", "web1", "--", "true"], Whole),
    (&["skip", "1", "web2", "--reason", "r"], Whole),
    (&["retry", "1", "web2"], Whole),
    (&["wait", "1"], Whole),
    (&["run", "-t", "web1", "--", "echo done"], Code),
];

/// Orders about a job of one host that lasts, which `JOB` stands for.
pub(super) const STEERING: &[VerbRow] = &[
    (&["pause", "JOB", "--reason", "r"], Words),
    (&["resume", "JOB", "--reason", "r"], Words),
    (&["update", "JOB", "--max-parallel", "1", "--reason", "r"], Words),
    (&["stop", "JOB", "--now", "--reason", "r"], Words),
    // A job of the account itself has settings that nobody else may give again.
    (&["rerun", "JOB"], Words),
    (&["abort", "last", "--reason", "r"], Words),
];

/// Orders about a job whose second wave waits for one, which `JOB` stands for.
pub(super) const GATED: &[VerbRow] = &[
    (&["wait", "JOB"], Words),
    (&["promote", "JOB"], Words),
    (&["wait", "JOB"], Words),
];

/// What is of one machine alone, and why.
pub(super) const OF_ONE_MACHINE: &[(&str, &str)] = &[
    ("completion", "prints a script for a shell"),
    ("config", "shows the settings of this machine"),
    ("demo", "has its own servers, and keeps nothing"),
    ("grants check", "reads a file"),
    ("inventory check", "reads sources of this machine"),
    ("inventory diff", "reads sources of this machine"),
    ("inventory graph", "reads sources of this machine"),
    ("inventory host", "reads sources of this machine"),
    ("inventory list", "reads sources of this machine"),
    ("man", "writes files"),
    ("serve", "is the server"),
    ("serve step-down", "sends a signal to a process"),
    ("serve stop", "sends a signal to a process"),
    ("serve unit", "prints a unit of systemd"),
    ("store check", "reads the files of a store"),
    ("store copy", "reads the files of a store"),
    ("store info", "reads the files of a store"),
    ("store migrate", "changes the tables of a store"),
    ("store prune", "removes files of a store"),
    ("token create", "is for whoever has the store"),
    ("token list", "is for whoever has the store"),
    ("token revoke", "is for whoever has the store"),
];

/// What is of the store, as it is typed: a server refuses it, and does nothing on this machine in its place.
pub(super) const REFUSED: &[&[&str]] = &[
    &["serve"],
    &["serve", "step-down"],
    &["serve", "stop"],
    &["store", "check"],
    &["store", "info"],
    &["store", "prune", "--older-than", "7d"],
    &["token", "create", "--as", "ci"],
    &["token", "list"],
    &["token", "revoke", "ci"],
];
