//! Configurations that nobody would write.

use std::sync::LazyLock;

use pogo_ssh_config::HostQuery;
use proptest::prelude::*;

use crate::openssh::{Written, is_there};

static HERE: LazyLock<bool> = LazyLock::new(|| is_there("any_configuration_means_the_same"));

fn pattern() -> impl Strategy<Value = String> {
    let name = prop_oneof!["web[12]?", "db", "gate", r"web1\.example\.com"];
    let wild = prop_oneof![Just("*"), Just("web?"), Just("w*1*"), Just("*.example.com"), Just("?*")];
    let any = prop_oneof![name.prop_map(String::from), wild.prop_map(String::from)];
    (any, prop::bool::weighted(0.2))
        .prop_map(|(pattern, negated)| if negated { format!("!{pattern}") } else { pattern })
}

fn block() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        pattern().prop_map(|p| format!("host {p}")),
        (pattern(), pattern()).prop_map(|(one, two)| format!("originalhost {one},{two}")),
        pattern().prop_map(|p| format!("!host {}", p.trim_start_matches('!'))),
        Just("user joe".to_owned()),
        Just("!user joe,ann".to_owned()),
        Just("localuser *".to_owned()),
        Just("final".to_owned()),
        Just("!final".to_owned()),
        Just("canonical".to_owned()),
        Just("exec true".to_owned()),
        Just("exec \"test %h = web1\"".to_owned()),
        // Single quotes are none here for older releases, which then refuse what follows.
        Just("!exec \"test %r-%n-%p = joe-db-22\"".to_owned()),
    ];
    prop_oneof![
        4 => prop::collection::vec(pattern(), 1..4).prop_map(|patterns| format!("Host {}", patterns.join(" "))),
        4 => prop::collection::vec(condition, 1..3).prop_map(|conditions| format!("Match {}", conditions.join(" "))),
        1 => Just("Match all".to_owned()),
        1 => Just("Match final all".to_owned()),
    ]
}

fn setting() -> impl Strategy<Value = String> {
    let equals = prop_oneof![Just(" "), Just("="), Just(" = "), Just("\t")];
    let value = prop_oneof![
        prop_oneof![Just("joe"), Just("ann"), Just("\"joe\"")].prop_map(|user| ("User", user.to_owned())),
        (2200..2204_u16).prop_map(|port| ("Port", port.to_string())),
        prop_oneof![Just("%h.example.com"), Just("WEB2"), Just("10.0.0.%%"), Just("db")]
            .prop_map(|name| ("hostname", name.to_owned())),
        prop_oneof![Just("~/%h"), Just("/k/%n-%r"), Just("'/a b'"), Just("/k/%p")]
            .prop_map(|file| ("IdentityFile", file.to_owned())),
        prop_oneof![Just("yes"), Just("no")].prop_map(|flag| ("identitiesonly", flag.to_owned())),
        prop_oneof![Just("gate"), Just("none"), Just("a,joe@b:2"), Just("gate # c,d")]
            .prop_filter("OpenSSH takes the comment for a name", |jump| !jump.contains('#'))
            .prop_map(|jump| ("ProxyJump", jump.to_owned())),
        prop_oneof![Just("Alias"), Just("web1")].prop_map(|alias| ("HostKeyAlias", alias.to_owned())),
        prop_oneof![Just("5"), Just("1m"), Just("none")].prop_map(|time| ("ConnectTimeout", time.to_owned())),
        prop_oneof![Just("~/kh %d/kh2"), Just("/kh-%k"), Just("none")]
            .prop_map(|files| ("UserKnownHostsFile", files.to_owned())),
        prop_oneof![Just("15"), Just("0")].prop_map(|time| ("ServerAliveInterval", time.to_owned())),
        algorithms(),
        prop_oneof![Just("yes"), Just("/sockets/%h")].prop_map(|agent| ("ForwardAgent", agent.to_owned())),
        prop_oneof![Just("yes"), Just("no")].prop_map(|flag| ("HashKnownHosts", flag.to_owned())),
        prop_oneof![Just("yes"), Just("no")].prop_map(|flag| ("CheckHostIP", flag.to_owned())),
        prop_oneof![Just("default"), Just("1G 1h"), Just("16K none")]
            .prop_map(|limit| ("RekeyLimit", limit.to_owned())),
        prop_oneof![Just("10.0.0.1"), Just("::1")].prop_map(|address| ("BindAddress", address.to_owned())),
        Just(("ControlMaster", "auto".to_owned())),
        Just(("NoSuchKeyword", "1".to_owned())),
        Just(("IgnoreUnknown", "no*".to_owned())),
    ];
    (value, equals).prop_map(|((keyword, value), equals)| format!("{keyword}{equals}{value}"))
}

/// Lists of algorithms.
fn algorithms() -> impl Strategy<Value = (&'static str, String)> {
    let change = prop_oneof![3 => Just(""), 1 => Just("+"), 1 => Just("-"), 1 => Just("^")];
    let keyword = prop_oneof![
        Just(("Ciphers", "aes256-ctr,aes128-cbc,aes128-ctr")),
        Just(("MACs", "hmac-sha1,hmac-md5,umac-128@openssh.com")),
        Just(("KexAlgorithms", "curve25519-sha256,diffie-hellman-group1-sha1")),
        Just(("HostKeyAlgorithms", "ssh-rsa,ssh-ed25519*,ecdsa-sha2-nistp???")),
        Just(("PubkeyAcceptedKeyTypes", "rsa-sha2-256,*cert*")),
        Just(("CASignatureAlgorithms", "ssh-rsa,ssh-ed25519")),
    ];
    let list = (change, keyword).prop_map(|(change, (keyword, names))| (keyword, format!("{change}{names}")));
    prop_oneof![6 => list, 1 => Just(("RequiredRSASize", "2048".to_owned()))]
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        2 => block(),
        5 => setting().prop_map(|line| format!("  {line}")),
        1 => Just("# nothing".to_owned()),
        1 => Just("Include @DIR@/part*".to_owned()),
    ];
    // Most of them would be refused if unknown keywords were not allowed.
    prop::collection::vec(line, 0..14).prop_map(|lines| format!("IgnoreUnknown nosuch*\n{}\n", lines.join("\n")))
}

fn part() -> impl Strategy<Value = String> {
    let line = prop_oneof![block(), setting()];
    prop::collection::vec(line, 0..5).prop_map(|lines| format!("{}\n", lines.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_configuration_means_the_same(
        text in lines(),
        part in part(),
        host in prop_oneof![Just("web1"), Just("web2x"), Just("db"), Just("WEB1.example.com")],
        user in prop::option::of(Just("joe".to_owned())),
    ) {
        if *HERE {
            let mut query = HostQuery::new(host);
            query.user = user;
            Written::new(&text, &[("part", &part)]).compare(&query);
        }
    }
}
