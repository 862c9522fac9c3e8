//! Follows a job to its end, by whichever dispatcher has it.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use pogo_api::wire::{ProblemKind, Question, Secrets};
use pogo_api::{ClientError, FollowItem, NamespaceClient};
use pogo_core::dispatcher::Observer;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::Seq;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, Event, JobEventKind, JobId, JobStatus, NamespaceEventKind, Query, Record};
use pogo_core::stream::{StreamId, StreamRecord, StreamRequest, Update};

use super::connect::watching;
use super::output::OutputFollower;
use super::prompter::answer;
use super::stopper::{OnInterrupt, until_left};
use super::taken_over::{goes_on_elsewhere, took_over};
use super::{Place, Takeovers, client_error, connect_again, live_keys};
use crate::ask::{CliPrompter, Keys, TerminalPrompter};
use crate::command::StopSignals;
use crate::exit::{CliError, Exit};
use crate::report::Screen;

/// A job that is followed.
pub(crate) struct FollowedJob {
    place: Place,
    pub(super) client: NamespaceClient,
    pub(super) job: JobId,
    /// Where the stream goes on; nowhere if what has happened is to be read first.
    after: Option<StreamId>,
    /// What the namespace goes by, which is shown before anything else.
    configured: Option<NamespaceEventKind>,
    /// The last record that was shown.
    pub(super) shown: Option<Seq>,
    takeovers: Takeovers,
    on_interrupt: OnInterrupt,
    /// Attempts of which more output may come, on their hosts.
    pub(super) running: BTreeMap<AttemptId, HostName>,
    /// Who answers what keys and hosts ask.
    pub(super) person: Option<Person>,
    /// What a dispatcher that takes over has to be given again.
    pub(super) secrets: Option<Secrets>,
    /// Whether single keys give orders on a terminal.
    keys: bool,
    /// The agent of this login, for a job that was submitted from another.
    pub(super) agent: Option<Secrets>,
}

/// A person at a terminal, or what answers for one.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) prompter: Arc<CliPrompter>,
    pub(crate) terminal: Arc<TerminalPrompter>,
}

impl FollowedJob {
    /// A job of which nothing was shown yet.
    pub(crate) fn from_start(place: &Place, client: NamespaceClient, job: JobId) -> Self {
        Self {
            place: place.clone(),
            client,
            job,
            after: None,
            configured: None,
            shown: None,
            takeovers: Takeovers::of(job),
            on_interrupt: OnInterrupt::Leave,
            running: BTreeMap::new(),
            person: None,
            secrets: None,
            agent: None,
            keys: true,
        }
    }

    /// A job that was just submitted, when the stream stood there. Whoever submitted it may stop it.
    pub(crate) fn submitted(place: &Place, client: NamespaceClient, (job, after): (JobId, StreamId)) -> Self {
        Self {
            after: Some(after),
            on_interrupt: OnInterrupt::Stop,
            ..Self::from_start(place, client, job)
        }
    }

