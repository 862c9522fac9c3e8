//! What a job reads that another process dispatches: files by their absolute paths, and what comes through pipes.

use std::fs::File;
use std::io::{Cursor, Read};
use std::os::unix::fs::FileTypeExt;

use pogo_core::plan::{JobSpec, Stdin};

use crate::cli::RunArgs;
use crate::exit::CliError;
use crate::report;
use crate::service::{KeptInput, Place, own_agent};

/// The most of standard input that is part of a job itself, which every follower is sent.
const STDIN_BYTES: usize = 256 << 10;

/// The job, whose files and agent another process finds: paths are absolute, and what comes through a pipe is kept
/// beside the job.
pub(super) fn inputs(args: &RunArgs, place: &Place, mut spec: JobSpec) -> Result<(JobSpec, Vec<KeptInput>), CliError> {
    for name in args.exec_options.exposed() {
        report::remark(&format!(
            "the value of {name} is part of the job, and shows in its log; to keep it secret write --secret-env {name}"
        ));
    }
    let mut kept = vec![];
    let mut keep = |from: Box<dyn Read>| {
        let input = KeptInput::copy(place, from)?;
        let path = input.path()?;
        kept.push(input);
        Ok::<_, CliError>(path)
    };
    let options = &mut spec.exec_options;
    for file in &mut options.files {
        file.source = match file.source.as_str() {
            "-" => keep(Box::new(std::io::stdin()))?,
            path => match readable(args, path)? {
                Some(path) => path,
                None if file.destination.is_none() => {
                    return Err(CliError::usage(format!(
                        "{path} is a pipe, whose name is of no use on the hosts: say where it goes, as in \
                         {path}:/tmp/file"
                    )));
                }
                None => keep(Box::new(File::open(path).map_err(CliError::usage)?))?,
            },
        };
    }
    if let Stdin::File(path) = &options.stdin {
        let from: Box<dyn Read> = match path.as_str() {
            "-" => Box::new(std::io::stdin()),
            path => match readable(args, path)? {
                Some(path) => {
                    options.stdin = Stdin::File(path);
                    return Ok((with_agent(spec), kept));
                }
                None => Box::new(File::open(path).map_err(CliError::usage)?),
            },
        };
        options.stdin = match taken_along(from)? {
            TakenStdin::All(bytes) => Stdin::Bytes(bytes),
            TakenStdin::More(from) => Stdin::File(keep(from)?),
        };
    }
    Ok((with_agent(spec), kept))
}

/// The job, which logs in with the agent of whoever submits it.
fn with_agent(mut spec: JobSpec) -> JobSpec {
    if spec.transport_settings.value("agent").is_none()
        && let Some(agent) = own_agent()
    {
        spec.transport_settings = spec.transport_settings.set("agent", agent);
    }
    spec
}

/// A file that can be read now, by its absolute path; `None` for a pipe, which ends with this process.
fn readable(args: &RunArgs, path: &str) -> Result<Option<String>, CliError> {
    let cannot = |error: std::io::Error| args.exec_options.unread(path, &format!("cannot read {path}: {error}"));
    if std::fs::metadata(path).map_err(cannot)?.file_type().is_fifo() {
        return Ok(None);
    }
    std::fs::File::open(path).map_err(cannot)?;
    let absolute = std::path::absolute(path).map_err(cannot)?;
    let absolute = absolute.into_os_string().into_string();
    let absolute = absolute.map_err(|_| CliError::usage(format!("the path {path} is not UTF-8; rename the file")))?;
    Ok(Some(absolute))
}

/// Standard input, as far as it is part of the job itself.
enum TakenStdin {
    /// It has ended, and is short enough.
    All(Vec<u8>),
    /// All of it again, which is too long for that.
    More(Box<dyn Read>),
}

/// Reads what is part of the job, and no more.
fn taken_along(mut input: Box<dyn Read>) -> Result<TakenStdin, CliError> {
    let mut bytes = vec![];
    let most = STDIN_BYTES as u64 + 1;
    input
        .by_ref()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(CliError::usage)?;
    Ok(match bytes.len() > STDIN_BYTES {
        false => TakenStdin::All(bytes),
        true => TakenStdin::More(Box::new(Cursor::new(bytes).chain(input))),
    })
}
