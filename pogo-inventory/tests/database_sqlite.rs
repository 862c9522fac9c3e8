//! Hosts from SQLite, the database that needs no server.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use pogo_core::dispatcher::{ResolverError, TagResolver};
use pogo_core::fleet::Fleet;
use pogo_core::inventory::Inventory;
use pogo_inventory::{Database, DatabaseResolver, DatabaseSource, InventoryError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

const ROLES: &str = "
    CREATE TABLE roles (host TEXT, tag TEXT, address TEXT, port INTEGER, load REAL);
    INSERT INTO roles VALUES
        ('web1', 'frontend', '10.0.0.1', 2222, 0.5), ('web1', 'colo.east', '10.0.0.1', NULL, 0.5),
        ('web2', 'frontend', NULL, NULL, 0.5), ('db1', 'mysql', NULL, NULL, 0.5), ('db2', NULL, NULL, NULL, 0.5);
";

fn database(script: &str) -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assets.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = options.connect().await.unwrap();
        connection.execute(script).await.unwrap();
        connection.close().await.unwrap();
    });
    let database = Database::new(format!("sqlite:{}", path.display()));
    (folder, database)
}

fn source(database: &Database, query: &str) -> DatabaseSource {
    DatabaseSource::new(database.clone(), query, DatabaseSource::mapping())
}

fn tagged(fleet: &Fleet, tag: &str) -> Vec<String> {
    let tag = fleet.tag(&tag.parse().unwrap()).unwrap();
    let names = fleet.members(tag).iter().map(|host| fleet.name(*host).to_string());
    names.collect()
}

/// The error's text, relative to the folder.
fn error(folder: &TempDir, source: &DatabaseSource) -> String {
    let text = source.read().unwrap_err().to_string();
    text.replace(&folder.path().display().to_string(), "")
}

#[test]
fn rows_of_hosts_and_tags_become_a_fleet() {
    let (_folder, database) = database(ROLES);
    let fleet = source(&database, "SELECT host, tag, address, port FROM roles")
        .read()
        .unwrap();
    let fleet = fleet.fleet.build().unwrap();
    assert_eq!(fleet.len(), 4);
    assert_eq!(tagged(&fleet, "frontend"), ["web1", "web2"]);
    assert_eq!(tagged(&fleet, "colo"), ["web1"]);
    let web1 = fleet.connection(fleet.id("web1").unwrap()).unwrap();
    assert_eq!((web1.address.as_deref(), web1.port), (Some("10.0.0.1"), Some(2222)));
    let loaded = futures::executor::block_on(source(&database, "SELECT host, tag FROM roles").load())
        .unwrap()
        .fleet;
    assert_eq!(loaded.len(), 4);
}

#[test]
fn values_are_bound_and_never_part_of_the_query() {
    let (_folder, database) = database(ROLES);
    let wanted = source(&database, "SELECT host, tag FROM roles WHERE tag = ?");
    assert_eq!(wanted.clone().bind("mysql").read().unwrap().fleet.len(), 1);
    let hostile = "mysql' OR '1'='1";
    assert!(
        wanted
            .bind(hostile)
            .read()
            .unwrap_err()
            .to_string()
            .contains("the query yields no rows")
    );
    let resolver = DatabaseResolver::new(database, "SELECT host FROM roles WHERE tag = ?");
    assert_eq!(resolver.ask(hostile).unwrap(), []);
    assert_eq!(resolver.ask("mysql'; DROP TABLE roles; --").unwrap(), []);
    assert_eq!(
        resolver.ask("frontend").unwrap(),
        ["web1".parse().unwrap(), "web2".parse().unwrap()]
    );
}

#[test]
fn a_policy_may_ask_for_groups_by_name() {
    let (_folder, roles) = database(ROLES);
    let resolver = DatabaseResolver::new(roles.clone(), "SELECT host FROM roles WHERE tag = ? ORDER BY host");
    let asked = ["mysql", "nobody", "frontend"].map(str::to_owned);
    let answers = futures::executor::block_on(resolver.resolve(&asked)).unwrap();
    let names: Vec<Vec<&str>> = answers
        .iter()
        .map(|hosts| hosts.iter().map(AsRef::as_ref).collect())
        .collect();
    assert_eq!(names, [vec!["db1"], vec![], vec!["web1", "web2"]]);
    let wrong = DatabaseResolver::new(roles, "SELECT tag || ' ' || host FROM roles WHERE tag = ?");
    let refused = futures::executor::block_on(wrong.resolve(&asked)).unwrap_err();
    assert!(
        matches!(&refused, ResolverError::Refused { args, .. } if args == "mysql"),
        "{refused}"
    );
    let gone = DatabaseResolver::new(
        Database::new("sqlite:/no/such.db"),
        "SELECT host FROM roles WHERE tag = ?",
    );
    let unavailable = futures::executor::block_on(gone.resolve(&asked)).unwrap_err();
    assert!(
        matches!(unavailable, ResolverError::Unavailable { .. }),
        "{unavailable}"
    );
}

