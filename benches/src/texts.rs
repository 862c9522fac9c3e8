//! What inventories of many hosts look like in files.

use std::fmt::Write;

/// A policy file: each host by name in one of 20 sites and one of 50 roles.
pub fn policy_yaml(hosts: u32) -> String {
    let mut text = "tag:\n".to_owned();
    for (tag, values) in [("site", 20), ("role", 50)] {
        let _ = writeln!(text, "  {tag}:");
        for value in 0..values {
            let _ = writeln!(text, "    {tag}{value}:");
            for host in (value..hosts).step_by(values as usize) {
                let _ = writeln!(text, "      - web{host:06}.example.com");
            }
        }
    }
    text
}

/// An inventory of Ansible in INI: 100 groups of hosts with their addresses, in 10 groups of groups.
pub fn ansible_ini(hosts: u32) -> String {
    let mut text = String::new();
    for group in 0..100 {
        let _ = writeln!(text, "[group{group}]");
        for host in (group..hosts).step_by(100) {
            let (a, b, c) = (host >> 16 & 255, host >> 8 & 255, host & 255);
            let _ = writeln!(
                text,
                "web{host:06}.example.com ansible_host=10.{a}.{b}.{c} ansible_port=2222"
            );
        }
    }
    for site in 0..10 {
        let _ = writeln!(text, "[site{site}:children]");
        for group in (site..100).step_by(10) {
            let _ = writeln!(text, "group{group}");
        }
    }
    text
}

/// A table: name, tags, address and port of each host.
pub fn csv_text(hosts: u32) -> String {
    let mut text = "name,tags,address,port\n".to_owned();
    for host in 0..hosts {
        let (a, b, c) = (host >> 16 & 255, host >> 8 & 255, host & 255);
        let (site, role) = (host % 20, host % 50);
        let _ = writeln!(
            text,
            "web{host:06}.example.com,site.site{site} role.role{role},10.{a}.{b}.{c},2222"
        );
    }
    text
}
