//! GetWebIdentityToken through the front door: what a token says, who may have one, and for how long.

use crate::front_signed::{call, get_caller_identity};
use crate::house::{Credentials, House};
use crate::issuer_world::{AUDIENCE, ask, last_record, open, verified, wear};
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, arn, key};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use time::Duration;

const NAMESPACE: &str = "https://sts.amazonaws.com/";

async fn claims(house: &House, by: &Credentials, more: &[(&str, &str)]) -> Value {
    let answer = ask(house, by, more).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    verified(house, answer.element("WebIdentityToken")).await.1
}

#[tokio::test]
async fn it_says_who_asks_and_nothing_else() {
    let house = open().await;
    let now = NOW.unix_timestamp();
    for algorithm in ["RS256", "ES384"] {
        let answer = ask(&house, &key("plain"), &[("SigningAlgorithm", algorithm)]).await;
        assert_eq!(answer.element("Expiration"), gatehouse::words::iso(NOW + Duration::minutes(5)));
        let (header, claims) = verified(&house, answer.element("WebIdentityToken")).await;
        let record = last_record(&house).await;
        let token = &record["responseElements"]["webIdentityToken"];
        assert_eq!(header, json!({ "alg": algorithm, "kid": token["kid"], "typ": "JWT" }));
        let who = format!("arn:aws:iam::{OURS}:user/plain");
        let about = json!({ "aws_account": OURS, "principal_id": who, "source_region": "eu-west-1" });
        let expected = json!({
            "iss": house.public_url, "sub": who, "aud": AUDIENCE, "iat": now, "exp": now + 300, "jti": token["jti"],
            NAMESPACE: about,
        });
        assert_eq!(claims, expected);
        assert_eq!(
            (&record["eventName"], &record["requestID"]),
            (&json!("GetWebIdentityToken"), &json!(answer.request_id))
        );
        assert_eq!(record["userIdentity"]["arn"], who);
        let parameters = json!({ "audience": [AUDIENCE], "signingAlgorithm": algorithm, "durationSeconds": 300 });
        assert_eq!(record["requestParameters"], parameters);
    }
    let ids = house.rows("SELECT json_extract(record, '$.responseElements.webIdentityToken.jti') FROM audit").await;
    assert!(ids.len() == 2 && ids[0] != ids[1] && ids[0][0].len() == 36, "{ids:?}");
}

#[tokio::test]
async fn of_a_session_it_says_what_that_carries() {
    let house = open().await;
    let more = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ops"), ("SourceIdentity", "alice")];
    let session = wear(&house, "Teller", &more).await;
    let asked = [
        ("Audience.member.2", "two"),
        ("DurationSeconds", "3600"),
        ("Tags.member.1.Key", "job"),
        ("Tags.member.1.Value", "7"),
        ("Tags.member.2.Key", "note"),
        ("Tags.member.2.Value", ""),
    ];
    let said = claims(&house, &session, &asked).await;
    assert_eq!((&said["sub"], &said["aud"]), (&json!(arn(OURS, "Teller")), &json!([AUDIENCE, "two"])));
    let about = json!({
        "aws_account": OURS, "principal_id": arn(OURS, "Teller"), "source_region": "eu-west-1",
        "original_session_exp": gatehouse::words::iso(NOW + Duration::HOUR), "source_identity": "alice",
        "principal_tags": { "team": "ops", "floor": "2" }, "request_tags": { "job": "7", "note": "" },
    });
    assert_eq!(said[NAMESPACE], about, "the session's tags go before the role's");
    let record = last_record(&house).await;
    let tags = json!([{ "key": "job", "value": "7" }, { "key": "note", "value": "" }]);
    assert_eq!(record["requestParameters"]["tags"], tags);
    assert_eq!(record["userIdentity"]["accessKeyId"], session.id);
}

#[tokio::test]
async fn the_token_itself_is_nowhere_but_in_the_answer() {
    let house = open().await;
    let answer = ask(&house, &key("plain"), &[]).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = answer.element("WebIdentityToken");
    assert!(house.trace(&answer.request_id).await.iter().any(|step| step.check == "issuer.token"));
    let signature = token.rsplit_once('.').expect("a signature").1;
    for row in house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await {
        assert!(!row[0].contains(signature), "{}", row[0]);
    }
}

