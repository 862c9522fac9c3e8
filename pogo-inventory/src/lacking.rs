//! Messages for features that a build lacks.

/// The message for something that needs disabled features. Programs name their features as this crate does.
pub(crate) fn built_without(what: &str, features: &str) -> String {
    format!("this program was built without {what}; build it with `--features {features}`")
}

/// The feature for a database address, by its scheme.
#[cfg(any(
    feature = "sources-file",
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql"
))]
pub(crate) fn database_feature(address: &str) -> Option<&'static str> {
    match address.split(':').next()? {
        "sqlite" => Some("sqlite"),
        "postgres" | "postgresql" => Some("postgres"),
        "mysql" | "mariadb" => Some("mysql"),
        _ => None,
    }
}
