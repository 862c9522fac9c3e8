//! A custom tag resolver: `$rack(r7)` in policies and targets, answered by an in-house service, here a text.

use async_trait::async_trait;
use pogo_core::dispatcher::{ResolverError, TagResolver};
use pogo_core::fleet::HostName;

/// Lines of `rack host...`.
#[derive(Debug, Clone, Copy)]
pub struct Racks(pub &'static str);

#[async_trait]
impl TagResolver for Racks {
    async fn resolve(&self, racks: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        racks.iter().map(|rack| self.hosts(rack)).collect()
    }
}

impl Racks {
    fn hosts(&self, rack: &str) -> Result<Vec<HostName>, ResolverError> {
        let refused = |message| ResolverError::Refused {
            args: rack.to_owned(),
            message,
        };
        let mut lines = self.0.lines().map(str::split_whitespace);
        let line = lines.find_map(|mut words| (words.next() == Some(rack)).then_some(words));
        let words = line.ok_or_else(|| refused("there is no such rack; they are r1 and r2".to_owned()))?;
        words
            .map(|word| HostName::new(word).map_err(|error| refused(error.to_string())))
            .collect()
    }
}
