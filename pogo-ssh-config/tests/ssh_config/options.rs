//! Options beside the files, as `ssh -o` takes them.

use pogo_ssh_config::{ClientConfig, HostQuery};

use crate::openssh::{Written, is_there};

const TEXT: &str = "Host web1\n Port 2200\n User joe\n IdentityFile /f\nHost *\n ConnectTimeout 7\n Compression no\n";

#[test]
fn options_count_before_files_and_the_first_before_the_second() {
    if !is_there("options_count_before_files_and_the_first_before_the_second") {
        return;
    }
    for options in [
        &["Port=2222", "Port=2223"][..],
        &["port 22", "user=\"a b\""],
        &["ConnectTimeout = 3", "StrictHostKeyChecking=no"],
        &["IdentityFile=/one", "IdentityFile=/two", "IdentitiesOnly=yes"],
        &["HostName=%h.example.com"],
        &["ProxyJump=gate"],
        &["Ciphers=aes256-ctr,aes128-ctr", "UserKnownHostsFile=/a /b"],
        &["Prot=22"],
        &["Port=many"],
        &["Port"],
        &["Port=22 23"],
    ] {
        let written = Written::new(TEXT, &[]).with_options(options);
        for host in ["web1", "db1"] {
            written.compare(&HostQuery::new(host));
        }
        let mut query = HostQuery::new("web1");
        (query.user, query.port) = (Some("ann".to_owned()), Some(2224));
        written.compare(&query);
    }
}

#[test]
fn a_mistake_in_an_option_names_it() {
    for (option, wanted) in [
        ("Prot=22", "-o Prot=22: prot: no keyword that is known"),
        ("Port=many", "-o Port=many: port:"),
        ("Host=web1", "for files"),
        ("Include=/etc/x", "for files"),
        ("# nothing", "as in ConnectTimeout=5"),
        ("", "as in ConnectTimeout=5"),
        ("Port=22\nUser=joe", "as in ConnectTimeout=5"),
    ] {
        let error = ClientConfig::none().unwrap().option(option).unwrap_err().to_string();
        assert!(error.contains(wanted), "{option}: {error}");
    }
    // What is not followed is refused where it applies, with the option as its position.
    let config = ClientConfig::none().unwrap().option("ProxyCommand=nc %h %p").unwrap();
    let error = config.settings(&HostQuery::new("web1")).unwrap_err().to_string();
    assert!(error.contains("-o ProxyCommand=nc %h %p"), "{error}");
}
