//! What counts for each host.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use pogo_core::fleet::{Connection, FleetBuilder, HostName};
use pogo_core::inventory::{Diagnostic, InventoryError, Listing};

use super::keyword::Setting;
use super::pattern::{Names, Subject};
use super::reader::{Reader, Value};
use crate::address::{wrong_address, wrong_user};
use crate::origins::OriginTable;

/// Names of the settings for the transport.
const IDENTITY: &str = "identity";
const KEY_ALIAS: &str = "host_key_alias";
const JUMP: &str = "proxy_jump";

/// Comparisons of hosts with patterns: a file must not take for ever.
const MAX_COMPARED: usize = 100_000_000;

/// What is wrong with a value, and the cure.
pub(super) fn wrong(setting: Setting, text: &str) -> Option<(String, &'static str)> {
    if text.is_empty() {
        return Some(("the value is empty".to_owned(), "write the value, or take the line out"));
    }
    if setting == Setting::Port {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        let message = format!("`{}` is not a port", text.escape_debug());
        return port
            .is_none()
            .then_some((message, "a port is a number from 1 to 65535"));
    }
    if text.contains("${") {
        let hint = "write the value";
        return Some(("variables of the environment are not supported".to_owned(), hint));
    }
    let wrong = match setting {
        Setting::Address => wrong_address(text),
        Setting::User => wrong_user(text),
        Setting::Proxy => wrong_jump(text),
        _ => None,
    };
    if wrong.is_some() {
        return wrong;
    }
    let known = match setting {
        Setting::Address => "%h",
        Setting::Identity => "%dhnpr",
        Setting::Proxy => "%hnpr",
        Setting::Port | Setting::User | Setting::KeyAlias => "",
    };
    let tokens = text.split('%').skip(1).collect::<Vec<_>>();
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let letter = token.chars().next();
        match letter {
            // The second half of `%%`.
            None if known.contains('%') && tokens.peek().is_some() => _ = tokens.next(),
            Some(letter) if known.contains(letter) => {}
            _ => {
                let written: String = letter.into_iter().collect();
                let message = format!("the token `%{}` is not supported here", written.escape_debug());
                return Some((message, "write the value"));
            }
        }
    }
    None
}

/// A jump of several hosts, one of which is missing.
fn wrong_jump(text: &str) -> Option<(String, &'static str)> {
    let missing = |jump: &str| match jump.rsplit_once('@') {
        Some((user, host)) => user.is_empty() || host.is_empty(),
        None => jump.is_empty(),
    };
    let message = format!("`{}` lacks a host or a user", text.escape_debug());
    let hint = "write `[user@]host[:port]`, several with a comma between two";
    text.split(',').any(missing).then_some((message, hint))
}

/// Each host with what counts for it.
pub(super) fn of(mut reader: Reader) -> Result<Listing, InventoryError> {
    let mut problems = std::mem::take(&mut reader.problems);
    let mut warnings = std::mem::take(&mut reader.warnings);
    let (mut fleet, mut origins) = (FleetBuilder::default(), OriginTable::default());
    let index = Index::new(&reader);
    let compared = index.wild.len().saturating_mul(reader.hosts.len());
    if let Some(first) = index.wild.first().filter(|_| compared > MAX_COMPARED) {
        let origin = reader.blocks.get(*first).and_then(|block| block.values.first());
        let message = format!(
            "{} patterns and {} hosts are too many to compare",
            index.wild.len(),
            reader.hosts.len()
        );
        problems.extend(origin.map(|value| Diagnostic::at(&value.origin, message)));
    }
    if !problems.is_empty() {
        return Err(InventoryError::Invalid(problems));
    }
    let mut warned = HashSet::new();
    for (host, origin) in &reader.hosts {
        let (first, second_key) = index.values(&reader, host);
        if let Some(value) = second_key.filter(|value| warned.insert(value.origin.to_string())) {
            let message = format!("a second key file for `{host}` is not taken over");
            let hint = "the transport tries its own keys behind the first";
            warnings.push(Diagnostic::at(&value.origin, message).with_hint(hint));
        }
        match connection(host, &first) {
            Ok(connection) => {
                origins.at_origin(origin);
                let Some(id) = fleet.insert(host.clone()) else { continue };
                origins.list(id);
                for (setting, value) in &first {
                    origins.at_origin(&value.origin);
                    origins.set(id, setting_name(*setting).to_owned());
                }
                fleet.connect(id, connection);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        let mut listing = Listing::new(fleet);
        listing.origins = Arc::new(origins);
        listing.warnings = warnings;
        listing.files = reader.read;
        Ok(listing)
    } else {
        Err(InventoryError::Invalid(problems))
    }
}

/// What the fleet calls a setting.
fn setting_name(setting: Setting) -> &'static str {
    match setting {
        Setting::Address => "address",
        Setting::Port => "port",
        Setting::User => "user",
        Setting::Identity => IDENTITY,
        Setting::KeyAlias => KEY_ALIAS,
        Setting::Proxy => JUMP,
    }
}

/// Which blocks are worth a look for a host.
struct Index<'r> {
    named: HashMap<&'r str, Vec<usize>>,
    wild: Vec<usize>,
}

