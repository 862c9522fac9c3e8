//! Providers by which people log in with their browsers, as a file of settings names them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use pogo_inventory::{SettingItem, SettingValue, SettingsReader};
#[cfg(feature = "oidc")]
use pogo_web::{JwtAlgorithm, OidcLogins, OidcProvider, SessionLimits};

use super::issuers::{algorithms, report_missing, required};
#[cfg(feature = "oidc")]
use super::log::ServiceLog;
use super::setting_path::absolute;
use crate::exit::CliError;

/// A provider by which people log in.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "such a build refuses logins"))]
pub(crate) struct LoginSettings {
    /// In addresses, and in records.
    login: String,
    title: Option<String>,
    issuer: String,
    client: String,
    secret: Option<SecretSource>,
    scopes: Vec<String>,
    /// The claim that has the name, and what is put in front of it.
    name: Option<String>,
    name_prefix: String,
    groups: Option<String>,
    group_prefix: String,
    algorithms: Vec<String>,
    require: Vec<(String, String)>,
    /// Whether people who log out stay logged in at the provider.
    keeps_session: bool,
}

/// Where a secret is. It is in no file that people mail each other, and is read when it is needed.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "such a build refuses logins"))]
enum SecretSource {
    /// A file that none but its owner and group may read.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

/// How long a login lasts.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "such a build refuses logins"))]
pub(crate) struct SessionTimes {
    lifetime: Option<Duration>,
    idle: Option<Duration>,
}

const KEYS: &[&str] = &[
    "login",
    "title",
    "issuer",
    "client_id",
    "client_secret",
    "scopes",
    "name",
    "name_prefix",
    "groups",
    "group_prefix",
    "algorithms",
    "require",
    "logout",
];

const EXAMPLE: &str = "oidc: [{login: company, issuer: https://id.example.com, client_id: pogo, client_secret: {file: \
                       /etc/pogo/oidc.secret}}]";

/// Reads the logins of a service.
pub(super) fn logins(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Vec<LoginSettings> {
    let items = reader.list(value, "a list of logins", EXAMPLE);
    items.iter().filter_map(|item| login(reader, item)).collect()
}

fn login(reader: &mut SettingsReader<'_>, item: &SettingItem) -> Option<LoginSettings> {
    let written = reader.map(item, "a map", EXAMPLE);
    let mut settings = LoginSettings::default();
    for setting in reader.keys(written, "a login", KEYS) {
        settings.take(reader, setting.key.as_str(), &setting.value);
    }
    let needed = ("the login", ["login", "issuer", "client_id"]);
    report_missing(reader, (item, written), needed, EXAMPLE);
    (!written.is_empty()).then_some(settings)
}

/// Reads how long logins last.
pub(super) fn sessions(reader: &mut SettingsReader<'_>, value: &SettingItem) -> SessionTimes {
    let written = reader.map(value, "a map", "sessions: {lifetime: 12h, idle: 2h}");
    let mut times = SessionTimes::default();
    for setting in reader.keys(written, "the sessions", &["lifetime", "idle"]) {
        let time = super::setting_time::time(reader, &setting.value);
        match setting.key.as_str() {
            "lifetime" => times.lifetime = time,
            _ => times.idle = time,
        }
    }
    times
}

impl LoginSettings {
    fn take(&mut self, reader: &mut SettingsReader<'_>, key: &str, value: &SettingItem) {
        let text = |reader: &mut SettingsReader<'_>, what: &str, example: &str| {
            let text = reader.text(value, what, example);
            text.unwrap_or_default().to_owned()
        };
        match key {
            "login" => self.login = text(reader, "a name", "company"),
            "title" => self.title = Some(text(reader, "a text", "Company SSO")),
            "issuer" => self.issuer = text(reader, "an address", "https://id.example.com"),
            "client_id" => self.client = text(reader, "a text", "pogo"),
            "client_secret" => self.secret = secret(reader, value),
            "scopes" => self.scopes = reader.values(value, "a scope", "profile"),
            "name" => self.name = Some(text(reader, "the name of a claim", "email")),
            "name_prefix" => self.name_prefix = text(reader, "a text", "sso:"),
            "groups" => self.groups = Some(text(reader, "the name of a claim", "groups")),
            "group_prefix" => self.group_prefix = text(reader, "a text", "sso:"),
            "algorithms" => self.algorithms = algorithms(reader, value),
            "require" => self.require = required(reader, value),
            _ => self.keeps_session = keeps_session(reader, value),
        }
        #[cfg(feature = "oidc")]
        if matches!(key, "login" | "issuer") {
            self.check(reader, value, key);
        }
    }

    /// What is wrong with a name or an address, where it stands.
    #[cfg(feature = "oidc")]
    fn check(&self, reader: &mut SettingsReader<'_>, value: &SettingItem, key: &str) {
        let (login, issuer) = match key {
            "login" => (self.login.as_str(), "https://id.example.com"),
            _ => ("company", self.issuer.as_str()),
        };
        if let Err(error) = OidcProvider::new(login, issuer, "pogo") {
            reader.problem(value.position, error.to_string(), &format!("for example `{EXAMPLE}`"));
        }
    }
}

/// Where people log out: at the provider too, or here alone.
fn keeps_session(reader: &mut SettingsReader<'_>, value: &SettingItem) -> bool {
    match reader.text(value, "`provider` or `here`", "here") {
        Some("here") => true,
        Some("provider") | None => false,
        Some(_) => {
            let message = "people log out at the `provider` too, or `here` alone";
            reader.problem(value.position, message, "for example `logout: here`");
            false
        }
    }
}

/// A file or a variable, and never the secret itself.
fn secret(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<SecretSource> {
    let example = "client_secret: {file: /etc/pogo/oidc.secret}";
    let SettingValue::Map(written) = &value.value else {
        // What stands here may be the secret, and is not repeated.
        let message = "expected where the secret is, a file or a variable, and not the secret itself";
        reader.problem(value.position, message, &format!("for example `{example}`"));
        return None;
    };
    let mut source = None;
    for setting in reader.keys(written, "a secret", &["file", "variable"]) {
        source = match setting.key.as_str() {
            "file" => absolute(reader, &setting.value, "/etc/pogo/oidc.secret").map(SecretSource::File),
            _ => {
                let name = reader.text(&setting.value, "the name of a variable", "POGO_OIDC_SECRET");
                name.map(|name| SecretSource::Variable(name.to_owned()))
            }
        };
        if let Some(Err(error)) = source.as_ref().map(SecretSource::read) {
            reader.problem(
                setting.value.position,
                error,
                "give a file with the secret in its first line, which others cannot read; or the name of a variable",
            );
        }
    }
    source
}

impl SecretSource {
    /// The secret. Whatever is wrong is said without it.
    fn read(&self) -> Result<String, String> {
        let text = match self {
            Self::Variable(name) => {
                std::env::var(name).map_err(|_| format!("the variable {name} is not set, or is no text"))?
            }
            Self::File(path) => {
                let failed = |error: std::io::Error| format!("{}: {error}", path.display());
                let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
                if mode & 0o007 != 0 {
                    let path = path.display();
                    return Err(format!("everybody on this machine may read {path}: `chmod 600 {path}`"));
                }
                fs::read_to_string(path).map_err(failed)?
            }
        };
        match text.lines().next().map(str::trim) {
            None | Some("") => Err("the secret is empty".to_owned()),
            Some(secret) => Ok(secret.to_owned()),
        }
    }
}

/// Logins by these providers, at the address that browsers have of this server; none where there are no providers.
#[cfg(feature = "oidc")]
pub(super) fn browser_logins(
    settings: &[LoginSettings],
    times: SessionTimes,
    url: &str,
) -> Result<Option<OidcLogins>, CliError> {
    if settings.is_empty() {
        return Ok(None);
    }
    let providers: Vec<OidcProvider> = settings.iter().map(LoginSettings::build).collect::<Result<_, _>>()?;
    let mut limits = SessionLimits::new();
    limits = times.lifetime.map_or(limits, |time| limits.lifetime(time));
    limits = times.idle.map_or(limits, |time| limits.idle(time));
    let logins = OidcLogins::new(url, providers, limits).map_err(CliError::usage)?;
    Ok(Some(logins.on_event(|said| ServiceLog.say(said))))
}

/// Refuses logins, which this program does not have.
#[cfg(not(feature = "oidc"))]
pub(super) fn refuse(settings: &[LoginSettings]) -> Result<(), CliError> {
    match settings.first() {
        None => Ok(()),
        Some(settings) => Err(CliError::usage(format!(
            "this program was built without logins by OIDC, and nobody can log in by {}; {} has them",
            settings.issuer,
            crate::cli::INSTALL
        ))),
    }
}

#[cfg(feature = "oidc")]
impl LoginSettings {
    fn build(&self) -> Result<OidcProvider, CliError> {
        let provider = OidcProvider::new(&self.login, &self.issuer, &self.client).map_err(CliError::usage)?;
        let mut provider = provider.user(self.name.as_deref().unwrap_or("sub"), &self.name_prefix);
        if let Some(title) = &self.title {
            provider = provider.title(title);
        }
        if let Some(source) = &self.secret {
            provider = provider.secret(source.read().map_err(CliError::usage)?);
        }
        if let Some(claim) = &self.groups {
            provider = provider.groups(claim, &self.group_prefix);
        }
        if !self.algorithms.is_empty() {
            let known: Result<Vec<JwtAlgorithm>, _> = self.algorithms.iter().map(|text| text.parse()).collect();
            provider = provider.algorithms(known.map_err(CliError::usage)?);
        }
        if self.keeps_session {
            provider = provider.keep_session();
        }
        provider = self.scopes.iter().fold(provider, OidcProvider::scope);
        let required = self.require.iter();
        Ok(required.fold(provider, |provider, (claim, value)| provider.require(claim, value)))
    }
}
