//! The same inventories read by Ansible itself: same hosts, same groups, same settings.
//!
//! Left out, loudly, where `ansible-inventory` is missing, unless POGO_REQUIRE_ANSIBLE=1.
#![cfg(all(feature = "ansible", feature = "command", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../differential/mod.rs"]
mod differential;
#[path = "../folder_of_files/mod.rs"]
mod folder_of_files;
mod picture;
mod random;

use differential::Dice;
use picture::{agrees, agrees_as_folder, agrees_as_script};

#[test]
fn plain_hosts_and_groups() {
    agrees(
        "plain",
        &[(
            "hosts",
            "lonely\n\n[web]\nweb1\nweb2.example.com\n\n[db]\ndb1\nweb1\n[empty]\n",
        )],
    );
}

#[test]
fn ranges_and_ports() {
    agrees(
        "ranges",
        &[(
            "hosts.ini",
            "[web]\nweb[01:12].example.com\nrack-[a:d]-[1:2]\nstep[1:9:3]\nzero[0:3]\nup[A:C]\nwide[098:102]\n\
             odd[y:B]\n[ports]\np1:2222\nq[1:2]:2200\n10.0.0.[1:3]:22\n[::1]:2022\n",
        )],
    );
}

#[test]
fn children_and_variables_by_depth() {
    agrees(
        "depth",
        &[(
            "hosts.ini",
            "[prod:children]\nweb\ndb\n[web]\nweb1 ansible_user=own\nweb2\n[db]\ndb1\n[web:vars]\nansible_user=webber\n\
             [prod:vars]\nansible_user=prodder\nansible_port=2222\n[all:vars]\nansible_user=everybody\n\
             ansible_host=gateway\n[other]\nx1\n",
        )],
    );
}

#[test]
fn groups_of_one_depth_by_priority_and_name() {
    agrees(
        "priority",
        &[(
            "hosts.ini",
            "[a]\nh1\nh2\n[b]\nh1\nh2\n[c]\nh2\n[a:vars]\nansible_user=a\nansible_port=1\n[b:vars]\nansible_user=b\n\
             ansible_port=2\n[c:vars]\nansible_user=c\n[deep:children]\ndeeper\n[deeper:children]\na\n[a2]\nh1\n\
             [a2:vars]\nansible_port=3\nansible_group_priority=10\n",
        )],
    );
}

#[test]
fn diamonds() {
    agrees(
        "diamond",
        &[(
            "hosts.ini",
            "[top:children]\nleft\nright\n[left:children]\nbottom\n[right:children]\nbottom\nside\n[bottom]\nh1\n\
             [side]\nh2\n[left:vars]\nansible_user=l\n[right:vars]\nansible_user=r\n[top:vars]\nansible_port=5\n",
        )],
    );
}

#[test]
fn quotes_and_comments() {
    agrees(
        "quotes",
        &[(
            "hosts.ini",
            "# a comment\n; another\n[web] # of the web\nh1 ansible_user='deploy er' # rest\n\
             h2 ansible_user=\"dep#loy\"\nh3 ansible_user=a#b\nh4   ansible_user=it\\'s\n  h5\tansible_port=\"2222\"\n\
             h6 ansible_user='\"quoted\"'\nh7#comment\nh8 ansible_user=\n[web:vars]\n\
             ansible_host = \"10.0.0.1\"   # no comment in strings\nansible_port = 22 # a comment\n[more]\nm1\n\
             [more:vars]\nansible_user = bob # the builder\nansible_host='10.0.0.2'\nansible_port=1_0\n",
        )],
    );
}

#[test]
fn the_last_mention_wins_and_old_names_beat_new_ones() {
    agrees(
        "last",
        &[(
            "hosts.ini",
            "[a]\nh1 ansible_user=first ansible_port=1\n[b]\nh1 ansible_user=second\n\
             h2 ansible_host=new ansible_ssh_host=old ansible_user=new ansible_ssh_user=old ansible_ssh_port=1 \
             ansible_port=2 ansible_private_key_file=new ansible_ssh_private_key_file=old\n",
        )],
    );
}

#[test]
fn a_port_in_a_name_counts_at_its_first_mention() {
    agrees(
        "first-port",
        &[(
            "hosts.ini",
            "[a]\nh1:22\nh2\nh3:22 ansible_port=9\n[b]\nh1:33\nh2:33\nh3:44\n[c]\nh[1:3]:55\nh4:66\n",
        )],
    );
    agrees(
        "first-port-yaml",
        &[(
            "h.yml",
            "a: { hosts: { 'h1:22': , h2: } }\nb: { hosts: { 'h1:33': , 'h2:33': } }\n",
        )],
    );
}

