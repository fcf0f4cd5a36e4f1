//! The pages about identity providers: how they are, and what they are to be told of us.

use crate::front::{ADMIN, assume_with_saml, field, good, unsigned};
use crate::front_console::GUEST;
use crate::front_console::{answer_to, begin};
use crate::house::{Address, Answer, Browser, House, hidden, idp_metadata};
use crate::keeper_world::{SIGN_ON, files, keeper, open, world};
use crate::oidc_issuer::{self, Issuer};
use crate::saml_identity::{EC, NOW, STRANGER, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use gatehouse::catalogue::Expression;
use time::Duration;

async fn notes(house: &House) -> Vec<Vec<String>> {
    house.rows("SELECT provider, good, at, code, trace FROM provider_note ORDER BY provider, good").await
}

#[tokio::test]
async fn state_and_values_of_each() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let list = alice.get(&house, "/console/providers").await;
    assert_eq!(list.status, 200, "{}", list.body);
    for said in
        ["/console/providers/corp", "/console/providers/hall", "/console/providers/tokens", "disabled", "OpenID"]
    {
        assert!(list.body.contains(said), "{said} is not in {}", list.body);
    }
    assert!(!list.body.contains("guests"), "only those of one's own account: {}", list.body);
    let page = alice.get(&house, "/console/providers/corp").await;
    let acs = house.url("/saml/acs");
    for said in [
        "enabled",
        "https://idp.example/metadata",
        "a file",
        "ends 4096",
        "Test login",
        "Single sign-on URL",
        "Audience URI (SP Entity ID)",
        "Reply URL (Assertion Consumer Service URL)",
        "Relying party trust identifier",
        "ACS URL",
        "Client ID",
        "$metadata[",
        "saml-user-attribute-mapper",
        "-----BEGIN CERTIFICATE-----",
        "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
        &acs,
        &house.url("/saml/metadata"),
        &house.url("/saml/slo"),
    ] {
        assert!(page.body.contains(said), "{said} is not in {}", page.body);
    }
    let hall = alice.get(&house, "/console/providers/hall").await.body;
    for said in ["disabled", "it works although", ">department<", ">groups<", ">mail<"] {
        assert!(hall.contains(said), "{said} is not in {hall}");
    }
    let tokens = alice.get(&house, "/console/providers/tokens").await.body;
    assert!(tokens.contains("ec-1") && tokens.contains("ES256") && tokens.contains("the configuration"), "{tokens}");
    assert!(!tokens.contains("<button>Test login"), "nobody signs in there with a browser: {tokens}");
    for (name, status) in [("guests", 404), ("nobody", 404), ("..%2fcorp", 404)] {
        assert_eq!(alice.get(&house, &format!("/console/providers/{name}")).await.status, status, "{name}");
    }
}

#[tokio::test]
async fn openid_providers_have_values_of_their_own() {
    let issuer = Issuer::start(&[&oidc_issuer::RSA]).await;
    let more = format!(
        r#"
[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{}"
client_ids = ["our-client"]
login = {{ client_id = "our-client", scopes = ["email", "groups"] }}
allowed_networks = ["127.0.0.0/8"]
"#,
        issuer.url
    );
    let house = crate::keeper_world::open_with(&more).await;
    let mut alice = keeper(&house, "1").await;
    let page = alice.get(&house, "/console/providers/app").await.body;
    for said in [
        "Sign-in redirect URIs",
        "Authorized redirect URIs",
        "Valid post logout redirect URIs",
        "openid email groups",
        "not known yet",
        &house.url("/oidc/callback/app"),
        &house.url("/oidc/logout/app"),
        &house.url("/oidc/backchannel-logout/app"),
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert_eq!(issuer.discovery_fetches(), 0, "looking at it fetches nothing");
}

#[tokio::test]
async fn the_last_word_of_each_is_on_record() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let page = alice.get(&house, "/console/providers/hall").await.body;
    assert_eq!(page.matches("none on record").count(), 2, "{page}");
    assume_with_saml(&house, ADMIN, &good(&house, "2")).await.credentials();
    let forged = STANDARD.encode(sign(&unsigned(&house, "3"), "_assertion-3", &STRANGER));
    let refused = assume_with_saml(&house, ADMIN, &forged).await;
    house.trace(&refused.request_id).await;
    let first = notes(&house).await;
    let arn = "arn:aws:iam::111122223333:saml-provider/corp";
    let of_corp: Vec<&Vec<String>> = first.iter().filter(|row| row[0] == arn).collect();
    assert_eq!(of_corp.len(), 2, "one success, one failure: {first:?}");
    assert_eq!((of_corp[0][1].as_str(), of_corp[0][3].as_str()), ("0", "saml.signature"));
    assert_eq!(of_corp[0][4], refused.request_id);
    let page = alice.get(&house, "/console/providers/corp").await.body;
    for said in
        ["<code>saml.signature</code>", &format!("/console/traces/{}", refused.request_id), "less than a minute ago"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }

    // In the same minute nothing is written again; in the next it is.
    let again = assume_with_saml(&house, ADMIN, &forged).await;
    house.trace(&again.request_id).await;
    assert_eq!(notes(&house).await, first);
    house.clock.advance(Duration::minutes(1));
    let later = assume_with_saml(&house, ADMIN, &forged).await;
    house.trace(&later.request_id).await;
    assert!(notes(&house).await.iter().any(|row| row[4] == later.request_id), "{:?}", notes(&house).await);

    // A denial by a role is no failure of the provider.
    let before = notes(&house).await;
    house.clock.advance(Duration::minutes(1));
    let denied = assume_with_saml(&house, crate::front::CLOSED, &good(&house, "4")).await;
    assert_eq!(denied.status, 403);
    house.trace(&denied.request_id).await;
    let failures = |rows: &[Vec<String>]| rows.iter().filter(|row| row[1] == "0").cloned().collect::<Vec<_>>();
    assert_eq!(failures(&notes(&house).await), failures(&before));

    // What is known outlives the gateway.
    let kept = notes(&house).await;
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    assert_eq!(notes(&house).await, kept);
    let page = alice.get(&house, "/console/providers/corp").await.body;
    assert!(page.contains("<code>saml.signature</code>"), "{page}");
}

#[tokio::test]
async fn names_in_metadata_stay_text() {
    let evil = "https://evil.example/?a=1&amp;b=&lt;script&gt;alert(1)&lt;/script&gt;&apos;";
    let metadata = idp_metadata(evil, SIGN_ON, &[&EC.certificate]);
    let mut files = files();
    files.retain(|(name, _)| *name != "hall.xml");
    files.push(("hall.xml", metadata));
    let house = House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world()).await;
    let mut alice = keeper(&house, "1").await;
    for path in ["/console/providers", "/console/providers/hall"] {
        let page = alice.get(&house, path).await;
        assert!(page.status == 200 && page.body.contains("evil.example"), "{}", page.body);
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
    }
}

