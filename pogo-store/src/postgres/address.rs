//! Where a database is, and how to log in there.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use form_urlencoded::{Serializer, parse};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::PostgresError;

/// The address of a store in PostgreSQL: `postgres://pogo@db.example.com/pogo`.
///
/// What follows a `?` are settings of the connection, as `sslmode=verify-full` and `sslrootcert=FILE`, and three of
/// ours: `schema=NAME` (default: `pogo`) has the tables, and `password_file=PATH` names a file that has the password
/// alone. Otherwise the password is that of the address, of `PGPASSWORD`, or of the file that `PGPASSFILE` names
/// (default: `~/.pgpass`).
///
/// `history=HOST` or `history=HOST:PORT` names a streaming replica that is asked for lists of jobs, and for records and
/// output of jobs that have retired, as far as it has them. The database answers for whatever it lacks, and for all of
/// it while the replica is away. Journals are never read there. It is logged in to as to the database.
///
/// It prints itself without user, password and settings.
///
/// ```
/// use pogo_store::postgres::PostgresAddress;
///
/// let address: PostgresAddress = "postgres://pogo:secret@db.example.com/pogo?sslmode=verify-full".parse()?;
/// assert_eq!(address.to_string(), "postgres://db.example.com/pogo");
/// assert!(address.has_password());
/// # Ok::<(), pogo_store::postgres::PostgresError>(())
/// ```
#[derive(Clone)]
pub struct PostgresAddress {
    name: String,
    url: SecretString,
    schema: String,
    password_file: Option<PathBuf>,
    /// The replica that is asked for the history.
    history: Option<String>,
}

/// Settings that the driver knows. Others would be passed over, and its log would have their values.
const KNOWN: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

impl PostgresAddress {
    /// The schema that has the tables, unless the address names one.
    pub const SCHEMA: &str = "pogo";

    /// Whether a text is meant as such an address.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with("postgres:") || text.starts_with("postgresql:")
    }

    /// Whether it has a password in it, which belongs on no command line.
    pub fn has_password(&self) -> bool {
        let url = self.url.expose_secret();
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let login = base
            .split_once("://")
            .and_then(|(_, rest)| rest.rsplit_once('@'))
            .map(|(login, _)| login);
        login.is_some_and(|login| login.contains(':')) || parse(query.as_bytes()).any(|(key, _)| key == "password")
    }

    /// All of it, for the environment of another process. It may have a password.
    pub fn expose(&self) -> String {
        let mut text = self.url.expose_secret().to_owned();
        let mut add = |key, value: &str| {
            let mut pair = Serializer::new(String::new());
            pair.append_pair(key, value);
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(&pair.finish());
        };
        add("schema", &self.schema);
        if let Some(file) = &self.password_file {
            add("password_file", &file.to_string_lossy());
        }
        if let Some(replica) = &self.history {
            add("history", replica);
        }
        text
    }

    /// What distinguishes the store from others: the server, the database and the schema, whoever logs in there and
    /// however.
    pub fn identity(&self) -> String {
        let Ok(options) = self.url.expose_secret().parse::<PgConnectOptions>() else {
            return self.name.clone();
        };
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        format!("postgres {host} {} {database} {}", options.get_port(), self.schema)
    }

    /// The schema that has the tables.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What a connection is made with; the file of the password is read for each.
    pub(super) fn options(&self) -> Result<PgConnectOptions, PostgresError> {
        let options: PgConnectOptions = self
            .url
            .expose_secret()
            .parse()
            .map_err(|error| self.invalid(without_input(&error)))?;
        let Some(file) = &self.password_file else {
            return Ok(options);
        };
        let text = std::fs::read_to_string(file)
            .map(SecretString::from)
            .map_err(|error| self.invalid(format!("{}: {error}", file.display())))?;
        Ok(options.password(text.expose_secret().trim()))
    }

    /// Where the replica is that is asked for the history, if there is one.
    pub(super) fn history(&self) -> Option<Self> {
        let replica = self.history.as_ref()?;
        let (host, port) = match replica.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (&**replica, None),
        };
        let (base, query) = self
            .url
            .expose_secret()
            .split_once('?')
            .unwrap_or((self.url.expose_secret(), ""));
        let mut settings = Serializer::new(String::new());
        // What is set later wins.
        let others = parse(query.as_bytes()).filter(|(key, _)| !["host", "hostaddr"].contains(&&**key));
        settings.extend_pairs(others.filter(|(key, _)| port.is_none() || key != "port"));
        settings.append_pair("host", host);
        settings.extend_pairs(port.map(|port| ("port", port)));
        Some(Self {
            name: format!("the replica {replica} of {}", self.name),
            url: SecretString::from(format!("{base}?{}", settings.finish())),
            history: None,
            ..self.clone()
        })
    }

    fn invalid(&self, message: impl Into<String>) -> PostgresError {
        PostgresError::InvalidAddress {
            message: message.into(),
        }
    }
}

/// What is wrong with an address, without what was read.
fn without_input(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => cause.to_string(),
        _ => "it is no address of a database".to_owned(),
    }
}

impl FromStr for PostgresAddress {
    type Err = PostgresError;

