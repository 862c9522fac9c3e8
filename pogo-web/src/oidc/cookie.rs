//! Cookies.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::COOKIE;

/// A cookie of this server. Where it is served encrypted, its name says to browsers that no other host and nothing that
/// is not encrypted may set it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookie {
    name: &'static str,
    /// Whether it comes along when a page of another server leads here, as that of a provider does.
    comes_from_elsewhere: bool,
}

pub(super) const SESSION: Cookie = Cookie {
    name: "pogo-session",
    comes_from_elsewhere: false,
};
pub(super) const ATTEMPT: Cookie = Cookie {
    name: "pogo-login",
    comes_from_elsewhere: true,
};

impl Cookie {
    fn name(self, is_secure: bool) -> String {
        // `__Host-` needs `Secure`, with which a browser does not keep a cookie that has come over
        // plain HTTP.
        let prefix = if is_secure { "__Host-" } else { "" };
        format!("{prefix}{}", self.name)
    }

    /// What a request has of it. Several of one name are none: nobody could tell which is ours.
    pub(super) fn of(self, headers: &HeaderMap, is_secure: bool) -> Option<&str> {
        let name = self.name(is_secure);
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok());
        let pairs = cookies.flat_map(|cookies| cookies.split(';'));
        let mut ours = pairs.filter_map(|pair| {
            let (found, value) = pair.trim().split_once('=')?;
            (found == name).then_some(value)
        });
        match (ours.next(), ours.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    /// Gives it to a browser for so many seconds; none takes it away. The value is ours: letters, digits, `-` and `_`.
    pub(super) fn give(self, value: &str, seconds: u64, is_secure: bool) -> Option<HeaderValue> {
        // `Strict` is not sent when a provider leads back here, so that the login would come back
        // without what it began with; the session, which can give orders, needs no such way in.
        let same_site = if self.comes_from_elsewhere { "Lax" } else { "Strict" };
        let secure = if is_secure { "; Secure" } else { "" };
        let name = self.name(is_secure);
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        HeaderValue::from_str(&text).ok()
    }

    pub(super) fn take_away(self, is_secure: bool) -> Option<HeaderValue> {
        self.give("", 0, is_secure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_server_alone_and_no_script() {
        let given = SESSION.give("abc", 60, true).unwrap();
        assert_eq!(
            given,
            "__Host-pogo-session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            ATTEMPT.give("abc", 60, false).unwrap(),
            "pogo-login=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn one_of_the_name_counts_and_two_are_none() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(text));
            SESSION.of(&headers, true).map(str::to_owned)
        };
        assert_eq!(of("a=1; __Host-pogo-session=x; b=2").as_deref(), Some("x"));
        assert_eq!(of("pogo-session=x"), None);
        assert_eq!(of("__Host-pogo-session=x; __Host-pogo-session=y"), None);
    }
}
