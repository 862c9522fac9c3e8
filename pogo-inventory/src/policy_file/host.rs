//! `host:` connection settings of single hosts.

use pogo_core::fleet::Connection;

use super::setting;
use crate::roster::Roster;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

const KEYS: [&str; 4] = ["address", "port", "user", "vars"];
const EXAMPLE: &str = "host: { web1: { address: 10.0.0.1, port: 2222 } }";

pub(super) fn read(problems: &mut Problems<'_>, node: &Node<'_>, roster: &mut Roster) {
    let entries = match &node.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => return expect::expected(problems, node, "a map from hosts to settings", EXAMPLE),
    };
    for Entry { key, value } in entries {
        let hosts = roster.hosts(problems, key.span, &key.text);
        let connection = settings(problems, value);
        // A range in a key is worth it for a port or a user; an address is that of one host.
        if let (Some(address), true) = (&connection.address, hosts.len() > 1) {
            let message = format!(
                "{} hosts cannot share the address `{}`",
                hosts.len(),
                address.escape_debug()
            );
            problems.report_with(key.span, message, "give each host an entry of its own");
            continue;
        }
        for host in hosts {
            roster.connect(problems, key.span, &host, &connection);
        }
    }
}

fn settings(problems: &mut Problems<'_>, node: &Node<'_>) -> Connection {
    let mut connection = Connection::default();
    let entries = match &node.value {
        Value::Null => return connection,
        Value::Map(entries) => entries,
        _ => {
            expect::expected(problems, node, "a map of settings", EXAMPLE);
            return connection;
        }
    };
    for Entry { key, value } in entries {
        match &*key.text {
            "address" => connection.address = setting::text(problems, value, "address", "10.0.0.1"),
            "port" => connection.port = setting::port(problems, value),
            "user" => connection.user = setting::text(problems, value, "user", "deploy"),
            "vars" => vars(problems, value, &mut connection),
            _ => keys::unknown(problems, key, "a host", &KEYS),
        }
    }
    connection
}

fn vars(problems: &mut Problems<'_>, node: &Node<'_>, connection: &mut Connection) {
    let entries = match &node.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            return expect::expected(
                problems,
                node,
                "a map of texts",
                "vars: { identity_file: ~/.ssh/deploy }",
            );
        }
    };
    for Entry { key, value } in entries {
        if let Some(text) = setting::text(problems, value, &key.text, "text") {
            connection.vars.insert(key.text.clone().into_owned(), text);
        }
    }
}
