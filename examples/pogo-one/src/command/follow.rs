//! Applies changes of the inventory while a job runs.

use std::io::BufRead;
use std::sync::Arc;

use pogo_core::dispatcher::{Handle, OrderError};
use pogo_core::fleet::{Fleet, FleetBuilder};
use pogo_core::policy::{Limit, Policy};
use pogo_inventory::merge::Gathered;
use pogo_inventory::{FleetDiff, InventoryError, Watch};
use tokio::sync::mpsc;

use crate::cli::{Login, RunArgs, Targets};
use crate::exit::CliError;
use crate::report::{Screen, SeenWarnings};
use crate::submission;

/// The sources to follow, and their last accepted state.
pub(super) struct FollowedSources {
    watch: Watch,
    /// The fleet of the sources when it was last applied.
    known: Arc<Fleet>,
    /// Hosts that are in no source stay as they are.
    unlisted: Option<pogo_core::fleet::Selector>,
    logins: Vec<Login>,
    policy: Arc<Policy>,
    limit: Limit,
    warned: SeenWarnings,
}

impl FollowedSources {
    /// `None` without `--watch-inventory`.
    pub(super) fn of(
        args: &RunArgs,
        targets: &Targets,
        gathered: &Gathered,
        (_, policy): &(Arc<Fleet>, Arc<Policy>),
    ) -> Result<Option<Self>, CliError> {
        let (job, follow) = (&args.job, &args.follow);
        if !follow.watch_inventory {
            return Ok(None);
        }
        if job.sources.is_empty() {
            let message = "there is no source to watch; name a policy file with -c, or a source with -i";
            return Err(CliError::usage(message));
        }
        let mut warned = SeenWarnings::default();
        warned.new_of(gathered);
        Ok(Some(Self {
            warned,
            watch: Watch::new(job.sources.sources()?, gathered).every(follow.watch_interval),
            known: Arc::clone(&gathered.fleet),
            unlisted: job.targets.allow_unlisted.then(|| targets.selector.clone()),
            logins: targets.logins.clone(),
            policy: Arc::clone(policy),
            limit: follow.max_inventory_change,
        }))
    }
}

/// Whoever applies a new fleet.
pub(super) trait TakesFleet {
    /// Applies it.
    ///
    /// # Errors
    /// It is not taken, with the words for it.
    async fn take(&self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<(), NotTaken>;
}

/// A fleet that was not applied.
pub(super) enum NotTaken {
    /// It may be when it is read again.
    Later(String),
    /// It is wrong, and so are all that are like it.
    Refused(String),
}

impl TakesFleet for Handle {
    async fn take(&self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<(), NotTaken> {
        match self.configure(fleet, policy).await {
            Ok(_) => Ok(()),
            Err(error @ OrderError::Resolvers(_)) => {
                Err(NotTaken::Later(format!("the new fleet is not taken: {error}")))
            }
            Err(error) => {
                let why = submission::order_error(&error);
                Err(NotTaken::Refused(format!("the new fleet is refused: {why}")))
            }
        }
    }
}

/// Applies each new fleet. Never returns.
pub(super) async fn sources(follow: Option<FollowedSources>, handle: &impl TakesFleet, screen: &Screen) {
    let Some(FollowedSources {
        mut watch,
        known,
        unlisted,
        logins,
        policy,
        limit,
        warned,
    }) = follow
    else {
        return std::future::pending().await;
    };
    let (changes, mut listings) = mpsc::channel(1);
    // On a task of its own, so that a question to the operator does not keep it from seeing what changes next.
    tokio::spawn(async move { while changes.send(watch.next().await).await.is_ok() {} });
    let mut review = FleetReview {
        known,
        unlisted,
        logins,
        policy,
        limit,
        offered: None,
        refused: None,
        warned,
        complaint: None,
        answers: None,
        handle,
        screen,
    };
    loop {
        tokio::select! {
            Some(read) = listings.recv() => review.read(read).await,
            answer = answer(&mut review.answers), if review.offered.is_some() => review.answered(answer).await,
        }
    }
}

/// The next line from standard input; `None` at its end.
async fn answer(answers: &mut Option<mpsc::UnboundedReceiver<String>>) -> Option<String> {
    let answers = answers.get_or_insert_with(|| {
        let (typed, answers) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let lines = std::io::stdin().lock().lines().map_while(Result::ok);
            lines.take_while(|line| typed.send(line.clone()).is_ok()).for_each(drop);
        });
        answers
    });
    answers.recv().await
}

