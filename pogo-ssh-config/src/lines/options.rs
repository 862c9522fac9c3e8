//! Collects values from lines: the first one counts.

use std::collections::BTreeMap;

use super::keyword::ClientSetting;
use super::line_use::LineUse;
use super::line_values::LineValues;
use super::scope::ConfigScope;
use crate::position::FilePosition;
use crate::value::jump::{Hop, jump_hosts};
use crate::value::settings::{AddressFamily, AlgorithmLists, StrictHostKeyChecking};

/// A file of keys or certificates, and whose configuration names it.
pub(crate) type NamedFile = (String, ConfigScope);

/// An unsupported setting, as first written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnsupportedOption {
    pub(crate) value: String,
    pub(crate) position: FilePosition,
    /// Values without an effect.
    pub(crate) harmless: &'static [&'static str],
    /// Whether other values are refused rather than ignored with a remark.
    pub(crate) refused: bool,
}

impl UnsupportedOption {
    pub(crate) fn is_harmless(&self) -> bool {
        self.harmless
            .iter()
            .any(|value| value.eq_ignore_ascii_case(&self.value))
    }
}

/// The values set so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct CollectedOptions {
    pub(crate) user: Option<String>,
    pub(crate) host_name: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) host_key_alias: Option<String>,
    pub(crate) identity_files: Vec<NamedFile>,
    pub(crate) identities_only: Option<bool>,
    pub(crate) identity_agent: Option<String>,
    pub(crate) user_known_hosts: Vec<String>,
    pub(crate) global_known_hosts: Vec<String>,
    pub(crate) proxy_command: Option<(String, FilePosition)>,
    pub(crate) proxy_jump: Option<Vec<Hop>>,
    pub(crate) connect_timeout: Option<u64>,
    pub(crate) connection_attempts: Option<i64>,
    pub(crate) server_alive_interval: Option<u64>,
    pub(crate) server_alive_count_max: Option<i64>,
    pub(crate) address_family: Option<AddressFamily>,
    pub(crate) strict: Option<StrictHostKeyChecking>,
    pub(crate) public_keys: Option<bool>,
    pub(crate) passwords: Option<bool>,
    pub(crate) questions: Option<bool>,
    pub(crate) preferred: Option<String>,
    pub(crate) ignored_unknown: Option<String>,
    pub(crate) algorithms: AlgorithmLists,
    pub(crate) certificate_files: Vec<NamedFile>,
    pub(crate) forward_agent: Option<bool>,
    /// The socket of the agent to forward, or the variable that contains it.
    pub(crate) forwarded_socket: Option<String>,
    pub(crate) send_env: Vec<String>,
    pub(crate) set_env: Vec<(String, String)>,
    pub(crate) bind_address: Option<String>,
    pub(crate) bind_interface: Option<String>,
    pub(crate) tcp_keep_alive: Option<bool>,
    pub(crate) rekey_limit: Option<u64>,
    pub(crate) rekey_interval: Option<u64>,
    pub(crate) check_host_ip: Option<bool>,
    pub(crate) hash_known_hosts: Option<bool>,
    pub(crate) trusts_localhost: Option<bool>,
    pub(crate) tag: Option<String>,
    pub(crate) others: BTreeMap<String, UnsupportedOption>,
}

/// Sets the value unless it is set already.
pub(crate) fn first<T>(slot: &mut Option<T>, value: T, line_use: LineUse) {
    if line_use.applies() && slot.is_none() {
        *slot = Some(value);
    }
}

/// In OpenSSH `none` leaves the time unset: a later line may still set it.
fn first_time(slot: &mut Option<u64>, value: Option<u64>, line_use: LineUse) {
    if let Some(value) = value {
        first(slot, value, line_use);
    }
}

