//! Files that are sent for jobs.

use axum::body::Body;
use axum::http::HeaderMap;
use base64ct::{Base64, Encoding};
use pogo_api::wire::{InputPart, ProblemKind};

use crate::body::receive;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::uploads::Part;

pub(crate) async fn inputs(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    std::mem::take(&mut request.parameters).finish()?;
    let uploads = request.dispatched()?.uploads.clone();
    let uploads = uploads.ok_or_else(|| {
        let said = "this server keeps no files for jobs; put them where the hosts fetch them";
        Refusal::new(ProblemKind::NotAllowed, said)
    })?;
    let sent: InputPart = receive(request.shared(), &headers, body).await?;
    let bytes = Base64::decode_vec(&sent.base64);
    let bytes = bytes.map_err(|_| Refusal::new(ProblemKind::InvalidBody, "`base64` is no Base64 with padding"))?;
    let part = Part {
        id: sent.id,
        name: sent.name,
        offset: sent.offset,
        bytes,
    };
    document(&uploads.take(&request.access.identity.actor.name, part).await?)
}
