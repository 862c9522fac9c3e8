//! Files written to find differences.

use pogo_ssh_config::HostQuery;

use crate::openssh::{Written, is_there};

fn compare(text: &str, hosts: &[&str]) {
    let written = Written::new(text, &[]);
    for host in hosts {
        written.compare(&HostQuery::new(*host));
    }
}

#[test]
fn the_first_value_counts_and_patterns_choose() {
    if !is_there("the_first_value_counts_and_patterns_choose") {
        return;
    }
    let text = "\
User first
Host web* !web3 db?
  Port 2201
  User second
Host *.example.com *.EXAMPLE.com
  Port 2202
Host web1
  Port 2203
  HostName 10.0.0.1
Host *
  Port 2299
  ConnectTimeout 7
";
    compare(
        text,
        &[
            "web1",
            "web3",
            "web33",
            "db1",
            "db12",
            "x.example.com",
            "x.EXAMPLE.COM",
            "WEB1",
        ],
    );
}

#[test]
fn words_are_split_the_same() {
    if !is_there("words_are_split_the_same") {
        return;
    }
    let cases = [
        "Port=2200\n",
        "Port = 2200\n",
        "  \t Port\t2200  \r\n",
        "port \"2200\"\n",
        "\"Port\" 2200\n",
        "Port 2200 # with a comment\n",
        "Port 2200# 1\n",
        "Port 2200 2201\n",
        "Port\n",
        "Port \"2200\n",
        "Port '2200'\n",
        "Port == 2200\n",
        "=Port 2200\n",
        "User \"a b\"\n",
        "User a\\ b\n",
        "User 'a\"b'\n",
        "User \"a\\\"b\"\n",
        "User a#b\n",
        "User #b\n",
        "User \"\"\n",
        "Host \"a b\" x\nUser u\n",
        "Host\n",
        "Host x,y\nUser u\n",
        "Host \"\"\nUser u\n",
        "HOST X\nUSER u\nHost x\nUsEr v\n",
        "Port 2200\x0c\n",
        "User u",
        "# a\n\n   # b\nUser u\n\n",
        "\"open\nUser u\n",
        "User \"a\"b\"c d\"\n",
    ];
    for text in cases {
        compare(text, &["x"]);
    }
}

#[test]
fn values_are_read_the_same() {
    if !is_there("values_are_read_the_same") {
        return;
    }
    let cases = [
        "Port 0\n",
        "Port 65536\n",
        "Port -1\n",
        "Port ssh\n",
        "Port 022\n",
        "Port 22x\n",
        "ConnectTimeout 90\n",
        "ConnectTimeout 1m30s\n",
        "ConnectTimeout 1h1\n",
        "ConnectTimeout none\n",
        "ConnectTimeout 0\n",
        "ConnectTimeout x\n",
        "ConnectTimeout -1\n",
        "ConnectTimeout 99999999999\n",
        "ServerAliveInterval 1m\nServerAliveCountMax 5\n",
        "ServerAliveCountMax x\n",
        "ServerAliveCountMax 1 2\n",
        "ConnectionAttempts 4\n",
        "IdentitiesOnly TRUE\n",
        "IdentitiesOnly maybe\n",
        "AddressFamily INET6\n",
        "AddressFamily ipv4\n",
        "StrictHostKeyChecking off\n",
        "StrictHostKeyChecking Accept-New\n",
        "StrictHostKeyChecking sometimes\n",
        "HostKeyAlias UPPER.Case\n",
        "PubkeyAuthentication host-bound\n",
        "PasswordAuthentication x\n",
        "UserKnownHostsFile none\n",
        "UserKnownHostsFile a none\n",
        "UserKnownHostsFile a b\nUserKnownHostsFile c\n",
        "UserKnownHostsFile \"\" b\n",
        "GlobalKnownHostsFile /a ~/b\n",
        "Host y\n  Port nonsense\n",
        "Host y\n  ConnectTimeout nonsense\n",
        "Host y\n  NoSuchKeyword 1\n",
        "IgnoreUnknown NoSuch*,other\nNoSuchKeyword 1\n",
        "NoSuchKeyword 1\nIgnoreUnknown NoSuch*\n",
        "Host y\nIgnoreUnknown NoSuch*\nHost *\nNoSuchKeyword 1\n",
    ];
    for text in cases {
        compare(text, &["x"]);
    }
}

#[test]
fn tokens_and_variables_stand_for_the_same() {
    if !is_there("tokens_and_variables_stand_for_the_same") {
        return;
    }
    let cases = [
        "HostName %h.Example.COM\nIdentityFile ~/k/%h-%n-%p-%r-%u-%i-%l-%L-%k-%%\nUser joe\nPort 2200\n",
        "HostName 10.%%.1\n",
        "HostName %p\n",
        "HostName 100%\n",
        "IdentityFile %d/x\nIdentityFile ~/y\nIdentityFile ${HOME}/z\nIdentityFile rel\n",
        "IdentityFile ${NO_SUCH_VARIABLE_HERE}/z\n",
        "IdentityFile ~/a\nIdentityFile ~/a\nIdentityFile \"~/b c\"\n",
        "HostKeyAlias Alias\nUserKnownHostsFile ~/%k %d/%h ${HOME}/%n\n",
        "IdentityAgent ~/%r.sock\nUser joe\n",
        "IdentityAgent none\n",
        "IdentityAgent SSH_AUTH_SOCK\n",
        "User %h\n",
        "IdentityFile $HOME/x\n",
    ];
    for text in cases {
        compare(text, &["Web1"]);
    }
}

