//! The gateway that the corpus is sent to: the world of the front-door tests, and identity providers with other keys.

use crate::front::{WORLD, files};
use crate::house::{Address, Browser, House, idp_metadata};
use crate::saml_identity::{EC, EC384, NOW, RSA};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Read;

/// An identity provider that signs with P-256 only.
pub(super) const CURVED: &str = "https://curved.example/metadata";

/// Those beside `corp`.
const OTHERS: [&str; 3] = ["curved", "rsa-last", "rsa-first"];

pub(super) async fn open() -> House {
    let mut all = files();
    let mut more = String::new();
    for name in OTHERS {
        let keys: &[&[u8]] = match name {
            "curved" => &[&EC.certificate],
            "rsa-last" => &[&EC.certificate, &EC384.certificate, &RSA.certificate],
            _ => &[&RSA.certificate, &EC384.certificate, &EC.certificate],
        };
        let file: &'static str = match name {
            "curved" => "curved.xml",
            "rsa-last" => "rsa-last.xml",
            _ => "rsa-first.xml",
        };
        all.push((file, idp_metadata(&entity(name), "https://idp.example/sso", keys)));
        more.push_str(&registration(name));
    }
    House::open(NOW, &all, |_: &Address| format!("{WORLD}{more}")).await
}

fn registration(name: &str) -> String {
    format!(
        r#"
[[provider]]
name = "{name}"
account = "111122223333"
kind = "saml"
metadata = {{ file = "{name}.xml" }}

[[role]]
arn = "{}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{}"}},"Action":"sts:AssumeRoleWithSAML"}}]}}' }}
"#,
        role(name),
        provider(name)
    )
}

pub(super) fn entity(name: &str) -> String {
    match name {
        "corp" => crate::saml_identity::IDP.to_owned(),
        _ => format!("https://{name}.example/metadata"),
    }
}

pub(super) fn provider(name: &str) -> String {
    format!("arn:aws:iam::111122223333:saml-provider/{name}")
}

/// The role that an identity provider gives.
pub(super) fn role(name: &str) -> String {
    match name {
        "corp" => crate::front::ADMIN.to_owned(),
        _ => format!("arn:aws:iam::111122223333:role/Of-{name}"),
    }
}

/// A sign-in that this browser begins: the RelayState, and the id that the answer must speak of.
pub(super) async fn begin(house: &House, browser: &mut Browser, name: &str) -> (String, String) {
    let answer = browser.get(house, &format!("/saml/login/111122223333:{name}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let url = url::Url::parse(answer.location.as_deref().unwrap()).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let deflated = STANDARD.decode(value("SAMLRequest")).unwrap();
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&*deflated).read_to_string(&mut xml).unwrap();
    let from = xml.find(" ID=\"").unwrap() + 5;
    (value("RelayState"), xml[from..from + xml[from..].find('"').unwrap()].to_owned())
}
