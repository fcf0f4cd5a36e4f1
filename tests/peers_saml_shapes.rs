//! Whatever SimpleSAMLphp can be told to send, at the sign-in page and at the API.

use crate::house::{Address, Browser, House};
use crate::peers_saml::campus;
use crate::peers_simplesamlphp::SimpleSaml;
use crate::peers_start::{client, saml_response};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const STUDENT: &str = "arn:aws:iam::111111111111:role/Student";
const CAMPUS: &str = "arn:aws:iam::111111111111:saml-provider/ssp";
const LOGIN: &str = "/saml/login/111111111111:ssp";

/// Both signed, with one algorithm.
fn signed_with(algorithm: &str) -> Value {
    json!({ "saml20.sign.assertion": true, "saml20.sign.response": true, "signature.algorithm": algorithm })
}

/// An encrypted assertion that is signed inside, in a response that is signed or is not. It encrypts by CBC, whatever our
/// metadata asks for.
fn encrypted(signed_around: bool) -> Value {
    json!({ "assertion.encryption": true, "saml20.sign.assertion": true, "saml20.sign.response": signed_around })
}

/// What SimpleSAMLphp is told, a text that shows in what it sent that it did so, and the code that refuses it.
fn shapes() -> Vec<(Value, &'static str, Option<&'static str>)> {
    const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384";
    const SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
    const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
    let unsigned = json!({ "saml20.sign.assertion": false, "saml20.sign.response": false });
    vec![
        (signed_with(SHA384), SHA384, None),
        (signed_with(SHA512), SHA512, None),
        (json!({ "NameIDFormat": PERSISTENT }), PERSISTENT, None),
        (json!({ "NameIDFormat": TRANSIENT, "simplesaml.nameidattribute": null }), TRANSIENT, None),
        (encrypted(true), CBC, None),
        (encrypted(false), CBC, Some("saml.cbc-unsigned")),
        (json!({ "nameid.encryption": true }), "<saml:EncryptedID", None),
        (unsigned, "<saml:Assertion", Some("saml.unsigned")),
        (signed_with(SHA1), SHA1, Some("saml.sha1")),
    ]
}

async fn at_the_page(house: &House, says: &str, refused: Option<&str>) {
    let mut browser = Browser::default();
    let start = browser.get(house, LOGIN).await.location.expect("to the provider");
    let posted = saml_response(&start, "student").await;
    let xml = String::from_utf8(STANDARD.decode(&posted.response).expect("base64")).expect("XML");
    assert!(xml.contains(says), "SimpleSAMLphp does as it was told, {says}: {xml}");
    let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
    let answer = browser.post(house, "/saml/acs", &form).await;
    let session = browser.get(house, "/console/session").await.body;
    if let Some(code) = refused {
        assert_eq!(answer.status, 403, "{says}: {}", answer.body);
        assert!(answer.body.contains(&format!("<code>{code}</code>")), "{says}: {code}: {}", answer.body);
        assert!(session.contains(r#""signed_in":false"#), "{says}: {session}");
    } else {
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{says}: {}", answer.body);
        assert!(session.contains(STUDENT), "{says}: {session}");
    }
}

async fn at_the_api(house: &House, idp: &SimpleSaml, says: &str, refused: Option<&str>) {
    let posted = saml_response(&idp.unasked(&house.public_url), "student").await;
    let parameters = [("RoleArn", STUDENT), ("PrincipalArn", CAMPUS), ("SAMLAssertion", posted.response.as_str())];
    let answer = house.sts("AssumeRoleWithSAML", &parameters).await;
    match refused {
        None => drop(answer.credentials()),
        Some(code) => {
            assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{says}: {}", answer.body);
            assert_eq!(house.code(&answer).await, code, "{says}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_well_is_taken_and_nothing_else() {
    let idp = SimpleSaml::start().await;
    let house = House::open_at(Address::loopback(), &[("ssp.xml", idp.metadata.clone())], campus(true)).await;
    for (settings, says, refused) in shapes() {
        idp.knows(&house, &settings).await;
        at_the_page(&house, says, refused).await;
        at_the_api(&house, &idp, says, refused).await;
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_verifies_what_we_ask() {
    let idp = SimpleSaml::start().await;
    let house = House::open_at(Address::loopback(), &[("ssp.xml", idp.metadata.clone())], campus(false)).await;
    idp.knows(&house, &json!({})).await;
    let asked = Browser::default().get(&house, LOGIN).await.location.expect("to the provider");
    let forged = changed(&asked, "&RelayState=", "&RelayState=x");
    for (start, refused) in [(asked, false), (forged, true)] {
        let page = client().get(&start).send().await.expect("an answer").text().await.expect("a page");
        assert_eq!(page.contains("Unable to validate signature on query string"), refused, "{start}: {page}");
    }
    house.close().await;
}
