//! What hosts ask during a login: second factors, in any number of rounds.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Agent, HostKeyPolicy, NoAnswer, Prompter, Question, SshTransport, SshTransportBuilder};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, Handler, Msg, Response, Session, run_stream};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh};

/// A round of questions, and the answers that are right.
type Round = (
    &'static str,
    &'static str,
    &'static [(&'static str, bool)],
    &'static [&'static str],
);

/// A host that asks in rounds; each try begins with the first.
#[derive(Clone)]
struct Asking {
    rounds: &'static [Round],
    next: usize,
}

impl Asking {
    fn ask(&self) -> Auth {
        let (name, instructions, prompts, _) = self.rounds[self.next];
        Auth::Partial {
            name: name.into(),
            instructions: instructions.into(),
            prompts: prompts
                .iter()
                .map(|&(text, echo)| (text.into(), echo))
                .collect::<Vec<_>>()
                .into(),
        }
    }
}

impl Handler for Asking {
    type Error = russh::Error;

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        answers: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(answers) = answers else {
            self.next = 0;
            return Ok(self.ask());
        };
        let answers: Vec<String> = answers
            .map(|answer| String::from_utf8_lossy(&answer).into_owned())
            .collect();
        if answers != self.rounds[self.next].3 {
            return Ok(Auth::Reject {
                proceed_with_methods: Some(MethodSet::from(&[MethodKind::KeyboardInteractive][..])),
                partial_success: false,
            });
        }
        self.next += 1;
        Ok(match self.next == self.rounds.len() {
            true => Auth::Accept,
            false => self.ask(),
        })
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: russh::server::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), russh::Error> {
        // Nothing is ever run: to have been let in is enough.
        session.channel_failure(id)
    }
}

async fn serve(rounds: &'static [Round]) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seed = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let key = PrivateKey::from(seed);
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    let settings = Arc::new(russh::server::Config {
        keys: vec![key],
        methods: MethodSet::from(&[MethodKind::KeyboardInteractive][..]),
        auth_rejection_time: std::time::Duration::ZERO,
        ..russh::server::Config::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let session = run_stream(Arc::clone(&settings), stream, Asking { rounds, next: 0 });
            tokio::spawn(async move { session.await.unwrap().await });
        }
    });
    Connection::new().address("127.0.0.1").port(port)
}

/// Gives its answers in order, and keeps what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn of(answers: &[&'static str]) -> Self {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        script
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Prompter for Script {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        let Question::Prompt {
            host,
            user,
            instructions,
            text,
            echo,
        } = question
        else {
            return Err(NoAnswer::Declined);
        };
        self.asked
            .lock()
            .unwrap()
            .push(format!("{user}@{host}|{instructions}|{text}|{echo}"));
        let answer = self.answers.lock().unwrap().pop_front();
        answer.map(SecretString::from).ok_or(NoAnswer::Declined)
    }
}

fn settings() -> SshTransportBuilder {
    let settings = SshTransport::builder().user("joe").agent(Agent::Off).no_identities();
    settings.host_keys(HostKeyPolicy::Insecure)
}

async fn log_in(connection: &Connection, settings: SshTransportBuilder) -> Report {
    let attempt = TestAttempt::to("web1", connection.clone(), RemoteCommand::shell("true"));
    attempt.run(&settings.build().unwrap()).await
}

/// It was let in: what comes then is another matter.
fn assert_let_in(report: &Report) {
    let text = format!("{report:?}");
    assert!(!text.contains("cannot log in"), "{text}");
}

const ROUNDS: &[Round] = &[
    (
        "Second factor",
        "Use your token.",
        &[("Verification code: ", true), ("PIN: ", false)],
        &["123", "code-456"],
    ),
    // As PAM does at the end, to show a message.
    ("", "Welcome.", &[], &[]),
    ("", "", &[("Password: ", false)], &["secret word"]),
];

#[tokio::test]
async fn every_round_of_questions_is_answered_with_the_host_s_words() {
    let host = serve(ROUNDS).await;
    let script = Script::of(&["123", "code-456", "secret word"]);
    assert_let_in(&log_in(&host, settings().prompter(script.clone())).await);
    assert_eq!(
        script.asked(),
        [
            "joe@web1|Second factor\nUse your token.|Verification code: |true",
            "joe@web1||PIN: |false",
            "joe@web1||Password: |false",
        ]
    );
}

