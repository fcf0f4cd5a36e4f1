//! `[[provider]]` of kind `facebook` and `amazon`: what loads, what is refused, and what `explain` makes of it.

use crate::config_world::{BASE, World};
use crate::oidc_issuer::{self, RSA};
use crate::running::{ended, gatehouse};
use crate::social_network::{Network, SECRET};
use gatehouse::config::{Peers, Secrets};
use serde_json::{Value, json};

const FACEBOOK: &str = r#"
[[provider]]
name = "fb"
account = "111122223333"
kind = "facebook"
app_id = "1234567890"
app_secret = { file = "ops-secret" }
"#;
const AMAZON: &str = r#"
[[provider]]
name = "shop"
account = "111122223333"
kind = "amazon"
client_ids = ["amzn1.application-oa2-client.0123"]
"#;

fn role(principal: &str, conditions: &str) -> String {
    format!(
        r#"
[[role]]
arn = "arn:aws:iam::111122223333:role/Fan"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Sid":"Fans","Effect":"Allow","Principal":{{"Federated":"{principal}"}},"Action":"sts:AssumeRoleWithWebIdentity"{conditions}}}]}}' }}
"#
    )
}

const OUR_APP: &str = r#","Condition":{"StringEquals":{"graph.facebook.com:app_id":"1234567890"}}"#;
const OUR_SHOP: &str = r#","Condition":{"StringEquals":{"www.amazon.com:app_id":"amzn1.application.0123"}}"#;

#[test]
fn both_load_with_little_said() {
    let world = World::new();
    let text = [BASE, FACEBOOK, AMAZON, &role("graph.facebook.com", OUR_APP)].concat();
    assert_eq!(world.mistakes(&text), Vec::<String>::new());
    let more = format!(
        "{FACEBOOK}endpoint = \"https://graph.facebook.com/v23.0\"\nclock_skew = \"90s\"\njwks = {{ file = \"keys.json\" }}\n"
    );
    assert_eq!(world.mistakes(&[BASE, &more].concat()), Vec::<String>::new());
    let shut = FACEBOOK.replace("file = \"ops-secret\"", "env = \"NOBODY_SET_THIS\"");
    assert!(world.load(&[BASE, &shut].concat(), Secrets::LeaveShut, Peers::Real).is_ok());
    let told = world.mistakes(&[BASE, &shut].concat());
    assert_eq!(
        told,
        ["gatehouse.toml: provider \"fb\".app_secret: the environment variable NOBODY_SET_THIS is not set"]
    );
}

#[test]
fn what_is_not_right_is_named() {
    let world = World::new();
    world.0.write("spaced", "a secret");
    let facebook = |line: &str| format!("{FACEBOOK}{line}\n");
    let amazon = |line: &str| format!("{AMAZON}{line}\n");
    let loopback = "allowed_networks = [\"127.0.0.1\"]";
    let rows = [
        (FACEBOOK.replace("app_id = \"1234567890\"\n", ""), "fb", "app_id", "is missing"),
        (FACEBOOK.replace("\"1234567890\"", "\"my-app\""), "fb", "app_id", "is the number that"),
        (FACEBOOK.replace("app_secret = { file = \"ops-secret\" }\n", ""), "fb", "app_secret", "is missing"),
        (FACEBOOK.replace("{ file = \"ops-secret\" }", "\"c0ffee\""), "fb", "app_secret", "never written in the file"),
        (FACEBOOK.replace("ops-secret", "spaced"), "fb", "app_secret", "characters that no app"),
        (facebook("endpoint = \"http://graph.example\""), "fb", "endpoint", "must be an https address"),
        (facebook("endpoint = \"http://127.0.0.1:1\""), "fb", "endpoint", "with loopback in allowed_networks"),
        (facebook("endpoint = \"https://a@graph.example\""), "fb", "endpoint", "must be an https address"),
        (facebook("endpoint = \"https://graph.example?x=1\""), "fb", "endpoint", "must be an https address"),
        (facebook("client_ids = [\"x\"]"), "fb", "client_ids", "is not a key of this table"),
        (facebook("login = { client_id = \"x\" }"), "fb", "login", "is not a key of this table"),
        (facebook("jwks = { file = \"no-keys.json\" }"), "fb", "jwks.file", "has no usable key"),
        (AMAZON.replace("[\"amzn1.application-oa2-client.0123\"]", "[]"), "shop", "client_ids", "is empty"),
        (amazon("app_id = \"1\""), "shop", "app_id", "is not a key of this table"),
        (amazon("clock_skew = \"30s\""), "shop", "clock_skew", "Amazon itself says"),
    ];
    for (text, name, key, piece) in rows {
        let told = world.mistakes(&[BASE, &text].concat());
        let place = format!("gatehouse.toml: provider \"{name}\".{key}: ");
        let [only] = told.as_slice() else { panic!("{key} {piece}: {told:#?}") };
        assert!(only.starts_with(&place) && only.contains(piece), "{only}");
    }
    // Whoever trusts a provider that is wrong in itself makes no mistake.
    let wrong = FACEBOOK.replace("\"1234567890\"", "\"my-app\"");
    let told = world.mistakes(&[BASE, &wrong, &role("graph.facebook.com", OUR_APP)].concat());
    assert!(matches!(told.as_slice(), [only] if only.contains("provider \"fb\".app_id: ")), "{told:#?}");
    let on_loopback = [BASE, &facebook(&format!("endpoint = \"http://127.0.0.1:1\"\n{loopback}"))].concat();
    assert_eq!(world.mistakes(&on_loopback), Vec::<String>::new());
}

