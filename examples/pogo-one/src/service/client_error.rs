//! Errors of requests.

use pogo_api::ClientError;
use pogo_api::wire::ProblemKind;

use crate::exit::{CliError, Exit};

/// The error of a request, with the exit code that it has.
pub(crate) fn client_error(error: ClientError) -> CliError {
    let code = error.exit_code();
    let message = match &error {
        ClientError::Refused(problem) if problem.kind == ProblemKind::UnknownJob => {
            // The server's cure is for whoever speaks to it.
            let what = match problem.job {
                Some(job) => format!("there is no {job}"),
                // An earlier server does not say which.
                None => "there is no such job".to_owned(),
            };
            format!("{what}; `pogo jobs` lists those that there are")
        }
        _ => error.to_string(),
    };
    match Exit::of_code(code) {
        Exit::Usage => CliError::Usage(message),
        Exit::Unreachable => CliError::Unreachable(message),
        Exit::ContactLost => CliError::ContactLost(message),
        Exit::NotAllowed => CliError::NotAllowed(message),
        _ => CliError::Broken(message),
    }
}
