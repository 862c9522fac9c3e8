//! Hosts from PostgreSQL: a server of the test's own, from Debian's package `postgresql`.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod postgres_server;

use std::fs;
use std::time::Duration;

use pogo_inventory::{Database, DatabaseResolver, DatabaseSource, InventoryError};
use postgres_server::Postgres;

const ROLES: &str = "
    CREATE TABLE roles (host varchar(255), tag text, port integer, site name, address inet);
    INSERT INTO roles VALUES ('web1', 'frontend', 2222, 'east', '10.0.0.1'), ('web1', 'colo.east', NULL, 'east', '10.0.0.1'),
        ('web2', 'frontend', NULL, 'west', NULL), ('db1', 'mysql', NULL, 'west', NULL);
";

fn source(database: &Database, query: &str) -> DatabaseSource {
    DatabaseSource::new(database.clone(), query, DatabaseSource::mapping())
}

fn error(database: &Database, query: &str) -> String {
    source(database, query).read().unwrap_err().to_string()
}

/// One server for all of them: starting it takes longer than they do.
#[test]
fn postgresql_gives_hosts_and_tags_within_limits() {
    let Some(server) = Postgres::start() else { return };
    server.run(ROLES);
    let database = Database::new(server.url());
    rows_become_a_fleet(&database);
    values_are_bound(&database);
    a_query_only_reads(&server, &database);
    mistakes_are_told(&database);
    passwords_come_from_a_file(&server);
    a_query_that_never_ends_is_stopped(&server, &database);
    let url = server.url();
    drop(server);
    let gone = source(&Database::new(url), "SELECT 1").read().unwrap_err();
    assert!(matches!(gone, InventoryError::Unavailable(_)), "{gone}");
    assert!(gone.to_string().contains("cannot be reached: "), "{gone}");
}

fn rows_become_a_fleet(database: &Database) {
    let query =
        "SELECT host, tag, port, site AS colo, host(address) AS address FROM roles WHERE site = $1 ORDER BY port";
    let mapping = DatabaseSource::mapping().tag_values("colo", "site");
    let east = DatabaseSource::new(database.clone(), query, mapping).bind("east");
    let fleet = east
        .read()
        .unwrap_or_else(|error| panic!("{error}"))
        .fleet
        .build()
        .unwrap();
    let web1 = fleet.connection(fleet.id("web1").unwrap()).unwrap();
    assert_eq!((web1.address.as_deref(), web1.port), (Some("10.0.0.1"), Some(2222)));
    assert_eq!(fleet.len(), 1);
    for tag in ["frontend", "colo.east", "site.east"] {
        assert!(fleet.tag(&tag.parse().unwrap()).is_some(), "{tag}");
    }
}

fn values_are_bound(database: &Database) {
    let resolver = DatabaseResolver::new(database.clone(), "SELECT host FROM roles WHERE tag = $1 ORDER BY host");
    assert_eq!(
        resolver.ask("frontend").unwrap(),
        ["web1".parse().unwrap(), "web2".parse().unwrap()]
    );
    assert_eq!(resolver.ask("x' OR '1'='1").unwrap(), []);
    assert_eq!(resolver.ask("'; DROP TABLE roles; --").unwrap(), []);
    let two = source(database, "SELECT host, tag FROM roles WHERE tag = $1 AND site = $2").bind("frontend");
    let found = two.read().unwrap_err().to_string();
    assert!(
        found.ends_with("parameters of the query: 2, values given: 1"),
        "{found}"
    );
}

fn a_query_only_reads(server: &Postgres, database: &Database) {
    let found = error(database, "DELETE FROM roles RETURNING host, tag");
    assert!(
        found.contains("cannot execute DELETE in a read-only transaction"),
        "{found}"
    );
    assert_eq!(server.run("SELECT count(*) FROM roles").trim(), "4");
}

fn mistakes_are_told(database: &Database) {
    let found = error(database, "SELECT nobody FROM roles");
    assert!(
        found.ends_with("refuses the query: column \"nobody\" does not exist"),
        "{found}"
    );
    let found = error(database, "SELECT host, address AS tag FROM roles");
    let cure = "the column `tag` is INET, neither text nor a whole number; cast it to text";
    assert!(found.ends_with(cure), "{found}");
    let found = error(database, "SELECT host, tag FROM roles WHERE false");
    assert!(found.contains("the query yields no rows"), "{found}");
}

fn passwords_come_from_a_file(server: &Postgres) {
    server.run("CREATE ROLE reader LOGIN PASSWORD 'hunter2'; GRANT SELECT ON roles TO reader");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let url = server.url_of("reader");
    fs::write(&path, "hunter2\n").unwrap();
    let reader = Database::new(&url).password_from_file(&path);
    assert_eq!(
        source(&reader, "SELECT host, tag FROM roles")
            .read()
            .unwrap()
            .fleet
            .len(),
        3
    );
    fs::write(&path, "hunter3\n").unwrap();
    let found = error(&reader, "SELECT host, tag FROM roles");
    assert!(
        found.contains("password authentication failed") && !found.contains("hunter"),
        "{found}"
    );
    let written = Database::new(url.replace("reader@", "reader:hunter2@"));
    assert_eq!(
        source(&written, "SELECT host, tag FROM roles")
            .read()
            .unwrap()
            .fleet
            .len(),
        3
    );
    assert!(!error(&written, "SELECT nope").contains("hunter2"));
}

fn a_query_that_never_ends_is_stopped(server: &Postgres, database: &Database) {
    let hasty = database.clone().timeout(Duration::from_millis(300));
    let found = error(&hasty, "SELECT 'a' AS host, 'b' AS tag FROM pg_sleep(1000)");
    assert!(found.ends_with("did not answer within 300ms"), "{found}");
    let still = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(1000)%' \
                 AND pid <> pg_backend_pid()";
    // The server looks at its own limit a moment later than we at ours.
    for _ in 0..100_000 {
        if server.run(still).trim() == "0" {
            return;
        }
    }
    panic!("the query goes on");
}
