//! Detects paginated documents, which contain only a part of the hosts.

use super::Mapping;
use super::path::find;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Node, Value};

/// Keys that announce a next page: with its address or number, or `true`.
const NEXT: [&str; 30] = [
    // NetBox, Django, Ansible Tower.
    "next",
    "metadata.continue",
    "NextToken",
    "nextToken",
    "next_token",
    "NextMarker",
    "NextPageToken",
    "nextPageToken",
    "next_page_token",
    "nextLink",
    "@odata.nextLink",
    "odata.nextLink",
    "next_page",
    "nextPage",
    "next_page_url",
    "next_cursor",
    "nextCursor",
    "links.next",
    "links.pages.next",
    "_links.next",
    "meta.next",
    "meta.next_page",
    "meta.pagination.next_page",
    "meta.pagination.links.next",
    "pagination.next",
    "pagination.next_page",
    "paging.next",
    "response_metadata.next_cursor",
    "IsTruncated",
    "has_more",
];

/// Keys of GraphQL, Stripe and similar services that announce further pages.
const MORE: [&str; 6] = [
    "hasMore",
    "has_next",
    "hasNext",
    "hasNextPage",
    "pageInfo.hasNextPage",
    "truncated",
];

/// Keys of Foreman, Jira and others with the total number; they count if there is a page size too.
const TOTAL: [&str; 10] = [
    "subtotal",
    "total",
    "total_count",
    "totalCount",
    "count",
    "totalResults",
    "total_results",
    "totalItems",
    "meta.total",
    "meta.pagination.total",
];

const SIZE: [&str; 12] = [
    "per_page",
    "perPage",
    "page_size",
    "pageSize",
    "limit",
    "maxResults",
    "itemsPerPage",
    "page",
    "offset",
    "start",
    "meta.per_page",
    "meta.pagination.per_page",
];

/// Keys of the last page and the current one.
const LAST: [(&str, &str); 5] = [
    ("last_page", "current_page"),
    ("total_pages", "page"),
    ("totalPages", "page"),
    ("pages", "page"),
    ("meta.pagination.last_page", "meta.pagination.page"),
];

/// The cure for paginated documents.
pub(crate) const CURE: &str = "a part of the fleet is no fleet: ask for all at once, with a parameter for the size of \
    a page in the address (such as `?limit=0` or `?per_page=1000`) or without one in the command, or read a program \
    that follows the pages, as a source of the type `command`";

/// Refuses a document that announces further pages.
pub(super) fn refuse(problems: &mut Problems<'_>, root: &Node<'_>, mapping: &Mapping) {
    // Without a key the document is the rows themselves, and a host may be named `next`.
    let Some(rows) = &mapping.rows else { return };
    let keys: Vec<&str> = rows.split('.').collect();
    let count = count(root, &keys);
    let mut node = root;
    for key in keys {
        let Value::Map(fields) = &node.value else { return };
        if let Some((span, what)) = more(fields, count) {
            return problems.report_with(span, format!("{what} says that there are more hosts than these"), CURE);
        }
        let Some(below) = fields.iter().find(|field| field.key.text == key) else {
            return;
        };
        node = &below.value;
    }
}

/// The number of rows, if they are in one list or object.
fn count(node: &Node<'_>, keys: &[&str]) -> Option<usize> {
    match (keys.split_first(), &node.value) {
        (None, Value::List(items)) => Some(items.len()),
        (None, Value::Map(entries)) => Some(entries.len()),
        (Some((key, rest)), Value::Map(fields)) => {
            let below = fields.iter().find(|field| field.key.text == *key)?;
            count(&below.value, rest)
        }
        _ => None,
    }
}

/// The announcement, and its position.
fn more(fields: &[Entry<'_>], rows: Option<usize>) -> Option<(Span, String)> {
    let next = NEXT.iter().chain(&MORE).find_map(|name| {
        let node = find(fields, name)?;
        says_more(node).then(|| (node.span, format!("`{name}`")))
    });
    let number = |name: &str| {
        let node = find(fields, name)?;
        Some((node.span, node.scalar()?.parse::<usize>().ok()?))
    };
    let total = || {
        // A total alone may be that of something else, such as of all machines of a company.
        SIZE.iter().find(|size| number(size).is_some())?;
        let (rows, name) = (rows?, TOTAL.iter().find(|name| number(name).is_some())?);
        let (span, total) = number(name)?;
        (total > rows).then(|| (span, format!("`{name}: {total}`")))
    };
    let last = || {
        LAST.iter().find_map(|(last, this)| {
            let ((span, last_page), (_, page)) = (number(last)?, number(this)?);
            (last_page > page).then(|| (span, format!("`{last}: {last_page}`")))
        })
    };
    next.or_else(total).or_else(last)
}

/// Whether the value announces another page.
fn says_more(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Scalar(text) => !matches!(text.as_ref(), "" | "false" | "0" | "null"),
        // An address in an object: `{"href": "…"}`.
        Value::Map(fields) => find(fields, "href").is_some_and(says_more),
        _ => false,
    }
}
