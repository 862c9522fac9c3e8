//! Documents with a version.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version in which this library writes documents. It is the first thing in each; a reader refuses newer ones.
///
/// Within a version fields are only added: older readers skip them, and newer readers have a default for each.
pub const WIRE_VERSION: u32 = 1;

/// [`WIRE_VERSION`] as it is written, and the check of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(WIRE_VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            // Older versions too: a newer client may speak to an older server, during an upgrade or
            // for good.
            0..=WIRE_VERSION => Ok(Self),
            found => Err(D::Error::custom(format_args!(
                "the document is of version {found}, and this library reads up to {WIRE_VERSION}; use the newer one"
            ))),
        }
    }
}

/// A document: what is given, behind a version.
macro_rules! document {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$field_meta:meta])* $field:ident: $type:ty, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[non_exhaustive]
        // A macro, so that no document can be without its version and with it in the first place.
        pub struct $name {
            #[cfg_attr(feature = "openapi", schema(value_type = u32))]
            version: $crate::wire::document::Version,
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl $name {
            /// A document with these contents, of the [version](crate::wire::WIRE_VERSION) that is written.
            pub fn new($($field: $type),*) -> Self {
                Self { version: $crate::wire::document::Version, $($field),* }
            }
        }
    };
}
pub(super) use document;
