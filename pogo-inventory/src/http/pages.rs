//! Detects paginated responses by their headers.

use reqwest::header::{CONTENT_RANGE, HeaderMap, LINK};

/// The header that announces more pages, if any.
pub(super) fn more(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |name: &str| text(name)?.parse::<u64>().ok();
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    if links.flat_map(links_of).any(is_next) {
        return Some("the header `Link` with `rel=\"next\"`".to_owned());
    }
    // GitLab sends it on the last page as well, empty.
    if let Some(page) = text("x-next-page").filter(|page| !page.is_empty()) {
        return Some(format!("the header `X-Next-Page: {}`", page.escape_debug()));
    }
    if let (Some(page), Some(last)) = (number("x-page"), number("x-total-pages"))
        && last > page
    {
        return Some(format!("the header `X-Total-Pages: {last}`"));
    }
    // `items 0-24/100`
    let (_, range) = text(CONTENT_RANGE.as_str())?.rsplit_once(' ')?;
    let (here, all) = range.split_once('/')?;
    let (end, all) = (here.split_once('-')?.1.parse::<u64>().ok()?, all.parse::<u64>().ok()?);
    (end.saturating_add(1) < all).then(|| format!("the header `Content-Range: {}`", range.escape_debug()))
}

/// Splits the links of one header. Addresses in angle brackets and quoted texts may contain commas too.
fn links_of(value: &str) -> impl Iterator<Item = &str> {
    let mut until = None;
    value.split(move |character| {
        until = match (until, character) {
            (None, '<') => Some('>'),
            (None, '"') => Some('"'),
            (Some(end), found) if found == end => None,
            (within, _) => within,
        };
        character == ',' && until.is_none()
    })
}

/// Whether a link's relations include `next`.
fn is_next(link: &str) -> bool {
    let parameters = link.split_once('>').map_or("", |(_, parameters)| parameters);
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel") && value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        more(&headers)
    }

    #[test]
    fn headers_that_lead_to_another_page_are_noticed() {
        for line in [
            (
                "link",
                "<https://a/hosts?page=2>; rel=\"next\", <https://a/hosts?page=9>; rel=\"last\"",
            ),
            ("link", "<https://a/hosts?ids=1,2;rel=x>; title=\"a, b\"; REL=next"),
            ("link", "<https://a/?p=2>;rel=\"prev next\""),
            ("x-next-page", "2"),
            ("content-range", "items 0-24/100"),
        ] {
            assert!(of(&[line]).is_some(), "{line:?}");
        }
        assert!(of(&[("x-page", "1"), ("x-total-pages", "3")]).is_some());
        assert!(of(&[("link", "<https://a/>; rel=\"first\""), ("link", "</b>; rel=next")]).is_some());
    }

    #[test]
    fn the_last_page_and_other_links_are_no_reason() {
        for line in [
            ("link", "<https://a/hosts?rel=next>; rel=\"last\""),
            ("link", "<https://a/style.css>; rel=preload"),
            ("link", "<https://a/>; rel=\"nextly\""),
            ("link", "nonsense"),
            ("x-next-page", ""),
            ("content-range", "items 0-24/25"),
            ("content-range", "items 0-24/*"),
        ] {
            assert_eq!(of(&[line]), None, "{line:?}");
        }
        assert_eq!(of(&[("x-page", "3"), ("x-total-pages", "3")]), None);
    }
}
