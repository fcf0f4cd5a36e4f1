//! Token exchange for a token about the session: whom it names, and for whom it is.

use crate::front_exchange::{ID_TOKEN, JWT, credentials, exchange, is, refusal, said, with_token};
use crate::front_oidc::{DEV, world};
use crate::front_signed::{assume, get_caller_identity};
use crate::house::{Address, Answer, House};
use crate::issuer_world::{GET, ask, last_record, verified};
use crate::oidc_issuer::{Issuer, NOW, RSA, claims};
use crate::use_case_world::{allow, policy, role, trusts};
use serde_json::{Value, json};
use time::Duration;

const OURS: &str = "111122223333";
const NEXT: &str = "arn:aws:iam::111122223333:role/Next";
const API: &str = "https://api.example.com";
const ABOUT: &str = "https://sts.amazonaws.com/";

/// Where Dev is allowed this; `more` are further lines of it. Next is for everybody in the account.
pub(crate) async fn open(issuer: &Issuer, permissions: Value, more: &str) -> House {
    let head = format!("arn = \"{DEV}\"\n");
    let policies = format!("policies = [{{ name = \"own\", json = '{}' }}]\n", policy(permissions));
    let next =
        role(OURS, "Next", json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]), json!([allow("sts:*", "*")]));
    let world = world(issuer).replacen(&head, &format!("{head}{policies}{more}"), 1) + &next;
    House::open(NOW, &[], |_| world).await
}

fn of(issuer: &Issuer, changes: Value) -> String {
    let mut claims = claims(&issuer.url);
    claims.as_object_mut().expect("claims").extend(changes.as_object().expect("changes").clone());
    RSA.sign(&claims)
}

/// Asks for a token about the session.
async fn tell(house: &House, paper: &str, more: &[(&str, &str)]) -> Answer {
    with_token(house, paper, &[&[("requested_token_type", JWT)], more].concat()).await
}

async fn told(house: &House, answer: &Answer) -> Value {
    let said = said(answer);
    assert_eq!(answer.status, 200, "{said}");
    verified(house, said["access_token"].as_str().expect("a token")).await.1
}

#[tokio::test]
async fn it_tells_who_the_session_is_and_of_whom() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, json!([allow(GET, "*")]), "").await;
    let token = RSA.sign(&claims(&issuer.url));
    let own = json!(house.public_url);
    let rows = [
        (vec![("audience", API)], json!(API)),
        (vec![("audience", "one"), ("audience", "two")], json!(["one", "two"])),
        (vec![], own.clone()),
        (vec![("requested_token_type", "")], own),
    ];
    for (more, audience) in rows {
        let jwt = [("requested_token_type", JWT)];
        let more = if more.is_empty() || more[0].0 == "audience" { [&jwt, &*more].concat() } else { more };
        let answer = with_token(&house, &token, &more).await;
        let said = said(&answer);
        assert_eq!((answer.status, &said["issued_token_type"]), (200, &json!(JWT)), "{said}");
        assert_eq!((&said["token_type"], &said["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(said.as_object().map(serde_json::Map::len), Some(4), "no secret beside it");
        let claims = told(&house, &answer).await;
        let session = "arn:aws:sts::111122223333:assumed-role/Dev/alice";
        let now = NOW.unix_timestamp();
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!(session), &audience));
        assert_eq!(
            (&claims["iat"], &claims["exp"], &claims["iss"]),
            (&json!(now), &json!(now + 900), &json!(house.public_url))
        );
        let provider = format!("arn:aws:iam::111122223333:oidc-provider/{}", issuer.url.split_once("//").unwrap().1);
        let expected = json!({
            "aws_account": OURS, "principal_id": DEV, "source_region": "us-east-1", "federated_provider": provider,
            "federated_subject": "alice", "original_session_exp": gatehouse::words::iso(NOW + Duration::minutes(15)),
        });
        assert_eq!(claims[ABOUT], expected);
        let record = last_record(&house).await;
        assert_eq!(record["responseElements"]["webIdentityToken"]["jti"], claims["jti"]);
        let told = if audience.is_array() { audience } else { json!([audience]) };
        assert_eq!(record["requestParameters"]["audience"], told);
    }
    let given = with_token(&house, &token, &[]).await;
    assert_eq!(said(&given)["expires_in"], 3600);
}

