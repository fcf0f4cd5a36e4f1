//! GetFederationToken through the front door: who may give what to whom.

use crate::federated_world::{READ, bob, federated, get_federation_token, last_record, open};
use crate::front_chain::noise;
use crate::front_signed::{assume, call, get_caller_identity};
use crate::house::{Credentials, House, keys_of};
use crate::use_case_world::{OURS, SECRET, arn, key};
use gatehouse::ambient::Random;
use gatehouse::sts::Purpose;
use gatehouse::trust::{FederatedSession, RoleSession, Session, UserSession};
use serde_json::{Value, json};
use time::Duration;

const MANAGED: &str = "arn:aws:iam::111122223333:policy/Managed";

#[tokio::test]
async fn a_federated_user_is_somebody_of_their_own_for_twelve_hours_or_as_long_as_was_asked() {
    let house = open().await;
    let answer = get_federation_token(&house, &key("broker"), "bob", &[]).await;
    let credentials = answer.credentials();
    assert!(credentials.id.starts_with("ASIA"), "{}", credentials.id);
    let told = [("Arn", federated("bob")), ("FederatedUserId", format!("{OURS}:bob"))];
    for (name, text) in told {
        assert_eq!(answer.element(name), text);
    }
    assert_eq!(answer.element("Expiration"), "2031-01-02T00:00:00Z");
    assert!(!answer.body.contains("PackedPolicySize"), "{}", answer.body);
    let shape = "<GetFederationTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetFederationTokenResult><Credentials>";
    assert!(answer.body.starts_with(shape), "{}", answer.body);
    let me = get_caller_identity(&house, &credentials).await;
    assert_eq!(me.element("Arn"), federated("bob"));
    assert_eq!((me.element("UserId"), me.element("Account")), (&*format!("{OURS}:bob"), OURS));
    let longest = get_federation_token(&house, &key("broker"), "bob", &[("DurationSeconds", "129600")]).await;
    assert_eq!(longest.element("Expiration"), "2031-01-03T00:00:00Z");
    let shortest = get_federation_token(&house, &key("broker"), "bob", &[("DurationSeconds", "900")]).await;
    assert_eq!(shortest.element("Expiration"), "2031-01-01T12:15:00Z");
    let padded = get_federation_token(&house, &key("broker"), "bob", &[("MinimumSessionTokenSize", "3000")]).await;
    let length = padded.credentials().token.expect("a token").len();
    assert!((3_000..=4_096).contains(&length) && padded.element("SessionTokenSize") == length.to_string());
    house.clock.advance(Duration::seconds(900));
    assert_eq!(get_caller_identity(&house, &shortest.credentials()).await.refusal(), (403, "ExpiredToken"));
    assert_eq!(get_caller_identity(&house, &credentials).await.status, 200);
}

