//! Tags and source identities that callers pass and sessions hand on, through the front door.

use crate::front::sessions;
use crate::front_signed::user;
use crate::house::{Credentials, House, keys_of};
use crate::saml_identity::changed;
use crate::tagged_world::{ALL, arn, asked_for, assume, aws, everything, open, record, role_if, tagger, with_saml};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use gatehouse::ambient::Random;
use gatehouse::sts::Purpose;
use gatehouse::trust::Session;
use serde_json::json;

const TAGS: [(&str, &str); 6] = [
    ("Tags.member.1.Key", "team"),
    ("Tags.member.1.Value", "ops"),
    ("Tags.member.2.Key", "note"),
    ("Tags.member.2.Value", ""),
    ("TransitiveTagKeys.member.1", "team"),
    ("SourceIdentity", "alice"),
];

async fn federated(house: &House) -> Credentials {
    with_saml(house, "1", "Open", &everything()).await.credentials()
}

#[tokio::test]
async fn transitive_tags_and_the_source_identity_go_two_hops_and_further() {
    let house = open().await;
    let first = federated(&house).await;
    let hop = assume(&house, &first, "Open", &[]).await;
    assert_eq!(hop.element("SourceIdentity"), "alice");
    let written = record(&house, &hop).await;
    let expected = json!({
        "roleArn": arn("Open"), "incomingTransitiveTags": { "team": "ops" }, "transitiveTagKeys": ["team"],
        "sourceIdentity": "alice",
    });
    assert_eq!(asked_for(&written), expected, "Cost:Centre/1 is not transitive");
    let hop = assume(&house, &hop.credentials(), "Open", &[("SourceIdentity", "alice")]).await;
    assert_eq!(hop.element("SourceIdentity"), "alice");
    for role in ["Worn", "Source", "Team"] {
        let answer = assume(&house, &hop.credentials(), role, &[]).await;
        assert_eq!(answer.status, 200, "{role}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_caller_passes_tags_and_a_source_identity() {
    let house = open().await;
    let answer = assume(&house, &tagger(), "Team", &TAGS).await;
    assert_eq!((answer.element("SourceIdentity"), answer.element("PackedPolicySize")), ("alice", "1"));
    let expected = json!({
        "roleArn": arn("Team"),
        "tags": [{ "key": "team", "value": "ops" }, { "key": "note", "value": "" }],
        "transitiveTagKeys": ["team"],
        "sourceIdentity": "alice",
    });
    assert_eq!(asked_for(&record(&house, &answer).await), expected);
    assert_eq!(assume(&house, &tagger(), "First", &TAGS).await.status, 200);
    // sts:SourceIdentity is there in the request that sets it, aws:SourceIdentity from then on.
    let session = answer.credentials();
    assert_eq!(house.code(&assume(&house, &session, "First", &[]).await).await, "trust.no-statement-allows");
    assert_eq!(assume(&house, &session, "Source", &[]).await.status, 200);
    assert_eq!(assume(&house, &session, "Worn", &[]).await.status, 200);
}

/// Each row: who asks for which role with what, the answer's status, code and words, and the reason.
#[tokio::test]
async fn what_may_not_be_passed_is_refused() {
    let house = open().await;
    let session = federated(&house).await;
    let tag = |key| [("Tags.member.1.Key", key), ("Tags.member.1.Value", "dev")];
    let denied = (403, "AccessDenied");
    let invalid = (400, "ValidationError");
    let (other, identity) = ([("SourceIdentity", "bob")], [("SourceIdentity", "alice")]);
    let rows = [
        (&session, "Open", &tag("team")[..], invalid, "team", "trust.tag-inherited"),
        (&session, "Open", &tag("TEAM"), invalid, "team", "trust.tag-inherited"),
        (&session, "Open", &other, denied, "sts:SetSourceIdentity on", "trust.source-identity-fixed"),
        // What is inherited needs to be allowed as what is passed does.
        (&session, "Untagged", &[], denied, "sts:TagSession on", "trust.tag-session-not-allowed"),
        (&session, "Unsourced", &[], denied, "sts:SetSourceIdentity on", "trust.set-source-identity-not-allowed"),
        (&tagger(), "Untagged", &tag("team"), denied, "sts:TagSession on", "trust.tag-session-not-allowed"),
        (
            &tagger(),
            "Unsourced",
            &identity,
            denied,
            "sts:SetSourceIdentity on",
            "trust.set-source-identity-not-allowed",
        ),
        (&tagger(), "Team", &tag("team"), denied, "sts:AssumeRole on", "trust.no-statement-allows"),
        // This user's own policy allows sts:AssumeRole on Admin alone.
        (&user(), "Admin", &tag("team"), denied, "sts:TagSession on", "trust.tag-session-not-allowed"),
        (
            &user(),
            "Open",
            &[],
            denied,
            "no identity-based policy allows the sts:AssumeRole",
            "trust.caller-not-allowed",
        ),
    ];
    for (by, role, more, refusal, words, code) in rows {
        let answer = assume(&house, by, role, more).await;
        assert_eq!(answer.refusal(), refusal, "{role} {more:?}");
        assert_eq!(house.code(&answer).await, code, "{role} {more:?}");
        assert!(answer.element("Message").contains(words), "{}", answer.body);
    }
    assert_eq!(sessions(&house).await, 1, "the federated one");
    // A tag that did not come along may be passed anew, in any spelling.
    assert_eq!(assume(&house, &session, "Open", &tag("cost:centre/1")).await.status, 200);
}

#[tokio::test]
async fn the_callers_own_policies_speak_of_tags_and_source_identity_too() {
    let more = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/plain"
access_keys = [{ id = "AKIAIOSFODNN7PLAINXX", secret = { file = "tagger-secret" } }]
policies = [{ name = "assume", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}' }]
"#;
    let config = crate::tagged_world::config() + more;
    let house = House::open(crate::saml_identity::NOW, &crate::tagged_world::all_files(), |_| config).await;
    let plain = Credentials { id: "AKIAIOSFODNN7PLAINXX".into(), ..tagger() };
    for (more, action) in [(&TAGS[..2], "sts:TagSession"), (&TAGS[5..], "sts:SetSourceIdentity")] {
        let answer = assume(&house, &plain, "Open", more).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"));
        assert_eq!(house.code(&answer).await, "trust.caller-not-allowed");
        let why = format!(
            "{action} on resource: {} because no identity-based policy allows the {action} action",
            arn("Open")
        );
        assert!(answer.element("Message").contains(&why), "{}", answer.body);
    }
    assert_eq!(assume(&house, &plain, "Open", &[]).await.status, 200);
}

#[tokio::test]
async fn parameters_that_are_no_tags_are_told() {
    let house = open().await;
    let long = "k".repeat(129);
    let value = "v".repeat(257);
    let numbered: Vec<(String, String)> = (1..=51)
        .flat_map(|n| {
            [(format!("Tags.member.{n}.Key"), format!("k{n}")), (format!("Tags.member.{n}.Value"), "v".into())]
        })
        .collect();
    let many: Vec<(&str, &str)> = numbered.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (key, other) = ("Tags.member.1.Key", "Tags.member.2.Key");
    let (first, second) = (("Tags.member.1.Value", "v"), ("Tags.member.2.Value", "v"));
    let rows = [
        (vec![(key, ""), first], "tags"),
        (vec![(key, &long), first], "tags"),
        (vec![(key, "a*"), first], "tags"),
        (vec![(key, "aws:a"), first], "tags"),
        (vec![(key, "a"), ("Tags.member.1.Value", &value)], "tags"),
        (vec![(key, "a"), first, (other, "A"), second], "case insensitive"),
        (vec![(key, "a")], "Value null at 'tags.1.member.value'"),
        (vec![first], "Value null at 'tags.1.member.key'"),
        (vec![(other, "a"), second], "Tags.member.2"),
        (vec![("Tags", "a")], "Tags"),
        (vec![("TransitiveTagKeys.member.1", "a")], "transitiveTagKeys"),
        (vec![(key, "a"), first, ("TransitiveTagKeys.member.1", "b")], "transitiveTagKeys"),
        (vec![("SourceIdentity", "a")], "sourceIdentity"),
        (vec![("SourceIdentity", "aws:alice")], "sourceIdentity"),
        (many.clone(), "less than or equal to 50"),
    ];
    for (more, words) in rows {
        let answer = assume(&house, &tagger(), "Open", &more).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{more:?}");
        assert!(answer.element("Message").contains(words), "{more:?}: {}", answer.body);
    }
    assert_eq!(sessions(&house).await, 0);
    assert_eq!(assume(&house, &tagger(), "Open", &many[..100]).await.status, 200, "fifty are well");
}

/// Text that nothing can be saved on.
pub(crate) fn noise(length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("random bytes");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
}

#[tokio::test]
async fn tags_that_do_not_fit_are_refused_and_the_largest_are_named() {
    let house = open().await;
    let tags = |count: usize, value: &dyn Fn() -> String| -> String {
        (0..count).map(|n| aws(&format!("PrincipalTag:tag-{n}"), &[&value()])).collect()
    };
    let too_large =
        with_saml(&house, "1", "Open", &(tags(20, &|| noise(240)) + &aws("PrincipalTag:big", &[&noise(256)]))).await;
    assert_eq!(too_large.refusal(), (400, "PackedPolicyTooLarge"));
    let message = too_large.element("Message");
    assert!(message.starts_with("Packed policy consumes ") && message.contains("% of allotted space"), "{message}");
    assert_eq!(house.code(&too_large).await, "sts.packed-too-large");
    let steps = house.trace(&too_large.request_id).await;
    let received = steps.last().and_then(|step| step.received.as_deref()).unwrap();
    assert!(received.contains(" %: big (259 bytes), tag-1"), "{received}");
    assert_eq!(sessions(&house).await, 0);
    // Fifty of the longest kind that say little, and as many as there is room for that say much: both can be presented.
    let plain = with_saml(&house, "2", "Open", &tags(50, &|| "ä".repeat(256))).await;
    let full = with_saml(&house, "3", "Open", &(tags(10, &|| noise(250)) + &aws("SourceIdentity", &["alice"]))).await;
    let size: u32 = full.element("PackedPolicySize").parse().unwrap();
    assert!((90..=100).contains(&size), "{size}");
    for answer in [plain, full] {
        let session = answer.credentials();
        let length = session.token.as_deref().map_or(0, str::len);
        assert!(length <= 4_096, "{length}");
        assert_eq!(crate::front_signed::get_caller_identity(&house, &session).await.status, 200);
    }
}

#[test]
fn a_token_from_before_there_were_tags_still_opens() {
    let keys = keys_of([7; 32]);
    let plain = br#"{"k":"ASIAABCDEFGHIJKLMNOP","r":"arn:aws:iam::111122223333:role/Admin","n":"alice","i":1,"e":2,"s":"alice"}"#;
    let token = keys.seals.seal_text(Purpose::SessionToken, plain, &Random);
    let Some(Session::Role(session)) = keys.open(&token) else { panic!("a role's session") };
    assert!(session.carried.is_empty());
    assert_eq!(serde_json::to_vec(&session).unwrap(), plain, "and without them nothing is longer");
}

#[test]
fn a_token_of_another_version_is_read_as_far_as_it_is_known() {
    let keys = keys_of([7; 32]);
    let begins = r#"{"k":"ASIAABCDEFGHIJKLMNOP","r":"arn:aws:iam::111122223333:role/Admin","n":"alice","i":1,"e":2,"s":"alice","#;
    let open = |carried: &str| {
        let plain = format!(r#"{begins}"c":{carried}}}"#);
        let token = keys.seals.seal_text(Purpose::SessionToken, plain.as_bytes(), &Random);
        let Some(Session::Role(session)) = keys.open(&token) else { panic!("a role's session: {plain}") };
        (plain, session)
    };
    let (plain, session) = open(r#"{"i":"alice","o":{"amr":["pwd"],"aud":"web","id":"7"}}"#);
    assert_eq!(serde_json::to_string(&session).unwrap(), plain);
    let (_, later) = open(r#"{"i":"alice","o":{"amr":["pwd"],"aud":"web","id":"7"},"z":{"a":[1]}}"#);
    assert_eq!(later, session, "what a later version adds is read over");
    assert!(open(r#"{"i":"alice"}"#).1.carried.token.is_none());
}

/// Whoever may assume one of these roles assumed it by its tags; all of them are tagged `Env = "dev"`.
fn tagged(name: &str, key: &str, env: &str) -> String {
    let role = role_if(name, ALL, &format!(r#""StringEquals":{{"{key}":"{env}"}}"#));
    changed(&role, "trust =", "tags = { Env = \"dev\", floor = \"2\" }\ntrust =")
}

/// Each row: what the session is tagged with. Whatever it hands on, the role is tagged as its owner tagged it, or whoever set
/// the tag would be let in by `aws:ResourceTag/env` = `${aws:PrincipalTag/env}` everywhere.
#[tokio::test]
async fn no_inherited_tag_stands_for_the_roles_own() {
    let roles = [
        tagged("Dev", "aws:ResourceTag/env", "dev"),
        tagged("Prod", "aws:ResourceTag/ENV", "prod"),
        tagged("ProdToo", "iam:ResourceTag/env", "prod"),
        tagged("Alike", "aws:ResourceTag/env", "${aws:PrincipalTag/env}"),
    ];
    let config = crate::tagged_world::config() + &roles.concat();
    let house = House::open(crate::saml_identity::NOW, &crate::tagged_world::all_files(), |_| config).await;
    let tag = [("Tags.member.1.Key", "ENV"), ("Tags.member.1.Value", "prod")];
    let transitive = [&tag[..], &[("TransitiveTagKeys.member.1", "ENV")]].concat();
    let plain = assume(&house, &tagger(), "Open", &tag).await.credentials();
    let heir = assume(&house, &tagger(), "Open", &transitive).await.credentials();
    for (what, by) in [("a user", &tagger()), ("a session with a tag of its own", &plain), ("an heir's", &heir)] {
        for (name, fits) in [("Dev", true), ("Prod", false), ("ProdToo", false), ("Alike", false)] {
            let answer = assume(&house, by, name, &[]).await;
            let refused = answer.status == 403 && house.code(&answer).await == "trust.no-statement-allows";
            assert_eq!((answer.status == 200, refused), (fits, !fits), "{what}, {name}: {}", answer.body);
        }
    }
}
