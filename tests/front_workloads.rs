//! A Kubernetes cluster's service accounts, through the front door: its API server has a private authority, and its keys
//! are found by discovery or at their own address.

use crate::front::sessions;
use crate::house::{Address, Answer, House};
use crate::oidc_issuer::{Issuer, NOW, RSA, Signer};
use axum::Router;
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use serde_json::{Value, json};
use std::sync::Arc;

const BACKUP: &str = "arn:aws:iam::111122223333:role/Backup";
/// What most clusters call themselves; nobody outside of them can look it up.
const INSIDE: &str = "https://kubernetes.default.svc.cluster.local";

fn world(issuer: &str, keys: &str) -> String {
    let name = issuer.split_once("//").unwrap().1;
    format!(
        r#"
[[account]]
id = "111122223333"

[[provider]]
name = "kube"
account = "111122223333"
kind = "oidc"
issuer = "{issuer}"
client_ids = ["sts.amazonaws.com"]
allowed_networks = ["127.0.0.0/8"]
{keys}

[[role]]
arn = "{BACKUP}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:sub":"system:serviceaccount:storage:backup","{name}:aud":"sts.amazonaws.com"}}}}}}]}}' }}
"#
    )
}

/// As the API server writes it into a projected volume.
fn token(issuer: &str, account: &str, by: &Signer) -> String {
    let now = NOW.unix_timestamp();
    let (namespace, name) = account.split_once(':').unwrap();
    let claims = json!({
        "aud": ["sts.amazonaws.com"], "iss": issuer, "sub": format!("system:serviceaccount:{account}"),
        "iat": now - 10, "nbf": now - 10, "exp": now + 3600, "jti": "0f3b8a52",
        "kubernetes.io": {
            "namespace": namespace, "node": { "name": "node-1", "uid": "1" }, "pod": { "name": "backup-0", "uid": "2" },
            "serviceaccount": { "name": name, "uid": "3" }, "warnafter": now + 3000,
        },
    });
    by.sign_text(&json!({ "alg": "RS256", "kid": by.id() }).to_string(), &claims.to_string())
}

async fn assume(house: &House, token: &str) -> Answer {
    let asked = [("RoleArn", BACKUP), ("RoleSessionName", "backup-0"), ("WebIdentityToken", token)];
    house.sts("AssumeRoleWithWebIdentity", &asked).await
}

/// An API server with a certificate of its own authority: (URL, the authority's PEM).
async fn api_server() -> (String, String) {
    let signer = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(vec![]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&signer).unwrap().pem();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &rcgen::Issuer::from_params(&authority, &signer)).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key.into()).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let discovery = json!({
        "issuer": url, "jwks_uri": format!("{url}/openid/v1/jwks"), "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
    });
    let keys = json!({ "keys": [RSA.jwk] });
    let answer = |document: Value| get(move || std::future::ready(axum::Json(document)));
    let router = Router::new()
        .route("/.well-known/openid-configuration", answer(discovery))
        .route("/openid/v1/jwks", answer(keys));
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(tls))).unwrap();
    tokio::spawn(server.serve(router.into_make_service()));
    (url, pem)
}

#[tokio::test]
async fn an_api_server_with_a_private_authority_vouches_for_its_service_accounts() {
    let (url, pem) = api_server().await;
    let files = [("kube-ca.pem", pem)];
    let house = House::open(NOW, &files, |_: &Address| world(&url, "ca = { file = \"kube-ca.pem\" }")).await;
    let answer = assume(&house, &token(&url, "storage:backup", &RSA)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.element("SubjectFromWebIdentityToken"), "system:serviceaccount:storage:backup");
    assert_eq!(answer.element("Audience"), "sts.amazonaws.com");
    for account in ["storage:default", "other:backup", "storage:backup2"] {
        let denied = assume(&house, &token(&url, account, &RSA)).await;
        assert_eq!(house.code(&denied).await, "trust.no-statement-allows", "{account}");
    }
    // Without the authority nobody there is believed.
    let house = House::open(NOW, &[], |_: &Address| world(&url, "")).await;
    let answer = assume(&house, &token(&url, "storage:backup", &RSA)).await;
    assert_eq!(answer.refusal(), (400, "IDPCommunicationError"));
    assert_eq!(house.code(&answer).await, "outbound.unreachable");
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn keys_are_fetched_where_the_configuration_says_when_the_issuer_is_out_of_reach() {
    let server = Issuer::start(&[&RSA]).await;
    let keys = format!("jwks = {{ url = \"{}/keys\" }}", server.url);
    let house = House::open(NOW, &[], |_: &Address| world(INSIDE, &keys)).await;
    assert_eq!(assume(&house, &token(INSIDE, "storage:backup", &RSA)).await.status, 200);
    assert_eq!(assume(&house, &token(INSIDE, "storage:backup", &RSA)).await.status, 200);
    assert_eq!((server.discovery_fetches(), server.key_fetches()), (0, 1));
    // The cluster rotates its keys.
    let next = Signer::rsa("next");
    server.publish(&[&next]);
    assert_eq!(assume(&house, &token(INSIDE, "storage:backup", &next)).await.status, 200);
    let old = assume(&house, &token(INSIDE, "storage:backup", &RSA)).await;
    assert_eq!(house.code(&old).await, "oidc.unknown-key");
    // The server is none that this issuer speaks for; its own name changes nothing.
    let other = assume(&house, &token(&server.url, "storage:backup", &next)).await;
    assert_eq!(house.code(&other).await, "oidc.unknown-issuer");
}