/// By the real clock, which hardly ever shows a whole second.
#[tokio::test]
async fn no_second_of_it_is_lost_because_another_has_begun() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = House::open_at(Address::loopback(), &[], world(&issuer)).await;
    let now = house.clock.now().unix_timestamp();
    let paper = of(&issuer, json!({ "iat": now, "exp": now + 600 }));
    for (answer, seconds) in [(tell(&house, &paper, &[]).await, 900), (with_token(&house, &paper, &[]).await, 3600)] {
        assert_eq!((answer.status, &said(&answer)["expires_in"]), (200, &json!(seconds)), "{}", said(&answer));
    }
}

/// Alice must not have the token that Bob has.
#[tokio::test]
async fn nobody_in_it_is_called_as_they_like() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, json!([allow("sts:*", "*")]), "").await;
    let (alice, name) = (of(&issuer, json!({})), ("role_session_name", "albert@example.com"));
    for kind in [JWT, ""] {
        let more = [("requested_token_type", kind), ("audience", API), name];
        let answer = with_token(&house, &alice, &more).await;
        assert_eq!(refusal(&answer), is(400, "invalid_request"), "{kind}");
        assert_eq!(house.code(&answer).await, "exchange.chosen-name", "{kind}");
        let description = said(&answer)["error_description"].as_str().expect("text").to_owned();
        assert!(description.contains("leave role_session_name out"), "{description}");
    }
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 0);
    // What she may call her credentials is nowhere in what others are told of them.
    let worn = credentials(&with_token(&house, &alice, &[name]).await);
    let who = get_caller_identity(&house, &worn).await;
    assert_eq!(who.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Dev/albert@example.com");
    let next = assume(&house, &worn, NEXT, &[]).await.credentials();
    for (by, role) in [(&worn, DEV), (&next, NEXT)] {
        let answer = ask(&house, by, &[]).await;
        let claims = verified(&house, answer.element("WebIdentityToken")).await.1;
        assert_eq!((&claims["sub"], &claims[ABOUT]["principal_id"]), (&json!(role), &json!(role)));
        assert!(!claims.to_string().contains("albert"), "{claims}");
    }
}

#[tokio::test]
async fn what_was_verified_names_them_and_tells_them_apart() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, json!([allow(GET, "*")]), "").await;
    let mail = "albert@example.com";
    let rows = [
        (json!({ "sub": mail }), mail, mail),
        (json!({ "sub": "al|1", "email": mail, "email_verified": true }), mail, "al|1"),
        (json!({ "sub": "al-2", "email": mail, "email_verified": false }), "al-2", "al-2"),
        (json!({ "sub": "al-2", "email": mail }), "al-2", "al-2"),
        (json!({ "sub": "al-3", "preferred_username": mail, "name": mail }), "al-3", "al-3"),
    ];
    for (changes, name, subject) in rows {
        let claims = told(&house, &tell(&house, &of(&issuer, changes), &[("audience", API)]).await).await;
        assert_eq!(claims["sub"], format!("arn:aws:sts::111122223333:assumed-role/Dev/{name}"));
        assert_eq!(claims[ABOUT]["federated_subject"], subject);
    }
    let unfit = of(&issuer, json!({ "sub": "al|1" }));
    let answer = tell(&house, &unfit, &[("audience", API)]).await;
    assert_eq!(refusal(&answer), is(400, "invalid_request"));
    assert_eq!(house.code(&answer).await, "trust.nameless-token");
    let description = said(&answer)["error_description"].as_str().expect("text").to_owned();
    assert!(description.contains("Give the provider a rule with session_name"), "{description}");
    credentials(&with_token(&house, &unfit, &[("role_session_name", "al-1")]).await);
}

#[tokio::test]
async fn a_rule_names_whom_it_gives_the_role() {
    let issuer = Issuer::start(&[&RSA]).await;
    let rule = format!("\n[[provider.rule]]\nwhen = 'true'\nroles = [\"{DEV}\"]\nsession_name = 'claims.staff'\n");
    let networks = "allowed_networks = [\"127.0.0.0/8\"]\n";
    let house = House::open(NOW, &[], |_| world(&issuer).replacen(networks, &format!("{networks}{rule}"), 1)).await;
    let paper = of(&issuer, json!({ "sub": "al|1", "staff": "e-7" }));
    let claims = told(&house, &tell(&house, &paper, &[]).await).await;
    assert_eq!(claims["sub"], "arn:aws:sts::111122223333:assumed-role/Dev/e-7");
    assert_eq!(claims[ABOUT]["federated_subject"], "al|1");
    let named = tell(&house, &paper, &[("role_session_name", "e-8")]).await;
    assert_eq!(house.code(&named).await, "exchange.chosen-name");
}

