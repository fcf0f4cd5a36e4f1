//! npm's oidc-provider as identity provider: people in Chromium, workloads through boto3.

use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_start::{OpenIdProvider, python};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use time::Duration;

const DEVELOPER: &str = "arn:aws:iam::111111111111:role/Developer";
const OPERATOR: &str = "arn:aws:iam::222222222222:role/Operator";

/// One issuer with a client for each of two accounts: RS256 in the first, ES256 in the second.
fn config(issuer: &str) -> String {
    let name = issuer.trim_start_matches("http://");
    [("111111111111", "op", "gateway", DEVELOPER), ("222222222222", "op-es256", "gateway-es256", OPERATOR)]
        .map(|(account, provider, client, role)| {
            format!(
                r#"
[[account]]
id = "{account}"

[[provider]]
name = "{provider}"
account = "{account}"
kind = "oidc"
issuer = "{issuer}"
client_ids = ["{client}"]
login = {{ client_id = "{client}", client_secret = {{ file = "client-secret" }}, scopes = ["email", "profile"] }}
allowed_networks = ["127.0.0.1"]

[[provider.rule]]
when = '"groups" in claims && claims.groups.exists(g, g == "developers")'
roles = ["{role}"]

[[role]]
arn = "{role}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{account}:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:aud":"{client}"}}}}}}]}}' }}
"#
            )
        })
        .concat()
}

