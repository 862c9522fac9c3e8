//! Connection settings of hosts, and conflicts between lines that set them.

use std::borrow::Cow;

use pogo_core::fleet::Connection;
use pogo_core::policy::Origin;

use crate::source::{Problems, Span};

/// Whether it adds a setting without a conflict; reports two values for the same setting.
pub(super) fn adds(
    problems: &mut Problems<'_>,
    (span, name): (Span, &str),
    known: &Connection,
    connection: &Connection,
    place: impl Fn(&str) -> Option<Origin>,
) -> bool {
    let (mut is_new, mut agrees) = (false, true);
    for (setting, value) in settings(connection) {
        match settings(known).find(|(known, _)| *known == setting) {
            Some((_, first)) if first == value => {}
            Some((_, first)) => {
                agrees = false;
                if problems.is_full() {
                    continue;
                }
                let message = format!("`{name}` has two values for {setting}: `{first}` and `{value}`");
                match place(setting) {
                    Some(place) => {
                        problems.report_with(span, message, format!("the first is in {place}; take one out"))
                    }
                    None => problems.report(span, message),
                }
            }
            None => is_new = true,
        }
    }
    is_new && agrees
}

/// The settings of a connection by name.
fn settings(connection: &Connection) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let address = connection.address.as_deref().map(|address| ("address", address.into()));
    let port = connection.port.map(|port| ("port", port.to_string().into()));
    let user = connection.user.as_deref().map(|user| ("user", user.into()));
    let vars = connection.vars.iter();
    let vars = vars.map(|(name, value)| (name.as_str(), value.as_str().into()));
    [address, port, user].into_iter().flatten().chain(vars)
}
