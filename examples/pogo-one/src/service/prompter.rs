//! Questions of the transport, for whoever is attached.

use std::time::Duration;

use pogo_api::wire::{Question as SentQuestion, QuestionAnswer, QuestionKind};
use pogo_ssh::{NoAnswer, Prompter, Question};
use pogo_web::QuestionBoard;
use secrecy::SecretString;

/// How soon whoever has submitted a job follows it.
const COMES_WITHIN: Duration = Duration::from_secs(3);

/// Asks whoever is attached, in the dispatcher's process.
pub(super) struct AttachedPrompter(pub(super) QuestionBoard);

impl Prompter for AttachedPrompter {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        let asked = match question {
            Question::Passphrase { file, attempt } => QuestionKind::Passphrase {
                file: file.display().to_string(),
                attempt,
            },
            Question::Prompt {
                host,
                user,
                instructions,
                text,
                echo,
            } => QuestionKind::Prompt {
                host: host.to_owned(),
                user: user.to_owned(),
                instructions: instructions.to_owned(),
                text: text.to_owned(),
                echo,
            },
            _ => return Err(not_asked()),
        };
        self.0.ask(asked).ok_or(NoAnswer::Declined)
    }

    fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        match question {
            Question::Passphrase { .. } | Question::Prompt { .. } if self.0.is_anybody_there(COMES_WITHIN) => Ok(()),
            Question::Passphrase { .. } | Question::Prompt { .. } => Err(NoAnswer::Unavailable(
                "nobody is attached who could be asked: `pogo attach` from a terminal, or load the key into an agent"
                    .to_owned(),
            )),
            _ => Err(not_asked()),
        }
    }
}

fn not_asked() -> NoAnswer {
    NoAnswer::Unavailable("give --ask-sudo-password".to_owned())
}

/// Answers a question by whatever this process has: a terminal, a program, a file. Blocks.
pub(super) fn answer(prompter: &dyn Prompter, question: &SentQuestion) -> QuestionAnswer {
    let answer = match &question.asked {
        QuestionKind::Passphrase { file, attempt } => prompter.prompt(Question::Passphrase {
            file: file.as_ref(),
            attempt: *attempt,
        }),
        QuestionKind::Prompt {
            host,
            user,
            instructions,
            text,
            echo,
        } => prompter.prompt(Question::Prompt {
            host,
            user,
            instructions,
            text,
            echo: *echo,
        }),
        _ => Err(NoAnswer::Declined),
    };
    QuestionAnswer::new(question.id, answer.ok())
}
