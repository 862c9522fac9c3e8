//! Issuers of JSON Web Tokens, as a file of settings names them.

#[cfg(feature = "jwt")]
use std::sync::Arc;

use pogo_inventory::{SettingEntry, SettingItem, SettingsReader};
#[cfg(feature = "jwt")]
use pogo_web::{Authenticator, JwksFile, JwksUrl, JwtAlgorithm, JwtAuthenticator, JwtIssuer};

use super::setting_path::absolute;
use crate::exit::CliError;

/// An issuer whose tokens are taken.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "jwt"), allow(dead_code, reason = "such a build refuses issuers"))]
pub(crate) struct IssuerSettings {
    issuer: String,
    audiences: Vec<String>,
    /// Where its keys are: an address, or a file.
    keys: String,
    /// What records say of how somebody was known.
    label: Option<String>,
    /// The claim that has the name, and what is put in front of it.
    name: Option<String>,
    name_prefix: String,
    groups: Option<String>,
    group_prefix: String,
    algorithms: Vec<String>,
    require: Vec<(String, String)>,
}

const KEYS: &[&str] = &[
    "issuer",
    "audience",
    "keys",
    "label",
    "name",
    "name_prefix",
    "groups",
    "group_prefix",
    "algorithms",
    "require",
];

const EXAMPLE: &str = "jwt: [{issuer: https://id.example.com, audience: pogo, keys: https://id.example.com/jwks.json}]";

/// Reads the issuers of a service.
pub(super) fn issuers(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Vec<IssuerSettings> {
    let items = reader.list(value, "a list of issuers", EXAMPLE);
    items.iter().filter_map(|item| issuer(reader, item)).collect()
}

fn issuer(reader: &mut SettingsReader<'_>, item: &SettingItem) -> Option<IssuerSettings> {
    let written = reader.map(item, "a map", EXAMPLE);
    let mut settings = IssuerSettings::default();
    for setting in reader.keys(written, "an issuer", KEYS) {
        settings.take(reader, setting.key.as_str(), &setting.value);
    }
    let needed = ("the issuer", ["issuer", "audience", "keys"]);
    report_missing(reader, (item, written), needed, EXAMPLE);
    (!written.is_empty()).then_some(settings)
}

/// Reports the keys that an entry needs and does not have. An entry without any is reported already.
pub(super) fn report_missing(
    reader: &mut SettingsReader<'_>,
    (item, written): (&SettingItem, &[SettingEntry]),
    (entry, needed): (&str, [&str; 3]),
    example: &str,
) {
    for needed in needed {
        if !written.is_empty() && !written.iter().any(|setting| setting.key == needed) {
            let message = format!("{entry} has no `{needed}`");
            reader.problem(item.position, message, &format!("for example `{example}`"));
        }
    }
}

impl IssuerSettings {
    fn take(&mut self, reader: &mut SettingsReader<'_>, key: &str, value: &SettingItem) {
        let claim =
            |reader: &mut SettingsReader<'_>| reader.text(value, "the name of a claim", "email").map(str::to_owned);
        let text = |reader: &mut SettingsReader<'_>, example: &str| {
            let text = reader.text(value, "a text", example);
            text.unwrap_or_default().to_owned()
        };
        match key {
            "issuer" => self.issuer = text(reader, "https://id.example.com"),
            "audience" => self.audiences = reader.values(value, "an audience", "pogo"),
            "keys" => self.keys = keys(reader, value).unwrap_or_default(),
            "label" => self.label = Some(text(reader, "sso")),
            "name" => self.name = claim(reader),
            "name_prefix" => self.name_prefix = text(reader, "ci:"),
            "groups" => self.groups = claim(reader),
            "group_prefix" => self.group_prefix = text(reader, "ci:"),
            "algorithms" => self.algorithms = algorithms(reader, value),
            _ => self.require = required(reader, value),
        }
    }
}

/// An address, or an absolute path.
fn keys(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<String> {
    let text = reader.text(value, "an address or a path", "https://id.example.com/jwks.json")?;
    if text.contains("://") {
        #[cfg(feature = "jwt")]
        if let Err(error) = JwksUrl::at(text) {
            reader.problem(
                value.position,
                error.to_string(),
                "for example `https://id.example.com/jwks.json`",
            );
        }
        return Some(text.to_owned());
    }
    let path = absolute(reader, value, "/etc/pogo/jwks.json")?;
    if let Err(error) = std::fs::read_to_string(&path) {
        reader.problem(
            value.position,
            format!("{}: {error}", path.display()),
            "give the file of its public keys",
        );
    }
    Some(text.to_owned())
}

#[cfg(feature = "jwt")]
pub(super) fn algorithms(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Vec<String> {
    let known: Vec<JwtAlgorithm> = reader.values(value, "an algorithm", "RS256");
    known.into_iter().map(|algorithm| algorithm.to_string()).collect()
}

#[cfg(not(feature = "jwt"))]
pub(super) fn algorithms(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Vec<String> {
    reader.values(value, "an algorithm", "RS256")
}

pub(super) fn required(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Vec<(String, String)> {
    let example = "require: {repository: example/site}";
    let written = reader.map(value, "a map of claims", example);
    let mut required = vec![];
    for setting in written {
        if let Some(text) = reader.text(&setting.value, "what the claim says", example) {
            required.push((setting.key.clone(), text.to_owned()));
        }
    }
    required
}

/// Who knows people by tokens of these issuers; none where there are no issuers.
#[cfg(feature = "jwt")]
pub(super) fn authenticator(issuers: &[IssuerSettings]) -> Result<Option<Arc<dyn Authenticator>>, CliError> {
    let issuers: Vec<JwtIssuer> = issuers.iter().map(IssuerSettings::build).collect::<Result<_, _>>()?;
    Ok((!issuers.is_empty()).then(|| Arc::new(JwtAuthenticator::new(issuers)) as _))
}

/// Refuses issuers, which this program cannot check.
#[cfg(not(feature = "jwt"))]
pub(super) fn refuse(issuers: &[IssuerSettings]) -> Result<(), CliError> {
    match issuers.first() {
        None => Ok(()),
        Some(settings) => Err(CliError::usage(format!(
            "this program was built without JSON Web Tokens, and cannot check those of {}; {} can",
            settings.issuer,
            crate::cli::INSTALL
        ))),
    }
}

#[cfg(feature = "jwt")]
impl IssuerSettings {
    fn build(&self) -> Result<JwtIssuer, CliError> {
        let label = self.label.clone().unwrap_or_else(|| self.issuer.clone());
        let mut audiences = self.audiences.iter().cloned();
        let first = audiences.next().unwrap_or_default();
        let issuer = match self.keys.contains("://") {
            true => JwtIssuer::new(
                label,
                &self.issuer,
                first,
                JwksUrl::at(&self.keys).map_err(CliError::usage)?,
            ),
            false => JwtIssuer::new(label, &self.issuer, first, JwksFile::at(&self.keys)),
        };
        let mut issuer = audiences.fold(issuer, JwtIssuer::audience);
        issuer = issuer.name(self.name.as_deref().unwrap_or("sub"), &self.name_prefix);
        if let Some(claim) = &self.groups {
            issuer = issuer.groups(claim, &self.group_prefix);
        }
        if !self.algorithms.is_empty() {
            let known: Result<Vec<JwtAlgorithm>, _> = self.algorithms.iter().map(|text| text.parse()).collect();
            issuer = issuer.algorithms(known.map_err(CliError::usage)?);
        }
        let required = self.require.iter();
        Ok(required.fold(issuer, |issuer, (claim, value)| issuer.require(claim, value)))
    }
}
