//! The Query API as such: what every request must be, and what every answer is, whatever the action.

use crate::front::{ADMIN, CORP, USER, admin, good, open, sessions};
use crate::front_signed::{call, call_with, get_caller_identity, hex, mac, sha256, user};
use crate::house::{Answer, Credentials, FORM, House, encoded};
use crate::saml_identity::changed;
use gatehouse::words::basic;
use reqwest::Method;
use time::Duration;

const VERSION: (&str, &str) = ("Version", "2011-06-15");

/// Sends the action's good form with one parameter set to this, or without it.
async fn with(house: &House, action: &str, name: &str, value: Option<&str>) -> Answer {
    let role = [("RoleArn", ADMIN), ("RoleSessionName", "worker")];
    let good: Vec<(&str, &str)> = match action {
        "AssumeRole" => role.to_vec(),
        "AssumeRoleWithSAML" => vec![("RoleArn", ADMIN), ("PrincipalArn", CORP), ("SAMLAssertion", "aaaa")],
        "AssumeRoleWithWebIdentity" => [&role[..], &[("WebIdentityToken", "aaaa")]].concat(),
        "GetFederationToken" => vec![("Name", "bob")],
        "GetAccessKeyInfo" => vec![("AccessKeyId", USER.0)],
        "DecodeAuthorizationMessage" => vec![("EncodedMessage", "aaaa")],
        _ => Vec::new(),
    };
    let rest = good.into_iter().filter(|(other, _)| *other != name);
    let form: Vec<(&str, &str)> = [("Action", action), VERSION].into_iter().chain(rest).collect();
    let form: Vec<(&str, &str)> = form.into_iter().chain(value.map(|value| (name, value))).collect();
    call(house, &user(), &form).await
}

