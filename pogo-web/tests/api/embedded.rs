//! The example of a service that mounts the router below a path of its own, with a login of its own.

use std::sync::Arc;

use pogo_core::dispatcher::Dispatcher;
use pogo_core::testing::{TestBehavior, TestTransport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::served::configuration;

#[path = "../../examples/own_login.rs"]
mod own_login;

async fn ask(address: std::net::SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_service_mounts_the_router_anywhere_with_a_login_of_its_own() {
    let transport = TestTransport::new(|_| TestBehavior::Succeed);
    let (dispatcher, handle) = Dispatcher::builder(Arc::new(transport)).build().await.unwrap();
    tokio::spawn(async move { drop(dispatcher.run().await) });
    handle.execute(configuration(3)).await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = own_login::service(handle.clone()).unwrap();
    tokio::spawn(async move { axum::serve(listener, service).await });

    let (jobs, orders) = (
        "/tools/pogo/v1/namespaces/default/jobs",
        "/tools/pogo/v1/namespaces/default/orders",
    );
    let nobody = ask(address, &format!("GET {jobs}"), "", "").await;
    assert!(
        nobody.contains(" 401 ") && nobody.contains("log in to the shop first"),
        "{nobody}"
    );
    let alice = "Cookie: theme=dark; shop=s-4711\r\n";
    let submit = r#"{"order":{"submit":{"spec":{"targets":"web1","command":{"shell":"uptime"}}}}}"#;
    let ordered = ask(address, &format!("POST {orders}"), alice, submit).await;
    assert!(ordered.contains(r#""answer":{"job":1}"#), "{ordered}");
    let listed = ask(address, &format!("GET {jobs}"), alice, "").await;
    assert!(listed.contains(r#""user":"alice""#), "{listed}");
    // A page elsewhere has the browser's cookie, and gives no order with it.
    let foreign = format!("{alice}Sec-Fetch-Site: cross-site\r\n");
    let refused = ask(address, &format!("POST {orders}"), &foreign, submit).await;
    assert!(
        refused.contains(" 403 ") && refused.contains("cross-origin"),
        "{refused}"
    );
    // The rest is the service's own.
    assert!(ask(address, "GET /", "", "").await.ends_with("the shop"));
    assert!(ask(address, "GET /v1/namespaces", alice, "").await.contains(" 404 "));
}
