//! The servers that a client may ask. It asks one at a time, and stays with it as long as that answers.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ClientError;
use super::endpoint::Endpoint;
use crate::wire::{Problem, ProblemKind};

/// Some servers, at least one. Displays as they were named.
#[derive(Debug)]
pub(super) struct Servers {
    first: Endpoint,
    others: Vec<Endpoint>,
    /// Which one is asked.
    at: AtomicUsize,
}

/// How far a request has gone round the servers.
#[derive(Debug)]
pub(super) struct Tour {
    /// How many are to be asked before it is waited.
    left: usize,
}

impl Servers {
    pub(super) fn one(first: Endpoint) -> Self {
        let (others, at) = (vec![], AtomicUsize::new(0));
        Self { first, others, at }
    }

    /// The servers at these addresses.
    pub(super) fn at_any(urls: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ClientError> {
        let endpoints = urls.into_iter().map(|url| Endpoint::web(url.as_ref()));
        let mut endpoints = endpoints.collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = endpoints.next().ok_or_else(|| ClientError::Unsupported {
            message: "no server is named; give `https://HOST:PORT`".to_owned(),
        })?;
        let (others, at) = (endpoints.collect(), AtomicUsize::new(0));
        Ok(Self { first, others, at })
    }

    /// Each of them changed, and the first one asked.
    pub(super) fn changed<E>(&self, change: impl Fn(Endpoint) -> Result<Endpoint, E>) -> Result<Self, E> {
        let others = self.others.iter().cloned().map(&change);
        Ok(Self {
            first: change(self.first.clone())?,
            others: others.collect::<Result<_, _>>()?,
            at: AtomicUsize::new(0),
        })
    }

    pub(super) fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// The one that is asked, and which it is.
    pub(super) fn current(&self) -> (usize, &Endpoint) {
        // Relaxed: it is a hint which server to ask first, and no other data depends on it.
        let at = self.at.load(Ordering::Relaxed);
        (at, self.nth(at))
    }

    pub(super) fn nth(&self, at: usize) -> &Endpoint {
        let other = at.checked_sub(1).and_then(|at| self.others.get(at));
        other.unwrap_or(&self.first)
    }

    /// All but this one.
    pub(super) fn but(&self, at: usize) -> impl Iterator<Item = &Endpoint> {
        let all = 0..=self.others.len();
        all.filter(move |other| *other != at).map(|other| self.nth(other))
    }

    pub(super) fn tour(&self) -> Tour {
        Tour {
            left: self.others.len(),
        }
    }

    /// Turns away from this server, to the one that was named if it is among them, or to the next. False once all were
    /// asked: then it is time to wait.
    pub(super) fn turn(&self, at: usize, tour: &mut Tour, named: Option<&str>) -> bool {
        let named = named.and_then(|url| self.find(url)).filter(|named| *named != at);
        let next = named.unwrap_or((at + 1) % (self.others.len() + 1));
        // Another request may have turned already, and knows more.
        let _ = self.at.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
        match tour.left.checked_sub(1) {
            Some(left) => tour.left = left,
            // Starts over, since a pause follows: after it each server may have become the owner.
            None => *tour = self.tour(),
        }
        tour.left != self.others.len()
    }

    fn find(&self, url: &str) -> Option<usize> {
        let url = url.trim_end_matches('/');
        (0..=self.others.len()).find(|at| self.nth(*at).to_string() == url)
    }
}

/// Whether another server may take what this one refuses.
pub(super) fn is_elsewhere(problem: &Problem) -> bool {
    matches!(
        problem.kind,
        ProblemKind::Standby
            | ProblemKind::Stopped
            | ProblemKind::Closing
            | ProblemKind::Draining
            | ProblemKind::JournalAway
    )
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        self.others.iter().try_for_each(|other| write!(f, ", {other}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers() -> Servers {
        Servers::at_any(["http://localhost:1", "http://localhost:2/", "http://localhost:3"]).unwrap()
    }

    #[test]
    fn each_server_is_asked_once_before_it_is_waited() {
        let servers = servers();
        let mut tour = servers.tour();
        let mut asked = vec![];
        for _ in 0..2 {
            loop {
                let (at, endpoint) = servers.current();
                asked.push(endpoint.to_string());
                if !servers.turn(at, &mut tour, None) {
                    break;
                }
            }
        }
        let ports: Vec<_> = asked.iter().map(|url| &url[url.len() - 1..]).collect();
        assert_eq!(ports, ["1", "2", "3", "1", "2", "3"]);
    }

    #[test]
    fn an_owner_that_is_among_them_is_asked_next() {
        let servers = servers();
        let mut tour = servers.tour();
        assert!(servers.turn(0, &mut tour, Some("http://localhost:3/")));
        assert_eq!(servers.current().1.to_string(), "http://localhost:3");
        // Whoever has a token for these gives it to no other.
        assert!(servers.turn(2, &mut tour, Some("http://localhost:4")));
        assert_eq!(servers.current().1.to_string(), "http://localhost:1");
    }

    #[test]
    fn of_two_requests_that_fail_at_once_one_turns() {
        let servers = servers();
        let mut tours = [servers.tour(), servers.tour()];
        for tour in &mut tours {
            servers.turn(0, tour, None);
        }
        assert_eq!(servers.current().0, 1);
    }

    #[test]
    fn one_server_is_waited_for() {
        let servers = Servers::at_any(["http://localhost:1"]).unwrap();
        assert!(!servers.turn(0, &mut servers.tour(), None));
        assert!(Servers::at_any([""; 0]).is_err());
    }
}