/// Each row: the action, one of its parameters, what that must not be, and how it is told. The bounds are those of the
/// service's model.
#[tokio::test]
async fn every_parameter_keeps_to_its_bounds() {
    let house = open("").await;
    let long = |length: usize| "a".repeat(length);
    let arn = |length: usize| format!("arn:aws:iam::111122223333:role/{}", "a".repeat(length - 31));
    let (arn_short, arn_long) = ("arn:aws:iam::1:role".to_owned(), arn(2_049));
    let (null, bounds) = ("Member must not be null", "Member must have length between");
    let pattern = "Member must satisfy";
    let roles = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];
    let mut rows: Vec<(&str, &str, Option<String>, &str)> = Vec::new();
    for action in roles {
        rows.extend([
            (action, "RoleArn", None, null),
            (action, "RoleArn", Some(String::new()), null),
            (action, "RoleArn", Some(arn_short.clone()), "length between 20 and 2048"),
            (action, "RoleArn", Some(arn_long.clone()), "length between 20 and 2048"),
            (action, "RoleArn", Some("arn:aws:iam::111122223333:user/Admin".into()), "is invalid"),
            (action, "RoleArn", Some(format!("{ADMIN}*")), "is invalid"),
        ]);
    }
    for action in ["AssumeRole", "AssumeRoleWithWebIdentity"] {
        rows.extend([
            (action, "RoleSessionName", None, null),
            (action, "RoleSessionName", Some(long(1)), "greater than or equal to 2"),
            (action, "RoleSessionName", Some(long(65)), "less than or equal to 64"),
            (action, "RoleSessionName", Some("a b".into()), pattern),
        ]);
    }
    for (action, most) in roles
        .map(|action| (action, "43200"))
        .into_iter()
        .chain([("GetSessionToken", "129600"), ("GetFederationToken", "129600")])
    {
        let above = (most.parse::<i64>().expect("a number") + 1).to_string();
        rows.extend([
            (action, "DurationSeconds", Some("899".into()), "greater than or equal to 900"),
            (action, "DurationSeconds", Some("0".into()), "greater than or equal to 900"),
            (action, "DurationSeconds", Some(above), "less than or equal to"),
            (action, "DurationSeconds", Some("-900".into()), "must be a whole number from 900 to"),
            (action, "DurationSeconds", Some("+900".into()), "must be a whole number from 900 to"),
            (action, "DurationSeconds", Some("900.0".into()), "must be a whole number from 900 to"),
            (action, "DurationSeconds", Some("99999999999999999999".into()), "less than or equal to"),
            (action, "MinimumSessionTokenSize", Some("4097".into()), "between 0 and 4096"),
            (action, "MinimumSessionTokenSize", Some("-1".into()), "between 0 and 4096"),
        ]);
    }
    for action in roles.into_iter().chain(["GetFederationToken"]) {
        rows.extend([
            (action, "Policy", Some(String::new()), "length between 1 and 2048"),
            (action, "Policy", Some(long(2_049)), "length between 1 and 2048"),
            (action, "Policy", Some("{\"Version\":\"2012-10-17\u{1}\"}".into()), pattern),
            (action, "Policy", Some("{\"Sid\":\"\u{100}\"}".into()), pattern),
            (action, "PolicyArns.member.1.arn", Some("arn:aws:iam::1:policy".into()), "is invalid"),
            (action, "PolicyArns.member.1.arn", Some("arn".into()), "length between 20 and 2048"),
            (action, "PolicyArns.member.1.arn", Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into()), "is AWS's own"),
            (
                action,
                "PolicyArns.member.2.arn",
                Some("arn:aws:iam::111122223333:policy/Read".into()),
                "out of sequence",
            ),
        ]);
    }
    rows.extend([
        ("AssumeRole", "ExternalId", Some(long(1)), bounds),
        ("AssumeRole", "ExternalId", Some(long(1_225)), bounds),
        ("AssumeRole", "ExternalId", Some("a b".into()), pattern),
        ("AssumeRole", "SerialNumber", Some(long(8)), bounds),
        ("AssumeRole", "SerialNumber", Some(long(257)), bounds),
        ("AssumeRole", "TokenCode", Some("12345".into()), pattern),
        ("AssumeRole", "TokenCode", Some("12345a".into()), pattern),
        ("AssumeRole", "SourceIdentity", Some("a".into()), pattern),
        ("AssumeRole", "SourceIdentity", Some("aws:a".into()), pattern),
        ("AssumeRole", "SourceIdentity", Some(long(65)), pattern),
        ("GetSessionToken", "SerialNumber", Some("a serial number".into()), pattern),
        ("AssumeRoleWithSAML", "PrincipalArn", None, null),
        ("AssumeRoleWithSAML", "PrincipalArn", Some(format!("{ADMIN}/corp")), "is invalid"),
        ("AssumeRoleWithSAML", "SAMLAssertion", None, null),
        ("AssumeRoleWithSAML", "SAMLAssertion", Some(long(3)), bounds),
        ("AssumeRoleWithSAML", "SAMLAssertion", Some(long(100_001)), bounds),
        ("AssumeRoleWithWebIdentity", "WebIdentityToken", None, null),
        ("AssumeRoleWithWebIdentity", "WebIdentityToken", Some(long(3)), bounds),
        ("AssumeRoleWithWebIdentity", "WebIdentityToken", Some(long(20_001)), bounds),
        ("AssumeRoleWithWebIdentity", "ProviderId", Some(long(3)), bounds),
        ("AssumeRoleWithWebIdentity", "ProviderId", Some(long(2_049)), bounds),
        ("GetAccessKeyInfo", "AccessKeyId", None, null),
        ("GetAccessKeyInfo", "AccessKeyId", Some(long(15)), bounds),
        ("GetAccessKeyInfo", "AccessKeyId", Some(long(129)), bounds),
        ("DecodeAuthorizationMessage", "EncodedMessage", None, null),
        ("DecodeAuthorizationMessage", "EncodedMessage", Some(long(10_241)), bounds),
    ]);
    for (action, name, value, told) in rows {
        let answer = with(&house, action, name, value.as_deref()).await;
        let shown: String = value.unwrap_or_default().chars().take(60).collect();
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{action} {name}={shown}: {}", answer.body);
        let message = answer.element("Message");
        assert!(message.starts_with("1 validation error detected: "), "{action} {name}={shown}: {message}");
        assert!(message.contains(told), "{action} {name}={shown}: {message}");
        assert_eq!(house.code(&answer).await, "sts.parameters", "{action} {name}={shown}");
        // Of strangers' refusals a hundred a minute are kept whole.
        house.clock.advance(Duration::MINUTE);
    }
    let two = call(&house, &user(), &[("Action", "AssumeRole"), VERSION, ("DurationSeconds", "1")]).await;
    let told = "3 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; Value null at 'roleSessionName'";
    assert!(two.element("Message").starts_with(told), "all at once: {}", two.body);
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn an_action_is_named_exactly_and_of_this_version() {
    let house = open("").await;
    for (action, version, told) in [
        ("getcalleridentity", "2011-06-15", "Could not find operation getcalleridentity for version 2011-06-15"),
        ("GetCallerIdentity ", "2011-06-15", "Could not find operation GetCallerIdentity  for version 2011-06-15"),
        ("GetCallerIdentity", "2010-05-08", "Could not find operation GetCallerIdentity for version 2010-05-08"),
        ("GetCallerIdentity", "2011-06-15 ", "Could not find operation GetCallerIdentity for version 2011-06-15 "),
        ("AssumeRoot", "2011-06-15", "Could not find operation AssumeRoot for version 2011-06-15"),
        (
            "GetDelegatedAccessToken",
            "2011-06-15",
            "Could not find operation GetDelegatedAccessToken for version 2011-06-15",
        ),
        ("<b>&", "2011-06-15", "Could not find operation &lt;b&gt;&amp; for version 2011-06-15"),
    ] {
        let form = [("Action", action), ("Version", version)];
        let path = format!("/?{}", encoded(&form));
        for answer in [call(&house, &user(), &form).await, house.post("/", &form).await, house.get(&path).await] {
            assert_eq!((answer.refusal(), answer.element("Message")), ((400, "InvalidAction"), told), "{action}");
        }
    }
}

