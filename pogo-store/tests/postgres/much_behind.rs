//! What it costs that there are years of records: `POGO_RECORDS=10000000` measures ten million.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::join;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::history::{JobFilter, JobHistory};
use pogo_core::journal::Acquire;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::Outcome;
use pogo_store::postgres::{PostgresNamespace, PostgresStore};

use crate::conformance::schema;
use crate::server::Postgres;

/// Records of a commit, and of a job.
const COMMIT: u64 = 50;
const JOB: u64 = 1_000;
const ROUNDS: usize = 9;

/// How long something takes of a store.
type Measure = fn(&Filled) -> Duration;

struct Succeeds;

#[async_trait]
impl Transport for Succeeds {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _: Attempt, _: Reporter) -> Outcome {
        Outcome::Succeeded
    }
}

/// A namespace with so many records behind its journal, which has a job that has retired.
struct Filled {
    schema: String,
    namespace: PostgresNamespace,
}

impl Filled {
    fn new(server: &Postgres, records: u64) -> Self {
        let schema = schema();
        let address = server.address(&schema);
        block_on(PostgresStore::migrate(&address)).unwrap();
        let namespace = || {
            block_on(PostgresStore::open(&address))
                .unwrap()
                .namespace("default")
                .unwrap()
        };
        let listed = || {
            server
                .run(&format!("SELECT count(*) FROM {schema}.jobs WHERE retired"))
                .trim()
                == "1"
        };
        run_a_job(&namespace(), &listed);
        let shift = records / COMMIT * COMMIT;
        let filled = Self {
            namespace: namespace(),
            schema,
        };
        filled.shift(server, shift);
        filled.fill(server, shift);
        filled
    }

    /// Puts the records that there are behind so many.
    fn shift(&self, server: &Postgres, by: u64) {
        let schema = &self.schema;
        let commits = format!("SELECT at, until, epoch, encode(records, 'hex') FROM {schema}.commits ORDER BY at DESC");
        let mut script = String::new();
        for row in server.run(&commits).lines() {
            let [at, until, epoch, hex] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
            let number = |text: &str| text.parse::<u64>().unwrap();
            let (begin, end) = (number(at) + by, number(until) + by);
            let mut crc = crc32fast::Hasher::new();
            for number in [begin, end, number(epoch)] {
                crc.update(&number.to_le_bytes());
            }
            let bytes = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            crc.update(
                &bytes
                    .map(|pair| u8::from_str_radix(pair, 16).unwrap())
                    .collect::<Vec<_>>(),
            );
            script += &format!(
                "UPDATE {schema}.commits SET at = {begin}, until = {end}, crc = {} WHERE at = {at};",
                crc.finalize()
            );
        }
        script += &format!(
            "UPDATE {schema}.snapshots SET upto = upto + {by}; UPDATE {schema}.jobs_upto SET upto = upto + {by};
             UPDATE {schema}.jobs SET first = first + {by}, until = until + {by}"
        );
        server.run(&script);
    }

