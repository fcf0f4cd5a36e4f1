//! What the benches ask for: each world is a gateway, and beside it the least that anybody must do for such a request. Floors
//! parse their keys once, and answer as many bytes.
//!
//! What is taken from the tests looks for the others at the root of its program: a bench takes them up there, by `use`.

pub(crate) mod caller;
mod committed;
#[path = "../../tests/oidc_issuer.rs"]
pub(crate) mod oidc_issuer;
#[path = "../../tests/postgres_server.rs"]
pub(crate) mod postgres_server;
pub(crate) mod saml;
#[path = "../../tests/saml_encrypted.rs"]
pub(crate) mod saml_encrypted;
#[path = "../../tests/saml_identity.rs"]
pub(crate) mod saml_identity;
pub(crate) mod web_identity;

/// What of the tests' house is asked for.
pub(crate) mod house {
    use std::path::{Path, PathBuf};

    pub(crate) use crate::served::free_port;

    pub(crate) fn program() -> PathBuf {
        env!("CARGO_BIN_EXE_gatehouse").into()
    }

    /// One for everything of its kind.
    pub(crate) struct Directory(super::Directory);

    impl Directory {
        pub(crate) fn new() -> Self {
            Self(super::Directory::new(&format!("house-{}", free_port())))
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0.0
        }

        pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
            let path = self.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        }
    }
}

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use std::path::PathBuf;

/// Of every role and provider here.
pub(crate) const ACCOUNT: &str = "[[account]]\nid = \"111122223333\"\n";

/// A directory that goes with its value.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gatehouse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// If this process was started as a floor, it is one, for ever.
pub(crate) fn be_a_floor_if_asked() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(at) = arguments.iter().position(|argument| argument == "bare") else { return };
    match arguments[at + 1].as_str() {
        "token" => web_identity::bare(&arguments[at + 2..]),
        "committed-token" => web_identity::bare_and_committed(&arguments[at + 2..]),
        "hmacs" => caller::bare(&arguments[at + 2..]),
        "response" => saml::bare(&arguments[at + 2..]),
        other => panic!("there is no floor {other}"),
    }
}

/// Serves `work` at this port, with an answer of so many bytes.
fn serve(port: &str, length: &str, work: impl Fn(&[u8]) + Clone + Send + Sync + 'static) {
    serve_waiting(port, length, || {
        move |body: &[u8]| {
            work(body);
            std::future::ready(())
        }
    });
}

/// The same of work that waits for something, which is set up where it is served.
fn serve_waiting<Work, Done>(port: &str, length: &str, set_up: impl FnOnce() -> Work)
where
    Work: Fn(&[u8]) -> Done + Clone + Send + Sync + 'static,
    Done: Future<Output = ()> + Send + 'static,
{
    let answer = Bytes::from(vec![b'x'; length.parse().expect("a length")]);
    let serve = async {
        let work = set_up();
        let handler = move |body: Bytes| {
            let (done, answer) = (work(&body), answer.clone());
            async {
                done.await;
                answer
            }
        };
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a port");
        eprintln!("serving");
        axum::serve(listener, Router::new().route("/", post(handler))).await.expect("serves");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve);
}
