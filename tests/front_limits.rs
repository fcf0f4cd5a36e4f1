//! What a session may do at most: its role's boundary, and the session policies that it was begun with.

use crate::house::{Address, Answer, Credentials, House};
use crate::saml_identity::{NOW, changed};
use crate::tagged_world::{all_files, arn, asked_for, assume, config, everything, record, tagger, with_saml};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Random;
use serde_json::json;

const ASSUME_ANYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
const ONLY_TEAM: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/Target"}}"#;
const SILENT: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"s3:prefix":"home/*"}}}}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/env":"production"}}}]}"#;

/// Roles that a user may assume: one that may do everything, the same within boundaries; and roles that these may assume,
/// because their account is named, their role, or their session.
async fn open() -> House {
    let wearer = |name: &str, more: &str| {
        format!(
            "[[role]]\narn = \"{}\"\ntrust = {{ json = '{}' }}\npolicies = [{{ name = \"all\", json = '{ASSUME_ANYTHING}' }}]\n{more}\n",
            arn(name),
            trust(r#"{"AWS":"arn:aws:iam::111122223333:user/tagger"}"#),
        )
    };
    let target = |name: &str, principal: &str, more: &str| {
        format!("[[role]]\narn = \"{}\"\ntrust = {{ json = '{}' }}\n{more}\n", arn(name), trust(principal))
    };
    let boundary = |document: &str| format!("boundary = {{ json = '{document}' }}\n");
    let roles = [
        wearer("Free", "tags = { env = \"production\", team = \"ops\" }"),
        wearer("Bounded", &boundary(SILENT)),
        wearer("Denied", &boundary(DENY)),
        target("Target", r#"{"AWS":"111122223333"}"#, "tags = { env = \"production\" }"),
        target("Other", r#"{"AWS":"111122223333"}"#, ""),
        target("NamesRole", &format!(r#"{{"AWS":["{}","{}"]}}"#, arn("Free"), arn("Bounded")), ""),
        target(
            "NamesSession",
            r#"{"AWS":["arn:aws:sts::111122223333:assumed-role/Free/worker","arn:aws:sts::111122223333:assumed-role/Bounded/worker"]}"#,
            "",
        ),
        format!(
            "[[policy]]\narn = \"arn:aws:iam::111122223333:policy/Target\"\ndocument = {{ json = '{ONLY_TEAM}' }}\n"
        ),
    ];
    let all = format!("{}{}", config(), roles.concat());
    House::open(NOW, &all_files(), |_: &Address| all.clone()).await
}

fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
    )
}

async fn wearing(house: &House, role: &str, more: &[(&str, &str)]) -> Credentials {
    assume(house, &tagger(), role, more).await.credentials()
}

/// Each row: the session, and which of the four roles it may assume.
#[tokio::test]
async fn limits_take_away_and_never_give() {
    let house = open().await;
    let managed = ("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:policy/Target");
    let targets = ["Target", "Other", "NamesRole", "NamesSession"];
    for (what, role, limits, may) in [
        ("no limit", "Free", &[][..], [true, true, true, true]),
        // A resource that names the session itself lets it in past limits; one that names the role does not.
        ("boundary is silent", "Bounded", &[], [false, false, false, true]),
        ("boundary denies by the role's tag", "Denied", &[], [false, true, false, false]),
        ("session policy is silent", "Free", &[("Policy", SILENT)], [false, false, false, true]),
        ("session policy allows one", "Free", &[("Policy", ONLY_TEAM)], [true, false, false, true]),
        ("so does a managed one", "Free", &[managed], [true, false, false, true]),
        ("either of them is enough", "Free", &[("Policy", SILENT), managed], [true, false, false, true]),
        ("session policy denies", "Free", &[("Policy", DENY), managed], [false, true, true, true]),
        (
            "session policy cannot widen a boundary",
            "Bounded",
            &[("Policy", ASSUME_ANYTHING)],
            [false, false, false, true],
        ),
    ] {
        let session = wearing(&house, role, limits).await;
        for (target, may) in targets.into_iter().zip(may) {
            let answer = assume(&house, &session, target, &[]).await;
            assert_eq!(answer.status == 200, may, "{what}: {target}: {}", answer.body);
            if !may && target != "NamesSession" {
                let code = house.code(&answer).await;
                let silent_trust = role == "Denied" && target == "NamesRole";
                let expected = if silent_trust { "trust.no-statement-allows" } else { "trust.caller-not-allowed" };
                assert_eq!(code, expected, "{what}: {target}");
            }
        }
    }
}

/// They end with the session: what is assumed with it is limited by its own role only.
#[tokio::test]
async fn limits_are_not_handed_on() {
    let house = open().await;
    let limited = wearing(&house, "Free", &[("Policy", ONLY_TEAM)]).await;
    assert_eq!(assume(&house, &limited, "Other", &[]).await.status, 403);
    let answer = assume(&house, &wearing(&house, "Free", &[]).await, "Target", &[]).await;
    assert!(!answer.body.contains("PackedPolicySize"), "{}", answer.body);
}

/// What limited a session must not be lost with the role or the policy that said it: it would open what was shut.
#[tokio::test]
async fn what_is_gone_opens_nothing() {
    let house = open().await;
    let allow = ("Policy", ASSUME_ANYTHING);
    let managed = ("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:policy/Target");
    let (worn, limited) = (wearing(&house, "Bounded", &[]).await, wearing(&house, "Free", &[allow, managed]).await);
    assert_eq!(assume(&house, &worn, "NamesSession", &[]).await.status, 200);
    assert_eq!(assume(&house, &worn, "NamesRole", &[]).await.status, 403);
    assert_eq!(assume(&house, &limited, "Other", &[]).await.status, 200);
    let (directory, clock, public_url) = house.close().await;
    let written = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the configuration");
    let without =
        changed(&changed(&written, "role/Bounded\"\n", "role/Renamed\"\n"), "policy/Target\"\n", "policy/Renamed\"\n");
    directory.write("gatehouse.toml", without);
    let house = House::serve(directory, clock, public_url).await;
    for (session, target) in
        [(&worn, "NamesSession"), (&worn, "NamesRole"), (&limited, "Other"), (&limited, "NamesSession")]
    {
        let answer = assume(&house, session, target, &[]).await;
        assert_eq!(house.code(&answer).await, "trust.caller-not-allowed", "{target}: {}", answer.body);
    }
}

#[tokio::test]
async fn papers_can_be_limited_too() {
    let house = open().await;
    let paper = crate::tagged_world::asserting(&house, "1", "Open", &everything());
    let form = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", &*arn("Open")),
        ("PrincipalArn", crate::front::CORP),
        ("SAMLAssertion", &paper),
        ("Policy", SILENT),
    ];
    let answer = house.post("/", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(assume(&house, &answer.credentials(), "Open", &[]).await.status, 403);
    let unlimited = with_saml(&house, "2", "Open", &everything()).await.credentials();
    assert_eq!(assume(&house, &unlimited, "Open", &[]).await.status, 200);
}

#[tokio::test]
async fn limits_are_on_record_and_take_up_room() {
    let house = open().await;
    let managed = "arn:aws:iam::111122223333:policy/Target";
    let limits = [("Policy", ONLY_TEAM), ("PolicyArns.member.1.arn", managed)];
    let answer = assume(&house, &tagger(), "Free", &limits).await;
    let packed: u32 = answer.element("PackedPolicySize").parse().expect("a number");
    assert!((5..15).contains(&packed), "{packed}");
    let written = record(&house, &answer).await;
    let expected = json!({ "roleArn": arn("Free"), "policy": ONLY_TEAM, "policyArns": [{ "arn": managed }] });
    assert_eq!(asked_for(&written), expected);
}

/// Each row: the parameters, the answer, the code and what the sentence names.
#[tokio::test]
async fn what_is_no_limit_is_refused() {
    let house = open().await;
    let wide = |n: usize| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Sid":"{}"}}}}"#,
            "a".repeat(n)
        )
    };
    let (long, sid) = (wide(2_000), wide(129));
    let malformed = (400, "MalformedPolicyDocument");
    let invalid = (400, "ValidationError");
    let eleven: Vec<(String, String)> = (1..=11)
        .map(|n| (format!("PolicyArns.member.{n}.arn"), "arn:aws:iam::111122223333:policy/Target".into()))
        .collect();
    let eleven: Vec<(&str, &str)> = eleven.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (what, limits, refusal, code, named) in [
        ("not JSON", &[("Policy", "{")][..], malformed, "sts.malformed-policy", "not JSON"),
        ("a mistake", &[("Policy", &sid)], malformed, "sts.malformed-policy", "Statement.Sid"),
        ("a principal", &[("Policy", &trust("\"*\""))], malformed, "sts.malformed-policy", "Principal"),
        (
            "a misspelt key",
            &[("Policy", &SILENT.replace("s3:prefix", "aws:prefix"))],
            malformed,
            "sts.malformed-policy",
            "aws:prefix",
        ),
        ("empty", &[("Policy", "")], invalid, "sts.parameters", "length between 1 and 2048"),
        ("too long", &[("Policy", &long)], invalid, "sts.parameters", "length between 1 and 2048"),
        (
            "no ARN",
            &[("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:policies/X")],
            invalid,
            "sts.parameters",
            "policies/X is invalid",
        ),
        (
            "unknown",
            &[("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:policy/None")],
            invalid,
            "sts.no-such-policy",
            "policy/None",
        ),
        (
            "of AWS",
            &[("PolicyArns.member.1.arn", "arn:aws:iam::222233334444:policy/Target")],
            invalid,
            "sts.no-such-policy",
            "222233334444",
        ),
        ("eleven", &eleven, invalid, "sts.parameters", "less than or equal to 10"),
    ] {
        let answer: Answer = assume(&house, &tagger(), "Free", limits).await;
        assert_eq!(answer.refusal(), refusal, "{what}: {}", answer.body);
        assert!(answer.element("Message").contains(named), "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
    }
}

#[tokio::test]
async fn policies_and_tags_share_the_room() {
    let house = open().await;
    // Letters by chance: six bits each, whatever compresses them.
    let noise = URL_SAFE_NO_PAD.encode(Random.bytes::<2_600>());
    let (policy, tag) = noise.split_at(1_900);
    let policy = format!(r#"{{"Statement":{{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::{policy}"}}}}"#);
    let tags: Vec<String> = tag.as_bytes().chunks(250).map(|chunk| String::from_utf8_lossy(chunk).into()).collect();
    let names: Vec<[String; 2]> =
        (1..=tags.len()).map(|n| ["Key", "Value"].map(|part| format!("Tags.member.{n}.{part}"))).collect();
    let keys: Vec<String> = (1..=tags.len()).map(|n| format!("k{n}")).collect();
    let mut heavy = vec![("Policy", policy.as_str())];
    for ((names, key), value) in names.iter().zip(&keys).zip(&tags) {
        heavy.extend([(names[0].as_str(), key.as_str()), (names[1].as_str(), value.as_str())]);
    }
    let answer = assume(&house, &tagger(), "Open", &heavy).await;
    assert_eq!(answer.refusal(), (400, "PackedPolicyTooLarge"), "{}", answer.body);
    assert!(answer.element("Message").contains("% of allotted space"), "{}", answer.body);
    let written = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await;
    assert!(written[0][0].contains("the largest are Policy ("), "{}", written[0][0]);
}

/// A role's tags are worn by its sessions; a session's own tag of the same key goes before it.
#[tokio::test]
async fn sessions_wear_the_tags_of_their_role() {
    let house = open().await;
    assert_eq!(assume(&house, &wearing(&house, "Free", &[]).await, "Worn", &[]).await.status, 200);
    let other = [("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "dev")];
    let tagged = assume(&house, &tagger(), "Open", &other).await.credentials();
    assert_eq!(house.code(&assume(&house, &tagged, "Worn", &[]).await).await, "trust.no-statement-allows");
    // They stay with the role: what is assumed from it wears those of its own.
    let next = assume(&house, &wearing(&house, "Free", &[]).await, "Open", &[]).await.credentials();
    assert_eq!(house.code(&assume(&house, &next, "Worn", &[]).await).await, "trust.no-statement-allows");
}
