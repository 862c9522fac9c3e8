//! The settings that apply to each host.

use std::collections::HashSet;

use indexmap::IndexMap;
use pogo_core::fleet::{Connection, FleetBuilder, HostName};
use pogo_core::inventory::Diagnostic;
use pogo_core::policy::Origin;
use pogo_ssh_config::{AppliedLines, ClientSetting, ConfigFiles, ConfigLine};

use super::check::{diagnostic, is_taken_over, origin};
use crate::origins::OriginTable;

/// Names of settings without their own field in the fleet.
const IDENTITY: &str = "identity";
const KEY_ALIAS: &str = "host_key_alias";
const JUMP: &str = "proxy_jump";

/// Collects the hosts of a configuration.
#[derive(Default)]
pub(super) struct HostCollector {
    pub(super) fleet: FleetBuilder,
    pub(super) origins: OriginTable,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    /// Lines that were reported.
    reported: HashSet<String>,
}

/// Host names, each with its first position and its lines.
type Hosts<'c> = IndexMap<HostName, (Origin, AppliedLines<'c>)>;

fn hosts(config: &ConfigFiles) -> Hosts<'_> {
    let mut hosts = Hosts::new();
    for (line, word) in config.named_hosts() {
        let Ok(host) = HostName::new(&word.text) else { continue };
        if hosts.contains_key(&host) {
            continue;
        }
        let applied = config.lines_for(&word.text);
        // A name may be taken out in its own line: `Host web1 !web1` names nobody. Lines are
        // compared, not their texts.
        if applied.named_by.iter().any(|by| std::ptr::eq(*by, line)) {
            hosts.insert(host, (origin(&line.position_of(word)), applied));
        }
    }
    hosts
}

impl HostCollector {
    pub(super) fn collect(&mut self, config: &ConfigFiles) {
        let hosts = hosts(config);
        for (host, (named, applied)) in &hosts {
            self.refuse_unknown(applied);
            self.add(host, named, &HostLines::of(applied));
        }
    }

    fn refuse_unknown(&mut self, applied: &AppliedLines<'_>) {
        for line in &applied.unknown {
            // A line of `Host *` is one of each host, and has to be complained of once.
            if self.reported.insert(origin(&line.position()).to_string()) {
                self.problems.push(diagnostic(&line.unknown_keyword()));
            }
        }
    }

    fn add(&mut self, host: &HostName, named: &Origin, lines: &HostLines<'_>) {
        if let Some(line) = lines.second_identity
            && let position = value_origin(line)
            && self.reported.insert(position.to_string())
        {
            let message = format!("a second key file for `{host}` is not taken over");
            let hint = "the transport tries its own keys behind the first";
            self.warnings.push(Diagnostic::at(&position, message).with_hint(hint));
        }
        let connection = match lines.connection(host) {
            Ok(connection) => connection,
            Err(problem) => return self.problems.push(problem),
        };
        self.origins.at_origin(named);
        let Some(id) = self.fleet.insert(host.clone()) else {
            return;
        };
        self.origins.list(id);
        for line in &lines.first {
            self.origins.at_origin(&value_origin(line));
            self.origins.set(id, line.setting().map_or("", setting_name));
        }
        self.fleet.connect(id, connection);
    }
}

/// The position of a line's value; for a command that of the line.
fn value_origin(line: &ConfigLine) -> Origin {
    let word = match line.setting() {
        Some(ClientSetting::ProxyCommand) => line.keyword(),
        _ => line.arguments().first().unwrap_or(line.keyword()),
    };
    origin(&line.position_of(word))
}

/// The fleet's name of a setting.
fn setting_name(setting: ClientSetting) -> &'static str {
    match setting {
        ClientSetting::HostName => "address",
        ClientSetting::Port => "port",
        ClientSetting::User => "user",
        ClientSetting::IdentityFile => IDENTITY,
        ClientSetting::HostKeyAlias => KEY_ALIAS,
        _ => JUMP,
    }
}

