//! Hosts from MySQL's kin: a MariaDB server of the test's own, from Debian's package `mariadb-server-core`.
#![cfg(all(feature = "mysql", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod mariadb_server;

use std::fs;
use std::time::Duration;

use mariadb_server::MariaDb;
use pogo_inventory::{Database, DatabaseResolver, DatabaseSource, InventoryError};

const ROLES: &str = "
    CREATE DATABASE assets CHARACTER SET utf8mb4; USE assets;
    CREATE TABLE roles (host varchar(255), tag text, port smallint, site char(8), load_average double);
    INSERT INTO roles VALUES ('web1', 'frontend', 2222, 'east', 0.5), ('web1', 'colo.east', NULL, 'east', 0.5),
        ('web2', 'frontend', NULL, 'west', 0.5), ('db1', 'mysql', NULL, 'west', 0.5);
    CREATE USER pogo@'127.0.0.1'; GRANT ALL ON assets.* TO pogo@'127.0.0.1';
    CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'hunter2'; GRANT SELECT ON assets.* TO reader@'127.0.0.1';
";

fn source(database: &Database, query: &str) -> DatabaseSource {
    DatabaseSource::new(database.clone(), query, DatabaseSource::mapping())
}

fn error(database: &Database, query: &str) -> String {
    source(database, query).read().unwrap_err().to_string()
}

/// One server for all of them: starting it takes longer than they do.
#[test]
fn mariadb_gives_hosts_and_tags_within_limits() {
    let Some(server) = MariaDb::start() else { return };
    server.run(ROLES);
    let database = Database::new(server.url_of("pogo"));
    rows_become_a_fleet(&database);
    values_are_bound(&database);
    a_query_only_reads(&server, &database);
    mistakes_are_told(&database);
    passwords_come_from_a_file(&server);
    a_query_that_never_ends_is_stopped(&server, &database);
    drop(server);
    let gone = source(&database, "SELECT 1").read().unwrap_err();
    assert!(matches!(gone, InventoryError::Unavailable(_)), "{gone}");
}

fn rows_become_a_fleet(database: &Database) {
    let query = "SELECT host, tag, port, site AS colo FROM roles WHERE site = ? ORDER BY port DESC";
    let mapping = DatabaseSource::mapping().tag_values("colo", "site");
    let east = DatabaseSource::new(database.clone(), query, mapping).bind("east");
    let fleet = east
        .read()
        .unwrap_or_else(|error| panic!("{error}"))
        .fleet
        .build()
        .unwrap();
    let web1 = fleet.connection(fleet.id("web1").unwrap()).unwrap();
    assert_eq!(web1.port, Some(2222));
    assert_eq!(fleet.len(), 1);
    for tag in ["frontend", "colo.east", "site.east"] {
        assert!(fleet.tag(&tag.parse().unwrap()).is_some(), "{tag}");
    }
}

fn values_are_bound(database: &Database) {
    let resolver = DatabaseResolver::new(database.clone(), "SELECT host FROM roles WHERE tag = ? ORDER BY host");
    assert_eq!(
        resolver.ask("frontend").unwrap(),
        ["web1".parse().unwrap(), "web2".parse().unwrap()]
    );
    assert_eq!(resolver.ask("x' OR '1'='1").unwrap(), []);
    assert_eq!(resolver.ask("'; DROP TABLE roles; --").unwrap(), []);
    let two = source(database, "SELECT host, tag FROM roles WHERE tag = ? AND site = ?").bind("frontend");
    let found = two.read().unwrap_err().to_string();
    assert!(
        found.ends_with("parameters of the query: 2, values given: 1"),
        "{found}"
    );
}

fn a_query_only_reads(server: &MariaDb, database: &Database) {
    let found = error(database, "DELETE FROM roles RETURNING host, tag");
    assert!(found.contains("READ ONLY transaction"), "{found}");
    assert_eq!(server.run("SELECT count(*) FROM assets.roles").trim(), "4");
}

fn mistakes_are_told(database: &Database) {
    let found = error(database, "SELECT nobody FROM roles");
    assert!(
        found.contains("refuses the query: ") && found.contains("'nobody'"),
        "{found}"
    );
    let found = error(database, "SELECT host, load_average AS tag FROM roles");
    let cure = "the column `tag` is DOUBLE, neither text nor a whole number; cast it to text";
    assert!(found.ends_with(cure), "{found}");
    let found = error(database, "SELECT host, tag FROM roles WHERE false");
    assert!(found.contains("the query yields no rows"), "{found}");
}

fn passwords_come_from_a_file(server: &MariaDb) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    fs::write(&path, "hunter2\n").unwrap();
    let reader = Database::new(server.url_of("reader")).password_from_file(&path);
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
    assert!(found.contains("Access denied") && !found.contains("hunter"), "{found}");
}

fn a_query_that_never_ends_is_stopped(server: &MariaDb, database: &Database) {
    let hasty = database.clone().timeout(Duration::from_millis(300));
    let found = error(
        &hasty,
        "SELECT 'a' AS host, 'b' AS tag FROM (SELECT SLEEP(1000)) AS nap",
    );
    assert!(found.ends_with("did not answer within 300ms"), "{found}");
    let still = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(1000)%' \
                 AND id <> connection_id()";
    // The server looks at its own limit a moment later than we at ours.
    for _ in 0..100_000 {
        if server.run(still).trim() == "0" {
            return;
        }
    }
    panic!("the query goes on");
}
