//! Schemas of what is written in another form than its fields say.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::{NamespaceName, OutputBytes, ProblemKind};

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

fn text(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(about))
}

impl PartialSchema for NamespaceName {
    fn schema() -> RefOr<Schema> {
        let pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$";
        text("The name of a namespace.")
            .pattern(Some(pattern))
            .examples(["default"])
            .into()
    }
}

impl ToSchema for NamespaceName {}

impl PartialSchema for ProblemKind {
    fn schema() -> RefOr<Schema> {
        let known = Self::ALL
            .iter()
            .map(|kind| format!("\n- `{}` ({})", String::from(kind.clone()), kind.status()));
        let about = format!(
            "Which problem it is: one of these, or one of a newer server.\n{}",
            known.collect::<String>()
        );
        text(&about).examples([String::from(Self::UnknownJob)]).into()
    }
}

impl ToSchema for ProblemKind {
    fn name() -> Cow<'static, str> {
        "ProblemType".into()
    }
}

impl PartialSchema for OutputBytes {
    fn schema() -> RefOr<Schema> {
        let field = |name: &str, about: &str| ObjectBuilder::new().property(name, text(about)).required(name);
        OneOfBuilder::new()
            .item(field("text", "What was written, where it is UTF-8."))
            .item(field("base64", "What was written, in Base64, where it is not UTF-8."))
            .into()
    }
}

impl ToSchema for OutputBytes {}
