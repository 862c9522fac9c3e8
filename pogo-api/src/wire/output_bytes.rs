//! Output as it is written in JSON: `text` where it is UTF-8, and `base64` otherwise.

use base64ct::{Base64, Encoding};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes of output, as one field of the object that has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputBytes(pub(super) Vec<u8>);

/// Borrowed bytes of output, written as [`OutputBytes`].
#[derive(Debug, Clone, Copy)]
pub(super) struct OutputSlice<'a>(pub(super) &'a [u8]);

#[derive(Serialize, Deserialize)]
#[serde(rename = "OutputBytes")]
struct WrittenBytes<T> {
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    text: Option<T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

// As a function, since serde would ask for a default of the text.
fn none<T>() -> Option<T> {
    None
}

impl Serialize for OutputBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OutputSlice(&self.0).serialize(serializer)
    }
}

impl Serialize for OutputSlice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text where possible: Base64 is a third longer, and people read streams with curl.
        let text = str::from_utf8(self.0).ok();
        let base64 = text.is_none().then(|| Base64::encode_string(self.0));
        WrittenBytes { text, base64 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OutputBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenBytes::<String>::deserialize(deserializer)?;
        match (written.text, written.base64) {
            (Some(text), None) => Ok(Self(text.into_bytes())),
            (None, Some(base64)) => Base64::decode_vec(&base64)
                .map(Self)
                .map_err(|error| D::Error::custom(format_args!("`base64`: {error}"))),
            _ => Err(D::Error::custom("a piece of output has either `text` or `base64`")),
        }
    }
}
