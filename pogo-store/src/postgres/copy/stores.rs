//! Whole stores, namespace by namespace.

use std::path::Path;
use std::sync::Arc;

use pogo_core::Timestamp;

use super::source::PostgresSource;
use super::target::PostgresTarget;
use crate::blocking::spawn_blocking;
use crate::copy::{Amount, CopyError, CopySource, DirectorySource, DirectoryTarget, copy_inputs, transfer, verify};
use crate::disk::LocalDisk;
use crate::postgres::namespace::PostgresNamespace;
use crate::postgres::{PostgresError, PostgresStore};
use crate::{Copied, Store};

impl PostgresStore {
    /// Copies the namespaces of a store in a directory into this one, which has none of their names, and reads
    /// everything again. Nobody may own a namespace meanwhile, this process included. Each copy says that it is one, so
    /// that whoever goes on with it has to [accept](pogo_core::dispatcher::DispatcherBuilder::accept_restore) that.
    ///
    /// What programs keep beside jobs for them to read has no place in a database: it is copied to `inputs`, a
    /// directory of this machine, from where programs that run these namespaces take it.
    ///
    /// # Errors
    /// Somebody owns a namespace; there is one of that name; the disk or the database gave an error. What was written
    /// of a namespace is removed then, and what jobs read is of use to none.
    pub async fn copy_from_directory(&self, from: &Store, inputs: impl AsRef<Path>) -> Result<Copied, PostgresError> {
        let mut sources: Vec<(String, Box<dyn CopySource>)> = vec![];
        for name in from.namespaces().map_err(copy_error)? {
            let namespace = from.namespace(&name).map_err(copy_error)?;
            let source = DirectorySource::lock(namespace).await.map_err(copy_error)?;
            sources.push((name, Box::new(source)));
        }
        let name = from.path().display().to_string();
        self.copy_from(sources, &name, (from.path(), inputs.as_ref())).await
    }

    /// As [`copy_from_directory`](Self::copy_from_directory), of a store in another database, or in another schema.
    /// What jobs read is copied between directories of this machine, from that of the one store to that of the other.
    /// `now` is when that is.
    ///
    /// # Errors
    /// As [`copy_from_directory`](Self::copy_from_directory).
    pub async fn copy_from_postgres(
        &self,
        from: &Self,
        (inputs_from, inputs_to): (impl AsRef<Path>, impl AsRef<Path>),
        now: Timestamp,
    ) -> Result<Copied, PostgresError> {
        let (sources, name) = (from.sources(now).await?, from.address().to_string());
        let inputs = (inputs_from.as_ref(), inputs_to.as_ref());
        self.copy_from(sources, &name, inputs).await
    }

    /// Copies its namespaces to a new or an empty directory, and reads everything again: with what jobs read, as far as
    /// this machine has it, in the directory `inputs`. `now` is the time that the copy says of itself.
    ///
    /// # Errors
    /// As [`copy_from_directory`](Self::copy_from_directory), or the directory is not empty. What was written before is
    /// no store, and can be removed.
    pub async fn copy_to_directory(
        &self,
        to: impl AsRef<Path>,
        inputs: impl AsRef<Path>,
        now: Timestamp,
    ) -> Result<Copied, PostgresError> {
        let target = Store::to_be_copied_to(to.as_ref()).map_err(copy_error)?;
        let mut copied = Copied::default();
        for (name, source) in self.sources(now).await? {
            let namespace = target.namespace(&name).map_err(copy_error)?;
            let from = (self.address().to_string(), now);
            let amount = to_directory(&*source, namespace, from).await.map_err(copy_error)?;
            let inputs = inputs_of(&name, inputs.as_ref(), target.path()).await;
            add(&mut copied, name, amount.with(inputs.map_err(copy_error)?));
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
        (inputs_from, inputs_to): (&Path, &Path),
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
            // Before anybody can go on with the copy.
            let inputs = inputs_of(&name, inputs_from, inputs_to).await.map_err(copy_error)?;
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
                Ok(amount) => add(&mut copied, name, amount.with(inputs)),
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

/// Copies what jobs of a namespace read; how many files that are, and their bytes.
async fn inputs_of(name: &str, from: &Path, to: &Path) -> Result<(usize, u64), CopyError> {
    let (name, from, to) = (name.to_owned(), from.to_owned(), to.to_owned());
    let copied = spawn_blocking(move || copy_inputs(&LocalDisk, (&from, &to), &name));
    copied.await.map_err(CopyError::other)?.map_err(CopyError::other)
}

fn add(copied: &mut Copied, name: String, amount: Amount) {
    copied.namespaces.push(name);
    copied.files += amount.pieces;
    copied.bytes += amount.bytes;
    copied.records += amount.records;
    copied.inputs += amount.inputs;
}

fn copy_error(error: impl std::fmt::Display) -> PostgresError {
    PostgresError::Copy {
        message: error.to_string(),
    }
}
