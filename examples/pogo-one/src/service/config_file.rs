//! `pogo serve --config FILE`: the service as a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Group;
use pogo_inventory::{Setting, SettingItem, SettingValue, SettingsFile, SettingsReader};
use pogo_web::{Grants, GrantsFile};

use super::Place;
use super::encryption::TlsFiles;
use super::issuers::{IssuerSettings, issuers};
use super::server_address::SHARED_SOCKET;
use super::setting_path::absolute;
use crate::cli::{ServeArgs, StoreAddress, StoreChoice};
use crate::exit::{CliError, Exit};
use crate::report;

/// What a service is made of. Whatever is typed wins.
#[derive(Debug, Default)]
pub(crate) struct ServiceConfig {
    pub(crate) store: Option<StoreChoice>,
    pub(crate) namespace: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
    /// What `listen` is encrypted with.
    pub(crate) tls: Option<TlsFiles>,
    /// Whose tokens are taken on `listen`, besides those of `pogo token`.
    pub(crate) issuers: Vec<IssuerSettings>,
    pub(crate) socket: Option<GroupSocket>,
    pub(crate) grants: Option<PathBuf>,
    pub(crate) grace: Option<Duration>,
}

/// A socket that the members of a group may open.
#[derive(Debug, Clone)]
pub(crate) struct GroupSocket {
    pub(crate) path: PathBuf,
    /// The number of the group.
    pub(crate) group: u32,
}

const KEYS: &[&str] = &[
    "store",
    "namespace",
    "listen",
    "tls",
    "jwt",
    "socket",
    "grants",
    "grace",
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

    fn take(&mut self, reader: &mut SettingsReader<'_>, setting: &Setting) {
        let value = &setting.value;
        match setting.key.as_str() {
            "store" => self.store = store(reader, value),
            "namespace" => self.namespace = namespace(reader, value),
            "listen" => self.listen = reader.value(value, "an address of this machine and a port", "127.0.0.1:7646"),
            "tls" => self.tls = tls(reader, value),
            "jwt" => self.issuers = issuers(reader, value),
            "socket" => self.socket = socket(reader, value),
            "grants" => self.grants = grants(reader, value),
            _ => self.grace = time(reader, value),
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
        self.tls = TlsFiles::typed(typed).or(self.tls);
        self.grants = typed.grants.clone().or(self.grants);
        self.grace = typed.grace.or(self.grace);
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

    /// Says what would be served, if it could be.
    pub(crate) fn check(&self, place: &Place) -> Result<Exit, CliError> {
        self.granted()?;
        self.check_port()?;
        let mut text = format!("serves {} of {}\n", place.namespace(), place.store());
        if let Some(socket) = &self.socket {
            text.push_str(&format!("on {}, for a group\n", socket.path.display()));
        }
        if let Some(address) = self.listen {
            let how = if self.tls.is_some() { ", by TLS" } else { "" };
            text.push_str(&format!("on {address}{how}, for whoever has a token\n"));
            if !self.issuers.is_empty() {
                text.push_str(&format!("and for whoever has one of {} issuers\n", self.issuers.len()));
            }
        }
        report::print(&text)?;
        Ok(Exit::Succeeded)
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

fn namespace(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<String> {
    let name: pogo_api::wire::NamespaceName = reader.value(value, "the name of a namespace", "default")?;
    Some(name.as_str().to_owned())
}

fn time(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<Duration> {
    let text = reader.text(value, "a time", "1m")?;
    match crate::cli::duration(text) {
        Ok(time) => Some(time),
        Err(error) => {
            reader.problem(value.position, error, "for example `1m`");
            None
        }
    }
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

fn tls(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<TlsFiles> {
    let example = "tls: {certificate: /etc/pogo/server.pem, key: /etc/pogo/server.key}";
    let written = reader.map(value, "a map", example);
    let (mut certificate, mut key) = (None, None);
    for setting in reader.keys(written, "a certificate", &["certificate", "key"]) {
        match setting.key.as_str() {
            "certificate" => certificate = absolute(reader, &setting.value, "/etc/pogo/server.pem"),
            _ => key = absolute(reader, &setting.value, "/etc/pogo/server.key"),
        }
    }
    let has = |name: &str| written.iter().any(|setting| setting.key == name);
    let is_half = !has("certificate") || !has("key");
    if !written.is_empty() && is_half {
        let message = "a certificate is served with its key";
        reader.problem(value.position, message, &format!("for example `{example}`"));
    }
    let (certificate, key) = (certificate?, key?);
    Some(TlsFiles { certificate, key })
}

fn socket(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<GroupSocket> {
    let example = "socket: {group: deploy}";
    let written = reader.map(value, "a map", example);
    let (mut path, mut group) = (Some(PathBuf::from(SHARED_SOCKET)), None);
    for setting in reader.keys(written, "a socket", &["path", "group"]) {
        match setting.key.as_str() {
            "path" => path = absolute(reader, &setting.value, SHARED_SOCKET),
            _ => group = group_number(reader, &setting.value),
        }
    }
    if !written.is_empty() && !written.iter().any(|setting| setting.key == "group") {
        reader.problem(
            value.position,
            "the socket does not say whose it is",
            &format!("for example `{example}`"),
        );
    }
    if matches!(value.value, SettingValue::Nothing) {
        return None;
    }
    Some(GroupSocket {
        path: path?,
        group: group?,
    })
}

fn group_number(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<u32> {
    let name = reader.text(value, "the name of a group", "deploy")?;
    match Group::from_name(name) {
        Ok(Some(group)) => Some(group.gid.as_raw()),
        Ok(None) => {
            let message = format!("this machine has no group `{}`", name.escape_debug());
            reader.problem(
                value.position,
                message,
                &format!("`groupadd {name}` makes it, if that is its name"),
            );
            None
        }
        Err(error) => {
            reader.problem(
                value.position,
                format!("the group cannot be looked up: {error}"),
                "try again",
            );
            None
        }
    }
}
