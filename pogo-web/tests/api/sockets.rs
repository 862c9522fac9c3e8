//! Sockets: where they are, who may open them, and what was there before.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use pogo_api::Client;
use pogo_web::unix::{Access, ServeOptions, Socket, SocketError};

use crate::served::{Served, Setup, private_directory};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn a_personal_socket_is_for_its_account_alone() {
    let directory = private_directory();
    // The directory is made, whatever the umask is.
    let path = directory.path().join("pogo/pogo.sock");
    let _socket = Socket::bind(&path, Access::Personal).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[tokio::test]
async fn a_shared_socket_is_for_its_group() {
    let directory = private_directory();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().join("pogo.sock");
    let group = if rustix::process::geteuid().is_root() {
        65_534
    } else {
        rustix::process::getegid().as_raw()
    };
    let _socket = Socket::bind(&path, Access::Group(group)).unwrap();
    assert_eq!((mode(&path), fs::metadata(&path).unwrap().gid()), (0o660, group));
}

#[tokio::test]
async fn a_directory_that_others_could_use_is_refused_with_its_cure() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let allow = |mode: u32| fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
    for (mode, access, cure) in [
        (0o750, Access::Personal, "chmod 700"),
        (0o701, Access::Personal, "chmod 700"),
        (0o775, Access::Group(0), "chmod go-w"),
        (0o1777, Access::Group(0), "chmod go-w"),
    ] {
        allow(mode);
        let error = Socket::bind(&path, access).unwrap_err();
        assert!(
            matches!(error, SocketError::Directory { .. }) && error.to_string().contains(cure),
            "{error}"
        );
        assert!(!path.exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_of_any_length_works() {
    let directory = private_directory();
    let mut deep = directory.path().to_owned();
    for _ in 0..10 {
        deep.push("a-directory-with-a-long-name");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o700)).unwrap();
    let path = deep.join("pogo.sock");
    assert!(path.as_os_str().len() > 250);
    let served = Setup::default().serve_at(&path, |builder| builder).await;
    served.client.about().await.unwrap();
    assert!(matches!(
        Socket::bind(&path, Access::Personal),
        Err(SocketError::InUse { .. })
    ));
    served.close().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused() {
    let directory = private_directory();
    let path = directory.path().join("x".repeat(200));
    assert!(matches!(
        Socket::bind(&path, Access::Personal),
        Err(SocketError::Io { .. })
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_on_which_somebody_listens_is_left_in_peace() {
    let served = Served::new().await;
    let error = Socket::bind(&served.path, Access::Personal).unwrap_err();
    assert!(matches!(error, SocketError::InUse { .. }), "{error}");
    served.client.about().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_on_which_nobody_listens_is_replaced() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let served = Setup::default().serve_at(&path, |builder| builder).await;
    served.client.about().await.unwrap();
}

#[tokio::test]
async fn what_is_no_socket_is_left_as_it_is() {
    let directory = private_directory();
    let (path, target) = (directory.path().join("pogo.sock"), directory.path().join("target"));
    fs::write(&path, "precious").unwrap();
    assert!(matches!(
        Socket::bind(&path, Access::Personal),
        Err(SocketError::NotASocket { .. })
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(matches!(
        Socket::bind(&path, Access::Personal),
        Err(SocketError::NotASocket { .. })
    ));
    assert!(!target.exists());
}

#[tokio::test]
async fn of_two_that_bind_at_once_one_does() {
    let runtime = tokio::runtime::Handle::current();
    let directory = private_directory();
    for round in 0..300 {
        let path = directory.path().join(format!("{round}.sock"));
        drop(UnixListener::bind(&path).unwrap());
        let begin = std::sync::Barrier::new(2);
        let bind = || {
            let _runtime = runtime.enter();
            begin.wait();
            Socket::bind(&path, Access::Personal)
        };
        let bound = std::thread::scope(|scope| {
            let two = [scope.spawn(bind), scope.spawn(bind)];
            two.map(|thread| thread.join().unwrap())
        });
        assert_eq!(bound.iter().filter(|socket| socket.is_ok()).count(), 1, "{bound:?}");
        tokio::net::UnixStream::connect(&path).await.unwrap();
    }
}

#[tokio::test]
async fn a_socket_that_vanishes_is_bound_anew_and_one_of_another_is_not() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let mut socket = Socket::bind(&path, Access::Personal).unwrap();
    assert!(!socket.rebind_if_lost().unwrap());
    fs::remove_file(&path).unwrap();
    assert!(socket.rebind_if_lost().unwrap());
    tokio::net::UnixStream::connect(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    assert!(matches!(socket.rebind_if_lost(), Err(SocketError::InUse { .. })));
    drop(socket);
    assert!(path.exists(), "it is that of another by now");
    drop(other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_socket_vanishes_is_there_again() {
    let options = ServeOptions::new().path_check(Duration::from_millis(10));
    let served = Setup {
        options,
        ..Setup::default()
    }
    .serve()
    .await;
    served.client.about().await.unwrap();
    fs::remove_file(&served.path).unwrap();
    let client = Client::unix(&served.path);
    while client.about().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(mode(&served.path), 0o600);
}
