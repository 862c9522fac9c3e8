//! Parses expected task times.

use std::str::FromStr;

use pogo_core::plan::Expectation;

use super::{duration, targets};

/// `HOSTS=TIME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpectedTime(pub(crate) Expectation);

impl FromStr for ExpectedTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (hosts, time) = text.rsplit_once('=').ok_or("write HOSTS=TIME, as in @db=5m")?;
        Ok(Self(Expectation::new(targets(hosts.trim())?, duration(time)?)))
    }
}