impl<'r> Index<'r> {
    fn new(reader: &'r Reader) -> Self {
        let mut index = Self {
            named: HashMap::new(),
            wild: Vec::new(),
        };
        let filled = reader
            .blocks
            .iter()
            .enumerate()
            .filter(|(_, block)| !block.values.is_empty());
        for (at, block) in filled {
            match block.names.last().filter(|names| names.is_plain()) {
                Some(names) => {
                    for name in &names.literal {
                        index.named.entry(name).or_default().push(at);
                    }
                }
                None => index.wild.push(at),
            }
        }
        index
    }

    /// The first value of each setting, and a second key file.
    fn values(&self, reader: &'r Reader, host: &HostName) -> (BTreeMap<Setting, &'r Value>, Option<&'r Value>) {
        let named = self.named.get(host.as_str()).into_iter().flatten();
        let mut blocks: Vec<usize> = named.chain(&self.wild).copied().collect();
        blocks.sort_unstable();
        let mut first: BTreeMap<Setting, &Value> = BTreeMap::new();
        let mut second_key = None;
        // A `Match` is decided where it stands, even if an address and an `Include` follow.
        let mut held: HashMap<*const Names, bool> = HashMap::new();
        for block in blocks.into_iter().filter_map(|at| reader.blocks.get(at)) {
            let address = || {
                let value = first.get(&Setting::Address).copied().filter(|value| !value.foreign)?;
                Tokens::of(host.as_str()).fill(value).ok()
            };
            // The address is only looked at where a condition asks for it.
            let asks = block.names.iter().any(|names| names.subject == Subject::Address);
            let address = if asks { address() } else { None };
            let address = address.as_deref().unwrap_or(host.as_str());
            let mut holds = |names: &Rc<Names>| match names.subject {
                Subject::Address => *held
                    .entry(Rc::as_ptr(names))
                    .or_insert_with(|| names.matches(host.as_str(), address)),
                _ => names.matches(host.as_str(), address),
            };
            if !block.names.iter().all(&mut holds) {
                continue;
            }
            for value in &block.values {
                let kept = first.entry(value.setting).or_insert(value);
                if value.setting == Setting::Identity && kept.text != value.text {
                    second_key = second_key.or(Some(value));
                }
            }
        }
        (first, second_key)
    }
}

fn connection(host: &HostName, values: &BTreeMap<Setting, &Value>) -> Result<Connection, Diagnostic> {
    let of = |setting| values.get(&setting).filter(|value| !value.foreign);
    let text = |setting| of(setting).map(|value| value.text.as_str());
    let mut tokens = Tokens {
        port: text(Setting::Port).unwrap_or("22"),
        user: text(Setting::User),
        ..Tokens::of(host.as_str())
    };
    if let Some(value) = of(Setting::Address) {
        tokens.address = tokens.fill(value)?;
    }
    let mut connection = Connection {
        address: Some(&tokens.address)
            .filter(|address| *address != host.as_str())
            .cloned(),
        port: text(Setting::Port).and_then(|port| port.parse().ok()),
        user: tokens.user.map(str::to_owned),
        ..Connection::default()
    };
    for (setting, name) in [
        (Setting::Identity, IDENTITY),
        (Setting::KeyAlias, KEY_ALIAS),
        (Setting::Proxy, JUMP),
    ] {
        if let Some(value) = of(setting).filter(|value| !value.text.eq_ignore_ascii_case("none")) {
            let mut filled = tokens.fill(value)?;
            if setting == Setting::KeyAlias {
                // As OpenSSH looks it up.
                filled.make_ascii_lowercase();
            }
            connection.vars.insert(name.to_owned(), filled);
        }
    }
    Ok(connection)
}

/// What stands for `%h` and its like.
struct Tokens<'h> {
    alias: &'h str,
    address: String,
    port: &'h str,
    user: Option<&'h str>,
}

impl<'h> Tokens<'h> {
    fn of(alias: &'h str) -> Self {
        Self {
            alias,
            address: alias.to_owned(),
            port: "22",
            user: None,
        }
    }

    fn fill(&self, value: &Value) -> Result<String, Diagnostic> {
        let mut filled = String::new();
        let mut characters = value.text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                filled.push(character);
                continue;
            }
            match characters.next() {
                Some('h') => filled.push_str(&self.address),
                Some('n') => filled.push_str(self.alias),
                Some('p') => filled.push_str(self.port),
                Some('d') => filled.push('~'),
                Some('r') => filled.push_str(self.user.ok_or_else(|| {
                    let message = format!("`%r` is the user of `{}`, which is not set", self.alias);
                    Diagnostic::at(&value.origin, message).with_hint("set `User`")
                })?),
                Some('%') => filled.push('%'),
                _ => {}
            }
        }
        Ok(filled)
    }
}
