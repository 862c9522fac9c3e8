//! `pogo serve`: the dispatcher of a namespace, and what answers for it on its socket.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use pogo_core::dispatcher::AcceptRestore;
use pogo_core::journal::Acquire;
use pogo_core::scheduler::RequestId;
use pogo_web::{ServedNamespace, SharedGrants};

use super::config_file::ServiceConfig;
use super::dispatching::{Dispatching, Ended, Taking};
use super::front::{Front, LocalSocket};
use super::idle::until_idle;
use super::launch::Started;
use super::log::ServiceLog;
use super::place::PlaceStore;
use super::program_name::program_name;
use super::role::Role;
use super::signals::{SignalRequest, Signals};
use super::standby::{Standby, taken_over_by};
use super::{Place, process};
use crate::actor::local_actor;
use crate::cli::{ServeArgs, new_name};
use crate::exit::{CliError, Exit};
use crate::store::{KeptNamespace, NotServed};

/// How long what runs may take to end, where nothing else is said.
const GRACE: Duration = Duration::from_secs(60);

/// A dispatcher that runs and is served, in this process.
pub(crate) struct Server {
    dispatching: Dispatching,
    front: Front,
}

impl Server {
    /// Takes over the namespace if nobody has it, goes on with its jobs, and listens.
    pub(crate) async fn start(place: &Place) -> Result<Self, NotServed> {
        let kept = place.open().await?;
        let claimed = claim(place)?;
        let (dispatching, namespace) = Dispatching::begin(place, &*kept, Taking::quietly()).await?;
        let front = Front::local(place, bound(place, claimed)?, &Role::Serves(namespace));
        Ok(Self { dispatching, front })
    }

    /// Starts nothing more, gives what runs this time to end, and leaves the rest to the next dispatcher.
    pub(crate) async fn stop(self, grace: Duration) -> Result<(), CliError> {
        // Streams bring what ends, and end themselves when all of it has.
        self.dispatching.drain(grace).await;
        self.front.stop().await;
        self.dispatching.end().await
    }
}

impl Taking {
    fn quietly() -> Self {
        Self {
            log: false,
            listens: None,
            accepted: None,
            how: Acquire::IfFree,
        }
    }
}

/// The socket of this machine, before a store that is elsewhere is asked for: one process of a machine waits, and no
/// other. In a directory the lock of the owner decides, and whoever has it takes the socket.
fn claim(place: &Place) -> Result<Option<LocalSocket>, NotServed> {
    match place.store() {
        // A server is asked, and refused where it would be opened.
        PlaceStore::Dir(_) | PlaceStore::Server(_) => Ok(None),
        PlaceStore::At(_) => LocalSocket::bind(place).map(Some),
    }
}

/// The socket of this machine, of whoever owns the namespace.
fn bound(place: &Place, claimed: Option<LocalSocket>) -> Result<LocalSocket, NotServed> {
    claimed.map_or_else(|| LocalSocket::bind(place), Ok)
}

pub(crate) fn serve(args: &ServeArgs) -> Result<Exit, CliError> {
    let config = match &args.config {
        Some(path) => ServiceConfig::read(path)?.with(args),
        None => ServiceConfig::default().with(args),
    };
    let place = Place::of(
        config.store.as_ref().or(args.place.store.as_ref()),
        config.namespace.as_deref(),
    )?;
    let place =
        place.ok_or_else(|| CliError::usage("`none` is no store that could be served; name one with --store DIR"))?;
    if args.check {
        return config.check(&place);
    }
    if let Some(format) = config.log {
        ServiceLog.write_as(format);
    }
    if args.background {
        process::detach().map_err(CliError::broken)?;
    }
    process::raise_file_limit();
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async { Service::new(args, config, place)?.run().await });
    runtime.shutdown_background();
    done
}

/// Given again after a crash, the same restore is accepted once: the store tells it from others.
fn accept(reason: &str) -> Result<AcceptRestore, CliError> {
    let request = RequestId::new(new_name()).map_err(CliError::broken)?;
    Ok(AcceptRestore::because(reason).by(local_actor()).as_request(request))
}

