//! Whatever is asked from afar is answered as the dispatcher answers.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{
    AttemptsQuery, HoldsQuery, HostsQuery, JobId, JobStatus, JobsQuery, PageLimit, Query, SlotsQuery, TaskState,
};

use crate::scenario::scenario;
use crate::served::{Setup, private_directory};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_query_with_each_filter_is_answered_as_by_the_dispatcher() {
    let directory = private_directory();
    let served = scenario(Setup::default(), &directory.path().join("pogo.sock")).await;
    let host = |name: &str| name.parse::<HostName>().unwrap();
    let (job, two) = (JobId::new(2), PageLimit::new(2));
    let hosts = HostsQuery::of(job).states([TaskState::Waiting, TaskState::Running]);
    let queries = [
        Query::Namespace,
        Query::Jobs(JobsQuery::new()),
        Query::Jobs(
            JobsQuery::new()
                .statuses([JobStatus::Running, JobStatus::Waiting])
                .user("alice")
                .after(JobId::new(1))
                .limit(two),
        ),
        Query::Jobs(JobsQuery::new().user("a&b=c d%/ü")),
        Query::Job { job },
        Query::Hosts(hosts.clone()),
        Query::Hosts(
            hosts
                .among("$web & !web3".parse().unwrap())
                .after(host("web3"))
                .limit(two),
        ),
        Query::Host { host: host("web2") },
        Query::Attempts(AttemptsQuery::new()),
        Query::Attempts(
            AttemptsQuery::new()
                .of(job)
                .after(pogo_core::scheduler::AttemptId::new(1))
                .limit(two),
        ),
        Query::Slots(SlotsQuery::new()),
        Query::Slots(SlotsQuery::new().of("web[1-2]".parse().unwrap()).after(0).limit(two)),
        Query::Holds(HoldsQuery::new()),
        Query::Holds(
            HoldsQuery::new()
                .of("bob".parse().unwrap())
                .after(host("web1"))
                .limit(two),
        ),
        Query::Explain {
            job,
            host: host("web4"),
        },
    ];
    for query in queries {
        let here = served.handle.view(query.clone()).await.unwrap();
        let afar = served.namespace().view(&query).await.unwrap();
        assert_eq!(afar, here, "{query:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_to_its_end_by_its_cursor() {
    let served = crate::served::Served::new().await;
    served
        .namespace()
        .execute(crate::served::configuration(25))
        .await
        .unwrap();
    let spec = pogo_core::plan::JobSpec::new("*".parse().unwrap(), pogo_core::plan::RemoteCommand::shell("uptime"));
    let job = served.namespace().submit(spec).await.unwrap();
    let mut query = HostsQuery::of(job).limit(PageLimit::new(10));
    let mut names = vec![];
    loop {
        let page = served.namespace().hosts(query.clone()).await.unwrap();
        names.extend(page.entries.into_iter().map(|row| row.host.to_string()));
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    let expected: Vec<String> = (1..=25).map(|number| format!("web{number}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_is_what_was_applied() {
    let served = crate::served::Served::new().await;
    assert_eq!(served.namespace().configuration().await.unwrap().fleet, None);
    served.configure().await;
    let configuration = served.namespace().configuration().await.unwrap();
    let pogo_core::scheduler::Order::Configure { fleet, policy } = crate::served::configuration(4) else {
        panic!()
    };
    assert_eq!((configuration.fleet, configuration.policy), (Some(fleet), policy));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_known_who_answers_and_how_its_dispatcher_is_doing() {
    let served = crate::served::Served::new().await;
    let about = served.client.about().await.unwrap();
    assert_eq!(
        (about.server.as_str(), about.process),
        ("pogo 0.0.0", std::process::id())
    );
    let names = served.client.namespaces().await.unwrap();
    assert_eq!(
        names.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(),
        ["default"]
    );
    assert_eq!(
        served.namespace().status().await.unwrap(),
        served.handle.status().await.unwrap()
    );
}
