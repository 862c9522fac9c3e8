//! Requests to the service.

use std::error::Error;
use std::time::Duration;

use pogo_core::inventory::{Diagnostic, InventoryError};
use reqwest::header::{
    AUTHORIZATION, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Request, Response, StatusCode, Url, redirect};
use secrecy::ExposeSecret;

use super::answer::{Body, HttpAnswer};
use super::copy::Copy;
use super::freshness::Freshness;
use super::settings::HttpSettings;
use super::{pages, retry, secret, tls};
use crate::file::MAX_BYTES;
use crate::table::CURE;

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// Why a request failed.
pub(super) enum FetchFailure {
    /// A temporary failure.
    Down { message: String, wait: Option<Duration> },
    /// A permanent failure.
    Wrong(InventoryError),
}

/// A validated request.
pub(super) struct HttpRequest<'s> {
    source: &'s HttpSettings,
    name: &'s str,
    client: Client,
    url: Url,
    headers: HeaderMap,
}

impl<'s> HttpRequest<'s> {
    pub(super) fn new(source: &'s HttpSettings, name: &'s str) -> Result<Self, InventoryError> {
        let invalid =
            |message: String, hint: &str| InventoryError::Invalid(vec![Diagnostic::new(name, message).with_hint(hint)]);
        let url = Url::parse(source.url.expose_secret());
        let url = url.map_err(|error| invalid(error.to_string(), "for example https://assets.example.com/hosts"))?;
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("`{}:` is not supported", url.scheme());
            return Err(invalid(message, "write http:// or https://"));
        }
        let mut headers = HeaderMap::new();
        for (header, value) in &source.headers {
            let key: HeaderName = header.parse().map_err(|_| {
                let message = format!("`{}` is not the name of a header", header.escape_debug());
                invalid(message, "for example Authorization")
            })?;
            headers.append(key, value.value(name, header)?);
        }
        Self::check_login(&url, &headers).map_err(|(message, hint)| invalid(message.to_owned(), hint))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(name, url.scheme() == "https", source.trusted.as_deref())?)
            .user_agent(concat!("pogo-inventory/", env!("CARGO_PKG_VERSION")))
            .timeout(source.timeout)
            // A library that follows to another server drops `Authorization` and cookies alone:
            // tokens in other headers would go along.
            .redirect(redirect::Policy::custom(follow))
            // The address may contain a secret.
            .referer(false)
            .build()
            .map_err(|error| InventoryError::unavailable(name, describe(error, source.timeout)))?;
        Ok(Self {
            source,
            name,
            client,
            url,
            headers,
        })
    }

    /// Refuses credentials in the address that cannot be sent unchanged.
    fn check_login(url: &Url, headers: &HeaderMap) -> Result<(), (&'static str, &'static str)> {
        if url.username().is_empty() && url.password().is_none() {
            return Ok(());
        }
        let hint = "leave one out; a password is better in a header from a file";
        if headers.contains_key(AUTHORIZATION) {
            return Err(("there is a user in the address and a header `Authorization`", hint));
        }
        let texts = [url.username(), url.password().unwrap_or_default()];
        let is_text = |text: &&str| percent_decoded(text).is_some_and(|text| !text.chars().any(char::is_control));
        if !texts.iter().all(is_text) {
            let message = "user and password in the address cannot be sent: they are no text";
            return Err((message, "after `%` stand two digits of a byte of UTF-8 text"));
        }
        if percent_decoded(url.username()).is_some_and(|user| user.contains(':')) {
            let message = "the user in the address holds a colon, which cannot be sent";
            return Err((message, "the service would take what follows for the password"));
        }
        Ok(())
    }

    /// Sends the request, with retries if the service is down.
    pub(super) async fn ask(&self, old: Option<&Copy>) -> Result<HttpAnswer, FetchFailure> {
        let mut number = 0;
        loop {
            match self.once(old).await {
                // What is wrong stays wrong: only a service that is down is asked again.
                Err(FetchFailure::Down { wait, .. }) if number < self.source.retries => {
                    tokio::time::sleep(retry::delay(self.source.retry_delay, number, wait, retry::dice())).await;
                    number += 1;
                }
                answered => return answered,
            }
        }
    }

    async fn once(&self, old: Option<&Copy>) -> Result<HttpAnswer, FetchFailure> {
        let down = |error| FetchFailure::Down {
            message: describe(error, self.source.timeout),
            wait: None,
        };
        let request = self.request(old).map_err(down)?;
        // From the request itself: a stored tag that is no header's value was left out of it.
        let asked = [IF_NONE_MATCH, IF_MODIFIED_SINCE]
            .iter()
            .any(|name| request.headers().contains_key(name));
        let response = self.client.execute(request).await.map_err(down)?;
        let freshness = Freshness::of(response.headers());
        // A part of the hosts is worse than none: jobs would pass over the others without a word.
        if let StatusCode::OK | StatusCode::NOT_MODIFIED = response.status()
            && let Some(what) = pages::more(response.headers())
        {
            return Err(self.wrong(format!("{what} says that there are more hosts than these"), Some(CURE)));
        }
        match response.status() {
            StatusCode::OK => self.body(response, freshness).await.map(HttpAnswer::Changed),
            StatusCode::NOT_MODIFIED if asked => Ok(HttpAnswer::Unchanged(freshness)),
            StatusCode::NOT_MODIFIED => Err(FetchFailure::Down {
                message: "answers 304 Not Modified, but was not asked whether anything changed".to_owned(),
                wait: None,
            }),
            status => Err(self.refused(status, &response)),
        }
    }

    /// Builds the request; the client sends the credentials of the address.
    fn request(&self, old: Option<&Copy>) -> Result<Request, reqwest::Error> {
        let mut request = self
            .client
            .get(self.url.clone())
            .headers(self.headers.clone())
            .build()?;
        let conditions = [
            (IF_NONE_MATCH, old.and_then(|copy| copy.etag.as_ref())),
            (IF_MODIFIED_SINCE, old.and_then(|copy| copy.last_modified.as_ref())),
        ];
        for (name, value) in conditions {
            if let Some(value) = value.and_then(|value| value.parse().ok()) {
                request.headers_mut().insert(name, value);
            }
        }
        Ok(request)
    }

    async fn body(&self, mut response: Response, freshness: Freshness) -> Result<Body, FetchFailure> {
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (etag, last_modified) = (header(ETAG), header(LAST_MODIFIED));
        let too_large = || self.wrong(format!("answers with more than {} MiB", MAX_BYTES >> 20), None);
        // Before anything is read; what follows counts as well, since the length may be missing or
        // wrong.
        if response.content_length().is_some_and(|length| length > MAX_BYTES) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let cut = |error| FetchFailure::Down {
            message: describe(error, self.source.timeout),
            wait: None,
        };
        while let Some(chunk) = response.chunk().await.map_err(cut)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > MAX_BYTES {
                return Err(too_large());
            }
        }
        let text =
            String::from_utf8(bytes).map_err(|_| self.wrong("answers with bytes that are not UTF-8 text", None))?;
        Ok(Body {
            text,
            etag,
            last_modified,
            freshness,
        })
    }

    fn refused(&self, status: StatusCode, response: &Response) -> FetchFailure {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        // The statuses of a moment: all others say that the request itself is not right.
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            // In seconds alone: a date needs a clock that agrees with the service's.
            let wait = header(RETRY_AFTER).and_then(|wait| wait.trim().parse().ok());
            let wait = wait.map(Duration::from_secs);
            return FetchFailure::Down {
                message: format!("answers {status}"),
                wait,
            };
        }
        if status.is_redirection() {
            let to = header(LOCATION).and_then(|to| response.url().join(to).ok());
            let to = to.map_or_else(|| "nowhere".to_owned(), secret::without_secrets);
            let message = format!("answers {status} and points to {to}, which is not followed");
            return self.wrong(
                message,
                Some("only the same server is followed, a few times; name the final address"),
            );
        }
        let hint = match status.as_u16() {
            401 | 403 => Some("check the header with the secret"),
            404 | 410 => Some("check the address"),
            _ => None,
        };
        self.wrong(format!("answers {status}"), hint)
    }

    fn wrong(&self, message: impl Into<String>, hint: Option<&str>) -> FetchFailure {
        let mut problem = Diagnostic::new(self.name, message);
        problem.hint = hint.map(str::to_owned);
        FetchFailure::Wrong(InventoryError::Invalid(vec![problem]))
    }
}

/// Decodes percent-encoding; `None` if the result is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

/// Follows redirects on the same server only, as headers may contain secrets.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let origin = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port_or_known_default(),
        )
    };
    let same = attempt
        .previous()
        .first()
        .is_some_and(|first| origin(first) == origin(attempt.url()));
    if same && attempt.previous().len() <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// Describes an error without the address, which may contain secrets.
fn describe(error: reqwest::Error, limit: Duration) -> String {
    if error.is_timeout() {
        return format!("did not answer within {}", humantime::format_duration(limit));
    }
    // The library puts the address into its messages, with whatever is in its query.
    let error = error.without_url();
    let mut deepest: &dyn Error = &error;
    // The outer errors say that a request failed; why it did is innermost.
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match error.is_body() || error.is_decode() {
        true => format!("was cut off: {deepest}"),
        false => format!("cannot be reached: {deepest}"),
    }
}
