//! Ansible itself, asked for many inventories by one process.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

/// What is asked, in the Python that `ansible-inventory` itself runs in.
const SCRIPT: &str = include_str!("oracle.py");

struct Oracle {
    /// Ends when its input does.
    _child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Whether Ansible is there. Left out, loudly, where it is not, unless `POGO_REQUIRE_ANSIBLE=1`.
pub(crate) fn is_there() -> bool {
    oracle().is_some()
}

/// What `ansible-inventory --list` prints for this path, or why it refuses it.
pub(crate) fn list(path: &Path) -> Result<Value, String> {
    let mut oracle = oracle().unwrap().lock().unwrap_or_else(|broken| broken.into_inner());
    writeln!(oracle.questions, "{}", path.display()).unwrap();
    oracle.questions.flush().unwrap();
    let mut answer = String::new();
    oracle.answers.read_line(&mut answer).unwrap();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer["list"].take()),
    }
}

fn oracle() -> Option<&'static Mutex<Oracle>> {
    static ORACLE: OnceLock<Option<Mutex<Oracle>>> = OnceLock::new();
    ORACLE.get_or_init(|| start().map(Mutex::new)).as_ref()
}

fn start() -> Option<Oracle> {
    let Some(python) = python() else {
        assert!(
            std::env::var_os("POGO_REQUIRE_ANSIBLE").is_none_or(|value| value != "1"),
            "POGO_REQUIRE_ANSIBLE=1, but there is no ansible-inventory of ansible-core 2.19"
        );
        eprintln!("LEFT OUT: ansible-inventory is missing (pip install 'ansible-core==2.19.*')");
        return None;
    };
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1")
        .env("ANSIBLE_DEPRECATION_WARNINGS", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (questions, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    Some(Oracle {
        _child: child,
        questions,
        answers: BufReader::new(answers),
    })
}

/// The interpreter of the `ansible-inventory` that is found first, if that is of the release whose answers count.
fn python() -> Option<String> {
    let version = Command::new("ansible-inventory").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).starts_with("ansible-inventory [core 2.19.") {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path)
        .map(|folder| folder.join("ansible-inventory"))
        .find(|program| program.is_file())?;
    let text = std::fs::read_to_string(program).ok()?;
    text.lines()
        .next()?
        .strip_prefix("#!")
        .map(|line| line.trim().to_owned())
}
