//! What a session keeps of the token that it was traded for, through the front door: at `POST /decide`, in session policies
//! and boundaries, and at the next role (AWS, "Available keys for AWS web identity federation").

use crate::decide_world::{config, wear};
use crate::front_chain::noise;
use crate::front_decide_sessions::decided;
use crate::front_signed::{assume, get_caller_identity};
use crate::house::{Address, Answer, Credentials, House};
use crate::oidc_issuer::RSA;
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, THEIRS, allow, arn, files, policy, role, trusts};
use serde_json::{Value, json};

const ISSUER: &str = "idp.example/realms/a";

fn kept(claim: &str) -> String {
    format!("{ISSUER}:{claim}")
}

async fn open() -> House {
    open_with("other").await
}

/// People of an issuer, at the app `web` or this other one, wear the roles Dev and Home; the roles Second and Known are for
/// those who do, and Far is in another account, which has no provider.
async fn open_with(other: &str) -> House {
    let deny = |sid: &str, operator: &str, claim: &str, value: &str| json!({ "Sid": sid, "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": { operator: { kept(claim): value } } });
    let permissions = json!([
        allow("s3:GetObject", "*"),
        allow("sts:*", "*"),
        deny("NotMallory", "StringEquals", "sub", "mallory"),
        deny("NotThisApp", "StringEquals", "aud", other),
        deny("NotByPassword", "ForAnyValue:StringEquals", "amr", "pwd"),
    ]);
    // Each has the folder that is called by their number.
    let home = json!([allow("s3:GetObject", &format!("arn:aws:s3:::files/${{{}}}/*", kept("id")))]);
    let known = json!({ "StringLike": { kept("sub"): "a*" } });
    let bound = policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": known }]));
    let provider = || trusts(json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/{ISSUER}") }), "sts:*");
    let ours = || trusts(json!({ "AWS": OURS }), "sts:*");
    let not_mallory = json!({
        "Sid": "NotMallory", "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { kept("sub"): "mallory" } },
    });
    let mut alice = ours();
    alice["Condition"] = json!({ "StringEquals": { kept("sub"): "alice", kept("aud"): "web" } });
    let registered = format!(
        "\n[[provider]]\nname = \"idp\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"https://{ISSUER}\"\nclient_ids = [\"web\", \"{other}\"]\njwks = {{ file = \"keys.json\" }}\n"
    );
    let parts = [
        registered,
        role(OURS, "Dev", json!([provider()]), permissions),
        role(OURS, "Home", json!([provider()]), home) + &format!("boundary = {{ json = '{bound}' }}\n"),
        role(THEIRS, "Far", json!([ours(), not_mallory]), json!([])),
        role(OURS, "Second", json!([ours(), not_mallory]), json!([allow("sts:*", "*")])),
        role(OURS, "Known", json!([alice]), json!([])),
    ];
    let files = [files()[0].clone(), ("keys.json", json!({ "keys": [RSA.jwk] }).to_string())];
    House::open(NOW, &files, |_: &Address| config() + &parts.concat()).await
}

/// Alice by a code, at the app `web`, but for these claims; what is null is not there.
async fn by_token(house: &House, role: &str, changes: &Value, more: &[(&str, &str)]) -> Answer {
    let now = NOW.unix_timestamp();
    let mut claims = json!({
        "iss": format!("https://{ISSUER}"), "sub": "alice", "aud": "web", "amr": ["otp"], "iat": now, "exp": now + 600,
    });
    changes.as_object().expect("members").iter().for_each(|(name, value)| claims[name] = value.clone());
    claims.as_object_mut().expect("members").retain(|_, value| !value.is_null());
    let (role, token) = (arn(OURS, role), RSA.sign(&claims));
    let form = [("RoleArn", &*role), ("RoleSessionName", "worker"), ("WebIdentityToken", &*token)];
    house.sts("AssumeRoleWithWebIdentity", &[&form[..], more].concat()).await
}

async fn dev(house: &House, changes: &Value) -> Credentials {
    by_token(house, "Dev", changes, &[]).await.credentials()
}

/// The role does not let them in, neither by a statement that denies it nor for want of one that allows it.
async fn turned_away(house: &House, by: &Credentials, role: &str, code: &str) {
    let answer = assume(house, by, &arn(OURS, role), &[]).await;
    assert_eq!((answer.refusal(), &*house.code(&answer).await), ((403, "AccessDenied"), code), "{role}");
}

#[tokio::test]
async fn what_a_token_said_of_somebody_counts_at_the_desk() {
    let house = open().await;
    for (changes, outcome) in [
        (json!({}), ("allow", "own/0")),
        (json!({ "sub": "mallory" }), ("deny", "own/NotMallory")),
        (json!({ "aud": "other" }), ("deny", "own/NotThisApp")),
        (json!({ "azp": "other", "aud": ["web", "other"] }), ("deny", "own/NotThisApp")),
        (json!({ "aud": "other", "Aud": "web" }), ("deny", "own/NotThisApp")),
        (json!({ "amr": ["otp", "pwd"] }), ("deny", "own/NotByPassword")),
        (json!({ "amr": "pwd" }), ("deny", "own/NotByPassword")),
        (json!({ "amr": null, "AMR": ["pwd"] }), ("deny", "own/NotByPassword")),
    ] {
        let by = dev(&house, &changes).await;
        let (decision, decided_by) = decided(&house, &by).await;
        assert_eq!((decision, decided_by.as_str()), outcome, "{changes}");
    }
}

#[tokio::test]
async fn variables_boundaries_and_session_policies_read_it_too() {
    let house = open().await;
    for (changes, decision) in [
        (json!({ "id": "own" }), "allow"),
        (json!({ "id": "other" }), "deny"),
        (json!({ "id": "*" }), "deny"),
        (json!({}), "deny"),
        (json!({ "id": "own", "sub": "bob" }), "deny"),
    ] {
        let by = by_token(&house, "Home", &changes, &[]).await.credentials();
        assert_eq!(decided(&house, &by).await.0, decision, "{changes}");
    }
    let limits = |claim: &str| {
        let condition = json!({ "StringEquals": { kept(claim): "alice" } });
        policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]))
    };
    for (sub, decision) in [("alice", "allow"), ("bob", "deny")] {
        let limited = by_token(&house, "Dev", &json!({ "sub": sub }), &[("Policy", &limits("sub"))]).await;
        assert_eq!(decided(&house, &limited.credentials()).await.0, decision, "{sub}");
    }
    // Nobody may write one for what is gone.
    for claim in ["groups", "custom:id"] {
        let gone = by_token(&house, "Dev", &json!({ claim: "alice" }), &[("Policy", &limits(claim))]).await;
        assert_eq!(gone.refusal(), (400, "MalformedPolicyDocument"), "{claim}");
        assert_eq!(house.code(&gone).await, "sts.malformed-policy", "{claim}");
        assert!(gone.element("Message").contains("(aud, sub, amr and id remain)"), "{}", gone.body);
    }
}

