//! Words arrive unchanged through every login shell.

use super::{log_in, login, posix};
use crate::exec::line::CommandLine;

/// What shells read in ways of their own.
pub(super) fn hostile() -> Vec<String> {
    let words = [
        "",
        "it's",
        "'",
        "\"",
        "\\",
        "a\\",
        "\\\\'",
        "'\\''",
        "!",
        "!!",
        "!x",
        "a!b'c\\",
        "$HOME",
        "$(id)",
        "`id`",
        "${x}",
        "%s%d%",
        "\\n",
        "\\0101",
        "\n",
        "a\n",
        "\n\nb\n\n",
        "\\\n",
        "*",
        "~",
        "#",
        "a b  c",
        "\t",
        "\r\n",
        "\u{1b}[31m",
        "\u{7f}",
        "-n",
        "--",
        "^a^b",
        "{a,b}",
        "[x]",
        "=ls",
        "&",
        ";",
        "|",
        "<",
        ">",
        "(",
        ")",
        "ü€\u{1f600}\u{202e}",
    ];
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn nul_after_each(words: &[String]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| [word.as_bytes(), b"\0"].concat())
        .collect()
}

#[test]
fn words_arrive_unchanged_through_every_login_shell() {
    let words = hostile();
    let parameters: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = CommandLine::new("printf '%s\\0' \"$@\"; cat", &parameters);
    assert_eq!(line.input, None);
    for shell in login() {
        let output = log_in(shell, &line, b"the command's own");
        let wanted = [nul_after_each(&words), b"the command's own".to_vec()].concat();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&wanted),
            "{shell}: {output:?}"
        );
    }
}

#[test]
fn a_long_text_arrives_unchanged_through_every_login_shell() {
    // Quotes and backslashes grow the most.
    let words = [
        hostile().concat().repeat(700),
        "'".repeat(100_000),
        "\\\n".repeat(50_000),
    ];
    let parameters: Vec<&str> = words.iter().map(String::as_str).collect();
    // `printf` may be a program, which takes no such words.
    let line = CommandLine::new("for w do cat <<E\n$w\nE\ndone; cat", &parameters);
    let wanted: String = words.iter().map(|word| format!("{word}\n")).collect();
    for shell in login() {
        let output = log_in(shell, &line, b"the command's own");
        assert!(
            output.stdout == format!("{wanted}the command's own").into_bytes(),
            "{shell}: {:?}",
            output.status
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    }
}

#[test]
fn nothing_runs_of_a_long_text_that_is_cut_off() {
    let line = CommandLine::new("echo ran", &[&"x".repeat(20_000)]);
    let input = line.input.clone().unwrap();
    for shell in posix() {
        for cut in ["", "+se", &input[..1000], input.strip_suffix(".\n").unwrap()] {
            let cut = CommandLine {
                input: Some(cut.to_owned()),
                ..line.clone()
            };
            let output = log_in(shell, &cut, b"");
            assert_eq!((output.status.code(), output.stdout), (Some(255), vec![]), "{shell}");
        }
    }
}
