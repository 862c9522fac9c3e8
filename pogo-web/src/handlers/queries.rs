//! Queries: from a path and its parameters to a question of the core's.

use pogo_core::scheduler::{AttemptsQuery, HoldsQuery, HostsQuery, JobsQuery, Query, QueryError, SlotsQuery};
use pogo_core::stream::QueryAnswer;

use super::history::RetiredJob;
use crate::ServedNamespace;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;

async fn answer(mut request: Request, query: impl FnOnce(&mut Request) -> Result<Query, Refusal>) -> Reply {
    let query = query(&mut request)?;
    let namespace = request.namespace()?.clone();
    request.parameters.finish()?;
    document(&view(&namespace, query).await?)
}

/// What a dispatcher answers, and of a job that has left it what its records say.
async fn view(namespace: &ServedNamespace, query: Query) -> Result<QueryAnswer, Refusal> {
    // The dispatcher first: whether a job has retired only it knows, and most have not.
    match (namespace.handle.view(query.clone()).await, query) {
        (Err(QueryError::RetiredJob { .. }), Query::Job { job }) => {
            RetiredJob::find(namespace, job).await?.details().await
        }
        (Err(QueryError::RetiredJob { .. }), Query::Hosts(query)) => {
            RetiredJob::find(namespace, query.job).await?.hosts(&query).await
        }
        (answer, _) => Ok(answer?),
    }
}

pub(crate) async fn namespace(request: Request) -> Reply {
    answer(request, |_| Ok(Query::Namespace)).await
}

pub(crate) async fn jobs(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let parameters = &mut request.parameters;
        let mut query = JobsQuery::new().statuses(parameters.words("status")?);
        query.user = parameters.optional("user")?;
        query.after = parameters.optional("after")?;
        Ok(Query::Jobs(query.limit(parameters.limit()?)))
    };
    answer(request, query).await
}

pub(crate) async fn job(request: Request) -> Reply {
    let query = |request: &mut Request| {
        Ok(Query::Job {
            job: request.segment("job")?,
        })
    };
    answer(request, query).await
}

pub(crate) async fn hosts(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let mut query = HostsQuery::of(request.segment("job")?);
        let parameters = &mut request.parameters;
        query.hosts = parameters.selector("hosts")?;
        query.after = parameters.optional("after")?;
        let query = query.states(parameters.words("state")?);
        Ok(Query::Hosts(query.limit(parameters.limit()?)))
    };
    answer(request, query).await
}

pub(crate) async fn host(request: Request) -> Reply {
    let query = |request: &mut Request| {
        Ok(Query::Host {
            host: request.segment("host")?,
        })
    };
    answer(request, query).await
}

pub(crate) async fn attempts(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let parameters = &mut request.parameters;
        let mut query = AttemptsQuery::new();
        query.job = parameters.optional("job")?;
        query.after = parameters.optional("after")?;
        Ok(Query::Attempts(query.limit(parameters.limit()?)))
    };
    answer(request, query).await
}

pub(crate) async fn slots(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let parameters = &mut request.parameters;
        let mut query = SlotsQuery::new();
        query.hosts = parameters.selector("hosts")?;
        query.after = parameters.optional("after")?;
        Ok(Query::Slots(query.limit(parameters.limit()?)))
    };
    answer(request, query).await
}

pub(crate) async fn holds(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let parameters = &mut request.parameters;
        let mut query = HoldsQuery::new();
        query.owner = parameters.optional("owner")?;
        query.after = parameters.optional("after")?;
        Ok(Query::Holds(query.limit(parameters.limit()?)))
    };
    answer(request, query).await
}

pub(crate) async fn explain(request: Request) -> Reply {
    let query = |request: &mut Request| {
        let (job, host) = (request.segment("job")?, request.segment("host")?);
        Ok(Query::Explain { job, host })
    };
    answer(request, query).await
}
