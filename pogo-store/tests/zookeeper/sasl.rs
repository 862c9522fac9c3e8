//! Logins by SASL, to a server that knows its users by a configuration of JAAS.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::journal::{Acquire, Journal, Seq};
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};
use zookeeper_client::{Client, Error, SaslOptions};

use crate::ensemble::{Ensemble, PASSWORD};
use crate::owners::{PATIENT, acquire, commit, journal, made, read, records};
use crate::tree::on_runtime;

fn users() -> String {
    format!(
        "Server {{\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  \
         user_pogo=\"{PASSWORD}\"\n  user_other=\"0ther\";\n}};\n"
    )
}

fn address(server: &Ensemble, login: &str, more: &str) -> ZookeeperAddress {
    let port = server.ports()[0];
    let text = format!("zookeeper://{login}@127.0.0.1:{port}/pogo?login=sasl&session_timeout={more}");
    text.parse().unwrap()
}

#[test]
fn a_store_belongs_to_a_user_of_sasl_and_no_other_login_reads_it() {
    let Some(mut server) = Ensemble::start_with_jaas(&users()) else {
        return;
    };
    let patient = PATIENT.to_string();
    let own = made(address(&server, &format!("pogo:{PASSWORD}"), &patient));
    let journal: Arc<dyn Journal> = journal(&own);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..3))), Ok(Seq(3)));
    let acls = acls(&server, "/pogo/ns/default/epoch");
    assert_eq!(acls, [("sasl".to_owned(), "pogo".to_owned())]);
    // A session logs in anew on each connection.
    server.kill(0);
    server.start_server(0);
    assert_eq!(block_on(owned.append(&commit(3..6))), Ok(Seq(6)));
    drop(owned);
    assert_eq!(read(&journal), records());
    // Neither another user, nor the same name by another scheme.
    let port = server.ports()[0];
    let by_digest = format!("zookeeper://pogo:{PASSWORD}@127.0.0.1:{port}/pogo?session_timeout=1");
    for refused in [address(&server, "other:0ther", "1"), by_digest.parse().unwrap()] {
        let said = block_on(ZookeeperStore::open(&refused)).unwrap_err().to_string();
        assert!(
            said.contains("not authorized") || said.contains("belong to the user"),
            "{said}"
        );
    }
}

#[test]
fn a_password_that_sasl_refuses_is_told_with_its_cure_and_not_shown() {
    let Some(server) = Ensemble::start_with_jaas(&users()) else {
        return;
    };
    for login in ["pogo:wr0ng", "nobody:wr0ng"] {
        let refused = block_on(ZookeeperStore::open(&address(&server, login, "1")))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("see the user and its password"), "{refused}");
        assert!(!refused.contains("wr0ng"), "{refused}");
    }
}

/// Who may do what with a node, as its owner reads it.
fn acls(server: &Ensemble, path: &str) -> Vec<(String, String)> {
    let hosts = server.root();
    on_runtime(async {
        let login = SaslOptions::digest_md5("pogo", PASSWORD);
        let client: Result<Client, Error> = Client::connector().with_sasl(login).connect(&hosts).await;
        let (acls, _) = client.unwrap().get_acl(path).await.unwrap();
        let ids = acls.iter().map(|acl| (acl.scheme().to_owned(), acl.id().to_owned()));
        ids.collect()
    })
}