    /// Says what the namespace goes by, which is no record of the job.
    pub(crate) fn configured(mut self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Self {
        let (fleet, policy) = (fleet.into(), policy.into());
        self.configured = Some(NamespaceEventKind::Configured { fleet, policy });
        self
    }

    /// Sets who answers what keys and hosts ask, if anybody can.
    pub(crate) fn person(mut self, person: Person) -> Self {
        self.person = Some(person).filter(|person| person.prompter.is_of_use());
        self
    }

    /// Sets whether single keys give orders on a terminal.
    pub(crate) fn keys(mut self, keys: bool) -> Self {
        self.keys = keys;
        self
    }

    pub(crate) fn secrets(mut self, secrets: Option<Secrets>) -> Self {
        self.secrets = secrets;
        self
    }
}

/// Shows a job until it is over, needs an order that nobody here gives, or whoever follows leaves.
pub(crate) async fn follow(mut job: FollowedJob, screen: &Screen, signals: &mut StopSignals) -> Result<Exit, CliError> {
    let watching = watching(&job.place)?;
    let steered = (std::mem::replace(&mut job.client, watching), job.job, job.on_interrupt);
    let terminal = job.person.as_ref().map(|person| Arc::clone(&person.terminal));
    // Where output goes elsewhere, whatever shows it may read keys itself.
    let watches = job.keys && screen.is_live() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut keys = terminal.as_ref().filter(|_| watches).and_then(Keys::listen);
    let left = async {
        let by_key = async {
            match &mut keys {
                Some(keys) => live_keys::until_left(keys, (&steered.0, steered.1), screen).await,
                None => std::future::pending().await,
            }
        };
        let by_signal = until_left(
            signals,
            (&steered.0, steered.1),
            (screen, terminal.as_deref()),
            steered.2,
        );
        tokio::select! {
            () = by_key => {}
            () = by_signal => {}
        }
    };
    let number = job.job.number();
    let ended = tokio::select! {
        ended = job.until_over(screen) => ended,
        () = left => {
            screen.say(&format!("the job goes on: `pogo attach {number}` shows it, `pogo stop {number}` stops it"));
            Ok(Exit::Left)
        }
    };
    screen.show_keys(None);
    drop(keys);
    TerminalPrompter::leave();
    ended
}

impl FollowedJob {
    async fn until_over(&mut self, screen: &Screen) -> Result<Exit, CliError> {
        // What was shown stays known when another dispatcher takes over.
        let mut output = OutputFollower::new(self.client.clone());
        loop {
            let followed = self.by_this_dispatcher(&mut output, screen).await;
            let lost_at = Instant::now();
            let gone = match followed {
                Ok(exit) => {
                    self.takeovers.rest().iter().for_each(|line| screen.say(line));
                    return Ok(exit);
                }
                Err(ClientError::Refused(problem)) if problem.kind == ProblemKind::Standby => {
                    return Err(goes_on_elsewhere(self.job, &problem.detail));
                }
                Err(lost @ ClientError::ContactLost { .. }) => {
                    if let (None, ClientError::ContactLost { message, .. }) = (self.place.server(), &lost) {
                        screen.say(&format!(
                            "contact with the dispatcher was lost ({message}); it is started again"
                        ));
                    }
                    lost
                }
                Err(lost @ ClientError::Unreachable { .. }) => lost,
                Err(error) => return Err(client_error(error)),
            };
            let client = connect_again(&self.place, gone).await;
            let client = client.map_err(|error| goes_on_elsewhere(self.job, &error))?;
            self.takeovers.was_away(lost_at.elapsed());
            self.give_secrets(&client).await;
        }
    }

    async fn by_this_dispatcher(&mut self, output: &mut OutputFollower, screen: &Screen) -> Result<Exit, ClientError> {
        loop {
            let after = match self.after {
                Some(after) => after,
                None => match self.read_past(output, screen).await? {
                    CaughtUp::Goes(after) => after,
                    CaughtUp::Over(exit) => return Ok(exit),
                },
            };
            let request = StreamRequest::new().job(self.job).after(after);
            if let Some(exit) = self.stream(request, output, screen).await? {
                return Ok(exit);
            }
        }
    }

    /// Shows what has happened, and only then how far the job is.
    async fn read_past(&mut self, output: &mut OutputFollower, screen: &Screen) -> Result<CaughtUp, ClientError> {
        screen.reads_past(self.shown.is_none());
        let caught_up = self.catch_up(output, screen).await;
        screen.reads_past(false);
        caught_up
    }

