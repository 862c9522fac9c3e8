//! Schemas of what is written in another form than its fields say: as text, or as another type.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Digest;
use crate::fleet::{HostName, Selector, TagPath};
use crate::plan::HoldOwner;
use crate::scheduler::{RequestId, RestoreId};
use crate::stream::StreamId;

/// Gives a type the schema of the one that it is written as.
macro_rules! schema_as {
    ($type:ty as $written:ty, $name:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                <$written as utoipa::PartialSchema>::schema()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                <$written as utoipa::ToSchema>::schemas(schemas);
            }
        }
    };
}
pub(crate) use schema_as;

/// Gives a type the schema of a list whose entries have each a type of their own, of which the last may be left out.
macro_rules! tuple_schema {
    ($type:ty, $name:literal: $($entry:ty),*) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::openapi::list([$(<$entry as utoipa::PartialSchema>::schema()),*])
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    };
}
pub(crate) use tuple_schema;

pub(crate) fn list<const N: usize>(entries: [RefOr<Schema>; N]) -> RefOr<Schema> {
    let entries = entries.into_iter().filter_map(|entry| match entry {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    });
    ArrayBuilder::new()
        .prefix_items(entries)
        .max_items(Some(N))
        .build()
        .into()
}

/// Gives a type the schema of a text.
macro_rules! text {
    ($($type:ty, $name:literal: $about:literal, $pattern:literal, $example:literal;)*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                text($about, $pattern, $example).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

fn text(about: &str, pattern: &str, example: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(about))
        .pattern(Some(pattern))
        .examples([example])
        .build()
}

// Patterns say less than the types refuse, with a sentence that says what is wrong where.
text! {
    HostName, "HostName": "The name of a host.", r#"^[^\s,|&!()$\[\]{}*?"'`]{1,255}$"#, "web1";
    TagPath, "TagPath": "A tag, with dots between its parts and without the `$` of selectors.",
        r"^[^\s.$]+(\.[^\s.$]+)*$", "role.web";
    Selector, "Selector": "Which hosts: names, ranges, tags, `&`, `,`, `!` and brackets.", r"\S", "$web & web[1-3]";
    HoldOwner, "HoldOwner": "Who holds hosts.", r"\S", "alice";
    RequestId, "RequestId": "An id of a client for an order: 1 to 128 visible ASCII characters.", r"^[!-~]{1,128}$",
        "7c1e0f9a";
    RestoreId, "RestoreId": "Which restore of a store it was: 16 hexadecimal digits.", r"^[0-9A-Fa-f]{16}$",
        "00000000000000a7";
    StreamId, "StreamId": "A position in a stream: incarnation and position in the journal.",
        r"^[0-9]{1,9}-[0-9]{1,19}$", "0-1234";
    Digest, "Digest": "A SHA-256 digest: 64 hexadecimal digits.", r"^[0-9a-f]{64}$",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}
