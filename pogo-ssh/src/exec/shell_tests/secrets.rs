//! Secret variables under every shell.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, RemoteCommand};
use secrecy::ExposeSecret;

use super::{attempt, posix};
use crate::exec::session::Session;
use crate::input::JobInputs;
use crate::shells;

#[test]
fn secrets_are_read_under_every_shell_before_the_input_and_are_no_arguments() {
    let long = format!("{} end", "\u{e9}\u{20ac}".repeat(700));
    let odd = " it's \"a\" $HOME `b` \\n \\\n\n-\n+x\n!\n.\n\u{81}\u{88}\t ";
    let values = [("EMPTY", ""), ("LONG", &long), ("ODD", odd), ("PLAIN", "hush")];
    let names = values.map(|(name, _)| name.to_owned());
    let exec_options = names.iter().fold(ExecOptions::new(), ExecOptions::secret_env);
    let mut inputs = JobInputs::read(&exec_options).unwrap();
    for (name, value) in values {
        inputs = inputs.secret(name, value.to_owned().into());
    }
    let lines = inputs.for_command(true).secrets.unwrap();
    let line = "printf '%s|' \"$EMPTY\" \"$LONG\" \"$ODD\" \"$PLAIN\"; cat; tr '\\0' ' ' </proc/$$/cmdline; echo; env \
        | grep -c pogo_";
    let directory = tempfile::tempdir().unwrap();
    for shell in posix() {
        for post_hooks in [None, Some(directory.path().display().to_string().into())] {
            let mut attempt = attempt(RemoteCommand::shell(line), directory.path());
            (attempt.pre_hooks, attempt.post_hooks) = (None, post_hooks);
            attempt.exec_options = Arc::new(exec_options.clone());
            let session = Session::all_of(&attempt, None, None).remove(0);
            let text = session.line().under(shell);
            let mut command = shells::command(shell);
            command.args(["-c", &text]).env("SHELL", "/bin/sh").process_group(0);
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(lines.expose_secret().as_bytes()).unwrap();
            stdin.write_all(b"input\n").unwrap();
            drop(stdin);
            let output = child.wait_with_output().unwrap();
            let out = String::from_utf8(output.stdout).unwrap();
            let wanted = format!("|{long}|{odd}|hush|input\n");
            let rest = out.strip_prefix(&wanted);
            let rest = rest.unwrap_or_else(|| panic!("{shell}: {out} {}", String::from_utf8_lossy(&output.stderr)));
            assert!(!rest.contains("hush") && rest.ends_with("\n0\n"), "{shell}: {rest}");
        }
    }
}
