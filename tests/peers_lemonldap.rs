//! LemonLDAP::NG, an identity provider of another lineage than SimpleSAMLphp's: Perl, over Lasso and xmlsec.

use crate::house::{Address, Browser, Directory, House, free_port};
use crate::peers_browser::Scene;
use crate::peers_start::{Peer, Posted, here, metadata_of, no_saml_response_by, saml_response_by};
use crate::saml_identity::changed;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// The portal, which browsers reach at `http://127.0.0.1:PORT`. Three people: dwho, rtyler, msmith.
pub(crate) struct LemonLdap {
    peer: Option<Peer>,
    directory: Arc<Directory>,
    port: u16,
    base: String,
    metadata: String,
}

impl LemonLdap {
    pub(crate) async fn start() -> Self {
        let port = free_port();
        let base = format!("http://127.0.0.1:{port}");
        let mut portal =
            Self { peer: None, directory: Arc::new(Directory::new()), port, base, metadata: String::new() };
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
        let mut peer = Peer::start("LemonLDAP::NG", &mut program, self.directory.clone());
        self.metadata = peer.answers(&format!("{}/saml/metadata", self.base)).await;
        self.peer = Some(peer);
    }

    /// Registers a gateway by the metadata that it publishes. The portal reads that at its start, so it is started anew;
    /// keys and people's sessions stay.
    async fn knows(&mut self, gateway: &House, options: &Value) {
        self.directory.write("gateways/gatehouse.json", options.to_string());
        self.directory.write("gateways/gatehouse.xml", metadata_of(gateway).await);
        self.open().await;
    }

    /// A gateway with `setting` for this provider, that is known to it with these options.
    pub(crate) async fn house(&mut self, address: Address, setting: &str, options: &Value) -> House {
        let house = House::open_at(address, &[("lemon.xml", self.metadata.clone())], police_box(setting)).await;
        self.knows(&house, options).await;
        house
    }

    /// Where a login starts that no gateway asked for.
    fn unasked(&self) -> String {
        format!("{}/saml/singleSignOn?IDPInitiated=1&spConfKey=gatehouse", self.base)
    }
}

/// In the demonstration each name is the password.
async fn response(start: &str, person: &str) -> Posted {
    saml_response_by(start, person, person).await
}

const DOCTOR: &str = "arn:aws:iam::111111111111:role/Doctor";
const COMPANION: &str = "arn:aws:iam::111111111111:role/Companion";
const LEMON: &str = "arn:aws:iam::111111111111:saml-provider/lemon";
const LOGIN: &str = "/saml/login/lemon";

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

/// The whole way by a scripted browser: asked by us, signed in there, taken by us.
async fn signs_in(house: &House, person: &str) -> Browser {
    let mut browser = Browser::default();
    let start = browser.get(house, LOGIN).await.location.expect("to the provider");
    let posted = response(&start, person).await;
    let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
    let answer = browser.post(house, "/saml/acs", &form).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{person}: {}", answer.body);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_become_roles_by_rule() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::loopback(), "idp_initiated = true", &json!({})).await;
    let people = [
        ("dwho", DOCTOR, "dwho", "dwho@badwolf.org"),
        ("rtyler", COMPANION, "rtyler@badwolf.org", "rtyler@badwolf.org"),
    ];
    for (person, role, session_name, mail) in people {
        let mut browser = signs_in(&house, person).await;
        let session: Value = serde_json::from_str(&browser.get(&house, "/console/session").await.body).expect("JSON");
        assert_eq!(session["role"], role, "{person}");
        assert_eq!(session["session_name"], session_name, "{person}");
        assert_eq!(session["original"], format!("{LEMON}:{mail}"), "{person}");
    }

    let posted = response(&portal.unasked(), "dwho").await;
    let with = |role| [("RoleArn", role), ("PrincipalArn", LEMON), ("SAMLAssertion", posted.response.as_str())];
    let denied = house.sts("AssumeRoleWithSAML", &with(COMPANION)).await;
    assert_eq!(denied.refusal(), (403, "AccessDenied"), "a role that no rule gives: {}", denied.body);
    let assumed = house.sts("AssumeRoleWithSAML", &with(DOCTOR)).await;
    assert_eq!(assumed.element("Arn"), "arn:aws:sts::111111111111:assumed-role/Doctor/dwho", "{}", assumed.body);
    assert_eq!(assumed.element("Subject"), "dwho@badwolf.org");
    assert_eq!(assumed.element("Issuer"), format!("{}/saml/metadata", portal.base));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_verifies_what_we_ask() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::loopback(), "idp_initiated = false", &json!({})).await;
    signs_in(&house, "dwho").await;
    let asked = Browser::default().get(&house, LOGIN).await.location.expect("to the provider");
    let forged = changed(&asked, "&RelayState=", "&RelayState=x");
    no_saml_response_by(&forged, "dwho", "dwho").await;
    let said = portal.peer.as_ref().expect("running").output();
    assert!(said.contains("Could not verify signature of incoming SSO request from gatehouse"), "{said}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_by_its_own_pages() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::tls("gate.test"), "idp_initiated = true", &json!({})).await;
    let gate = house.public_url.clone();
    let mut scene = Scene::new();
    for (how, start) in [("asked", house.url(LOGIN)), ("unasked", portal.unasked())] {
        scene = scene.goto(&start).lemon_login("dwho").wait_for(&format!("{gate}/console")).heading("You wear Doctor");
        scene = scene.goto(&format!("{gate}/console/session")).view(how).forget_all();
    }
    let seen = scene.violations().view("violations").play().await;
    for how in ["asked", "unasked"] {
        assert_eq!(seen[how].json()["role"], DOCTOR, "{how}");
    }
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}
