//! `pogo serve`: the dispatcher of a namespace, and what answers for it on its socket.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{AcceptRestore, DispatchError, Dispatcher, Handle, TransportPool};
use pogo_core::journal::{JournalError, OwnerId};
use pogo_core::scheduler::{RequestId, Scheduler};
use pogo_ssh::{FirstContacts, SshTransport, SshTransports};
use pogo_store::StoreError;
use pogo_web::unix::{Access, ServeOptions, Socket};
use pogo_web::{OutputFeed, PeerAccounts, QuestionBoard, RouterState, ServedNamespace, SharedGrants, router};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::away_store::AwayStore;
use super::config_file::ServiceConfig;
use super::connect::program;
use super::idle::until_idle;
use super::inputs::InputCleaner;
use super::launch::Started;
use super::listen::Listening;
use super::log::ServiceLog;
use super::prompter::AttachedPrompter;
use super::secrets::KeptSecrets;
use super::shared::SharedSocket;
use super::{Place, process};
use crate::actor::local_actor;
use crate::cli::{ServeArgs, StoreChoice, new_name};
use crate::exit::{CliError, Exit};

/// How long what runs may take to end, where nothing else is said.
const GRACE: Duration = Duration::from_secs(60);

/// A dispatcher that runs and is served, in this process.
pub(crate) struct Server {
    handle: Handle,
    namespace: ServedNamespace,
    state: RouterState,
    dispatcher: JoinHandle<Result<Scheduler, DispatchError>>,
    serving: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// Why a namespace is not served here.
pub(crate) enum NotServed {
    /// Another process has it.
    Held(String),
    Other(CliError),
}

impl From<CliError> for NotServed {
    fn from(error: CliError) -> Self {
        Self::Other(error)
    }
}

impl Server {
    /// Takes over the namespace, goes on with its jobs, and listens.
    pub(crate) async fn start(place: &Place, log: bool, accepted: Option<AcceptRestore>) -> Result<Self, NotServed> {
        let store = place.open()?;
        let kept = store
            .namespace(place.namespace().as_str())
            .map_err(crate::store::refused)?;
        let name = kept.unique_name().await.map_err(not_opened)?;
        let feed = OutputFeed::new();
        let warnings = move |warning: &str| {
            if log {
                ServiceLog.say(warning);
            }
        };
        let secrets = KeptSecrets::default();
        let questions = QuestionBoard::new();
        let builder = SshTransport::builder()
            .prompter(AttachedPrompter(questions.clone()))
            .first_contacts(&FirstContacts::with_remarks());
        let transports = SshTransports::new(builder)
            .secrets(secrets.clone())
            .agents(secrets.clone())
            .on_warning(warnings);
        let mut builder = Dispatcher::builder(Arc::new(TransportPool::new(transports)))
            .journal(kept.journal())
            .output(kept.output())
            .namespace(name)
            .owner(OwnerId(
                format!("{} (process {})", local_actor(), std::process::id()).into(),
            ))
            .observer(Arc::new(feed.clone()))
            .observer(Arc::new(secrets.clone()))
            .observer(Arc::new(InputCleaner(place.inputs())));
        if log {
            builder = builder.observer(Arc::new(ServiceLog));
        }
        if let Some(accepted) = accepted {
            builder = builder.accept_restore(accepted);
        }
        let away = AwayStore::default();
        let building = builder.observer(Arc::new(away.clone())).build();
        let (dispatcher, handle) = tokio::select! {
            built = building => built.map_err(not_served)?,
            message = away.for_too_long() => return Err(NotServed::Other(CliError::Broken(message))),
        };
        let namespace = ServedNamespace::new(handle.clone())
            .output(kept.output())
            .output_feed(feed)
            .history(Arc::new(kept))
            .questions(questions)
            .secrets(Arc::new(secrets));
        let state = RouterState::builder(Arc::new(PeerAccounts::personal()))
            .server(program())
            .namespace(place.namespace().clone(), namespace.clone())
            .build();
        // The namespace is owned, so whoever listened there before has ended.
        let socket = Socket::bind(place.socket(), Access::Personal).map_err(CliError::broken)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = pogo_web::unix::serve(socket, router(state.clone()), ServeOptions::new(), async {
            drop(stopped.await);
        });
        Ok(Self {
            handle,
            namespace,
            state,
            dispatcher: tokio::spawn(dispatcher.run()),
            serving: tokio::spawn(served),
            stop,
        })
    }

