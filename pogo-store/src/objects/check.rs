//! Whether output is as it was written.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::output::{OutputDigester, OutputError, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::names::{SegmentId, job_folder};
use super::reader::ObjectReader;
use super::runs::{Segments, frames_within};
use super::segment::Seal;
use super::segment_cache::FetchedSegment;

/// An object that is not as it was written, and what is wrong with it.
pub(crate) type DamagedObject = (String, String);

impl ObjectReader {
    /// Reads everything, job by job.
    pub(super) async fn check(&self) -> Result<Vec<DamagedObject>, OutputError> {
        let mut damage = vec![];
        for job in self.jobs().await? {
            let (mut ends, mut damaged) = (BTreeMap::new(), vec![]);
            self.visit(job, |id, segment| match segment {
                FetchedSegment::Whole(segment) => {
                    for seal in &segment.seals {
                        let last = ends.entry(seal.source.attempt).or_insert(id);
                        *last = id.max(*last);
                    }
                }
                FetchedSegment::Damaged(why) => damaged.push(why),
                FetchedSegment::Gone => {}
            })
            .await?;
            // What a damaged one had is missing in others, which is said once.
            if damaged.is_empty() {
                damage.extend(self.wrong_seals(job, &ends).await?);
            }
            damage.extend(damaged.iter().map(|why| {
                let (object, what) = why.split_once(": ").unwrap_or((why, "it cannot be read"));
                (object.to_owned(), what.to_owned())
            }));
        }
        Ok(damage)
    }

    /// Attempts of which there is something else than they were sealed with. Each is read on its own, as all of a job
    /// may be larger than the memory.
    async fn wrong_seals(
        &self,
        job: JobId,
        ends: &BTreeMap<AttemptId, SegmentId>,
    ) -> Result<Vec<DamagedObject>, OutputError> {
        let (folder, mut wrong) = (job_folder(&self.namespace, job), vec![]);
        for (attempt, id) in ends {
            let ending = self.segments((job, *attempt), BTreeSet::from([*id])).await?;
            let seal = ending.get(id).and_then(|segment| segment.seals.first());
            let is_whole = match seal {
                Some(seal) => {
                    let named = seal.runs.iter().map(|run| run.segment).collect();
                    is_whole(seal, &self.segments((job, *attempt), named).await?)
                }
                // It was removed meanwhile, as what is old is.
                None => true,
            };
            if !is_whole {
                let message = format!("it says of the output of {attempt} what other objects do not have");
                wrong.push((format!("{folder}/{id}"), message));
            }
        }
        Ok(wrong)
    }
}

fn is_whole(seal: &Seal, segments: &Segments) -> bool {
    let mut digester = OutputDigester::default();
    for stream in Stream::ALL {
        let frames = frames_within(&seal.runs, segments, (seal.source.attempt, stream), &(0..u64::MAX));
        let Ok(frames) = frames else { return false };
        for frame in frames {
            digester.add(stream, frame.offset, &frame.bytes);
        }
    }
    digester.digest() == seal.digest
}
