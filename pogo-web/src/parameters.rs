//! The parameters of a request.

use std::fmt::Display;
use std::str::FromStr;

use pogo_api::wire::{Problem, ProblemKind};
use pogo_core::fleet::{Selector, SelectorError};
use pogo_core::scheduler::PageLimit;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

use crate::refusal::Refusal;

/// The parameters behind the `?` of a request. Each is taken once; whatever nobody takes is an error, so that a
/// misspelt filter never shows everything.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// All values of a parameter, which may be repeated.
    fn take_each(&mut self, name: &str) -> Vec<String> {
        let taken = self.0.extract_if(.., |(found, _)| found == name);
        taken.map(|(_, value)| value).collect()
    }

    fn take(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let mut values = self.take_each(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(invalid(
                name,
                format_args!("`{name}` is given more than once; give it once"),
            )),
        }
    }

    /// A parameter that is read from its text.
    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let value = self.take(name)?;
        value.map(|value| parse(name, &value)).transpose()
    }

    /// A parameter whose values are words of documents, such as `failed`.
    pub(crate) fn words<T: for<'de> Deserialize<'de>>(&mut self, name: &str) -> Result<Vec<T>, Refusal> {
        let values = self.take_each(name);
        let words = values.iter().flat_map(|value| value.split(','));
        words
            .map(|word| {
                let read = T::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word));
                read.map_err(|error| invalid(name, format_args!("`{name}`: {error}")))
            })
            .collect()
    }

    /// A parameter with a list of values that are read from their texts, with commas between them.
    pub(crate) fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Vec<T>, Refusal> {
        let value = self.take(name)?;
        let values = value.iter().flat_map(|value| value.split(','));
        values.map(|value| parse(name, value)).collect()
    }

    /// A selector; the error says where it goes wrong.
    pub(crate) fn selector(&mut self, name: &str) -> Result<Option<Selector>, Refusal> {
        let value = self.take(name)?;
        let parsed = value.map(|value| value.parse()).transpose();
        parsed.map_err(|error: SelectorError| {
            let problem = Problem::new(ProblemKind::InvalidParameter, format_args!("`{name}`: {error}"));
            problem.parameter(name).offset(error.offset()).into()
        })
    }

    /// How many entries to give at once.
    pub(crate) fn limit(&mut self) -> Result<PageLimit, Refusal> {
        let limit: Option<u32> = self.optional("limit")?;
        Ok(limit.map(PageLimit::new).unwrap_or_default())
    }

    /// Says that there are no others.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = name.escape_debug().to_string();
                let said = format_args!("there is no parameter `{name}` here; the README of pogo-web lists them");
                Err(invalid(&name, said))
            }
        }
    }
}

/// A value that is read from its text.
pub(crate) fn parse<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, Refusal> {
    let parsed = value.parse();
    parsed.map_err(|error: T::Err| invalid(name, format_args!("`{name}`: {error}")))
}

fn invalid(name: &str, detail: impl Display) -> Refusal {
    Problem::new(ProblemKind::InvalidParameter, detail)
        .parameter(name)
        .into()
}