    /// Waits until the dispatcher ends by itself, which is an error, or nobody needs it.
    async fn until_unused(&mut self, idle_for: Option<Duration>) -> Result<(), CliError> {
        let idle = async {
            match idle_for {
                Some(time) => until_idle(&self.handle, &self.state, time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = &mut self.dispatcher => Err(why_ended(ended)),
            () = idle => Ok(()),
        }
    }

    /// Starts nothing more, gives what runs this time to end, and leaves the rest to the next dispatcher.
    pub(crate) async fn stop(self, grace: Duration) -> Result<(), CliError> {
        // Streams bring what ends, and end themselves when all of it has.
        let _ = self.handle.shutdown(grace).await;
        let _ = self.stop.send(());
        let _ = self.serving.await;
        drop((self.handle, self.namespace, self.state));
        if !self.dispatcher.is_finished() {
            let ended = self.dispatcher.await.map_err(CliError::broken)?;
            ended.map(drop).map_err(CliError::broken)?;
        }
        Ok(())
    }
}

fn why_ended(ended: Result<Result<Scheduler, DispatchError>, tokio::task::JoinError>) -> CliError {
    match ended {
        Ok(Ok(_)) => CliError::broken("the dispatcher has ended"),
        Ok(Err(error)) => CliError::broken(error),
        Err(error) => CliError::broken(error),
    }
}

fn not_opened(error: StoreError) -> NotServed {
    match error {
        StoreError::Journal(JournalError::Held { owner, .. }) => NotServed::Held(owner.to_string()),
        other => NotServed::Other(crate::store::refused(other)),
    }
}

fn not_served(error: DispatchError) -> NotServed {
    match error {
        DispatchError::Journal(JournalError::Held { owner, .. }) => NotServed::Held(owner.to_string()),
        restored @ DispatchError::Journal(JournalError::Restored { .. }) => NotServed::Other(CliError::usage(format!(
            "{restored}: `pogo serve --accept-restore REASON`"
        ))),
        other => NotServed::Other(CliError::broken(other)),
    }
}

pub(crate) fn serve(args: &ServeArgs) -> Result<Exit, CliError> {
    let config = match &args.config {
        Some(path) => ServiceConfig::read(path)?.with(args),
        None => ServiceConfig::default().with(args),
    };
    let named = config.store.clone().map(StoreChoice::Dir);
    let place = Place::of(
        named.as_ref().or(args.place.store.as_ref()),
        config.namespace.as_deref(),
    )?;
    let place =
        place.ok_or_else(|| CliError::usage("`none` is no store that could be served; name one with --store DIR"))?;
    if args.check {
        return config.check(&place);
    }
    if args.background {
        process::detach().map_err(CliError::broken)?;
    }
    process::raise_file_limit();
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(run(args, &config, &place));
    runtime.shutdown_background();
    done
}

/// Given again after a crash, the same restore is accepted once: the store tells it from others.
fn accept(reason: &str) -> Result<AcceptRestore, CliError> {
    let request = RequestId::new(new_name()).map_err(CliError::broken)?;
    Ok(AcceptRestore::because(reason).by(local_actor()).as_request(request))
}

async fn run(args: &ServeArgs, config: &ServiceConfig, place: &Place) -> Result<Exit, CliError> {
    let signals = Stop::listen()?;
    // What is wrong with it is said before anything is taken over.
    let grants = SharedGrants::new(config.granted()?);
    let accepted = args.accept_restore.as_deref();
    let accepted = accepted.map(accept).transpose()?;
    let started = Server::start(place, true, accepted).await;
    let mut server = match (started, args.background) {
        (Ok(server), _) => server,
        (Err(error), true) => return answer_starter(error),
        (Err(NotServed::Other(error)), false) => return Err(error),
        (Err(NotServed::Held(owner)), false) => {
            return Err(CliError::usage(format!(
                "{owner} has the namespace {} already; use it, or stop it with `pogo serve stop`",
                place.namespace()
            )));
        }
    };
    ServiceLog.say(format_args!("{} serves {}", program(), place.namespace()));
    let shared = match &config.socket {
        Some(socket) => Some(SharedSocket::start(
            socket,
            place,
            server.namespace.clone(),
            grants.clone(),
        )?),
        None => None,
    };
    let listening = match config.listen {
        Some(address) => Some(Listening::start(address, place, server.namespace.clone(), grants).await?),
        None => None,
    };
    if args.background {
        say_started(&Started::Ready)?;
        process::leave_starter().map_err(CliError::broken)?;
    }
    let grace = config.grace.unwrap_or(GRACE);
    let idle_for = args.background.then_some(args.idle_after);
    tokio::select! {
        unused = server.until_unused(idle_for) => unused?,
        name = signals.next() => {
            ServiceLog.say(format_args!("ends by {name}, in {} at most", humantime::format_duration(grace)));
        }
    }
    if let Some(listening) = listening {
        listening.stop().await;
    }
    if let Some(shared) = shared {
        shared.stop().await;
    }
    server.stop(grace).await?;
    ServiceLog.say("has ended");
    Ok(Exit::Succeeded)
}

fn answer_starter(error: NotServed) -> Result<Exit, CliError> {
    let started = match error {
        NotServed::Held(owner) => Started::Held(owner),
        NotServed::Other(CliError::Usage(message)) => Started::Refused(message),
        NotServed::Other(error) => Started::Broken(error.to_string()),
    };
    say_started(&started)?;
    Ok(Exit::Broken)
}

fn say_started(started: &Started) -> Result<(), CliError> {
    let line = serde_json::to_string(started).map_err(CliError::broken)?;
    // Whoever waited may have gone; the dispatcher is of use to the next.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
    Ok(())
}

/// The signals that end a dispatcher. That of a closed terminal is no such.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    _hang_up: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> Result<Self, CliError> {
        let listen = |kind| signal(kind).map_err(CliError::broken);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            _hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn next(mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