    fn from_str(text: &str) -> Result<Self, PostgresError> {
        let invalid = |message: String| PostgresError::InvalidAddress { message };
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let Some((scheme, rest)) = base
            .split_once("://")
            .filter(|(scheme, _)| ["postgres", "postgresql"].contains(scheme))
        else {
            return Err(invalid("it begins with postgres://".to_owned()));
        };
        // From the right: a password may have an `@` that was not encoded, and would be shown.
        let location = rest.rsplit_once('@').map_or(rest, |(_, location)| location);
        let (mut schema, mut password_file, mut history) = (Self::SCHEMA.to_owned(), None, None);
        let mut others = Serializer::new(String::new());
        for (key, value) in parse(query.as_bytes()) {
            match &*key {
                "schema" => schema = value.into_owned(),
                "password_file" => password_file = Some(PathBuf::from(&*value)),
                "history" => history = Some(value.into_owned()),
                _ if KNOWN.contains(&&*key) || key.starts_with("options[") => _ = others.append_pair(&key, &value),
                _ => {
                    let known = KNOWN.join("`, `");
                    return Err(invalid(format!(
                        "`{}` is no setting of it; there are `schema`, `password_file`, `history`, `{known}`",
                        key.escape_debug()
                    )));
                }
            }
        }
        if schema.is_empty() || schema.len() > 63 || schema.contains('\0') {
            return Err(invalid("a schema has a name of up to 63 bytes".to_owned()));
        }
        let others = others.finish();
        let separator = if others.is_empty() { "" } else { "?" };
        let name = match &*schema {
            Self::SCHEMA => format!("{scheme}://{location}"),
            other => format!("{scheme}://{location}?schema={other}"),
        };
        let address = Self {
            name,
            url: SecretString::from(format!("{base}{separator}{others}")),
            schema,
            password_file,
            history,
        };
        // Whoever typed it hears at once what is wrong with it.
        for checked in [Some(address.clone()), address.history()].into_iter().flatten() {
            let options: Result<PgConnectOptions, _> = checked.url.expose_secret().parse();
            options.map_err(|error| invalid(without_input(&error)))?;
        }
        Ok(address)
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresAddress").field(&self.name).finish()
    }
}

impl PartialEq for PostgresAddress {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PostgresAddress {}

#[cfg(test)]
mod tests {
    use super::PostgresAddress;

    #[test]
    fn an_address_shows_no_secret_and_keeps_its_settings() {
        let text = "postgres://me:p%40ss@db:5433/pogo?password=x&schema=other&sslmode=require&password_file=%2Fa%20b";
        let address: PostgresAddress = text.parse().unwrap();
        assert_eq!(address.to_string(), "postgres://db:5433/pogo?schema=other");
        let shown = format!("{address} {address:?}");
        assert!(!shown.contains("p%40ss") && !shown.contains("me:"), "{shown}");
        assert!(address.has_password());
        assert_eq!(address.expose().parse::<PostgresAddress>().unwrap(), address);
        let without: PostgresAddress = "postgres://me@db/pogo?sslmode=disable".parse().unwrap();
        assert!(!without.has_password());
    }

    #[test]
    fn the_same_store_has_one_identity_whoever_logs_in() {
        let identity = |text: &str| text.parse::<PostgresAddress>().unwrap().identity();
        let one = identity("postgres://me:secret@db:5433/pogo");
        assert_eq!(
            one,
            identity("postgresql://you@db:5433/pogo?sslmode=disable&schema=pogo")
        );
        for other in [
            "postgres://me@db:5433/other",
            "postgres://me@db:5434/pogo",
            "postgres://me@other:5433/pogo",
            "postgres://me@db:5433/pogo?schema=other",
            "postgres://me@db:5433/pogo?host=/run/postgresql",
        ] {
            assert_ne!(one, identity(other), "{other}");
        }
    }

    #[test]
    fn a_replica_is_another_host_with_all_else_as_it_was() {
        let text = "postgres://me:secret@db:5433/pogo?sslmode=require&history=standby%3A5434";
        let address: PostgresAddress = text.parse().unwrap();
        assert_eq!(address.to_string(), "postgres://db:5433/pogo");
        assert_eq!(address.expose().parse::<PostgresAddress>().unwrap(), address);
        let options = address.history().unwrap().options().unwrap();
        assert_eq!((options.get_host(), options.get_port()), ("standby", 5434));
        assert_eq!((options.get_username(), options.get_database()), ("me", Some("pogo")));
        let same_port = text
            .replace("%3A5434", "")
            .parse::<PostgresAddress>()
            .unwrap()
            .history();
        assert_eq!(same_port.unwrap().options().unwrap().get_port(), 5433);
        let socket = "postgres://me@db/pogo?host=/run/a&history=/run/b".parse::<PostgresAddress>();
        let socket = socket.unwrap().history().unwrap().options().unwrap();
        assert_eq!(
            socket.get_socket().map(|path| path.display().to_string()).as_deref(),
            Some("/run/b")
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_secret() {
        for text in [
            "mysql://me:secret@db/pogo",
            "postgres:me:secret@db",
            "postgres://me:secret@db/pogo?pasword=secret",
            "postgres://me:secret@db:port/pogo",
            "postgres://me:secret@db/pogo?sslmode=secret",
            "postgres://me:secret@db/pogo?schema=",
            "postgres://me:secret@db/pogo?history=standby:port",
        ] {
            let refused = text.parse::<PostgresAddress>().unwrap_err().to_string();
            assert!(!refused.contains("me:secret"), "{refused}");
            assert!(!refused.contains("`secret"), "{refused}");
        }
    }
}