/// The line that counts for each setting of a host.
#[derive(Default)]
struct HostLines<'c> {
    first: Vec<&'c ConfigLine>,
    second_identity: Option<&'c ConfigLine>,
}

impl<'c> HostLines<'c> {
    fn of(applied: &AppliedLines<'c>) -> Self {
        let mut lines = Self::default();
        let taken = |line: &&ConfigLine| line.setting().is_some_and(is_taken_over);
        for line in applied.settings.iter().copied().filter(taken) {
            // By the fleet's name, in which `ProxyCommand` and `ProxyJump` are one setting: the
            // first of both counts.
            let name = line.setting().map(setting_name);
            let known = lines
                .first
                .iter()
                .find(|known| known.setting().map(setting_name) == name);
            match known {
                None => lines.first.push(line),
                Some(first) if name == Some(IDENTITY) && first.setting_value() != line.setting_value() => {
                    lines.second_identity = lines.second_identity.or(Some(line));
                }
                Some(_) => {}
            }
        }
        lines
    }

    fn line(&self, setting: ClientSetting) -> Option<&'c ConfigLine> {
        self.first.iter().copied().find(|line| line.setting() == Some(setting))
    }

    fn text(&self, setting: ClientSetting) -> Option<String> {
        self.line(setting)?.setting_value()
    }

    fn connection(&self, host: &HostName) -> Result<Connection, Diagnostic> {
        let port = self.text(ClientSetting::Port);
        let user = self.text(ClientSetting::User);
        let mut tokens = Tokens {
            alias: host.as_str(),
            address: host.as_str().to_owned(),
            port: port.as_deref().unwrap_or("22"),
            user: user.as_deref(),
        };
        if let Some(line) = self.line(ClientSetting::HostName) {
            tokens.address = tokens.fill(line)?;
        }
        let mut connection = Connection::new();
        connection.address = Some(&tokens.address)
            .filter(|address| *address != host.as_str())
            .cloned();
        // 22 is for `%p` alone: a host without a port must not carry one that it was not given.
        connection.port = tokens.port.parse().ok().filter(|_| port.is_some());
        connection.user = user.clone();
        for setting in [
            ClientSetting::IdentityFile,
            ClientSetting::HostKeyAlias,
            ClientSetting::ProxyJump,
        ] {
            let Some(line) = self.line(setting) else { continue };
            let mut value = tokens.fill(line)?;
            if value.eq_ignore_ascii_case("none") {
                continue;
            }
            if setting == ClientSetting::HostKeyAlias {
                // OpenSSH looks it up in lower case.
                value.make_ascii_lowercase();
            }
            connection.vars.insert(setting_name(setting).to_owned(), value);
        }
        Ok(connection)
    }
}

/// The values of `%h` and other tokens.
struct Tokens<'h> {
    alias: &'h str,
    address: String,
    port: &'h str,
    user: Option<&'h str>,
}

impl Tokens<'_> {
    fn fill(&self, line: &ConfigLine) -> Result<String, Diagnostic> {
        let mut filled = String::new();
        let value = line.setting_value().unwrap_or_default();
        let mut characters = value.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                filled.push(character);
                continue;
            }
            match characters.next() {
                Some('h') => filled.push_str(&self.address),
                Some('n') => filled.push_str(self.alias),
                Some('p') => filled.push_str(self.port),
                // Whose home it is, the transport knows: a fleet is also read by a service of
                // another account.
                Some('d') => filled.push('~'),
                Some('r') => filled.push_str(self.user.ok_or_else(|| {
                    let message = format!("`%r` is the user of `{}`, which is not set", self.alias);
                    Diagnostic::at(&value_origin(line), message).with_hint("set `User`")
                })?),
                Some('%') => filled.push('%'),
                _ => {}
            }
        }
        Ok(filled)
    }
}
