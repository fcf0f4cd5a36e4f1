//! The AWS clients as they are, turned to the gateway by an endpoint and a certificate authority alone: each takes a token
//! from a file, gets credentials for it by AssumeRoleWithWebIdentity, and asks with them who it is.

use crate::house::{Address, House};
use crate::peers_start::{OpenIdProvider, Output, aws, node, python_output, rust_client};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111111111111:role/Worker";

fn config(issuer: &str) -> String {
    let name = issuer.trim_start_matches("http://");
    format!(
        r#"
[[account]]
id = "111111111111"

[[provider]]
name = "op"
account = "111111111111"
kind = "oidc"
issuer = "{issuer}"
client_ids = ["gateway"]
allowed_networks = ["127.0.0.1"]

[[role]]
arn = "{ROLE}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111111111111:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:sub":"alice"}}}}}}]}}' }}
"#
    )
}

/// What each client prints, with the token in a file.
async fn all_clients(house: &House, token: &str) -> [(&'static str, Output); 4] {
    let file = house.directory.write("token", token);
    let authority = house.directory.path().join("certs/demo-ca.pem");
    let [file, authority] = [&file, &authority].map(|path| path.to_str().expect("a path"));
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ROLE_SESSION_NAME", "worker"),
        ("AWS_ENDPOINT_URL_STS", &house.public_url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_CA_BUNDLE", authority),
        ("NODE_EXTRA_CA_CERTS", authority),
        ("SSL_CERT_FILE", authority),
    ];
    let (cli, boto3, javascript, rust) = tokio::join!(
        aws(&["sts", "get-caller-identity", "--output", "json"], &environment),
        python_output("clients/web_identity.py", &environment),
        node("clients/web_identity.mjs", &environment),
        rust_client(&environment),
    );
    [("aws", cli), ("boto3", boto3), ("JavaScript", javascript), ("Rust", rust)]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_signs_in_by_a_token_file_and_is_known() {
    let idp = OpenIdProvider::start(&[]).await;
    let house = House::open_at(Address::tls("localhost"), &[], config(&idp.issuer)).await;

    let token = idp.id_token("gateway", "alice").await;
    for (client, output) in all_clients(&house, &token).await {
        assert!(output.good, "{client}: {} {}", output.text, output.errors);
        let printed: Value = serde_json::from_str(&output.text).expect("JSON");
        let answers = printed.as_array().cloned().unwrap_or_else(|| vec![printed]);
        for identity in &answers {
            assert_eq!(identity["Arn"], json!("arn:aws:sts::111111111111:assumed-role/Worker/worker"), "{client}");
            assert_eq!(identity["Account"], "111111111111", "{client}");
            assert!(identity["UserId"].as_str().is_some_and(|id| id.ends_with(":worker")), "{client}: {identity}");
        }
        assert_eq!(answers.len(), if client == "JavaScript" { 2 } else { 1 }, "{client}");
    }
    assert_eq!(house.rows("SELECT access_key_id FROM role_session").await.len(), 5, "each got its own session");

    // The same with another client's token, and with another person's: each client reads the refusal.
    for (client_id, person, code) in
        [("gateway-es256", "alice", "InvalidIdentityToken"), ("gateway", "bob", "AccessDenied")]
    {
        let token = idp.id_token(client_id, person).await;
        for (client, output) in all_clients(&house, &token).await {
            assert!(
                !output.good && output.errors.contains(code),
                "{client}, {code}: {} {}",
                output.text,
                output.errors
            );
        }
    }
    assert_eq!(house.rows("SELECT access_key_id FROM role_session").await.len(), 5, "and gets nothing");
    house.close().await;
}
