//! A namespace in ZooKeeper, as it is written from another store.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::journal::{Commit, JournalError, Seq, Snapshot};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore};
use pogo_core::scheduler::{JobId, Record};
use zookeeper_client::Client;

use super::begin::{CopyNodes, FoundTarget, failed};
use super::copied_output::{self, CopiedName, CopiedOutput};
use crate::copy::{CopyError, CopyTarget, Head, copier, in_parts};
use crate::remote::{Answer, Failed};
use crate::zookeeper::OutputStorage;
use crate::zookeeper::commits::{EncodedCommit, copied};
use crate::zookeeper::contents::put_content;
use crate::zookeeper::error::RequestError;
use crate::zookeeper::fence::{Fence, WriteOutcome};
use crate::zookeeper::head;
use crate::zookeeper::history::{KnownJobs, OldRecords, write_list};
use crate::zookeeper::namespace_shared::NamespaceShared;
use crate::zookeeper::owner_writer::OwnerWriter;
use crate::zookeeper::session::before;
use crate::zookeeper::session::connect;
use crate::zookeeper::snapshots::write_snapshot;

/// A namespace that nobody can own until all of it is there.
pub(super) struct ZookeeperTarget {
    nodes: CopyNodes,
    output: OutputStorage,
    name: CopiedName,
    owned_output: Option<CopiedOutput>,
    writer: Option<Arc<OwnerWriter>>,
    first: Seq,
    old: Option<OldRecords>,
    head: head::Head,
}

impl ZookeeperTarget {
    pub(super) fn new(
        shared: Arc<NamespaceShared>,
        from: &str,
        output: &OutputStorage,
        now: pogo_core::Timestamp,
    ) -> Self {
        Self {
            name: CopiedName {
                name: shared.name.clone(),
                number: String::new(),
            },
            nodes: CopyNodes::new(shared, from, copier(now)),
            output: output.clone(),
            owned_output: None,
            writer: None,
            first: Seq(0),
            old: Some(OldRecords::default()),
            head: head::Head::default(),
        }
    }

    /// Refuses a name that is taken.
    pub(super) async fn check(&self) -> Result<(), CopyError> {
        let found = self.with_client(async |client, nodes| nodes.look(client).await);
        found.await?.map(drop)
    }

