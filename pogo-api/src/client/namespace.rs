//! The client of a namespace: what a dispatcher's handle offers, from afar.

use base64ct::{Base64, Encoding};
use pogo_core::fleet::HostName;
use pogo_core::history::{JobEvents, JobEventsQuery, JobFilter, JobPage};
use pogo_core::journal::Seq;
use pogo_core::output::{OutputBatch, OutputPage};
use pogo_core::plan::JobSpec;
use pogo_core::scheduler::{
    Answer, AttemptId, Command, HostResult, HostsQuery, JobDetails, JobEnd, JobId, JobSummary, JobsQuery, Order, Paged,
    Query, RequestId, View,
};
use pogo_core::stream::{DispatcherStatus, QueryAnswer};

use super::patience::Patience;
use super::{Client, ClientError, Condition, Revision};
use crate::wire::{
    Configuration, HistoryPage, InputPart, JobOutput, JobRecords, NamespaceName, NamespaceRecords, OrderAnswer,
    OutputPart, OutputRange, QuestionAnswer, Secrets, Session, StandbyStatus, Status, Touched, TouchedQuery, Upload,
    WaitAnswer, history_path, job_events_path, job_output_path, namespace_path, output_path, query_path, records_path,
    touched_path,
};

/// The client of a namespace. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NamespaceClient {
    client: Client,
    name: NamespaceName,
}

impl Client {
    /// The client of one namespace.
    ///
    /// # Errors
    /// The text cannot be the name of one.
    pub fn namespace(&self, name: &str) -> Result<NamespaceClient, ClientError> {
        let name: NamespaceName = name.parse()?;
        Ok(NamespaceClient::new(self.clone(), name))
    }
}

impl NamespaceClient {
    pub(super) fn new(client: Client, name: NamespaceName) -> Self {
        Self { client, name }
    }

    /// The namespace's name.
    pub fn name(&self) -> &NamespaceName {
        &self.name
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", namespace_path(&self.name))
    }

    /// Gives an order, and returns its answer once it is durable. Its actor is whoever the server knows this program
    /// as.
    ///
    /// An order without a [request id](RequestId) gets a random one, so that it is carried out once however often it
    /// has to be sent.
    ///
    /// # Errors
    /// The server's refusal, with nothing done; nobody answers; or [contact was lost](ClientError::ContactLost).
    pub async fn execute(&self, command: impl Into<Command>) -> Result<Answer, ClientError> {
        let body = self.written(command.into())?;
        let answer: OrderAnswer = self.client.post(self.path("orders"), body).await?;
        Ok(answer.answer)
    }

    /// Gives an order as [`execute`](Self::execute) does, if that is how things are.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); or [they are not](crate::wire::ProblemKind::ConfigurationChanged), or [jobs are
    /// unfinished](crate::wire::ProblemKind::JobsUnfinished).
    pub async fn execute_if(&self, condition: Condition, command: impl Into<Command>) -> Result<Answer, ClientError> {
        let body = self.written(command.into())?;
        let path = match condition.idle {
            true => self.path("orders?idle=true"),
            false => self.path("orders"),
        };
        let answer: OrderAnswer = self
            .client
            .post_if(path, body, condition.revision.map(|revision| revision.0))
            .await?;
        Ok(answer.answer)
    }

    /// A command as it is sent, with a request id.
    fn written(&self, mut command: Command) -> Result<Vec<u8>, ClientError> {
        if command.request.is_none() {
            // Set once, before the first try: every later try must carry the same id.
            command.request = Some(random_request()?);
        }
        serde_json::to_vec(&command).map_err(|error| ClientError::Unsupported {
            message: error.to_string(),
        })
    }

