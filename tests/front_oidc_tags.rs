//! Tags, source identity and roles that a token claims for its session, through the front door.

use crate::front::sessions;
use crate::front_signed::call;
use crate::house::{Address, Answer, Credentials, House};
use crate::oidc_issuer::{CLIENT, Issuer, NOW, RSA, b64, claims};
use crate::tagged_world::record;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

const TAGS: &str = "https://aws.amazon.com/tags";
const TEAM: &str = "https://aws.amazon.com/tags/principal_tags/team";
const TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE: &str = "https://aws.amazon.com/source_identity";
const ROLES: &str = "https://aws.amazon.com/roles";

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// A role that lets the issuer and its own account do `actions` under `condition`.
fn role(issuer: &Issuer, name: &str, actions: &str, condition: &str) -> String {
    let provider = issuer.url.split_once("//").unwrap().1;
    let statement = |principal: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":[{actions}],"Condition":{{"StringEquals":{{{condition}"sts:RoleSessionName":"worker"}}}}}}"#
        )
    };
    let federated = statement(&format!(r#"{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{provider}"}}"#));
    let account = statement(r#"{"AWS":"111122223333"}"#);
    format!(
        r#"
[[role]]
arn = "{}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{federated},{account}]}}' }}
policies = [{{ name = "chain", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:iam::*:role/*"}}]}}' }}]
"#,
        arn(name)
    )
}

fn world(issuer: &Issuer, rule: &str) -> String {
    const ALL: &str = r#""sts:AssumeRoleWithWebIdentity","sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity""#;
    const FEW: &str = r#""sts:AssumeRoleWithWebIdentity","sts:AssumeRole""#;
    let roles = [
        role(issuer, "Open", ALL, ""),
        role(issuer, "Team", ALL, r#""aws:RequestTag/team":"ops","#),
        role(issuer, "Worn", ALL, r#""aws:PrincipalTag/team":"ops","#),
        role(issuer, "Source", ALL, r#""aws:SourceIdentity":"alice","#),
        role(issuer, "First", ALL, r#""sts:SourceIdentity":"alice","#),
        role(issuer, "Bound", ALL, r#""sts:RoleAuthorizedByIdp":"true","#),
        role(issuer, "Unbound", ALL, r#""sts:RoleAuthorizedByIdp":"false","#),
        role(issuer, "Untagged", &format!(r#"{FEW},"sts:SetSourceIdentity""#), ""),
        role(issuer, "Unsourced", &format!(r#"{FEW},"sts:TagSession""#), ""),
    ];
    format!(
        r#"
[[account]]
id = "111122223333"

[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{}"
client_ids = ["{CLIENT}"]
allowed_networks = ["127.0.0.0/8"]
{rule}
{}"#,
        issuer.url,
        roles.concat()
    )
}

async fn open(issuer: &Issuer) -> House {
    House::open(NOW, &[], |_: &Address| world(issuer, "")).await
}

/// AssumeRoleWithWebIdentity with a token that has these members besides.
async fn with_token(house: &House, issuer: &Issuer, name: &str, members: Value) -> Answer {
    let mut claims = claims(&issuer.url);
    claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let (role, token) = (arn(name), RSA.sign(&claims));
    let asked = [("RoleArn", &*role), ("RoleSessionName", "worker"), ("WebIdentityToken", &*token)];
    house.sts("AssumeRoleWithWebIdentity", &asked).await
}

async fn assume(house: &House, by: &Credentials, name: &str) -> Answer {
    let role = arn(name);
    let form =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", &*role), ("RoleSessionName", "worker")];
    call(house, by, &form).await
}

fn nested() -> Value {
    json!({
        TAGS: { "principal_tags": { "team": ["ops"], "Cost:Centre/1": ["Zürich 42"] }, "transitive_tag_keys": ["team"] },
        SOURCE: "alice",
    })
}

/// The same in the spelling of issuers that cannot nest.
fn flattened() -> Value {
    let other = "https://aws.amazon.com/tags/principal_tags/Cost:Centre/1";
    json!({ TEAM: "ops", other: "Zürich 42", TRANSITIVE: ["team"], SOURCE: "alice" })
}

#[tokio::test]
async fn a_token_gives_its_session_tags_and_a_source_identity() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    for members in [nested(), flattened()] {
        let answer = with_token(&house, &issuer, "Open", members).await;
        let credentials = answer.credentials();
        assert_eq!(answer.element("SourceIdentity"), "alice");
        assert_eq!(answer.element("PackedPolicySize"), "2");
        let parameters = &record(&house, &answer).await["requestParameters"];
        assert_eq!(parameters["principalTags"], json!({ "team": "ops", "Cost:Centre/1": "Zürich 42" }));
        assert_eq!(parameters["transitiveTagKeys"], json!(["team"]));
        assert_eq!(parameters["sourceIdentity"], "alice");
        let steps = house.trace(&answer.request_id).await;
        assert!(!serde_json::to_string(&steps).unwrap().contains("Zürich"), "values are claims");
        for role in ["Worn", "Source"] {
            let next = assume(&house, &credentials, role).await;
            assert_eq!(next.status, 200, "{role}: {}", next.body);
            let third = assume(&house, &next.credentials(), role).await;
            assert_eq!(third.status, 200, "{role}, once more: {}", third.body);
        }
    }
    for role in ["Team", "First"] {
        assert_eq!(with_token(&house, &issuer, role, nested()).await.status, 200, "{role}");
        let other = json!({ TEAM: "dev", SOURCE: "bob" });
        let denied = with_token(&house, &issuer, role, other).await;
        assert_eq!(house.code(&denied).await, "trust.no-statement-allows", "{role}");
    }
    // Without them nothing is said and nothing asked.
    let plain = with_token(&house, &issuer, "Untagged", json!({ TAGS: null, SOURCE: null })).await;
    assert_eq!(plain.status, 200, "{}", plain.body);
    assert!(!plain.body.contains("SourceIdentity") && !plain.body.contains("PackedPolicySize"), "{}", plain.body);
    for role in ["Worn", "Source"] {
        let denied = assume(&house, &plain.credentials(), role).await;
        assert_eq!(house.code(&denied).await, "trust.no-statement-allows", "{role}");
    }
}

/// Each row: what the token claims, and how it is refused.
#[tokio::test]
async fn what_is_no_tag_and_no_source_identity_is_refused() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let tags = |tags: Value| json!({ TAGS: { "principal_tags": tags } });
    let many: serde_json::Map<String, Value> = (0..51).map(|n| (format!("k{n}"), json!(["v"]))).collect();
    let rows = [
        ("tags are no object", json!({ TAGS: ["team"] }), "oidc.aws-claim"),
        ("a list of objects", json!({ TAGS: [{ "principal_tags": { "team": ["ops"] } }] }), "oidc.aws-claim"),
        ("another member", json!({ TAGS: { "principal_tag": { "team": ["ops"] } } }), "oidc.aws-claim"),
        ("tags are a list", tags(json!([["team", "ops"]])), "oidc.aws-claim"),
        (
            "keys are numbers",
            json!({ TAGS: { "principal_tags": { "7": ["a"] }, "transitive_tag_keys": [7] } }),
            "oidc.aws-claim",
        ),
        ("flattened keys are an object", json!({ TEAM: "ops", TRANSITIVE: { "team": true } }), "oidc.aws-claim"),
        ("no value", tags(json!({ "team": [] })), "oidc.tag-value"),
        ("two values", tags(json!({ "team": ["a", "b"] })), "oidc.tag-value"),
        ("a number", tags(json!({ "team": [7] })), "oidc.tag-value"),
        ("a null", tags(json!({ "team": null })), "oidc.tag-value"),
        ("a flattened pair", json!({ TEAM: ["a", "b"] }), "oidc.tag-value"),
        ("a long value", json!({ TEAM: "a".repeat(257) }), "oidc.tag-value"),
        ("a value with a bracket", json!({ TEAM: "a(b" }), "oidc.tag-value"),
        ("no key", json!({ "https://aws.amazon.com/tags/principal_tags/": "a" }), "oidc.tag-key"),
        ("a reserved key", tags(json!({ "aws:team": ["a"] })), "oidc.tag-key"),
        ("two capitals", tags(json!({ "team": ["a"], "Team": ["a"] })), "oidc.tag-repeated"),
        (
            "nested and flattened",
            json!({ TAGS: { "principal_tags": { "team": ["a"] } }, TEAM: "a" }),
            "oidc.tag-repeated",
        ),
        ("51 tags", tags(Value::Object(many)), "oidc.too-many-tags"),
        ("a transitive key without a tag", json!({ TEAM: "a", TRANSITIVE: ["project"] }), "oidc.transitive-tag-key"),
        ("a short source identity", json!({ SOURCE: "a" }), "oidc.source-identity"),
        ("a reserved source identity", json!({ SOURCE: "aws:alice" }), "oidc.source-identity"),
        ("a list of source identities", json!({ SOURCE: ["alice"] }), "oidc.source-identity"),
    ];
    for (what, members, code) in rows {
        let answer = with_token(&house, &issuer, "Open", members).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
    }
    assert_eq!(sessions(&house).await, 0);
    // What is tagged too richly is told how much too richly: hashes do not deflate.
    let hash = |text: String| b64(digest(&SHA256, text.as_bytes()).as_ref());
    let noise = |n: usize| (0..5).map(|part| hash(format!("{n}/{part}"))).collect::<String>();
    let rich = (0..20).map(|n| (format!("k{n}"), json!([noise(n)]))).collect();
    let answer = with_token(&house, &issuer, "Open", tags(Value::Object(rich))).await;
    assert_eq!(answer.refusal(), (400, "PackedPolicyTooLarge"), "{}", answer.body);
    // A single key may come as a text, and a claim of AWS's that nobody knows is told of.
    let answer =
        with_token(&house, &issuer, "Open", json!({ TEAM: ["ops"], TRANSITIVE: "team", format!("{TAGS}2"): 1 })).await;
    assert_eq!(assume(&house, &answer.credentials(), "Worn").await.status, 200);
    let steps = house.trace(&answer.request_id).await;
    let note = steps.iter().find(|step| step.check == "oidc.not-acted-on").and_then(|step| step.received.as_deref());
    assert_eq!(note, Some("https://aws.amazon.com/tags2"));
}

#[tokio::test]
async fn the_trust_policy_must_allow_tags_and_source_identity_as_well() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    for (role, members, code) in [
        ("Untagged", json!({ TEAM: "ops" }), "trust.tag-session-not-allowed"),
        ("Unsourced", json!({ SOURCE: "alice" }), "trust.set-source-identity-not-allowed"),
    ] {
        let answer = with_token(&house, &issuer, role, members).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{role}");
        assert_eq!(house.code(&answer).await, code, "{role}");
    }
    assert_eq!(with_token(&house, &issuer, "Untagged", json!({ SOURCE: "alice" })).await.status, 200);
    assert_eq!(with_token(&house, &issuer, "Unsourced", json!({ TEAM: "ops" })).await.status, 200);
}

#[tokio::test]
async fn a_rule_replaces_what_the_token_says() {
    let issuer = Issuer::start(&[&RSA]).await;
    let rule = format!(
        "[[provider.rule]]\nwhen = 'true'\nroles = [\"{}\"]\ntags = {{ team = '\"ops\"' }}\nsource_identity = 'claims.sub'",
        arn("Open")
    );
    let house = House::open(NOW, &[], |_: &Address| world(&issuer, &rule)).await;
    let answer = with_token(&house, &issuer, "Open", json!({ TEAM: "dev", SOURCE: "mallory" })).await;
    assert_eq!(answer.element("SourceIdentity"), "alice");
    assert_eq!(record(&house, &answer).await["requestParameters"]["principalTags"], json!({ "team": "ops" }));
}

/// The roles of this world let in who is called "worker".
#[tokio::test]
async fn trust_policies_see_the_name_that_a_rule_gives() {
    let issuer = Issuer::start(&[&RSA]).await;
    for (given, wished, admitted) in
        [("worker", "mallory", true), ("worker", "worker", true), ("mallory", "worker", false)]
    {
        let rule =
            format!("[[provider.rule]]\nwhen = 'true'\nroles = [\"{}\"]\nsession_name = '\"{given}\"'", arn("Open"));
        let house = House::open(NOW, &[], |_: &Address| world(&issuer, &rule)).await;
        let (role, token) = (arn("Open"), RSA.sign(&claims(&issuer.url)));
        let asked = [("RoleArn", &*role), ("RoleSessionName", wished), ("WebIdentityToken", &*token)];
        let answer = house.sts("AssumeRoleWithWebIdentity", &asked).await;
        if admitted {
            assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Open/worker", "{wished}");
        } else {
            assert_eq!(answer.refusal(), (403, "AccessDenied"), "{given} for {wished}");
            assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{given} for {wished}");
        }
    }
}

/// sts:RoleAuthorizedByIdp tells whether the token named its roles.
#[tokio::test]
async fn a_role_may_ask_that_the_issuer_named_it() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let named = |role: &str| json!({ ROLES: [arn(role)] });
    assert_eq!(with_token(&house, &issuer, "Bound", named("Bound")).await.status, 200);
    assert_eq!(with_token(&house, &issuer, "Unbound", json!({})).await.status, 200);
    for (role, members) in [("Bound", json!({})), ("Bound", json!({ ROLES: null })), ("Unbound", named("Unbound"))] {
        let answer = with_token(&house, &issuer, role, members).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{role}");
        assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{role}");
    }
    // The session that came of it has the key no more.
    let session = with_token(&house, &issuer, "Bound", named("Bound")).await.credentials();
    assert_eq!(house.code(&assume(&house, &session, "Bound").await).await, "trust.no-statement-allows");
}
