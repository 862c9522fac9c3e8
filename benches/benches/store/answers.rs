//! How soon questions about a job of many hosts are answered.

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::figures::Figures;
use super::program::Program;

/// Asks about the job of the store that the last run has left.
pub(crate) fn answers(
    dir: &Path,
    program: &Program,
    hosts: usize,
    figures: &mut Figures,
) -> Result<(), Box<dyn Error>> {
    let store = dir.join("store");
    let store = store.to_str().ok_or("a directory that is not UTF-8")?;
    let dispatcher = program.serve(dir, store)?;
    let mut ask = |label: &str, goal: Option<u32>, arguments: &[&str]| -> Result<(), Box<dyn Error>> {
        let arguments = [arguments, &["--store", store]].concat();
        // The first answer finds nothing at hand.
        let mut times = Vec::new();
        for _ in 0..=figures.rounds {
            times.push(program.run(dir, &arguments)?.wall);
        }
        let mut times = times.into_iter();
        figures.millis(&format!("{label}, at first"), goal, times.next());
        figures.millis(label, goal, times);
        Ok(())
    };
    // It retires a second after it has finished.
    thread::sleep(Duration::from_secs(2));
    let host = format!("web{}", hosts / 2);
    ask(
        &format!("`status` of a retired job of {hosts} hosts"),
        Some(100),
        &["status", "1"],
    )?;
    ask(
        &format!("`logs JOB HOST` of a retired job of {hosts} hosts"),
        Some(100),
        &["logs", "1", &host],
    )?;
    ask("`jobs` of one job: what starting the program takes", None, &["jobs"])?;
    dispatcher.stop()?;
    Ok(())
}
