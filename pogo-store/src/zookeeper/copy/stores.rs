//! Whole stores, namespace by namespace.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Timestamp;

use super::source::ZookeeperSource;
use super::target::ZookeeperTarget;
use crate::copy::{Amount, CopyError, CopySource, StoreTarget, transfer, verify};
use crate::zookeeper::{OutputStorage, ZookeeperError, ZookeeperStore};
use crate::{Copied, StoreToCopy};

impl ZookeeperStore {
    /// All of its namespaces, owned, to be copied, with the output of their hosts: what the directory `output` of this
    /// machine has of it, or what is kept in objects. What their jobs read is in the directory `inputs`, as far as this
    /// machine has it. `now` is when that is.
    ///
    /// # Errors
    /// Somebody owns a namespace, or it is itself a copy that was cut off; the ensemble cannot be reached.
    pub async fn to_copy(
        &self,
        (inputs, output): (impl AsRef<Path>, impl Into<OutputStorage>),
        now: Timestamp,
    ) -> Result<StoreToCopy, ZookeeperError> {
        let output = output.into();
        let mut all = StoreToCopy::of(self.address(), inputs.as_ref());
        // All before the first is copied, so that one that is in use leaves nothing half copied.
        for name in self.namespaces().await? {
            let source = ZookeeperSource::own(self.namespace(&name)?, &output, now).await;
            all.namespaces.push((name, Box::new(source.map_err(copy_error)?)));
        }
        Ok(all)
    }

    /// Copies the namespaces of another store into this one, which has none of their names, and reads everything again.
    /// What hosts wrote is written to the directory `output` of this machine or to objects, and what jobs read to
    /// `inputs`, from where programs that run these namespaces take it.
    ///
    /// Nobody can own a namespace before all of it is there. One that was cut off says so, and is copied again from its
    /// beginning.
    ///
    /// # Errors
    /// There is a namespace of one of the names, or `output` has output of one; the history is more than an ensemble
    /// keeps; a store gave an error. What was written of a namespace is removed then, as far as the ensemble answers.
    pub async fn copy_from(
        &self,
        from: StoreToCopy,
        (inputs, output): (impl AsRef<Path>, impl Into<OutputStorage>),
        now: Timestamp,
    ) -> Result<Copied, ZookeeperError> {
        let target = TreeToFill {
            store: self,
            output: output.into(),
            now,
        };
        // All names before the first is copied, so that a clash leaves nothing half done.
        for (name, _) in &from.namespaces {
            target.of(name, &from.name)?.check().await.map_err(copy_error)?;
        }
        from.copy_to(&target, inputs.as_ref()).await.map_err(copy_error)
    }
}

struct TreeToFill<'a> {
    store: &'a ZookeeperStore,
    output: OutputStorage,
    now: Timestamp,
}

impl TreeToFill<'_> {
    fn of(&self, name: &str, from: &str) -> Result<ZookeeperTarget, ZookeeperError> {
        let namespace = self.store.namespace(name)?;
        let shared = Arc::clone(namespace.shared());
        Ok(ZookeeperTarget::new(shared, from, &self.output, self.now))
    }
}

#[async_trait]
impl StoreTarget for TreeToFill<'_> {
    async fn copy(&self, name: &str, source: &dyn CopySource, from: &str) -> Result<Amount, CopyError> {
        let mut target = self.of(name, from).map_err(CopyError::other)?;
        let done = async {
            let (digest, amount) = transfer(source, &mut target).await?;
            target.end().await?;
            let written = self.store.namespace(name).map_err(CopyError::other)?;
            verify(&ZookeeperSource::of(written, &self.output), digest).await?;
            // After it was read again: until then nobody can own it.
            target.publish().await?;
            Ok::<_, CopyError>(amount)
        };
        let done = done.await;
        if done.is_err() {
            target.discard().await;
        }
        done
    }
}

fn copy_error(error: impl std::fmt::Display) -> ZookeeperError {
    ZookeeperError::Copy {
        message: error.to_string(),
    }
}