impl CollectedOptions {
    /// Checks the values of a line, and sets them where it applies.
    pub(crate) fn take(
        &mut self,
        setting: ClientSetting,
        values: &mut LineValues<'_>,
        line_use: LineUse,
    ) -> Result<(), String> {
        // Four tables of fields instead of one long match: settings of the same form differ only by
        // their field.
        if let Some(slot) = self.text_of(setting) {
            first(slot, values.text()?, line_use);
        } else if let Some(slot) = self.flag_of(setting) {
            first(slot, values.flag()?, line_use);
        } else if let Some(slot) = self.time_of(setting) {
            first_time(slot, values.time()?, line_use);
        } else if let Some(slot) = self.count_of(setting) {
            first(slot, values.number()?, line_use);
        } else {
            return self.take_special(setting, values, line_use);
        }
        Ok(())
    }

    /// The field of a text setting.
    fn text_of(&mut self, setting: ClientSetting) -> Option<&mut Option<String>> {
        Some(match setting {
            ClientSetting::User => &mut self.user,
            ClientSetting::HostName => &mut self.host_name,
            ClientSetting::HostKeyAlias => &mut self.host_key_alias,
            ClientSetting::IdentityAgent => &mut self.identity_agent,
            ClientSetting::PreferredAuthentications => &mut self.preferred,
            ClientSetting::BindAddress => &mut self.bind_address,
            ClientSetting::BindInterface => &mut self.bind_interface,
            ClientSetting::Tag => &mut self.tag,
            _ => return None,
        })
    }

    /// The field of a yes-or-no setting.
    fn flag_of(&mut self, setting: ClientSetting) -> Option<&mut Option<bool>> {
        Some(match setting {
            ClientSetting::IdentitiesOnly => &mut self.identities_only,
            ClientSetting::PasswordAuthentication => &mut self.passwords,
            ClientSetting::KbdInteractiveAuthentication => &mut self.questions,
            ClientSetting::TcpKeepAlive => &mut self.tcp_keep_alive,
            ClientSetting::CheckHostIp => &mut self.check_host_ip,
            ClientSetting::NoHostAuthenticationForLocalhost => &mut self.trusts_localhost,
            ClientSetting::HashKnownHosts => &mut self.hash_known_hosts,
            _ => return None,
        })
    }

    /// The field of a time setting.
    fn time_of(&mut self, setting: ClientSetting) -> Option<&mut Option<u64>> {
        Some(match setting {
            ClientSetting::ConnectTimeout => &mut self.connect_timeout,
            ClientSetting::ServerAliveInterval => &mut self.server_alive_interval,
            _ => return None,
        })
    }

    /// The field of a number setting.
    fn count_of(&mut self, setting: ClientSetting) -> Option<&mut Option<i64>> {
        Some(match setting {
            ClientSetting::ConnectionAttempts => &mut self.connection_attempts,
            ClientSetting::ServerAliveCountMax => &mut self.server_alive_count_max,
            _ => return None,
        })
    }

    /// Settings with their own syntax.
    fn take_special(
        &mut self,
        setting: ClientSetting,
        values: &mut LineValues<'_>,
        line_use: LineUse,
    ) -> Result<(), String> {
        match setting {
            ClientSetting::Port => first(&mut self.port, values.port()?, line_use),
            ClientSetting::PubkeyAuthentication => {
                let forms = [("unbound", true), ("host-bound", true)];
                first(&mut self.public_keys, values.one_of_or_flag(&forms)?, line_use);
            }
            ClientSetting::AddressFamily => first(&mut self.address_family, values.one_of(FAMILIES)?, line_use),
            ClientSetting::StrictHostKeyChecking => first(&mut self.strict, values.one_of(STRICT)?, line_use),
            ClientSetting::UserKnownHostsFile => values.files(&mut self.user_known_hosts, line_use)?,
            ClientSetting::GlobalKnownHostsFile => values.files(&mut self.global_known_hosts, line_use)?,
            ClientSetting::IdentityFile => add_file(&mut self.identity_files, values, line_use)?,
            ClientSetting::CertificateFile => add_file(&mut self.certificate_files, values, line_use)?,
            ClientSetting::ProxyCommand => {
                let command = (values.whole_text(), values.line.position());
                // The first of both counts, whichever it is: each of them disables a later line
                // with the other.
                if self.proxy_jump.is_none() {
                    first(&mut self.proxy_command, command, line_use);
                }
            }
            ClientSetting::ProxyJump => self.take_jump(values, line_use)?,
            ClientSetting::ForwardAgent => self.take_agent(values.text()?, line_use),
            ClientSetting::SendEnv => values.sent_variables(&mut self.send_env, line_use)?,
            ClientSetting::SetEnv => values.set_variables(&mut self.set_env, line_use)?,
            ClientSetting::RekeyLimit => {
                let (bytes, interval) = values.rekey_limit()?;
                first(&mut self.rekey_limit, bytes, line_use);
                first_time(&mut self.rekey_interval, interval, line_use);
            }
            _ => self.take_algorithms(setting, values, line_use)?,
        }
        Ok(())
    }

