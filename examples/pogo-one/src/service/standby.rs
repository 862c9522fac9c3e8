//! Waits until the owner of a namespace is gone, and takes over.

use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::journal::{Acquire, Epoch};
use pogo_store::RemoteOwnership;
use pogo_web::ServedNamespace;
use tokio::time::{Instant, sleep};

use super::Place;
use super::dispatching::{Dispatching, Taking};
use super::followed_namespace::FollowedNamespace;
use super::front::Front;
use super::log::ServiceLog;
use super::owner_name::url_of;
use super::role::Role;
use crate::exit::CliError;
use crate::store::{KeptNamespace, NotServed, RemoteNamespace, owned_by};

/// How often it is looked who owns the namespace.
const LOOKED_AT: Duration = Duration::from_secs(1);
/// How long others are given to take over from a dispatcher that steps down.
const STEPS_DOWN_FOR: Duration = Duration::from_secs(30);
/// How often that is looked at.
const STEPS_LOOKED_AT: Duration = Duration::from_millis(200);

/// A process that waits.
pub(super) struct Standby<'a> {
    place: &'a Place,
    remote: Box<dyn RemoteNamespace>,
    /// Whether it never takes over.
    only: bool,
    last: Mutex<Option<LastSeen>>,
}

/// The owner as it was last seen.
struct LastSeen {
    name: String,
    /// When it last showed that it lives.
    alive: Option<Instant>,
}

impl<'a> Standby<'a> {
    pub(super) fn new(place: &'a Place, remote: Box<dyn RemoteNamespace>, only: bool) -> Self {
        Self {
            place,
            remote,
            only,
            last: Mutex::default(),
        }
    }

    /// What this process is, by who owns the namespace now.
    pub(super) async fn role(&self) -> Result<Role, CliError> {
        let now = self.remote.ownership().await?;
        self.note(&now);
        Ok(self.behind(named(&now), None))
    }

    /// Jobs and their records are in the store, whoever owns it, and what happens now is followed there.
    fn behind(&self, owner: String, view: Option<&FollowedNamespace>) -> Role {
        let url = url_of(&owner).map(str::to_owned);
        let mut standby = pogo_web::Standby::new(owner).history(self.remote.history());
        if let Some(url) = url {
            standby = standby.owner_url(url);
        }
        if let Some(view) = view {
            standby = standby.view(view.served());
        }
        Role::StandsBy(standby)
    }

    pub(super) async fn epoch(&self) -> Result<Epoch, CliError> {
        Ok(self.remote.ownership().await?.epoch)
    }

    /// Waits until this process has taken over; whoever asks meanwhile is refused with the owner's name.
    pub(super) async fn take_over(
        &self,
        front: &Front,
        (kept, taking): (&dyn KeptNamespace, Taking),
    ) -> Result<(Dispatching, ServedNamespace), NotServed> {
        let taking = Taking {
            how: Acquire::Wait,
            ..taking
        };
        let taken = async {
            if self.only {
                // What this version does not read is not written while it follows.
                let _registered = self.remote.follow_as(taking.owner());
                return pending().await;
            }
            Dispatching::begin(self.place, kept, taking).await
        };
        tokio::select! {
            taken = taken => {
                let taken = taken?;
                ServiceLog.say(self.took_over());
                Ok(taken)
            }
            never = self.watch(front) => never,
        }
    }

    /// Keeps what is said of the owner up to date.
    async fn watch<T>(&self, front: &Front) -> T {
        let mut known = None;
        let mut view = None;
        loop {
            // A store that is away says nothing of the owner.
            if let Ok(now) = self.remote.ownership().await {
                self.note(&now);
                let (owner, epoch) = (named(&now), now.epoch);
                let is_same_owner = known.as_ref() == Some(&owner);
                // An owner may have found other records than those that were followed: of a store that was restored.
                let is_followed = view.as_ref().is_some_and(|view: &FollowedNamespace| view.is_of(epoch));
                if !is_followed && let Some(followed) = FollowedNamespace::open(&*self.remote, epoch).await {
                    view = Some(followed);
                }
                if !is_same_owner || !is_followed {
                    front.set(&self.behind(owner.clone(), view.as_ref()));
                    known = Some(owner);
                }
                // Whoever reads that it stands by is answered.
                if !is_same_owner {
                    let since = owned_by(now.owner.as_ref(), SystemClock.now());
                    ServiceLog.say(format_args!("stands by: {} is {since}", self.place.namespace()));
                }
            }
            sleep(LOOKED_AT).await;
        }
    }

    fn note(&self, now: &RemoteOwnership) {
        let seen = now.owner.as_ref().filter(|owner| owner.owns).map(|owner| LastSeen {
            name: owner.owner.to_string(),
            alive: owner.seen().and_then(|ago| Instant::now().checked_sub(ago)),
        });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// From whom, and how long that one has not been seen.
    fn took_over(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(LastSeen { name, alive: Some(at) }) => {
                let silent = at.elapsed().as_secs_f64();
                format!("took over from {name}, {silent:.1} s after it was last seen")
            }
            Some(LastSeen { name, alive: None }) => format!("took over from {name}"),
            None => "took over; nobody had it".to_owned(),
        }
    }

    /// Waits until somebody else has taken over, or nobody has for a while.
    pub(super) async fn until_taken_over(&self, epoch: Epoch) {
        let until = Instant::now() + STEPS_DOWN_FOR;
        while Instant::now() < until {
            if let Ok(now) = self.remote.ownership().await
                && now.epoch > epoch
            {
                return;
            }
            sleep(STEPS_LOOKED_AT).await;
        }
        ServiceLog.say("nobody has taken over");
    }
}

/// Who owns a namespace, for people who are sent there.
fn named(now: &RemoteOwnership) -> String {
    let owner = now.owner.as_ref().filter(|owner| owner.owns);
    owner.map_or_else(|| "nobody at the moment".to_owned(), |owner| owner.owner.to_string())
}

/// Names whoever has taken over from this process.
pub(super) async fn taken_over_by(place: &Place) -> Option<String> {
    let remote = place.open_remote().await.ok()??;
    let now = remote.ownership().await.ok()?;
    Some(named(&now))
}
