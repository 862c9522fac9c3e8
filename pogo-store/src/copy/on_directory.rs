//! Work on a directory that is copied, beside the threads of whoever copies.

use std::sync::Arc;

use super::CopyError;
use crate::blocking::spawn_blocking;
use crate::error::StoreError;
use crate::namespace::Namespace;
use crate::shared::Shared;

/// Does this on another thread.
pub(super) async fn on_directory<T, E>(
    namespace: &Namespace,
    work: impl FnOnce(&Shared) -> Result<T, E> + Send + 'static,
) -> Result<T, CopyError>
where
    T: Send + 'static,
    E: Into<StoreError>,
{
    let shared = Arc::clone(namespace.shared());
    let done = spawn_blocking(move || work(&shared).map_err(|error| CopyError::other(error.into())));
    done.await.map_err(CopyError::other)?
}
