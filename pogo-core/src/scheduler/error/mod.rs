//! Why an input, an event or a query is refused.

mod apply_error;
mod code;
mod configure_error;
mod input_error;
mod query_error;

pub use apply_error::ApplyError;
pub use configure_error::ConfigureError;
pub use input_error::InputError;
pub use query_error::QueryError;
