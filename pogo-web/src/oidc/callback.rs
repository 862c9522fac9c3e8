//! What a browser comes back with from a provider.

/// The parameters of the address that a provider sends a browser back to.
#[derive(Default)]
pub(super) struct Callback {
    pub(super) state: String,
    pub(super) code: Option<String>,
    pub(super) error: Option<String>,
    /// Who sends it, where that is said.
    pub(super) iss: Option<String>,
}

impl Callback {
    pub(super) fn from_query(query: Option<&str>) -> Self {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "state" => callback.state = value.into_owned(),
                "code" => callback.code = Some(value.into_owned()),
                "iss" => callback.iss = Some(value.into_owned()),
                "error" => callback.error = Some(value.into_owned()),
                _ => {}
            }
        }
        callback
    }
}
