//! Errors of reading a job's inputs.

/// Why a job's inputs cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobInputsError {
    /// It cannot be opened or read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's error.
        reason: String,
    },
    /// The job has a kind of input that this version does not support.
    #[error(
        "this version of pogo-ssh does not know the kind of input that the job names; use versions of pogo-core and \
         pogo-ssh that fit"
    )]
    Unknown,
    /// The path of a file to send is a directory.
    #[error("cannot read {path}: it is a directory; name a file, or an archive of the directory")]
    Directory {
        /// The directory.
        path: String,
    },
    /// It is a device, which may have no end.
    #[error("cannot read {path}: it is a device; name a file, or give what it holds through a pipe")]
    Device {
        /// The device.
        path: String,
    },
    /// Writing the copy failed.
    #[error("cannot keep a copy of {path} in {directory}: {reason}; TMPDIR names another directory")]
    NoRoom {
        /// The file.
        path: String,
        /// The directory for the copy.
        directory: String,
        /// The system's error.
        reason: String,
    },
}

impl JobInputsError {
    /// The path that the job names, if reading that one failed.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Unreadable { path, .. } | Self::Directory { path } | Self::Device { path } => Some(path),
            Self::Unknown | Self::NoRoom { .. } => None,
        }
    }
}
