//! Who may do what in the tree, and what nobody is shown.

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::journal::{Acquire, Journal, Seq};
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperError, ZookeeperStore};
use zookeeper_client::{Acl, Acls, AuthId, Client, CreateMode, Error, Permission};

use crate::ensemble::{Ensemble, PASSWORD, path};
use crate::owners::{PATIENT, acquire, commit, journal, made, namespace, read, records};
use crate::tree::{as_superuser, children, on_runtime, set_data};

/// `digest` of the user of stores.
const POGO: &str = "pogo:HnJnG4AN/uw17hcJYudrQtMToHs=";

#[test]
fn a_store_needs_no_rights_but_those_below_its_path() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    as_superuser(ensemble, async |client| {
        let parent = CreateMode::Persistent.with_acls(Acls::anyone_read());
        client.create(&format!("/teams-{path}"), b"", &parent).await.unwrap();
        let acl = [Acl::new(Permission::ALL, AuthId::new("digest", POGO))];
        let own = CreateMode::Persistent.with_acls(Acls::new(&acl));
        client.create(&format!("/teams-{path}/pogo"), b"", &own).await.unwrap();
    });
    // Above it, nothing can be made.
    let above = ensemble.address(&format!("teams-{path}/other"), PATIENT);
    let refused = block_on(ZookeeperStore::migrate(&above)).unwrap_err().to_string();
    assert!(refused.contains("not authorized"), "{refused}");
    let journal = journal(&made(ensemble.address(&format!("teams-{path}/pogo"), PATIENT)));
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..6))), Ok(Seq(6)));
    block_on(owned.put_content(Digest::of(b"{}"), b"{}")).unwrap();
    drop(owned);
    assert_eq!(read(&journal), records());
    assert!(block_on(journal.store_time()).unwrap().is_some());
}

#[test]
fn what_is_stored_is_for_whoever_logs_in_alone() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let journal = journal(&address);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    block_on(owned.append(&commit(0..2))).unwrap();
    on_runtime(async {
        let stranger = Client::connect(&ensemble.root()).await.unwrap();
        let namespace = format!("/{path}/ns/default");
        for node in ["epoch", "head", "commits/00000000000000000000", "owner"] {
            let read = stranger.get_data(&format!("{namespace}/{node}")).await;
            assert_eq!(read.map(drop), Err(Error::NoAuth), "{node}");
        }
        let written = stranger.set_data(&format!("{namespace}/epoch"), b"", None).await;
        assert_eq!(written.map(drop), Err(Error::NoAuth));
    });
    // The whole tree has no node that others may write to.
    for node in crate::tree::dump(ensemble, &format!("/{path}")).keys() {
        as_superuser(ensemble, async |client| {
            let (acl, _) = client.get_acl(node).await.unwrap();
            assert!(acl.iter().all(|acl| acl.scheme() == "digest"), "{node}: {acl:?}");
        });
    }
}

#[test]
fn no_password_is_shown_and_a_wrong_one_is_refused_with_the_cure() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let store = block_on(ZookeeperStore::open(&address)).unwrap();
    let namespace = store.namespace("default").unwrap();
    let journal = namespace.journal();
    block_on(journal.read(Seq(0))).unwrap();
    let text = address.expose().replace(PASSWORD, &format!("not-{PASSWORD}"));
    let wrong: ZookeeperAddress = text.parse().unwrap();
    let refused = block_on(ZookeeperStore::open(&wrong)).unwrap_err();
    assert!(refused.to_string().contains("see its password"), "{refused}");
    for shown in [
        format!("{store:?} {namespace:?} {journal:?} {address:?} {address}"),
        format!("{refused} {refused:?}"),
    ] {
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{PASSWORD}\n")).unwrap();
    let hosts = ensemble.root();
    let by_file = format!(
        "zookeeper://pogo@{hosts}/{path}?password_file={}",
        file.path().display()
    );
    block_on(ZookeeperStore::open(&by_file.parse().unwrap())).unwrap();
}

#[test]
fn a_store_that_is_missing_or_newer_is_refused_with_words() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = ensemble.address(&path, PATIENT);
    let missing = block_on(ZookeeperStore::open(&address)).unwrap_err();
    assert!(matches!(missing, ZookeeperError::Missing { .. }), "{missing}");
    assert!(missing.to_string().contains("pogo store migrate"), "{missing}");
    let made = block_on(ZookeeperStore::migrate(&address)).unwrap();
    assert_eq!((made.from, made.to), (None, 1));
    let again = block_on(ZookeeperStore::migrate(&address)).unwrap();
    assert_eq!((again.from, again.to), (Some(1), 1));
    block_on(ZookeeperStore::open(&address)).unwrap();
    set_data(ensemble, &format!("/{path}/format"), br#"{"version":2}"#);
    for refused in [
        block_on(ZookeeperStore::open(&address)).map(drop).unwrap_err(),
        block_on(ZookeeperStore::migrate(&address)).map(drop).unwrap_err(),
    ] {
        assert!(matches!(refused, ZookeeperError::Newer { version: 2, .. }), "{refused}");
    }
}

#[test]
fn a_namespace_has_a_name_of_its_own_that_stays() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let addresses = [path(), path()].map(|path| made(ensemble.address(&path, PATIENT)));
    let [one, other] = &addresses;
    let name = |address| block_on(namespace(address).unique_name()).unwrap();
    assert_eq!(name(one), name(one));
    assert!(name(one).starts_with("default-"), "{}", name(one));
    assert_ne!(name(one), name(other));
    let namespaces = children(
        ensemble,
        &format!("{}/ns", &one.to_string()[one.to_string().rfind("/pogo").unwrap()..]),
    );
    assert_eq!(namespaces, ["default"]);
}
