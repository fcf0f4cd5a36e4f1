//! Token exchange for whom it must not be: the barred, what has been ended, and those who ask too often.

use crate::command_sessions::{is_good, is_refused, revoke};
use crate::front::{ADMIN, sessions};
use crate::front_exchange::{ID_TOKEN, JWT, SAML2, credentials, exchange, is, refusal, with_token};
use crate::front_exchange_saml::alone;
use crate::front_exchange_token::open;
use crate::front_oidc::{DEV, world};
use crate::front_signed::assume;
use crate::house::{Answer, House};
use crate::oidc_issuer::{Issuer, NOW, RSA, claims};
use crate::use_case_world::allow;
use serde_json::json;

const NEXT: &str = "arn:aws:iam::111122223333:role/Next";

/// A token of Alice's, the `n`th.
fn token(issuer: &Issuer, n: i64) -> String {
    let mut claims = claims(&issuer.url);
    claims["iat"] = json!(claims["iat"].as_i64().expect("a time") - n);
    RSA.sign(&claims)
}

/// Neither credentials nor a token is to be had, for this reason.
async fn refused(house: &House, paper: (&str, &str), role: &str, reason: &str) {
    let before = sessions(house).await;
    for more in [vec![], vec![("requested_token_type", JWT)]] {
        let answer = exchange(house, paper, role, &more).await;
        assert_eq!(refusal(&answer), is(400, "invalid_request"), "{more:?}");
        assert_eq!(house.code(&answer).await, reason, "{more:?}");
        let denied =
            house.rows("SELECT json_extract(record, '$.errorCode') FROM audit ORDER BY number DESC LIMIT 1").await;
        assert_eq!(denied, [[reason]], "{more:?}");
    }
    assert_eq!(sessions(house).await, before);
}

#[tokio::test]
async fn what_descends_from_an_ended_session_ends_and_its_paper_is_barred() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, json!([allow("sts:*", "*")]), "").await;
    let (first, fresh) = (token(&issuer, 0), token(&issuer, 1));
    let session = credentials(&with_token(&house, &first, &[]).await);
    let other = credentials(&with_token(&house, &fresh, &[]).await);
    let child = assume(&house, &session, NEXT, &[]).await.credentials();
    let grandchild = assume(&house, &child, NEXT, &[]).await.credentials();
    revoke(&house, &["--session", &session.id]).await;
    for ended in [&session, &child, &grandchild] {
        is_refused(&house, ended).await;
    }
    is_good(&house, &other).await;
    refused(&house, (ID_TOKEN, &first), DEV, "sts.paper-barred").await;
    credentials(&with_token(&house, &fresh, &[]).await);
}

#[tokio::test]
async fn a_barred_person_has_neither_credentials_nor_a_token() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, json!([allow("sts:*", "*")]), "").await;
    let session = credentials(&with_token(&house, &token(&issuer, 0), &[]).await);
    revoke(&house, &["--provider", "app", "--subject", "alice"]).await;
    is_refused(&house, &session).await;
    refused(&house, (ID_TOKEN, &token(&issuer, 1)), DEV, "sts.person-barred").await;
    let mut other = claims(&issuer.url);
    other["sub"] = json!("albert");
    credentials(&with_token(&house, &RSA.sign(&other), &[]).await);
}

#[tokio::test]
async fn nor_has_one_who_brings_an_assertion() {
    let house = crate::front::open("").await;
    let (first, fresh) = (alone(&house, "1"), alone(&house, "2"));
    credentials(&exchange(&house, (SAML2, &first), ADMIN, &[]).await);
    revoke(&house, &["--provider", "111122223333:corp", "--subject", "alice@example.com"]).await;
    refused(&house, (SAML2, &fresh), ADMIN, "sts.person-barred").await;
}

/// In the form that a client of OAuth reads, whichever limit it is.
#[tokio::test]
async fn who_asks_too_often_is_told_so() {
    let issuer = Issuer::start(&[&RSA]).await;
    let good = token(&issuer, 0);
    let open = async |limit: &str| House::open(NOW, &[], |_| format!("{}\n[limits]\n{limit}\n", world(&issuer))).await;
    let throttled =
        |answer: &Answer| assert_eq!(refusal(answer), is(429, "temporarily_unavailable"), "{}", answer.body);
    let house = open("rate_per_principal = 2").await;
    for _ in 0..2 {
        credentials(&with_token(&house, &good, &[]).await);
    }
    let answer = with_token(&house, &good, &[]).await;
    throttled(&answer);
    assert_eq!(house.code(&answer).await, "limits.principal");
    throttled(&with_token(&house, &good, &[("requested_token_type", JWT)]).await);
    house.clock.let_pass(std::time::Duration::from_secs(1));
    credentials(&with_token(&house, &good, &[]).await);

    let house = open("rate_per_source = 2").await;
    for _ in 0..2 {
        credentials(&with_token(&house, &good, &[]).await);
    }
    throttled(&with_token(&house, &good, &[]).await);

    // One at once, and one that waits for its second.
    let house = open("failures_per_source = 1").await;
    for _ in 0..2 {
        assert_eq!(refusal(&with_token(&house, "no.token", &[]).await), is(400, "invalid_request"));
    }
    let answer = with_token(&house, "no.token", &[]).await;
    throttled(&answer);
    assert_eq!(house.code(&answer).await, "limits.failures");
    credentials(&with_token(&house, &good, &[]).await);
}
