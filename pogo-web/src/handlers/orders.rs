//! Orders: the core's commands, with the actor that the server knows.

use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use pogo_api::wire::{OrderAnswer, ProblemKind, Secrets};
use pogo_core::dispatcher::Handle;
use pogo_core::plan::{HoldOwner, JobSpec, Stdin, TransportSettings};
use pogo_core::scheduler::{Command, JobStatus, Order};

use crate::access::GivenCommand;
use crate::body::receive;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::timeline::{Known, Preview};
use crate::{Identity, ServedNamespace};

pub(crate) async fn order(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    let namespace = request.dispatched()?.clone();
    let if_idle = request.parameters.optional("idle")?.unwrap_or(false);
    std::mem::take(&mut request.parameters).finish()?;
    let given: GivenCommand = receive(request.shared(), &headers, body).await?;
    let access = &request.access;
    let handle = &namespace.handle;
    let expected = headers.get(IF_MATCH).map(|tag| tag.to_str().unwrap_or_default());
    if !(given.changes_fleet() || if_idle || expected.is_some() || access.depends_on_fleet()) {
        let (command, inputs) = of_actor(&namespace, access.permit(&namespace, given).await?, &access.identity).await?;
        let answer = handle.execute(command).await?;
        // After the order is durable: files of a job that was refused expire like those that nobody
        // used.
        keep(&namespace, &inputs);
        return document(&OrderAnswer::new(answer));
    }
    // Whoever asks for what is in force, depends on it, or changes it, does so one after the other.
    let held = namespace.revisions.hold(handle).await?;
    let (command, inputs) = of_actor(&namespace, access.permit(&namespace, given).await?, &access.identity).await?;
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
    keep(&namespace, &inputs);
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
    let namespace = request.dispatched()?.clone();
    std::mem::take(&mut request.parameters).finish()?;
    let given: GivenCommand = receive(request.shared(), &headers, body).await?;
    let access = &request.access;
    let (command, _) = of_actor(&namespace, access.permit(&namespace, given).await?, &access.identity).await?;
    if matches!(command.order, Order::Configure { .. }) {
        let said = "what a change of fleet and policy leads to is not previewed; `pogo apply` shows the difference";
        return Err(Refusal::new(ProblemKind::InvalidBody, said));
    }
    let preview = move |known: &Known| Preview::of(known, command);
    let preview = namespace.timelines.ask_now(&namespace, preview).await?;
    document(&preview.map_err(pogo_core::dispatcher::OrderError::Refused)?)
}

/// Jobs name these files that were sent.
fn keep(namespace: &ServedNamespace, inputs: &[String]) {
    if let Some(uploads) = namespace.uploads.as_ref().filter(|_| !inputs.is_empty()) {
        uploads.keep(inputs);
    }
}

/// The command as one of whoever gave it, and the files that they have sent for it.
async fn of_actor(
    namespace: &ServedNamespace,
    mut command: Command,
    identity: &Identity,
) -> Result<(Command, Vec<String>), Refusal> {
    // Refused rather than replaced: a program that believes it acts in another name would be wrong
    // about all that follows.
    if command.actor.as_ref().is_some_and(|claimed| *claimed != identity.actor) {
        let said = format_args!(
            "`actor` is another than `{}`, who gives the order; leave it out",
            identity.actor
        );
        return Err(Refusal::new(ProblemKind::NotYourName, said));
    }
    command.actor = Some(Arc::clone(&identity.actor));
    if let Order::Release { by, force: true, .. } = &mut command.order {
        // By force, it says who has done it, and nothing else.
        if let Ok(actor) = HoldOwner::new(&identity.actor.name) {
            *by = actor;
        }
    }
    if let Order::Submit { job, spec } = &mut command.order {
        if job.is_some() {
            let said = "the namespace numbers its jobs; leave out `job`";
            return Err(Refusal::new(ProblemKind::JobNumberGiven, said));
        }
        let spec = Arc::make_mut(spec);
        // Whose job it is decides later who may steer it, so the server fills it in.
        identity.actor.name.as_ref().clone_into(&mut spec.user);
        if !identity.local_files {
            check_settings(namespace, spec, &identity.actor.name).await?;
            let inputs = sent_files(namespace, spec, &identity.actor.name)?;
            return Ok((command, inputs));
        }
    }
    Ok((command, vec![]))
}

/// Settings of the transport that name nothing of this machine, and nobody to log in as.
const HARMLESS: &[&str] = &["connect_retries", "connect_timeout", "handshake_rate"];

/// Whether anybody may set this. Whether ssh's configuration of the server's account is followed is no secret either.
fn is_harmless(settings: &TransportSettings, name: &str) -> bool {
    let value = settings.value(name);
    HARMLESS.contains(&name) || name == "ssh_config" && matches!(value, Some("usual" | "none"))
}

/// How the transport connects is the server's to say: settings name files and programs of this machine, and whom its
/// keys log in as. Secrets are those that whoever submits the job has given.
async fn check_settings(namespace: &ServedNamespace, spec: &JobSpec, owner: &Arc<str>) -> Result<(), Refusal> {
    let settings = &spec.transport_settings;
    let mut names = settings.names().filter(|name| *name != Secrets::SETTING);
    let others = names.find(|name| !is_harmless(settings, name));
    if let Some(name) = others {
        let name = name.escape_debug();
        let said = format!(
            "the job sets `{name}` of the transport, and the server connects with settings of its own; leave it out"
        );
        return Err(Refusal::new(ProblemKind::LocalFile, said));
    }
    match settings.value(Secrets::SETTING) {
        Some(id) => namespace.secret_owners.check(&namespace.handle, id, owner).await,
        None => Ok(()),
    }
}

/// Files that a job names are read by this process, with its rights: those that its sender has sent before, and no
/// others. They are named by their paths from then on.
fn sent_files(namespace: &ServedNamespace, spec: &mut JobSpec, owner: &Arc<str>) -> Result<Vec<String>, Refusal> {
    let mut inputs = vec![];
    let options = &mut spec.exec_options;
    let input = match &mut options.stdin {
        Stdin::File(path) => Some(path),
        _ => None,
    };
    for source in input
        .into_iter()
        .chain(options.files.iter_mut().map(|file| &mut file.source))
    {
        let sent = namespace
            .uploads
            .as_ref()
            .and_then(|uploads| uploads.path(owner, source));
        let Some(path) = sent else {
            let path = source.escape_debug();
            let said = format!(
                "the job names the file `{path}` of the server's machine, which is not read for others; send it first, \
                 to `inputs`"
            );
            return Err(Refusal::new(ProblemKind::LocalFile, said));
        };
        inputs.push(path.clone());
        *source = path;
    }
    Ok(inputs)
}
