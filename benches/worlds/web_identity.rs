//! AssumeRoleWithWebIdentity by RS256, its audit record on disk before the answer; the floor does one RSA-2048 verification.

use super::{ACCOUNT, committed, serve, serve_waiting};
use crate::oidc_issuer::{CLIENT, RSA};
use crate::served::{SQLITE, Server, free_port, head, request};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Clock;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio::sync::oneshot;

pub(crate) const ISSUER: &str = "https://issuer.example";
const ROLE: &str = "arn:aws:iam::111122223333:role/App";

pub(crate) fn token() -> String {
    let now = Clock::system().now().unix_timestamp();
    RSA.sign(&json!({"iss": ISSUER, "sub": "app-1", "aud": CLIENT, "iat": now - 10, "exp": now + 3_000}))
}

pub(crate) fn exchange(port: u16, token: &str) -> Vec<u8> {
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName=app-1&WebIdentityToken={token}",
        ROLE.replace(':', "%3A").replace('/', "%2F")
    );
    request("POST", "/", port, &form)
}

pub(crate) fn gatehouse(directory: &Path) -> Server {
    gatehouse_on(SQLITE, directory)
}

/// `store` is what stands under `[store]`.
pub(crate) fn gatehouse_on(store: &str, directory: &Path) -> Server {
    let port = free_port();
    let config = directory.join("gatehouse.toml");
    let head = head(port).replace(SQLITE, store);
    std::fs::write(&config, [&head, ACCOUNT, &configured(directory)].concat()).expect("written");
    Server::gatehouse(&config, port)
}

pub(crate) fn bare_server(directory: &Path, token: &str, length: usize) -> Server {
    let file = directory.join("token");
    std::fs::write(&file, format!("{}\n{}\n{token}", RSA.jwk["n"], RSA.jwk["e"])).expect("written");
    bare_of("token", &file, length)
}

/// Behind [`bare_server`], in the same directory.
pub(crate) fn committed_server(directory: &Path, length: usize) -> Server {
    bare_of("committed-token", &directory.join("token"), length)
}

fn bare_of(kind: &str, file: &Path, length: usize) -> Server {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.args(["bare", kind]).arg(file).args([port, length as u16].map(|n| n.to_string())), port)
}

/// The provider and its role; the keys lie in this directory then.
pub(crate) fn configured(directory: &Path) -> String {
    std::fs::write(directory.join("keys.json"), json!({"keys": [RSA.jwk]}).to_string()).expect("written");
    format!(
        r#"
[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{ISSUER}"
client_ids = ["{CLIENT}"]
jwks = {{ file = "keys.json" }}
[[role]]
arn = "{ROLE}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"issuer.example:aud":"{CLIENT}","issuer.example:sub":"app-1"}}}}}}]}}' }}
"#
    )
}

/// The floor: `FILE PORT LENGTH`.
pub(super) fn bare(arguments: &[String]) {
    let verify = verification(&arguments[0]);
    serve(&arguments[1], &arguments[2], move |_| verify());
}

/// The same, and a row on disk beside the file.
pub(super) fn bare_and_committed(arguments: &[String]) {
    let verify = verification(&arguments[0]);
    serve_waiting(&arguments[1], &arguments[2], || {
        let book = committed::book(&PathBuf::from(&arguments[0]).with_extension("db"));
        move |_: &[u8]| {
            verify();
            let (book, (waiting, written)) = (book.clone(), oneshot::channel());
            async move {
                book.send(waiting).await.expect("taken");
                written.await.expect("written");
            }
        }
    });
}

fn verification(file: &str) -> impl Fn() + Clone + Send + Sync + 'static {
    let text = std::fs::read_to_string(file).expect("a file");
    let mut lines = text.lines();
    let mut number = || {
        let text: Value = serde_json::from_str(lines.next().expect("a line")).expect("a text");
        URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
    };
    let key = RsaPublicKeyComponents { n: number(), e: number() };
    let key = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key");
    let (signed, signature) = lines.next().and_then(|token| token.rsplit_once('.')).expect("a token");
    let (signed, signature) = (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).expect("base64url"));
    let key = Arc::new(key);
    move || assert!(key.verify_sig(signed.as_bytes(), &signature).is_ok())
}
