//! What a database and a network do to an owner.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::FutureExt;
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use pogo_core::scheduler::{Incarnation, Record, RestoreCause};
use pogo_store::postgres::{Heartbeat, PostgresAddress, PostgresStore};

use crate::conformance::schema;
use crate::proxy::Proxy;
use crate::server::{PASSWORD, Postgres};

/// Too long for any of these tests: nobody is found dead by mistake.
fn patient() -> Heartbeat {
    Heartbeat::new(Duration::from_secs(120))
}

fn records() -> Vec<Record> {
    let record = |at| {
        let text = format!(r#"{{"at":{at},"event":"job_paused","job":1}}"#);
        serde_json::from_str(&text).unwrap()
    };
    (1..=6).map(record).collect()
}

fn commit(range: std::ops::Range<usize>) -> Commit {
    Commit::new(Seq(range.start as u64), records()[range].to_vec())
}

pub(crate) fn owner(nonce: u64) -> Owner {
    Owner::new(
        OwnerId(format!("owner {nonce}").into()),
        Nonce(nonce),
        Timestamp::from_millis(17),
    )
}

fn journal(address: &PostgresAddress, heartbeat: Heartbeat) -> Arc<dyn Journal> {
    let store = block_on(PostgresStore::open_with(address, heartbeat)).unwrap();
    store.namespace("default").unwrap().journal()
}

fn acquire(journal: &Arc<dyn Journal>, nonce: u64, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
    block_on(journal.acquire(owner(nonce), how))
}

fn read(journal: &Arc<dyn Journal>) -> Vec<Record> {
    block_on(journal.read(Seq(0))).unwrap().records
}

/// A new store, and its address.
fn new_store(server: &Postgres) -> (String, PostgresAddress) {
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    (schema, address)
}

/// Asks until the database says so.
fn wait_until(server: &Postgres, question: &str) {
    while server.run(question).trim() != "t" {
        thread::yield_now();
    }
}

#[test]
fn an_answer_that_was_lost_is_no_question() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, address) = new_store(server);
    let proxy = Proxy::start(server.port());
    let journal = journal(&proxy.address(&schema), patient());
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    proxy.lose_next_answer();
    assert_eq!(block_on(owned.append(&commit(2..4))), Ok(Seq(4)));
    assert!(!proxy.is_armed(), "the answer was not lost");
    assert_eq!(block_on(owned.append(&commit(4..6))), Ok(Seq(6)));
    assert_eq!(read(&self::journal(&address, patient())), records());
}

#[test]
fn an_owner_whose_sessions_are_ended_goes_on() {
    let Some(server) = Postgres::shared() else { return };
    let (_, address) = new_store(server);
    let journal = journal(&address, patient());
    let mut owned = acquire(&journal, 77_001, Acquire::IfFree).unwrap();
    for (from, to) in [(0, 2), (2, 4), (4, 6)] {
        assert_eq!(block_on(owned.append(&commit(from..to))), Ok(Seq(to as u64)));
        let ended = format!(
            "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE application_name = 'pogo owner \
             {:016x}'",
            77_001
        );
        assert_eq!(server.run(&ended).trim(), "t");
    }
    assert_eq!(read(&journal), records());
}

#[test]
fn a_server_that_was_killed_costs_no_owner_its_journal() {
    let Some(mut server) = Postgres::start() else { return };
    let (schema, address) = new_store(&server);
    let journal = journal(&address, Heartbeat::new(Duration::from_secs(1)));
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    let waiting = {
        let journal = Arc::clone(&journal);
        thread::spawn(move || acquire(&journal, 2, Acquire::Wait).map(drop))
    };
    wait_until(&server, &format!("SELECT count(*) > 0 FROM {schema}.standbys"));
    server.kill();
    // Who waits hears that the store is away, and nothing of the owner.
    assert!(matches!(waiting.join().unwrap(), Err(JournalError::Unavailable { .. })));
    let away = block_on(owned.append(&commit(2..4)));
    assert!(
        matches!(
            away,
            Err(JournalError::Unknown { .. } | JournalError::Unavailable { .. })
        ),
        "{away:?}"
    );
    let epoch = owned.epoch();
    server.start_again();
    assert_eq!(block_on(owned.append(&commit(2..4))), Ok(Seq(4)));
    assert_eq!(owned.epoch(), epoch);
    assert_eq!(read(&journal), records()[..4]);
    drop(owned);
    assert_eq!(acquire(&journal, 3, Acquire::IfFree).unwrap().restored(), None);
}

