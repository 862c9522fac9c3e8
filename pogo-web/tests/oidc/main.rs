//! Login by an OIDC provider: taken when it is right, and attacked in every way that is known.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what is unexpected ends the test"
)]

mod attacks;
mod browser;
mod logout;
mod provider;
mod served;
mod sessions;
#[path = "../jwt/signer.rs"]
#[allow(dead_code, reason = "not all of it is of use here")]
mod signer;
