//! The description of all routes and documents as OpenAPI has it, made from the types that travel.
//!
//! What a server answers at `/v1/openapi.json` is a file, which a test compares with this.

mod document;
mod operation;
mod operations;
mod prose;
mod schemas;

pub use document::openapi;
