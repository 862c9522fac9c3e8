//! How a dispatcher is doing.

use pogo_api::wire::Status;

use crate::json::{Reply, document};
use crate::request::Request;

pub(crate) async fn status(request: Request) -> Reply {
    let handle = request.namespace()?.handle.clone();
    let standby = match request.standby() {
        Some(standby) => standby.status().await,
        None => None,
    };
    request.parameters.finish()?;
    document(&Status::new(handle.status().await?, standby))
}