#[tokio::test]
async fn what_a_token_said_of_somebody_counts_at_the_next_role() {
    let house = open().await;
    let (alice, mallory) = (dev(&house, &json!({})).await, dev(&house, &json!({ "sub": "mallory" })).await);
    assert_eq!(assume(&house, &alice, &arn(OURS, "Known"), &[]).await.status, 200);
    turned_away(&house, &dev(&house, &json!({ "aud": "other" })).await, "Known", "trust.no-statement-allows").await;
    turned_away(&house, &mallory, "Known", "trust.no-statement-allows").await;
    turned_away(&house, &mallory, "Second", "trust.explicit-deny").await;
    for (by, code) in [(&alice, None), (&mallory, Some("trust.explicit-deny"))] {
        let answer = assume(&house, by, &arn(THEIRS, "Far"), &[]).await;
        assert_eq!(answer.status, if code.is_some() { 403 } else { 200 }, "{}", answer.body);
        if let Some(code) = code {
            assert_eq!(house.code(&answer).await, code);
        }
    }
    // It is the session's that the token was traded for, and of none that follows, as what an assertion says is.
    let followed = assume(&house, &alice, &arn(OURS, "Second"), &[]).await.credentials();
    turned_away(&house, &followed, "Known", "trust.no-statement-allows").await;
}

