//! The values of one line, for its keyword.

use super::keyword::{ClientSetting, Keyword};
use super::line::ConfigLine;
use super::line_use::LineUse;
use super::line_values::LineValues;
use super::options::CollectedOptions;
use super::scope::ConfigScope;
use crate::position::LineProblem;

impl ConfigLine {
    /// Validates its values: once, so that a file with blocks for ten thousand
    /// hosts costs each lookup only the comparison of names.
    pub(crate) fn check(&self, scope: ConfigScope) -> Result<(), Box<LineProblem>> {
        let mut values = self.values(scope);
        let checked = match self.keyword {
            Some(Keyword::Followed(setting)) => CollectedOptions::default().take(setting, &mut values, LineUse::Check),
            Some(Keyword::IgnoreUnknown) => values.text().map(drop),
            Some(Keyword::Host) => match self.words.iter().find(|word| word.text.is_empty()) {
                Some(empty) => return Err(self.problem_at(empty, "a pattern is empty").into()),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let position = values.last().cloned();
        let checked = checked.and_then(|()| match values.next_word() {
            None => Ok(()),
            Some(extra) => Err(format!("`{}` is one argument too many", extra.text)),
        });
        let position = values.last().cloned().or(position);
        checked.map_err(|problem| match &position {
            Some(word) => self.problem_at(word, &problem).into(),
            None => self.problem(&problem).into(),
        })
    }

    pub(crate) fn values(&self, scope: ConfigScope) -> LineValues<'_> {
        LineValues::new(self, scope)
    }

    /// The value of its setting, if it is a single one: the first argument, the port as a number, and for `ProxyJump`
    /// and `ProxyCommand` the rest of the line, as in OpenSSH.
    pub fn setting_value(&self) -> Option<String> {
        let mut values = self.values(ConfigScope::User);
        match self.setting()? {
            ClientSetting::Port => values.port().ok().map(|port| port.to_string()),
            ClientSetting::ProxyCommand => Some(values.whole_text()),
            ClientSetting::ProxyJump => {
                let text = values.whole_text();
                let before_comment = text.split('#').next().unwrap_or_default();
                Some(before_comment.trim_end().to_owned())
            }
            _ => values.text().ok(),
        }
    }
}
