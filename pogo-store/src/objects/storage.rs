//! The few things that are done with objects.

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientConfigKey, Error, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use pogo_core::output::OutputError;

use super::failure::{deepest, describe};
use super::http::{RingConnector, Trust};
use super::location::LocationKind;
use super::names::NAMESPACES;
use super::{ObjectError, ObjectLocation};
use crate::blocking::spawn_blocking;
use crate::remote::Runtime;

/// A request is tried again for so long. What waits to be written is in memory meanwhile.
const RETRY: Duration = Duration::from_secs(6);
const RETRIES: usize = 2;

/// A client of an [`ObjectLocation`]. Clones share its connections.
///
/// `Debug` and `Display` print the location, and nothing of the login.
#[derive(Clone)]
pub struct ObjectStorage {
    store: Arc<dyn ObjectStore>,
    /// Before the name of each object.
    prefix: Arc<str>,
    location: Arc<str>,
    /// Where files are, if objects are files.
    directory: Option<Arc<FilePath>>,
    /// A thread of its own, since what is compressed and signed there would keep a journal waiting.
    pub(crate) runtime: Runtime,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedObject {
    /// The last part of its name.
    pub(crate) name: String,
    /// Another one whenever it was written.
    pub(crate) version: String,
    pub(crate) bytes: u64,
    /// Milliseconds since 1970.
    pub(crate) written: u64,
}

impl ObjectStorage {
    /// Opens a location with the login and settings of the environment. Nothing is sent yet, so that a dispatcher
    /// starts while the service is away: a wrong login is an error of the first request. A directory is created, for
    /// this user alone.
    ///
    /// # Errors
    /// The login or a setting is missing or invalid; the directory cannot be created.
    pub fn open(location: &ObjectLocation) -> Result<Self, ObjectError> {
        let all = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            Some((name, value))
        });
        Self::open_with(location, all)
    }

    /// Opens a location with these variables instead of the environment's: for programs that keep a login elsewhere.
    /// Variables that [`ObjectLocation`] does not list are ignored.
    ///
    /// # Errors
    /// The login or a setting is missing or invalid; the directory cannot be created.
    ///
    /// ```
    /// use pogo_store::objects::{ObjectLocation, ObjectStorage};
    ///
    /// let location: ObjectLocation = "s3://logs/pogo".parse()?;
    /// let login = [("AWS_ACCESS_KEY_ID", "pogo"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    /// let storage = ObjectStorage::open_with(&location, login.map(|(name, value)| (name.into(), value.into())))?;
    /// assert_eq!(format!("{storage:?}"), "ObjectStorage(\"s3://logs/pogo\")");
    /// # Ok::<(), pogo_store::objects::ObjectError>(())
    /// ```
    pub fn open_with(
        location: &ObjectLocation,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ObjectError> {
        let unusable = |message: String| ObjectError::Unusable {
            location: location.to_string(),
            message,
        };
        let (store, prefix): (Arc<dyn ObjectStore>, &str) = match &location.kind {
            LocationKind::S3 { bucket, prefix } => (s3(bucket, variables).map_err(unusable)?, prefix),
            LocationKind::Directory(directory) => (local(directory).map_err(unusable)?, ""),
        };
        let storage = Self::of(store, prefix, &location.to_string()).map_err(unusable)?;
        let directory = match &location.kind {
            LocationKind::S3 { .. } => None,
            LocationKind::Directory(directory) => Some(directory.as_path().into()),
        };
        Ok(Self { directory, ..storage })
    }

    pub(super) fn of(store: Arc<dyn ObjectStore>, prefix: &str, location: &str) -> Result<Self, String> {
        Ok(Self {
            store,
            prefix: prefix.into(),
            location: location.into(),
            directory: None,
            runtime: Runtime::start("pogo-store-objects").map_err(|error| error.to_string())?,
        })
    }

    fn path(&self, name: &str) -> Path {
        match &*self.prefix {
            "" => Path::from(name),
            prefix => Path::from(format!("{prefix}/{name}")),
        }
    }

    fn unavailable(&self, error: &Error) -> OutputError {
        OutputError::Unavailable {
            message: describe(&self.location, self.directory.is_some(), error),
        }
    }

    /// Writes an object whole, in place of one of its name. Nobody sees a part of it.
    pub(crate) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), OutputError> {
        let written = self.store.put(&self.path(name), bytes.into()).await;
        written.map(drop).map_err(|error| self.unavailable(&error))
    }

    /// An object, with its version; `None` if there is none of that name.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<(Vec<u8>, String)>, OutputError> {
        let found = match self.store.get(&self.path(name)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| self.unavailable(&error))?,
        };
        let version = version(&found.meta);
        let bytes = found.bytes().await.map_err(|error| self.unavailable(&error))?;
        Ok(Some((bytes.into(), version)))
    }

    /// Whether there is anything in a folder.
    pub(crate) async fn has_any(&self, folder: &str) -> Result<bool, OutputError> {
        let first = self.store.list(Some(&self.path(folder))).next().await;
        let first = first.transpose().map_err(|error| self.unavailable(&error))?;
        Ok(first.is_some())
    }

    /// The objects of a folder.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<ListedObject>, OutputError> {
        let listed = self.store.list(Some(&self.path(folder))).map_ok(|meta| ListedObject {
            name: meta.location.filename().unwrap_or_default().to_owned(),
            version: version(&meta),
            bytes: meta.size,
            written: u64::try_from(meta.last_modified.timestamp_millis()).unwrap_or_default(),
        });
        listed.try_collect().await.map_err(|error| self.unavailable(&error))
    }

    /// The folders in a folder.
    pub(crate) async fn folders(&self, folder: &str) -> Result<Vec<String>, OutputError> {
        let listed = self.store.list_with_delimiter(Some(&self.path(folder))).await;
        let folders = match listed {
            Err(Error::NotFound { .. }) => vec![],
            listed => listed.map_err(|error| self.unavailable(&error))?.common_prefixes,
        };
        let names = folders.iter().filter_map(|folder| folder.filename().map(str::to_owned));
        Ok(names.collect())
    }

    /// Removes objects, if they are there.
    pub(crate) async fn delete(&self, names: &[String]) -> Result<(), OutputError> {
        let paths: Vec<_> = names.iter().map(|name| Ok(self.path(name))).collect();
        let mut deleted = self.store.delete_stream(stream::iter(paths).boxed());
        while let Some(deleted) = deleted.next().await {
            match deleted {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(self.unavailable(&error)),
            }
        }
        Ok(())
    }

    /// Removes a folder, of which these objects were listed.
    pub(crate) async fn remove_folder(&self, folder: &str, objects: &[ListedObject]) -> Result<(), OutputError> {
        let Some(directory) = &self.directory else {
            let names: Vec<_> = objects
                .iter()
                .map(|object| format!("{folder}/{}", object.name))
                .collect();
            return self.delete(&names).await;
        };
        // With what is in no list: files that were not written to their end when a machine died.
        let removed = directory.join(folder);
        let removed = spawn_blocking(move || std::fs::remove_dir_all(removed)).await;
        match removed.and_then(|removed| removed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(OutputError::Unavailable {
                message: format!("{}/{folder} cannot be removed: {error}", self.location),
            }),
            _ => Ok(()),
        }
    }
}

