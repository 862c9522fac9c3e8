//! The page: static files, the same for everybody. Whatever it shows it asks the API for, as anybody may.

mod files;
mod headers;
mod layout;
mod modules;

use axum::Router;
use axum::extract::{OriginalUri, Path};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::RouterState;
use files::{FILES, INDEX, PageFile};

/// Adds the page. It lives at `page/`, to which `/` leads: its addresses are relative, so that it works wherever the
/// router is mounted, and the address of a mounted router may end without a slash.
pub(crate) fn add_to(router: Router<RouterState>) -> Router<RouterState> {
    router
        .route("/", get(async |OriginalUri(uri)| redirect(last_segment(&uri))))
        .route("/page", get(async || redirect("")))
        .route("/page/", get(async |headers: HeaderMap| send(&INDEX, &headers)))
        .route("/page/{file}", get(file))
}

/// To an address relative to the one that was asked for: what a proxy has cut off in front of it is not known.
fn redirect(last: &str) -> Response {
    let location = match last {
        "" => "page/".to_owned(),
        last => format!("{last}/page/"),
    };
    let headers = [(LOCATION, location), (CACHE_CONTROL, "no-cache".to_owned())];
    // Not a permanent one: browsers keep that for ever, also when something else is served there
    // some day.
    (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
}

fn last_segment(uri: &axum::http::Uri) -> &str {
    uri.path().rsplit('/').next().unwrap_or_default()
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) => send(file, &headers),
        None => no_such_file(),
    }
}

fn no_such_file() -> Response {
    (StatusCode::NOT_FOUND, "there is no such file of the page\n").into_response()
}

fn send(file: &PageFile, asked: &HeaderMap) -> Response {
    let Some(sent) = file.sent() else {
        return no_such_file();
    };
    let takes = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.split(',').any(is_zstd));
    let compressed = asked.get_all(ACCEPT_ENCODING).iter().any(takes);
    let compressed = sent.compressed.as_ref().filter(|_| compressed);
    let mut headers = headers::of(file, &sent.tag);
    let mut known = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok());
    if known.any(|tags| {
        tags.split(',')
            // Proxies that compress make a strong tag weak: compared as HTTP says for this header,
            // the file is not sent again.
            .any(|known| known.trim().trim_start_matches("W/") == sent.tag.trim_start_matches("W/"))
    }) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    match compressed {
        Some(bytes) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("zstd"));
            (headers, bytes.clone()).into_response()
        }
        None => (headers, sent.plain.clone()).into_response(),
    }
}

/// `zstd`, and `zstd;q=0.5`, which is taken too; `zstd;q=0` is a refusal.
fn is_zstd(coding: &str) -> bool {
    let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
    let refused = quality
        .trim()
        .strip_prefix("q=")
        .is_some_and(|quality| quality.parse() == Ok(0.0));
    name.trim().eq_ignore_ascii_case("zstd") && !refused
}
