//! `pogo serve --config FILE`: the service as a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pogo_inventory::{SettingEntry, SettingItem, SettingsFile, SettingsReader};
use pogo_web::{Grants, GrantsFile};

use super::Place;
use super::encryption::{TlsFiles, tls};
use super::group_socket::{GroupSocket, socket};
use super::issuers::{IssuerSettings, issuers};
use super::logins::{LoginSettings, SessionTimes, logins, sessions};
use super::setting_path::absolute;
use super::setting_time::time;
use crate::cli::{ServeArgs, ServiceLogFormat, StoreAddress, StoreChoice};
use crate::exit::{CliError, Exit};
use crate::report;

/// What a service is made of. Whatever is typed wins.
#[derive(Debug, Default)]
pub(crate) struct ServiceConfig {
    pub(crate) store: Option<StoreChoice>,
    pub(crate) namespace: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
    /// Where clients reach `listen`, if that is not as it is written there.
    pub(crate) advertise: Option<String>,
    /// What `listen` is encrypted with.
    pub(crate) tls: Option<TlsFiles>,
    /// Whose tokens are taken on `listen`, besides those of `pogo token`.
    pub(crate) issuers: Vec<IssuerSettings>,
    /// By what people log in with their browsers on `listen`, and how long that lasts.
    pub(crate) logins: Vec<LoginSettings>,
    #[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "such a build refuses logins"))]
    pub(crate) sessions: SessionTimes,
    /// Where browsers find it, if that is not `listen`.
    #[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "such a build refuses logins"))]
    pub(crate) url: Option<String>,
    pub(crate) socket: Option<GroupSocket>,
    pub(crate) grants: Option<PathBuf>,
    pub(crate) grace: Option<Duration>,
    pub(crate) log: Option<ServiceLogFormat>,
}

const KEYS: &[&str] = &[
    "store",
    "namespace",
    "listen",
    "advertise",
    "tls",
    "url",
    "jwt",
    "oidc",
    "sessions",
    "socket",
    "grants",
    "grace",
    "log",
];

