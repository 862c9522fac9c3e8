//! Whole stores, namespace by namespace.

use std::path::Path;
use std::sync::Arc;

use pogo_core::Timestamp;

use super::source::PostgresSource;
use super::target::PostgresTarget;
use crate::copy::{Amount, CopyError, CopySource, DirectorySource, DirectoryTarget, transfer, verify};
use crate::postgres::namespace::PostgresNamespace;
use crate::postgres::{PostgresError, PostgresStore};
use crate::{Copied, Store};

impl PostgresStore {
    /// Copies the namespaces of a store in a directory into this one, which has none of their names, and reads
    /// everything again. Nobody may own a namespace meanwhile, this process included. Each copy says that it is one, so
    /// that whoever goes on with it has to [accept](pogo_core::dispatcher::DispatcherBuilder::accept_restore) that.
    ///
    /// # Errors
    /// Somebody owns a namespace; there is one of that name; the disk or the database gave an error. What was written
    /// of a namespace is removed then.
    pub async fn copy_from_directory(&self, from: &Store) -> Result<Copied, PostgresError> {
        let mut sources: Vec<(String, Box<dyn CopySource>)> = vec![];
        for name in from.namespaces().map_err(copy_error)? {
            let namespace = from.namespace(&name).map_err(copy_error)?;
            let source = DirectorySource::lock(namespace).await.map_err(copy_error)?;
            sources.push((name, Box::new(source)));
        }
        self.copy_from(sources, &from.path().display().to_string()).await
    }

    /// As [`copy_from_directory`](Self::copy_from_directory), of a store in another database, or in another schema.
    /// `now` is when that is.
    ///
    /// # Errors
    /// As [`copy_from_directory`](Self::copy_from_directory).
    pub async fn copy_from_postgres(&self, from: &Self, now: Timestamp) -> Result<Copied, PostgresError> {
        let sources = from.sources(now).await?;
        self.copy_from(sources, &from.address().to_string()).await
    }

    /// Copies its namespaces to a new or an empty directory, and reads everything again. `now` is the time that the
    /// copy says of itself.
    ///
    /// # Errors
    /// As [`copy_from_directory`](Self::copy_from_directory), or the directory is not empty. What was written before is
    /// no store, and can be removed.
    pub async fn copy_to_directory(&self, to: impl AsRef<Path>, now: Timestamp) -> Result<Copied, PostgresError> {
        let target = Store::to_be_copied_to(to.as_ref()).map_err(copy_error)?;
        let mut copied = Copied::default();
        for (name, source) in self.sources(now).await? {
            let namespace = target.namespace(&name).map_err(copy_error)?;
            let from = (self.address().to_string(), now);
            let amount = to_directory(&*source, namespace, from).await.map_err(copy_error)?;
            add(&mut copied, name, amount);
        }
        target.complete().map_err(copy_error)?;
        Ok(copied)
    }

    /// All namespaces, owned, so that one that is in use leaves nothing half copied.
    async fn sources(&self, now: Timestamp) -> Result<Vec<(String, Box<dyn CopySource>)>, PostgresError> {
        let mut sources: Vec<(String, Box<dyn CopySource>)> = vec![];
        for name in self.namespaces().await? {
            let source = PostgresSource::own(self.namespace(&name)?, now).await;
            sources.push((name, Box::new(source.map_err(copy_error)?)));
        }
        Ok(sources)
    }

    async fn copy_from(
        &self,
        sources: Vec<(String, Box<dyn CopySource>)>,
        from: &str,
    ) -> Result<Copied, PostgresError> {
        // All names before the first is copied, so that a clash leaves nothing half done.
        let known = self.namespaces().await?;
        if let Some((name, _)) = sources.iter().find(|(name, _)| known.contains(name)) {
            let message = format!(
                "{} has a namespace {name} already; copy to another schema",
                self.address()
            );
            return Err(PostgresError::Copy { message });
        }
        let mut copied = Copied::default();
        for (name, source) in sources {
            let mut target = PostgresTarget::new(Arc::clone(self.shared()));
            let done = async {
                let (digest, amount) = transfer(&*source, &mut target).await?;
                let written = PostgresNamespace::new(Arc::clone(self.shared()), &target.working_name);
                verify(&PostgresSource::of(written), digest).await?;
                // After it was read again: until then no dispatcher can find it.
                target.publish(&name, from).await?;
                Ok::<_, CopyError>(amount)
            };
            match done.await {
                Ok(amount) => add(&mut copied, name, amount),
                Err(error) => {
                    target.discard().await;
                    return Err(copy_error(error));
                }
            }
        }
        Ok(copied)
    }
}

async fn to_directory(
    source: &dyn CopySource,
    namespace: crate::Namespace,
    from: (String, Timestamp),
) -> Result<Amount, CopyError> {
    let mut target = DirectoryTarget::new(namespace.clone(), from);
    let (digest, amount) = transfer(source, &mut target).await?;
    target.release();
    let copy = DirectorySource::lock(namespace).await?;
    verify(&copy, digest).await?;
    drop(copy);
    target.finish().await?;
    Ok(amount)
}

fn add(copied: &mut Copied, name: String, amount: Amount) {
    copied.namespaces.push(name);
    copied.files += amount.pieces;
    copied.bytes += amount.bytes;
    copied.records += amount.records;
}

fn copy_error(error: impl std::fmt::Display) -> PostgresError {
    PostgresError::Copy {
        message: error.to_string(),
    }
}