    /// Shows what has happened, and says where the stream goes on.
    async fn catch_up(&mut self, output: &mut OutputFollower, screen: &Screen) -> Result<CaughtUp, ClientError> {
        output.begin_again();
        let after = self.client.view(&Query::Namespace).await?.as_of;
        let mut query = JobEventsQuery::of(self.job).limit(10_000);
        query.after = self.shown;
        let (mut last, mut has_retired) = (None, false);
        loop {
            let page = self.client.job_events(&query).await?;
            for (index, (at, record)) in page.records.iter().enumerate() {
                let upcoming = page.records.iter().skip(index).map(|(_, record)| record);
                self.read_ahead((*at, upcoming), output, screen).await?;
                let end = self.record((*at, record), output, screen).await?;
                has_retired |= matches!(record.event.job_kind(), Some(JobEventKind::Retired));
                // What came before an order to go on is no end. A job that has retired has ended, and goes on by no
                // order.
                if !has_retired {
                    last = end;
                }
            }
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
        // What was read are the records of the job alone, which do not say who took over.
        if let Some(away) = self.takeovers.take_away()
            && let Some(line) = took_over(&self.place, (&self.client, self.job), away).await
        {
            screen.say(&line);
        }
        self.after = Some(after);
        if let Some(exit) = last {
            return Ok(CaughtUp::Over(exit));
        }
        // What runs may have nothing more to say for an hour.
        let running = self.running.iter().map(|(attempt, host)| (*attempt, host));
        output.catch_up_all(self.job, running, screen).await?;
        Ok(CaughtUp::Goes(after))
    }

    /// Follows a stream until the job is over, or the stream has left out something.
    async fn stream(
        &mut self,
        request: StreamRequest,
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<Option<Exit>, ClientError> {
        let mut items = match &self.person {
            Some(_) => self.client.attend(request),
            None => self.client.follow(request),
        };
        loop {
            let item = tokio::select! {
                item = items.next() => item,
                line = self.takeovers.overdue() => {
                    screen.say(&line);
                    continue;
                }
            };
            let Some(item) = item else { break };
            match item? {
                FollowItem::Output(piece) => output.piece(&piece, screen).await?,
                FollowItem::Question(question) => self.ask(*question),
                FollowItem::Reconnected { after } => {
                    self.takeovers.was_away(after);
                    self.give_secrets(&self.client).await;
                }
                FollowItem::Update(update) => match *update {
                    Update::Records { id, records, .. } => {
                        for (index, StreamRecord { seq, record, .. }) in records.iter().enumerate() {
                            let upcoming = records.iter().skip(index).map(|record| &record.record);
                            self.read_ahead((*seq, upcoming), output, screen).await?;
                            if let Some(exit) = self.record((*seq, record), output, screen).await? {
                                return Ok(Some(exit));
                            }
                        }
                        self.after = Some(id);
                    }
                    // Records are left out here, and there where those of the job are read.
                    Update::Resync { .. } | Update::Job { .. } => break,
                    _ => {}
                },
                _ => {}
            }
        }
        self.after = None;
        Ok(None)
    }

    /// Asks the person, beside what else happens.
    fn ask(&self, question: Question) {
        let Some(Person { prompter, .. }) = self.person.clone() else {
            return;
        };
        let client = self.client.clone();
        tokio::spawn(async move {
            let answered = tokio::task::spawn_blocking(move || answer(&*prompter, &question)).await;
            // Where contact is lost, the next dispatcher asks again.
            if let Ok(answer) = answered {
                let _ = client.answer(&answer).await;
            }
        });
    }

    /// Shows a record; the exit code if it is the last that matters.
    async fn record(
        &mut self,
        (at, record): (Seq, &Record),
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<Option<Exit>, ClientError> {
        // It may have been read before it came by the stream.
        if Some(at) <= self.shown {
            return Ok(None);
        }
        if self.takeovers.note(record) {
            self.shown = Some(at);
            self.takeovers.settled().iter().for_each(|line| screen.say(line));
            return Ok(None);
        }
        if let Some(configured) = self.configured.take() {
            // A log goes on in time, and the job began with what was in force then.
            screen.event(&Record::new(record.at, Event::of_namespace(configured)));
        }
        self.output_of(&record.event, output, screen).await?;
        if let Some(JobEventKind::Submitted { spec, .. }) = record.event.job_kind() {
            self.offer_agent(spec).await?;
        }
        // Not before: where contact is lost while output is read, the record comes again.
        self.shown = Some(at);
        screen.event(record);
        self.takeovers.settled().iter().for_each(|line| screen.say(line));
        if self.waits_for_a_person(record) {
            let number = self.job.number();
            screen.say(&format!(
                "the job waits for a person: `pogo attach {number}` from a terminal answers"
            ));
            return Ok(Some(Exit::NeedsPerson));
        }
        Ok(match record.event.job_kind() {
            Some(JobEventKind::Finished { tally }) => Some(Exit::of(JobStatus::Finished, *tally)),
            Some(JobEventKind::Halted) => Some(Exit::Blocked),
            Some(JobEventKind::Blocked { .. }) if !is_watched() => Some(Exit::Blocked),
            _ => None,
        })
    }
}

/// The state of a job whose past was shown.
enum CaughtUp {
    /// It goes on, behind this position.
    Goes(StreamId),
    /// It has ended, with what the program ends with.
    Over(Exit),
}

/// Whether somebody is there who can give an order to a job that needs one.
pub(super) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
