//! A dispatcher that has a namespace, in this process.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{AcceptRestore, DispatchError, Dispatcher, Handle, TransportPool};
use pogo_core::journal::{Acquire, JournalError, OwnerId};
use pogo_core::scheduler::Scheduler;
use pogo_ssh::{SshTransport, SshTransports};
use pogo_web::{OutputFeed, QuestionBoard, ServedNamespace, Uploads};
use tokio::task::JoinHandle;

use super::Place;
use super::away_store::AwayStore;
use super::inputs::InputCleaner;
use super::log::ServiceLog;
use super::own_inputs::OwnInputs;
use super::owner_name::OwnerName;
use super::prompter::AttachedPrompter;
use super::runtime_clock::RuntimeClock;
use super::secrets::KeptSecrets;
use crate::actor::local_actor;
use crate::exit::CliError;
use crate::store::{KeptNamespace, NotServed};

/// How a namespace is to be had.
#[derive(Clone)]
pub(super) struct Taking {
    /// Whether what it says is logged.
    pub(super) log: bool,
    /// Where else it answers, for whoever meets it as the owner.
    pub(super) listens: Option<String>,
    pub(super) accepted: Option<AcceptRestore>,
    pub(super) how: Acquire,
}

impl Taking {
    /// The name of this process among owners.
    pub(super) fn owner(&self) -> OwnerId {
        let (account, url) = (local_actor().to_string(), self.listens.clone());
        let process = std::process::id();
        OwnerName { account, process, url }.into()
    }
}

/// A dispatcher that runs.
pub(super) struct Dispatching {
    pub(super) handle: Handle,
    task: JoinHandle<Result<Scheduler, DispatchError>>,
}

impl Dispatching {
    /// Takes over the namespace, and goes on with its jobs.
    pub(super) async fn begin(
        place: &Place,
        kept: &dyn KeptNamespace,
        taking: Taking,
    ) -> Result<(Self, ServedNamespace), NotServed> {
        let name = kept.unique_name().await?;
        let feed = OutputFeed::new();
        let secrets = KeptSecrets::default();
        let questions = QuestionBoard::new();
        let transports = TransportPool::new(transports(&questions, &secrets, taking.log));
        let transport = OwnInputs::new(transports, (place.inputs(), place.sent()));
        let mut builder = Dispatcher::builder(Arc::new(transport))
            .clock(Arc::new(RuntimeClock))
            .journal(kept.journal())
            .output(kept.output())
            .namespace(name)
            .owner(taking.owner())
            .acquire(taking.how)
            .observer(Arc::new(feed.clone()))
            .observer(Arc::new(secrets.clone()))
            .observer(Arc::new(InputCleaner(place.inputs())))
            .observer(Arc::new(InputCleaner(place.sent())));
        if taking.log {
            builder = builder.observer(Arc::new(ServiceLog));
        }
        if let Some(accepted) = taking.accepted {
            builder = builder.accept_restore(accepted);
        }
        let away = AwayStore::default();
        let building = builder.observer(Arc::new(away.clone())).build();
        let too_long = async {
            match taking.how {
                // Whoever waits for an owner waits for the store as well.
                Acquire::Wait => std::future::pending().await,
                _ => away.for_too_long().await,
            }
        };
        let (dispatcher, handle) = tokio::select! {
            built = building => built.map_err(not_served)?,
            message = too_long => return Err(NotServed::Other(CliError::Broken(message))),
        };
        let namespace = ServedNamespace::new(handle.clone())
            .output(kept.output())
            .output_feed(feed)
            .history(kept.history())
            .journal(kept.journal())
            .questions(questions)
            .secrets(Arc::new(secrets))
            .uploads(Uploads::in_directory(place.sent()));
        let task = tokio::spawn(dispatcher.run());
        Ok((Self { handle, task }, namespace))
    }

    /// Waits until it ends by itself, and says why.
    pub(super) async fn why_ended(&mut self) -> Ended {
        match (&mut self.task).await {
            Ok(Err(DispatchError::Journal(JournalError::Fenced))) => Ended::Fenced,
            Ok(Ok(_)) => Ended::Broken("the dispatcher has ended".to_owned()),
            Ok(Err(error)) => Ended::Broken(error.to_string()),
            Err(error) => Ended::Broken(error.to_string()),
        }
    }

    /// Starts nothing more, and gives what runs this time to end.
    pub(super) async fn drain(&self, grace: Duration) {
        let _ = self.handle.shutdown(grace).await;
    }

    /// Waits for its end, which comes once nobody else has a handle.
    pub(super) async fn end(self) -> Result<(), CliError> {
        drop(self.handle);
        if !self.task.is_finished() {
            let ended = self.task.await.map_err(CliError::broken)?;
            ended.map(drop).map_err(CliError::broken)?;
        }
        Ok(())
    }
}

/// Why a dispatcher ended by itself.
pub(super) enum Ended {
    /// Another one has taken over.
    Fenced,
    /// It cannot go on; with the reason.
    Broken(String),
}

/// Transports that ask whoever is attached, and may use what jobs were given.
fn transports(questions: &QuestionBoard, secrets: &KeptSecrets, log: bool) -> SshTransports {
    let builder = SshTransport::builder().prompter(AttachedPrompter(questions.clone()));
    SshTransports::new(builder)
        .secrets(secrets.clone())
        .agents(secrets.clone())
        .on_warning(move |warning| {
            if log {
                ServiceLog.say(warning);
            }
        })
}

fn not_served(error: DispatchError) -> NotServed {
    match error {
        DispatchError::Journal(JournalError::Held { owner, .. }) => NotServed::Held(owner.to_string()),
        restored @ DispatchError::Journal(JournalError::Restored { .. }) => NotServed::Other(CliError::usage(format!(
            "{restored}: `pogo serve --accept-restore REASON`"
        ))),
        // Another version can.
        newer @ DispatchError::Journal(JournalError::UnknownFormat { .. }) => NotServed::Other(CliError::usage(newer)),
        other => NotServed::Other(CliError::broken(other)),
    }
}
