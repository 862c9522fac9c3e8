//! The program `pogo`, and what its processes take of the processor.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::{Add, Sub};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

type Failure = Box<dyn Error>;

/// In which `/proc` counts, a second; Linux has the same on every machine.
const TICKS: f64 = 100.0;

/// The program that is measured.
#[derive(Debug)]
pub(crate) struct Program(PathBuf);

/// Seconds of the processor that all threads of a process took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

impl Cpu {
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            user: self.user + other.user,
            system: self.system + other.system,
        }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            user: self.user - other.user,
            system: self.system - other.system,
        }
    }
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) cpu: Cpu,
    pub(crate) wall: f64,
}

/// A dispatcher that runs.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    child: Child,
    began: Instant,
    /// Seconds until it answered.
    pub(crate) ready_after: f64,
}

impl Program {
    /// The one that `POGO` names, or the one of this repository, which is built first.
    pub(crate) fn find() -> Result<Self, Failure> {
        if let Some(named) = std::env::var_os("POGO") {
            return Ok(Self(named.into()));
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--profile", "dist", "-p", "pogo-one"])
            .status()?;
        if !built.success() {
            return Err("the program cannot be built".into());
        }
        // This program is in `deps` of another profile.
        let own = std::env::current_exe()?;
        let target = own.ancestors().nth(3).ok_or("no directory of programs")?;
        Ok(Self(target.join("dist").join("pogo")))
    }

    /// In a session of its own, as a dispatcher in the background is: Linux shares processors among sessions first, so
    /// that a program in the session of two busy servers would be woken less often, and find more to do each time.
    fn command(&self, home: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg(&self.0)
            .args(arguments)
            .env_remove("CI")
            .env_remove("SSH_AUTH_SOCK")
            .env("HOME", home)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which is to be a good one.
    pub(crate) fn run(&self, home: &Path, arguments: &[&str]) -> Result<Ended, Failure> {
        let said = home.join("said");
        let output = fs::File::create(&said)?;
        let mut command = self.command(home, arguments);
        command.stdout(output.try_clone()?).stderr(output);
        let began = Instant::now();
        let mut child = command.spawn()?;
        let ended = end(&mut child, began)?;
        if !child.wait()?.success() {
            return Err(format!("pogo {} failed: {}", arguments.join(" "), fs::read_to_string(&said)?).into());
        }
        Ok(ended)
    }

    /// Starts the dispatcher of a store, and waits until it answers.
    pub(crate) fn serve(&self, home: &Path, store: &str) -> Result<Dispatcher, Failure> {
        let mut command = self.command(home, &["serve", "--store", store, "--background", "--idle-after", "1d"]);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut said = String::new();
        let output = child.stdout.take().ok_or("a dispatcher without its pipe")?;
        BufReader::new(output).read_line(&mut said)?;
        let ready_after = began.elapsed().as_secs_f64();
        match said.contains("ready") {
            true => Ok(Dispatcher {
                child,
                began,
                ready_after,
            }),
            false => Err(format!("the dispatcher does not start: {said}").into()),
        }
    }
}

impl Dispatcher {
    /// Ends it. What it took is known then.
    pub(crate) fn stop(mut self) -> Result<Cpu, Failure> {
        kill_process(pid_of(&self.child)?, Signal::TERM)?;
        let ended = end(&mut self.child, self.began)?;
        self.child.wait()?;
        Ok(ended.cpu)
    }
}

fn pid_of(child: &Child) -> Result<Pid, Failure> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| "a process without a number".into())
}

/// Waits for the end of a process, and reads what it took before it is gone.
fn end(child: &mut Child, began: Instant) -> Result<Ended, Failure> {
    waitid(
        WaitId::Pid(pid_of(child)?),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    )?;
    let wall = began.elapsed().as_secs_f64();
    let cpu = cpu_of(&child.id().to_string())?;
    Ok(Ended { cpu, wall })
}

/// What this process took so far.
pub(crate) fn own_cpu() -> Cpu {
    cpu_of("self").expect("a process that runs")
}

fn cpu_of(pid: &str) -> Result<Cpu, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, which comes first, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("a process without a name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let seconds = |at: usize| -> Result<f64, Failure> {
        let ticks: u32 = fields.get(at).ok_or("no such field")?.parse()?;
        Ok(f64::from(ticks) / TICKS)
    };
    Ok(Cpu {
        user: seconds(11)?,
        system: seconds(12)?,
    })
}
