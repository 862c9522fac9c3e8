//! A transport with a layer around it.

use async_trait::async_trait;

use super::super::{Attempt, Capabilities, Fence, Reporter, Transport};
use crate::scheduler::{FenceAnswer, Outcome};

/// Wraps the attempts of a transport.
///
/// It keeps the contract of [`Transport::run`]: what it adds ends within the attempt's time limit and when the attempt
/// is cancelled.
///
/// ```
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::layer::Layer;
/// use pogo_core::dispatcher::{Attempt, Reporter, Transport};
/// use pogo_core::scheduler::{FailureKind, Outcome};
///
/// /// Refuses to touch hosts whose names begin with this text.
/// struct Spare(&'static str);
///
/// #[async_trait]
/// impl Layer for Spare {
///     async fn run(&self, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome {
///         if attempt.host.name.as_str().starts_with(self.0) {
///             return Outcome::failed(FailureKind::Refused, "this host is spared");
///         }
///         inner.run(attempt, report).await
///     }
/// }
/// ```
#[async_trait]
pub trait Layer: Send + Sync {
    /// Runs an attempt, usually through `inner`.
    async fn run(&self, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome;

    /// Asks a host for the state of an attempt, through `inner`.
    async fn fence(&self, inner: &dyn Transport, fence: Fence) -> FenceAnswer {
        inner.fence(fence).await
    }
}

/// Adds layers to transports.
pub trait TransportExt: Transport + Sized {
    /// Runs this transport's attempts through the layer.
    fn layer<L: Layer>(self, layer: L) -> Layered<Self, L> {
        Layered { inner: self, layer }
    }
}

impl<T: Transport> TransportExt for T {}

/// A transport with a layer around it, created by [`TransportExt::layer`].
#[derive(Debug, Clone)]
pub struct Layered<T, L> {
    inner: T,
    layer: L,
}

impl<T, L> Layered<T, L> {
    /// The transport without the layer.
    pub fn inner(&self) -> &T {
        &self.inner
    }
}

#[async_trait]
impl<T: Transport, L: Layer> Transport for Layered<T, L> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        self.layer.run(&self.inner, attempt, report).await
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        // Passed on here and not by layers, so that none can forget it: the dispatcher would call
        // an attempt lost that goes on.
        self.inner.resumes(attempt)
    }

    fn is_outdated(&self) -> bool {
        self.inner.is_outdated()
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        self.layer.fence(&self.inner, fence).await
    }
}