/// The answer's id is its trace's, in the header and in the body, whatever came of the request.
#[tokio::test]
async fn every_answer_has_its_request_id_and_is_kept_by_nobody() {
    let house = open("").await;
    let anonymous = [("Action", "GetCallerIdentity"), VERSION];
    let too_long = house.client.post(house.url("/")).header("content-type", FORM).body("a".repeat(300 * 1024));
    let elsewhere = house.client.get(house.url("/?Action=a")).header("host", "other.example");
    let rows = [
        (get_caller_identity(&house, &user()).await, 200),
        (house.post("/", &anonymous).await, 403),
        (house.get("/?Action=GetCallerIdentity").await, 403),
        (house.post("/", &[]).await, 400),
        (house.post("/?a=b", &anonymous).await, 400),
        (house.get("/?Action=%FF").await, 400),
        (house.post("/", &[("Action", "Nothing")]).await, 400),
        (house.post("/", &[anonymous[0], anonymous[0]]).await, 400),
        (Answer::of(too_long.send().await.expect("an answer")).await, 413),
        (Answer::of(elsewhere.send().await.expect("an answer")).await, 421),
        (Answer::of(house.client.head(house.url("/?Action=a")).send().await.expect("an answer")).await, 405),
        (Answer::of(house.client.put(house.url("/")).send().await.expect("an answer")).await, 405),
    ];
    let mut ids = std::collections::BTreeSet::new();
    for (answer, status) in rows {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.headers["cache-control"], "no-store", "{status}");
        assert_eq!((answer.request_id.len(), ids.insert(answer.request_id.clone())), (36, true), "{status}");
        if status != 405 {
            assert_eq!(answer.element("RequestId"), answer.request_id, "{status}");
            assert_eq!(answer.headers["content-type"], "text/xml", "{status}");
        }
    }
}

#[tokio::test]
async fn answers_and_refusals_have_the_shape_that_sdks_read() {
    let house = open("").await;
    let answer = get_caller_identity(&house, &user()).await;
    let (id, user_id) = (&answer.request_id, answer.element("UserId"));
    let shape = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::111122223333:user/ops</Arn><UserId>{user_id}</UserId><Account>111122223333</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    assert_eq!(answer.body, shape);
    let refused = house.post("/", &[("Action", "GetCallerIdentity"), VERSION]).await;
    let id = &refused.request_id;
    let shape = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
    );
    assert_eq!(refused.body, shape);
    let given = with(&house, "AssumeRole", "Policy", None).await;
    for absent in ["SourceIdentity", "PackedPolicySize", "<Tags"] {
        assert!(!given.body.contains(absent), "what is not there is not said: {}", given.body);
    }
    let echoed = with(&house, "AssumeRole", "RoleSessionName", Some("</Message><b>&\"")).await;
    assert!(echoed.body.contains("Value '&lt;/Message&gt;&lt;b&gt;&amp;&quot;' at"), "{}", echoed.body);
}