#[test]
fn a_missing_value_is_not_taken_for_nothing() {
    let (folder, database) = database(ROLES);
    let forgotten = source(&database, "SELECT host, tag FROM roles WHERE tag = ?");
    assert_eq!(
        error(&folder, &forgotten),
        "sqlite:/assets.db: parameters of the query: 1, values given: 0"
    );
    assert_eq!(
        error(&folder, &forgotten.bind("a").bind("b")),
        "sqlite:/assets.db: parameters of the query: 1, values given: 2"
    );
}

#[test]
fn a_query_only_reads() {
    let (folder, database) = database(ROLES);
    let deletes = source(&database, "DELETE FROM roles RETURNING host, tag");
    assert!(error(&folder, &deletes).contains("attempt to write a readonly database"));
    assert_eq!(
        source(&database, "SELECT host, tag FROM roles")
            .read()
            .unwrap()
            .fleet
            .len(),
        4
    );
}

#[test]
fn mistakes_are_shown_as_the_database_tells_them() {
    let (folder, database) = database(ROLES);
    let wrong = |query| error(&folder, &source(&database, query));
    assert_eq!(
        wrong("SELECT nobody FROM roles"),
        "sqlite:/assets.db: refuses the query: no such column: nobody"
    );
    assert_eq!(
        wrong("SELECT host, load AS tag FROM roles"),
        "sqlite:/assets.db: the column `tag` is REAL, neither text nor a whole number; cast it to text"
    );
    assert!(
        wrong("SELECT host, tag FROM roles WHERE tag = 'none'")
            .starts_with("sqlite:/assets.db: the query yields no rows")
    );
    let unnamed = wrong("SELECT host AS name, tag FROM roles");
    assert!(
        unnamed.starts_with("sqlite:/assets.db:1:1: there is no column `host`"),
        "{unnamed}"
    );
    let row = wrong("SELECT host, CASE host WHEN 'db1' THEN 'a..b' ELSE tag END AS tag FROM roles");
    assert!(row.starts_with("sqlite:/assets.db:5:1: `a..b` is not a tag: "), "{row}");
    assert!(row.contains("5 | db1,a..b"), "{row}");
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let database = Database::new(format!("sqlite:{}", path.display()));
    let found = source(&database, "SELECT 1").read().unwrap_err();
    assert!(matches!(found, InventoryError::Unavailable(_)), "{found}");
    assert!(
        found.to_string().ends_with("none.db: unable to open database file"),
        "{found}"
    );
    assert!(!path.exists());
    let unknown = source(&Database::new("oracle://me:hunter2@db/assets"), "SELECT 1")
        .read()
        .unwrap_err()
        .to_string();
    assert!(
        unknown.starts_with("oracle://db/assets: no such database is known; an address begins with sqlite:"),
        "{unknown}"
    );
}

#[test]
fn a_query_that_never_ends_is_stopped() {
    let (folder, database) = database(ROLES);
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS host, 'a' AS tag FROM n";
    let limited = source(&database.timeout(Duration::from_millis(50)), endless);
    assert_eq!(
        error(&folder, &limited),
        "sqlite:/assets.db: did not answer within 50ms"
    );
}

#[test]
fn an_answer_without_end_is_refused() {
    let (folder, database) = database(ROLES);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                   SELECT printf('%.*c', 1000000, 'x') AS host, 'a' AS tag FROM n";
    assert_eq!(
        error(&folder, &source(&database.timeout(Duration::from_secs(60)), endless)),
        "sqlite:/assets.db: answers with more than 64 MiB"
    );
}

#[test]
fn a_password_from_a_file_that_is_missing_is_named() {
    let (_folder, database) = database(ROLES);
    let found = source(&database.password_from_file("/no/such/secret"), "SELECT 1")
        .read()
        .unwrap_err();
    assert!(
        found.to_string().starts_with("/no/such/secret: no such file"),
        "{found}"
    );
}

#[test]
fn a_value_is_named_as_what_it_is_whatever_its_column_says() {
    let script = "CREATE TABLE roles (host TEXT, tag TEXT, port INTEGER);
        INSERT INTO roles VALUES ('web1', x'6162ff', 1), ('web2', 'a', 0.5);";
    let (folder, database) = database(script);
    let bytes = error(&folder, &source(&database, "SELECT host, tag FROM roles"));
    assert!(
        bytes.contains("the column `tag` is BLOB, neither text nor a whole number; cast it to text"),
        "{bytes}"
    );
    let real = error(&folder, &source(&database, "SELECT host, port FROM roles"));
    assert!(
        real.contains("the column `port` is REAL, neither text nor a whole number; cast it to text"),
        "{real}"
    );
}