#[test]
fn values_of_python_and_of_yaml() {
    agrees(
        "python",
        &[(
            "hosts",
            "[a]\nh1 ansible_port=0x16 ansible_user=True\nh2 ansible_port=None\nh3 ansible_user='\"a\" \"b\"'\n\
             [a:vars]\nansible_port=2_2\nansible_host='10.' '0.0.1'\n",
        )],
    );
    agrees(
        "yaml-1.1",
        &[(
            "h.yml",
            "a:\n  hosts:\n    h1: { ansible_port: 0x10, ansible_user: yes }\n    h2: { ansible_port: 022 }\n    \
             h3: { ansible_port: 22:22, ansible_user: 'yes' }\n    h4: { ansible_port: ~ }\n  \
             vars: { ansible_port: 1 }\n",
        )],
    );
}

#[test]
fn a_host_with_the_name_of_a_group() {
    agrees(
        "namesake",
        &[(
            "hosts",
            "[web]\nweb ansible_user=w\nweb1\n[db]\nweb ansible_port=5\nlater ansible_user=l\n[later]\n\
             later ansible_port=6\nx\n",
        )],
    );
}

#[test]
fn sections_in_any_order() {
    agrees(
        "order",
        &[(
            "hosts.ini",
            "[web:vars]\nansible_user=w\n[all:children]\nweb\n[top:children]\nweb\nlater\n[web]\nh1\n[later]\nh2\n\
             [web]\nh3\n[later:children]\nweb\n",
        )],
    );
}

#[test]
fn ungrouped_hosts() {
    agrees(
        "ungrouped",
        &[(
            "hosts.ini",
            "h1\nh2\n[web]\nh2\n[all]\nh3\n[ungrouped:vars]\nansible_user=nobody\n[all:vars]\nansible_port=9\n",
        )],
    );
}

#[test]
fn variable_files_beside_the_inventory() {
    agrees(
        "files",
        &[
            (
                "hosts",
                "[web]\nweb1 ansible_user=inline\nweb2\nweb3 ansible_user=inline\n[web:vars]\nansible_user=section\n\
                 ansible_port=1\nansible_host=section\n[prod:children]\nweb\n[all:vars]\nansible_port=7\n",
            ),
            ("group_vars/all", "ansible_user: everybody\nansible_port: 2\n"),
            (
                "group_vars/web.yml",
                "ansible_host: 'web-{{ inventory_hostname }}'\nlist: [1, {a: b}]\n",
            ),
            ("group_vars/prod/b.yaml", "ansible_ssh_private_key_file: /b\n"),
            (
                "group_vars/prod/a.yml",
                "ansible_ssh_private_key_file: /a\nansible_port: 3\n",
            ),
            ("group_vars/prod/sub/c", "ansible_port: 4\n"),
            ("group_vars/prod/ignored.txt", "ansible_port: 5\n"),
            ("group_vars/prod/.hidden.yml", "ansible_port: 6\n"),
            ("group_vars/nobody.yml", "ansible_port: 8\n"),
            (
                "host_vars/web3.json",
                "{\"ansible_user\": \"file\", \"ansible_port\": 2222}",
            ),
            ("host_vars/web2.yml", "---\n# nothing\n"),
        ],
    );
}

#[test]
fn variable_files_of_groups_that_nobody_names() {
    agrees(
        "nobody",
        &[
            ("hosts", "h1\nh2\n[web]\nh2\n"),
            ("group_vars/all.yml", "ansible_user: everybody\n"),
            ("group_vars/ungrouped.yml", "ansible_port: 1\n"),
        ],
    );
}

#[test]
fn the_yaml_form() {
    agrees(
        "yaml",
        &[(
            "hosts.yml",
            "all:\n  hosts:\n    lonely:\n    'n[1:3]:2222': { ansible_user: n }\n  \
             vars: { ansible_user: everybody }\n  children:\n    prod:\n      children:\n        web:\n          \
             hosts:\n            web1: { ansible_host: 10.0.0.1, other: [1, 2] }\n            web2: ~\n          \
             vars: &vars\n            ansible_port: 2222\n        db:\n          hosts: db1\n          \
             vars:\n            <<: *vars\n            ansible_user: d\n    empty:\nextra:\n  \
             hosts: { web1: { ansible_port: 23 } }\n",
        )],
    );
}