/// A session of somebody else's, in the middle of a transaction.
struct Session {
    psql: Child,
    input: ChildStdin,
}

impl Session {
    /// A session of this name, which has carried out the script.
    fn begin(server: &Postgres, name: &str, script: &str) -> Self {
        let mut psql = server.session();
        psql.env("PGAPPNAME", name).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut psql = psql.spawn().unwrap();
        let mut input = psql.stdin.take().unwrap();
        writeln!(input, "BEGIN;\n{script}\nSELECT 'it is done';").unwrap();
        let done = "state = 'idle in transaction' AND query LIKE '%it is done%'";
        wait_until(
            server,
            &format!("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = '{name}' AND {done}"),
        );
        Self { psql, input }
    }

    fn roll_back(mut self) {
        writeln!(self.input, "ROLLBACK;").unwrap();
        drop(self.input);
        self.psql.wait().unwrap();
    }
}

/// An append that is evaluated, and waits for somebody else's row of the same key.
fn with_append_in_the_middle(test: impl FnOnce(&Postgres, &str, &Arc<dyn Journal>)) -> Result<Seq, JournalError> {
    let server = Postgres::shared().unwrap();
    let (schema, address) = new_store(server);
    let journal = journal(&address, patient());
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    let held = Session::begin(
        server,
        &format!("test {schema}"),
        &format!(
            "INSERT INTO {schema}.commits SELECT namespace, 2, 4, epoch, crc, digest, jobs, content, stored, records \
             FROM {schema}.commits;"
        ),
    );
    let appending = thread::spawn(move || {
        // As a dispatcher does where the answer is lost: the commit is stored once.
        let answer = loop {
            match block_on(owned.append(&commit(2..4))) {
                Err(JournalError::Unknown { .. }) => {}
                answer => break answer,
            }
        };
        (owned, answer)
    });
    wait_until(
        server,
        &format!(
            "SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE NOT granted AND query LIKE \
             '%INSERT INTO commits%' AND EXISTS (SELECT FROM pg_locks r WHERE r.pid = l.pid AND r.relation = \
             '{schema}.commits'::regclass)"
        ),
    );
    test(server, &schema, &journal);
    held.roll_back();
    appending.join().unwrap().1
}

#[test]
fn nobody_raises_the_epoch_between_the_evaluation_of_an_append_and_its_commit() {
    if Postgres::shared().is_none() {
        return;
    }
    // An append gives up a lock that it waits for too long, and is tried again: between the two the epoch is free, and
    // then the append is refused. On a loaded machine that may happen first.
    for _ in 0..20 {
        let mut waited = false;
        let answer = with_append_in_the_middle(|server, schema, _| {
            let raised =
                format!("SET lock_timeout = '200ms'; UPDATE {schema}.namespaces SET epoch = epoch + 1, nonce = 2");
            waited = server.tries(&raised).is_err_and(|error| error.contains("lock timeout"));
        });
        if waited {
            assert_eq!(answer, Ok(Seq(4)));
            return;
        }
        assert_eq!(answer, Err(JournalError::Fenced));
    }
    panic!("the epoch was raised whenever an append was evaluated and not committed");
}

#[test]
fn whoever_takes_over_ends_the_append_that_is_under_way() {
    if Postgres::shared().is_none() {
        return;
    }
    let answer = with_append_in_the_middle(|_, _, journal| {
        let mut next = acquire(journal, 2, Acquire::Force).unwrap();
        assert_eq!((next.end(), next.epoch().0), (Seq(2), 2));
        // The row of the test is in the way of this one too.
        drop(next.append(&commit(2..3)).now_or_never());
    });
    assert_eq!(answer, Err(JournalError::Fenced));
}