/// Decides whether a new fleet is applied.
struct FleetReview<'t, H> {
    known: Arc<Fleet>,
    unlisted: Option<pogo_core::fleet::Selector>,
    logins: Vec<Login>,
    policy: Arc<Policy>,
    limit: Limit,
    /// A fleet that waits for the operator's answer, and the answer that accepts it.
    offered: Option<(Arc<Fleet>, String)>,
    /// The last fleet that was refused; it is not offered again.
    refused: Option<Arc<Fleet>>,
    warned: SeenWarnings,
    /// The last error; it is printed once.
    complaint: Option<String>,
    answers: Option<mpsc::UnboundedReceiver<String>>,
    handle: &'t H,
    screen: &'t Screen,
}

impl<H: TakesFleet> FleetReview<'_, H> {
    async fn read(&mut self, read: Result<Gathered, InventoryError>) {
        let fleet = match read {
            Ok(gathered) => {
                let new = self.warned.new_of(&gathered);
                new.iter().for_each(|warning| self.screen.say(warning));
                gathered.fleet_with_origins()
            }
            // It may have been read while it was written; recovery is not reported.
            Err(error) => return self.complain(format!("the inventory cannot be read: {error}")),
        };
        let offered = self.offered.as_ref().map(|(fleet, _)| fleet);
        if offered.or(self.refused.as_ref()).unwrap_or(&self.known) == &fleet {
            return;
        }
        (self.offered, self.refused) = (None, None);
        if fleet == self.known {
            return self.screen.say("the inventory is as it was");
        }
        let diff = FleetDiff::between(&self.known, &fleet);
        let shown = format!("the inventory has changed:\n{diff}");
        if !diff.exceeds(self.limit) {
            self.screen.say(shown.trim_end());
            return self.take(fleet).await;
        }
        let moved = diff.moved();
        self.screen.say(&format!(
            "{shown}{moved} of {} hosts would be gone or in other groups, more than {}; type {moved} to take this \
             fleet",
            diff.before, self.limit
        ));
        self.offered = Some((fleet, moved.to_string()));
    }

    async fn answered(&mut self, answer: Option<String>) {
        let Some((fleet, wanted)) = self.offered.take() else {
            return;
        };
        if answer.is_some_and(|answer| answer.trim() == wanted) {
            return self.take(fleet).await;
        }
        self.screen.say("the new fleet is not taken; the old one stays");
        // The next change is compared with the accepted fleet, so that many small steps do not avoid the question.
        self.refused = Some(fleet);
    }

    async fn take(&mut self, fleet: Arc<Fleet>) {
        let mut full = FleetBuilder::from(&*fleet);
        if let Some(targets) = &self.unlisted {
            full = full.unlisted(targets);
        }
        full = match Login::apply(&self.logins, full) {
            Ok(full) => full,
            Err(error) => return self.complain(format!("the new fleet is not taken: {error}")),
        };
        let full = match full.build() {
            Ok(full) => Arc::new(full),
            Err(error) => return self.complain(format!("the new fleet is invalid: {error}")),
        };
        match self.handle.take(full, Arc::clone(&self.policy)).await {
            Ok(()) => {
                (self.known, self.complaint) = (fleet, None);
                self.screen.say("the new fleet is taken");
            }
            Err(NotTaken::Later(why)) => self.complain(why),
            Err(NotTaken::Refused(why)) => {
                self.complain(why);
                self.refused = Some(fleet);
            }
        }
    }

    fn complain(&mut self, complaint: String) {
        if self.complaint.as_ref() != Some(&complaint) {
            self.screen.say(&format!("{complaint}\nthe old fleet stays"));
            self.complaint = Some(complaint);
        }
    }
}
