//! A source of each type that is a file, and what may stand in it.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;

use pogo_inventory::{InventoryError, Listing, SourceSpec};

/// The type, a name for the file, and a text of this type with `web1` and `web2`.
pub(crate) const EACH: [(&str, &str, &str); 13] = [
    (
        "policy",
        "pogo.yaml",
        "tag:\n  web: [web1, web2]\nconstraint:\n  $web: { max_parallel: 1 }\n",
    ),
    (
        "pogo4",
        "pogo4.yaml",
        "apps:\n  web: [web1, web2]\nenvs:\n  coast:\n    east: [web1, web2]\n",
    ),
    (
        "ansible",
        "hosts.ini",
        "[web]\nweb1 ansible_host=10.0.0.1\nweb2\n\n[prod:children]\nweb\n",
    ),
    (
        "ansible",
        "hosts.yml",
        "all:\n  children:\n    web:\n      hosts:\n        web1:\n        web2: { ansible_port: 2222 }\n",
    ),
    (
        "ansible-list",
        "list.json",
        r#"{"_meta": {"hostvars": {"web1": {"ansible_port": 22}}}, "all": {"children": ["ungrouped", "web"]}, "web": {"hosts": ["web1", "web2"]}}"#,
    ),
    (
        "clustershell",
        "groups.yaml",
        "roles:\n  web: web1,web2\n  all: '@web'\n",
    ),
    ("clustershell", "local.cfg", "web: web1,web2\nall: @web\n"),
    ("genders", "genders", "web1 web,rack=r1\nweb2 web,rack=r2\n"),
    (
        "ssh-config",
        "config",
        "Host web1 web2\n  HostName 10.0.0.1\n\nHost *\n  User deploy\n",
    ),
    ("csv", "hosts.csv", "name,tags,address\nweb1,web,10.0.0.1\nweb2,web,\n"),
    (
        "json",
        "hosts.json",
        r#"[{"name": "web1", "tags": ["web"]}, {"name": "web2", "tags": ["web"]}]"#,
    ),
    (
        "jsonl",
        "hosts.jsonl",
        "{\"name\": \"web1\", \"tags\": [\"web\"]}\n{\"name\": \"web2\", \"tags\": [\"web\"]}\n",
    ),
    (
        "toml",
        "hosts.toml",
        "[web1]\ntags = [\"web\"]\n\n[web2]\ntags = [\"web\"]\n",
    ),
];

/// Reads a file as a source of this type.
pub(crate) fn read(kind: &str, path: &Path) -> Result<Listing, InventoryError> {
    let spec: SourceSpec = format!("{kind}:{}", path.display()).parse().unwrap();
    futures::executor::block_on(spec.open().load())
}
