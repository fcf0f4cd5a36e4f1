//! The gateway that the corpus is sent to, and its two issuers: `app`, that signs with what everybody may, and `wide`,
//! whose registration allows PS256 and EdDSA as well.

use super::keys::KEYS;
use crate::house::{Address, Browser, House};
use crate::oidc_issuer::{CLIENT, Issuer, NOW};
use serde_json::json;
use std::collections::BTreeMap;

/// What comes with an ID token, and what it is redeemed for.
pub(super) const ACCESS: &str = "the-access-token";
pub(super) const CODE: &str = "the-code";
/// Accepted as audiences beside [`CLIENT`]: another client of ours, and an API beside an authorized party.
pub(super) const SECOND: &str = "second-client";
pub(super) const API: &str = "api";

pub(super) struct World {
    pub(super) house: House,
    issuers: BTreeMap<&'static str, Issuer>,
}

impl World {
    pub(super) async fn open() -> Self {
        let mut issuers = BTreeMap::new();
        for (name, keys) in [("app", &KEYS.of_app), ("wide", &KEYS.of_wide)] {
            let issuer = Issuer::start(&[]).await;
            issuer.publish_answer(200, &json!({ "keys": keys }).to_string());
            issuers.insert(name, issuer);
        }
        let config: String = issuers.iter().map(|(name, issuer)| registration(name, &issuer.url)).collect();
        let account = "[[account]]\nid = \"111122223333\"\nalias = \"production\"\n";
        let house = House::open(NOW, &[], |_: &Address| format!("{account}{config}")).await;
        Self { house, issuers }
    }

    pub(super) fn issuer(&self, provider: &str) -> &Issuer {
        &self.issuers[provider]
    }

    /// A sign-in that this browser begins: its state and its nonce.
    pub(super) async fn begin(&self, browser: &mut Browser, provider: &str) -> (String, String) {
        let answer = browser.get(&self.house, &format!("/oidc/login/{provider}")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let url = url::Url::parse(answer.location.as_deref().unwrap()).unwrap();
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        (value("state"), value("nonce"))
    }

    /// The token endpoint answers with it from now on.
    pub(super) fn promise(&self, provider: &str, token: &str) {
        self.issuer(provider).answers.lock().unwrap().token =
            json!({"token_type": "Bearer", "access_token": ACCESS, "id_token": token});
    }
}

/// The role that an issuer's people may wear.
pub(super) fn role(provider: &str) -> String {
    format!("arn:aws:iam::111122223333:role/Of-{provider}")
}

fn registration(provider: &str, url: &str) -> String {
    let algorithms = if provider == "wide" { "algorithms = [\"PS256\", \"EdDSA\"]" } else { "" };
    let (role, name) = (role(provider), url.split_once("//").unwrap().1);
    format!(
        r#"
[[provider]]
name = "{provider}"
account = "111122223333"
kind = "oidc"
issuer = "{url}"
client_ids = ["{CLIENT}", "{SECOND}"]
audiences = ["{API}"]
login = {{ client_id = "{CLIENT}" }}
allowed_networks = ["127.0.0.0/8"]
{algorithms}

[[role]]
arn = "{role}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],"Condition":{{"StringEquals":{{"{name}:aud":["{CLIENT}","{SECOND}"]}}}}}}]}}' }}
"#
    )
}