fn secret() -> [(&'static str, String); 1] {
    [("client-secret", "gateway-secret".to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_by_code_and_pkce() {
    let address = Address::tls("gate.test");
    let gate = address.public_url.clone();
    let callbacks = ["op", "op-es256"].map(|name| format!("{gate}/oidc/callback/{name}"));
    let idp = OpenIdProvider::start(&callbacks).await;
    let house = House::open_at(address, &secret(), config(&idp.issuer)).await;

    let mut scene = Scene::new();
    for (provider, person, role) in [("op", "alice", "Developer"), ("op-es256", "bob", "Operator")] {
        scene = scene
            .goto(&format!("{gate}/oidc/login/{provider}"))
            .cookies(&gate)
            .view(&format!("{provider} attempt"))
            .oidc_login(person)
            .wait_for(&format!("{gate}/console"))
            .heading(&format!("You wear {role}"))
            .view(&format!("{provider} page"))
            .cookies(&gate)
            .view(&format!("{provider} cookies"))
            .goto(&format!("{gate}/console/session"))
            .view(&format!("{provider} session"))
            .forget_all();
    }
    let seen = scene.violations().view("violations").play().await;

    for (provider, person, role, account) in
        [("op", "alice", "Developer", "111111111111"), ("op-es256", "bob", "Operator", "222222222222")]
    {
        let attempt = seen[&format!("{provider} attempt")].cookie("__Host-a-");
        assert_eq!(attempt, (true, true, "None", "/"), "{provider}: the attempt's cookie");
        let page = &seen[&format!("{provider} page")];
        let session_name = format!("{person}@example.org");
        assert_eq!(page.url, format!("{gate}/console"), "{provider}: one role, so straight in");
        assert!(page.text.contains(&format!("{role}/{session_name}")), "{provider}: the session's ARN: {}", page.text);
        let cookies = &seen[&format!("{provider} cookies")];
        assert_eq!(cookies.cookie("__Host-s1"), (true, true, "Lax", "/"), "{provider}: the session's cookie");
        assert_eq!(cookies.cookies.len(), 1, "{provider}: the attempt's cookie is gone: {:?}", cookies.cookies);
        let session = seen[&format!("{provider} session")].json();
        let via = format!("arn:aws:iam::{account}:oidc-provider/{}", idp.issuer.trim_start_matches("http://"));
        assert_eq!(session["signed_in"], true, "{provider}");
        assert_eq!(session["via"], json!(via), "{provider}");
        assert_eq!(session["original"], json!(format!("{via}:{person}")), "{provider}: who they are at the provider");
        assert_eq!(session["role"], json!(format!("arn:aws:iam::{account}:role/{role}")), "{provider}");
        assert_eq!(session["session_name"], json!(session_name), "{provider}");
    }
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}

/// boto3's own web-identity provider: it reads the token from a file and asks the gateway for credentials.
async fn workload(house: &House, role: &str, token: &str) -> serde_json::Value {
    let file = house.directory.write("token", token);
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().expect("a path")),
        ("AWS_ROLE_ARN", role),
        ("AWS_ROLE_SESSION_NAME", "workload"),
        ("AWS_ENDPOINT_URL_STS", &house.public_url),
    ];
    python("clients/web_identity.py", &[], &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_workloads_get_in_and_new_keys_need_no_restart() {
    let address = Address::loopback();
    let idp = OpenIdProvider::start(&[]).await;
    let house = House::open_at(address, &secret(), config(&idp.issuer)).await;
    let arn = |account: &str, role: &str| json!(format!("arn:aws:sts::{account}:assumed-role/{role}/workload"));

    let old = idp.id_token("gateway", "alice").await;
    let identity = workload(&house, DEVELOPER, &old).await;
    assert_eq!(identity["Arn"], arn("111111111111", "Developer"), "a token signed by RS256");
    assert_eq!(identity["Account"], "111111111111");
    let es256 = idp.id_token("gateway-es256", "bob").await;
    let identity = workload(&house, OPERATOR, &es256).await;
    assert_eq!(identity["Arn"], arn("222222222222", "Operator"), "a token signed by ES256");

    idp.rotate().await;
    let new = idp.id_token("gateway", "alice").await;
    let identity = workload(&house, DEVELOPER, &new).await;
    assert_eq!(identity["Arn"], arn("111111111111", "Developer"), "a token signed by the new key");

    let asked = [("RoleArn", DEVELOPER), ("RoleSessionName", "workload"), ("WebIdentityToken", old.as_str())];
    let refused = house.sts("AssumeRoleWithWebIdentity", &asked).await;
    assert_eq!(refused.refusal(), (400, "InvalidIdentityToken"), "the old key is withdrawn, and so is its token");
    assert_eq!(house.code(&refused).await, "oidc.unknown-key", "for no other reason");
    house.close().await;
}

/// Everything that it can sign with; a provider's setting lets in what is not everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn its_algorithms() {
    const EVERYBODYS: [&str; 6] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
    const BY_SETTING: [&str; 2] = ["PS256", "EdDSA"];
    const NEVER: [&str; 3] = ["PS384", "PS512", "Ed25519"];
    let all = [&EVERYBODYS[..], &BY_SETTING, &NEVER].concat();
    let client = |algorithm: &str| format!("gateway-{}", algorithm.to_lowercase());
    let idp = OpenIdProvider::start(&[]).await;
    let clients: Vec<String> = all.iter().map(|algorithm| client(algorithm)).collect();
    let mut tokens = Vec::new();
    for (algorithm, client) in all.iter().zip(&clients) {
        let token = idp.id_token(client, "alice").await;
        assert_eq!(header(&token)["alg"], *algorithm, "it signs as it was told");
        tokens.push((*algorithm, client, token));
    }
    for (setting, accepted) in [("", &EVERYBODYS[..]), (r#"algorithms = ["PS256", "EdDSA"]"#, &all[..8])] {
        let config =
            config(&idp.issuer).replace("client_ids = [\"gateway\"]", &format!("client_ids = {clients:?}\n{setting}"));
        let config = config
            .replace(":aud\":\"gateway\"", ":sub\":\"alice\"")
            .replace("client_id = \"gateway\"", "client_id = \"gateway-rs256\"");
        let house = House::open_at(Address::loopback(), &secret(), config).await;
        for (algorithm, client, token) in &tokens {
            let asked = [("RoleArn", DEVELOPER), ("RoleSessionName", "workload"), ("WebIdentityToken", token.as_str())];
            let answer = house.sts("AssumeRoleWithWebIdentity", &asked).await;
            if accepted.contains(algorithm) {
                assert_eq!(answer.status, 200, "{algorithm} with {setting}: {}", answer.body);
                assert_eq!(answer.element("Audience"), *client);
            } else {
                assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{algorithm} with {setting}");
                assert_eq!(house.code(&answer).await, "oidc.algorithm", "{algorithm} with {setting}");
            }
        }
        house.close().await;
    }
}

/// What a token says of its signature.
fn header(token: &str) -> serde_json::Value {
    let part = token.split('.').next().expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// A key that is still published is good beside the new one, and no longer when it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_good_while_they_are_published() {
    let idp = OpenIdProvider::start(&[]).await;
    let now = gatehouse::ambient::Clock::system().now();
    let house = House::open(now, &secret(), |_| config(&idp.issuer)).await;
    let exchange = async |token: &str| {
        let asked = [("RoleArn", DEVELOPER), ("RoleSessionName", "workload"), ("WebIdentityToken", token)];
        house.sts("AssumeRoleWithWebIdentity", &asked).await
    };
    let first = idp.id_token("gateway", "alice").await;
    assert_eq!(exchange(&first).await.status, 200);
    idp.rotate_and_keep().await;
    house.clock.advance(Duration::minutes(1));
    let second = idp.id_token("gateway", "alice").await;
    assert_ne!(header(&first)["kid"], header(&second)["kid"], "the new key signs");
    for (which, token) in [("new", &second), ("old", &first)] {
        let answer = exchange(token).await;
        assert_eq!(answer.status, 200, "{which} key: {}", answer.body);
    }
    idp.rotate().await;
    house.clock.advance(Duration::minutes(1));
    let third = idp.id_token("gateway", "alice").await;
    assert_eq!(exchange(&third).await.status, 200, "the newest key");
    for token in [&first, &second] {
        let answer = exchange(token).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "withdrawn: {}", answer.body);
        assert_eq!(house.code(&answer).await, "oidc.unknown-key");
    }
    house.close().await;
}
