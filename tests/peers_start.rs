//! The peers that others wrote, started for one test, and the programs that speak with them and with the gateway. What is not installed fails the test.

use crate::house::{Directory, House, free_port};
use crate::peers_conformance::Client;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// A file under tests/.
pub(crate) fn here(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
    assert!(path.exists(), "{} is missing; `tests/install.sh test` installs it", path.display());
    path
}

/// A server that ends with the test.
pub(crate) struct Peer {
    child: Child,
    pub(crate) directory: Arc<Directory>,
    what: &'static str,
}

impl Peer {
    pub(crate) fn start(what: &'static str, program: &mut Command, directory: impl Into<Arc<Directory>>) -> Self {
        let directory = directory.into();
        let log = File::create(directory.path().join("output")).expect("a log");
        let errors = log.try_clone().expect("the same log");
        let child = program.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{what} does not start ({program:?}): {error}"));
        Self { child, directory, what }
    }

    /// Asks until it answers with 200.
    pub(crate) async fn answers(&mut self, url: &str) -> String {
        let client = client();
        for _ in 0..1_000 {
            if let Some(status) = self.child.try_wait().expect("a state") {
                panic!("{} ended with {status}: {}", self.what, self.output());
            }
            match client.get(url).send().await {
                Ok(response) if response.status() == 200 => return response.text().await.expect("a document"),
                Ok(response) => panic!("{} says {} at {url}: {}", self.what, response.status(), self.output()),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await, // between two questions
            }
        }
        panic!("{} does not answer at {url}: {}", self.what, self.output());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a state").is_some()
    }

    /// What it has printed until now.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("output")).unwrap_or_default()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// For peers, whose certificates are as young as the test.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().expect("a client")
}

/// What an identity provider would have a browser post.
pub(crate) struct Posted {
    pub(crate) response: String,
    pub(crate) relay_state: String,
}

/// Signs a person in at SimpleSAMLphp, from `start` on, and takes the answer instead of posting it.
pub(crate) async fn saml_response(start: &str, person: &str) -> Posted {
    saml_response_by(start, person, &format!("{person}pass")).await
}

/// The same at any provider.
pub(crate) async fn saml_response_by(start: &str, person: &str, password: &str) -> Posted {
    let said = python("peers/saml_login.py", &["--start", start, "--name", person, "--password", password], &[]).await;
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    Posted { response: text("SAMLResponse"), relay_state: text("RelayState") }
}

/// What a gateway publishes of itself. Its certificate is for localhost, whatever name it goes by.
pub(crate) async fn metadata_of(gateway: &House) -> String {
    let mut url = url::Url::parse(&gateway.url("/saml/metadata")).expect("a URL");
    let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    if url.scheme() == "https" {
        url.set_host(Some("localhost")).expect("a host");
    }
    let answer = gateway.client.get(url).header("host", host).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "our metadata");
    answer.text().await.expect("XML")
}

/// npm's oidc-provider. The gateway speaks with it too, without TLS, so it is at a loopback address.
pub(crate) struct OpenIdProvider {
    _peer: Peer,
    pub(crate) issuer: String,
}

/// Where oidc_login.py ends; nothing listens there.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";

impl OpenIdProvider {
    pub(crate) async fn start(callbacks: &[String]) -> Self {
        Self::start_for(callbacks, None).await
    }

    /// Besides, a gateway that signs with a key of its own and is told of logouts.
    pub(crate) async fn start_for(callbacks: &[String], gateway: Option<&str>) -> Self {
        let (port, directory) = (free_port(), Directory::new());
        let issuer = format!("http://127.0.0.1:{port}");
        let callbacks = [&[CALLBACK.to_owned()], callbacks].concat().join(" ");
        let mut program = Command::new("node");
        program.arg(here("peers/oidc-provider/server.mjs")).env("CALLBACKS", callbacks);
        program.envs(gateway.map(|gateway| ("GATEWAY", gateway)));
        program.env("PORT", port.to_string()).env("ISSUER", &issuer);
        here("node_modules/oidc-provider");
        let mut peer = Peer::start("oidc-provider", &mut program, directory);
        peer.answers(&format!("{issuer}/.well-known/openid-configuration")).await;
        Self { _peer: peer, issuer }
    }

    /// A real login's ID token.
    pub(crate) async fn id_token(&self, client: &str, person: &str) -> String {
        id_token(&self.issuer, client, person, "any").await
    }

    /// Makes new keys and throws the old ones away.
    pub(crate) async fn rotate(&self) {
        self.rotated("/_rotate").await;
    }

