//! What a namespace is configured with.

use std::sync::Arc;

use pogo_api::wire::Configuration;

use crate::json::{Reply, large_document};
use crate::request::Request;

pub(crate) async fn configuration(request: Request) -> Reply {
    let handle = request.namespace()?.handle.clone();
    request.parameters.finish()?;
    let configuration = handle.query(|scheduler| {
        let fleet = scheduler.configured_fleet().cloned();
        Configuration::new(fleet, Arc::clone(scheduler.policy()))
    });
    large_document(configuration.await?).await
}