#[tokio::test]
async fn the_callers_policies_say_for_whom_how_long_and_by_which_algorithm() {
    let house = open().await;
    let mute = wear(&house, "Mute", &[]).await;
    let bounded = wear(&house, "Bounded", &[]).await;
    let two = ("Audience.member.2", "two");
    let short = ("DurationSeconds", "120");
    let good = ask(&house, &key("narrow"), &[short, two]).await;
    assert_eq!(good.status, 200, "{}", good.body);
    let rows = [
        ("one audience too many", key("narrow"), vec![short, two, ("Audience.member.3", "three")]),
        ("another audience", key("narrow"), vec![short, ("Audience.member.1", "three")]),
        ("the other algorithm", key("narrow"), vec![short, two, ("SigningAlgorithm", "RS256")]),
        ("a second too long", key("narrow"), vec![("DurationSeconds", "121"), two]),
        ("five minutes, since it does not say", key("narrow"), vec![two]),
        ("no permission", key("nobody"), vec![]),
        ("a role without one", mute, vec![]),
        ("a boundary", bounded, vec![]),
    ];
    for (what, by, more) in rows {
        let answer = ask(&house, &by, &more).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{what}");
        let message = answer.element("Message");
        assert!(message.contains("is not authorized to perform: sts:GetWebIdentityToken on resource: *"), "{message}");
        assert_eq!(house.code(&answer).await, "trust.caller-not-allowed", "{what}");
        let record = last_record(&house).await;
        assert_eq!(
            (&record["requestID"], &record["errorCode"]),
            (&json!(answer.request_id), &json!("trust.caller-not-allowed"))
        );
    }
}

#[tokio::test]
async fn tags_need_a_permission_of_their_own() {
    let house = open().await;
    let tag = |key: &'static str| [("Tags.member.1.Key", key), ("Tags.member.1.Value", "7")];
    assert_eq!(claims(&house, &key("tagger"), &tag("job")).await[NAMESPACE]["request_tags"], json!({ "job": "7" }));
    for (by, tag) in [("plain", tag("job")), ("tagger", tag("team"))] {
        let answer = ask(&house, &key(by), &tag).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{by}");
        assert!(answer.element("Message").contains("perform: sts:TagGetWebIdentityToken on"), "{}", answer.body);
    }
}

#[tokio::test]
async fn no_token_outlives_its_session() {
    let house = open().await;
    let session = wear(&house, "Teller", &[("DurationSeconds", "900")]).await;
    let asked = [("DurationSeconds", "900")];
    assert_eq!(ask(&house, &session, &asked).await.status, 200, "as long as the session to the second");
    house.clock.advance(Duration::SECOND);
    let answer = ask(&house, &session, &asked).await;
    assert_eq!(answer.refusal(), (403, "SessionDurationEscalationException"));
    assert_eq!(house.code(&answer).await, "issuer.outlives-session");
    assert_eq!(last_record(&house).await["errorCode"], "issuer.outlives-session");
    house.clock.advance(Duration::seconds(839));
    assert_eq!(ask(&house, &session, &[("DurationSeconds", "60")]).await.status, 200);
    house.clock.advance(Duration::SECOND);
    let answer = ask(&house, &session, &[("DurationSeconds", "60")]).await;
    assert_eq!(answer.refusal(), (403, "SessionDurationEscalationException"), "and no shorter one is to be had");
    assert_eq!(ask(&house, &key("plain"), &[("DurationSeconds", "3600")]).await.status, 200, "a key does not end");
}

