//! Logging in with a password, or by answering a host's questions.

use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse as Answer, Prompt};
use secrecy::{ExposeSecret, SecretString};

use super::login::Login;
use crate::question::Question;

/// How many times a host may ask in one login.
const MOST_ROUNDS: usize = 5;

impl Login<'_> {
    /// The password, where the host takes one as such.
    pub(super) async fn try_password(&mut self) -> Result<bool, russh::Error> {
        let Some(password) = &self.credentials.password else {
            return Ok(false);
        };
        if !self.takes(MethodKind::Password) {
            if !self.takes(MethodKind::KeyboardInteractive) {
                self.tried.push("password (not asked for by the host)".to_owned());
            }
            return Ok(false);
        }
        if !self.may_try() {
            return Ok(false);
        }
        let user = self.target.user.as_str();
        let result = self
            .handle
            .authenticate_password(user, password.expose_secret())
            .await?;
        Ok(self.note("password", result))
    }

    /// The host's questions: a single hidden one is for the password, all others for whoever answers questions.
    pub(super) async fn try_prompts(&mut self) -> Result<bool, russh::Error> {
        let has_answers = self.credentials.password.is_some() || self.credentials.asker.is_some();
        if !has_answers || !self.asks_for(MethodKind::KeyboardInteractive).await? || !self.may_try() {
            return Ok(false);
        }
        let user = self.target.user.as_str();
        let mut password = self.credentials.password.clone();
        let mut reply = self.handle.authenticate_keyboard_interactive_start(user, None).await?;
        for _ in 0..MOST_ROUNDS {
            let prompts = match reply {
                Answer::Success => return Ok(true),
                Answer::Failure {
                    remaining_methods,
                    partial_success,
                } => {
                    let result = AuthResult::Failure {
                        remaining_methods,
                        partial_success,
                    };
                    return Ok(self.note("answers to its questions", result));
                }
                Answer::InfoRequest { prompts, .. } => prompts,
            };
            let Some(answers) = self.answers(prompts, &mut password).await else {
                self.tried
                    .push("its questions (there is no answer to them here)".to_owned());
                return Ok(false);
            };
            reply = self.handle.authenticate_keyboard_interactive_respond(answers).await?;
        }
        self.tried
            .push("answers to its questions (it went on asking)".to_owned());
        Ok(false)
    }

    /// An answer to each prompt. The password answers once: a host that asks for it again has refused it.
    async fn answers(&self, prompts: Vec<Prompt>, password: &mut Option<SecretString>) -> Option<Vec<String>> {
        if let [Prompt { echo: false, .. }] = prompts.as_slice()
            && let Some(password) = password.take()
        {
            return Some(vec![password.expose_secret().to_owned()]);
        }
        if prompts.is_empty() {
            return Some(Vec::new());
        }
        let asker = self.credentials.asker.clone()?;
        let (host, user) = (self.target.host.clone(), self.target.user.clone());
        // A person takes time.
        let asking = tokio::task::spawn_blocking(move || {
            let answer = |prompt: &Prompt| {
                let answer = asker.ask(Question::Prompt {
                    host: &host,
                    user: &user,
                    text: &prompt.prompt,
                    echo: prompt.echo,
                });
                answer.map(|answer| answer.expose_secret().to_owned())
            };
            prompts.iter().map(answer).collect()
        });
        asking.await.ok().flatten()
    }
}