/// Configurations with `Match`, valid and invalid.
const MATCH_BLOCKS: &[&str] = &[
    "Match host web1,web2\n User u\n",
    "Match host WEB*\n User u\n",
    "Match !host web1\n User u\n",
    "Match originalhost web1 user joe\n Port 2200\n",
    "User joe\nMatch user j?e,!root\n Port 2200\n",
    "Match user joe\n Port 2200\nMatch all\n User joe\nMatch user joe\n Port 2300\n",
    "HostName %h.example.com\nMatch host *.example.com\n Port 2200\n",
    "HostName %h.example.com\nMatch host web1\n Port 2200\n",
    "HostName %h.example.com\nMatch originalhost web1\n Port 2200\n",
    "Match localuser root\n Port 2200\nMatch !localuser root\n Port 2300\n",
    "Match all\n Port 2200\n",
    "Match !all\n Port 2200\n",
    "Match all host x\n Port 2200\n",
    "Match host x all\n Port 2200\n",
    "Match host\n Port 2200\n",
    "Match\n Port 2200\n",
    "Match nonsense x\n Port 2200\n",
    "Match host=web1\n Port 2200\n",
    "Match host \"web1\" user \"*\"\n Port 2200\n",
    "Match host web1 # comment\n Port 2200\n",
    "Match exec true\n Port 2200\n",
    "Match exec \"exit 1\"\n Port 2200\n",
    "ForwardAgent yes\nForwardAgent /sockets/%h\nForwardAgent /others/%h\n",
    "ForwardAgent no\nForwardAgent yes\n",
    "Match exec \"test %h = web1\"\n Port 2200\n",
    "Match exec 'test %h = web1'\n Port 2200\n",
    "HostName %h.x\nUser joe\nMatch exec \"test %h-%n-%r-%p-%k = web1.x-web1-joe-22-web1.x\"\n Port 2200\n",
    "Match exec \"test %L != %%\" exec \"test -d %d\" exec \"test %u-%i = $(id -un)-$(id -u)\"\n Port 2200\n",
    "Match exec \"exit 0 #\" exec \"kill -9 $$\"\n Port 2200\n",
    "Match exec \"kill -9 $$\"\n Port 2200\n",
    "Match exec \"%x\"\n Port 2200\n",
    "Match user nobody exec \"%x\"\n Port 2200\n",
    "Match exec \"cat\"\n Port 2200\n",
    "Match exec \"${HOME}\"\n Port 2200\n",
    "Match final exec \"test %h = web1.x\"\n Port 2200\nMatch all\n HostName %h.x\n",
    "Match !exec false host web1\n Port 2200\n",
    "Match canonical\n Port 2200\n",
    "Match canonical all\n Port 2200\n",
    "Match final\n Port 2200\n",
    "Match final all\n Port 2200\n",
    "Match !final\n Port 2200\nMatch final\n Port 2300\n User u\n",
    "HostName %h.example.com\nMatch final host *.example.com\n Port 2200\nHost *.example.com\n User late\n",
    "Host web1\n HostName New.Name\nMatch final host new.name\n IdentityFile ~/x\nHost *\n IdentityFile ~/y\n",
    "Match host nobody final\n Port 1\nHost web1\n HostName b\nHost b\n Port 2200\n",
    "Match final canonical\n Port 2200\n",
    "Host a\nMatch host web1\n Port 2200\nHost b\n User u\n",
];

#[test]
fn match_blocks_hold_for_the_same_hosts() {
    if !is_there("match_blocks_hold_for_the_same_hosts") {
        return;
    }
    for text in MATCH_BLOCKS {
        compare(text, &["web1", "Web1", "x"]);
    }
}

#[test]
fn jumps_are_read_the_same() {
    if !is_there("jumps_are_read_the_same") {
        return;
    }
    let cases = [
        "ProxyJump a\n",
        "ProxyJump a,b,me@c:2222\n",
        "ProxyJump ssh://me@a:2200,b\n",
        "ProxyJump [::1]:2200\n",
        "ProxyJump 10.0.0.1\n",
        "ProxyJump none\n",
        "ProxyJump None\nProxyJump a\n",
        "ProxyJump a # comment\n",
        "ProxyJump=a\n",
        "ProxyJump = a\n",
        "ProxyCommand none\nProxyJump a\n",
        "ProxyJump a\nProxyCommand none\n",
        "ProxyJump a,\n",
        "ProxyJump @a\n",
        "ProxyJump a:0\n",
        "ProxyJump a:x\n",
        "ProxyJump ssh://a/path\n",
        "Host y\nProxyJump a:x\n",
        "Host bastion\n ProxyJump none\nHost *\n ProxyJump bastion\n",
    ];
    for text in cases {
        compare(text, &["x", "bastion"]);
    }
}

#[test]
fn what_is_given_elsewhere_comes_first() {
    if !is_there("what_is_given_elsewhere_comes_first") {
        return;
    }
    let text = "\
HostName %h.example.com
User joe
Port 2200
ProxyJump a
Match user ann
  IdentityFile ~/ann
Match host 10.0.0.1
  ConnectTimeout 3
Match final host *.example.com
  IdentitiesOnly yes
";
    let written = Written::new(text, &[]);
    let plain = HostQuery::new("web1");
    written.compare(&plain);
    for query in [
        plain.clone().user("ann"),
        plain.clone().port(2300),
        plain.clone().host_name("10.0.0.1"),
        plain.jump(["b:9".parse().unwrap()]),
    ] {
        written.compare(&query);
    }
}

#[test]
fn addresses_are_left_as_they_are() {
    if !is_there("addresses_are_left_as_they_are") {
        return;
    }
    compare("Port 2200\n", &["10.0.0.1", "::1", "FE80::1", "0:0:0:0:0:0:0:1"]);
}
