//! Who answers, and which namespaces there are.

use pogo_api::wire::{About, NamespaceEntry, Namespaces};

use crate::json::{Reply, document};
use crate::request::Request;

/// That the server answers; of whom it is asked does not matter.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

pub(crate) async fn about(request: Request) -> Reply {
    let server = request.shared().server.clone();
    request.parameters.finish()?;
    document(&About::new(server, std::process::id()))
}

pub(crate) async fn namespaces(request: Request) -> Reply {
    let names = request.namespaces().keys();
    let names = names.filter(|name| request.access.knows(name.as_str())).cloned();
    let namespaces = Namespaces::new(names.map(NamespaceEntry::new).collect());
    request.parameters.finish()?;
    document(&namespaces)
}
