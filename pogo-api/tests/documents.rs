//! What travels, as it stands in `tests/golden`. `POGO_BLESS=1` writes these files anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what is unexpected ends the test")]

use std::path::Path;
use std::{env, fs};

use pogo_api::wire::{
    About, HostOutput, NamespaceEntry, Namespaces, OrderAnswer, OutputPart, Problem, ProblemKind, Question, StreamEnd,
    StreamEndReason, UpdateDigest, WaitAnswer,
};
use pogo_core::Timestamp;
use pogo_core::output::Stream;
use pogo_core::scheduler::{Answer, AttemptId, JobId};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn golden(name: &str, found: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("POGO_BLESS").is_some() {
        fs::write(&file, found).unwrap();
    }
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_problem_is_written_and_read_as_it_was() {
    let problems: Vec<Problem> = ProblemKind::ALL
        .iter()
        .map(|kind| Problem::new(kind.clone(), "why"))
        .collect();
    let text: String = problems
        .iter()
        .map(|problem| format!("{}\n", serde_json::to_string(problem).unwrap()))
        .collect();
    let kept = golden("problems.jsonl", &text);
    assert_eq!(kept, text);
    let read: Vec<Problem> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, problems);
}

/// A document, the line that it is written as, and what is read from the line.
fn line<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(document: &T) -> String {
    let line = serde_json::to_string(document).unwrap();
    assert_eq!(serde_json::from_str::<T>(&line).unwrap(), *document);
    line
}

fn wrote(bytes: &[u8]) -> HostOutput {
    let about = (JobId::new(3), "web1".parse().unwrap(), AttemptId::new(17));
    HostOutput::new(about, Stream::Stderr, Timestamp::from_millis(1_764_356_400_021), bytes)
}

fn digest(fill: impl FnOnce(&mut UpdateDigest)) -> UpdateDigest {
    let mut digest = UpdateDigest::new();
    fill(&mut digest);
    digest
}

#[test]
fn every_document_is_written_and_read_as_it_was() {
    let namespaces = vec![NamespaceEntry::new("default".parse().unwrap())];
    let lines = [
        line(&About::new("pogo 0.1.0".to_owned(), 4711)),
        line(&Namespaces::new(namespaces)),
        line(&OrderAnswer::new(Answer::Job(JobId::new(3)))),
        line(&OrderAnswer::new(Answer::Unchanged)),
        line(&WaitAnswer::new(None)),
        line(&OutputPart::new(None, vec![], 0, 0, true)),
        line(&StreamEnd::new(StreamEndReason::Closing)),
        line(&StreamEnd::new(StreamEndReason::DispatcherEnded)),
        line(&wrote(b"done\n").at_offset(5)),
        line(&wrote(b"\xff")),
        line(&Question::new(
            7,
            serde_json::from_str(r#"{"passphrase":{"file":"/keys/id","attempt":1}}"#).unwrap(),
        )),
        line(&digest(|digest| {
            (digest.at, digest.records) = (Some(Timestamp::from_millis(1_764_356_400_021)), 2);
            (digest.namespace, digest.jobs) = (true, vec![JobId::new(3)]);
            digest.hosts.push("web1".parse().unwrap());
        })),
        line(&digest(|digest| digest.all = true)),
        line(&digest(|digest| digest.unready = true)),
    ];
    let text = lines.join("\n") + "\n";
    assert_eq!(golden("documents.jsonl", &text), text);
}

#[test]
fn a_document_of_a_newer_version_is_refused_with_words() {
    let error = serde_json::from_str::<OrderAnswer>(r#"{"version":2,"answer":"done"}"#).unwrap_err();
    assert!(error.to_string().contains("use the newer one"), "{error}");
    let lenient = serde_json::from_str::<OrderAnswer>(r#"{"version":1,"answer":"done","mood":"good"}"#);
    assert_eq!(lenient.unwrap(), OrderAnswer::new(Answer::Done));
    let end = serde_json::from_str::<StreamEnd>(r#"{"version":1,"reason":"eclipse"}"#).unwrap();
    assert_eq!(end.reason, StreamEndReason::Other);
}

#[test]
fn a_piece_of_output_is_text_or_base64_and_not_both() {
    let part = |piece: &str| format!(r#"{{"version":1,"pieces":[{piece}],"next":0,"length":0,"sealed":false}}"#);
    for wrong in [
        r#"{"at":0,"offset":0}"#,
        r#"{"at":0,"offset":0,"text":"a","base64":"YQ=="}"#,
        r#"{"at":0,"offset":0,"base64":"!"}"#,
    ] {
        assert!(serde_json::from_str::<OutputPart>(&part(wrong)).is_err(), "{wrong}");
    }
}
