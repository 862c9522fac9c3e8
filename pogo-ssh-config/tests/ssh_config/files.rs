//! Files that include others.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pogo_ssh_config::{ClientConfig, ClientConfigError, HostQuery};

use crate::openssh::{Written, is_there};

fn compare(text: &str, included: &[(&str, &str)]) {
    let written = Written::new(text, included);
    for host in ["web1", "db1"] {
        written.compare(&HostQuery::new(host));
    }
}

#[test]
fn included_files_are_read_in_place_and_in_order() {
    if !is_there("included_files_are_read_in_place_and_in_order") {
        return;
    }
    let parts = [
        ("conf.d/20.conf", "Host web1\n Port 2220\n User twenty\n"),
        ("conf.d/10.conf", "Host db1\n Port 2210\n"),
        ("conf.d/.hidden.conf", "Port 1\n"),
        ("conf.d/10.conf.bak", "Port 2\n"),
        ("open.conf", "Host *\n User open\n"),
    ];
    for text in [
        "Include @DIR@/conf.d/*.conf\nHost *\n Port 2299\n",
        "Host web1\nInclude @DIR@/conf.d/*.conf\n Port 2299\n",
        "Host db1\nInclude @DIR@/conf.d/*.conf @DIR@/open.conf\nUser after\n",
        "Match final\nInclude @DIR@/open.conf\nMatch all\n Port 3\n",
        "Include @DIR@/nothing-here/* @DIR@/open.conf\n",
        "Include \"@DIR@/open.conf\" # comment\n",
        "Include @DIR@/conf.d/[12]0.conf\n",
        "Include @DIR@/conf.d/?0.conf\n",
    ] {
        compare(text, &parts);
    }
}

#[test]
fn a_block_of_an_included_file_ends_with_it() {
    if !is_there("a_block_of_an_included_file_ends_with_it") {
        return;
    }
    compare(
        "Host web1\n Include @DIR@/part\n Port 2200\n",
        &[("part", "Host nobody\n User never\n")],
    );
    compare(
        "Include @DIR@/part\nPort 2200\n",
        &[("part", "User before\nHost nobody\n")],
    );
}

#[test]
fn mistakes_in_included_files_count_even_where_nothing_applies() {
    if !is_there("mistakes_in_included_files_count_even_where_nothing_applies") {
        return;
    }
    compare("Host nobody\nInclude @DIR@/part\n", &[("part", "Port nonsense\n")]);
    compare("Host nobody\nInclude @DIR@/part\n", &[("part", "Host *\n User u\n")]);
    compare("Include @DIR@/part\n", &[("part", "Include @DIR@/part\n")]);
}

#[test]
fn a_file_that_others_may_write_to_is_refused() {
    if !is_there("a_file_that_others_may_write_to_is_refused") {
        return;
    }
    let written = Written::new("Include @DIR@/part\n", &[("part", "User u\n")]);
    let part = written.directory.path().join("part");
    fs::set_permissions(&part, fs::Permissions::from_mode(0o666)).unwrap();
    let query = HostQuery::new("web1");
    written.compare(&query);
    let error = written.ours(&query).unwrap_err();
    assert!(matches!(error, ClientConfigError::NotPrivate { .. }), "{error}");
    assert!(error.to_string().contains("chmod go-w"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let written = Written::new("User u\n", &[]);
    fs::remove_file(&written.file).unwrap();
    let error = written.ours(&HostQuery::new("web1")).unwrap_err();
    assert!(matches!(error, ClientConfigError::Unreadable { .. }), "{error}");
}

#[test]
fn a_configuration_notices_whatever_would_make_it_another() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let dir = directory.path().display();
    fs::create_dir(at("conf.d")).unwrap();
    fs::write(at("conf.d/10.conf"), "Port 2210\n").unwrap();
    fs::write(
        at("config"),
        format!("Include {dir}/conf.d/*.conf {dir}/missing.conf\n"),
    )
    .unwrap();
    let read = || ClientConfig::of_file(at("config")).unwrap();
    let unchanged = read();
    assert!(!unchanged.has_changed());
    fs::write(at("other"), "Port 1\n").unwrap();
    assert!(!unchanged.has_changed(), "a file that it does not name");
    let changes: [(&str, &dyn Fn()); 6] = [
        ("a line", &|| {
            let text = fs::read_to_string(at("config")).unwrap();
            fs::write(at("config"), text + "User alice\n").unwrap();
        }),
        ("an included line", &|| {
            fs::write(at("conf.d/10.conf"), "Port 22100\n").unwrap()
        }),
        ("one more file", &|| {
            fs::write(at("conf.d/20.conf"), "User bob\n").unwrap()
        }),
        ("a file that was missing", &|| {
            fs::write(at("missing.conf"), "User eve\n").unwrap()
        }),
        ("a file that is gone", &|| {
            fs::remove_file(at("conf.d/20.conf")).unwrap()
        }),
        ("another file in its place", &|| {
            fs::copy(at("config"), at("new")).unwrap();
            fs::rename(at("new"), at("config")).unwrap();
        }),
    ];
    for (change, make) in changes {
        let config = read();
        make();
        assert!(config.has_changed(), "{change}");
        assert!(!read().has_changed(), "{change}, and read again");
    }
    let config = read();
    fs::remove_file(at("config")).unwrap();
    assert!(config.has_changed());
    assert!(!ClientConfig::none().unwrap().has_changed());
}
