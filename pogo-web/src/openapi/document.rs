//! The whole document.

use std::collections::BTreeMap;

use pogo_api::wire::{HostOutput, NamespaceName, Problem, Question, StreamEnd, UpdateDigest};
use pogo_core::output::Stream;
use pogo_core::stream::Update;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, InfoBuilder, OpenApiBuilder, Paths};

use super::operation::refusals;
use super::operations::operations;
use super::prose::plain;
use super::schemas::{Schemas, add};
use crate::routes;

const ABOUT: &str = "Orders, queries, output and a live stream of rollouts. Fields are only added within `v1`: leave \
    aside those that you do not know. Moments are milliseconds since the Unix epoch, and times are milliseconds. \
    Errors are problem documents of RFC 9457 with a type that stays the same. An order with a `request` id can be sent \
    again where its answer was lost: it is carried out once.";

/// The description of every [route](crate::routes), of OpenAPI 3.1.
///
/// ```
/// let document = pogo_web::openapi::openapi();
/// assert!(document["paths"]["/v1/namespaces/{namespace}/orders"]["post"].is_object());
/// ```
pub fn openapi() -> serde_json::Value {
    let mut schemas = common();
    let mut paths = Paths::new();
    let rights: BTreeMap<_, _> = routes()
        .into_iter()
        .map(|route| ((route.path, route.method.to_string()), route.right))
        .collect();
    for operation in operations() {
        let right = rights.get(&(operation.path, operation.method.to_string()));
        schemas.extend(operation.schemas.iter().cloned());
        let (path, method) = (operation.path, operation.http_method());
        if let Some(right) = right {
            paths.add_path_operation(path, vec![method], operation.build(*right));
        }
    }
    let mut components = Components::new();
    components.schemas = schemas.into_iter().collect();
    components.responses = refusals();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let document = OpenApiBuilder::new()
        .info(info())
        .paths(paths)
        .components(Some(components))
        .build();
    // Plain data with texts as keys: it can be written.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    plain(&mut document);
    document
}

fn info() -> Info {
    InfoBuilder::new()
        .title("pogo")
        .version("1")
        .description(Some(ABOUT))
        .build()
}

/// What parameters, errors and streams have.
fn common() -> Schemas {
    let mut schemas = vec![];
    add::<Problem>(&mut schemas);
    add::<NamespaceName>(&mut schemas);
    add::<pogo_core::fleet::HostName>(&mut schemas);
    add::<Stream>(&mut schemas);
    add::<Update>(&mut schemas);
    add::<HostOutput>(&mut schemas);
    add::<Question>(&mut schemas);
    add::<StreamEnd>(&mut schemas);
    add::<UpdateDigest>(&mut schemas);
    schemas
}
