//! Settings print in OpenSSH's words.

use std::time::Duration;

use pogo_ssh_config::{AddressFamily, ClientConfig, HostQuery, HostSettings, IdentityAgent, RekeyLimit};

fn settings(option: &str) -> HostSettings {
    let config = ClientConfig::none().unwrap().option(option).unwrap();
    config.settings(&HostQuery::new("web1")).unwrap()
}

#[test]
fn values_print_as_they_are_written() {
    for value in ["any", "inet", "inet6"] {
        let family = settings(&format!("AddressFamily={value}")).address_family;
        assert_eq!(family.to_string(), value);
    }
    for value in ["yes", "ask", "accept-new"] {
        let policy = settings(&format!("StrictHostKeyChecking={value}")).strict_host_key_checking;
        assert_eq!(policy.unwrap().to_string(), value);
    }
    for value in ["none", "SSH_AUTH_SOCK", "/run/agent"] {
        let agent = settings(&format!("IdentityAgent={value}")).identity_agent;
        assert_eq!(agent.unwrap().to_string(), value);
    }
    assert_eq!(AddressFamily::default().to_string(), "any");
    assert_eq!(IdentityAgent::Environment.to_string(), "SSH_AUTH_SOCK");
}

#[test]
fn a_rekey_limit_prints_bytes_and_seconds() {
    let limit = settings("RekeyLimit=1M 1h").rekey_limit;
    assert_eq!(limit.to_string(), "1048576 3600");
    assert_eq!(limit.interval, Some(Duration::from_secs(3_600)));
    assert_eq!(RekeyLimit::default().to_string(), "default none");
}
