//! How long a response may be used without a new request.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};

/// The relevant parts of `Cache-Control`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freshness {
    /// The response may be stored.
    pub(super) keep: bool,
    /// How long it is fresh from now on.
    pub(super) fresh_for: Duration,
}

impl Freshness {
    /// The longest freshness, so that a mistake of the service wears off.
    pub(super) const MOST: Duration = Duration::from_secs(24 * 3600);

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut freshness = Self {
            keep: true,
            fresh_for: Duration::ZERO,
        };
        let (mut max_age, mut ask_always) = (None, false);
        let values = headers
            .get_all(CACHE_CONTROL)
            .iter()
            .filter_map(|value| value.to_str().ok());
        for directive in values.flat_map(|value| value.split(',')) {
            let (name, argument) = match directive.trim().split_once('=') {
                Some((name, argument)) => (name, Some(argument)),
                None => (directive.trim(), None),
            };
            match name.to_ascii_lowercase().as_str() {
                "no-store" => freshness.keep = false,
                // It may be kept, unlike with `no-store`, but has to be asked about each time.
                "no-cache" => ask_always = true,
                "max-age" => max_age = argument.and_then(|age| age.trim_matches('"').parse().ok()),
                _ => {}
            }
        }
        // Its age in caches on the way.
        let age = headers
            .get(AGE)
            .and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok());
        if let (Some(max_age), false) = (max_age, ask_always) {
            // Without it an answer would be fresh twice as long behind a cache that has had it all
            // the time.
            let left = Duration::from_secs(u64::saturating_sub(max_age, age.unwrap_or(0)));
            freshness.fresh_for = left.min(Self::MOST);
        }
        freshness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> (bool, u64) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let freshness = Freshness::of(&headers);
        (freshness.keep, freshness.fresh_for.as_secs())
    }

    #[test]
    fn cache_control_says_how_long_an_answer_lasts() {
        assert_eq!(of(&[]), (true, 0));
        assert_eq!(of(&[("cache-control", "public, Max-Age=60")]), (true, 60));
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "45")]), (true, 15));
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "75")]), (true, 0));
        assert_eq!(
            of(&[("cache-control", "max-age=60"), ("cache-control", "no-cache")]),
            (true, 0)
        );
        assert_eq!(of(&[("cache-control", "no-store")]), (false, 0));
        assert_eq!(of(&[("cache-control", "max-age=soon")]), (true, 0));
        assert_eq!(of(&[("cache-control", "max-age=99999999999")]), (true, 86_400));
    }
}