#[test]
fn an_owner_that_is_cut_off_is_taken_over_from_and_hears_of_it() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, address) = new_store(server);
    let proxy = Proxy::start(server.port());
    let heartbeat = Heartbeat::new(Duration::from_secs(1));
    let cut_off = journal(&proxy.address(&schema), heartbeat);
    let mut former = acquire(&cut_off, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(former.append(&commit(0..2))), Ok(Seq(2)));
    proxy.cut();
    let away = block_on(former.append(&commit(2..4)));
    assert!(
        matches!(
            away,
            Err(JournalError::Unknown { .. } | JournalError::Unavailable { .. })
        ),
        "{away:?}"
    );
    let journal = journal(&address, heartbeat);
    let mut next = acquire(&journal, 2, Acquire::Wait).unwrap();
    assert_eq!((next.end(), next.previous_owner()), (Seq(2), Some(owner(1).id)));
    assert_eq!(block_on(next.append(&commit(2..3))), Ok(Seq(3)));
    let lost = former.lost();
    proxy.mend();
    block_on(lost);
    assert_eq!(block_on(former.append(&commit(2..4))), Err(JournalError::Fenced));
    assert_eq!(read(&journal), records()[..3]);
}

#[test]
fn an_append_that_nobody_awaits_is_carried_out_or_not_as_a_whole() {
    let Some(server) = Postgres::shared() else { return };
    let (_, address) = new_store(server);
    let journal = journal(&address, patient());
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert!(owned.append(&commit(0..2)).now_or_never().is_none());
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    assert_eq!(block_on(owned.append(&commit(2..6))), Ok(Seq(6)));
    assert_eq!(read(&journal), records());
    // Nor does somebody who asks no more keep a journal.
    drop(owned);
    let asked = journal.acquire(owner(2), Acquire::IfFree);
    drop(asked.now_or_never());
    assert!(acquire(&journal, 3, Acquire::Wait).is_ok());
}

#[test]
fn a_standby_takes_no_owner_and_once_promoted_may_lack_the_end() {
    let Some(mut server) = Postgres::start() else { return };
    let (_, address) = new_store(&server);
    let journal = journal(&address, patient());
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    server.restart_as_standby();
    let refused = acquire(&journal, 2, Acquire::IfFree).map(drop).unwrap_err();
    assert!(refused.to_string().contains("recovery is in progress"), "{refused}");
    assert_eq!(read(&journal), records()[..2], "anybody reads from a standby");
    server.as_superuser("SELECT pg_promote()");
    // What it lacks is not known, so the owner of the former primary goes on no more.
    assert_eq!(block_on(owned.append(&commit(2..4))), Err(JournalError::Fenced));
    drop(owned);
    for _ in 0..2 {
        let mut owned = acquire(&journal, 3, Acquire::Force).unwrap();
        assert_eq!(
            owned.restored().map(|restored| restored.cause),
            Some(RestoreCause::LostTail)
        );
        if owned.epoch().0 > 2 {
            block_on(owned.confirm_restored(Incarnation(1))).unwrap();
        }
    }
    assert_eq!(acquire(&journal, 4, Acquire::IfFree).unwrap().restored(), None);
}

#[test]
fn no_password_is_shown() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address: PostgresAddress = format!(
        "postgres://pogo:{PASSWORD}@127.0.0.1:{}/pogo?schema={schema}",
        server.port()
    )
    .parse()
    .unwrap();
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let journal = store.namespace("default").unwrap().journal();
    block_on(journal.read(Seq(0))).unwrap();
    let wrong: PostgresAddress = format!(
        "postgres://pogo:not-{PASSWORD}@127.0.0.1:{}/pogo?schema={schema}",
        server.port()
    )
    .parse()
    .unwrap();
    let refused = block_on(PostgresStore::open(&wrong)).unwrap_err();
    assert!(refused.to_string().contains("password"), "{refused}");
    for shown in [
        format!("{store:?} {journal:?} {address:?} {address}"),
        format!("{refused} {refused:?}"),
    ] {
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{PASSWORD}\n")).unwrap();
    let by_file = format!(
        "postgres://pogo@127.0.0.1:{}/pogo?schema={schema}&password_file={}",
        server.port(),
        file.path().display()
    );
    block_on(PostgresStore::open(&by_file.parse().unwrap())).unwrap();
}