#[tokio::test]
async fn the_password_answers_what_asks_for_it_and_nothing_else() {
    let host = serve(ROUNDS).await;
    let script = Script::of(&["123", "code-456"]);
    let settings = settings().password("secret word".into()).prompter(script.clone());
    assert_let_in(&log_in(&host, settings).await);
    assert_eq!(script.asked().len(), 2, "{:?}", script.asked());
}

#[tokio::test]
async fn a_mistyped_answer_may_be_given_again_three_times_in_all() {
    let host = serve(ROUNDS).await;
    let script = Script::of(&["1", "2", "123", "code-456", "secret word"]);
    assert_let_in(&log_in(&host, settings().prompter(script.clone())).await);
    assert_eq!(script.asked().len(), 5);
    let script = Script::of(&["1", "2", "3", "4", "5", "6", "7", "8"]);
    let report = log_in(&host, settings().prompter(script.clone())).await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert_eq!(
        message.matches("answers to its questions (refused)").count(),
        3,
        "{message}"
    );
    assert_eq!(script.asked().len(), 6);
}

#[tokio::test]
async fn an_answer_that_nobody_gives_fails_the_login_and_no_secret_is_shown() {
    let host = serve(ROUNDS).await;
    let script = Script::of(&["123"]);
    let report = log_in(&host, settings().prompter(script)).await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert!(message.contains("its questions (nobody answered)"), "{message}");
    let script = Script::of(&["123", "code-456", "wrong-word"]);
    let settings = settings().prompter(script);
    let shown = format!("{settings:?}");
    let report = log_in(&host, settings).await;
    for text in [shown, format!("{report:?}")] {
        assert!(!text.contains("wrong-word") && !text.contains("code-456"), "{text}");
    }
}

#[tokio::test]
async fn a_key_and_then_a_question_let_in_where_a_host_asks_for_both() {
    let test = "a_key_and_then_a_question_let_in_where_a_host_asks_for_both";
    let lines = "UsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive";
    let Some(account) = crate::account::Account::open(test, lines) else {
        return;
    };
    let script = Script::of(&["wrong", crate::account::PASSWORD]);
    let settings = account.transport().prompter(script.clone());
    let report = account.run(settings, Default::default(), "id -un").await;
    report.assert_succeeded();
    let asked = script.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].ends_with("@web1||Password: |false"), "{asked:?}");
    // Nobody to ask: the error says which of both is missing.
    let report = account.run(account.transport(), Default::default(), "id -un").await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("(accepted, but more is asked for); the host takes keyboard-interactive"),
        "{message}"
    );
}

#[tokio::test]
async fn a_question_before_a_key_is_answered_too() {
    let test = "a_question_before_a_key_is_answered_too";
    let lines = "UsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods keyboard-interactive,publickey";
    let Some(account) = crate::account::Account::open(test, lines) else {
        return;
    };
    let script = Script::of(&[crate::account::PASSWORD]);
    let report = account
        .run(account.transport().prompter(script), Default::default(), "id -un")
        .await;
    report.assert_succeeded();
}

#[tokio::test]
async fn a_person_may_take_longer_than_a_connection() {
    if !openssh::is_there("a_person_may_take_longer_than_a_connection") {
        return;
    }
    struct Slow(Arc<Mutex<u32>>);
    impl Prompter for Slow {
        fn prompt(&self, _: Question<'_>) -> Result<SecretString, NoAnswer> {
            *self.0.lock().unwrap() += 1;
            // Longer than the host waits for a login, and than is called waiting here.
            std::thread::sleep(std::time::Duration::from_secs(22));
            Ok("open sesame".into())
        }
    }
    let server = OpenSsh::start_with("LoginGraceTime 20");
    let key = server.path("client_ed25519");
    let changed = std::process::Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", "open sesame", "-f"])
        .arg(&key)
        .output();
    assert!(changed.unwrap().status.success());
    assert!(fs::metadata(&key).is_ok());
    let count = Arc::new(Mutex::new(0));
    let settings = server.transport().connect_timeout(std::time::Duration::from_secs(20));
    let transport = settings.prompter(Slow(Arc::clone(&count))).build().unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
    assert_eq!(*count.lock().unwrap(), 1);
}
