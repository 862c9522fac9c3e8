//! Questions that keys and hosts ask of a person, and their answers.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::{Version, document};

document! {
    /// A question, on a stream whose reader can ask a person. It comes again on each such stream until it has an
    /// answer.
    Question {
        /// Its number, which the answer has.
        id: u64,
        /// What is asked.
        asked: QuestionKind,
    }
}

/// What is asked of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QuestionKind {
    /// The passphrase of a key file.
    Passphrase {
        /// The file.
        file: String,
        /// 1 for the first question, 2 and 3 after wrong answers.
        attempt: u32,
    },
    /// A prompt of a host during login, such as for a one-time code.
    Prompt {
        /// The host.
        host: String,
        /// The login user.
        user: String,
        /// The host's instructions; may be empty.
        instructions: String,
        /// The host's prompt.
        text: String,
        /// Whether the answer may be shown while it is typed.
        echo: bool,
    },
}

/// The answer to a question. Its `Debug` text does not show it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QuestionAnswer {
    /// The question's number.
    pub id: u64,
    /// What the person answers; `None` if they decline.
    pub answer: Option<SecretString>,
}

impl QuestionAnswer {
    /// The answer to this question, or that there is none.
    pub fn new(id: u64, answer: Option<SecretString>) -> Self {
        Self { id, answer }
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct WrittenAnswer<T> {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    id: u64,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    answer: Option<T>,
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(QuestionAnswer as WrittenAnswer<String>, "QuestionAnswer");

impl Serialize for QuestionAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = self.answer.as_ref().map(ExposeSecret::expose_secret);
        let (version, id) = (Version, self.id);
        WrittenAnswer { version, id, answer }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for QuestionAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenAnswer { id, answer, .. } = WrittenAnswer::<String>::deserialize(deserializer)?;
        let answer = answer.map(SecretString::from);
        Ok(Self { id, answer })
    }
}
