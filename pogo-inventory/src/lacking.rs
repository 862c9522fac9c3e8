//! Features that a program was built without, and how to build it with them.

/// Refuses what needs features that are off. Programs name their features as this crate does, so the words work for them too.
pub(crate) fn built_without(what: &str, features: &str) -> String {
    format!("this program was built without {what}; build it with `--features {features}`")
}

/// The feature of the database that an address is of, by what stands before its first colon.
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
