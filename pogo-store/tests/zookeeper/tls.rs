//! Connections by TLS, and logins by certificate.

use std::path::Path;
use std::process::Command;

use futures::executor::block_on;
use pogo_core::journal::{Acquire, Seq};
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};

use crate::ensemble::Ensemble;
use crate::owners::{HASTY, PATIENT, acquire, commit, journal, made, read, records};

/// An authority, and what it has signed: the server with its key in one file, and a client.
const CERTIFICATES: &str = r#"
set -e
key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key"; }
key ca
openssl req -x509 -new -key ca.key -subj /CN=authority -days 2 -out ca.pem
for who in server client; do
  key "$who"
  openssl req -new -key "$who.key" -subj "/CN=$who" -out "$who.csr"
  printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$who.ext"
  openssl x509 -req -in "$who.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$who.ext" -out "$who.crt"
done
cat server.key server.crt >server.pem
"#;

fn make_certificates(directory: &Path) {
    let mut shell = Command::new("sh");
    let made = shell
        .args(["-c", CERTIFICATES])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_store_is_reached_by_tls_and_belongs_to_a_certificate() {
    let (certificates, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_certificates(certificates.path());
    let Some(server) = Ensemble::start_secure(certificates.path()) else {
        return;
    };
    let address = |directory: &Path, identity: bool, session_timeout: f64| -> ZookeeperAddress {
        let (port, directory) = (server.ports()[0], directory.display());
        let mut text = format!("zookeeper://127.0.0.1:{port}/pogo?tls_ca={directory}/ca.pem");
        text.push_str(&format!("&session_timeout={session_timeout}"));
        if identity {
            text.push_str(&format!(
                "&tls_cert={directory}/client.crt&tls_key={directory}/client.key"
            ));
        }
        text.parse().unwrap()
    };
    let journal = journal(&made(address(certificates.path(), true, PATIENT)));
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..6))), Ok(Seq(6)));
    drop(owned);
    assert_eq!(read(&journal), records());
    // Without a certificate of the authority, or with another authority, nobody gets in.
    make_certificates(others.path());
    for refused in [
        address(certificates.path(), false, HASTY),
        address(others.path(), true, HASTY),
    ] {
        assert!(block_on(ZookeeperStore::open(&refused)).is_err());
    }
    let missing = address(Path::new("/nowhere"), true, HASTY);
    let said = block_on(ZookeeperStore::open(&missing)).unwrap_err().to_string();
    assert!(said.contains("/nowhere/ca.pem"), "{said}");
}
