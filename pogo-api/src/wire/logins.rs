//! By what people log in with their browsers, and who has.

use pogo_core::Timestamp;
use pogo_core::scheduler::{Actor, Answer};
use serde::{Deserialize, Serialize};

use super::document::document;

document! {
    /// By what people can log in with their browsers; nothing, where a token is all there is.
    Logins {
        /// The choices, in the order of the server's configuration.
        logins: Vec<LoginChoice>,
    }
}

/// Something to log in by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoginChoice {
    /// Its name, in the address `login/NAME`, to which a browser goes.
    pub name: String,
    /// What people call it: "Log in with …".
    pub title: String,
}

impl LoginChoice {
    /// A login of this name.
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        let (name, title) = (name.into(), title.into());
        Self { name, title }
    }
}

document! {
    /// Who asks, as the server knows them.
    Session {
        /// The name under which orders are recorded, and how it is known.
        actor: Actor,
        /// By what they have logged in with a browser, which can log out; `None` for a token, a socket, or a proxy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// When they have to log in again at the latest, if they have logged in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    }
}

document! {
    /// The session of whoever asked has ended, if they had one.
    LoggedOut {
        /// `done`, whether or not there was one.
        answer: Answer,
        /// Where the browser logs out at the provider too, and comes back from; `None` where that cannot be done, or
        /// is not wanted. It may hold the token by which they had logged in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end_session: Option<String>,
    }
}
