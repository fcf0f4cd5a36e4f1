//! AssumeRoleWithSAML through the front door. A refused case differs from the good one in exactly the attack.

use crate::audit_keeping::until;
use crate::front::{
    ADMIN, CLOSED, CORP, WORLD, admin, assume_with_saml, field, files, good, in_both_accounts, open, sessions, unsigned,
};
use crate::house::{Address, Answer, FORM, House, idp_metadata};
use crate::saml_identity::{NOW, RSA, STRANGER, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::Duration;

#[tokio::test]
async fn an_assertion_becomes_credentials_with_a_record_of_it() {
    let house = open("").await;
    let answer = assume_with_saml(&house, ADMIN, &good(&house, "1")).await;
    let credentials = answer.credentials();
    assert!(credentials.id.starts_with("ASIA") && credentials.id.len() == 20, "{}", credentials.id);
    assert_eq!(credentials.secret.len(), 40);
    assert!(credentials.token.as_deref().is_some_and(|token| token.len() < 1_200));
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    assert_eq!(answer.element("Expiration"), "2031-01-01T13:00:00Z");
    assert_eq!(answer.element("Subject"), "alice@example.com");
    assert_eq!(answer.element("SubjectType"), "persistent");
    assert_eq!(answer.element("Audience"), house.url("/saml/acs"));
    assert_eq!(answer.element("RequestId"), answer.request_id);
    let audit = house.rows("SELECT record FROM audit").await;
    assert_eq!(audit.len(), 1);
    let record: serde_json::Value = serde_json::from_str(&audit[0][0]).unwrap();
    assert_eq!(record["accessKeyId"], credentials.id);
    assert_eq!(record["requestID"], answer.request_id);
    assert_eq!(record["userIdentity"]["paper"]["assertionID"], "_assertion-1");
    let steps = house.trace(&answer.request_id).await;
    for check in ["saml.preflight", "saml.signature", "saml.audience", "trust.policy"] {
        assert!(steps.iter().any(|step| step.check.starts_with(check)), "{check} is not in {steps:#?}");
    }
}

#[tokio::test]
async fn one_assertion_serves_once_for_each_role_and_on_one_surface() {
    let house = open("").await;
    let paper = field(&in_both_accounts(&house, "1"), "1");
    let guest = [
        ("RoleArn", "arn:aws:iam::444455556666:role/Guest"),
        ("PrincipalArn", "arn:aws:iam::444455556666:saml-provider/corp"),
        ("SAMLAssertion", paper.as_str()),
    ];
    assert_eq!(assume_with_saml(&house, ADMIN, &paper).await.status, 200);
    assert_eq!(house.sts("AssumeRoleWithSAML", &guest).await.status, 200);
    let again = assume_with_saml(&house, ADMIN, &paper).await;
    refused(&house, &again, 400, "InvalidIdentityToken", "sts.replayed").await;
    let at_the_acs = house.post("/saml/acs", &[("SAMLResponse", &paper)]).await;
    assert_eq!(at_the_acs.status, 403);
    assert_eq!(house.code(&at_the_acs).await, "sts.replayed");
    assert_eq!(sessions(&house).await, 2);
    let denied = house.rows("SELECT record FROM audit WHERE record LIKE '%sts.replayed%'").await;
    assert_eq!(denied.len(), 2, "the denials of a verified principal are in the book");
}

#[tokio::test]
async fn with_api_redemption_once_the_second_role_is_a_replay() {
    let house = open("\n[saml]\napi_redemption = \"once\"\n").await;
    let paper = field(&in_both_accounts(&house, "1"), "1");
    assert_eq!(assume_with_saml(&house, ADMIN, &paper).await.status, 200);
    let guest = [
        ("RoleArn", "arn:aws:iam::444455556666:role/Guest"),
        ("PrincipalArn", "arn:aws:iam::444455556666:saml-provider/corp"),
        ("SAMLAssertion", paper.as_str()),
    ];
    refused(&house, &house.sts("AssumeRoleWithSAML", &guest).await, 400, "InvalidIdentityToken", "sts.replayed").await;
}

#[tokio::test]
async fn sixteen_at_once_redeem_an_assertion_once() {
    let house = open("").await;
    let paper = good(&house, "1");
    let calls = (0..16).map(|_| {
        let request = house.client.post(house.url("/")).header("content-type", FORM);
        let form = [
            ("Action", "AssumeRoleWithSAML"),
            ("Version", "2011-06-15"),
            ("RoleArn", ADMIN),
            ("PrincipalArn", CORP),
            ("SAMLAssertion", &paper),
        ];
        tokio::spawn(request.body(crate::house::encoded(&form)).send())
    });
    let mut granted = 0;
    for call in calls.collect::<Vec<_>>() {
        granted += usize::from(call.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!((granted, sessions(&house).await), (1, 1));
}

#[tokio::test]
async fn a_restart_forgets_no_redemption_and_no_key() {
    let house = open("").await;
    let paper = good(&house, "1");
    let credentials = assume_with_saml(&house, ADMIN, &paper).await.credentials();
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    refused(&house, &assume_with_saml(&house, ADMIN, &paper).await, 400, "InvalidIdentityToken", "sts.replayed").await;
    let who = crate::front_signed::get_caller_identity(&house, &credentials).await;
    assert_eq!(who.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
}

/// Each row: what is changed before or after signing, and how it is refused.
#[tokio::test]
async fn what_is_not_right_becomes_nothing() {
    let house = open("").await;
    let plain = unsigned(&house, "1");
    let before = |from: &str, to: &str| field(&changed(&plain, from, to), "1");
    let after = |from: &str, to: &str| {
        STANDARD.encode(changed(&sign(&plain, "_assertion-1", &crate::saml_identity::RSA), from, to))
    };
    let acs = house.url("/saml/acs");
    let audience = format!("<saml:Audience>{}", house.url("/saml/metadata"));
    let rows = [
        ("unsigned", STANDARD.encode(&plain), "InvalidIdentityToken", "saml.unsigned"),
        (
            "wrong key",
            STANDARD.encode(sign(&plain, "_assertion-1", &STRANGER)),
            "InvalidIdentityToken",
            "saml.signature",
        ),
        ("changed after signing", after(">ops<", ">admins<"), "InvalidIdentityToken", "saml.signature"),
        (
            "wrong audience",
            before(&audience, "<saml:Audience>https://other.example"),
            "InvalidIdentityToken",
            "saml.audience",
        ),
        (
            "wrong recipient",
            before(&format!("Recipient=\"{acs}"), "Recipient=\"https://other.example"),
            "InvalidIdentityToken",
            "saml.recipient",
        ),
        (
            "expired",
            before("NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T11:58:30Z\""),
            "ExpiredTokenException",
            "saml.expired",
        ),
        ("not base64", "%%%%".to_owned(), "InvalidIdentityToken", "saml.base64"),
        ("not XML", STANDARD.encode("<samlp:Response"), "InvalidIdentityToken", "saml.malformed"),
        ("status", before("status:Success", "status:Responder"), "InvalidIdentityToken", "saml.status"),
        (
            "unknown issuer",
            before("https://idp.example/metadata", "https://stranger.example"),
            "InvalidIdentityToken",
            "saml.unknown-issuer",
        ),
        (
            "bad session name",
            before("alice@example.com</saml:AttributeValue>", "a b</saml:AttributeValue>"),
            "InvalidIdentityToken",
            "trust.bad-session-name",
        ),
        (
            "no session name",
            before("Attributes/RoleSessionName", "Attributes/Else"),
            "InvalidIdentityToken",
            "trust.no-session-name",
        ),
    ];
    for (what, paper, code, reason) in rows {
        let answer = assume_with_saml(&house, ADMIN, &paper).await;
        assert_eq!(answer.refusal(), (400, code), "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, reason, "{what}");
    }
    assert_eq!(sessions(&house).await, 0);
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "1")).await.status, 200, "the good one, unchanged");
}

/// Its signature holds, so nobody is sent to look for what is wrong with that.
#[tokio::test]
async fn what_is_signed_and_not_understood_is_no_matter_of_the_signature() {
    let house = open("").await;
    for (number, (from, to, reason)) in [
        ("</saml:Conditions>", "<saml:Condition/></saml:Conditions>", "saml.unexpected-element"),
        ("</saml:AttributeStatement>", "text</saml:AttributeStatement>", "saml.unexpected-text"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        let paper = field(&changed(&unsigned(&house, &id), from, to), &id);
        let answer = assume_with_saml(&house, ADMIN, &paper).await;
        refused(&house, &answer, 400, "InvalidIdentityToken", reason).await;
        assert_eq!(answer.element("Message"), "Invalid SAMLResponse document");
    }
}

#[tokio::test]
async fn who_is_known_but_not_entitled_is_denied_and_recorded() {
    let house = open("").await;
    let unlisted = assume_with_saml(&house, CLOSED, &good(&house, "1")).await;
    refused(&house, &unlisted, 403, "AccessDenied", "trust.role-not-given").await;
    let both = changed(&unsigned(&house, "2"), "role/Admin,", "role/Closed,");
    let untrusted = assume_with_saml(&house, CLOSED, &field(&both, "2")).await;
    refused(&house, &untrusted, 403, "AccessDenied", "trust.no-statement-allows").await;
    let ghost = "arn:aws:iam::111122223333:role/Ghost";
    let missing = changed(&unsigned(&house, "3"), "role/Admin,", "role/Ghost,");
    let missing = assume_with_saml(&house, ghost, &field(&missing, "3")).await;
    refused(&house, &missing, 403, "AccessDenied", "trust.no-such-role").await;
    assert_eq!(untrusted.element("Message"), missing.element("Message"), "an absent role looks like a closed one");
    let nearest = house.trace(&untrusted.request_id).await;
    let nearest = nearest.iter().find_map(|step| step.sentence.clone()).unwrap();
    assert!(nearest.contains("saml:sub") && nearest.contains("nobody"), "{nearest}");
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 3);
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn the_provider_of_the_request_is_the_one_whose_key_signed() {
    let mut files = files();
    files.push(("other.xml", idp_metadata("https://other.example", "https://other.example/sso", &[&RSA.certificate])));
    let other = "\n[[provider]]\nname = \"other\"\naccount = \"111122223333\"\nkind = \"saml\"\nmetadata = { file = \"other.xml\" }\n";
    let house = House::open(NOW, &files, |_: &Address| format!("{WORLD}{other}")).await;
    let paper = good(&house, "1");
    for (name, sentence, code) in [
        ("other", "Issuer not present in specified provider", "saml.other-provider"),
        ("none", "Specified provider doesn't exist", "saml.no-such-provider"),
    ] {
        let arn = format!("arn:aws:iam::111122223333:saml-provider/{name}");
        let all = [("RoleArn", ADMIN), ("PrincipalArn", arn.as_str()), ("SAMLAssertion", paper.as_str())];
        let answer = house.sts("AssumeRoleWithSAML", &all).await;
        refused(&house, &answer, 400, "InvalidIdentityToken", code).await;
        assert_eq!(answer.element("Message").replace("&#39;", "'"), sentence);
    }
    // The pair names the same role by the other account's provider: that is not this provider's to give.
    let crossed = changed(
        &unsigned(&house, "2"),
        ",arn:aws:iam::111122223333:saml-provider/corp",
        ",arn:aws:iam::444455556666:saml-provider/corp",
    );
    refused(
        &house,
        &assume_with_saml(&house, ADMIN, &field(&crossed, "2")).await,
        403,
        "AccessDenied",
        "trust.no-role-given",
    )
    .await;
}

#[tokio::test]
async fn an_assertion_must_be_redeemed_within_five_minutes() {
    let house = open("").await;
    let long = changed(
        &unsigned(&house, "1"),
        "NotOnOrAfter=\"2031-01-01T12:05:00Z\"",
        "NotOnOrAfter=\"2031-01-01T18:00:00Z\"",
    );
    let long = changed(&long, "NotOnOrAfter=\"2031-01-01T12:04:00Z\"", "NotOnOrAfter=\"2031-01-01T18:00:00Z\"");
    house.clock.advance(Duration::minutes(6));
    let late = assume_with_saml(&house, ADMIN, &field(&long, "1")).await;
    refused(&house, &late, 400, "ExpiredTokenException", "saml.issued-too-long-ago").await;
}

#[tokio::test]
async fn durations_are_kept_to() {
    let house = open("").await;
    for (asked, expected) in [
        ("900", Ok("2031-01-01T12:15:00Z")),
        ("7200", Ok("2031-01-01T14:00:00Z")),
        ("7201", Err("ValidationError")),
        ("899", Err("ValidationError")),
        ("43201", Err("ValidationError")),
        ("1e3", Err("ValidationError")),
    ] {
        let paper = good(&house, &format!("a{asked}"));
        let form =
            [("RoleArn", ADMIN), ("PrincipalArn", CORP), ("SAMLAssertion", paper.as_str()), ("DurationSeconds", asked)];
        let answer = house.sts("AssumeRoleWithSAML", &form).await;
        match expected {
            Ok(end) => assert_eq!(answer.element("Expiration"), end, "{asked}"),
            Err(code) => assert_eq!(answer.refusal(), (400, code), "{asked}: {}", answer.body),
        }
    }
    // The identity provider's own session is the outer limit of every credential.
    let short = changed(
        &unsigned(&house, "s"),
        "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"",
        "SessionNotOnOrAfter=\"2031-01-01T12:10:00Z\"",
    );
    let answer = assume_with_saml(&house, ADMIN, &field(&short, "s")).await;
    assert_eq!(answer.element("Expiration"), "2031-01-01T12:10:00Z");
}

#[tokio::test]
async fn a_request_that_is_no_request_is_told_so() {
    let house = open("").await;
    let rows: [(&str, &[(&str, &str)], (u16, &str)); 7] = [
        ("no action", &[("Version", "2011-06-15")], (400, "MissingAction")),
        ("unknown action", &[("Action", "MakeMeRoot")], (400, "InvalidAction")),
        (
            "action twice",
            &[("Action", "AssumeRoleWithSAML"), ("Action", "GetCallerIdentity")],
            (400, "InvalidQueryParameter"),
        ),
        ("nothing else", &[("Action", "AssumeRoleWithSAML")], (400, "ValidationError")),
        (
            "another action's parameter",
            &[
                ("Action", "AssumeRoleWithSAML"),
                ("RoleArn", ADMIN),
                ("PrincipalArn", CORP),
                ("SAMLAssertion", "aaaa"),
                ("ExternalId", "vendor"),
            ],
            (400, "ValidationError"),
        ),
        ("unsigned", &[("Action", "GetCallerIdentity")], (403, "MissingAuthenticationToken")),
        (
            "anonymous",
            &[("Action", "AssumeRole"), ("RoleArn", ADMIN), ("RoleSessionName", "me")],
            (403, "MissingAuthenticationToken"),
        ),
    ];
    for (what, form, expected) in rows {
        let answer = house.post("/", form).await;
        assert_eq!(answer.refusal(), expected, "{what}: {}", answer.body);
    }
    let json =
        house.client.post(house.url("/")).header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(Answer::of(json).await.refusal(), (400, "MalformedQueryString"));
    let both = house.post("/?Action=GetCallerIdentity", &[("Action", "AssumeRole")]).await;
    assert_eq!(both.refusal(), (400, "InvalidParameterCombination"));
    let browser = house.get("/").await;
    assert_eq!((browser.status, browser.location.as_deref()), (302, Some("/console")));
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn ten_megabytes_are_not_read() {
    let house = open("").await;
    let announced = "Content-Length: 10485760\r\n\r\n".to_owned();
    let streamed = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n", 300 * 1024, "a".repeat(300 * 1024));
    for (path, body) in [("/", &announced), ("/", &streamed), ("/saml/acs", &announced), ("/saml/acs", &streamed)] {
        let answer = raw(&house, &format!("POST {path} HTTP/1.1\r\nHost: @\r\nContent-Type: {FORM}\r\n{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(path != "/" || answer.contains("<Code>RequestEntityTooLarge</Code>"), "{answer}");
    }
}

/// Sends bytes as they are (`@` is the house's host) and reads until an answer with its headers and some body is there.
async fn raw(house: &House, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = house.public_url.split_once("//").unwrap().1;
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    // The house may stop reading before all is written.
    let _ = stream.write_all(request.replacen('@', host, 1).as_bytes()).await;
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n") || answer.ends_with("\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => answer.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => break,
        }
    }
    answer
}

#[tokio::test]
async fn strangers_are_counted_and_not_written_down_one_by_one() {
    let house = open("").await;
    for _ in 0..150 {
        assume_with_saml(&house, ADMIN, "bm90IHhtbA==").await;
    }
    admin(&house, "1").await;
    until(&house, "SELECT sum(count) FROM refusal", "150").await;
    assert_eq!(house.rows("SELECT code FROM refusal").await.len(), 1);
    assert_eq!(house.rows("SELECT id FROM trace WHERE outcome = 'refuse'").await.len(), 100);
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 1);
}

#[tokio::test]
async fn another_host_is_misdirected() {
    let house = open("").await;
    let elsewhere = house
        .client
        .post(house.url("/"))
        .header("host", "evil.test")
        .header("content-type", FORM)
        .body("Action=GetCallerIdentity");
    let answer = Answer::of(elsewhere.send().await.unwrap()).await;
    assert_eq!(answer.refusal(), (421, "MisdirectedRequest"));
    assert!(answer.element("Message").contains(&house.public_url));
    let health = house.client.get(house.url("/healthz")).header("host", "evil.test").send().await.unwrap();
    assert_eq!(health.status(), 200);
}

async fn refused(house: &House, answer: &Answer, status: u16, code: &str, reason: &str) {
    assert_eq!(answer.refusal(), (status, code), "{}", answer.body);
    assert_eq!(house.code(answer).await, reason);
}
