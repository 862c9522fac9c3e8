//! Fleets and policies in records and snapshots: whole, or by the digest under which a journal has them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::Digest;

/// A fleet or a policy, as a record or a snapshot has it.
///
/// What a dispatcher hands out has it at hand. In its journal it stands under its digest, apart from the records, which
/// name it:
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Digest;
/// use pogo_core::policy::Policy;
/// use pogo_core::scheduler::Content;
///
/// let stored = Content::<Policy>::Stored(Digest::of(b"{}"));
/// let text = serde_json::to_string(&stored)?;
/// assert_eq!(text, format!(r#"{{"digest":"{}"}}"#, Digest::of(b"{}")));
/// assert_eq!(serde_json::from_str::<Content<Policy>>(&text)?, stored);
///
/// let loaded = Content::from(Arc::new(Policy::default()));
/// assert_eq!(loaded.loaded()?, &Arc::new(Policy::default()));
/// // Whole, it is stored as itself.
/// assert_eq!(serde_json::to_string(&loaded)?, serde_json::to_string(&Policy::default())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum Content<T> {
    /// In memory.
    Loaded(Arc<T>),
    /// In a journal, under this digest.
    Stored(Digest),
}

/// A record or a snapshot names content that was not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it names content by its digest, {digest}, which is stored beside its journal; load it from there first")]
#[non_exhaustive]
pub struct ContentNotLoaded {
    /// The digest.
    pub digest: Digest,
}

impl<T> Content<T> {
    /// What it is.
    ///
    /// # Errors
    /// It has to be loaded first.
    pub fn loaded(&self) -> Result<&Arc<T>, ContentNotLoaded> {
        match self {
            Self::Loaded(content) => Ok(content),
            Self::Stored(digest) => Err(ContentNotLoaded { digest: *digest }),
        }
    }

    /// The digest by which it is named, if it is.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Loaded(_) => None,
            Self::Stored(digest) => Some(*digest),
        }
    }
}

impl<T> Clone for Content<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Loaded(content) => Self::Loaded(Arc::clone(content)),
            Self::Stored(digest) => Self::Stored(*digest),
        }
    }
}

impl<T> From<Arc<T>> for Content<T> {
    fn from(content: Arc<T>) -> Self {
        Self::Loaded(content)
    }
}

impl<T> From<T> for Content<T> {
    fn from(content: T) -> Self {
        Self::Loaded(Arc::new(content))
    }
}

impl<T: Serialize> Serialize for Content<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Loaded(content) => content.serialize(serializer),
            Self::Stored(digest) => {
                let mut named = serializer.serialize_struct("Content", 1)?;
                named.serialize_field(DIGEST, digest)?;
                named.end()
            }
        }
    }
}

/// The field by which content is named. No fleet and no policy has one of this name.
const DIGEST: &str = "digest";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Content<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByFirstField(PhantomData))
    }
}

/// The first field says which of the two it is. An untagged enum would read each fleet into a buffer, and not say what
/// is wrong with one.
struct ByFirstField<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByFirstField<T> {
    type Value = Content<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fleet or a policy, or a digest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let first: Option<String> = map.next_key()?;
        // An empty map is a policy too: it has no first field.
        if first.as_deref() != Some(DIGEST) {
            let fields = MapAccessDeserializer::new(Resumed { first, rest: map });
            return T::deserialize(fields).map(Content::from);
        }
        let digest = map.next_value()?;
        match map.next_key::<String>()? {
            None => Ok(Content::Stored(digest)),
            Some(more) => Err(A::Error::custom(format_args!(
                "`{more}` beside a digest, which stands alone"
            ))),
        }
    }
}

/// A map whose first key has been read.
struct Resumed<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Resumed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(first) => seed.deserialize(first.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}
