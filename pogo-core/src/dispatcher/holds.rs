//! Holding hosts outside of any job.

use super::{Handle, OrderError};
use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::{HoldMode, Order};

impl Handle {
    /// Takes hosts out of service for somebody, under the same limits as jobs. With [`HoldMode::Wait`] it returns once
    /// they are in line: [`Query::Holds`](crate::scheduler::Query::Holds) says which of them are held. Errors as
    /// [`execute`](Self::execute); with [`HoldMode::Immediate`] also what keeps a host from being held now.
    ///
    /// Where a hold waits, it does so as a job of this priority that is submitted now.
    pub async fn hold(
        &self,
        hosts: Vec<HostName>,
        owner: HoldOwner,
        reason: impl Into<std::sync::Arc<str>> + Send,
        mode: HoldMode,
        priority: i32,
    ) -> Result<(), OrderError> {
        self.order(
            Order::Hold {
                hosts,
                owner,
                priority,
                mode,
            }
            .because(reason.into()),
        )
        .await
    }

    /// Gives back hosts that this owner holds, and waits for them no longer. Errors as [`execute`](Self::execute).
    pub async fn release(
        &self,
        hosts: Vec<HostName>,
        owner: HoldOwner,
        reason: impl Into<std::sync::Arc<str>> + Send,
    ) -> Result<(), OrderError> {
        let (reason, force) = (reason.into(), false);
        let by = owner;
        self.order(Order::Release { hosts, force, by }.because(reason)).await
    }

    /// Ends all holds of these hosts, and all waits for them, whoever's they are. Errors as [`execute`](Self::execute);
    /// the reason must not be empty.
    pub async fn release_by_force(
        &self,
        hosts: Vec<HostName>,
        by: HoldOwner,
        reason: impl Into<std::sync::Arc<str>> + Send,
    ) -> Result<(), OrderError> {
        let (reason, force) = (reason.into(), true);
        self.order(Order::Release { hosts, force, by }.because(reason)).await
    }
}
