//! Login with a password or keyboard-interactive prompts.

use std::ops::ControlFlow;
use std::sync::Arc;

use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse as Answer, Prompt};
use secrecy::{ExposeSecret, SecretString};

use super::login::Login;
use crate::question::{NoAnswer, Question};

/// How many rounds of prompts a host may send in one login.
const MOST_ROUNDS: usize = 5;
/// How often a person is asked again after a refused answer, as `ssh` does (`NumberOfPasswordPrompts`).
const MOST_TRIES: usize = 3;

impl Login<'_> {
    /// Tries the password method.
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

    /// Answers the host's prompts, again where a person may have mistyped.
    pub(super) async fn try_prompts(&mut self) -> Result<bool, russh::Error> {
        let has_answers = self.credentials.password.is_some() || self.credentials.asker.is_some();
        if !has_answers || !self.asks_for(MethodKind::KeyboardInteractive).await? {
            return Ok(false);
        }
        let mut password = self.credentials.password.clone();
        for _ in 0..MOST_TRIES {
            if !self.takes(MethodKind::KeyboardInteractive) || !self.may_try() {
                return Ok(false);
            }
            match self.try_prompts_once(&mut password).await? {
                PasswordResult::LoggedIn => return Ok(true),
                PasswordResult::RefusedAsTyped => {}
                PasswordResult::Refused => return Ok(false),
            }
        }
        Ok(false)
    }

    async fn try_prompts_once(&mut self, password: &mut Option<SecretString>) -> Result<PasswordResult, russh::Error> {
        let (user, steps) = (self.target.user.clone(), self.steps);
        // Whether a person typed an answer in this try.
        let mut typed = false;
        let mut reply = self.handle.authenticate_keyboard_interactive_start(user, None).await?;
        for _ in 0..MOST_ROUNDS {
            let round = match self.round_of(reply) {
                ControlFlow::Continue(round) => round,
                ControlFlow::Break(true) => return Ok(PasswordResult::LoggedIn),
                ControlFlow::Break(false) => {
                    return Ok(match typed && self.steps == steps {
                        true => PasswordResult::RefusedAsTyped,
                        false => PasswordResult::Refused,
                    });
                }
            };
            let before = password.is_some();
            typed |= !round.prompts.is_empty();
            let answers = match self.answers(round, password).await {
                Ok(answers) => answers,
                Err(reason) => {
                    self.tried.push(format!("its questions ({reason})"));
                    return Ok(PasswordResult::Refused);
                }
            };
            // The configured password alone was not typed.
            typed &= !(before && password.is_none() && answers.len() == 1);
            let answers = answers.iter().map(|answer| answer.expose_secret().to_owned());
            let responding = self.handle.authenticate_keyboard_interactive_respond(answers.collect());
            reply = responding.await?;
        }
        self.tried
            .push("answers to its questions (it went on asking)".to_owned());
        Ok(PasswordResult::Refused)
    }

    /// The host's next round of prompts, or the result.
    fn round_of(&mut self, reply: Answer) -> ControlFlow<bool, PromptRound> {
        match reply {
            Answer::Success => ControlFlow::Break(true),
            Answer::Failure {
                remaining_methods,
                partial_success,
            } => {
                let result = AuthResult::Failure {
                    remaining_methods,
                    partial_success,
                };
                ControlFlow::Break(self.note("answers to its questions", result))
            }
            Answer::InfoRequest {
                name,
                instructions,
                prompts,
            } => ControlFlow::Continue(PromptRound {
                instructions: format!("{name}\n{instructions}").trim().to_owned(),
                prompts,
            }),
        }
    }

    /// Answers each prompt. The password is sent once: a second prompt for it means that it was refused.
    async fn answers(
        &self,
        round: PromptRound,
        password: &mut Option<SecretString>,
    ) -> Result<Vec<SecretString>, NoAnswer> {
        let asker = self.credentials.asker.clone();
        let alone = round.prompts.len() == 1 && asker.is_none();
        let mut answers: Vec<Option<SecretString>> = Vec::new();
        for prompt in &round.prompts {
            let wants_password = !prompt.echo && (alone || prompt.prompt.to_lowercase().contains("passw"));
            answers.push(if wants_password { password.take() } else { None });
        }
        // Nobody is asked where the password answers everything.
        if answers.iter().all(Option::is_some) {
            return Ok(answers.into_iter().flatten().collect());
        }
        let unanswered = || NoAnswer::Unavailable("there is no answer to them here".to_owned());
        let asker = asker.ok_or_else(unanswered)?;
        let (host, user) = (Arc::clone(&self.target.name), self.target.user.clone());
        let _pause = self.clock.pause();
        let asking = tokio::task::spawn_blocking(move || {
            let mut instructions = round.instructions.as_str();
            let answered = round.prompts.iter().zip(answers).map(|(prompt, known)| match known {
                Some(answer) => Ok(answer),
                None => asker.answer(Question::Prompt {
                    host: &host,
                    user: &user,
                    // Shown with the first prompt of a round, and not again with each.
                    instructions: std::mem::take(&mut instructions),
                    text: &prompt.prompt,
                    echo: prompt.echo,
                }),
            });
            answered.collect()
        });
        asking.await.unwrap_or_else(|_| Err(unanswered()))
    }
}

/// The result of one keyboard-interactive try.
enum PasswordResult {
    /// The host accepted the answers.
    LoggedIn,
    /// Refused, and a person may have mistyped.
    RefusedAsTyped,
    /// Refused, and another try would not help.
    Refused,
}

/// One round of prompts.
struct PromptRound {
    instructions: String,
    prompts: Vec<Prompt>,
}