    fn take_algorithms(
        &mut self,
        setting: ClientSetting,
        values: &mut LineValues<'_>,
        line_use: LineUse,
    ) -> Result<(), String> {
        let lists = &mut self.algorithms;
        match setting {
            ClientSetting::RequiredRsaSize => {
                let bits = u32::try_from(values.number()?).unwrap_or(0);
                first(&mut lists.required_rsa_size, bits, line_use);
            }
            ClientSetting::Ciphers => first(&mut lists.ciphers, values.algorithms(false)?, line_use),
            ClientSetting::Macs => first(&mut lists.macs, values.algorithms(false)?, line_use),
            ClientSetting::KexAlgorithms => first(&mut lists.kex, values.algorithms(false)?, line_use),
            ClientSetting::HostKeyAlgorithms => first(&mut lists.host_keys, values.algorithms(true)?, line_use),
            ClientSetting::PubkeyAcceptedAlgorithms => first(&mut lists.user_keys, values.algorithms(true)?, line_use),
            ClientSetting::CaSignatureAlgorithms => first(&mut lists.authorities, values.algorithms(true)?, line_use),
            // All others are handled above.
            _ => {}
        }
        Ok(())
    }

    /// The last jump host.
    pub(crate) fn jump_host(&self) -> &str {
        let last = self.proxy_jump.as_ref().and_then(|hops| hops.last());
        last.map_or("", |hop| hop.host.as_str())
    }

    /// In OpenSSH, whether to forward and which agent are separate settings.
    fn take_agent(&mut self, text: String, line_use: LineUse) {
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" => first(&mut self.forward_agent, true, line_use),
            "no" | "false" => first(&mut self.forward_agent, false, line_use),
            _ => {
                first(&mut self.forward_agent, true, line_use);
                first(&mut self.forwarded_socket, text, line_use);
            }
        }
    }

    fn take_jump(&mut self, values: &mut LineValues<'_>, line_use: LineUse) -> Result<(), String> {
        let text = values.whole_text();
        let hops = jump_hosts(&text).ok_or_else(|| {
            format!("`{text}` is no jump; write `[user@]host[:port]`, several with a comma between two")
        })?;
        if line_use.applies() && self.proxy_command.is_none() && self.proxy_jump.is_none() {
            if !hops.is_empty() {
                // As in OpenSSH: a `ProxyCommand` that comes later is ignored.
                self.proxy_command = Some(("none".to_owned(), values.line.position()));
            }
            self.proxy_jump = Some(hops);
        }
        Ok(())
    }
}

/// Adds a file that is not among them yet.
fn add_file(files: &mut Vec<NamedFile>, values: &mut LineValues<'_>, line_use: LineUse) -> Result<(), String> {
    let file = (values.text()?, values.scope);
    if line_use.applies() && !files.contains(&file) {
        files.push(file);
    }
    Ok(())
}

const FAMILIES: &[(&str, AddressFamily)] = &[
    ("inet", AddressFamily::Inet),
    ("inet6", AddressFamily::Inet6),
    ("any", AddressFamily::Any),
];

const STRICT: &[(&str, StrictHostKeyChecking)] = &[
    ("yes", StrictHostKeyChecking::Yes),
    ("true", StrictHostKeyChecking::Yes),
    ("no", StrictHostKeyChecking::No),
    ("false", StrictHostKeyChecking::No),
    ("off", StrictHostKeyChecking::No),
    ("ask", StrictHostKeyChecking::Ask),
    ("accept-new", StrictHostKeyChecking::AcceptNew),
];
