//! What Ansible's inventories hold that is wrong, or not supported: refused by name, with its position.
#![cfg(feature = "ansible")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod folder_of_files;

use pogo_inventory::{AnsibleInventory, Diagnostic};
use tempfile::TempDir;

use folder_of_files::folder_of_files;

struct Folder(TempDir);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        Self(folder_of_files(name, files))
    }

    /// First lines and hints, relative to the folder.
    fn lines(&self, problems: &[Diagnostic]) -> Vec<String> {
        let folder = format!("{}/", self.0.path().display());
        let line = |problem: &Diagnostic| {
            let first = problem
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .replace(&folder, "");
            // The way out is the same for all, and has a test of its own.
            let hint = problem
                .hint
                .as_ref()
                .map(|hint| {
                    hint.split("what Ansible makes of it can be read")
                        .next()
                        .unwrap_or_default()
                })
                .map(|hint| hint.trim_end_matches("; "))
                .filter(|hint| !hint.is_empty())
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            first + &hint
        };
        problems.iter().map(line).collect()
    }
}

fn problems(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new(name, files);
    let error = AnsibleInventory::read(folder.0.path().join(files[0].0)).unwrap_err();
    folder.lines(error.diagnostics())
}

fn warnings(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new(name, files);
    let read = AnsibleInventory::read(folder.0.path().join(files[0].0)).unwrap_or_else(|error| panic!("{error}"));
    folder.lines(&read.warnings)
}

#[test]
fn broken_ini_is_explained_all_at_once() {
    let text = "[web]\nweb1 ansible_port=22 oops\nweb2 'x\nweb[3:1]\nweb4:ssh\n[a b]\n[web:variables]\n[web:vars]\n\
        nothing\n[top:children]\nno:pe\nmissing\n[ghost:vars]\nx=1\n";
    let expected = [
        "h.ini:2:22: expected `name=value` (one host, or one range of hosts, stands on a line)",
        "h.ini:3:1: a quote is never closed",
        "h.ini:4:1: `[3:1]` runs backwards; the smaller end comes first",
        "h.ini:5:1: `ssh` in `web4:ssh` is not a port; after `:` stands a number",
        "h.ini:6:1: this is not a section (write [group], [group:children] or [group:vars], without spaces)",
        "h.ini:7:6: `variables` is no kind of section (write [group], [group:children] or [group:vars])",
        "h.ini:9:1: expected `name=value`",
        "h.ini:11:1: `no:pe` is not the name of a group",
        "h.ini:12:1: `missing` is a child of `top`, but there is no such group \
         (add a section `[missing]`, or `[missing:children]`)",
        "h.ini:13:2: variables are set for the group `ghost`, which is not there \
         (add a section `[ghost]`, or `[ghost:children]`)",
    ];
    assert_eq!(problems("ini", &[("h.ini", text)]), expected);
}

#[test]
fn circles_of_groups_are_refused() {
    let text = "[a:children]\nb\n[b:children]\nc\n[c:children]\na\n";
    assert_eq!(
        problems("circle", &[("h.ini", text)]),
        ["h.ini:1:2: groups contain each other: a -> b -> c -> a"]
    );
}

#[test]
fn a_bad_value_refuses_its_hosts_by_name_and_no_others() {
    let text = "[web]\nweb1 ansible_host='{{ ips[inventory_hostname] }}'\nweb2 ansible_port=lots\n\
        web3 ansible_user=[1]\nweb4 ansible_host='{{ inventory_hostname_short }}.lan'\n[db]\ndb[1:3]\n[db:vars]\n\
        ansible_port=0\n";
    let expected = [
        "h.ini:2:6: left out: web1, for the template `{{ ips[inventory_hostname] }}` in `ansible_host` is not \
         supported (write the value, or use `{{ inventory_hostname }}`)",
        "h.ini:3:6: left out: web2, for `lots` in `ansible_port` is not a port (a port is a number from 1 to 65535)",
        "h.ini:4:6: left out: web3, for `ansible_user` is not a plain text (write it as plain text)",
        "h.ini:9:1: left out: db[1-3], for `0` in `ansible_port` is not a port (a port is a number from 1 to 65535)",
    ];
    let folder = Folder::new("play", &[("h.ini", text)]);
    let read = AnsibleInventory::read(folder.0.path().join("h.ini")).unwrap();
    assert_eq!(folder.lines(&read.warnings), expected);
    let fleet = read.fleet.build().unwrap();
    let names: Vec<&str> = fleet.ids().map(|host| fleet.name(host).as_str()).collect();
    assert_eq!(names, ["web4"]);
    let web4 = fleet.id("web4").unwrap();
    assert_eq!(fleet.connection(web4).unwrap().address.as_deref(), Some("web4.lan"));
    assert_eq!(fleet.members(fleet.tag(&"web".parse().unwrap()).unwrap()), [web4]);
}