#[tokio::test]
async fn the_name_and_the_rest_keep_their_bounds() {
    let house = open().await;
    let long = "b".repeat(33);
    let many: Vec<(String, String)> =
        (1..=11).map(|n| (format!("PolicyArns.member.{n}.arn"), MANAGED.to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let transitive =
        [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ops"), ("TransitiveTagKeys.member.1", "team")];
    let device = [("SerialNumber", "arn:aws:iam::111122223333:mfa/broker"), ("TokenCode", "123456")];
    let none: &[(&str, &str)] = &[];
    for (what, name, more, sentence, code) in [
        ("no name", "", none, "Value null at 'name'", "sts.parameters"),
        ("a letter", "b", none, "length greater than or equal to 2", "sts.parameters"),
        ("33 of them", &long, none, "length less than or equal to 32", "sts.parameters"),
        ("a blank", "bo b", none, "pattern: [\\w+=,.@-]*", "sts.parameters"),
        ("a stroke", "bo/b", none, "pattern: [\\w+=,.@-]*", "sts.parameters"),
        ("no ASCII", "boß", none, "pattern: [\\w+=,.@-]*", "sts.parameters"),
        ("too short", "bob", &[("DurationSeconds", "899")], "greater than or equal to 900", "sts.parameters"),
        ("too long", "bob", &[("DurationSeconds", "129601")], "less than or equal to 129600", "sts.parameters"),
        ("no number", "bob", &[("DurationSeconds", "1e3")], "durationSeconds", "sts.parameters"),
        ("an empty policy", "bob", &[("Policy", "")], "'policy'", "sts.parameters"),
        ("eleven policies", "bob", &many, "less than or equal to 10", "sts.parameters"),
        ("what nobody hands on", "bob", &transitive, "TransitiveTagKeys.member.1", "sts.parameter-not-acted-on"),
        ("a second factor", "bob", &device, "SerialNumber", "sts.parameter-not-acted-on"),
        ("a source identity", "bob", &[("SourceIdentity", "bob")], "SourceIdentity", "sts.parameter-not-acted-on"),
    ] {
        let answer = get_federation_token(&house, &key("broker"), name, more).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{what}: {}", answer.body);
        assert!(answer.element("Message").contains(sentence), "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
    }
    let widest = "bo".to_owned() + &"=".repeat(30);
    assert_eq!(get_federation_token(&house, &key("broker"), &widest, &[]).await.element("Arn"), federated(&widest));
    for (what, limits, refusal, code) in [
        ("no JSON", ("Policy", "{"), (400, "MalformedPolicyDocument"), "sts.malformed-policy"),
        (
            "no such",
            ("PolicyArns.member.1.arn", &*format!("{MANAGED}2")),
            (400, "ValidationError"),
            "sts.no-such-policy",
        ),
    ] {
        let answer = get_federation_token(&house, &key("broker"), "bob", &[limits]).await;
        assert_eq!((answer.refusal(), &*house.code(&answer).await), (refusal, code), "{what}");
    }
    assert!(house.rows("SELECT * FROM role_session WHERE role NOT LIKE '%federated-user/bo=%'").await.is_empty());
}

#[tokio::test]
async fn only_who_may_gives_credentials_away_and_only_to_those_they_may_give_them_to() {
    let house = open().await;
    for (by, name, why) in [
        ("broker", "alice", "because no identity-based policy allows the sts:GetFederationToken action"),
        ("blank", "bob", "because no identity-based policy allows the sts:GetFederationToken action"),
        // A second factor cannot be shown here: whoever wants one gives nothing away.
        ("mindful", "bob", "because no identity-based policy allows the sts:GetFederationToken action"),
    ] {
        let answer = get_federation_token(&house, &key(by), name, &[]).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{by}");
        let told = format!(
            "User: arn:aws:iam::{OURS}:user/{by} is not authorized to perform: sts:GetFederationToken on resource: {} {why}. Encoded authorization failure message: ",
            federated(name)
        );
        assert!(answer.element("Message").starts_with(&told), "{}", answer.body);
        assert_eq!(house.code(&answer).await, "trust.caller-not-allowed", "{by}");
        let record = last_record(&house, "GetFederationToken").await;
        assert_eq!(record["errorCode"], "trust.caller-not-allowed");
        assert_eq!(record["userIdentity"]["arn"], format!("arn:aws:iam::{OURS}:user/{by}"));
    }
    let unsigned = house.sts("GetFederationToken", &[("Name", "bob")]).await;
    assert_eq!(unsigned.refusal(), (403, "MissingAuthenticationToken"));
}

#[tokio::test]
async fn tags_want_a_permission_of_their_own_and_are_the_federated_users() {
    let house = open().await;
    let tag = |value: &'static str| [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", value)];
    let other = [("Tags.member.1.Key", "floor"), ("Tags.member.1.Value", "2")];
    let given = get_federation_token(&house, &key("broker"), "bob", &tag("ops")).await;
    assert!(given.element("PackedPolicySize").parse::<u32>().is_ok_and(|percent| percent < 5), "{}", given.body);
    for (by, tags) in [("broker", tag("dev")), ("broker", other), ("careless", tag("ops"))] {
        let answer = get_federation_token(&house, &key(by), "bob", &tags).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{by}");
        let told = format!("is not authorized to perform: sts:TagSession on resource: {}", federated("bob"));
        assert!(answer.element("Message").contains(&told), "{}", answer.body);
    }
    let record = last_record(&house, "GetFederationToken").await;
    assert_eq!(record["errorCode"], "trust.caller-not-allowed");
    let twice = [tag("ops"), [("Tags.member.2.Key", "Team"), ("Tags.member.2.Value", "ops")]].concat();
    let answer = get_federation_token(&house, &key("broker"), "bob", &twice).await;
    assert_eq!(answer.refusal(), (400, "ValidationError"), "a key has one value, whatever its case");
}

#[tokio::test]
async fn what_takes_up_too_much_room_is_refused_with_its_percentage() {
    let house = open().await;
    let tags = |count: usize| -> Vec<(String, String)> {
        let tag =
            |n| [(format!("Tags.member.{n}.Key"), format!("k{n}")), (format!("Tags.member.{n}.Value"), noise(250))];
        (1..=count).flat_map(tag).collect()
    };
    for (count, status) in [(10, 200), (20, 400)] {
        let tags = tags(count);
        let tags: Vec<(&str, &str)> = tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = get_federation_token(&house, &key("lavish"), "bob", &tags).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status == 200 {
            let (percent, credentials) = (answer.element("PackedPolicySize").parse::<u32>(), answer.credentials());
            assert!(percent.is_ok_and(|percent| (90..=100).contains(&percent)), "{}", answer.body);
            assert!(credentials.token.as_ref().is_some_and(|token| token.len() <= 4_096), "it can be presented");
            assert_eq!(get_caller_identity(&house, &credentials).await.status, 200);
        } else {
            assert_eq!(answer.refusal(), (400, "PackedPolicyTooLarge"));
            assert!(answer.element("Message").starts_with("Packed policy consumes 1"), "{}", answer.body);
            assert_eq!(house.code(&answer).await, "sts.packed-too-large");
        }
    }
    assert_eq!(house.rows("SELECT * FROM role_session").await.len(), 1);
}

#[tokio::test]
async fn no_session_gives_credentials_away_and_a_federated_user_calls_nothing() {
    let house = open().await;
    let session = call(&house, &key("broker"), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await;
    let worn = assume(&house, &key("broker"), &arn(OURS, "Reader"), &[]).await;
    let bob = bob(
        &house,
        &[("Policy", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)],
    )
    .await;
    for by in [session.credentials(), worn.credentials(), bob.clone()] {
        let answer = get_federation_token(&house, &by, "bob", &[]).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"));
        assert_eq!(answer.element("Message"), "Cannot call GetFederationToken with session credentials");
        assert_eq!(house.code(&answer).await, "sts.session-credentials");
    }
    let role = arn(OURS, "Reader");
    for (action, more) in [
        ("AssumeRole", &[("RoleArn", role.as_str()), ("RoleSessionName", "bob")][..]),
        ("GetSessionToken", &[]),
        ("GetAccessKeyInfo", &[("AccessKeyId", bob.id.as_str())]),
        ("DecodeAuthorizationMessage", &[("EncodedMessage", "abc")]),
        ("GetWebIdentityToken", &[("Audience.member.1", "https://app.example"), ("SigningAlgorithm", "RS256")]),
    ] {
        let form = [&[("Action", action), ("Version", "2011-06-15")], more].concat();
        let answer = call(&house, &bob, &form).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{action}");
        assert_eq!(house.code(&answer).await, "sts.session-credentials", "{action}");
        let record = last_record(&house, action).await;
        assert_eq!(
            (&record["userIdentity"]["type"], &record["errorCode"]),
            (&json!("FederatedUser"), &json!("sts.session-credentials"))
        );
    }
    assert_eq!(get_caller_identity(&house, &bob).await.status, 200, "but is told who they are");
    let of_bob = [("Action", "GetAccessKeyInfo"), ("Version", "2011-06-15"), ("AccessKeyId", bob.id.as_str())];
    assert_eq!(call(&house, &key("broker"), &of_bob).await.element("Account"), OURS);
}

#[tokio::test]
async fn the_book_tells_who_gave_what_to_whom() {
    let house = open().await;
    let limits = [
        ("Policy", READ),
        ("PolicyArns.member.1.arn", MANAGED),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "ops"),
    ];
    let bob = bob(&house, &limits).await;
    let given = last_record(&house, "GetFederationToken").await;
    assert_eq!(given["accessKeyId"], bob.id.as_str());
    assert_eq!(
        (&given["userIdentity"]["type"], &given["userIdentity"]["accessKeyId"]),
        (&json!("IAMUser"), &json!(key("broker").id))
    );
    let parameters = json!({
        "name": "bob", "durationSeconds": 43_200, "policy": READ, "policyArns": [{ "arn": MANAGED }], "tags": [{ "key": "team", "value": "ops" }],
    });
    assert_eq!(given["requestParameters"], parameters);
    let elements = json!({
        "credentials": { "accessKeyId": bob.id, "expiration": "2031-01-02T00:00:00Z" },
        "federatedUser": { "federatedUserId": format!("{OURS}:bob"), "arn": federated("bob") },
        "packedPolicySize": given["responseElements"]["packedPolicySize"],
    });
    assert_eq!(given["responseElements"], elements);
    assert_eq!(get_federation_token(&house, &bob, "bob", &[]).await.status, 403);
    let refused = last_record(&house, "GetFederationToken").await;
    let identity = json!({
        "type": "FederatedUser", "principalId": format!("{OURS}:bob"), "arn": federated("bob"), "accountId": OURS,
        "accessKeyId": bob.id,
        "sessionContext": {
            "attributes": { "creationDate": "2031-01-01T12:00:00Z", "mfaAuthenticated": "false" },
            "sessionIssuer": {
                "type": "IAMUser", "principalId": given["userIdentity"]["principalId"],
                "arn": format!("arn:aws:iam::{OURS}:user/broker"), "accountId": OURS, "userName": "broker",
            },
        },
    });
    assert_eq!(refused["userIdentity"], identity);
    let kept = house.rows("SELECT access_key_id, role, principal, subject FROM role_session").await;
    assert_eq!(
        kept,
        [[bob.id.clone(), federated("bob"), federated("bob"), format!("arn:aws:iam::{OURS}:user/broker")]]
    );
    let all = house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await.concat();
    for secret in [SECRET, bob.secret.as_str(), bob.token.as_deref().unwrap_or_default()] {
        assert!(all.iter().all(|text| !text.contains(secret)));
    }
}

/// It ends with the user, and with the key that it was made with, or its secret.
#[tokio::test]
async fn what_was_given_away_ends_with_the_user_and_their_key() {
    let key_line = "access_keys = [{ id = \"AKIAUSECASEBROKERXXX\", secret = { file = \"secret\" } }]";
    let inactive = key_line.replace(" } }]", " }, active = false }]");
    let other = key_line.replace("\"secret\"", "\"other\"");
    let heir = "user/broker\"\naccess";
    for (what, from, to) in [
        ("deactivated", key_line, inactive.as_str()),
        ("another secret", key_line, &other),
        ("the key has gone to another user", heir, "user/heir\"\naccess"),
    ] {
        let house = open().await;
        assert!(key("broker").id == "AKIAUSECASEBROKERXXX", "{}", key("broker").id);
        let bob = bob(&house, &[]).await;
        assert_eq!(get_caller_identity(&house, &bob).await.status, 200);
        let (directory, clock, url) = house.close().await;
        let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the file");
        assert!(text.contains(from), "{text}");
        directory.write("gatehouse.toml", text.replace(from, to));
        directory.write("other", "another/secret/of/the/very/same/key/id/X");
        let house = House::serve(directory, clock, url).await;
        let answer = get_caller_identity(&house, &bob).await;
        assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"), "{what}");
        assert_eq!(house.code(&answer).await, "sts.user-gone", "{what}");
        let book = last_record(&house, "GetCallerIdentity").await;
        assert_eq!(
            (&book["errorCode"], &book["userIdentity"]["accessKeyId"]),
            (&json!("sts.user-gone"), &json!(bob.id))
        );
    }
}

#[tokio::test]
async fn a_changed_byte_of_what_was_given_away_is_refused() {
    let house = open().await;
    let bob = bob(&house, &[]).await;
    let own =
        call(&house, &key("broker"), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await.credentials();
    let token = bob.token.clone().expect("a token");
    let swapped = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    for (what, by, code) in [
        ("secret", Credentials { secret: "x".repeat(40), ..bob.clone() }, "sigv4.mismatch"),
        ("token", Credentials { token: Some(swapped), ..bob.clone() }, "sts.token-does-not-fit"),
        ("the user's own token", Credentials { token: own.token.clone(), ..bob.clone() }, "sts.token-does-not-fit"),
        (
            "its token with the user's own id",
            Credentials { id: own.id.clone(), ..bob.clone() },
            "sts.token-does-not-fit",
        ),
    ] {
        let answer = get_caller_identity(&house, &by).await;
        assert_eq!((answer.status, &*house.code(&answer).await), (403, code), "{what}");
    }
}

/// One of each kind, with everything that it can carry and with nothing that it can lack.
fn sessions() -> Vec<Value> {
    let carried = json!({
        "t": [{"k": "team", "v": "ops", "t": true}], "i": "alice", "s": {"t": "persistent", "q": "x"}, "p": {"d": READ, "m": [MANAGED]},
    });
    let times = json!({ "k": "ASIAABCDEFGHIJKLMNOP", "i": 1, "e": 2 });
    let role = json!({ "r": arn(OURS, "Reader"), "n": "bob", "s": "alice" });
    let user = json!({ "u": format!("arn:aws:iam::{OURS}:user/broker"), "w": "AKIAUSECASEBROKERXXX" });
    let federated = json!({
        "h": "bob", "o": format!("arn:aws:iam::{OURS}:user/broker"), "l": "AKIAUSECASEBROKERXXX", "f": "fingerprint",
    });
    let joined = |parts: &[&Value]| {
        let members = parts.iter().flat_map(|part| part.as_object().expect("an object").clone());
        Value::Object(members.collect())
    };
    vec![
        joined(&[&times, &role]),
        joined(&[&times, &role, &json!({ "p": "provider", "a": ["ASIA"], "c": carried })]),
        joined(&[&times, &user]),
        joined(&[&times, &user, &json!({ "f": "fingerprint", "m": 1, "d": "device" })]),
        joined(&[&times, &federated]),
        joined(&[&times, &federated, &json!({ "c": carried })]),
    ]
}

/// They are told apart by their members alone: none may ever be read as another, in whichever order they are tried.
#[test]
fn no_kind_of_session_is_read_as_another() {
    for (n, session) in sessions().into_iter().enumerate() {
        let is = [
            serde_json::from_value::<RoleSession>(session.clone()).is_ok(),
            serde_json::from_value::<UserSession>(session.clone()).is_ok(),
            serde_json::from_value::<FederatedSession>(session.clone()).is_ok(),
        ];
        let mut only = [false; 3];
        only[n / 2] = true;
        assert_eq!(is, only, "{session}");
        let read = Session::read(session.to_string().as_bytes()).expect("a session");
        let kind = match &read {
            Session::Role(_) => 0,
            Session::User(_) => 1,
            Session::FederatedUser(_) => 2,
        };
        assert_eq!(kind, n / 2, "{session}");
        assert_eq!(serde_json::to_value(&read).expect("JSON"), session, "and nothing is lost on the way");
        let keys = keys_of([7; 32]);
        let token = keys.seals.seal_text(Purpose::SessionToken, session.to_string().as_bytes(), &Random);
        assert_eq!(keys.open(&token), Some(read));
        // A session that lacks what it must have is none at all, and not one of another kind.
        let may_lack = ["pac", "fmd", "c"][n / 2];
        for name in session.as_object().expect("an object").keys().filter(|name| !may_lack.contains(name.as_str())) {
            let mut less = session.clone();
            less.as_object_mut().expect("an object").remove(name);
            assert!(Session::read(less.to_string().as_bytes()).is_none(), "without {name}: {session}");
        }
    }
}
