//! Tables and their versions.

use futures::executor::block_on;
use pogo_store::postgres::{PostgresError, PostgresStore};

use crate::conformance::schema;
use crate::server::Postgres;

#[test]
fn tables_are_made_once_and_those_of_another_version_are_refused() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address = server.address(&schema);
    let missing = block_on(PostgresStore::open(&address)).unwrap_err();
    assert!(matches!(missing, PostgresError::Missing { .. }), "{missing:?}");
    assert!(
        missing.to_string().contains("`pogo store migrate ADDRESS`"),
        "{missing}"
    );
    let made = block_on(PostgresStore::migrate(&address)).unwrap();
    assert_eq!((made.from, made.to), (None, 3));
    let again = block_on(PostgresStore::migrate(&address)).unwrap();
    assert_eq!((again.from, again.to), (Some(3), 3));
    block_on(PostgresStore::open(&address)).unwrap();
    // Of a version to come with which this one can go on, and of one with which it cannot.
    server.run(&format!(
        "INSERT INTO {schema}.migrations (version, oldest) VALUES (4, 3)"
    ));
    block_on(PostgresStore::open(&address)).unwrap();
    server.run(&format!(
        "INSERT INTO {schema}.migrations (version, oldest) VALUES (5, 4)"
    ));
    for newer in [
        block_on(PostgresStore::open(&address)).map(drop),
        block_on(PostgresStore::migrate(&address)).map(drop),
    ] {
        let newer = newer.unwrap_err();
        assert!(
            matches!(
                newer,
                PostgresError::Newer {
                    version: 5,
                    known: 3,
                    ..
                }
            ),
            "{newer:?}"
        );
    }
}

#[test]
fn a_session_that_would_lose_what_was_acknowledged_is_refused() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let asked = format!("{}&options=-c%20synchronous_commit%3Doff", address.expose());
    let refused = block_on(PostgresStore::open(&asked.parse().unwrap())).unwrap_err();
    assert!(refused.to_string().contains("synchronous_commit"), "{refused}");
}
