//! The development identity provider through its router: real requests in, answers read by engines that are not its own.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::{Compression, write::DeflateEncoder};
use gatehouse::ambient::{Clock, Random};
use gatehouse::demo::{DemoRelyingParty, DevelopmentIdp};
use gatehouse::words::Secret;
use serde_json::Value;
use std::io::Write;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt;

const NOW: OffsetDateTime = datetime!(2031-01-01 00:00 UTC);
const ACS: &str = "https://localhost:8443/saml/acs";
const CALLBACK: &str = "https://localhost:8443/oidc/callback/demo";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // RFC 7636 appendix B

fn provider(clock: &Clock) -> DevelopmentIdp {
    let relying_party = DemoRelyingParty {
        sp_entity_id: "https://localhost:8443/saml/metadata".into(),
        acs_url: ACS.into(),
        oidc_client_id: "gatehouse".into(),
        oidc_client_secret: Secret::new("a secret & more"),
        oidc_redirect_uri: CALLBACK.into(),
    };
    DevelopmentIdp::new("http://localhost:8480", relying_party, clock.clone(), Random)
}

fn ours() -> DevelopmentIdp {
    provider(&Clock::held(NOW))
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(idp: &DevelopmentIdp, request: Request<Body>) -> (Response<()>, String) {
    let (parts, body) = idp.router().oneshot(request).await.expect("an answer").into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("the body");
    (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).expect("text"))
}

async fn get(idp: &DevelopmentIdp, path: &str) -> (Response<()>, String) {
    let request = Request::get(path).header(header::HOST, "localhost:8480");
    send(idp, request.body(Body::empty()).expect("a request")).await
}

async fn post(
    idp: &DevelopmentIdp,
    path: &str,
    fields: &[(&str, &str)],
    basic: Option<&str>,
) -> (Response<()>, String) {
    let mut request = Request::post(path)
        .header(header::HOST, "localhost:8480")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(basic)));
    }
    send(idp, request.body(Body::from(form(fields))).expect("a request")).await
}

/// The value of a hidden field, with the escapes of the template engine undone.
fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    let value = rest.split_once('"')?.0;
    Some(
        value
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#38;", "&"),
    )
}

// --- SAML ----------------------------------------------------------------------------------------------------------

fn authn_request() -> String {
    format!(
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_request\" Version=\"2.0\" \
         IssueInstant=\"2031-01-01T00:00:00Z\" Destination=\"http://localhost:8480/gatehouse-demo/saml/sso\" \
         AssertionConsumerServiceURL=\"{ACS}\"><saml:Issuer>https://localhost:8443/saml/metadata</saml:Issuer>\
         </samlp:AuthnRequest>"
    )
}

fn deflated(xml: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(xml.as_bytes()).expect("in memory");
    STANDARD.encode(encoder.finish().expect("in memory"))
}

fn sso(encoded: &str) -> String {
    format!("/gatehouse-demo/saml/sso?{}", form(&[("SAMLRequest", encoded), ("RelayState", "a\"<b>")]))
}

/// Verifies the assertion's signature with xmlsec1, by the certificate that the metadata publishes.
fn xmlsec_accepts(idp: &DevelopmentIdp, response: &str) -> bool {
    let directory = std::env::temp_dir().join(format!("gatehouse-demo-{}", Random.uuid()));
    std::fs::create_dir(&directory).expect("the temporary directory is writable");
    let metadata = idp.saml_metadata();
    let (_, rest) = metadata.split_once("<ds:X509Certificate>").expect("a certificate");
    let body = rest.split_once('<').expect("its end").0;
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    let (xml_path, pem_path) = (directory.join("response.xml"), directory.join("idp.pem"));
    std::fs::write(&xml_path, response).expect("written");
    std::fs::write(&pem_path, folded(&pem)).expect("written");
    let output = std::process::Command::new("xmlsec1")
        .args(["--verify", "--enabled-reference-uris", "same-doc"])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", "--pubkey-cert-pem"])
        .args([&pem_path, &xml_path])
        .output()
        .expect("xmlsec1 runs");
    std::fs::remove_dir_all(&directory).expect("removed");
    output.status.success()
}

/// PEM wants lines of 64.
fn folded(pem: &str) -> String {
    let mut lines = Vec::new();
    for line in pem.lines() {
        lines.extend(line.as_bytes().chunks(64).map(|part| String::from_utf8_lossy(part).into_owned()));
    }
    lines.join("\n")
}

