//! What a logout ends, and bars, of what was exchanged at the API, if the provider's logouts revoke.

use crate::front_logout::credentials;
use crate::front_oidc::{DEV, assume, world};
use crate::front_oidc_logout::{sign_in, signed, tell};
use crate::front_signed::get_caller_identity;
use crate::house::{Address, Browser, House};
use crate::oidc_issuer::{CLIENT, Issuer, NOW, RSA, claims};
use serde_json::{Value, json};

async fn open(issuer: &Issuer, setting: &str) -> House {
    let with_setting = format!("kind = \"oidc\"\n{setting}");
    House::open(NOW, &[], |_: &Address| world(issuer).replacen("kind = \"oidc\"", &with_setting, 1)).await
}

/// Of alice, issued ten seconds ago, unless it says otherwise.
fn token(issuer: &Issuer, members: Value) -> String {
    let mut claims = claims(&issuer.url);
    members.as_object().expect("members").iter().for_each(|(name, value)| claims[name] = value.clone());
    RSA.sign(&claims)
}

/// An order of now about alice, or her login `s1`, or both.
async fn log_out(issuer: &Issuer, house: &House, named: Value) {
    let now = NOW.unix_timestamp();
    let mut order = json!({
        "iss": issuer.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "logout-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    named.as_object().expect("members").iter().for_each(|(name, value)| order[name] = value.clone());
    assert_eq!(tell(house, &signed(&order, "logout+jwt", &RSA)).await.status, 200);
}

/// Each row: whom the order names, whose the token is, and whether it and its session end.
#[tokio::test]
async fn a_logout_ends_what_the_logins_tokens_were_exchanged_for() {
    let (both, person, login) = (json!({"sub": "alice", "sid": "s1"}), json!({"sub": "alice"}), json!({"sid": "s1"}));
    for (named, of, ends) in [
        (&both, json!({"sid": "s1"}), true),
        (&person, json!({"sid": "s1"}), true),
        (&login, json!({"sid": "s1"}), true),
        (&both, json!({}), true),
        (&both, json!({"sid": "s2"}), false),
        (&login, json!({"sid": "s2"}), false),
        (&login, json!({}), false),
        (&person, json!({"sub": "albert"}), false),
    ] {
        for (setting, revokes) in [("logout_revokes = true", true), ("", false)] {
            let issuer = Issuer::start(&[&RSA]).await;
            let house = open(&issuer, setting).await;
            let with = |more: Value| {
                let mut members = of.clone();
                more.as_object().expect("members").iter().for_each(|(name, value)| members[name] = value.clone());
                token(&issuer, members)
            };
            let used = with(json!({}));
            let session = assume(&house, DEV, &used).await.credentials();
            log_out(&issuer, &house, named.clone()).await;
            let ends = ends && revokes;
            let answer = get_caller_identity(&house, &session).await;
            assert_eq!(answer.status, if ends { 403 } else { 200 }, "{named} {of} {setting}");
            let unused = with(json!({"jti": "2"}));
            for (what, paper, code) in [("used", &used, "sts.paper-barred"), ("unused", &unused, "sts.logged-out")] {
                let answer = assume(&house, DEV, paper).await;
                let expected = if ends { code } else { "" };
                assert_eq!(house.code(&answer).await, expected, "{what}: {named} {of} {setting}");
                assert_eq!(answer.status == 200, !ends, "{}", answer.body);
            }
            let since = with(json!({"iat": NOW.unix_timestamp() + 1, "jti": "3"}));
            assert_eq!(assume(&house, DEV, &since).await.status, 200, "signed in again since: {named} {of}");
        }
    }
}

#[tokio::test]
async fn a_token_of_an_ended_login_is_refused_in_aws_words() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "logout_revokes = true").await;
    log_out(&issuer, &house, json!({"sub": "alice"})).await;
    let answer = assume(&house, DEV, &token(&issuer, json!({}))).await;
    assert_eq!(answer.refusal(), (400, "ExpiredTokenException"));
    assert!(answer.body.contains("The identity provider has ended the login since it issued this"), "{}", answer.body);
    let book = house.rows("SELECT record FROM audit WHERE record LIKE '%sts.logged-out%'").await;
    assert_eq!(book.len(), 1, "somebody known was turned away");
}

/// What the browser's session was made from is no good elsewhere either.
#[tokio::test]
async fn signing_out_here_ends_what_the_logins_tokens_were_exchanged_for() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "logout_revokes = true").await;
    let mut browser = Browser::default();
    let paper = token(&issuer, json!({"sid": "s1"}));
    let session = assume(&house, DEV, &paper).await.credentials();
    sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
    let worn = credentials(&house, &mut browser).await;
    let csrf = crate::house::hidden(&browser.get(&house, "/console").await.body, "csrf");
    browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
    for by in [&session, &worn] {
        let answer = get_caller_identity(&house, by).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "sts.session-revoked"));
    }
    let again = assume(&house, DEV, &paper).await;
    assert_eq!(house.code(&again).await, "sts.paper-barred");
}