/// A link that somebody wrote by hand does what a form does; what asks for nothing but the head makes nothing.
#[tokio::test]
async fn a_get_acts_as_a_post_does_and_a_head_does_not_act() {
    let house = open("").await;
    let link = |assertion: &str| {
        let form = [
            ("SAMLAssertion", assertion),
            ("RoleArn", ADMIN),
            ("PrincipalArn", CORP),
            VERSION,
            ("Action", "AssumeRoleWithSAML"),
        ];
        house.url(&format!("/?{}", encoded(&form)))
    };
    let assertion = good(&house, "1");
    for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = house.client.request(method.clone(), link(&assertion)).send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), sessions(&house).await), (405, 0), "{method}");
        let allowed = answer.headers()["allow"].to_str().expect("text").to_owned();
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{method}: {allowed}");
    }
    let answer = Answer::of(house.client.get(link(&assertion)).send().await.expect("an answer")).await;
    assert_eq!(get_caller_identity(&house, &answer.credentials()).await.status, 200, "{}", answer.body);
    let head = house.client.head(house.url("/")).send().await.expect("an answer");
    assert_eq!(head.status().as_u16(), 302, "a browser may ask where the console is");
}

#[tokio::test]
async fn parameters_are_read_one_way_only() {
    let house = open("").await;
    let post = async |kind: &str, body: &str| {
        let request = house.client.post(house.url("/")).header("content-type", kind).body(body.to_owned());
        Answer::of(request.send().await.expect("an answer")).await
    };
    let (good, form) = ("Action=GetCallerIdentity&Version=2011-06-15", "application/x-www-form-urlencoded");
    let (full, crowded) = (format!("{good}{}", "&".repeat(998)), format!("{good}{}", "&".repeat(999)));
    for (kind, body) in
        [(form, good), (form, &full), (FORM, good), ("Application/X-WWW-Form-Urlencoded;Charset=\"UTF-8\"", good)]
    {
        assert_eq!(post(kind, body).await.refusal(), (403, "MissingAuthenticationToken"), "{kind}: it was read");
    }
    for (what, kind, body, code) in [
        ("another charset", "application/x-www-form-urlencoded; charset=utf-16", good, "MalformedQueryString"),
        ("plain text", "text/plain", good, "MalformedQueryString"),
        ("several parts", "multipart/form-data; boundary=x", good, "MalformedQueryString"),
        ("JSON", "application/json", "{\"Action\":\"GetCallerIdentity\"}", "MalformedQueryString"),
        ("a broken escape", form, "Action=%4", "MalformedQueryString"),
        ("overlong UTF-8", form, "Action=%C0%80", "MalformedQueryString"),
        ("raw UTF-8", form, "Action=ä", "MalformedQueryString"),
        ("more than a thousand pairs", form, &*crowded, "MalformedQueryString"),
        ("twice the same", form, "Action=GetCallerIdentity&Action=GetCallerIdentity", "InvalidQueryParameter"),
        ("twice, once escaped", form, "Action=GetCallerIdentity&%41ction=AssumeRole", "InvalidQueryParameter"),
        (
            "twice the version",
            form,
            "Action=GetCallerIdentity&Version=2011-06-15&Version=2011-06-15",
            "InvalidQueryParameter",
        ),
    ] {
        assert_eq!(post(kind, body).await.refusal(), (400, code), "{what}");
    }
    let stray = with(&house, "AssumeRole", "Nonsense", Some("1")).await;
    assert_eq!((stray.refusal(), &*house.code(&stray).await), ((400, "ValidationError"), "sts.parameter-not-acted-on"));
    let many: Vec<(String, String)> = (0..400).map(|n| (format!("a{n}"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(house.post("/", &many).await.refusal(), (400, "MissingAction"), "as many as are read");
    assert_eq!(house.post("/", &[&many[..], &[("a", "")]].concat()).await.refusal(), (400, "InvalidQueryParameter"));
}

/// As Vault's login has it: what was signed for one server, by a header of its own, is worth nothing at another.
#[tokio::test]
async fn further_headers_that_were_signed_must_come_as_they_were() {
    let house = open("").await;
    let form = [("Action", "GetCallerIdentity"), VERSION];
    let (name, vault) = ("x-vault-aws-iam-server-id", "vault.example.com");
    for by in [user(), admin(&house, "1").await] {
        let answer = call_with(&house, &by, &form, &[(name, vault, Some(vault))]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for (sent, code) in [
            (Some("other.example.com"), "sigv4.mismatch"),
            (Some("Vault.example.com"), "sigv4.mismatch"),
            (Some(""), "sigv4.mismatch"),
            (None, "sigv4.signed-header-absent"),
        ] {
            let answer = call_with(&house, &by, &form, &[(name, vault, sent)]).await;
            assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch"), "{sent:?}");
            assert_eq!(house.code(&answer).await, code, "{sent:?}");
        }
    }
}

/// A link that tells whoever opens it who signed it.
fn presigned(house: &House, by: &Credentials, expires: Option<&str>) -> String {
    let (date, host) = (basic(house.clock.now()), house.public_url.split_once("//").unwrap().1);
    let escape = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let scope = format!("{}/eu-west-1/sts/aws4_request", &date[..8]);
    let credential = escape(&format!("{}/{scope}", by.id));
    let token = by.token.iter().map(|token| format!("&X-Amz-Security-Token={}", escape(token))).collect::<String>();
    let expires = expires.map(|expires| format!("&X-Amz-Expires={expires}")).unwrap_or_default();
    let query = format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}{expires}{token}&X-Amz-SignedHeaders=host"
    );
    // Sorted by its names, as it must be signed.
    let mut sorted: Vec<&str> = query.split('&').collect();
    sorted.sort_unstable();
    let canonical = format!("GET\n/\n{}\nhost:{host}\n\nhost\n{}", sorted.join("&"), sha256(b""));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let key = scope.split('/').fold(format!("AWS4{}", by.secret).into_bytes(), |key, part| mac(&key, part.as_bytes()));
    format!("/?{query}&X-Amz-Signature={}", hex(&mac(&key, to_sign.as_bytes())))
}

/// A link is good for a quarter of an hour from its signing, whatever it says itself and if it says nothing, and then for
/// nobody. What it says is signed all the same.
#[tokio::test]
async fn a_presigned_link_lives_a_quarter_of_an_hour() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let said = ["1", "60", "604800", "0", "604801", "-1", "1e3", ""].map(Some);
    let links: Vec<String> = said
        .into_iter()
        .chain([None])
        .flat_map(|expires| [presigned(&house, &user(), expires), presigned(&house, &session, expires)])
        .collect();
    house.clock.advance(Duration::minutes(15));
    for link in &links {
        assert_eq!(house.get(link).await.status, 200, "{link}");
    }
    house.clock.advance(Duration::SECOND);
    for link in &links {
        let answer = house.get(link).await;
        assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch"));
        assert!(answer.element("Message").starts_with("Signature expired: 20310101T120000Z is now earlier than"));
    }
    let link = presigned(&house, &user(), Some("60"));
    assert_eq!(house.get(&link).await.status, 200);
    for changed in ["&X-Amz-Expires=61", "&X-Amz-Expires=", ""] {
        let answer = house.get(&link.replacen("&X-Amz-Expires=60", changed, 1)).await;
        assert_eq!((answer.status, &*house.code(&answer).await), (403, "sigv4.mismatch"), "{changed}");
    }
}

/// Of a token no more than 4,096 characters are looked at.
#[tokio::test]
async fn a_longer_token_is_none() {
    let house = open("").await;
    let given = with(&house, "AssumeRole", "MinimumSessionTokenSize", Some("4096")).await;
    let longest = given.credentials();
    assert_eq!(longest.token.as_ref().map(String::len), Some(4_096));
    assert_eq!(get_caller_identity(&house, &longest).await.status, 200);
    let token = longest.token.clone().expect("a token");
    for (token, code) in
        [(format!("{token}A"), "sigv4.session-token-form"), (token[..4_095].to_owned(), "sts.token-does-not-fit")]
    {
        let answer = get_caller_identity(&house, &Credentials { token: Some(token), ..longest.clone() }).await;
        assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
        assert_eq!(house.code(&answer).await, code);
    }
    let other = changed(&longest.id, "ASIA", "AKIA");
    let answer = get_caller_identity(&house, &Credentials { id: other, ..longest }).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
}