    /// Does this on the thread of the store, by the session that anybody may use.
    async fn with_client<T: Send + 'static>(
        &self,
        ask: impl AsyncFn(&Client, &CopyNodes) -> Result<T, RequestError> + Send + 'static,
    ) -> Result<T, CopyError> {
        let (nodes, shared) = (self.nodes.clone(), Arc::clone(&self.nodes.shared));
        let asked = move || async move {
            let sessions = &nodes.shared.store.sessions;
            sessions.ask(async |client| ask(client, &nodes).await).await
        };
        let answer: Result<_, Failed> = shared.store.runtime.run(asked).await;
        answer.and_then(|answer| answer).map_err(failed)
    }

    fn writer(&self) -> Result<Arc<OwnerWriter>, CopyError> {
        self.writer
            .clone()
            .ok_or_else(|| CopyError::other("the copy has not begun"))
    }

    /// Does this as the owner of what is written.
    async fn write<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(Arc<OwnerWriter>) -> F + Send + 'static,
    ) -> Result<T, CopyError>
    where
        F: Future<Output = Result<T, CopyError>> + 'static,
    {
        let writer = self.writer()?;
        let runtime = &self.nodes.shared.store.runtime;
        let done: Result<_, Failed> = runtime.run(move || work(writer)).await;
        done.map_err(failed)?
    }

    /// Writes the history and the list of jobs, and says where the journal ends.
    pub(super) async fn end(&mut self) -> Result<(), CopyError> {
        self.write_old().await?;
        // Before it may be read again.
        if let Some(written) = self.owned_output.take() {
            written.close().await?;
        }
        let (nodes, head) = (self.nodes.clone(), self.head);
        self.write(move |writer| async move {
            let ended = writer
                .sessions
                .ask(async |client| nodes.end(client, &writer.fence, head).await);
            answered(ended.await.and_then(WriteOutcome::done))?;
            let known = tokio::sync::Mutex::new(KnownJobs::default());
            write_list(&writer, &known).await.map_err(failed)
        })
        .await
    }

    /// From now on anybody may own it.
    pub(super) async fn publish(&self) -> Result<(), CopyError> {
        let nodes = self.nodes.clone();
        self.write(move |writer| async move {
            let published = writer
                .sessions
                .ask(async |client| nodes.publish(client, &writer.fence).await);
            let published = published.await;
            writer.sessions.close().await;
            answered(published.and_then(WriteOutcome::done))
        })
        .await
    }

    /// Removes what was written. What is left says that it is not complete.
    pub(super) async fn discard(mut self) {
        self.owned_output = None;
        let nodes = self.nodes.clone();
        let removed = self.write(move |writer| async move {
            let removed = writer
                .sessions
                .ask(async |client| nodes.remove(client, &writer.fence).await);
            let removed = removed.await;
            writer.sessions.close().await;
            removed.map_err(failed)
        });
        if removed.await.is_ok() {
            let _ = copied_output::remove(&self.output, &self.name).await;
        }
    }

    async fn write_old(&mut self) -> Result<(), CopyError> {
        let Some(old) = self.old.take() else { return Ok(()) };
        let first = self.first;
        self.write(move |writer| async move { old.write(&writer, first).await })
            .await
    }

    async fn output(&mut self) -> Result<Arc<dyn OutputStore>, CopyError> {
        if let Some(opened) = &self.owned_output {
            return Ok(opened.output());
        }
        let (owner, writer) = (self.nodes.owner.clone(), self.writer()?);
        let opened = CopiedOutput::open(&self.output, &self.name, (owner, &writer.fence)).await?;
        Ok(self.owned_output.insert(opened).output())
    }

    /// Owns the namespace by a session of its own, which ends with this process.
    async fn own(&mut self, head: &Head) -> Result<(), CopyError> {
        let found = self
            .with_client(async |client, nodes| nodes.look(client).await)
            .await??;
        self.name.number.clone_from(&head.number);
        let (nodes, head) = (self.nodes.clone(), head.clone());
        match &found {
            FoundTarget::Leftover(state) if state.node.unfinished().is_some() => {
                copied_output::remove(&self.output, &self.name).await?;
            }
            _ => copied_output::check_empty(&self.output, &self.name).await?,
        }
        let own = move || async move {
            let address = &nodes.shared.store.address;
            let client = connect(address).await.map_err(before)?;
            let faster = || Failed::before("somebody else has begun to copy to it just now; wait for its end");
            if let FoundTarget::Leftover(state) = &found {
                let fence = nodes.take_over(&client, state).await?.ok_or_else(faster)?;
                nodes.remove(&client, &fence).await?;
            }
            let fence: Fence = nodes.create(&client, &head).await?.ok_or_else(faster)?;
            let writer = OwnerWriter::new(Arc::clone(&nodes.shared.store), fence, client);
            Ok::<_, Failed>(Arc::new(writer))
        };
        let writer: Result<_, Failed> = self.nodes.shared.store.runtime.run(own).await;
        self.writer = Some(writer.and_then(|writer| writer).map_err(failed)?);
        Ok(())
    }
}

#[async_trait]
impl CopyTarget for ZookeeperTarget {
    async fn begin(&mut self, head: &Head) -> Result<(), CopyError> {
        self.first = head.first;
        self.head.end = head.first;
        self.own(head).await
    }

    async fn old_events(&mut self, job: JobId, events: Vec<(Seq, Record)>) -> Result<(), CopyError> {
        let old = self.old.as_mut();
        let old = old.ok_or_else(|| CopyError::other("the history comes before the journal"))?;
        old.add(job, &events)
    }

    async fn records(&mut self, commit: Commit) -> Result<(), CopyError> {
        self.write_old().await?;
        self.head = self
            .write(move |writer| async move {
                let mut head = head::Head::default();
                for part in in_parts(commit) {
                    let encoded = EncodedCommit::new(&part, writer.fence.epoch)?;
                    head = answered(copied(&writer, encoded).await)?;
                }
                Ok(head)
            })
            .await?;
        Ok(())
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), CopyError> {
        self.write(move |writer| async move { answered(write_snapshot(&writer, upto, state).await) })
            .await
    }

    async fn content(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), CopyError> {
        self.write(move |writer| async move { answered(put_content(&writer, digest, bytes).await) })
            .await
    }

    async fn output(&mut self, frames: Vec<OutputFrame>) -> Result<(), CopyError> {
        let store = self.output().await?;
        store.append(&frames).await.map_err(CopyError::other)
    }

    async fn seal(&mut self, source: OutputSource, length: u64) -> Result<(), CopyError> {
        let store = self.output().await?;
        store.seal(&source, length).await.map(drop).map_err(CopyError::other)
    }
}

fn answered<T>(answer: Answer<T>) -> Result<T, CopyError> {
    let answer = answer.map_err(failed)?;
    answer.map_err(|error| match error {
        JournalError::Fenced => CopyError::other("somebody else has begun to copy to it; wait for its end"),
        error => error.into(),
    })
}
