//! Who may do what: grants, and the one place where each request is held against them.

mod admit;
mod allowed;
mod covers;
mod facts;
mod grant;
mod grants;
mod order_needs;
mod permit;
mod question;
mod recipe;
mod verb;
mod who;

pub use admit::Right;
pub use covers::{HostScope, Uncovered};
pub use grant::Grant;
pub use grants::{Grants, SharedGrants};
pub use question::{AccessQuestion, Decision};
pub use recipe::Recipe;
pub use verb::{UnknownVerb, Verb};
pub use who::{InvalidWho, Who};

pub(crate) use admit::guard;
pub(crate) use permit::{Access, GivenCommand};
