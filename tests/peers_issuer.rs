//! The issuer and its token endpoint in the hands of clients that others wrote: oauth4webapi exchanges, boto3 asks for a
//! token, and jose verifies by what is published.

use crate::house::{Address, Credentials, House};
use crate::oidc_issuer::{CLIENT, Issuer, RSA, claims};
use crate::peers_start::{node, python};
use crate::use_case_world::{OURS, allow, arn, role, trusts};
use serde_json::{Value, json};

const AUDIENCE: &str = "https://api.example.com";

fn config(issuer: &Issuer) -> String {
    let (url, name) = (&issuer.url, issuer.url.split_once("//").expect("a scheme").1);
    let provider = format!(
        "\n[[account]]\nid = \"{OURS}\"\n\n[[provider]]\nname = \"app\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"{url}\"\nclient_ids = [\"{CLIENT}\"]\nallowed_networks = [\"127.0.0.1\"]\n"
    );
    let federated = json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/{name}") });
    let trust = json!([trusts(federated, "sts:AssumeRoleWithWebIdentity")]);
    provider + &role(OURS, "Dev", trust, json!([allow("sts:GetWebIdentityToken", "*")]))
}

/// What a program of `clients/` prints, with a token in a file.
async fn run(house: &House, program: &str, token: &str) -> Value {
    let file = house.directory.write("token", token);
    let authority = house.directory.path().join("certs/demo-ca.pem");
    let [file, authority] = [&file, &authority].map(|path| path.to_str().expect("a path"));
    let role = arn(OURS, "Dev");
    let environment = [
        ("ISSUER", house.public_url.as_str()),
        ("AUDIENCE", AUDIENCE),
        ("ROLE", &role),
        ("TOKEN_FILE", file),
        ("NODE_EXTRA_CA_CERTS", authority),
    ];
    let output = node(program, &environment).await;
    assert!(output.good, "{program}: {} {}", output.text, output.errors);
    serde_json::from_str(&output.text).expect("JSON")
}

/// boto3's answer.
async fn call(house: &House, by: &Credentials, operation: &str, parameters: &Value) -> Value {
    let authority = house.directory.path().join("certs/demo-ca.pem");
    let environment = [
        ("AWS_ENDPOINT_URL_STS", house.public_url.as_str()),
        ("AWS_CA_BUNDLE", authority.to_str().expect("a path")),
        ("AWS_ACCESS_KEY_ID", &by.id),
        ("AWS_SECRET_ACCESS_KEY", &by.secret),
        ("AWS_SESSION_TOKEN", by.token.as_deref().expect("a token")),
    ];
    python("clients/sts.py", &[operation, &parameters.to_string()], &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_exchange_ask_and_verify_unmodified() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = House::open_at(Address::tls("localhost"), &[], config(&issuer)).await;
    let now = house.clock.now().unix_timestamp();
    let mut claims = claims(&issuer.url);
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 600));
    let session = format!("arn:aws:sts::{OURS}:assumed-role/Dev/alice");

    let exchanged = run(&house, "clients/exchange.mjs", &RSA.sign(&claims)).await;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{exchanged}")).to_owned();
    let told = run(&house, "clients/verify.mjs", &text(&exchanged["token"]["access_token"])).await;
    assert_eq!((&told["payload"]["sub"], &told["protectedHeader"]["alg"]), (&json!(session), &json!("RS256")));

    let given = &exchanged["credentials"];
    let secrets = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| text(&given[name]));
    let [id, secret, token] = secrets;
    let credentials = Credentials { id, secret, token: Some(token) };
    assert_eq!(call(&house, &credentials, "get_caller_identity", &json!({})).await["Arn"], session);
    for algorithm in ["RS256", "ES384"] {
        let asked = json!({ "Audience": [AUDIENCE], "SigningAlgorithm": algorithm, "DurationSeconds": 60 });
        let signed = call(&house, &credentials, "get_web_identity_token", &asked).await;
        assert!(signed["Expiration"].is_string(), "{signed}");
        let told = run(&house, "clients/verify.mjs", signed["WebIdentityToken"].as_str().expect("a token")).await;
        assert_eq!(told["protectedHeader"]["alg"], algorithm);
        assert_eq!(told["payload"]["sub"], arn(OURS, "Dev"));
    }
    let tagged =
        json!({ "Audience": [AUDIENCE], "SigningAlgorithm": "ES384", "Tags": [{ "Key": "job", "Value": "7" }] });
    let refused = call(&house, &credentials, "get_web_identity_token", &tagged).await;
    assert_eq!(refused["refused"]["code"], "AccessDenied", "{refused}");
    house.close().await;
}