#[tokio::test]
async fn a_request_leads_by_the_chooser_to_a_signed_assertion() {
    let idp = ours();
    let (shown, chooser) = get(&idp, &sso(&deflated(&authn_request()))).await;
    assert_eq!(shown.status(), StatusCode::OK);
    assert!(chooser.contains("Development only") && chooser.contains("Mallory Mason"), "{chooser}");
    assert!(!chooser.contains("<b>"), "the relay state is escaped");

    let carried = hidden(&chooser, "SAMLRequest").expect("the request comes back");
    let relay = hidden(&chooser, "RelayState").expect("the relay state comes back");
    let fields = [("SAMLRequest", carried.as_str()), ("RelayState", &relay), ("person", "alice")];
    let (_, page) = post(&idp, "/gatehouse-demo/saml/sso", &fields, None).await;
    assert!(page.contains(&format!("action=\"{ACS}\"")), "{page}");
    assert_eq!(hidden(&page, "RelayState").as_deref(), Some("a\"<b>"));
    let response = STANDARD.decode(hidden(&page, "SAMLResponse").expect("a response")).expect("base64");
    let response = String::from_utf8(response).expect("text");
    assert_eq!(response.matches("InResponseTo=\"_request\"").count(), 2);
    assert!(response.contains(">platform-admins<") && response.contains(">alice@example.com<"));
    assert!(xmlsec_accepts(&idp, &response));
    assert!(!xmlsec_accepts(&idp, &response.replace("platform-admins", "platform-admin")), "a changed group");
}