    /// Commits and jobs of years, as those that there are.
    fn fill(&self, server: &Postgres, records: u64) {
        let schema = &self.schema;
        let jobs = (records / JOB).max(100);
        let of_namespace = server.run(&format!("SELECT id FROM {schema}.namespaces"));
        let id = of_namespace.trim();
        let month = server.run("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')");
        let month = month.trim();
        server.run(&format!(
            "CREATE TABLE IF NOT EXISTS {schema}.history_{id} PARTITION OF {schema}.history FOR VALUES IN ({id})
                PARTITION BY RANGE (stored);
             CREATE TABLE IF NOT EXISTS {schema}.history_{id}_{month} PARTITION OF {schema}.history_{id}
                FOR VALUES FROM (date_trunc('month', now(), 'UTC'))
                             TO (date_trunc('month', now(), 'UTC') + interval '1 month');
             INSERT INTO {schema}.jobs
             SELECT j.namespace, n, (n - 2) * {JOB}, (n - 1) * {JOB}, true,
                    (j.entry::jsonb || jsonb_build_object('job', n, 'retired', true))::text
               FROM {schema}.jobs j, generate_series(2, {jobs} + 1) AS n"
        ));
        // As long as records are, and as hard to compress.
        server.run(&format!(
            "INSERT INTO {schema}.history
             SELECT {id}, n * {COMMIT}, (n + 1) * {COMMIT}, 0, 1, ARRAY[n * {COMMIT} / {JOB} + 2], now(),
                    (SELECT string_agg('{{\"at\":' || 946684800000 + n * 1000 + r || ',\"event\":\"task_succeeded\",\"job\":' ||
                            n * {COMMIT} / {JOB} + 2 || ',\"host\":\"web' || n * {COMMIT} + r || '\",\"attempt\":' || n * {COMMIT} + r ||
                            ',\"output\":{{\"length\":' || r * 1731 % 4099 || ',\"digest\":\"' || md5((n * {COMMIT} + r)::text) ||
                            '\"}}}}', E'\\n') FROM generate_series(1, {COMMIT}) AS r)::bytea
               FROM generate_series(0, {records}::bigint / {COMMIT} - 1) AS n"
        ));
        server.run(&format!(
            "ANALYZE {schema}.history; ANALYZE {schema}.jobs; ANALYZE {schema}.commits"
        ));
    }

    /// How long somebody takes who becomes the owner so, and replays the journal.
    fn begin(&self, how: Acquire) -> Duration {
        let began = Instant::now();
        let builder = Dispatcher::builder(Arc::new(Succeeds)).journal(self.namespace.journal());
        let built = block_on(builder.acquire(how).output(self.namespace.output()).build()).unwrap();
        let took = began.elapsed();
        drop(built);
        took
    }

    fn take_over(&self) -> Duration {
        let builder = Dispatcher::builder(Arc::new(Succeeds)).journal(self.namespace.journal());
        let before = block_on(builder.build()).unwrap();
        let took = self.begin(Acquire::Force);
        drop(before);
        took
    }

    fn list(&self) -> Duration {
        let began = Instant::now();
        let page = block_on(self.namespace.jobs(&JobFilter::new())).unwrap();
        assert_eq!(page.entries.len(), 100);
        began.elapsed()
    }

    fn info(&self) -> Duration {
        let began = Instant::now();
        block_on(self.namespace.info()).unwrap();
        began.elapsed()
    }
}

fn run_a_job(namespace: &PostgresNamespace, is_listed: &dyn Fn() -> bool) {
    block_on(async {
        let builder = Dispatcher::builder(Arc::new(Succeeds)).journal(namespace.journal());
        let (dispatcher, handle) = builder.output(namespace.output()).build().await.unwrap();
        let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-200]").build().unwrap());
        let steer = async move {
            handle.configure(fleet, Arc::new(Policy::default())).await.unwrap();
            let job = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
            let job = handle.submit(job).await.unwrap();
            handle.wait(job).await.unwrap();
            // The list is written beside the journal.
            while !is_listed() {}
            handle.shutdown(Duration::from_secs(60)).await.unwrap();
        };
        let (ended, ()) = join(dispatcher.run(), steer).await;
        ended.unwrap();
    });
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

#[test]
#[ignore = "it measures, and says what it has measured"]
fn a_store_with_much_behind_it_is_as_quick_as_an_empty_one() {
    let Some(server) = Postgres::start() else { return };
    let records = std::env::var("POGO_RECORDS").map_or(100_000, |records| records.parse().unwrap());
    let (empty, full) = (Filled::new(&server, 0), Filled::new(&server, records));
    let measured: [(&str, Measure); 4] = [
        ("start", |store| store.begin(Acquire::IfFree)),
        ("takeover", Filled::take_over),
        ("list of 100 jobs", Filled::list),
        ("info", Filled::info),
    ];
    for (what, measure) in measured {
        let (mut times, mut of_empty) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            of_empty.push(measure(&empty));
            times.push(measure(&full));
        }
        let (with, without) = (median(&mut times), median(&mut of_empty));
        println!(
            "{what}: {with:.1} ms with {records} records behind, {without:.1} ms with none: {:.2}",
            with / without
        );
    }
}
