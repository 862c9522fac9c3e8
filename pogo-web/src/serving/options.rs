//! How connections are served.

use std::time::Duration;

/// How a router is served. Plain numbers with good defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How many connections are served at once; others wait to be let in. Default: 1,024.
    pub connections: usize,
    /// How long the head of a request may take to come, also on a connection that is kept. Default: 10 seconds.
    pub header_time: Duration,
    /// How long the other end may take nothing of what it is sent. Default: 30 seconds.
    pub stall_time: Duration,
    /// How often the path of a socket is looked for, and bound anew if it has vanished. Default: 10 seconds.
    pub path_check: Duration,
    /// How long requests may take to end when the server closes. Default: 10 seconds.
    pub close_time: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections: 1_024,
            header_time: Duration::from_secs(10),
            stall_time: Duration::from_secs(30),
            path_check: Duration::from_secs(10),
            close_time: Duration::from_secs(10),
        }
    }
}

impl ServeOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many connections are served at once.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how long the head of a request may take to come.
    #[must_use]
    pub fn header_time(mut self, time: Duration) -> Self {
        self.header_time = time;
        self
    }

    /// Sets how long the other end may take nothing of what it is sent.
    #[must_use]
    pub fn stall_time(mut self, time: Duration) -> Self {
        self.stall_time = time;
        self
    }

    /// Sets how often the path is looked for.
    #[must_use]
    pub fn path_check(mut self, interval: Duration) -> Self {
        self.path_check = interval;
        self
    }

    /// Sets how long requests may take to end when the server closes.
    #[must_use]
    pub fn close_time(mut self, time: Duration) -> Self {
        self.close_time = time;
        self
    }
}