fn version(meta: &ObjectMeta) -> String {
    match &meta.e_tag {
        Some(tag) => tag.clone(),
        None => format!("{}-{}", meta.last_modified.timestamp_millis(), meta.size),
    }
}

fn s3(bucket: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Arc<dyn ObjectStore>, String> {
    let mut builder = AmazonS3Builder::new();
    let mut trust = Trust::System;
    for (name, value) in variables.into_iter().filter(|(name, _)| name.starts_with("AWS_")) {
        if name == "AWS_CA_BUNDLE" {
            trust = Trust::File(value.into());
        } else if let Ok(setting) = name.to_ascii_lowercase().parse() {
            builder = builder.with_config(setting, value);
        }
    }
    let builder = builder.with_bucket_name(bucket);
    if is_plain(&builder)? {
        trust = Trust::Nobody;
    }
    let retry = RetryConfig {
        max_retries: RETRIES,
        retry_timeout: RETRY,
        ..RetryConfig::default()
    };
    let built = builder
        .with_retry(retry)
        .with_http_connector(RingConnector { trust })
        .build();
    // The message names a variable, and not what it says.
    Ok(Arc::new(built.map_err(|error| deepest(&error))?))
}

/// Whether a service is asked without encryption; an endpoint that is not as it has to be is refused.
fn is_plain(builder: &AmazonS3Builder) -> Result<bool, String> {
    let setting = |key| builder.get_config_value(&key);
    let endpoint = setting(AmazonS3ConfigKey::S3Endpoint).or_else(|| setting(AmazonS3ConfigKey::Endpoint));
    let endpoint = endpoint.unwrap_or_default();
    if endpoint.contains('@') {
        return Err(
            "AWS_ENDPOINT_URL has no user and no password in it; set AWS_ACCESS_KEY_ID and \
                    AWS_SECRET_ACCESS_KEY"
                .to_owned(),
        );
    }
    let allows_http = setting(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
    match (endpoint.starts_with("http://"), allows_http.as_deref()) {
        (true, Some("true")) => Ok(true),
        (true, _) => Err(
            "AWS_ENDPOINT_URL is without TLS; use `https://`, or set AWS_ALLOW_HTTP=true where nobody \
                          else reads the network"
                .to_owned(),
        ),
        (false, _) => Ok(false),
    }
}

fn local(directory: &FilePath) -> Result<Arc<dyn ObjectStore>, String> {
    let failed = |error: std::io::Error| error.to_string();
    // For this user alone, as every file with output is; what lies below is out of reach by that.
    let below = directory.join(NAMESPACES);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&below)
        .map_err(failed)?;
    let local = LocalFileSystem::new_with_prefix(directory).map_err(|error| error.to_string())?;
    // What is said to be kept outlives a power cut.
    Ok(Arc::new(local.with_fsync(true).with_automatic_cleanup(false)))
}

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectStorage").field(&self.location).finish()
    }
}

impl fmt::Display for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)
    }
}
