//! How hosts are reached, and where that is said.

use std::borrow::Cow;

use pogo_core::fleet::{Connection, FleetBuilder, HostId, HostName};
use pogo_core::policy::Origin;

use crate::origins::Origins;
use crate::source::{Problems, Span};

/// What one place says of one host.
#[derive(Debug)]
struct Piece {
    host: HostId,
    name: HostName,
    connection: Connection,
    origin: Origin,
    /// What was said of the same host before.
    before: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Settings {
    pieces: Vec<Piece>,
    /// For each host the latest piece.
    latest: Vec<Option<u32>>,
}

impl Settings {
    /// Adds what is new in it. Two values for one setting are reported, and nothing is added.
    pub(super) fn add(
        &mut self,
        problems: &mut Problems<'_>,
        span: Span,
        (host, name): (HostId, &HostName),
        connection: Connection,
    ) {
        if self.latest.len() <= host.index() {
            self.latest.resize(host.index() + 1, None);
        }
        let before = self.latest.get(host.index()).copied().flatten();
        let (mut is_new, mut agrees) = (before.is_none(), true);
        if before.is_some() {
            for (setting, value) in settings(&connection) {
                match self.first(before, setting) {
                    Some((first, _)) if first == value => {}
                    Some((first, place)) => {
                        let message = format!("`{name}` has two values for {setting}: `{first}` and `{value}`");
                        problems.report_with(span, message, format!("the first is in {place}; take one out"));
                        agrees = false;
                    }
                    None => is_new = true,
                }
            }
        }
        if !(is_new && agrees) {
            return;
        }
        if let Some(latest) = self.latest.get_mut(host.index()) {
            *latest = u32::try_from(self.pieces.len()).ok();
        }
        self.pieces.push(Piece {
            host,
            name: name.clone(),
            connection,
            origin: problems.source.origin(span),
            before,
        });
    }

    /// The value that was given first, and where.
    fn first(&self, mut latest: Option<u32>, setting: &str) -> Option<(Cow<'_, str>, &Origin)> {
        let mut found = None;
        while let Some(piece) = latest.and_then(|at| self.pieces.get(at as usize)) {
            let value = settings(&piece.connection).find(|(name, _)| *name == setting);
            found = value.map(|(_, value)| (value, &piece.origin)).or(found);
            latest = piece.before;
        }
        found
    }

    pub(super) fn hand_over(self, fleet: &mut FleetBuilder, origins: &mut Origins) {
        for piece in self.pieces {
            origins.set_all(piece.name, &piece.connection, piece.origin);
            fleet.connect(piece.host, piece.connection);
        }
    }
}

/// What a connection says, by name.
fn settings(connection: &Connection) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let address = connection.address.as_deref().map(|address| ("address", address.into()));
    let port = connection.port.map(|port| ("port", port.to_string().into()));
    let user = connection.user.as_deref().map(|user| ("user", user.into()));
    let vars = connection.vars.iter();
    let vars = vars.map(|(name, value)| (name.as_str(), value.as_str().into()));
    [address, port, user].into_iter().flatten().chain(vars)
}
