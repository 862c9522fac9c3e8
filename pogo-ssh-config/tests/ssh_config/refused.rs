//! What is known to OpenSSH and not followed.

use pogo_ssh_config::{ClientConfigError, HostQuery};

use crate::openssh::Written;

fn refusal(text: &str, host: &str) -> Option<String> {
    match Written::new(text, &[]).ours(&HostQuery::new(host)) {
        Ok(_) => None,
        Err(error @ ClientConfigError::Unsupported { .. }) => Some(error.to_string()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_is_not_supported_is_refused_with_file_line_and_cure() {
    let message = refusal("User u\nProxyCommand nc %h %p\n", "web1").unwrap();
    for part in ["config:2: `proxycommand nc %h %p`", "ssh program"] {
        assert!(message.contains(part), "{message}");
    }
    for line in [
        "RevokedHostKeys /x",
        "RemoteCommand x",
        "SessionType none",
        "KnownHostsCommand /bin/x",
        "CanonicalizeHostname always",
        "VerifyHostKeyDNS yes",
    ] {
        let message = refusal(&format!("{line}\n"), "web1").unwrap_or_else(|| panic!("{line} is not refused"));
        assert!(message.contains("config:1: "), "{message}");
    }
}

#[test]
fn what_is_not_supported_matters_only_where_it_applies() {
    let text =
        "Host db*\n ProxyCommand x\n RemoteCommand x\nHost web*\n RemoteCommand none\nHost *\n RemoteCommand x\n";
    assert_eq!(refusal(text, "web1"), None);
    let message = refusal(text, "db1").unwrap();
    assert!(
        message.contains("proxycommand") && message.contains("remotecommand"),
        "{message}"
    );
    assert!(refusal(text, "x1").unwrap().contains("config:7"));
}

#[test]
fn what_is_left_out_is_noted_with_file_and_line() {
    let notes = |text: &str| Written::new(text, &[]).ours(&HostQuery::new("web1")).unwrap().notes;
    for line in [
        "RemoteForward 1 a:2",
        "ChannelTimeout session=5m",
        "RequestTTY force",
        "ForwardX11 yes",
        "GSSAPIDelegateCredentials yes",
        "PKCS11Provider /x.so",
        "PermitLocalCommand yes",
        "Tunnel yes",
    ] {
        let said = notes(&format!("{line}\nHost db\n ForwardX11 yes\n"));
        let (keyword, value) = line.split_once(' ').unwrap();
        let wanted = format!(":1: `{} {value}` is left out", keyword.to_lowercase());
        assert!(said.len() == 1 && said[0].ends_with(&wanted), "{said:?}");
    }
    assert!(notes("RequestTTY auto\nPKCS11Provider none\nTunnel no\n").is_empty());
}

#[test]
fn what_changes_nothing_is_passed_over() {
    let text = "\
ControlMaster auto
ControlPath ~/.ssh/%C
ControlPersist 10m
Compression yes
LogLevel ERROR
SendEnv LANG LC_*
HashKnownHosts yes
GSSAPIAuthentication yes
ForwardX11 no
ProxyCommand none
RequestTTY auto
AddKeysToAgent yes
";
    assert_eq!(refusal(text, "web1"), None);
}

#[test]
fn several_jumps_and_methods_are_understood() {
    let text = "PreferredAuthentications publickey,gssapi-with-mic\nProxyJump %r@gate-%h\nUser joe\n";
    let settings = Written::new(text, &[]).ours(&HostQuery::new("web1")).unwrap();
    assert!(settings.public_keys && !settings.passwords && !settings.questions);
    assert_eq!(settings.jump[0].to_string(), "joe@gate-web1");
}

#[test]
fn conditions_of_later_releases_are_understood() {
    let port = |text: &str, query: &HostQuery| Written::new(text, &[]).ours(query).unwrap().port;
    let mut query = HostQuery::new("web1");
    query.command = Some("uptime -p".to_owned());
    for (text, wanted) in [
        ("Tag blue\nMatch tagged red,bl*\n Port 1\n", Some(1)),
        ("Match tagged \"\"\n Port 2\nTag blue\n", Some(2)),
        ("Match sessiontype exec command uptime*\n Port 3\n", Some(3)),
        ("Match sessiontype shell\n Port 4\n", None),
        ("Match version OpenSSH_1?.*\n Port 5\n", Some(5)),
        ("Match localnetwork 127.0.0.0/8\n Port 6\n", Some(6)),
    ] {
        assert_eq!(port(text, &query), wanted, "{text}");
    }
    query.forwards_only = true;
    assert_eq!(port("Match sessiontype none\n Port 7\n", &query), Some(7));
    assert_eq!(
        port(
            "Match sessiontype shell command \"\"\n Port 8\n",
            &HostQuery::new("web1")
        ),
        Some(8)
    );
}

#[test]
fn a_connection_that_is_refused_by_the_configuration_is_refused_in_its_words() {
    let text = "Host old*\n RefuseConnection \"use new1\"\n";
    let error = Written::new(text, &[]).ours(&HostQuery::new("old1")).unwrap_err();
    assert!(
        error.to_string().ends_with("config:2: RefuseConnection: use new1"),
        "{error}"
    );
    assert!(Written::new(text, &[]).ours(&HostQuery::new("new1")).is_ok());
}