    /// Makes new keys, and publishes the old ones still.
    pub(crate) async fn rotate_and_keep(&self) {
        self.rotated("/_rotate?keep").await;
    }

    async fn rotated(&self, how: &str) {
        let answer = client().post(format!("{}{how}", self.issuer)).send().await.expect("an answer");
        assert_eq!(answer.status(), 204, "the keys were rotated");
    }
}

/// A real login's ID token, at any provider.
pub(crate) async fn id_token(issuer: &str, client: &str, person: &str, password: &str) -> String {
    let who = ["--issuer", issuer, "--client", client, "--secret", "gateway-secret", "--callback", CALLBACK];
    let arguments = [who.as_slice(), &["--name", person, "--password", password]].concat();
    let said = python("peers/oidc_login.py", &arguments, &[]).await;
    said["id_token"].as_str().expect("a token").to_owned()
}

/// Where that login does not come to a response.
pub(crate) async fn no_saml_response_by(start: &str, person: &str, password: &str) {
    let arguments = ["--start", start, "--name", person, "--password", password];
    let output = run_python("peers/saml_login.py", &arguments, &[]).await;
    assert!(!output.good, "the provider does not answer {start}, but it did: {}", output.text);
}

async fn run_python(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut whole = vec![here(program).into_os_string().into_string().expect("a path")];
    whole.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    run(&here(".cache/venv/bin/python"), &whole, environment).await
}

/// A Python program of ours, run to its end; it prints JSON.
pub(crate) async fn python(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let output = run_python(program, arguments, environment).await;
    assert!(output.good, "{program} ends well: {}", output.errors);
    serde_json::from_str(&output.text).unwrap_or_else(|error| panic!("{program} prints JSON: {error}"))
}

/// What a program printed, and whether it was content.
pub(crate) struct Output {
    pub(crate) good: bool,
    pub(crate) text: String,
    pub(crate) errors: String,
}

/// The AWS CLI as it is, with nothing of this machine's own configuration.
pub(crate) async fn aws(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    run(&here(".cache/venv/bin/aws"), &arguments, environment).await
}

/// A Python program of ours without arguments, whether it ends well or not.
pub(crate) async fn python_output(program: &str, environment: &[(&str, &str)]) -> Output {
    run_python(program, &[], environment).await
}

/// The same for one in JavaScript.
pub(crate) async fn node(program: &str, environment: &[(&str, &str)]) -> Output {
    here("node_modules/@aws-sdk/client-sts");
    let program = here(program).into_os_string().into_string().expect("a path");
    run(Path::new("node"), &[program], environment).await
}

/// The client that is built on the AWS SDK for Rust.
pub(crate) async fn rust_client(environment: &[(&str, &str)]) -> Output {
    run(&here(".cache/rust-client/debug/rust-client"), &[], environment).await
}

/// The program that makes every call of the table with this client.
pub(crate) async fn conformance(client: Client, arguments: &[&str]) -> Output {
    let path = |path: &str| here(path).into_os_string().into_string().expect("a path");
    let (program, script) = match client {
        Client::Cli1 => (path(".cache/venv/bin/python"), Some("clients/conformance_cli.py")),
        // Debian's Python, which has Debian's CLI.
        Client::Cli2 => (path("/usr/bin/python3"), Some("clients/conformance_cli.py")),
        Client::Boto3 => (path(".cache/venv/bin/python"), Some("clients/conformance_boto3.py")),
        Client::JavaScript => ("node".to_owned(), Some("clients/conformance.mjs")),
        Client::Rust => (path(".cache/rust-client/debug/rust-client"), None),
    };
    let arguments = script.into_iter().map(path).chain(arguments.iter().map(|text| (*text).to_owned()));
    run(Path::new(&program), &arguments.collect::<Vec<_>>(), &[]).await
}

async fn run(program: &Path, arguments: &[String], environment: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("AWS_EC2_METADATA_DISABLED", "true");
    // The AWS CLI keeps a cache at home.
    let home = Directory::new();
    command.env("HOME", home.path()).env("AWS_DEFAULT_REGION", "us-east-1").envs(environment.iter().copied());
    let ended = tokio::time::timeout(Duration::from_secs(120), command.output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{} ends within two minutes", program.display()));
    let output = output.unwrap_or_else(|error| panic!("{} runs: {error}", program.display()));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Output { good: output.status.success(), text: text(output.stdout), errors: text(output.stderr) }
}