#[test]
fn a_bad_value_of_every_host_refuses_the_inventory() {
    assert_eq!(
        problems(
            "everybody",
            &[("h.ini", "[web]\nweb[1:9]\n[web:vars]\nansible_port=lots\n")]
        ),
        ["h.ini:4:1: `lots` in `ansible_port` is not a port (a port is a number from 1 to 65535)"]
    );
}

#[test]
fn variables_that_pogo_does_not_use_refuse_nothing() {
    let files = [
        (
            "h.yml",
            "web:\n  hosts:\n    web1: { limits: { a: 1, a: 2 }, x: !!python/name:os.system , ~: 1 }\n  vars:\n    \
             z: !odd {}\n",
        ),
        (
            "group_vars/web.yml",
            "a: 1\na: 2\n? [complex, key]\n: 1\nb: !custom [ !other x ]\n",
        ),
    ];
    assert_eq!(warnings("unused", &files), [""; 0]);
    let used = [(
        "h.yml",
        "web:\n  hosts:\n    web1: { ansible_port: 1, ansible_port: 2 }\n    web2: { ansible_user: !odd x }\n",
    )];
    let found = problems("used", &used);
    assert!(
        found[0].starts_with("h.yml:3:30: the key `ansible_port` is there twice"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("h.yml:4:27: ") && found[1].contains("!odd"),
        "{found:?}"
    );
}

#[test]
fn a_host_with_the_name_of_a_group_is_warned_of() {
    let found = warnings("namesake", &[("h.ini", "[web]\nweb\nweb1\n")]);
    assert_eq!(
        found,
        ["h.ini:2:1: `web` is the name of a host and of a group \
          (variables that are set for the host are the group's, as for Ansible; rename one of them)"]
    );
}

#[test]
fn groups_of_ansible_itself_are_nobodys_children() {
    let found = problems("all", &[("h.ini", "[web]\nweb1\n[top:children]\nall\nungrouped\n")]);
    assert!(
        found[0].starts_with("h.ini:4:1: `all` contains every group, and so cannot be a child of `top`"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("h.ini:5:1: `ungrouped` holds the hosts of no other group"),
        "{found:?}"
    );
    let found = problems(
        "all-yaml",
        &[("h.yml", "top: { children: { all: } }\nweb: { hosts: { 10: , yes: } }\n")],
    );
    assert!(
        found[0].starts_with("h.yml:1:20: `all` contains every group"),
        "{found:?}"
    );
    assert!(found[1].starts_with("h.yml:2:17: `10` is not a text"), "{found:?}");
    assert!(found[2].starts_with("h.yml:2:23: `yes` is not a text"), "{found:?}");
}

#[test]
fn broken_yaml_forms_are_explained() {
    let text = "web:\n  host: {}\n  hosts: [web1]\n  vars: 5\ndb: 7\n";
    let expected = [
        "h.yml:2:3: unknown key `host` in a group (did you mean `hosts`?)",
        "h.yml:3:10: expected a map whose keys are the names, found a list (for example `{ web1: , web2: }`)",
        "h.yml:4:9: expected a map of variables, found `5` (for example `{ ansible_user: deploy }`)",
        "h.yml:5:5: expected a group, found `7` (for example `{ hosts: { web1: }, vars: {} }`)",
    ];
    assert_eq!(problems("yaml", &[("h.yml", text)]), expected);
    assert_eq!(
        problems("plugin", &[("h.yml", "plugin: aws_ec2\nregions: [x]\n")]),
        ["h.yml:1:1: inventory plugins are not supported \
          (write down what `ansible-inventory -i FILE --list --yaml` prints)"]
    );
    assert_eq!(
        problems("script", &[("h", "#!/bin/sh\necho '{}'\n")]),
        ["h: is a program, not an inventory file (read it as an executable inventory)"]
    );
}

#[test]
fn broken_variable_files_are_named() {
    let files = [
        ("h", "[web]\nweb1\n"),
        ("group_vars/web.yml", "a: [\n"),
        ("host_vars/web1.yml", "- 1\n"),
    ];
    let found = problems("files", &files);
    assert!(found[0].starts_with("group_vars/web.yml:"), "{found:?}");
    assert_eq!(
        found[1],
        "host_vars/web1.yml:1:1: expected a map of variables, found a list (for example `{ ansible_user: deploy }`)"
    );
}

#[test]
fn what_is_left_out_is_said_once() {
    let files = [
        (
            "h.ini",
            "[my.web]\nweb[1:3]\nlocalhost ansible_connection=local\n[my.web:vars]\nansible_password=hunter2\n",
        ),
        ("group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
    ];
    let expected = [
        "group_vars/all/vault.yml: is encrypted; variables in it are not seen \
         (connection settings such as ansible_host belong into plain files)",
        "h.ini:1:2: the group `my.web` becomes the tag `my_web` (tags are made of letters, digits, `_` and `-`)",
        "h.ini:5:1: `ansible_password` is not taken over \
         (tell the transport: secrets and SSH options do not belong to a fleet)",
        "h.ini:3:11: `localhost` is not reached by SSH in Ansible, but will be here \
         (leave it out of the targets, or give it an SSH server)",
    ];
    assert_eq!(warnings("left-out", &files), expected);
}

#[test]
fn secrets_are_never_shown() {
    let text = "[web]\nweb1 ansible_password=hunter2 oops\nweb2 ansible_ssh_pass='hunter2\n";
    let folder = Folder::new("secrets", &[("h.ini", text)]);
    let error = AnsibleInventory::read(folder.0.path().join("h.ini")).unwrap_err();
    let shown = format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap());
    assert!(
        shown.contains("expected `name=value`") && !shown.contains("hunter2"),
        "{shown}"
    );
    let folder = Folder::new("secret-vars", &[("h.ini", "[web]\nweb1 ansible_password=hunter2\n")]);
    let read = AnsibleInventory::read(folder.0.path().join("h.ini")).unwrap();
    assert!(!format!("{read:?}").contains("hunter2"));
}

#[test]
fn nested_groups_are_nested_tags() {
    let text = "[prod:children]\nweb\n[emea:children]\nweb\n[web]\nh1\n[prod]\nh2\n";
    let folder = Folder::new("nested", &[("h.ini", text)]);
    let fleet = AnsibleInventory::read(folder.0.path().join("h.ini"))
        .unwrap()
        .fleet
        .build()
        .unwrap();
    let tags = |host: &str| -> Vec<String> {
        let host = fleet.id(host).unwrap();
        fleet.tags_of(host).map(|tag| fleet.tag_path(tag).to_string()).collect()
    };
    assert_eq!(tags("h1"), ["emea.web", "prod.web", "web"]);
    assert_eq!(tags("h2"), ["prod"]);
}

#[cfg(all(feature = "command", unix))]
#[test]
fn a_script_says_all_of_its_variables_or_is_asked_for_each_host() {
    let script = |text: &str| pogo_inventory::AnsibleScript::new("sh").arg("-c").arg(text).read();
    for (meta, refused) in [
        ("{}", "`_meta` has no `hostvars`"),
        ("{\"hostvars\": []}", "expected an object of hosts"),
    ] {
        let error = script(&format!("echo '{{\"web\": [\"web1\"], \"_meta\": {meta}}}'")).unwrap_err();
        assert!(error.to_string().contains(refused), "{error}");
    }
    let read =
        script("case $0 in --list) echo '{\"web\": [\"web1\"]}' ;; *) echo '{\"ansible_port\": 5}' ;; esac").unwrap();
    assert!(
        read.warnings[0].message.contains("run once more for each host"),
        "{:?}",
        read.warnings
    );
    let fleet = read.fleet.build().unwrap();
    assert_eq!(fleet.connection(fleet.id("web1").unwrap()).unwrap().port, Some(5));
}

#[test]
fn names_with_slashes_lead_into_no_folders() {
    let files = [
        ("h", "[web/east]\nweb1\n"),
        ("group_vars/web/east.yml", "ansible_port: 1\n"),
    ];
    assert_eq!(
        problems("slashes", &files),
        [
            "group_vars: `web/east` would have its variables in a folder within this one \
          (rename it, or give pogo what `ansible-inventory --list` prints)"
        ]
    );
    assert_eq!(warnings("slashes-alone", &files[..1]).len(), 1);
}

#[test]
fn links_in_variable_folders_cannot_lead_around_for_ever() {
    let folder = Folder::new("links", &[("h", "[web]\nweb1\n"), ("group_vars/web/a.yml", "x: 1\n")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(".", folder.0.path().join("group_vars/web/again")).unwrap();
    let found = AnsibleInventory::read(folder.0.path().join("h"));
    assert!(found.is_ok() || found.is_err_and(|error| error.to_string().contains("does a link lead back?")));
}

#[cfg(unix)]
#[test]
fn folders_that_are_no_inventory_are_refused() {
    let folder = Folder::new(
        "folders",
        &[
            ("empty/notes.txt", ""),
            ("round/a", "[web]\nweb1\n"),
            ("bad/a", "[x]\ny [\n"),
        ],
    );
    let read = |name: &str| {
        let error = AnsibleInventory::read(folder.0.path().join(name)).unwrap_err();
        folder.lines(error.diagnostics()).join("\n")
    };
    assert!(
        read("empty").contains("holds no inventory (files that end in .cfg"),
        "{}",
        read("empty")
    );
    std::os::unix::fs::symlink(".", folder.0.path().join("round/again")).unwrap();
    assert!(read("round").contains("folders nest more than 16 deep (does a link lead back?)"));
    assert!(
        read("bad").starts_with("bad/a:2:3: expected `name=value`"),
        "{}",
        read("bad")
    );
}