/// A dispatcher that has the namespace, or why it has not.
type Begun = Result<(Dispatching, ServedNamespace), NotServed>;

/// What `pogo serve` was asked for.
struct Service<'a> {
    args: &'a ServeArgs,
    config: ServiceConfig,
    place: Place,
    grants: SharedGrants,
    taking: Taking,
}

impl<'a> Service<'a> {
    /// What is wrong with it is said before anything is taken over.
    fn new(args: &'a ServeArgs, config: ServiceConfig, place: Place) -> Result<Self, CliError> {
        let grants = SharedGrants::new(config.granted()?);
        config.check_port()?;
        let taking = Taking {
            log: true,
            listens: config.advertised(),
            accepted: args.accept_restore.as_deref().map(accept).transpose()?,
            how: Acquire::IfFree,
        };
        Ok(Self {
            args,
            config,
            place,
            grants,
            taking,
        })
    }

    /// Serves, or stands by, until it ends.
    async fn run(&self) -> Result<Exit, CliError> {
        let mut signals = Signals::listen()?;
        loop {
            let mut server = match self.server(&mut signals).await {
                Ok(Some(server)) => server,
                Ok(None) => return Ok(Exit::Succeeded),
                Err(error) if self.args.background => return answer_starter(error),
                Err(error) => return Err(self.not_served(error)),
            };
            ServiceLog.say(format_args!("{} serves {}", program_name(), self.place.namespace()));
            if self.args.background {
                say_started(&Started::Ready)?;
                process::leave_starter().map_err(CliError::broken)?;
            }
            let grace = self.config.grace.unwrap_or(GRACE);
            match self.until_asked(&mut server, &mut signals).await? {
                Some(SignalRequest::StepDown) => {
                    if self.step_down(server, grace, &mut signals).await?.is_break() {
                        return Ok(Exit::Succeeded);
                    }
                }
                asked => {
                    if let Some(SignalRequest::End(name)) = asked {
                        let most = humantime::format_duration(grace);
                        ServiceLog.say(format_args!("ends by {name}, in {most} at most"));
                    }
                    server.stop(grace).await?;
                    ServiceLog.say("has ended");
                    return Ok(Exit::Succeeded);
                }
            }
        }
    }

    fn not_served(&self, error: NotServed) -> CliError {
        match error {
            NotServed::Other(error) => error,
            NotServed::Held(owner) | NotServed::Elsewhere(owner) => CliError::usage(format!(
                "{owner} has the namespace {} already; use it, or stop it with `pogo serve stop`",
                self.place.namespace()
            )),
        }
    }

    /// Takes over, at once or when the owner is gone; `None` if it is asked to end before.
    async fn server(&self, signals: &mut Signals) -> Result<Option<Server>, NotServed> {
        let kept = self.place.open().await?;
        let claimed = claim(&self.place)?;
        let held = match self.args.standby_only {
            true => NotServed::Held(String::new()),
            false => match self.begin(&*kept, signals).await {
                None => return Ok(None),
                Some(Ok((dispatching, namespace))) => {
                    let role = Role::Serves(namespace);
                    let front = self.front(bound(&self.place, claimed)?, &role).await?;
                    return Ok(Some(Server { dispatching, front }));
                }
                Some(Err(error)) => error,
            },
        };
        let (NotServed::Held(owner), Some(remote)) = (&held, self.place.open_remote().await?) else {
            return Err(held);
        };
        if self.args.background {
            return Err(NotServed::Elsewhere(owner.clone()));
        }
        let standby = Standby::new(&self.place, remote, self.args.standby_only);
        self.stand_by((&standby, &*kept), bound(&self.place, claimed)?, signals)
            .await
    }

