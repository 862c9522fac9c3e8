//! The words for logins that fail: for whoever logs in, and for the log of the server.

use axum::http::StatusCode;
use axum::response::Response;

use super::attempt::RejectedLogin;
use super::exchange::LoginError;
use super::pages::problem;

impl LoginError {
    /// The reason, for the log of the server.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Provider(reason) => format!("the provider cannot be used: {reason}"),
            Self::Code(reason) => format!("the code was not exchanged: {reason}"),
            Self::Token(reason) => format!("the token is not one for this login: {reason}"),
            Self::Person(error) => error.to_string(),
        }
    }

    /// The answer to whoever logs in, with the cure: nothing of what the provider has sent.
    pub(super) fn answer(&self, title: &str) -> (StatusCode, String, &'static str) {
        match self {
            Self::Provider(_) => (
                StatusCode::BAD_GATEWAY,
                format!("{title} cannot be asked at this moment."),
                "Log in again in a minute; if that does not help, tell whoever runs this server: its log says more.",
            ),
            Self::Code(_) => (
                StatusCode::BAD_REQUEST,
                format!("{title} does not take the code that this login came back with."),
                "Log in again: a code is good once, and for a short time.",
            ),
            Self::Token(_) => (
                StatusCode::FORBIDDEN,
                format!("What {title} says of you is not good for this login."),
                "Log in again; if that does not help, tell whoever runs this server: its log says more.",
            ),
            Self::Person(error) => (
                StatusCode::FORBIDDEN,
                format!("{title} knows you, and this server does not let you in: {error}."),
                "Ask whoever runs this server.",
            ),
        }
    }
}

/// Why a login that comes back is none.
pub(super) fn no_attempt(none: RejectedLogin, url: &str) -> Response {
    let (said, cure) = match none {
        RejectedLogin::NotBegun => (
            "This login was not begun in this browser, or the server was restarted meanwhile.",
            format!("Log in again at {url}/page/ with cookies allowed."),
        ),
        RejectedLogin::TooLate => ("The login took more than ten minutes.", "Log in again.".to_owned()),
        RejectedLogin::AnotherState => (
            "This is not the answer to the login that was begun in this browser last.",
            "Log in again; if nobody has sent you a link to here, another tab has begun a login as well.".to_owned(),
        ),
        RejectedLogin::Again => (
            "This login has been used already.",
            "If you are not logged in, log in again.".to_owned(),
        ),
    };
    problem(StatusCode::BAD_REQUEST, said, &cure)
}

/// A provider that lets somebody not in. Its code is one word; longer texts may be anybody's.
pub(super) fn denied(error: Option<&str>) -> Response {
    let is_word = |error: &&str| error.len() <= 64 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let said = match error.filter(is_word) {
        Some(error) => format!("The provider has not logged you in: {error}."),
        None => "The provider has not logged you in.".to_owned(),
    };
    let cure = "Log in again, or ask whoever runs the provider whether you may use pogo.";
    problem(StatusCode::FORBIDDEN, &said, cure)
}
