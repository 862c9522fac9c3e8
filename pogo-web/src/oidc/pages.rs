//! Pages for people whose login went wrong.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// A page that says what went wrong, and what to do. It has no script and no style, and loads nothing.
pub(super) fn problem(status: StatusCode, said: &str, cure: &str) -> Response {
    page(status, (said, cure), "../../page/")
}

/// As [`problem`], for an address that is not below that of a login.
pub(super) fn problem_of_begin(status: StatusCode, said: &str, cure: &str) -> Response {
    page(status, (said, cure), "../page/")
}

fn page(status: StatusCode, (said, cure): (&str, &str), home: &str) -> Response {
    let (said, cure) = (escaped(said), escaped(cure));
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>Not logged in · \
         pogo</title></head>\n<body><h1>You are not logged in</h1>\n<p>{said}</p>\n<p>{cure}</p>\n<p><a \
         href=\"{home}\">Back to pogo</a></p></body></html>\n"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        // The way back in a browser would show a refusal of before as if it were one of now.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        ),
    ];
    (status, headers, body).into_response()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // What is said may be from a provider: a control character would be nothing a browser
            // has to show.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
