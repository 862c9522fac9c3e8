//! LEARN: a chapter for each thing that people build on this crate, with programs that are compiled and run as tests.

/// An inventory
pub mod inventory {
    #![doc = include_str!("inventory.md")]
}

/// A transport
pub mod transport {
    #![doc = include_str!("transport.md")]
}

/// Prove your policy
pub mod policy {
    #![doc = include_str!("policy.md")]
}
