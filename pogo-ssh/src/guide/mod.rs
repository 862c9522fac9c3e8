//! LEARN: chapters on what people build on this crate, and on what it needs of a host.

/// Your deploy tool in 100 lines
pub mod deploy {
    #![doc = include_str!("deploy.md")]
}

/// What a host needs
pub mod host {
    #![doc = include_str!("host.md")]
}
