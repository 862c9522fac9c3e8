//! Web services over HTTPS: whose certificate counts.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod web_server;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pogo_inventory::HttpSource;
use pogo_inventory::table::Mapping;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use web_server::{Server, reply};

/// A server that shows this certificate to one who asks.
fn server(certified: &CertifiedKey<rcgen::KeyPair>) -> Server {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    Server::wrapped(vec![reply("200 OK", &[], r#"["web1"]"#)], move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        Box::new(StreamOwned::new(connection, stream))
    })
}

fn source(server: &Server) -> HttpSource {
    let address = server.address.replace("http:", "https:");
    HttpSource::new(address, Mapping::default()).retries(0, Duration::ZERO)
}

#[test]
fn a_stranger_is_not_asked_and_one_who_is_trusted_is() {
    let folder = tempfile::tempdir().unwrap();
    let certified = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let stranger = server(&certified);
    let error = source(&stranger)
        .header("X-Token", "hunter2".into())
        .read()
        .unwrap_err();
    assert!(error.to_string().contains("cannot be reached: "), "{error}");
    assert!(stranger.requests().is_empty(), "a secret was sent to a stranger");
    let path = folder.path().join("trusted.pem");
    fs::write(&path, certified.cert.pem()).unwrap();
    assert_eq!(source(&server(&certified)).trust(&path).read().unwrap().fleet.len(), 1);
    let other = generate_simple_self_signed(["other.example.com".to_owned()]).unwrap();
    fs::write(&path, other.cert.pem()).unwrap();
    let misnamed = server(&other);
    let error = source(&misnamed).trust(&path).read().unwrap_err();
    assert!(error.to_string().contains("certificate not valid for name"), "{error}");
    assert!(misnamed.requests().is_empty());
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trusted.pem");
    fs::write(&path, "hello").unwrap();
    let error = HttpSource::new("https://127.0.0.1:1/", Mapping::default())
        .trust(&path)
        .read()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is no file of certificates: there is none in it"),
        "{error}"
    );
}