#[tokio::test]
async fn a_session_that_was_ended_has_no_token() {
    let house = open().await;
    let session = wear(&house, "Teller", &[]).await;
    let book = house.hold_the_book();
    let end = format!("INSERT INTO revocation (access_key_id, until) VALUES ('{}', 9999999999); COMMIT", session.id);
    book.run(&end);
    let heard = async { while get_caller_identity(&house, &session).await.status == 200 {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("it hears of it");
    let answer = ask(&house, &session, &[]).await;
    assert_eq!(answer.refusal(), (403, "ExpiredToken"));
}

#[tokio::test]
async fn it_is_for_users_and_roles_that_sign() {
    let house = open().await;
    let form = [("Action", "GetSessionToken"), ("Version", "2011-06-15")];
    let own = call(&house, &key("teller"), &form).await.credentials();
    assert_eq!(ask(&house, &own, &[]).await.refusal(), (403, "AccessDenied"), "a user's own session");
    let asked = [("Audience.member.1", AUDIENCE), ("SigningAlgorithm", "ES384")];
    let unsigned = house.sts("GetWebIdentityToken", &asked).await;
    assert_eq!(unsigned.refusal(), (403, "MissingAuthenticationToken"));
    let other = Credentials { secret: "another".into(), ..key("plain") };
    assert_eq!(ask(&house, &other, &[]).await.refusal(), (403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn what_breaks_a_constraint_is_told() {
    let house = open().await;
    let (long, longest) = ("a".repeat(1_001), "ä".repeat(1_000));
    let names: Vec<String> = (1..=11).map(|n| format!("Audience.member.{n}")).collect();
    let eleven: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "a")).collect();
    let tag = [("Tags.member.1.Key", "job"), ("Tags.member.1.Value", "7")];
    let rows = [
        (vec![("Audience.member.1", "absent")], "Value null at 'audience'"),
        (vec![("Audience.member.1", "")], "audience.member"),
        (vec![("Audience.member.1", &*long)], "between 1 and 1000"),
        (eleven.clone(), "less than or equal to 10"),
        (vec![("Audience.member.3", "a")], "Audience.member.3 is out of sequence"),
        (vec![("Audience", "a")], "Audience is not supported"),
        (vec![("SigningAlgorithm", "absent")], "Value null at 'signingAlgorithm'"),
        (vec![("SigningAlgorithm", "RS384")], "[RS256, ES384]"),
        (vec![("SigningAlgorithm", "none")], "[RS256, ES384]"),
        (vec![("SigningAlgorithm", "es384")], "[RS256, ES384]"),
        (vec![("DurationSeconds", "59")], "greater than or equal to 60"),
        (vec![("DurationSeconds", "3601")], "less than or equal to 3600"),
        (vec![("DurationSeconds", "-60")], "a whole number from 60 to 3600"),
        (vec![("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "7")], "tags"),
        ([tag.as_slice(), &[("TransitiveTagKeys.member.1", "job")]].concat(), "TransitiveTagKeys.member.1"),
        (vec![("RoleArn", "arn:aws:iam::111122223333:role/Teller")], "RoleArn is not supported"),
    ];
    for (more, words) in rows {
        let answer = ask(&house, &key("teller"), &more).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{more:?}");
        assert!(answer.element("Message").contains(words), "{more:?}: {}", answer.body);
    }
    let said = claims(&house, &key("teller"), &[("Audience.member.1", &longest), ("DurationSeconds", "60")]).await;
    assert_eq!(said["aud"], json!(longest));
    assert_eq!(claims(&house, &key("teller"), &eleven[..10]).await["aud"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn what_no_sts_would_take_is_not_signed() {
    let house = open().await;
    let (name, value) = ("k".repeat(120), "ä".repeat(256));
    let tags: Vec<(String, String)> = (1..=50)
        .flat_map(|n| {
            [(format!("Tags.member.{n}.Key"), format!("{name}{n}")), (format!("Tags.member.{n}.Value"), value.clone())]
        })
        .collect();
    let tags: Vec<(&str, &str)> = tags.iter().map(|(name, value)| (&**name, &**value)).collect();
    let answer = ask(&house, &key("teller"), &tags).await;
    assert_eq!(answer.refusal(), (400, "JWTPayloadSizeExceededException"));
    assert_eq!(house.code(&answer).await, "issuer.too-large");
    assert_eq!(ask(&house, &key("teller"), &tags[..20]).await.status, 200);
}

#[tokio::test]
async fn it_is_told_in_json_to_those_who_ask() {
    let mut house = open().await;
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    house.client = reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client");
    let answer = ask(&house, &key("plain"), &[]).await;
    let said: Value = serde_json::from_str(&answer.body).expect("JSON");
    let given = &said["GetWebIdentityTokenResponse"]["GetWebIdentityTokenResult"];
    assert_eq!(given["Expiration"], NOW.unix_timestamp() + 300);
    verified(&house, given["WebIdentityToken"].as_str().expect("a token")).await;
    let refused = ask(&house, &key("nobody"), &[]).await;
    let said: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(said["Error"]["Code"], "AccessDenied");
}

#[tokio::test]
async fn without_a_record_there_is_no_token() {
    let house = open().await;
    let book = house.hold_the_book();
    book.run("DROP TABLE audit; COMMIT");
    let answer = ask(&house, &key("plain"), &[]).await;
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable"));
    assert!(!answer.body.contains("eyJ"), "{}", answer.body);
}
