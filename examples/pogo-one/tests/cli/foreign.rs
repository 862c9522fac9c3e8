//! What other tools mean by a flag gets a word, not a wrong run.

use super::program::Program;

fn word(program: &Program, words: &[&str]) -> String {
    let done = program.run(words);
    assert_eq!(done.code, 64, "{words:?}: {}{}", done.out, done.err);
    assert_eq!(done.out, "", "{words:?}");
    done.err
}

/// A command line of another tool, and what its refusal names.
const FOREIGN: &[(&str, &str)] = &[
    // ssh, pdsh, clush
    ("run -l root web1 -- uptime", "-u USER"),
    ("run web1 -l root -- uptime", "-u USER"),
    ("run -g web -- uptime", "@GROUP"),
    ("run -a -- uptime", "'*'"),
    ("run -w web1 -p 32 -- uptime", "-f N"),
    ("run web1 -J gate -- uptime", "--jump"),
    ("run web1 -F config -- uptime", "--ssh-config"),
    ("run web1 -N -- uptime", "behind its host's name"),
    ("run web1 -B -- uptime", "-b"),
    ("run web1 --fanout 3 -- uptime", "-f N"),
    ("run web1 -u 30 -- uptime", "--timeout 30"),
    ("run web1 -t 30 -- uptime", "--timeout 30"),
    // pssh
    ("run -H web1 -- uptime", "'web[1-3],db1'"),
    ("run --hosts web1 -- uptime", "'web[1-3],db1'"),
    ("run web1 -o /tmp/out -- uptime", "-o takes an option of ssh"),
    ("run web1 -P -- uptime", "as it comes"),
    ("run web1 --inline -- uptime", "as it comes"),
    ("run web1 -A -- uptime", "--ask-password"),
    ("run web1 -e /tmp/err -- uptime", "--env"),
    // ansible
    ("run web1 -m shell -a uptime", ""),
    ("run web1 -m ping -- x", "--script FILE"),
    ("run web1 -b -K -- uptime", "--run-as root"),
    ("run web1 -bK -- uptime", "-b folds outputs here"),
    ("run web1 --become -- uptime", "--run-as root"),
    ("run web1 -b --become-user joe -- uptime", "-b folds outputs here"),
    ("run web1 -k -- uptime", "--ask-password"),
    ("run web1 --ask-pass -- uptime", "--ask-password"),
    ("run web1 --limit web1 -- uptime", "-x"),
    ("run web1 --forks 5 -- uptime", "-f N"),
    ("run web1 -C -- uptime", "--dry-run"),
    ("run web1 --check -- uptime", "--dry-run"),
    ("run web1 --private-key k -- uptime", "--identity FILE"),
    ("run web1 --extra-vars a=b -- uptime", "--env"),
    ("plan web1 --serial 2", "--waves"),
    ("run -i web1,web2, -- uptime", "web1,web2"),
    ("plan web1 -l x", "-u USER"),
];

#[test]
fn letters_of_other_tools_name_what_to_type_here() {
    let program = Program::new();
    for (line, wanted) in FOREIGN {
        let words: Vec<&str> = line.split(' ').collect();
        let said = word(&program, &words);
        assert!(said.contains(wanted), "{line}: {said}");
        // A word, not a page.
        assert!(
            wanted.is_empty() || said.trim_end().lines().count() <= 4,
            "{line}: {said}"
        );
    }
}

#[test]
fn a_missing_dash_dash_is_named_with_the_line_to_type() {
    let program = Program::new();
    for (line, wanted) in [
        ("run web1 uptime", "`pogo run web1 -- uptime`"),
        ("run web1 ls -l", "`pogo run web1 -- ls -l`"),
        ("run web1 ls -la /tmp", "`pogo run web1 -- ls -la /tmp`"),
        ("run -w web1 uptime", "-- uptime`"),
        ("run -t web1 df -h", ""),
        ("run -w web1 ls --all", "`pogo run -w web1 -- ls --all`"),
        (
            "run -u root web1 systemctl restart nginx --now",
            "`pogo run -u root web1 -- systemctl restart nginx --now`",
        ),
        ("run web1", "a command is missing; write it behind `--`"),
        ("run web1 --", "a command is missing"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        if wanted.is_empty() {
            continue;
        }
        let said = word(&program, &words);
        assert!(said.contains(wanted), "{line}: {said}");
    }
    let said = word(&program, &["run", "web[1-3]", "echo 'a'", "-z"]);
    assert!(said.contains(r"`pogo run 'web[1-3]' -- 'echo '\''a'\''' -z`"), "{said}");
}

#[test]
fn a_private_key_is_no_inventory() {
    let program = Program::new();
    let key = program.write("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n");
    for path in [key.to_str().unwrap(), "key", "/root/.ssh/id_ed25519", "id_rsa"] {
        let said = word(&program, &["run", "web1", "-i", path, "--", "uptime"]);
        assert!(said.contains(&format!("--identity {path}")), "{said}");
    }
}

#[test]
fn a_list_of_hosts_given_to_help_is_named() {
    let program = Program::new();
    program.write("hosts.txt", "web1\n");
    let said = word(&program, &["run", "-h", "hosts.txt", "--", "uptime"]);
    assert!(said.contains("--targets-file hosts.txt"), "{said}");
    assert_eq!(program.run(&["run", "-h"]).code, 0);
    assert_eq!(program.run(&["run", "--help"]).code, 0);
}
