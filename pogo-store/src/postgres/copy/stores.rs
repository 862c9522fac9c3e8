//! Whole stores, namespace by namespace.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Timestamp;

use super::source::PostgresSource;
use super::target::PostgresTarget;
use crate::copy::{Amount, CopyError, CopySource, StoreTarget, transfer, verify};
use crate::postgres::namespace::PostgresNamespace;
use crate::postgres::{PostgresError, PostgresStore};
use crate::{Copied, StoreToCopy};

impl PostgresStore {
    /// All of its namespaces, owned, to be copied. What their jobs read is in the directory `inputs` of this machine,
    /// as far as it has it. `now` is when that is.
    ///
    /// # Errors
    /// Somebody owns a namespace; the database gave an error.
    pub async fn to_copy(&self, inputs: impl AsRef<Path>, now: Timestamp) -> Result<StoreToCopy, PostgresError> {
        let mut all = StoreToCopy::of(self.address(), inputs.as_ref());
        // All before the first is copied, so that one that is in use leaves nothing half copied.
        for name in self.namespaces().await? {
            let source = PostgresSource::own(self.namespace(&name)?, now).await;
            all.namespaces.push((name, Box::new(source.map_err(copy_error)?)));
        }
        Ok(all)
    }

    /// Copies the namespaces of another store into this one, which has none of their names, and reads everything again.
    ///
    /// What programs keep beside jobs for them to read has no place in a database: it is copied to `inputs`, a
    /// directory of this machine, from where programs that run these namespaces take it.
    ///
    /// # Errors
    /// There is a namespace of one of the names, or somebody copies to one just now, which is named; a store gave an
    /// error. What was written of a namespace is removed then, and what jobs read is of use to none. What a copy left
    /// that was cut off is removed by the next.
    pub async fn copy_from(&self, from: StoreToCopy, inputs: impl AsRef<Path>) -> Result<Copied, PostgresError> {
        // All names before the first is copied, so that a clash leaves nothing half done.
        let known = self.namespaces().await?;
        if let Some((name, _)) = from.namespaces.iter().find(|(name, _)| known.contains(name)) {
            let message = format!(
                "{} has a namespace {name} already; copy to another schema",
                self.address()
            );
            return Err(PostgresError::Copy { message });
        }
        for (name, _) in &from.namespaces {
            let target = PostgresTarget::new(Arc::clone(self.shared()), name);
            target.check().await.map_err(copy_error)?;
        }
        from.copy_to(self, inputs.as_ref()).await.map_err(copy_error)
    }
}

#[async_trait]
impl StoreTarget for PostgresStore {
    async fn copy(&self, name: &str, source: &dyn CopySource, from: &str) -> Result<Amount, CopyError> {
        let mut target = PostgresTarget::new(Arc::clone(self.shared()), name);
        let done = async {
            let (digest, amount) = transfer(source, &mut target).await?;
            let written = PostgresNamespace::new(Arc::clone(self.shared()), &target.working_name);
            verify(&PostgresSource::of(written), digest).await?;
            // After it was read again: until then no dispatcher can find it.
            target.publish(name, from).await?;
            Ok::<_, CopyError>(amount)
        };
        let done = done.await;
        if done.is_err() {
            target.discard().await;
        }
        done
    }
}

fn copy_error(error: impl std::fmt::Display) -> PostgresError {
    PostgresError::Copy {
        message: error.to_string(),
    }
}