/// What GetWebIdentityToken must be allowed, this must be: each row is what the role may, for whom a token is asked, and
/// whose policy is in the way, if one is.
#[tokio::test]
async fn others_are_told_where_the_role_may_tell_them() {
    let issuer = Issuer::start(&[&RSA]).await;
    let token = RSA.sign(&claims(&issuer.url));
    let when = |key: &str, operator: &str, value: Value| {
        let mut statement = allow(GET, "*");
        statement["Condition"] = json!({ operator: { key: value } });
        json!([statement])
    };
    let only = || when("sts:IdentityTokenAudience", "ForAllValues:StringEquals", json!([API, "two"]));
    let denies = json!([allow("*", "*"), { "Effect": "Deny", "Action": GET, "Resource": "*" }]);
    let boundary = |statements: Value| format!("boundary = {{ json = '{}' }}\n", policy(statements));
    let (none, identity) = (String::new(), "no identity-based policy allows");
    let rows = [
        (json!([allow("s3:*", "*")]), &none, vec![API], identity),
        (json!([allow("s3:*", "*")]), &none, vec!["us", API], identity),
        (json!([allow("s3:*", "*")]), &none, vec!["us"], ""),
        (json!([allow("s3:*", "*")]), &none, vec![], ""),
        (only(), &none, vec![API], ""),
        (only(), &none, vec![API, "two"], ""),
        (only(), &none, vec![API, "three"], identity),
        (only(), &none, vec!["three"], identity),
        (only(), &none, vec![], ""),
        (when("sts:SigningAlgorithm", "StringEquals", json!("RS256")), &none, vec![API], ""),
        (when("sts:SigningAlgorithm", "StringEquals", json!("ES384")), &none, vec![API], identity),
        (when("sts:DurationSeconds", "NumericLessThanEquals", json!("900")), &none, vec![API], ""),
        (when("sts:DurationSeconds", "NumericLessThanEquals", json!("899")), &none, vec![API], identity),
        (json!([allow("*", "*")]), &boundary(json!([allow("s3:*", "*")])), vec![API], "no permissions boundary allows"),
        (json!([allow("*", "*")]), &boundary(only()), vec![API], ""),
        (json!([allow("*", "*")]), &boundary(json!([allow("s3:*", "*")])), vec![], ""),
        (denies.clone(), &none, vec![API], "explicit deny in an identity-based policy"),
        (denies.clone(), &none, vec![], "explicit deny in an identity-based policy"),
    ];
    for (permissions, more, audiences, sentence) in rows {
        let what = format!("{permissions} {more} {audiences:?}");
        let house = open(&issuer, permissions, more).await;
        let own = house.public_url.clone();
        let asked: Vec<_> =
            audiences.iter().map(|name| ("audience", if *name == "us" { &*own } else { name })).collect();
        let answer = tell(&house, &token, &asked).await;
        if sentence.is_empty() {
            assert_eq!(answer.status, 200, "{what}: {}", answer.body);
            continue;
        }
        assert_eq!(refusal(&answer), is(400, "invalid_target"), "{what}");
        let said = said(&answer)["error_description"].as_str().expect("text").to_owned();
        let who = "User: arn:aws:sts::111122223333:assumed-role/Dev/alice is not authorized to perform: sts:GetWebIdentityToken";
        assert!(said.starts_with(who) && said.contains(sentence), "{what}: {said}");
        assert_eq!(house.code(&answer).await, "trust.caller-not-allowed", "{what}");
        assert_eq!(last_record(&house).await["errorCode"], "trust.caller-not-allowed", "{what}");
        assert_eq!(crate::front::sessions(&house).await, 0, "no session is left of it: {what}");
        credentials(&with_token(&house, &token, &[]).await);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_number_of_parameters_is_said() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = crate::front_oidc::open(&issuer).await;
    let token = RSA.sign(&claims(&issuer.url));
    let names: Vec<String> = (0..96).map(|n| format!("p{n}")).collect();
    let more: Vec<_> = names.iter().map(|name| (&**name, "1")).collect();
    credentials(&exchange(&house, (ID_TOKEN, &token), DEV, &more[..95]).await);
    let answer = exchange(&house, (ID_TOKEN, &token), DEV, &more).await;
    assert_eq!(refusal(&answer), is(400, "invalid_request"));
    assert_eq!(said(&answer)["error_description"], "There may be at most 100 parameters.");
    assert_eq!(house.code(&answer).await, "exchange.too-many-parameters");
}