#[test]
fn what_does_not_fit_together_is_named() {
    let world = World::new();
    let wide = "lets in everybody whom";
    let rule = "[[provider.rule]]\nwhen = 'claims.id == \"10001\"'\nroles = [\"arn:aws:iam::111122223333:role/Fan\"]\n";
    let limited = "[[provider]]\nname = \"limited\"\naccount = \"111122223333\"\nkind = \"oidc\"\nissuer = \"https://limited.facebook.com\"\nclient_ids = [\"1\"]\n";
    let rows = [
        ([FACEBOOK, &role("graph.facebook.com", "")].concat(), Some(wide)),
        ([AMAZON, &role("www.amazon.com", "")].concat(), Some(wide)),
        ([FACEBOOK, AMAZON, &role("www.amazon.com", OUR_APP)].concat(), Some(wide)),
        ([AMAZON, &role("www.amazon.com", OUR_SHOP)].concat(), None),
        ([FACEBOOK, rule, &role("graph.facebook.com", "")].concat(), None),
        (role("graph.facebook.com", OUR_APP), Some("which is no provider of account")),
        (
            [FACEBOOK, &FACEBOOK.replace("\"fb\"", "\"fb2\"")].concat(),
            Some("oidc-provider/graph.facebook.com occurs twice"),
        ),
        (
            [FACEBOOK, limited].concat(),
            Some("ID tokens of https://limited.facebook.com are those of provider \"fb\" already"),
        ),
    ];
    for (text, piece) in rows {
        let told = world.mistakes(&[BASE, &text].concat());
        match piece {
            None => assert_eq!(told, Vec::<String>::new()),
            Some(piece) => assert!(matches!(told.as_slice(), [only] if only.contains(piece)), "{piece}: {told:#?}"),
        }
    }
}

/// The network is asked about an access token, as it is live.
#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_an_access_token_comes_to() {
    let network = Network::open().await;
    let world = World::new();
    world.0.write("app-secret", SECRET);
    let reach = format!("endpoint = \"{}\"\nallowed_networks = [\"127.0.0.1\"]\n", network.url);
    let facebook = FACEBOOK.replace("ops-secret", "app-secret") + &reach;
    world.write(&[BASE, &facebook, &role("graph.facebook.com", OUR_APP)].concat());
    network.issue("EAAgoodTokenOfAlice", json!({}));
    network.issue("EAAtokenOfAnotherApp", json!({"app_id": "99"}));
    for (token, status, code) in [
        ("EAAgoodTokenOfAlice", 0, None),
        ("EAAtokenOfAnotherApp", 2, Some("social.app")),
        ("a.b.c", 2, Some("social.form")),
    ] {
        world.0.write("token", token);
        let options = ["--access-token", "token", "--provider", "fb", "--at", "2031-01-01T00:00:00Z"];
        let (ended, said) = tokio::task::block_in_place(|| explain(&world, &options));
        assert_eq!(ended, Some(status), "{said}");
        let codes: Vec<&str> =
            said["steps"].as_array().expect("steps").iter().filter_map(|step| step["code"].as_str()).collect();
        assert_eq!(codes.first().copied().filter(|_| status == 2), code, "{said}");
    }
}

fn explain(world: &World, options: &[&str]) -> (Option<i32>, Value) {
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml", "--json"]).args(options);
    let (code, out, err) = ended(&mut command);
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

#[test]
fn explain_says_who_an_app_s_people_become() {
    let world = World::new();
    world.0.write("facebook.json", json!({ "keys": [RSA.jwk] }).to_string());
    let facebook = format!("{FACEBOOK}jwks = {{ file = \"facebook.json\" }}\n");
    world.write(&[BASE, &facebook, &role("graph.facebook.com", OUR_APP)].concat());
    let now = oidc_issuer::NOW.unix_timestamp();
    let claims = json!({"iss": "https://limited.facebook.com", "aud": "1234567890", "sub": "10001", "iat": now, "exp": now + 600});
    world.0.write("token", RSA.sign(&claims));
    world.0.write("claims.json", json!({"id": "10001", "app_id": "1234567890"}).to_string());
    world.0.write("other.json", json!({"id": "10001", "app_id": "99"}).to_string());
    let by_token = explain(&world, &["--id-token", "token", "--at", "2031-01-01T00:00:00Z"]);
    let by_claims = explain(&world, &["--claims", "claims.json", "--provider", "fb"]);
    for (code, said) in [by_token, by_claims] {
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(said["identities"][0]["subject"], "10001");
        let fan = said["roles"].as_array().expect("roles").iter().find(|role| role["decision"] == "allow");
        assert_eq!(fan.expect("one that allows")["statement"], "Fans");
    }
    assert_eq!(explain(&world, &["--claims", "other.json", "--provider", "fb"]).0, Some(2));
}
