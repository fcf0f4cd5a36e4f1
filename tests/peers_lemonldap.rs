//! LemonLDAP::NG, an identity provider of another lineage than SimpleSAMLphp's: Perl, over Lasso and xmlsec. Started for
//! one test.

use crate::house::{Address, Directory, House, free_port};
use crate::peers_start::{Peer, here, metadata_of};
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// The portal, which browsers reach at `https://127.0.0.1:PORT`. Three people: dwho, rtyler, msmith.
pub(crate) struct LemonLdap {
    peer: Option<Peer>,
    environment: &'static [(&'static str, &'static str)],
    directory: Arc<Directory>,
    port: u16,
    pub(crate) base: String,
    metadata: String,
}

impl LemonLdap {
    pub(crate) async fn start() -> Self {
        Self::start_in(&[]).await
    }

    /// In an environment that says what its libraries do.
    pub(crate) async fn start_in(environment: &'static [(&'static str, &'static str)]) -> Self {
        let (port, directory) = (free_port(), Arc::new(Directory::new()));
        let base = format!("https://127.0.0.1:{port}");
        let mut portal = Self { peer: None, environment, directory, port, base, metadata: String::new() };
        portal.open().await;
        portal
    }

    async fn open(&mut self) {
        drop(self.peer.take());
        // Its workers end a moment after it.
        while std::net::TcpListener::bind(("127.0.0.1", self.port)).is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut program = Command::new(here("peers/lemonldap/start.sh"));
        program.env("WORK", self.directory.path()).env("PORT", self.port.to_string()).env("BASE_URL", &self.base);
        program.envs(self.environment.iter().copied());
        let mut peer = Peer::start("LemonLDAP::NG", &mut program, self.directory.clone());
        self.metadata = peer.answers(&format!("{}/saml/metadata", self.base)).await;
        self.peer = Some(peer);
    }

    /// Registers a gateway by its metadata. The portal reads that at its start, so it is started anew; keys and people's
    /// sessions stay.
    pub(crate) async fn knows(&mut self, gateway: &House, metadata: String, options: &Value) {
        let name = format!("gateways/{}", name(gateway));
        self.directory.write(&format!("{name}.json"), options.to_string());
        self.directory.write(&format!("{name}.xml"), metadata);
        self.open().await;
    }

    /// Registers OpenID Connect relying parties, by the same way.
    pub(crate) async fn serves(&mut self, parties: &Value) {
        self.directory.write("parties.json", parties.to_string());
        self.open().await;
    }

    /// Its OpenID Connect issuer, whose slash at the end is its own.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/", self.base)
    }

    /// The certificate that it is reached by.
    pub(crate) fn certificate(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("keys/tls.crt")).expect("a certificate")
    }

    /// A gateway with `setting` for this provider, that is known to it with these options.
    pub(crate) async fn house(&mut self, address: Address, setting: &str, options: &Value) -> House {
        let house = House::open_at(address, &[("lemon.xml", self.metadata.clone())], police_box(setting)).await;
        self.knows(&house, metadata_of(&house).await, options).await;
        house
    }

    /// Where a login starts that this gateway did not ask for.
    pub(crate) fn unasked(&self, gateway: &House) -> String {
        format!("{}/saml/singleSignOn?IDPInitiated=1&spConfKey={}", self.base, name(gateway))
    }

    /// Where a person signs out of everything.
    pub(crate) fn ends_everything(&self) -> String {
        format!("{}/?logout=1", self.base)
    }

    /// Where a frame ends that has come back from a gateway with an answer, good or bad.
    pub(crate) fn has_heard(&self) -> String {
        format!("{}//static/common/icons/", self.base)
    }

    /// Panics unless it has believed this gateway's answer to a logout. Its pages may show the same either way.
    pub(crate) fn believed(&self, gateway: &House) {
        let (said, name) = (self.output(), name(gateway));
        assert!(said.contains("Logout response is valid"), "it read the answer: {said}");
        assert!(said.contains(&format!("Display OK status for SLO on {name}")), "it knows whose it is: {said}");
        assert!(!said.contains("Could not verify signature of incoming SLO"), "it verified the answer: {said}");
    }

    pub(crate) fn output(&self) -> String {
        self.peer.as_ref().expect("running").output()
    }
}

/// What the portal calls a gateway.
pub(crate) fn name(gateway: &House) -> &str {
    gateway.public_url.rsplit(':').next().expect("a port")
}

pub(crate) const DOCTOR: &str = "arn:aws:iam::111111111111:role/Doctor";
pub(crate) const COMPANION: &str = "arn:aws:iam::111111111111:role/Companion";
pub(crate) const LEMON: &str = "arn:aws:iam::111111111111:saml-provider/lemon";
pub(crate) const LOGIN: &str = "/saml/login/lemon";

/// One account whose roles follow from the groups that the portal tells.
fn police_box(setting: &str) -> String {
    let trust = format!(
        r#"{{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{LEMON}"}},"Action":"sts:AssumeRoleWithSAML"}}]}}' }}"#
    );
    format!(
        r#"
[[account]]
id = "111111111111"
alias = "police-box"

[[provider]]
name = "lemon"
account = "111111111111"
kind = "saml"
metadata = {{ file = "lemon.xml" }}
{setting}

[[provider.rule]]
when = '"timelords" in claims.groups'
roles = ["{DOCTOR}"]
session_name = 'claims.uid[0]'

[[provider.rule]]
when = '"earthlings" in claims.groups'
roles = ["{COMPANION}"]
session_name = 'claims.mail[0]'

[[role]]
arn = "{DOCTOR}"
trust = {trust}

[[role]]
arn = "{COMPANION}"
trust = {trust}
"#
    )
}