/// A session tag is a key of its own, whatever it is called and however far it goes along.
#[tokio::test]
async fn nobody_says_it_by_a_tag_that_is_called_so() {
    let house = open().await;
    let names = ["sub", "aud"].map(kept);
    let tags = json!({ "principal_tags": { &names[0]: ["alice"], &names[1]: ["web"] }, "transitive_tag_keys": names });
    let mallory = dev(&house, &json!({ "sub": "mallory", "https://aws.amazon.com/tags": tags })).await;
    assert_eq!(decided(&house, &mallory).await, ("deny", "own/NotMallory".into()));
    turned_away(&house, &mallory, "Known", "trust.no-statement-allows").await;
    turned_away(&house, &mallory, "Second", "trust.explicit-deny").await;
    let tags = [
        ("Tags.member.1.Key", &*names[0]),
        ("Tags.member.1.Value", "alice"),
        ("Tags.member.2.Key", &names[1]),
        ("Tags.member.2.Value", "web"),
        ("TransitiveTagKeys.member.1", &names[0]),
        ("TransitiveTagKeys.member.2", &names[1]),
    ];
    let reader = wear(&house, "reader", "Second", &tags).await;
    turned_away(&house, &reader, "Known", "trust.no-statement-allows").await;
}

/// Of a claim that conditions cannot see, or that the token leaves out, what denies by it would see nothing.
#[tokio::test]
async fn a_claim_that_cannot_be_kept_is_a_refusal() {
    let house = open().await;
    for (changes, code) in [
        (json!({ "amr": [["pwd"]] }), "trust.claim-not-plain"),
        (json!({ "amr": ["otp", null] }), "trust.claim-not-plain"),
        (json!({ "Amr": { "0": "pwd" }, "amr": null }), "trust.claim-not-plain"),
        (json!({ "id": { "of": "alice" } }), "trust.claim-not-plain"),
        (json!({ "amr": null, "_claim_names": { "amr": "src1" } }), "trust.claim-left-out"),
    ] {
        let answer = by_token(&house, "Dev", &changes, &[]).await;
        assert_eq!((answer.refusal(), &*house.code(&answer).await), ((403, "AccessDenied"), code), "{changes}");
    }
    let plain = json!({ "amr": ["otp", 1, true], "id": 7, "groups": [{}], "_claim_names": { "groups": "src1" } });
    assert_eq!(by_token(&house, "Dev", &plain, &[]).await.status, 200, "of the others nothing is kept");
}

/// The longest subject and client, beside as many tags as there is room for: the session can be presented, and what denies
/// by them sees all of them. What does not fit is not left out.
#[tokio::test]
async fn the_longest_subject_and_audience_fit_into_the_session_token() {
    let client = noise(255);
    let house = open_with(&client).await;
    let tags: serde_json::Map<String, Value> = (0..10).map(|n| (format!("tag-{n}"), json!([noise(250)]))).collect();
    let claims = json!({ "sub": noise(255), "aud": client, "https://aws.amazon.com/tags": { "principal_tags": tags } });
    let answer = by_token(&house, "Dev", &claims, &[]).await;
    let percent: u32 = answer.element("PackedPolicySize").parse().expect("a number");
    assert!((90..=100).contains(&percent), "{percent}");
    let session = answer.credentials();
    assert!(session.token.as_ref().is_some_and(|token| token.len() <= 4_096));
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    assert_eq!(decided(&house, &session).await, ("deny", "own/NotThisApp".into()));
    let methods: Vec<String> = (0..50).map(|_| noise(100)).collect();
    let answer = by_token(&house, "Dev", &json!({ "amr": methods }), &[]).await;
    assert_eq!(answer.refusal(), (400, "PackedPolicyTooLarge"), "{}", answer.body);
    assert_eq!(house.code(&answer).await, "sts.session-too-large");
}
