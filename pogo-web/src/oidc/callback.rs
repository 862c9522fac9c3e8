//! What a browser comes back with from a provider.

/// What a browser comes back with.
#[derive(Default)]
pub(super) struct Back {
    pub(super) state: String,
    pub(super) code: Option<String>,
    pub(super) error: Option<String>,
    /// Who sends it, where that is said.
    pub(super) iss: Option<String>,
}

impl Back {
    pub(super) fn of(query: Option<&str>) -> Self {
        let mut back = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "state" => back.state = value.into_owned(),
                "code" => back.code = Some(value.into_owned()),
                "iss" => back.iss = Some(value.into_owned()),
                "error" => back.error = Some(value.into_owned()),
                _ => {}
            }
        }
        back
    }
}