    /// Submits a job and returns its number.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn submit(&self, spec: JobSpec) -> Result<JobId, ClientError> {
        let answer = self.execute(Order::submit(spec)).await?;
        answer
            .job()
            .ok_or_else(|| self.unexpected("a submission is answered with a job"))
    }

    /// Gives secrets for a job, before it is submitted or after a dispatcher has forgotten them.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn give_secrets(&self, secrets: &Secrets) -> Result<(), ClientError> {
        let body = serde_json::to_vec(secrets).map_err(|_| ClientError::Unsupported {
            message: "the secrets are no text".to_owned(),
        })?;
        let _: OrderAnswer = self.client.post(self.path("secrets"), body).await?;
        Ok(())
    }

    /// Answers a query.
    ///
    /// # Errors
    /// It names a job or hosts that there are not, nobody answers, or contact was lost.
    pub async fn view(&self, query: &Query) -> Result<QueryAnswer, ClientError> {
        let unsupported = || ClientError::Unsupported {
            message: "this version of the library has no path for the query".to_owned(),
        };
        let path = query_path(&self.name, query).ok_or_else(unsupported)?;
        self.client.get(path).await
    }

    /// A page of the jobs that have not retired.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub async fn jobs(&self, query: JobsQuery) -> Result<Paged<JobSummary, JobId>, ClientError> {
        match self.view(&Query::Jobs(query)).await?.view {
            View::Jobs(page) => Ok(page),
            _ => Err(self.unexpected("jobs were asked for")),
        }
    }

    /// All of one job but its hosts.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub async fn job(&self, job: JobId) -> Result<JobDetails, ClientError> {
        match self.view(&Query::Job { job }).await?.view {
            View::Job(job) => Ok(*job),
            _ => Err(self.unexpected("a job was asked for")),
        }
    }

    /// A page of the hosts of a job.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub async fn hosts(&self, query: HostsQuery) -> Result<Paged<HostResult, HostName>, ClientError> {
        match self.view(&Query::Hosts(query)).await?.view {
            View::Hosts(page) => Ok(page),
            _ => Err(self.unexpected("hosts were asked for")),
        }
    }

    /// Some of the jobs that there are and were, newest first: those that have retired as well.
    ///
    /// # Errors
    /// No history is kept in this namespace, its store cannot read it, nobody answers, or contact was lost.
    pub async fn history(&self, filter: &JobFilter) -> Result<JobPage, ClientError> {
        let answer: HistoryPage = self.client.get(history_path(&self.name, filter)).await?;
        Ok(JobPage::new(answer.entries, answer.next))
    }

    /// Some records of a job, whether or not it has retired, in order. [`JobEvents::next`] is where to read on.
    ///
    /// # Errors
    /// As [`history`](Self::history), or there is no such job.
    pub async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, ClientError> {
        let answer: JobRecords = self.client.get(job_events_path(&self.name, query)).await?;
        let records = answer.records.into_iter().map(|record| (record.seq, record.record));
        Ok(JobEvents::new(records.collect(), answer.next))
    }

    /// Some records of everything that happened in the namespace, in order, behind this position.
    /// [`NamespaceRecords::next`] is where to read on.
    ///
    /// # Errors
    /// The server has no journal of this namespace at hand or cannot read it, nobody answers, or contact was lost.
    pub async fn records(&self, after: Option<Seq>) -> Result<NamespaceRecords, ClientError> {
        self.client.get(records_path(&self.name, after)).await
    }

    /// Sends a part of a file that a job is to read: the first one under a name, each other after those before it.
    /// [`Upload::source`] is how the job names the file.
    ///
    /// # Errors
    /// It is too large, or too many are sent; nobody answers, or contact was lost.
    pub async fn upload(
        &self,
        (id, name): (Option<String>, &str),
        offset: u64,
        bytes: &[u8],
    ) -> Result<Upload, ClientError> {
        let part = InputPart::new(id, name.to_owned(), offset, Base64::encode_string(bytes));
        let body = serde_json::to_vec(&part).map_err(|_| ClientError::Unsupported {
            message: "the part of a file is no text".to_owned(),
        })?;
        self.client.post(self.path("inputs"), body).await
    }

    /// Who asks, as the server knows them.
    ///
    /// # Errors
    /// Nobody answers, or contact was lost.
    pub async fn session(&self) -> Result<Session, ClientError> {
        self.client.get("/v1/session".to_owned()).await
    }

    /// What touched hosts in a stretch of time: jobs that ran there, and orders, in the order in which they began.
    ///
    /// # Errors
    /// As [`history`](Self::history), or more jobs than an answer takes.
    pub async fn touched(&self, query: &TouchedQuery) -> Result<Touched, ClientError> {
        self.client.get(touched_path(&self.name, query)).await
    }

    /// How the dispatcher is doing.
    ///
    /// # Errors
    /// It has stopped, nobody answers, or contact was lost.
    pub async fn status(&self) -> Result<DispatcherStatus, ClientError> {
        let answer: Status = self.client.get(self.path("status")).await?;
        Ok(answer.status)
    }

    /// What the server says of itself that answers, where it stands by and another one dispatches; `None` of the owner.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn standby(&self) -> Result<Option<StandbyStatus>, ClientError> {
        let answer: Status = self.client.get(self.path("status")).await?;
        Ok(answer.standby)
    }

    /// The fleet and the policy in force.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn configuration(&self) -> Result<Configuration, ClientError> {
        self.client.get(self.path("configuration")).await
    }

    /// The fleet and the policy in force, and their revision, for an order that is to be given only [while they
    /// are](Condition::revision).
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn configuration_revision(&self) -> Result<(Configuration, Revision), ClientError> {
        let (configuration, tag) = self.client.get_tagged(self.path("configuration")).await?;
        let tag = tag.ok_or_else(|| self.unexpected("a configuration has a revision"))?;
        Ok((configuration, Revision(tag)))
    }

    /// Waits until a job has ended or needs an order: it is finished, halted or blocked. Returns at once if that is the
    /// case already.
    ///
    /// # Errors
    /// There is no such job, nobody answers, or contact was lost.
    pub async fn wait(&self, job: JobId) -> Result<JobEnd, ClientError> {
        let path = self.path(&format!("jobs/{}/wait", job.number()));
        // For refusals: the patience for lost connections begins anew with each request, and would
        // never end this loop.
        let mut patience = Patience::new(self.client.options().reconnect);
        let mut was_there = false;
        loop {
            let answer: Result<WaitAnswer, ClientError> = match was_there {
                true => self.client.get_again(path.clone()).await,
                false => self.client.get(path.clone()).await,
            };
            was_there = true;
            match answer {
                Ok(WaitAnswer { end: Some(end), .. }) => return Ok(end),
                Ok(_) => patience.succeeded(),
                // Another dispatcher may take over, and others may stop waiting.
                Err(ClientError::Refused(problem)) if problem.kind.is_transient() => {
                    if !patience.wait().await {
                        return Err(ClientError::Refused(problem));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What is kept of a stream of an attempt within a range, at least one byte of it if there is any.
    /// [`OutputPage::next`] is where to read on.
    ///
    /// # Errors
    /// No output is kept in this namespace, its store cannot read it, nobody answers, or contact was lost.
    pub async fn output(&self, range: &OutputRange) -> Result<OutputPage, ClientError> {
        let part: OutputPart = self.client.get(output_path(&self.name, range)).await?;
        Ok(part.into_page((range.job, range.attempt), range.stream))
    }

    /// What several attempts of a job wrote, each of them whole, with one request; at most
    /// [`OUTPUT_ATTEMPTS`](crate::wire::OUTPUT_ATTEMPTS) of them. Those for which an answer has no room are
    /// [left out](OutputBatch::left_out), but for the first, unless it has more than one answer takes.
    ///
    /// # Errors
    /// As [`output`](Self::output). A server from before this request has nothing at its path.
    pub async fn job_output(&self, job: JobId, attempts: &[AttemptId]) -> Result<OutputBatch, ClientError> {
        let path = job_output_path(&self.name, job, attempts);
        let output: JobOutput = self.client.get(path).await?;
        Ok(output.into_batch(job))
    }

    /// Answers a question. The first answer of all who are asked counts.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn answer(&self, answer: &QuestionAnswer) -> Result<(), ClientError> {
        let body = serde_json::to_vec(answer).map_err(|_| ClientError::Unsupported {
            message: "the answer is no text".to_owned(),
        })?;
        let _: OrderAnswer = self.client.post(self.path("answers"), body).await?;
        Ok(())
    }

    fn unexpected(&self, message: &str) -> ClientError {
        self.client
            .protocol(format!("{message}, and it answers something else"))
    }
}

/// A request id that no other has. The same order with the same id is carried out once.
pub(crate) fn random_request() -> Result<RequestId, ClientError> {
    let unsupported = |message: String| ClientError::Unsupported { message };
    let mut bytes = [0; 16];
    // From the system, not seeded from time: two clients that start together must not share ids.
    getrandom::fill(&mut bytes).map_err(|error| unsupported(error.to_string()))?;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    RequestId::new(id).map_err(|error| unsupported(error.to_string()))
}
