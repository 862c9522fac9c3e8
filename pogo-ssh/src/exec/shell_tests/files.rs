//! Files are placed and removed through every login shell.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, RemoteCommand, SentFile};

use super::{attempt, log_in, login};
use crate::exec::line::CommandLine;
use crate::exec::upload::{UploadedFiles, receiving_line};
use crate::input::SharedInputs;

#[tokio::test]
async fn files_are_placed_and_removed_through_every_login_shell() {
    let home = tempfile::tempdir().unwrap();
    for (number, shell) in login().into_iter().enumerate() {
        let to = home.path().join(format!("it's! {number}\\"));
        let bytes = b"\xff\0!'\\\n".repeat(1000);
        let source = home.path().join("source");
        fs::write(&source, &bytes).unwrap();
        let source = source.display().to_string();
        let file = SentFile::new(source).to(to.display().to_string());
        let exec_options = ExecOptions::new().file(file.clone());
        let inputs = SharedInputs::default().of(&Arc::new(exec_options)).await.unwrap();
        let content = &inputs.files[0];
        let line = receiving_line(
            &attempt(RemoteCommand::shell("true"), Path::new("/")),
            (&file, content),
            None,
        );
        let output = log_in(shell, &line, &bytes);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "\x1epogo a17 sent placed\n",
            "{shell}"
        );
        assert!(fs::read(&to).unwrap() == bytes, "{shell}");
        let mut sent = UploadedFiles::default();
        sent.note("placed", &file);
        let output = log_in(shell, &CommandLine::new(&sent.removal(), &[]), b"");
        assert!(output.status.success() && !to.exists(), "{shell}: {output:?}");
    }
}
