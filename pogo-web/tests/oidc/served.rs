//! A server in which people log in by a provider, and a browser without a window.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pogo_core::dispatcher::{Dispatcher, Handle, SubscriptionOptions};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::testing::{TestBehavior, TestTransport};
use pogo_web::{
    AnyOf, Authenticator, Identity, Limits, OidcLogins, OidcProvider, RouterState, ServedNamespace, SessionLimits,
    Tokens, router,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::provider::{CLIENT, Provider, SECRET};

/// A server that runs until the test ends.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

/// What most tests log in by.
pub(crate) fn company(provider: &Provider) -> OidcProvider {
    OidcProvider::new("company", provider.issuer(), CLIENT)
        .unwrap()
        .title("Company")
        .secret(SECRET.to_owned())
        .user("preferred_username", "sso:")
        .groups("roles", "sso:")
}

impl Served {
    pub(crate) async fn by(provider: OidcProvider) -> Self {
        Self::with(provider, SessionLimits::new(), None).await
    }

    /// At the address of a server before it, if there was one.
    pub(crate) async fn with(provider: OidcProvider, limits: SessionLimits, at: Option<SocketAddr>) -> Self {
        let transport = TestTransport::new(|_| TestBehavior::Run);
        let (dispatcher, handle) = Dispatcher::builder(Arc::new(transport)).build().await.unwrap();
        tokio::spawn(async move { drop(dispatcher.run().await) });
        let at = at.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(vec![]));
        let logged = Arc::clone(&log);
        let logins = OidcLogins::new(&format!("http://{address}"), [provider], limits)
            .unwrap()
            .on_event(move |said| logged.lock().unwrap().push(said.to_owned()));
        let tokens = Tokens::new().identity("q84711zw", Identity::new(pogo_core::scheduler::Actor::new("ci")));
        let ways: [Arc<dyn Authenticator>; 2] = [Arc::new(tokens), Arc::new(logins.clone())];
        let state = RouterState::builder(Arc::new(AnyOf::new(ways)))
            .namespace("default".parse().unwrap(), ServedNamespace::new(handle.clone()))
            .logins(logins)
            .limits(Limits::new().subscription(SubscriptionOptions::new().heartbeat(Duration::from_millis(20))))
            .build();
        tokio::spawn(async move { axum::serve(listener, router(state)).await });
        Self { address, handle, log }
    }

    /// A job that runs until somebody ends it.
    pub(crate) async fn job(&self) {
        let fleet = Fleet::builder().tagged("web", "web[1-4]").build().unwrap();
        self.handle.configure(Arc::new(fleet), Arc::default()).await.unwrap();
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("systemctl restart web"));
        self.handle.submit(spec).await.unwrap();
    }

    pub(crate) fn logged(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }
}

/// An answer: its status, its headers, and its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
            .unwrap_or_else(|| panic!("it leads nowhere: {self:?}"))
    }
}

/// What a browser has: cookies of one server.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Asks as a page of the server does, and takes its cookies.
    pub(crate) async fn ask(&mut self, address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
        let origin = match method {
            "GET" => "",
            _ => "Sec-Fetch-Site: same-origin\r\n",
        };
        self.ask_with(address, (method, path), origin, body).await
    }

    pub(crate) async fn get(&mut self, address: SocketAddr, path: &str) -> Answer {
        self.ask(address, "GET", path, "").await
    }

    pub(crate) async fn ask_with(
        &mut self,
        address: SocketAddr,
        (method, path): (&str, &str),
        headers: &str,
        body: &str,
    ) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = match cookies.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", cookies.join("; ")),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{cookies}{headers}\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = vec![];
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let answer = Answer {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        self.take_cookies(&answer);
        answer
    }

    fn take_cookies(&mut self, answer: &Answer) {
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            assert!(value.contains("HttpOnly") && value.contains("SameSite="), "{value}");
            let (name, rest) = value.split_once('=').unwrap();
            let given = rest.split(';').next().unwrap().to_owned();
            match value.contains("Max-Age=0;") {
                true => _ = self.cookies.remove(name),
                false => _ = self.cookies.insert(name.to_owned(), given),
            }
        }
    }

    /// Goes to the provider, logs in there, and comes as far as the address that it is sent back to.
    pub(crate) async fn until_sent_back(&mut self, served: &Served) -> String {
        let led = self.get(served.address, "/login/company").await;
        assert_eq!(led.status, 303, "{led:?}");
        agree(led.location()).await
    }

    /// Logs in; what the server answers at the end.
    pub(crate) async fn log_in(&mut self, served: &Served) -> Answer {
        let back = self.until_sent_back(served).await;
        self.get(served.address, &back).await
    }
}

/// Agrees at the provider, and gives the path that it sends the browser back to.
pub(crate) async fn agree(url: &str) -> String {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let page = Browser::default()
        .get(address.parse().unwrap(), &format!("/{path}"))
        .await;
    let (_, link) = page.body.split_once("href=\"").unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let (_, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    format!("/{path}")
}
