//! Which problem it is.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($( $(#[$meta:meta])* $name:ident $code:literal $status:literal $exit:literal; )*) => {
        /// Which problem it is, with its [status code](Self::status) of HTTP and the [exit code](Self::exit_code) of a
        /// program that meets it.
        ///
        /// Travels as a URI, `urn:pogo:problem:unknown-job`, which stays the same in later versions.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ProblemKind {
            $( $(#[$meta])* $name, )*
            /// Another, of a newer server, by its [code](Self::code).
            Other(Box<str>),
        }

        impl ProblemKind {
            /// Every kind that has a name here.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The kind of this [code](Self::code).
            pub fn from_code(code: &str) -> Self {
                match code {
                    $( $code => Self::$name, )*
                    other => Self::Other(other.into()),
                }
            }

            /// Its name: `unknown-job`.
            pub fn code(&self) -> &str {
                match self {
                    $( Self::$name => $code, )*
                    Self::Other(code) => code,
                }
            }

            /// The status code of HTTP that it is sent with.
            pub fn status(&self) -> u16 {
                match self {
                    $( Self::$name => $status, )*
                    // Unknown here, so nothing but its class is known; 422 makes no proxy or client
                    // try again by itself.
                    Self::Other(_) => 422,
                }
            }

            /// The exit code of a program that cannot go on because of it: 64 where the request is wrong, 69 where
            /// whoever should answer cannot now, 70 for a defect, 77 for what is not allowed. Nothing was done, in all
            /// cases.
            pub fn exit_code(&self) -> u8 {
                match self {
                    $( Self::$name => $exit, )*
                    Self::Other(_) => 64,
                }
            }
        }
    };
}

