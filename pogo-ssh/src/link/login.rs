//! One login: which methods are tried, in which order, and how often.

use russh::client::{AuthResult, Handle};
use russh::keys::Algorithm;
use russh::{MethodKind, MethodSet};

use super::clock::LoginClock;
use super::credentials::Credentials;
use super::handler::LinkHandler;
use crate::algorithms::BestHash;
use crate::target::Target;

/// How many partial successes a host may answer with before the login counts as refused.
const MOST_STEPS: usize = 5;

/// A login in progress.
pub(super) struct Login<'a> {
    pub(super) handle: &'a mut Handle<LinkHandler>,
    pub(super) target: &'a Target,
    pub(super) credentials: &'a Credentials,
    pub(super) clock: &'a LoginClock,
    /// Remaining tries.
    pub(super) left: usize,
    /// What was tried, described without secrets.
    pub(super) tried: Vec<String>,
    /// How many partial successes there were.
    pub(super) steps: usize,
    /// What a person has to bring, where the agent cannot be asked and the attempt may wait for another.
    pub(super) lacks_agent: Option<String>,
    /// Methods that the host accepts, once it has listed them.
    accepts: Option<MethodSet>,
    /// The host's best RSA hash, once it was requested.
    best_hash: Option<BestHash>,
}

impl<'a> Login<'a> {
    pub(super) fn new(
        handle: &'a mut Handle<LinkHandler>,
        target: &'a Target,
        credentials: &'a Credentials,
        clock: &'a LoginClock,
    ) -> Self {
        Self {
            handle,
            target,
            credentials,
            clock,
            left: credentials.tries,
            tried: Vec::new(),
            steps: 0,
            lacks_agent: None,
            accepts: None,
            best_hash: None,
        }
    }

    /// Tries the methods in turn; true once logged in.
    pub(super) async fn run(&mut self) -> Result<bool, russh::Error> {
        loop {
            let steps = self.steps;
            if self.run_once().await? {
                return Ok(true);
            }
            // A host may require several methods in any order, such as a key after a code.
            if self.steps == steps || self.steps > MOST_STEPS || self.is_over() {
                return Ok(false);
            }
        }
    }

    async fn run_once(&mut self) -> Result<bool, russh::Error> {
        let (credentials, steps) = (self.credentials, self.steps);
        // The password comes last; a try is reserved for it, or keys would use all of them.
        let [may_use_keys, may_use_password, may_answer] = self.target.keys.methods;
        // Only for a configured password: on a terminal there is always somebody to ask, and
        // that must not cost a key its try.
        let has_secret = credentials.password.is_some() && (may_use_password || may_answer);
        let reserved = usize::from(has_secret && self.left > 1);
        self.left -= reserved;
        if may_use_keys && self.try_keys().await? {
            return Ok(true);
        }
        self.left += reserved;
        // After a partial success the loop begins anew with what the host asks for now, which may
        // be a key.
        if self.steps == steps && may_use_password && self.try_password().await? {
            return Ok(true);
        }
        Ok(self.steps == steps && may_answer && self.try_prompts().await?)
    }

    /// Whether the host may accept this method, as far as it is known.
    pub(super) fn takes(&self, method: MethodKind) -> bool {
        self.accepts.as_ref().is_none_or(|accepts| accepts.contains(&method))
    }

    /// Whether the host lists this method; requests the list if it is not known yet.
    pub(super) async fn asks_for(&mut self, method: MethodKind) -> Result<bool, russh::Error> {
        // A first request of the method `none` is answered with the methods, and OpenSSH counts it as no try.
        if self.accepts.is_none() {
            let result = self.handle.authenticate_none(self.target.user.as_str()).await?;
            if let AuthResult::Failure { remaining_methods, .. } = result {
                self.accepts = Some(remaining_methods);
            }
        }
        Ok(self.takes(method))
    }

    /// Whether nothing more may be tried.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0 || self.handle.is_closed()
    }

    /// Uses up a try, if one is left.
    pub(super) fn may_try(&mut self) -> bool {
        let may = !self.is_over();
        self.left -= usize::from(may);
        may
    }

    /// The host's best RSA hash, requested once and only for RSA keys.
    pub(super) async fn best_hash(&mut self, kind: &Algorithm) -> Result<BestHash, russh::Error> {
        if !matches!(kind, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        match self.best_hash {
            Some(best) => Ok(best),
            None => Ok(*self.best_hash.insert(self.handle.best_supported_rsa_hash().await?)),
        }
    }

    /// Records the result of a try; true when logged in.
    pub(super) fn note(&mut self, name: &str, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                // What the host takes next may differ after each answer, so the list below is
                // always its last one.
                self.steps += usize::from(partial_success);
                let verdict = if partial_success {
                    "accepted, but more is asked for"
                } else {
                    "refused"
                };
                self.tried.push(format!("{name} ({verdict})"));
                self.accepts = Some(remaining_methods);
                false
            }
        }
    }

    /// The error message for a failed login.
    pub(super) fn refusal(&self) -> String {
        let tried = match self.tried.as_slice() {
            [] => "there was nothing to try: name a key file, load a key into the agent, or give a password".to_owned(),
            tried => format!("tried {}", tried.join(", ")),
        };
        let accepts = match self.accepts.as_deref() {
            None | Some([]) => String::new(),
            Some(methods) => {
                let names: Vec<&str> = methods.iter().map(<&str>::from).collect();
                format!("; the host takes {}", names.join(", "))
            }
        };
        let Target { user, .. } = self.target;
        format!("cannot log in to {} as {user}: {tried}{accepts}", self.target)
    }
}