#[test]
fn json_and_files_without_extension() {
    agrees(
        "json",
        &[(
            "hosts.json",
            "{\"web\": {\"hosts\": {\"h1\": {\"ansible_port\": 22}, \"h2\": null}}}",
        )],
    );
    agrees("bare-yaml", &[("hosts", "web:\n  hosts:\n    h1:\n")]);
    agrees("bare-ini", &[("hosts", "[web]\nh1\n")]);
    agrees("odd-extension", &[("hosts.txt2", "[web]\nh1\n")]);
}

#[test]
fn encrypted_values_that_do_not_matter() {
    agrees(
        "vault",
        &[
            ("hosts", "[web]\nh1\n"),
            ("group_vars/web.yml", "ansible_port: 22\nsecret: !unsafe 'x{{ y }}'\n"),
        ],
    );
}

fn any_vars(dice: &mut Dice, between: &str) -> String {
    let names = [
        "ansible_user=u",
        "ansible_port=",
        "ansible_host=a",
        "ansible_ssh_user=s",
        "ansible_group_priority=",
    ];
    let mut text = String::new();
    for name in names {
        if dice.throw(3) == 0 {
            text.push_str(&format!("{between}{name}{}", dice.throw(9) + 1));
        }
    }
    text
}

/// Groups in groups without circles, hosts in several of them, variables everywhere.
fn any_inventory(dice: &mut Dice) -> String {
    let (groups, hosts) = (2 + dice.throw(8), 1 + dice.throw(12));
    let mut text = format!("[all:vars]{}\n", any_vars(dice, "\n"));
    for group in 0..groups {
        text.push_str(&format!("[g{group}]\n"));
        for host in 0..hosts {
            if dice.throw(4) == 0 {
                let vars = any_vars(dice, " ").replace(" ansible_group_priority=", " x=");
                text.push_str(&format!("h{host}{vars}\n"));
            }
        }
        text.push_str(&format!(
            "[g{group}:vars]{}\n[g{group}:children]\n",
            any_vars(dice, "\n")
        ));
        for child in group + 1..groups {
            if dice.throw(3) == 0 {
                text.push_str(&format!("g{child}\n"));
            }
        }
    }
    text
}

#[test]
fn executable_inventories() {
    agrees_as_script(
        "meta",
        "echo '{\"web\": {\"hosts\": [\"h1\", \"h2\"], \"vars\": {\"ansible_user\": \"w\"}, \"children\": [\"sub\"]}, \
         \"sub\": [\"h3\"], \"alone\": {\"ansible_port\": 5}, \"_meta\": {\"hostvars\": {\"h1\": {\"ansible_host\": \
         \"a\"}, \"nobody\": {\"ansible_port\": 1}}}}'",
    );
    agrees_as_script(
        "each",
        "if [ \"$1\" = --host ]; then echo \"{\\\"ansible_user\\\": \\\"$2\\\"}\"; \
         else echo '{\"web\": {\"hosts\": [\"h1\", \"h2\"]}}'; fi",
    );
}

#[test]
fn any_nesting_and_any_variables() {
    let mut dice = Dice::new(7);
    for round in 0..8 {
        let text = any_inventory(&mut dice);
        agrees(&format!("any-{round}"), &[("hosts.ini", &text)]);
    }
}

#[test]
fn folders_of_inventories() {
    agrees_as_folder(
        "folder",
        &[
            (
                "10-web",
                "[web]\nweb1 ansible_port=1 ansible_user=ten\nweb2\n[web:vars]\nansible_user=early\n",
            ),
            (
                "20-site.yml",
                "site: { children: { web: , db: { hosts: { db1: } } }, vars: { ansible_port: 20 } }\n",
            ),
            (
                "30-more",
                "[web]\nweb1 ansible_user=thirty\n[web:vars]\nansible_user=late\n[db]\ndb2\n",
            ),
            ("sub/a", "[sub]\nsub1\nweb2 ansible_host=10.0.0.2\n"),
            ("sub/group_vars/sub.yml", "ansible_user: never\n"),
            ("group_vars/db.yml", "ansible_user: dba\n"),
            ("host_vars/web2/a.yml", "ansible_port: 22\n"),
            (".hidden", "[hidden]\nhidden1\n"),
            ("old.ini", "[old]\nold1\n"),
            ("notes.txt", "not an inventory at all [\n"),
            ("hosts.bak", "[bak]\nbak1\n"),
            ("saved~", "[saved]\nsaved1\n"),
        ],
    );
}
