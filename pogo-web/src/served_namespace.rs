//! A namespace that is served.

use std::fmt;
use std::sync::Arc;

use pogo_api::wire::Secrets;
use pogo_core::dispatcher::Handle;
use pogo_core::history::JobHistory;
use pogo_core::journal::Journal;
use pogo_core::output::OutputStore;

use crate::history::History;
use crate::live::EncodedUpdates;
use crate::revision::Revisions;
use crate::secret_owners::SecretOwners;
use crate::timeline::Timelines;
use crate::{OutputFeed, QuestionBoard, Uploads};

/// A namespace that is served: its dispatcher's handle, and the stores of its output, its history and its journal.
#[derive(Clone)]
pub struct ServedNamespace {
    pub(crate) handle: Handle,
    pub(crate) output: Option<Arc<dyn OutputStore>>,
    pub(crate) output_feed: Option<OutputFeed>,
    pub(crate) timelines: Timelines,
    pub(crate) history: Option<Arc<History>>,
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) secrets: Option<Arc<dyn SecretsKeeper>>,
    pub(crate) secret_owners: Arc<SecretOwners>,
    pub(crate) uploads: Option<Uploads>,
    pub(crate) revisions: Arc<Revisions>,
    pub(crate) questions: Option<QuestionBoard>,
    pub(crate) encoded: Arc<EncodedUpdates>,
}

/// Keeps the secrets of jobs, in memory alone.
pub trait SecretsKeeper: Send + Sync {
    /// Takes these, in place of those with the same id.
    fn keep(&self, secrets: Secrets);
}

impl ServedNamespace {
    /// The namespace of this dispatcher.
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            output: None,
            output_feed: None,
            timelines: Timelines::default(),
            history: None,
            journal: None,
            secrets: None,
            secret_owners: Arc::default(),
            uploads: None,
            revisions: Arc::default(),
            questions: None,
            encoded: Arc::default(),
        }
    }

    /// Gives the store that the dispatcher writes output to, so that it can be read.
    #[must_use]
    pub fn output(mut self, output: Arc<dyn OutputStore>) -> Self {
        self.output = Some(output);
        self
    }

    /// Gives who keeps the secrets of jobs. By default none are taken.
    #[must_use]
    pub fn secrets(mut self, keeper: Arc<dyn SecretsKeeper>) -> Self {
        self.secrets = Some(keeper);
        self
    }

    /// Gives where files are kept that people send for their jobs. By default none are taken.
    #[must_use]
    pub fn uploads(mut self, uploads: Uploads) -> Self {
        self.uploads = Some(uploads);
        self
    }

    /// Gives what the transport asks persons by, so that streams bring its questions. By default nobody is asked.
    #[must_use]
    pub fn questions(mut self, questions: QuestionBoard) -> Self {
        self.questions = Some(questions);
        self
    }

    /// Gives the feed that observes the dispatcher, so that streams bring what hosts write while they write it.
    #[must_use]
    pub fn output_feed(mut self, feed: OutputFeed) -> Self {
        self.output_feed = Some(feed);
        self
    }

    /// Gives the store that knows the jobs of the namespace which have retired, so that they are served as those that
    /// are alive.
    #[must_use]
    pub fn history(mut self, history: Arc<dyn JobHistory>) -> Self {
        self.history = Some(Arc::new(History::new(history)));
        self
    }

    /// Gives the journal that the dispatcher writes, so that everything that happened can be read from its first record
    /// on: an audit takes all of it, and a stream begins with a snapshot for whoever is far behind.
    #[must_use]
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }
}

impl fmt::Debug for ServedNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedNamespace")
            .field("handle", &self.handle)
            .field("output", &self.output.is_some())
            .field("output_feed", &self.output_feed.is_some())
            .field("history", &self.history.is_some())
            .field("journal", &self.journal.is_some())
            .field("questions", &self.questions.is_some())
            .field("secrets", &self.secrets.is_some())
            .finish()
    }
}