    /// Takes over if nobody has the namespace; `None` if it is asked to end before it has.
    async fn begin(&self, kept: &dyn KeptNamespace, signals: &mut Signals) -> Option<Begun> {
        tokio::select! {
            begun = Dispatching::begin(&self.place, kept, self.taking.clone()) => Some(begun),
            name = signals.end() => {
                ServiceLog.say(format_args!("ends by {name}, before it has taken over"));
                None
            }
        }
    }

    async fn stand_by(
        &self,
        (standby, kept): (&Standby<'_>, &dyn KeptNamespace),
        socket: LocalSocket,
        signals: &mut Signals,
    ) -> Result<Option<Server>, NotServed> {
        let role = standby.role().await?;
        let front = self.front(socket, &role).await?;
        tokio::select! {
            taken = standby.take_over(&front, (kept, self.taking.clone())) => {
                let (dispatching, namespace) = taken?;
                front.set(&Role::Serves(namespace));
                Ok(Some(Server { dispatching, front }))
            }
            name = signals.end() => {
                ServiceLog.say(format_args!("ends by {name}, while it stands by"));
                front.stop().await;
                Ok(None)
            }
        }
    }

    async fn front(&self, socket: LocalSocket, role: &Role) -> Result<Front, CliError> {
        let mut front = Front::local(&self.place, socket, role);
        let listening = front.listen(&self.place, (&self.config, &self.grants), role);
        listening.await.map(|()| front)
    }

    /// Waits for a signal, or until nobody needs it; that the dispatcher ends by itself is an error.
    async fn until_asked(&self, server: &mut Server, signals: &mut Signals) -> Result<Option<SignalRequest>, CliError> {
        let Server { dispatching, front } = server;
        let handle = dispatching.handle.clone();
        let idle = async {
            match self.args.background {
                true => until_idle(&handle, front.state(), self.args.idle_after).await,
                false => std::future::pending().await,
            }
        };
        let asked = async {
            loop {
                match (signals.next().await, self.place.store()) {
                    (SignalRequest::StepDown, PlaceStore::Dir(_)) => {
                        ServiceLog.say("goes on: nobody else can take over a store in a directory");
                    }
                    (asked, _) => return asked,
                }
            }
        };
        tokio::select! {
            ended = dispatching.why_ended() => Err(self.ended(ended).await),
            () = idle => Ok(None),
            asked = asked => Ok(Some(asked)),
        }
    }

    /// Why a dispatcher has ended that nobody asked to.
    async fn ended(&self, ended: Ended) -> CliError {
        match ended {
            Ended::Broken(message) => CliError::Broken(message),
            Ended::Fenced => {
                let by = taken_over_by(&self.place).await;
                let by = by.unwrap_or_else(|| "another dispatcher".to_owned());
                CliError::Broken(format!(
                    "{by} has taken over {}, as nothing was heard of this dispatcher for too long; it starts nothing \
                     more, and ends",
                    self.place.namespace()
                ))
            }
        }
    }

    /// Hands over: what runs is given its time, and the rest is left to the next owner. Breaks if it is asked to end
    /// before somebody has taken over.
    async fn step_down(
        &self,
        server: Server,
        grace: Duration,
        signals: &mut Signals,
    ) -> Result<ControlFlow<()>, CliError> {
        let most = humantime::format_duration(grace);
        ServiceLog.say(format_args!("steps down, in {most} at most"));
        let Some(remote) = self.place.open_remote().await? else {
            server.stop(grace).await?;
            return Ok(ControlFlow::Break(()));
        };
        let standby = Standby::new(&self.place, remote, true);
        let epoch = standby.epoch().await?;
        server.stop(grace).await?;
        tokio::select! {
            () = standby.until_taken_over(epoch) => Ok(ControlFlow::Continue(())),
            name = signals.end() => {
                ServiceLog.say(format_args!("ends by {name}, after it has stepped down"));
                Ok(ControlFlow::Break(()))
            }
        }
    }
}

fn answer_starter(error: NotServed) -> Result<Exit, CliError> {
    let started = match error {
        NotServed::Held(owner) => Started::Held(owner),
        NotServed::Elsewhere(owner) => Started::Elsewhere(owner),
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
