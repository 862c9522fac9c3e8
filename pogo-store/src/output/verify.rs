//! Whether output is as it was written.

use std::path::PathBuf;

use pogo_core::output::{OutputDigester, OutputError, Stream};
use pogo_core::scheduler::JobId;

use super::Outputs;
use super::block::Block;
use super::index::sealed_line;
use super::job_files::{index_file, log_file};
use super::job_reader::{page, read_block};

/// Files of output that are damaged, and where. What was removed meanwhile is passed over.
pub(crate) fn damaged_output(outputs: &Outputs) -> Vec<(PathBuf, String)> {
    let jobs = outputs.jobs().unwrap_or_default();
    jobs.into_iter().flat_map(|job| damaged_job(outputs, job)).collect()
}

fn damaged_job(outputs: &Outputs, job: JobId) -> Vec<(PathBuf, String)> {
    let (disk, dir) = (&*outputs.disk, outputs.job_dir(job));
    let (log, index) = (log_file(&dir), index_file(&dir));
    let mut damage = vec![];
    let Ok(lines) = disk.read_all(&index) else {
        return damage;
    };
    let mut offset = 0;
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let begin = offset;
        offset += line.len();
        // The last may be being written.
        let Some(line) = line.strip_suffix(b"\n") else { continue };
        let Some(sealed) = sealed_line(line) else {
            damage.push((
                index.clone(),
                format!("the line at byte {begin} has another checksum than it says"),
            ));
            continue;
        };
        let mut digester = OutputDigester::default();
        let read = Stream::ALL.into_iter().try_for_each(|stream| {
            let read = |number| Ok(Block::decode(job, &read_block(disk, &log, number)?));
            for frame in page(&log, sealed.attempt, (&sealed.stream(stream), true), 0..u64::MAX, read)?.frames {
                digester.add(stream, frame.offset, &frame.bytes);
            }
            Ok::<_, OutputError>(())
        });
        match read {
            Err(error) => damage.push((log.clone(), error.to_string())),
            Ok(()) if digester.digest() != sealed.digest => {
                damage.push((
                    log.clone(),
                    format!("the output of {} has another digest than is said", sealed.attempt),
                ));
            }
            Ok(()) => {}
        }
    }
    // It may have been removed in the meantime.
    damage.retain(|(file, _)| !matches!(disk.exists(file), Ok(false)));
    damage
}