/// As Guest of the other account, who may nothing.
async fn guest(house: &House) -> Browser {
    let mut guest = Browser::default();
    let (relay_state, request) = begin(house, &mut guest, "").await;
    let response = answer_to(house, &request, "9", true);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    guest.post(house, "/saml/acs", &form).await;
    let csrf = hidden(&guest.get(house, "/console/roles").await.body, "csrf");
    let chosen = guest.post(house, "/console/choose", &[("role", GUEST), ("csrf", &csrf)]).await;
    assert_eq!(chosen.status, 303);
    guest
}

#[tokio::test]
async fn whoever_may_not_look_is_told_nothing() {
    let house = open().await;
    let mut guest = guest(&house).await;
    for path in ["/console/providers", "/console/providers/guests", "/console/providers/corp"] {
        let denied = guest.get(&house, path).await;
        assert_eq!(denied.status, 403, "{path}: {}", denied.body);
        assert!(!denied.body.contains("hall.example"), "{}", denied.body);
    }
    let csrf = hidden(&guest.get(&house, "/console").await.body, "csrf");
    let test = guest.post(&house, "/console/providers/guests/test", &[("csrf", &csrf)]).await;
    assert_eq!(test.status, 403, "{}", test.body);
    let record = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await.concat().concat();
    assert!(record.contains("\"ReadProvider\"") && record.contains("provider/guests"), "{record}");
    let stranger: Answer = Browser::default().get(&house, "/console/providers/corp").await;
    let back = "/console?destination=%2Fconsole%2Fproviders%2Fcorp";
    assert_eq!((stranger.status, stranger.location.as_deref()), (303, Some(back)));
}

/// A certificate that ends soon, and one that has ended.
#[tokio::test]
async fn certificates_are_watched() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.not_after = NOW + Duration::days(12);
    let soon = parameters.self_signed(&pair).unwrap().der().to_vec();
    let mut files = files();
    files.retain(|(name, _)| *name != "hall.xml");
    files.push(("hall.xml", idp_metadata("https://hall.example/metadata", SIGN_ON, &[&soon])));
    let house = House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world()).await;
    let mut alice = keeper(&house, "1").await;
    let page = alice.get(&house, "/console/providers/hall").await.body;
    assert!(page.contains("in 12 days") && page.contains("class=\"warn\""), "{page}");
}

/// Alice's claims, in the words of whoever drafts rules from them.
#[test]
fn drafts_are_rules_that_load() {
    for text in ["claims.groups.exists(g, g == \"a\\\"b'c\")", "claims[\"urn:x\"].exists(g, g == \"é\")"] {
        assert!(text.parse::<Expression>().is_ok(), "{text}");
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_bare_response_of_a_disabled_provider() {
    let house = open().await;
    let xml = changed(&unsigned(&house, "5"), "https://idp.example/metadata", "https://hall.example/metadata");
    let answer = assume_with_saml(&house, "arn:aws:iam::111122223333:role/Hall", &field(&xml, "5")).await;
    assert_ne!(answer.status, 200, "{}", answer.body);
}
