//! Reads files, checking their permissions, and options of the command line.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use crate::error::ClientConfigError;
use crate::lines::file::{ConfigFile, FileReader};
use crate::lines::keyword::Keyword;
use crate::lines::line::ConfigLine;
use crate::lines::read_files::ReadFiles;
use crate::lines::scope::ConfigScope;
use crate::local::LocalAccount;

/// Who may write to a file. Included files must be private in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    /// This user and root.
    Private,
    /// Not looked at: the file of the system, and one that was named, as `ssh -F` does.
    Anybody,
}

/// Reads a file and those it includes, and notes them.
pub(crate) fn read_file(
    local: &LocalAccount,
    base: &Path,
    path: &Path,
    scope: ConfigScope,
    writers: Writers,
    read_files: &mut ReadFiles,
) -> Result<ConfigFile, ClientConfigError> {
    let is_private = |is_included| is_included || writers == Writers::Private;
    let read = |path: &Path, is_included: bool| match read_bytes(path, is_private(is_included), local) {
        Err(ClientConfigError::Unreadable { source, .. }) if is_included && source.kind() == ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    };
    let mut reader = FileReader::new(Some(local), base, scope, read);
    let file = reader.file(path);
    read_files.extend(std::mem::take(&mut reader.read_files));
    match reader.problems.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => file,
    }
}

fn read_bytes(path: &Path, private: bool, local: &LocalAccount) -> Result<Vec<u8>, ClientConfigError> {
    let unreadable = |source| ClientConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // Follows links, as OpenSSH's `fstat` of the open file does: a link to a shared file is judged
    // by that file.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    let is_ours = metadata.uid() == 0 || metadata.uid() == local.uid;
    if private && (!is_ours || metadata.mode() & 0o022 != 0) {
        return Err(ClientConfigError::NotPrivate { path: path.to_owned() });
    }
    fs::read(path).map_err(unreadable)
}

/// Parses an option of the command line.
pub(crate) fn option_line(text: &str) -> Result<ConfigLine, ClientConfigError> {
    let position = format!("-o {text}");
    let malformed = || ClientConfigError::Line {
        position: position.clone(),
        problem: "an option is a keyword and its value, as in ConnectTimeout=5".to_owned(),
    };
    // A line break would end the line here, and in a message the text would look like two.
    if text.contains(['\n', '\0']) {
        return Err(malformed());
    }
    let file: Arc<Path> = Path::new(&position).into();
    let line = ConfigLine::parse(&file, 0, text).map_err(|problem| *problem)?;
    let line = line.ok_or_else(malformed)?;
    match line.keyword {
        None => Err(line.unknown_keyword().into()),
        Some(Keyword::Host | Keyword::Match | Keyword::Include) => {
            Err(line.problem("it is for files; name one as the configuration").into())
        }
        Some(_) => {
            line.check(ConfigScope::User).map_err(|problem| *problem)?;
            Ok(line)
        }
    }
}
