//! What a server takes at once.

use std::time::Duration;

use pogo_core::dispatcher::SubscriptionOptions;

/// What a router takes at once, and for how long. Plain numbers with good defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of a body. Default: 64 MiB, which is a fleet of some hundred thousand hosts.
    pub body: usize,
    /// The most bytes of all bodies that are being received, which bounds their memory; others wait. Default: 128 MiB.
    pub bodies: usize,
    /// How long a body may take to come. Default: 30 seconds.
    pub body_time: Duration,
    /// How many requests each name may send within [`rate_time`](Self::rate_time); any number if it is 0, which is the
    /// default: whoever prints the output of ten thousand hosts asks for each.
    pub rate: u32,
    /// In which time as many requests are answered. Default: 10 seconds.
    pub rate_time: Duration,
    /// How many streams are open at once, and requests that wait for a job. Default: 256.
    pub streams: usize,
    /// How long a request waits for a job until its answer says to ask again. Default: 50 seconds.
    pub wait_time: Duration,
    /// The most bytes of output in an answer. Default: 1 MiB.
    pub output: u64,
    /// The most bytes of records in an answer, if it has more than one. Default: 4 MiB.
    pub records: usize,
    /// How long a plan may take, with its simulations; one is made at a time. Default: 10 seconds.
    pub plan_time: Duration,
    /// Heartbeats of streams, and how far they may lag.
    pub subscription: SubscriptionOptions,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 << 20,
            bodies: 128 << 20,
            body_time: Duration::from_secs(30),
            rate: 0,
            rate_time: Duration::from_secs(10),
            streams: 256,
            // Below the minute after which many proxies end a request without an answer.
            wait_time: Duration::from_secs(50),
            output: 1 << 20,
            records: 4 << 20,
            plan_time: Duration::from_secs(10),
            subscription: SubscriptionOptions::default(),
        }
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the most bytes of a body.
    #[must_use]
    pub fn body(mut self, bytes: usize) -> Self {
        self.body = bytes;
        self
    }

    /// Sets the most bytes of all bodies that are being received. A single body may be as large as its own limit
    /// allows.
    #[must_use]
    pub fn bodies(mut self, bytes: usize) -> Self {
        self.bodies = bytes;
        self
    }

    /// Sets how long a body may take to come.
    #[must_use]
    pub fn body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }

    /// Sets how many requests each name may send in which time: all of them at once, and then as they are regained.
    #[must_use]
    pub fn rate(mut self, requests: u32, time: Duration) -> Self {
        (self.rate, self.rate_time) = (requests, time);
        self
    }

    /// Sets how many streams are open at once, and requests that wait for a job.
    #[must_use]
    pub fn streams(mut self, streams: usize) -> Self {
        self.streams = streams;
        self
    }

    /// Sets how long a request waits for a job until its answer says to ask again.
    #[must_use]
    pub fn wait_time(mut self, time: Duration) -> Self {
        self.wait_time = time;
        self
    }

    /// Sets the most bytes of output in an answer.
    #[must_use]
    pub fn output(mut self, bytes: u64) -> Self {
        self.output = bytes;
        self
    }

    /// Sets the most bytes of records in an answer that has more than one.
    #[must_use]
    pub fn records(mut self, bytes: usize) -> Self {
        self.records = bytes;
        self
    }

    /// Sets how long a plan may take.
    #[must_use]
    pub fn plan_time(mut self, time: Duration) -> Self {
        self.plan_time = time;
        self
    }

    /// Sets the heartbeats of streams, and how far they may lag.
    #[must_use]
    pub fn subscription(mut self, options: SubscriptionOptions) -> Self {
        self.subscription = options;
        self
    }
}