#[tokio::test]
async fn an_unsolicited_response_is_signed_and_answers_nobody() {
    let idp = ours();
    let (_, text) = get(&idp, "/gatehouse-demo/saml/response?person=mallory").await;
    let response = String::from_utf8(STANDARD.decode(text).expect("base64")).expect("text");
    assert!(!response.contains("InResponseTo") && !response.contains("\"groups\""), "{response}");
    assert!(xmlsec_accepts(&idp, &response));
    let (unknown, _) = get(&idp, "/gatehouse-demo/saml/response?person=eve").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn requests_that_are_not_the_gateways_are_refused_by_name() {
    let idp = ours();
    let bomb = format!("{}<!--{}-->", authn_request(), " ".repeat(10_000_000));
    let doctype = format!("<!DOCTYPE r [<!ENTITY e \"x\">]>{}", authn_request());
    for (what, encoded, sentence) in [
        ("another gateway", deflated(&authn_request().replace(":8443/saml/metadata", ":8444/saml/metadata")), "Issuer"),
        ("another place", deflated(&authn_request().replace("/saml/acs", "/saml/acs2")), "assertion consumer service"),
        ("another provider", deflated(&authn_request().replace(":8480", ":8481")), "another identity provider"),
        ("no id", deflated(&authn_request().replace("ID=\"_request\"", "")), "AuthnRequest"),
        ("an id that is none", deflated(&authn_request().replace("_request", "&quot;&gt;")), "AuthnRequest"),
        ("another message", deflated(&authn_request().replace("AuthnRequest", "LogoutRequest")), "AuthnRequest"),
        ("a document type", deflated(&doctype), "AuthnRequest"),
        ("a deflate bomb", deflated(&bomb), "32 KiB"),
        ("no base64", "%%".to_owned(), "base64"),
    ] {
        let (refused, page) = get(&idp, &sso(&encoded)).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{what}");
        assert!(page.contains(sentence), "{what}: {page}");
        let fields = [("SAMLRequest", encoded.as_str()), ("person", "alice")];
        let (refused, _) = post(&idp, "/gatehouse-demo/saml/sso", &fields, None).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{what}, with the choice made");
    }
}

#[tokio::test]
async fn another_host_name_reads_nothing() {
    let request = Request::get("/gatehouse-demo/token?person=alice").header(header::HOST, "rebound.example:8480");
    let (turned_away, body) = send(&ours(), request.body(Body::empty()).expect("a request")).await;
    assert_eq!(turned_away.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(!body.contains("ey"), "{body}");
}

// --- OpenID Connect ------------------------------------------------------------------------------------------------

const AUTHORIZATION: [(&str, &str); 8] = [
    ("client_id", "gatehouse"),
    ("redirect_uri", CALLBACK),
    ("response_type", "code"),
    ("scope", "openid email"),
    ("state", "the state"),
    ("nonce", "the nonce"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// The request with one field changed.
fn but<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    AUTHORIZATION.into_iter().map(|field| if field.0 == name { (name, value) } else { field }).collect()
}

/// The query that comes back to the callback.
async fn answered(idp: &DevelopmentIdp, fields: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    let (response, _) =
        post(idp, "/gatehouse-demo/oidc/authorize", &[fields, &[("person", "bob")]].concat(), None).await;
    let target = url::Url::parse(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()?;
    assert!(target.as_str().starts_with(CALLBACK));
    Some(target.query_pairs().into_owned().collect())
}

async fn code(idp: &DevelopmentIdp) -> String {
    let query = answered(idp, &AUTHORIZATION).await.expect("a redirect");
    assert!(query.contains(&("state".into(), "the state".into())) && query.contains(&("iss".into(), idp.issuer())));
    query.into_iter().find(|(name, _)| name == "code").expect("a code").1
}

async fn redeem(idp: &DevelopmentIdp, code: &str, verifier: &str, basic: Option<&str>) -> (StatusCode, Value) {
    let fields =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
    let (response, body) = post(idp, "/gatehouse-demo/oidc/token", &fields, basic).await;
    (response.status(), serde_json::from_str(&body).expect("JSON"))
}

const BASIC: &str = "gatehouse:a+secret+%26+more";

/// Verifies with another library, by the published key set.
async fn claims(idp: &DevelopmentIdp, token: &str) -> Value {
    let (_, set) = get(idp, "/gatehouse-demo/jwks.json").await;
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&set).expect("a key set");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = set.find(header.kid.as_deref().expect("a key id")).expect("its key");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a usable key");
    let mut rules = jsonwebtoken::Validation::new(header.alg);
    rules.set_audience(&["gatehouse"]);
    rules.validate_exp = false; // the clock is held in 2031
    jsonwebtoken::decode::<Value>(token, &key, &rules).expect("a valid signature").claims
}

#[tokio::test]
async fn a_code_becomes_an_id_token_once() {
    let idp = ours();
    let (shown, chooser) = get(&idp, &format!("/gatehouse-demo/oidc/authorize?{}", form(&AUTHORIZATION))).await;
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(hidden(&chooser, "nonce").as_deref(), Some("the nonce"));

    let code = code(&idp).await;
    let (status, tokens) = redeem(&idp, &code, VERIFIER, Some(BASIC)).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let claims = claims(&idp, tokens["id_token"].as_str().expect("an ID token")).await;
    assert_eq!(claims["iss"], idp.issuer());
    assert_eq!(claims["sub"], "bob");
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["groups"], serde_json::json!(["developers"]));

    let (status, again) = redeem(&idp, &code, VERIFIER, Some(BASIC)).await;
    assert_eq!((status, &again["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_minute_and_the_clients_secret() {
    let clock = Clock::held(NOW);
    let idp = provider(&clock);
    let other = URL_SAFE_NO_PAD.encode([7; 32]);
    assert_eq!(redeem(&idp, &code(&idp).await, &other, Some(BASIC)).await.1["error"], "invalid_grant");
    assert_eq!(redeem(&idp, &code(&idp).await, VERIFIER, None).await.1["error"], "invalid_client");
    let (status, body) = redeem(&idp, &code(&idp).await, VERIFIER, Some("gatehouse:a+guess")).await;
    assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
    let late = code(&idp).await;
    clock.advance(Duration::seconds(60));
    assert_eq!(redeem(&idp, &late, VERIFIER, Some(BASIC)).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn authorization_requests_are_held_to_the_profile() {
    let idp = ours();
    for (name, value) in [("client_id", "another"), ("redirect_uri", "https://localhost:8443/oidc/callback/demo/")] {
        assert_eq!(answered(&idp, &but(name, value)).await, None, "{name}: nothing may be sent there");
    }
    for (name, value, error) in [
        ("response_type", "id_token", "unsupported_response_type"),
        ("scope", "email", "invalid_scope"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
    ] {
        let query = answered(&idp, &but(name, value)).await.expect("a redirect");
        assert!(query.contains(&("error".into(), error.into())), "{name}: {query:?}");
    }
}

#[tokio::test]
async fn papers_as_text_come_with_either_algorithm() {
    let idp = ours();
    for (query, sub) in [("person=carol", "carol"), ("person=mallory&alg=ES256", "mallory")] {
        let (response, token) = get(&idp, &format!("/gatehouse-demo/token?{query}")).await;
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(claims(&idp, &token).await["sub"], sub);
    }
}

#[tokio::test]
async fn discovery_names_this_issuer_and_both_marks_are_there() {
    let idp = ours();
    let (_, discovery) = get(&idp, "/gatehouse-demo/.well-known/openid-configuration").await;
    let discovery: Value = serde_json::from_str(&discovery).expect("JSON");
    assert_eq!(discovery["issuer"], idp.issuer());
    assert_eq!(discovery["jwks_uri"], "http://localhost:8480/gatehouse-demo/jwks.json");
    assert!(
        idp.issuer().contains("gatehouse-demo")
            && idp.saml_metadata().contains("entityID=\"http://localhost:8480/gatehouse-demo/")
    );
}
