//! Where objects are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::ObjectError;

/// Where objects are kept: `s3://bucket/prefix`, or `file:///srv/pogo/output` for a directory that all machines mount.
///
/// It contains neither user nor password. Login and settings of S3 and S3-compatible services come from the variables
/// of the environment that AWS's own programs read:
///
/// | variable | meaning |
/// | --- | --- |
/// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the login; without them that of the machine or container is asked for, as AWS gives it to those it runs |
/// | `AWS_REGION` or `AWS_DEFAULT_REGION` | the region, `us-east-1` unless named |
/// | `AWS_ENDPOINT_URL` | the address of a service that is not AWS, as in `https://minio.example.com:9000` |
/// | `AWS_ALLOW_HTTP` | `true` for a service without TLS |
/// | `AWS_CA_BUNDLE` | a file with the authorities (PEM) whose certificates are believed, instead of the system's |
/// | `AWS_VIRTUAL_HOSTED_STYLE_REQUEST` | `true` where the bucket is part of the host's name |
///
/// ```
/// use pogo_store::objects::ObjectLocation;
///
/// let location: ObjectLocation = "s3://logs.example.com/pogo/".parse()?;
/// assert_eq!(location.to_string(), "s3://logs.example.com/pogo");
/// assert!("s3://me:secret@logs/pogo".parse::<ObjectLocation>().is_err());
/// # Ok::<(), pogo_store::objects::ObjectError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectLocation {
    pub(super) kind: LocationKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LocationKind {
    S3 { bucket: String, prefix: String },
    Directory(PathBuf),
}

impl ObjectLocation {
    /// Whether a text has the form of a location rather than of a path.
    pub fn is_meant_by(text: &str) -> bool {
        // Any scheme: one that is not known is refused with those that are, and makes no directory of its name.
        text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.chars().all(|character| character.is_ascii_alphanumeric())
        })
    }

    /// Whether opening it reads variables of the environment.
    pub fn needs_environment(&self) -> bool {
        matches!(self.kind, LocationKind::S3 { .. })
    }
}

fn invalid(message: &str) -> ObjectError {
    ObjectError::InvalidLocation {
        message: message.to_owned(),
    }
}

/// A bucket and the path in it. The text is not repeated: it may have a password in it.
fn s3(rest: &str) -> Result<LocationKind, ObjectError> {
    if rest.contains('@') {
        return Err(invalid(
            "it has no user and no password in it: they come from the environment, as AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY; change a password that was written here",
        ));
    }
    if rest.contains(['?', '#']) {
        return Err(invalid(
            "it ends with its path: the region and the service come from the environment, as AWS_REGION and \
             AWS_ENDPOINT_URL",
        ));
    }
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_known = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_known) {
        return Err(invalid("a bucket has a name of 3 to 63 letters, digits, `-` and `.`"));
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && name.chars().all(is_known);
    if !prefix.is_empty() && !prefix.split('/').all(is_name) {
        return Err(invalid(
            "a path in a bucket is of letters, digits, `-`, `_` and `.`, with a `/` between its parts",
        ));
    }
    Ok(LocationKind::S3 {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
    })
}

impl FromStr for ObjectLocation {
    type Err = ObjectError;

    fn from_str(text: &str) -> Result<Self, ObjectError> {
        let kind = match text.split_once("://") {
            Some(("s3", rest)) => s3(rest)?,
            Some(("file", path)) if Path::new(path).is_absolute() => LocationKind::Directory(path.into()),
            Some(("file", _)) => {
                return Err(invalid(
                    "a directory has its whole path, as in `file:///srv/pogo/output`",
                ));
            }
            _ => return Err(invalid("it begins with `s3://` or `file:///`")),
        };
        Ok(Self { kind })
    }
}

impl fmt::Display for ObjectLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LocationKind::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            LocationKind::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            LocationKind::Directory(path) => write!(f, "file://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectLocation;

    #[test]
    fn a_location_prints_itself_and_is_read_from_that() {
        for (text, printed) in [
            ("s3://logs", "s3://logs"),
            ("s3://logs/", "s3://logs"),
            (
                "s3://logs.example.com/pogo/output/",
                "s3://logs.example.com/pogo/output",
            ),
            ("file:///srv/pogo output", "file:///srv/pogo output"),
        ] {
            let location: ObjectLocation = text.parse().unwrap();
            assert_eq!(location.to_string(), printed);
            assert_eq!(printed.parse::<ObjectLocation>().unwrap(), location);
        }
    }

    #[test]
    fn what_is_no_location_is_refused_without_its_secret() {
        for text in [
            "s3://me:secret@logs/pogo",
            "s3://secret@logs",
            "s3://logs/pogo?secret_access_key=secret",
            "s3://logs#secret",
            "s3://se",
            "s3://logs/../secret",
            "s3://logs//secret",
            "file://secret",
            "gs://secret/pogo",
            "https://me:secret@example.com/logs",
        ] {
            assert!(ObjectLocation::is_meant_by(text));
            let refused = text.parse::<ObjectLocation>().unwrap_err().to_string();
            assert!(
                !refused.contains("secret@") && !refused.contains("/secret"),
                "{refused}"
            );
            assert!(!refused.contains(text), "{refused}");
        }
        assert!(!ObjectLocation::is_meant_by("/srv/pogo://output"));
    }
}
