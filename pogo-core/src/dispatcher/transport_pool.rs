//! A transport for each set of settings that jobs connect with.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use super::layer::before_attempt;
use super::{Attempt, Capabilities, Clock, Fence, Reporter, SystemClock, Transport};
use crate::plan::TransportSettings;
use crate::scheduler::{FailureKind, FenceAnswer, NeverBegan, Outcome};

/// Makes transports for jobs that connect in ways of their own.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{Capabilities, Transport, TransportError, TransportFactory, TransportPool};
/// use pogo_core::plan::TransportSettings;
/// # use pogo_core::testing::TestTransport as OurTransport;
///
/// struct OurTransports;
///
/// #[async_trait]
/// impl TransportFactory for OurTransports {
///     fn capabilities(&self) -> Capabilities {
///         Capabilities::default().with_output()
///     }
///
///     async fn make(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError> {
///         if let Some(name) = settings.names().find(|name| *name != "user") {
///             return Err(TransportError::invalid(format!("there is no setting `{name}`; there is `user`")));
///         }
///         Ok(Arc::new(OurTransport::default()))
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let transport = Arc::new(TransportPool::new(OurTransports));
/// // Before the job is submitted, so that mistakes are refused with it.
/// let refused = transport.prepare(&TransportSettings::new().set("usr", "deploy")).await;
/// assert_eq!(refused.err().unwrap().to_string(), "there is no setting `usr`; there is `user`");
/// # });
/// ```
#[async_trait]
pub trait TransportFactory: Send + Sync {
    /// Capabilities of every transport that it makes. Called often: the answer is cheap and always the same.
    fn capabilities(&self) -> Capabilities;

    /// Whether the transport of such an attempt [resumes](Transport::resumes) it. Asked before any transport is made.
    fn resumes(&self, attempt: &Attempt) -> bool {
        let _ = attempt;
        false
    }

    /// Makes the transport for jobs with these settings, of which there may be none. All attempts of these jobs wait
    /// for it.
    async fn make(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError>;
}

#[async_trait]
impl<T: TransportFactory + ?Sized> TransportFactory for Arc<T> {
    fn capabilities(&self) -> Capabilities {
        T::capabilities(self)
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        T::resumes(self, attempt)
    }

    async fn make(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError> {
        T::make(self, settings).await
    }
}

/// Why there is no transport for a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The settings are invalid: no attempt of the job can run, and those that are started are refused.
    #[error("{message}")]
    Invalid {
        /// What is wrong, and the cure.
        message: String,
    },
    /// What is needed is not there now, such as somebody's agent: attempts that are started never begin, and wait.
    #[error("{message}")]
    NotReady {
        /// What is missing, and who can bring it.
        message: String,
    },
}

impl TransportError {
    /// The settings are invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
        }
    }

    /// What is needed is not there now.
    pub fn not_ready(message: impl Into<String>) -> Self {
        Self::NotReady {
            message: message.into(),
        }
    }

    /// How an attempt ends without a transport.
    fn outcome(self, resumed: bool) -> Outcome {
        match self {
            // It began under an earlier dispatcher, and may still run.
            Self::Invalid { message } | Self::NotReady { message } if resumed => Outcome::in_doubt(message),
            Self::Invalid { message } => Outcome::failed(FailureKind::Refused, message),
            Self::NotReady { message } => Outcome::never_began(NeverBegan::NotReady, message),
        }
    }
}

/// A transport that runs each attempt through the one that a factory made for the [settings](TransportSettings) of its
/// job. Jobs with equal settings share one.
///
/// One that no attempt uses is kept, with what it has read and connected; when there are more than eight, the one that
/// was used least recently goes first. One that could not be made is tried again with the next attempt, and one that is
/// [outdated](Transport::is_outdated) gives way to another.
pub struct TransportPool {
    factory: Arc<dyn TransportFactory>,
    clock: Arc<dyn Clock>,
    /// The one that was used last is at the end. Few, so they are found by going through them.
    made: Mutex<Vec<Made>>,
}

struct Made {
    settings: TransportSettings,
    transport: Making,
}

impl Made {
    fn is_outdated(&self) -> bool {
        matches!(self.transport.peek(), Some(Ok(transport)) if transport.is_outdated())
    }
}

/// A transport that is being made, or is there. Shared, so that a thousand attempts that start at once make one.
type Making = Shared<BoxFuture<'static, Result<Arc<dyn Transport>, TransportError>>>;

impl TransportPool {
    /// How many transports are kept that no attempt uses.
    const KEPT: usize = 8;

    /// A pool of the transports that this factory makes.
    pub fn new(factory: impl TransportFactory + 'static) -> Self {
        Self {
            factory: Arc::new(factory),
            clock: Arc::new(SystemClock),
            made: Mutex::default(),
        }
    }

    /// Sets the clock that takes waits for a transport from an attempt's time limit. Default: the [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the transport for jobs with these settings, if it is not there yet. It stays for as long as the caller
    /// keeps it.
    ///
    /// # Errors
    /// The settings are invalid, or what they need is not there.
    pub async fn prepare(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError> {
        let making = self.making(settings);
        let made = making.clone().await;
        if made.is_err() {
            // This one only: another task may have begun to make it anew meanwhile.
            self.lock().retain(|other| !other.transport.ptr_eq(&making));
        }
        made
    }

    fn making(&self, settings: &TransportSettings) -> Making {
        let mut made = self.lock();
        let known = made.iter().position(|made| made.settings == *settings);
        // Taken out and pushed at the end, so that the list is in the order of use.
        let used = match known.map(|known| made.remove(known)) {
            Some(known) if !known.is_outdated() => known,
            _ => {
                make_room(&mut made);
                let (factory, settings) = (Arc::clone(&self.factory), settings.clone());
                let wanted = settings.clone();
                let making = async move { factory.make(&wanted).await };
                Made {
                    settings,
                    transport: making.boxed().shared(),
                }
            }
        };
        let transport = used.transport.clone();
        made.push(used);
        transport
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of transports that nobody uses, until one more can be kept.
fn make_room(made: &mut Vec<Made>) {
    while made.len() >= TransportPool::KEPT {
        let unused = made.iter().position(|made| match made.transport.peek() {
            // Counted under the lock that hands them out, so nobody can take one that is found
            // unused here.
            Some(Ok(transport)) => Arc::strong_count(transport) == 1,
            // It is being made for somebody, or goes by itself.
            _ => false,
        });
        let Some(unused) = unused else { return };
        made.remove(unused);
    }
}

#[async_trait]
impl Transport for TransportPool {
    fn capabilities(&self) -> Capabilities {
        self.factory.capabilities()
    }

    async fn run(&self, mut attempt: Attempt, report: Reporter) -> Outcome {
        let settings = attempt.transport_settings.clone();
        let resumed = attempt.resumed;
        let making = self.prepare(&settings);
        match before_attempt(self.clock.as_ref(), (&mut attempt, &report), making).await {
            Ok(Ok(transport)) => transport.run(attempt, report).await,
            Ok(Err(error)) => error.outcome(resumed),
            Err(outcome) => outcome,
        }
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        self.factory.resumes(attempt)
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        match self.prepare(&fence.attempt.transport_settings).await {
            Ok(transport) => transport.fence(fence).await,
            Err(error) => FenceAnswer::unreachable(error.to_string()),
        }
    }
}
