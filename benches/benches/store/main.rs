//! What a store costs: the journal and output beside plain files on the same disk, a job of ten thousand hosts with the
//! store against `--store none`, and how soon questions about many jobs and hosts are answered.
//!
//! `-- PART` runs one part alone, `-- clients HOSTS` a smaller job; `-- --rounds N` sets how often each is measured.
//! The directory is a temporary one; `TMPDIR` names the disk. `POGO` names the program that is measured; without it, it
//! is built with the profile `dist`, as packages are.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table, and one that cannot be set up has failed"
)]

mod answers;
mod clients;
mod engines;
mod figures;
mod floor;
mod journal;
mod output;
mod past;
mod program;
#[allow(dead_code, reason = "hosts that hang are for another benchmark")]
#[path = "../connections/servers.rs"]
mod servers;
mod stores;
mod year;

use std::error::Error;

use figures::Figures;
use pogo_ssh::loopback::Fault;
use program::Program;
use servers::serve;

/// Interleaved pairs of each measurement.
const ROUNDS: usize = 10;
const HOSTS: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [serving, first, last] = arguments.as_slice()
        && serving == "serve"
    {
        return serve((first.parse()?, last.parse()?), Fault::Answer).await;
    }
    let rounds = match arguments.iter().position(|word| word == "--rounds") {
        Some(at) => arguments.drain(at..at + 2).nth(1).expect("a number").parse()?,
        None => ROUNDS,
    };
    let (numbers, parts): (Vec<_>, Vec<_>) = arguments.iter().partition(|word| word.parse::<usize>().is_ok());
    let (addresses, parts): (Vec<&str>, Vec<&str>) = parts
        .into_iter()
        .map(String::as_str)
        .partition(|word| word.contains("://"));
    let runs = |part: &str| parts.is_empty() || parts.contains(&part);
    let hosts = numbers.first().map_or(Ok(HOSTS), |number| number.parse())?;
    let dir = tempfile::tempdir()?;
    let mut figures = Figures::begin(rounds);
    if runs("floor") {
        floor::floor(dir.path(), &mut figures);
    }
    if runs("journal") {
        journal::journal(dir.path(), &mut figures);
    }
    if runs("output") {
        output::output(dir.path(), &mut figures);
    }
    if runs("year") {
        year::year(dir.path(), &Program::find()?, &mut figures).await;
    }
    if runs("past") {
        past::past(dir.path(), &Program::find()?, hosts, &mut figures).await?;
    }
    if runs("clients") {
        clients::clients(dir.path(), &Program::find()?, hosts, &mut figures).await?;
    }
    // Only where it is asked for: it needs servers.
    if parts.contains(&"engines") {
        engines::engines((dir.path(), &Program::find()?), (hosts, &addresses), &mut figures).await?;
    }
    Ok(())
}