impl ServiceConfig {
    /// Reads the file, with the group and the grants that it names.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let file = SettingsFile::read(path).map_err(CliError::usage)?;
        let mut reader = SettingsReader::new(&file);
        let mut config = Self::default();
        for setting in reader.keys(file.settings(), "a service", KEYS) {
            config.take(&mut reader, setting);
        }
        let shared = file.settings().iter().find(|setting| setting.key == "socket");
        if let Some(setting) = shared.filter(|_| config.grants.is_none()) {
            let message = "members of a group may open the socket, and nothing says what they may do";
            reader.problem(setting.position, message, "add `grants: /etc/pogo/grants.yaml`");
        }
        let problems = reader.into_problems();
        match problems.is_empty() {
            true => Ok(config),
            false => Err(CliError::usage(pogo_inventory::InventoryError::Invalid(problems))),
        }
    }

    fn take(&mut self, reader: &mut SettingsReader<'_>, setting: &SettingEntry) {
        let value = &setting.value;
        match setting.key.as_str() {
            "store" => self.store = store(reader, value),
            "namespace" => self.namespace = namespace(reader, value),
            "listen" => self.listen = reader.value(value, "an address of this machine and a port", "127.0.0.1:7646"),
            "advertise" => self.advertise = advertised(reader, value),
            "tls" => self.tls = tls(reader, value),
            "url" => {
                self.url = reader
                    .text(value, "an address", "https://pogo.example.com")
                    .map(str::to_owned)
            }
            "jwt" => self.issuers = issuers(reader, value),
            "oidc" => self.logins = logins(reader, value),
            "sessions" => self.sessions = sessions(reader, value),
            "socket" => self.socket = socket(reader, value),
            "grants" => self.grants = grants(reader, value),
            "grace" => self.grace = time(reader, value),
            _ => self.log = log_format(reader, value),
        }
    }

    /// With what was typed in place of what is written.
    pub(crate) fn with(mut self, typed: &ServeArgs) -> Self {
        match &typed.place.store {
            None | Some(StoreChoice::None) => {}
            typed => self.store.clone_from(typed),
        }
        self.namespace = typed.place.namespace.clone().or(self.namespace);
        self.listen = typed.listen.or(self.listen);
        self.advertise = typed.advertise.clone().or(self.advertise);
        self.tls = TlsFiles::typed(typed).or(self.tls);
        self.grants = typed.grants.clone().or(self.grants);
        self.grace = typed.grace.or(self.grace);
        self.log = typed.log.or(self.log);
        self
    }

    /// The grants that it names; where it names none, those of the owner.
    pub(crate) fn granted(&self) -> Result<Grants, CliError> {
        let Some(path) = &self.grants else {
            return Ok(Grants::of_owner());
        };
        Ok(GrantsFile::read(path).map_err(CliError::usage)?.grants().clone())
    }

    /// Refuses a port that would be served in a way that it must not be.
    pub(crate) fn check_port(&self) -> Result<(), CliError> {
        #[cfg(feature = "jwt")]
        super::issuers::authenticator(&self.issuers).map(drop)?;
        #[cfg(not(feature = "jwt"))]
        super::issuers::refuse(&self.issuers)?;
        #[cfg(feature = "oidc")]
        self.browser_logins(None).map(drop)?;
        #[cfg(not(feature = "oidc"))]
        super::logins::refuse(&self.logins)?;
        if let Some(url) = &self.advertise {
            self.check_advertised(url)?;
        }
        match (self.listen, &self.tls) {
            (None, Some(_)) => Err(CliError::usage(
                "the certificate is for a port, and none is listened on; name one with --listen",
            )),
            (Some(address), None) if !address.ip().is_loopback() => Err(CliError::usage(format!(
                "{address} can be reached from elsewhere, and what is sent there is not encrypted: give a certificate \
                 with --tls-cert and --tls-key; or listen on 127.0.0.1, and reach it with `ssh -L \
                 7646:127.0.0.1:{}` or through a proxy that encrypts",
                address.port()
            ))),
            (_, Some(files)) => files.check(),
            (_, None) => Ok(()),
        }
    }

    /// Where clients are sent, where they can be.
    pub(crate) fn advertised(&self) -> Option<String> {
        let own = || self.listen.map(|address| self.url(address));
        self.advertise.clone().or_else(own)
    }

    /// Refuses an address that nobody could be sent to.
    fn check_advertised(&self, url: &str) -> Result<(), CliError> {
        if self.listen.is_none() {
            return Err(CliError::usage(format!(
                "{url} is advertised, and no port is listened on; name one with --listen"
            )));
        }
        pogo_api::Client::at(url).map(drop).map_err(|error| {
            CliError::usage(format!(
                "clients cannot be sent to the address that is advertised: {error}"
            ))
        })
    }

    /// The address of the port, as browsers have it.
    pub(crate) fn url(&self, address: SocketAddr) -> String {
        match &self.tls {
            None => format!("http://{address}"),
            // A certificate names hosts, and whoever listens on all addresses has none.
            Some(_) if address.ip().is_unspecified() => {
                let uname = rustix::system::uname();
                format!("https://{}:{}", uname.nodename().to_string_lossy(), address.port())
            }
            Some(_) => format!("https://{address}"),
        }
    }

    /// By what people log in with their browsers, if they do.
    #[cfg(feature = "oidc")]
    pub(super) fn browser_logins(&self, bound: Option<SocketAddr>) -> Result<Option<pogo_web::OidcLogins>, CliError> {
        let url = match (&self.url, bound.or(self.listen)) {
            (Some(url), _) => url.clone(),
            (None, Some(address)) => self.url(address),
            (None, None) if self.logins.is_empty() => return Ok(None),
            (None, None) => {
                return Err(CliError::usage(
                    "people log in on a port, and none is listened on; name one with --listen",
                ));
            }
        };
        super::logins::browser_logins(&self.logins, self.sessions, &url)
    }

    /// Asks each provider by which people log in what it says of itself.
    fn check_logins(&self) -> Result<(), CliError> {
        #[cfg(feature = "oidc")]
        if let Some(logins) = self.browser_logins(None)? {
            let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
            return runtime.block_on(logins.check()).map_err(CliError::usage);
        }
        Ok(())
    }

    /// Says what would be served, if it could be.
    pub(crate) fn check(&self, place: &Place) -> Result<Exit, CliError> {
        self.granted()?;
        self.check_port()?;
        self.check_logins()?;
        let mut text = format!("serves {} of {}\n", place.namespace(), place.store());
        if let Some(socket) = &self.socket {
            text.push_str(&format!("on {}, for a group\n", socket.path.display()));
        }
        if let Some(address) = self.listen {
            let how = if self.tls.is_some() { ", by TLS" } else { "" };
            text.push_str(&format!("on {address}{how}, for whoever has a token\n"));
            if let Some(url) = &self.advertise {
                text.push_str(&format!("other dispatchers send their clients to {url}\n"));
            }
            if !self.issuers.is_empty() {
                text.push_str(&format!("and for whoever has one of {} issuers\n", self.issuers.len()));
            }
            if !self.logins.is_empty() {
                text.push_str(&format!(
                    "and for whoever logs in by one of {} providers\n",
                    self.logins.len()
                ));
            }
        }
        report::print(&text)?;
        Ok(Exit::Succeeded)
    }
}

fn log_format(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<ServiceLogFormat> {
    match reader.text(value, "`text` or `json`", "json")? {
        "text" => Some(ServiceLogFormat::Text),
        "json" => Some(ServiceLogFormat::Json),
        _ => {
            reader.problem(value.position, "the log is `text` or `json`", "for example `log: json`");
            None
        }
    }
}

/// The address of a store, or its directory.
fn store(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<StoreChoice> {
    let text = reader.text(value, "a path or an address", "/var/lib/pogo")?;
    if !StoreAddress::is_meant_by(text) {
        return absolute(reader, value, "/var/lib/pogo").map(StoreChoice::Dir);
    }
    match StoreAddress::parse(text) {
        Ok(address) => Some(StoreChoice::At(address)),
        Err(message) => {
            reader.problem(
                value.position,
                message,
                "for example `postgres://pogo@db.example.com/pogo`",
            );
            None
        }
    }
}

fn advertised(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<String> {
    let example = "https://pogo1.example.com:7646";
    let url = reader.text(value, "an address for clients", example)?;
    match pogo_api::Client::at(url) {
        Ok(_) => Some(url.to_owned()),
        Err(error) => {
            reader.problem(value.position, error.to_string(), &format!("for example `{example}`"));
            None
        }
    }
}

fn namespace(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<String> {
    let name: pogo_api::wire::NamespaceName = reader.value(value, "the name of a namespace", "default")?;
    Some(name.as_str().to_owned())
}

/// The file is read as well, so that what is wrong with it is said now.
fn grants(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<PathBuf> {
    let path = absolute(reader, value, "/etc/pogo/grants.yaml")?;
    if let Err(error) = GrantsFile::read(&path) {
        reader.problem(
            value.position,
            error.to_string(),
            "`pogo grants check --grants FILE` says the same",
        );
    }
    Some(path)
}
