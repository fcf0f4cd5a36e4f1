//! Somebody who publishes an identity provider's metadata on loopback, and a gateway that follows it.

use crate::front::{WORLD, files};
use crate::house::{Address, Answer, Directory, House, free_port, idp_metadata, store};
use crate::saml_identity::{IDP, Identity, NOW, changed, sign};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What is answered, and how often that happened. `None` keeps everybody waiting.
#[derive(Clone)]
pub(crate) struct Publisher {
    pub(crate) url: String,
    answer: Arc<Mutex<Option<(u16, String)>>>,
    asked: watch::Sender<usize>,
}

impl Publisher {
    pub(crate) async fn open(document: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/metadata", listener.local_addr().expect("an address"));
        let answer = Arc::new(Mutex::new(Some((200, document))));
        let publisher = Self { url, answer, asked: watch::Sender::new(0) };
        let router = Router::new().fallback(answers).with_state(publisher.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        publisher
    }

    pub(crate) fn publish(&self, document: impl Into<String>) {
        self.answer(Some((200, document.into())));
    }

    pub(crate) fn answer(&self, answer: Option<(u16, String)>) {
        *self.answer.lock().expect("no panic") = answer;
    }

    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until somebody has asked so often.
    pub(crate) async fn asked_at_least(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        let wait = tokio::time::timeout(Duration::from_secs(20), asked.wait_for(|asked| *asked >= times)).await;
        wait.unwrap_or_else(|_| panic!("asked {} times, not {times}", self.asked())).expect("it is open");
    }
}

async fn answers(State(publisher): State<Publisher>) -> (StatusCode, String) {
    publisher.asked.send_modify(|asked| *asked += 1);
    let answer = publisher.answer.lock().expect("no panic").clone();
    match answer {
        Some((status, body)) => (StatusCode::from_u16(status).expect("a status"), body),
        None => std::future::pending().await,
    }
}

/// The identity provider's metadata with these signing keys.
pub(crate) fn listing(keys: &[&Identity]) -> String {
    let keys: Vec<&[u8]> = keys.iter().map(|key| key.certificate.as_slice()).collect();
    idp_metadata(IDP, "https://idp.example/sso", &keys)
}

/// The provider's keys for following a document.
pub(crate) fn followed(publisher: &Publisher) -> String {
    format!("metadata = {{ url = \"{}\", refresh = \"1h\" }}\nallowed_networks = [\"127.0.0.1\"]", publisher.url)
}

/// A gateway whose two registrations of the identity provider follow its metadata, with an address for operators.
pub(crate) struct Following {
    pub(crate) house: House,
    admin: String,
}

impl Following {
    pub(crate) async fn open(publisher: &Publisher) -> Self {
        Self::open_as(&changed(WORLD, "metadata = { file = \"idp.xml\" }", &followed(publisher))).await
    }

    pub(crate) async fn open_as(world: &str) -> Self {
        let (directory, admin) = (Arc::new(Directory::new()), format!("127.0.0.1:{}", free_port()));
        for (name, text) in files() {
            directory.write(name, text);
        }
        let Address { port, public_url, .. } = Address::loopback();
        let store = store(&directory);
        let server = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\nadmin_listen = \"{admin}\"\n\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n"
        );
        directory.write("gatehouse.toml", server + world);
        Self::of(House::serve(directory, Clock::held(NOW), public_url).await, admin)
    }

    fn of(house: House, admin: String) -> Self {
        Self { house, admin: format!("http://{}", admin.trim_start_matches("http://")) }
    }

    pub(crate) async fn restart(self) -> Self {
        let (directory, clock, public_url) = self.house.close().await;
        Self::of(House::serve(directory, clock, public_url).await, self.admin)
    }

    pub(crate) async fn metrics(&self) -> String {
        let request = self.house.client.get(format!("{}/metrics", self.admin));
        Answer::of(request.send().await.expect("an answer")).await.body
    }

    /// Waits until a line of the metrics begins so.
    pub(crate) async fn shows(&self, line: &str) {
        let shown = async {
            while !self.metrics().await.lines().any(|shown| shown.starts_with(line)) {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), shown).await.is_err() {
            panic!("no {line} in\n{}", self.metrics().await);
        }
    }

    /// Waits until the metadata that was fetched at this moment of the clock is in force.
    pub(crate) async fn is_fresh(&self) {
        let now = self.house.clock.now().unix_timestamp();
        self.shows(&format!("gatehouse_saml_metadata_timestamp_seconds{{provider=\"{}\"}} {now}", crate::front::CORP))
            .await;
    }

    /// Waits until renewing has failed so often with this code.
    pub(crate) async fn refused(&self, code: &str, times: usize) {
        let labels = format!("{{provider=\"{}\",code=\"{code}\"}}", crate::front::CORP);
        self.shows(&format!("gatehouse_saml_metadata_refusals_total{labels} {times}")).await;
    }
}

/// A response of the day, signed by `by`, as a form field. `id` makes it another one.
pub(crate) fn response_of(house: &House, day: u8, id: &str, by: &Identity) -> String {
    let xml = crate::front::unsigned(house, id).replace("2031-01-01T", &format!("2031-01-{day:02}T"));
    STANDARD.encode(sign(&xml, &format!("_assertion-{id}"), by))
}
