//! Orders: the core's commands, with the actor that the server knows.

use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use pogo_api::wire::{OrderAnswer, ProblemKind};
use pogo_core::dispatcher::Handle;
use pogo_core::plan::{JobSpec, Stdin};
use pogo_core::scheduler::{Command, JobStatus, Order};

use crate::Identity;
use crate::access::GivenCommand;
use crate::body::receive;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::timeline::{Known, Preview};

pub(crate) async fn order(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    let namespace = request.namespace()?.clone();
    let if_idle = request.parameters.optional("idle")?.unwrap_or(false);
    std::mem::take(&mut request.parameters).finish()?;
    let given: GivenCommand = receive(request.shared(), &headers, body).await?;
    let access = &request.access;
    let handle = &namespace.handle;
    let expected = headers.get(IF_MATCH).map(|tag| tag.to_str().unwrap_or_default());
    if !(given.changes_fleet() || if_idle || expected.is_some() || access.depends_on_fleet()) {
        let command = of_actor(access.permit(&namespace, given).await?, &access.identity)?;
        return document(&OrderAnswer::new(handle.execute(command).await?));
    }
    // Whoever asks for what is in force, depends on it, or changes it, does so one after the other.
    let held = namespace.revisions.hold(handle).await?;
    let command = of_actor(access.permit(&namespace, given).await?, &access.identity)?;
    if !was_answered(handle, &command).await? {
        if expected.is_some_and(|expected| expected != namespace.revisions.tag(&held)) {
            let said = "somebody has changed fleet or policy since they were read; read them again";
            return Err(Refusal::new(ProblemKind::ConfigurationChanged, said));
        }
        if if_idle {
            check_idle(handle).await?;
        }
    }
    let answer = handle.execute(command).await?;
    drop(held);
    document(&OrderAnswer::new(answer))
}

/// Whether it is an order that was carried out and whose answer was lost: what it was to be given under has changed
/// since, by itself or by others.
async fn was_answered(handle: &Handle, command: &Command) -> Result<bool, Refusal> {
    let Some(request) = command.request.clone() else {
        return Ok(false);
    };
    Ok(handle.query(move |scheduler| scheduler.has_answered(&request)).await?)
}

/// Refuses while a job is not finished.
async fn check_idle(handle: &Handle) -> Result<(), Refusal> {
    let unfinished = handle.query(|scheduler| {
        scheduler
            .jobs()
            .filter(|job| job.status() != JobStatus::Finished)
            .count()
    });
    match unfinished.await? {
        0 => Ok(()),
        jobs => {
            let said = format_args!("{jobs} jobs are not finished, and go by the fleet and the policy in force");
            Err(Refusal::new(ProblemKind::JobsUnfinished, said))
        }
    }
}

/// What an order would lead to at once, in a sentence. Nothing is ordered.
pub(crate) async fn preview(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    let namespace = request.namespace()?.clone();
    std::mem::take(&mut request.parameters).finish()?;
    let given: GivenCommand = receive(request.shared(), &headers, body).await?;
    let access = &request.access;
    let command = of_actor(access.permit(&namespace, given).await?, &access.identity)?;
    if matches!(command.order, Order::Configure { .. }) {
        let said = "what a change of fleet and policy leads to is not previewed; `pogo apply` shows the difference";
        return Err(Refusal::new(ProblemKind::InvalidBody, said));
    }
    let preview = move |known: &Known| Preview::of(known, command);
    let preview = namespace.timelines.ask_now(&namespace, preview).await?;
    document(&preview.map_err(pogo_core::dispatcher::OrderError::Refused)?)
}

/// The command as one of whoever gave it.
fn of_actor(mut command: Command, identity: &Identity) -> Result<Command, Refusal> {
    if command.actor.as_ref().is_some_and(|claimed| *claimed != identity.actor) {
        let said = format_args!(
            "`actor` is another than `{}`, who gives the order; leave it out",
            identity.actor
        );
        return Err(Refusal::new(ProblemKind::NotYourName, said));
    }
    command.actor = Some(Arc::clone(&identity.actor));
    if let Order::Submit { job, spec } = &mut command.order {
        if job.is_some() {
            let said = "the namespace numbers its jobs; leave out `job`";
            return Err(Refusal::new(ProblemKind::JobNumberGiven, said));
        }
        check_files(spec, identity)?;
        identity.actor.name.as_ref().clone_into(&mut Arc::make_mut(spec).user);
    }
    Ok(command)
}

/// Files that a job names are read by this process, with its rights; so are those that settings of the transport name,
/// which may also be programs.
fn check_files(spec: &JobSpec, identity: &Identity) -> Result<(), Refusal> {
    if identity.local_files {
        return Ok(());
    }
    let refuse = |said: String| Err(Refusal::new(ProblemKind::LocalFile, said));
    let options = &spec.exec_options;
    let input = match &options.stdin {
        Stdin::File(path) => Some(path),
        _ => None,
    };
    let sent = options.files.iter().map(|file| &file.source);
    if let Some(path) = input.into_iter().chain(sent).next() {
        let path = path.escape_debug();
        return refuse(format!(
            "the job names the file `{path}` of the server's machine, which is not read for others; give it as text"
        ));
    }
    match spec.transport_settings.names().next() {
        Some(name) => {
            let name = name.escape_debug();
            refuse(format!(
                "the job sets `{name}` of the transport, and the server connects with settings of its own; leave it out"
            ))
        }
        None => Ok(()),
    }
}
