//! The tree itself, as an administrator sees it.

use std::collections::BTreeMap;

use zookeeper_client::{Acls, Client, CreateMode, Error};

use crate::ensemble::{Ensemble, SUPERUSER, pause};

/// Does this with a session that may do everything.
pub(crate) fn as_superuser<T>(ensemble: &Ensemble, work: impl AsyncFnOnce(&Client) -> T) -> T {
    on_runtime(async {
        let connector = Client::connector().with_auth("digest", SUPERUSER.as_bytes());
        let client = connector.connect(&ensemble.root()).await.unwrap();
        work(&client).await
    })
}

pub(crate) fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The names of a node's children, in order.
pub(crate) fn children(ensemble: &Ensemble, path: &str) -> Vec<String> {
    as_superuser(ensemble, async |client| {
        client.sync(path).await.unwrap();
        let mut names = client.list_children(path).await.unwrap();
        names.sort();
        names
    })
}

pub(crate) fn data(ensemble: &Ensemble, path: &str) -> Vec<u8> {
    as_superuser(ensemble, async |client| {
        client.sync(path).await.unwrap();
        client.get_data(path).await.unwrap().0
    })
}

pub(crate) fn set_data(ensemble: &Ensemble, path: &str, data: &[u8]) {
    as_superuser(ensemble, async |client| {
        _ = client.set_data(path, data, None).await.unwrap()
    });
}

pub(crate) fn delete(ensemble: &Ensemble, path: &str) {
    as_superuser(ensemble, async |client| client.delete(path, None).await.unwrap());
}

/// All nodes below a path that outlive sessions.
pub(crate) type Dump = BTreeMap<String, Vec<u8>>;

pub(crate) fn dump(ensemble: &Ensemble, path: &str) -> Dump {
    as_superuser(ensemble, async |client| {
        client.sync(path).await.unwrap();
        let (mut dump, mut rest) = (Dump::new(), vec![path.to_owned()]);
        while let Some(path) = rest.pop() {
            let (data, stat) = client.get_data(&path).await.unwrap();
            if stat.ephemeral_owner != 0 {
                continue;
            }
            let names = client.list_children(&path).await.unwrap();
            rest.extend(names.into_iter().map(|name| format!("{path}/{name}")));
            dump.insert(path, data);
        }
        dump
    })
}

/// Puts a dump in the place of what is below a path.
pub(crate) fn load(ensemble: &Ensemble, path: &str, dump: &Dump) {
    as_superuser(ensemble, async |client| {
        while client.check_stat(path).await.unwrap().is_some() {
            remove(client, path).await;
            pause();
        }
        for (path, data) in dump {
            let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
            client.create(path, data, &options).await.unwrap();
        }
    });
}

/// Removes what is there; somebody may still write.
async fn remove(client: &Client, path: &str) {
    let mut all = vec![path.to_owned()];
    let mut next = 0;
    while let Some(path) = all.get(next).cloned() {
        if let Ok(names) = client.list_children(&path).await {
            all.extend(names.into_iter().map(|name| format!("{path}/{name}")));
        }
        next += 1;
    }
    for path in all.iter().rev() {
        match client.delete(path, None).await {
            Ok(()) | Err(Error::NoNode | Error::NotEmpty) => {}
            Err(error) => panic!("{path}: {error}"),
        }
    }
}