kinds! {
    /// There is no such path.
    NoSuchPath "no-such-path" 404 64;
    /// There is another method at this path.
    MethodNotAllowed "method-not-allowed" 405 64;
    /// The path or a parameter cannot be read.
    InvalidParameter "invalid-parameter" 400 64;
    /// The body cannot be read.
    InvalidBody "invalid-body" 400 64;
    /// The body is larger than the server takes.
    BodyTooLarge "body-too-large" 413 64;
    /// The body did not come in time.
    BodyTooSlow "body-too-slow" 408 69;
    /// The body is of another type than `application/json`.
    WrongMediaType "wrong-media-type" 415 64;
    /// It is not known who asks.
    Unauthenticated "unauthenticated" 401 77;
    /// Whoever asks may not.
    NotAllowed "not-allowed" 403 77;
    /// A page of another server asks for it.
    CrossOrigin "cross-origin" 403 77;
    /// Whoever asks does so too often.
    TooManyRequests "too-many-requests" 429 69;
    /// The order names an actor, and it is given by another.
    NotYourName "not-your-name" 403 77;
    /// The job names files of the server's machine.
    LocalFile "local-file" 403 77;
    /// The job has a number already.
    JobNumberGiven "job-number-given" 422 64;
    /// Fleet or policy are no longer those that the order asks for.
    ConfigurationChanged "configuration-changed" 412 64;
    /// Jobs are not finished, and the order asks that all are.
    JobsUnfinished "jobs-unfinished" 409 64;
    /// Another process owns the namespace, and this server waits to take over.
    Standby "standby" 503 69;
    /// The server has no such namespace.
    UnknownNamespace "unknown-namespace" 404 64;
    /// Too many streams are open.
    TooManyStreams "too-many-streams" 503 69;
    /// Too much is being read at once.
    Busy "busy" 503 69;
    /// The plan, or its simulations, would take longer than the server lets them.
    PlanTooLarge "plan-too-large" 422 64;
    /// The server closes.
    Closing "closing" 503 69;
    /// The journal cannot be reached.
    JournalAway "journal-away" 503 69;
    /// Tag resolvers have no answer.
    ResolversFailed "resolvers-failed" 502 69;
    /// The dispatcher has stopped.
    Stopped "stopped" 503 69;
    /// The stream cannot read the journal now.
    StreamBroken "stream-broken" 503 69;
    /// No output is kept in this namespace.
    NoOutputKept "no-output-kept" 404 64;
    /// The store of output cannot be reached.
    OutputUnavailable "output-unavailable" 503 69;
    /// The stored output is damaged.
    OutputDamaged "output-damaged" 500 70;
    /// No history is kept in this namespace.
    NoHistoryKept "no-history-kept" 404 64;
    /// The history of jobs cannot be reached.
    HistoryUnavailable "history-unavailable" 503 69;
    /// The stored history of jobs is damaged.
    HistoryDamaged "history-damaged" 500 70;
    /// A defect of the server.
    Internal "internal" 500 70;
    /// The dispatcher shuts down and starts nothing more.
    Draining "draining" 503 69;
    /// The clock of the dispatcher went backwards.
    TimeWentBack "time-went-back" 500 70;
    /// The order is larger than the journal takes.
    OrderTooLarge "order-too-large" 413 64;
    /// The request id was given to another order before.
    RequestReused "request-reused" 409 64;
    /// What is said of the order is longer than records take.
    TooLong "too-long" 422 64;
    /// No such job.
    UnknownJob "unknown-job" 404 64;
    /// The job is over, and has left the scheduler.
    RetiredJob "retired-job" 410 64;
    /// The job is over, and this host holds no slot because of it.
    NotHeldByJob "not-held-by-job" 409 64;
    /// The number was given to a job before.
    DuplicateJob "duplicate-job" 409 64;
    /// No such attempt.
    UnknownAttempt "unknown-attempt" 404 64;
    /// The attempt may not begin.
    MayNotBegin "may-not-begin" 409 64;
    /// No such host in the fleet.
    UnknownHost "unknown-host" 404 64;
    /// The job does not have this host.
    NotInJob "not-in-job" 404 64;
    /// The order does not fit the state of the host in the job.
    WrongTaskState "wrong-task-state" 409 64;
    /// The host is in doubt, and the attempt may still run there.
    NotFenced "not-fenced" 409 64;
    /// The order does not fit the status of the job.
    WrongJobStatus "wrong-job-status" 409 64;
    /// No wave of the job waits to begin.
    NoWaveWaits "no-wave-waits" 409 64;
    /// A selector names what the fleet does not have.
    UnknownHosts "unknown-hosts" 422 64;
    /// The hosts are frozen already.
    AlreadyFrozen "already-frozen" 409 64;
    /// No freeze was ordered with this selector.
    NotFrozen "not-frozen" 409 64;
    /// The host cannot be held at once.
    HoldRefused "hold-refused" 409 64;
    /// The hosts cannot all be held at once.
    TooManyHeld "too-many-held" 409 64;
    /// Somebody else holds the host.
    HeldByAnother "held-by-another" 409 64;
    /// What is done by force needs a reason.
    NoReason "no-reason" 422 64;
    /// A note has no text.
    EmptyNote "empty-note" 422 64;
    /// The job cannot be run under the policy.
    InvalidJob "invalid-job" 422 64;
    /// The fleet and policy cannot be applied.
    InvalidConfiguration "invalid-configuration" 422 64;
    /// No snapshot has come yet.
    NoSnapshot "no-snapshot" 503 69;
}

impl ProblemKind {
    const URN: &'static str = "urn:pogo:problem:";

    /// Whether the same request may succeed later as it is.
    pub fn is_transient(&self) -> bool {
        self.exit_code() == 69
    }
}

impl From<String> for ProblemKind {
    fn from(uri: String) -> Self {
        Self::from_code(uri.strip_prefix(Self::URN).unwrap_or(&uri))
    }
}

impl From<ProblemKind> for String {
    fn from(kind: ProblemKind) -> Self {
        format!("{}{}", ProblemKind::URN, kind.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_from_what_it_is_written_as() {
        for kind in ProblemKind::ALL {
            let uri = String::from(kind.clone());
            assert_eq!(ProblemKind::from(uri), *kind);
        }
    }

    #[test]
    fn a_kind_of_a_newer_server_keeps_its_code() {
        let kind = ProblemKind::from("urn:pogo:problem:moon-phase".to_owned());
        assert_eq!(kind.code(), "moon-phase");
        assert_eq!(String::from(kind), "urn:pogo:problem:moon-phase");
    }

    #[test]
    fn what_is_wrong_is_a_4xx_and_exits_with_64_or_77() {
        for kind in ProblemKind::ALL {
            // These pass by themselves, and nothing has to be put right.
            let passes = [ProblemKind::BodyTooSlow, ProblemKind::TooManyRequests].contains(kind);
            let wrong = (400..500).contains(&kind.status()) && !passes;
            assert_eq!(wrong, [64, 77].contains(&kind.exit_code()), "{kind:?}");
        }
    }
}
