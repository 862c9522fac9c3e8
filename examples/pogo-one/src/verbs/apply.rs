//! `pogo apply`: the fleet and the policy of a namespace.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use pogo_api::Condition;
use pogo_api::wire::Configuration;
use pogo_core::fleet::{Fleet, FleetBuilder, HostName, Selector};
use pogo_core::inventory::FleetDiff;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{JobStatus, JobsQuery, Order, TaskState};

use serde_json::Value;

use super::session::{Session, with_place};
use crate::cli::{ApplyArgs, PlaceArgs, SourceArgs};
use crate::exit::{CliError, Exit};
use crate::report::{self, text_diff};
use crate::service::{Place, client_error};
use crate::sources::answered;
use crate::store::counted;

pub(crate) fn apply(args: &ApplyArgs) -> Result<Exit, CliError> {
    if args.sources.is_empty() {
        return Err(CliError::usage(
            "say what to apply: a policy with -c FILE, an inventory with -i SOURCE, or both",
        ));
    }
    let place = Place::asked_by(&PlaceArgs {
        store: args.store.clone(),
        namespace: args.sources.namespace.clone(),
    })?;
    let (fleet, policy) = read(&args.sources)?;
    with_place(place, async |session| {
        let (known, revision) = session.client.configuration_revision().await.map_err(client_error)?;
        // An inventory alone leaves the rules as they are.
        let policy = match &args.sources.policy {
            Some(_) => policy,
            None => Arc::clone(&known.policy),
        };
        let difference = Difference::between(&known, &fleet, &policy)?;
        if difference.is_empty() {
            report::print("nothing changes\n")?;
            return Ok(Exit::Succeeded);
        }
        report::print(&difference.text)?;
        print_lost(unfinished_among(session, &difference.removed).await?)?;
        confirm(args.yes)?;
        let hosts = fleet.len();
        session
            // Nobody agreed to undo what somebody else has applied meanwhile.
            .order_if(
                Condition::new().revision(revision),
                Order::Configure { fleet, policy },
                args.reason.as_deref(),
            )
            .await?;
        report::print(&format!(
            "applied: {} in {}\n",
            counted(hosts, "host"),
            session.place.namespace()
        ))?;
        Ok(Exit::Succeeded)
    })
}

/// Says how many hosts would be lost to jobs that go on.
fn print_lost(hosts: usize) -> Result<(), CliError> {
    if hosts == 0 {
        return Ok(());
    }
    let are = if hosts == 1 { "is" } else { "are" };
    let lost = counted(hosts, "host");
    report::print(&format!(
        "{lost} that {are} removed {are} not done in jobs that go on, and cancelled there unless they come back\n"
    ))?;
    Ok(())
}

/// The fleet and the policy of the sources.
fn read(sources: &SourceArgs) -> Result<(Arc<Fleet>, Arc<Policy>), CliError> {
    let gathered = sources.gather()?;
    let policy = sources.policy(&gathered)?;
    let fleet = gathered.fleet_with_origins();
    let Some(resolvers) = sources.resolvers()? else {
        return Ok((fleet, Arc::new(policy)));
    };
    let more = FleetBuilder::from(fleet.as_ref());
    let more = answered(Some(&resolvers), more, (&policy, &Selector::All))?;
    let fleet = more.build().map_err(CliError::usage)?;
    Ok((Arc::new(fleet), Arc::new(policy)))
}

/// What changes, as text.
struct Difference {
    text: String,
    removed: Vec<HostName>,
}

impl Difference {
    fn between(known: &Configuration, fleet: &Arc<Fleet>, policy: &Arc<Policy>) -> Result<Self, CliError> {
        let none = Arc::default();
        let before = known.fleet.as_ref().unwrap_or(&none);
        let diff = FleetDiff::between(before, fleet);
        let mut text = match (diff.is_empty(), before.has_origins_of(fleet)) {
            (true, true) => String::new(),
            (true, false) => "the hosts stay, and are written elsewhere\n".to_owned(),
            (false, _) => diff.to_string(),
        };
        if known.policy != *policy {
            let (before, after) = (rules(&known.policy)?, rules(policy)?);
            match before == after {
                true => text.push_str("the rules stay, and are written elsewhere\n"),
                false => text.push_str(&text_diff(
                    ("the policy in force", &before),
                    ("the policy given", &after),
                )),
            }
        }
        let removed = diff.removed;
        Ok(Self { text, removed })
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A policy as text, without where its rules were written.
fn rules(policy: &Policy) -> Result<String, CliError> {
    let mut value = serde_json::to_value(policy).map_err(CliError::broken)?;
    without_origins(&mut value);
    let text = serde_json::to_string_pretty(&value).map_err(CliError::broken)?;
    Ok(text + "\n")
}

fn without_origins(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("origin");
            fields.values_mut().for_each(without_origins);
        }
        Value::Array(items) => items.iter_mut().for_each(without_origins),
        _ => {}
    }
}

/// How many of these hosts some job has still to run, or runs.
async fn unfinished_among(session: &Session, removed: &[HostName]) -> Result<usize, CliError> {
    if removed.is_empty() {
        return Ok(0);
    }
    let mut query = JobsQuery::new();
    let mut hosts = BTreeSet::new();
    loop {
        let page = session.client.jobs(query.clone()).await.map_err(client_error)?;
        for job in page.entries.iter().filter(|job| job.status != JobStatus::Finished) {
            let states = [TaskState::Waiting, TaskState::Running];
            let results = session.results(job.job, &states, None).await?;
            hosts.extend(results.into_iter().map(|result| result.host));
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => break,
        }
    }
    Ok(removed.iter().filter(|host| hosts.contains(*host)).count())
}

fn confirm(yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(CliError::NeedsPerson(
            "nothing was applied: there is no terminal to ask on; -y applies it".to_owned(),
        ));
    }
    report::prompt("apply? (y/N; -y answers) ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(CliError::usage)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Usage("nothing was applied".to_owned())),
    }
}
