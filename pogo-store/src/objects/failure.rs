//! What went wrong at a store of objects, in words and without secrets.

use std::error::Error as _;

use object_store::Error;

/// The most that is passed on of what a service or the system says.
const MOST_TEXT: usize = 200;

/// What happened, and what to do about it. The text of the service is not passed on whole: it repeats what was sent.
pub(super) fn describe(location: &str, is_directory: bool, error: &Error) -> String {
    let what = match error {
        error if is_directory => format!(
            "{}; see that the directory is there on this machine, that this user may write to it, and that it has room",
            deepest(error)
        ),
        error if is_refused_login(error) => format!(
            "the login is refused{}; give one that may list, read, write and delete there, by AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY in the environment of the dispatcher",
            code(error)
        ),
        Error::NotFound { .. } => {
            "it is not there; create the bucket, or see AWS_REGION and AWS_ENDPOINT_URL".to_owned()
        }
        Error::Generic { .. } if has_no_login(error) => {
            "there is no login for it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the \
             dispatcher"
                .to_owned()
        }
        error => format!(
            "{}{}; see AWS_ENDPOINT_URL and AWS_REGION, and that the service is up",
            deepest(error),
            code(error)
        ),
    };
    format!("{location}: {what}")
}

/// The innermost error: the outer ones say that a request failed, and with which address.
pub(super) fn deepest(error: &Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let text = deepest.to_string();
    // An answer of the service: its code is said, and not what it repeats.
    match text.contains('<') {
        true => "it has refused the request".to_owned(),
        false => text
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(MOST_TEXT)
            .collect(),
    }
}

/// The machine itself was asked for a login, which only machines of a cloud have.
fn has_no_login(error: &Error) -> bool {
    let text = error.to_string();
    text.contains("latest/api/token") || text.contains("latest/meta-data") || text.contains("instance credentials")
}

/// Some requests have an error of their own for that, and lists have not.
fn is_refused_login(error: &Error) -> bool {
    let by_code = [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AccessDenied",
        "ExpiredToken",
        "InvalidToken",
    ];
    let code = code(error);
    matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
        || by_code.iter().any(|known| code.contains(known))
}

/// The word by which the service says what is wrong, such as ` (InvalidAccessKeyId)`.
fn code(error: &Error) -> String {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    match code {
        Some((code, _)) if code.len() <= 64 && code.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
            format!(" ({code})")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use object_store::Error;

    use super::describe;

    const ANSWER: &str = "Client error with status 403: <Error><Code>SignatureDoesNotMatch</Code>\
                          <AWSAccessKeyId>AKIASECRET</AWSAccessKeyId></Error>";

    #[test]
    fn a_refused_login_is_said_with_its_cure_and_nothing_of_it() {
        let (path, source) = ("pogo/1".to_owned(), ANSWER.into());
        let said = describe("s3://logs", false, &Error::PermissionDenied { path, source });
        assert!(
            said.contains("(SignatureDoesNotMatch)") && said.contains("AWS_ACCESS_KEY_ID"),
            "{said}"
        );
        let generic = describe(
            "s3://logs",
            false,
            &Error::Generic {
                store: "S3",
                source: ANSWER.into(),
            },
        );
        assert!(
            generic.contains("the login is refused (SignatureDoesNotMatch)"),
            "{generic}"
        );
        assert!(!said.contains("AKIASECRET") && !generic.contains("AKIASECRET"));
    }

    #[test]
    fn a_directory_is_cured_where_it_is_and_not_by_a_login() {
        let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied).into();
        let path = "ns/default-1/7".to_owned();
        let said = describe("file:///srv/pogo", true, &Error::PermissionDenied { path, source });
        assert!(
            said.starts_with("file:///srv/pogo: permission denied; see that the directory"),
            "{said}"
        );
        assert!(!said.contains("AWS_"), "{said}");
    }

    #[test]
    fn what_a_service_says_is_passed_on_in_part() {
        let source = format!("{}\nand more", "x".repeat(500)).into();
        let said = describe("s3://logs", false, &Error::Generic { store: "S3", source });
        assert!(said.len() < 300 && !said.contains("and more"), "{said}");
    }
}
