//! SimpleSAMLphp, started for one test.

use crate::house::{Directory, House, free_port};
use crate::peers_start::{Peer, here, metadata_of};
use serde_json::{Value, json};
use std::process::Command;

/// SimpleSAMLphp, which browsers reach at `http://localhost:PORT`.
pub(crate) struct SimpleSaml {
    peer: Peer,
    base: String,
    pub(crate) metadata: String,
}

/// What it signs for one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Assertion,
    Response,
    Both,
}

impl Signed {
    pub(crate) fn setting(self) -> Value {
        json!({ "saml20.sign.assertion": self != Self::Response, "saml20.sign.response": self != Self::Assertion })
    }
}

impl SimpleSaml {
    pub(crate) async fn start() -> Self {
        let (port, directory) = (free_port(), Directory::new());
        let base = format!("http://localhost:{port}");
        let mut program = Command::new(here("peers/simplesamlphp/start.sh"));
        program.env("WORK", directory.path()).env("PORT", port.to_string()).env("BASE_URL", &base);
        let mut peer = Peer::start("SimpleSAMLphp", &mut program, directory);
        let metadata = peer.answers(&format!("{base}/saml2/idp/metadata.php")).await;
        Self { peer, base, metadata }
    }

    /// Registers a gateway by the metadata that it publishes, or tells anew what it is sent.
    pub(crate) async fn knows(&self, gateway: &House, settings: &Value) {
        let name = gateway.public_url.rsplit(':').next().expect("a port");
        self.peer.directory.write(&format!("gateways/{name}.json"), settings.to_string());
        self.peer.directory.write(&format!("gateways/{name}.xml"), metadata_of(gateway).await);
    }

    /// Where a person signs out of everything.
    pub(crate) fn ends_everything(&self) -> String {
        format!("{0}/saml2/idp/initSLO.php?RelayState={0}/logout.php", self.base)
    }

    /// Where a login starts that no gateway asked for.
    pub(crate) fn unasked(&self, public_url: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("spentityid", &format!("{public_url}/saml/metadata"))
            .finish();
        format!("{}/saml2/idp/SSOService.php?{query}", self.base)
    }
}
