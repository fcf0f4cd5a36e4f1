//! Tags, source identity and attributes of assertions, through the front door.

use crate::front::{CORP, sessions};
use crate::front_signed::get_caller_identity;
use crate::house::{Address, Browser, House, hidden};
use crate::saml_identity::NOW;
use crate::tagged_world::{
    all_files, arn, asked_for, asserting, assume, attribute, aws, config, everything, open, open_tls, record, with_saml,
};
use serde_json::json;

#[tokio::test]
async fn an_assertion_gives_its_session_tags_and_a_source_identity() {
    let house = open().await;
    let answer = with_saml(&house, "1", "Open", &everything()).await;
    let credentials = answer.credentials();
    assert_eq!(answer.element("SourceIdentity"), "alice");
    assert_eq!(answer.element("PackedPolicySize"), "2");
    assert!(get_caller_identity(&house, &credentials).await.status == 200);
    let written = record(&house, &answer).await;
    let expected = json!({
        "roleArn": arn("Open"),
        "principalTags": { "team": "ops", "Cost:Centre/1": "Zürich 42" },
        "transitiveTagKeys": ["team"],
        "sourceIdentity": "alice",
    });
    assert_eq!(asked_for(&written), expected);
    let steps = house.trace(&answer.request_id).await;
    let received = |check: &str| steps.iter().find(|s| s.check == check).and_then(|s| s.received.clone()).expect(check);
    assert_eq!(received("trust.tags"), "team (transitive), Cost:Centre/1");
    assert_eq!(received("trust.source-identity"), "alice");
    assert!(!serde_json::to_string(&steps).unwrap().contains("Zürich"), "values are claims");
}

#[tokio::test]
async fn without_them_nothing_is_said_and_nothing_asked() {
    let house = open().await;
    let answer = with_saml(&house, "1", "Untagged", "").await;
    assert_eq!(answer.status, 200, "neither sts:TagSession nor sts:SetSourceIdentity is needed: {}", answer.body);
    assert!(!answer.body.contains("SourceIdentity") && !answer.body.contains("PackedPolicySize"), "{}", answer.body);
    assert_eq!(asked_for(&record(&house, &answer).await), json!({ "roleArn": arn("Untagged") }));
    // Nothing of another's session is in this one.
    for (role, key) in [("Worn", "tag"), ("Source", "source identity")] {
        let denied = assume(&house, &answer.credentials(), role, &[]).await;
        assert_eq!(house.code(&denied).await, "trust.no-statement-allows", "{key}");
    }
}

/// Each row: what the assertion carries, and how it is refused.
#[tokio::test]
async fn what_is_no_tag_and_no_source_identity_is_refused() {
    let house = open().await;
    let tag = |key: &str, value: &str| aws(&format!("PrincipalTag:{key}"), &[value]);
    let many: String = (0..51).map(|n| tag(&format!("k{n}"), "v")).collect();
    let long = |length: usize| "ä".repeat(length);
    let rows = [
        ("no value", aws("PrincipalTag:team", &[]), "saml.tag-value"),
        ("two values", aws("PrincipalTag:team", &["a", "b"]), "saml.tag-value"),
        ("a tag twice", tag("team", "a") + &tag("team", "a"), "saml.tag-value"),
        ("long value", tag("team", &long(257)), "saml.tag-value"),
        ("value with a bracket", tag("team", "a(b"), "saml.tag-value"),
        ("value with a line break", tag("team", "a&#10;b"), "saml.tag-value"),
        ("no key", tag("", "a"), "saml.tag-key"),
        ("long key", tag(&long(129), "a"), "saml.tag-key"),
        ("key with a star", tag("te*m", "a"), "saml.tag-key"),
        ("reserved key", tag("aws:team", "a"), "saml.tag-key"),
        ("reserved key in capitals", tag("AWS:team", "a"), "saml.tag-key"),
        ("the same key in capitals", tag("team", "a") + &tag("Team", "b"), "saml.tag-repeated"),
        ("the same key in Greek capitals", tag("ομάδα", "a") + &tag("ΟΜΆΔΑ", "b"), "saml.tag-repeated"),
        ("51 tags", many, "saml.too-many-tags"),
        (
            "a transitive key without a tag",
            tag("team", "a") + &aws("TransitiveTagKeys", &["project"]),
            "saml.transitive-tag-key",
        ),
        ("short source identity", aws("SourceIdentity", &["a"]), "saml.source-identity"),
        ("long source identity", aws("SourceIdentity", &[&"a".repeat(65)]), "saml.source-identity"),
        ("source identity with a blank", aws("SourceIdentity", &["ali ce"]), "saml.source-identity"),
        ("reserved source identity", aws("SourceIdentity", &["aws:alice"]), "saml.source-identity"),
        ("two source identities", aws("SourceIdentity", &["alice", "bob"]), "saml.source-identity"),
    ];
    for (index, (what, attributes, code)) in rows.iter().enumerate() {
        let answer = with_saml(&house, &index.to_string(), "Open", attributes).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, *code, "{what}");
    }
    let message = with_saml(&house, "m", "Open", &aws("SourceIdentity", &["a"])).await;
    let told = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with &quot;aws:&quot;";
    assert_eq!(message.element("Message"), told);
    assert_eq!(sessions(&house).await, 0);
    // One step back from each bound, all is well.
    let fifty: String = (0..48).map(|n| tag(&format!("k{n}"), "v")).collect();
    let best = fifty + &tag(&long(128), "") + &tag("v", &long(256)) + &aws("SourceIdentity", &[&"a".repeat(64)]);
    assert_eq!(with_saml(&house, "good", "Open", &best).await.status, 200);
}

#[tokio::test]
async fn the_trust_policy_must_allow_tags_and_source_identity_as_well() {
    let house = open().await;
    let identity = aws("SourceIdentity", &["alice"]);
    for (id, role, attributes, code) in [
        ("1", "Untagged", everything(), "trust.tag-session-not-allowed"),
        ("2", "Unsourced", everything(), "trust.set-source-identity-not-allowed"),
        ("3", "Unsourced", identity.clone(), "trust.set-source-identity-not-allowed"),
        ("4", "Team", aws("PrincipalTag:team", &["dev"]), "trust.no-statement-allows"),
        ("5", "AWSReservedSSO_Admin_0123456789abcdef", String::new(), "trust.reserved-role"),
    ] {
        let answer = with_saml(&house, id, role, &attributes).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{role}");
        assert_eq!(answer.element("Message"), "Not authorized to perform sts:AssumeRoleWithSAML", "{role}");
        assert_eq!(house.code(&answer).await, code, "{role}");
    }
    assert_eq!(sessions(&house).await, 0);
    assert_eq!(house.rows("SELECT record FROM audit WHERE record LIKE '%errorCode%'").await.len(), 5);
    for (id, role, attributes) in
        [("6", "Untagged", identity), ("7", "Team", everything()), ("8", "First", everything())]
    {
        assert_eq!(with_saml(&house, id, role, &attributes).await.status, 200, "{role}");
    }
}

#[tokio::test]
async fn attributes_that_aws_knows_decide_a_trust_policy() {
    let house = open().await;
    const PRINCIPAL_NAME: &str = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6";
    let alice = attribute(PRINCIPAL_NAME, &["alice@uni.example"]);
    let answer = with_saml(&house, "1", "Scholar", &alice).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for (id, attributes) in [
        ("2", attribute(PRINCIPAL_NAME, &["mallory@uni.example"])),
        ("3", attribute(PRINCIPAL_NAME, &["mallory@uni.example", "alice@uni.example"])),
        ("4", attribute("eduPersonPrincipalName", &["alice@uni.example"])),
        ("5", attribute("saml:eduPersonPrincipalName", &["alice@uni.example"])),
        ("6", String::new()),
    ] {
        let answer = with_saml(&house, id, "Scholar", &attributes).await;
        assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{attributes}");
    }
    // Later requests of the session know it no more; the subject they know.
    let session = answer.credentials();
    let denied = assume(&house, &session, "Scholar", &[]).await;
    assert_eq!(house.code(&denied).await, "trust.no-statement-allows");
    let hop = assume(&house, &session, "Sub", &[]).await;
    assert_eq!(hop.status, 200, "{}", hop.body);
    let second = assume(&house, &hop.credentials(), "Sub", &[]).await;
    assert_eq!(house.code(&second).await, "trust.no-statement-allows", "the session behind it did not come by SAML");
}

/// A session policy reads what the session keeps of the assertion; by what is gone nobody may write one.
#[tokio::test]
async fn a_session_policy_reads_what_is_kept_of_the_assertion() {
    let house = open().await;
    let limited = async |id: &str, key: &str, value: &str| {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:*","Resource":"*"}},{{"Effect":"Deny","Action":"sts:*","Resource":"*","Condition":{{"ForAnyValue:StringEquals":{{"{key}":"{value}"}}}}}}]}}"#
        );
        let (role, paper) = (arn("Open"), asserting(&house, id, "Open", ""));
        let form = [("RoleArn", &*role), ("PrincipalArn", CORP), ("SAMLAssertion", &paper), ("Policy", &policy)];
        house.sts("AssumeRoleWithSAML", &form).await
    };
    let first = with_saml(&house, "first", "Open", "").await;
    for (key, value) in [
        ("saml:sub", "alice@example.com"),
        ("SAML:sub_type", "persistent"),
        ("saml:namequalifier", first.element("NameQualifier")),
    ] {
        let session = limited(&format!("its-{}", key.len()), key, value).await.credentials();
        let denied = assume(&house, &session, "Open", &[]).await;
        assert_eq!(house.code(&denied).await, "trust.caller-not-allowed", "{key}");
        let session = limited(&format!("not-its-{}", key.len()), key, "other").await.credentials();
        assert_eq!(assume(&house, &session, "Open", &[]).await.status, 200, "{key}");
    }
    for key in ["saml:aud", "saml:iss", "saml:doc", "saml:mail"] {
        let refused = limited(&key[5..], key, "x").await;
        assert_eq!(refused.refusal(), (400, "MalformedPolicyDocument"), "{key}");
        assert_eq!(house.code(&refused).await, "sts.malformed-policy", "{key}");
        assert!(
            refused.element("Message").contains("(saml:sub, saml:sub_type and saml:namequalifier remain)"),
            "{key}"
        );
    }
}

#[tokio::test]
async fn lists_of_attributes_and_keys_satisfy_set_operators() {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"ForAnyValue:StringEquals":{"saml:CN":"staff"},"ForAllValues:StringEquals":{"aws:TagKeys":["team","project"]}}}]}"#;
    let more = format!("\n[[role]]\narn = \"{}\"\ntrust = {{ json = '{trust}' }}\n", arn("Lists"));
    let house = House::open(NOW, &all_files(), |_: &Address| config() + &more).await;
    let cn = |values: &[&str]| attribute("urn:oid:2.5.4.3", values);
    let tag = |key: &str| aws(&format!("PrincipalTag:{key}"), &["x"]);
    for (id, attributes, allowed) in [
        ("1", cn(&["guests", "staff"]), true),
        ("2", cn(&["staff"]) + &tag("team") + &tag("project"), true),
        ("3", cn(&["guests"]), false),
        ("4", String::new(), false),
        // The plain OID is another key.
        ("5", attribute("2.5.4.3", &["staff"]), false),
        ("6", cn(&["staff"]) + &tag("team") + &tag("other"), false),
    ] {
        let answer = with_saml(&house, id, "Lists", &attributes).await;
        assert_eq!(answer.status == 200, allowed, "{id}: {}", answer.body);
    }
}

/// AWS uses one of two attributes that mean the same key and does not say which; here it is the first.
#[tokio::test]
async fn of_two_attributes_for_one_key_the_first_counts() {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML","Condition":{"ForAnyValue:StringEquals":{"saml:mail":"alice@example.com"}}}]}"#;
    let more = format!("\n[[role]]\narn = \"{}\"\ntrust = {{ json = '{trust}' }}\n", arn("Mail"));
    let house = House::open(NOW, &all_files(), |_: &Address| config() + &more).await;
    let oid = |mail: &str| attribute("urn:oid:0.9.2342.19200300.100.1.3", &[mail]);
    let claim = |mail: &str| attribute("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", &[mail]);
    for (id, attributes, allowed) in [
        ("1", oid("alice@example.com") + &claim("mallory@example.com"), true),
        ("2", claim("mallory@example.com") + &oid("alice@example.com"), false),
    ] {
        let answer = with_saml(&house, id, "Mail", &attributes).await;
        assert_eq!(answer.status == 200, allowed, "{id}: {}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        let note =
            steps.iter().find(|step| step.check == "saml.condition-key").and_then(|step| step.received.as_deref());
        assert!(note.is_some_and(|note| note.contains("saml:mail")), "{note:?}");
    }
}

#[tokio::test]
async fn a_role_chosen_in_the_console_carries_them_too() {
    let house = open_tls().await;
    let mut browser = Browser::default();
    let paper = asserting(&house, "1", "Open", &everything());
    crate::front_console::unasked(&house, &mut browser, &paper).await;
    let session = browser.get(&house, "/console/session").await;
    assert!(session.body.contains("role/Open"), "{}", session.body);
    let page = browser.get(&house, "/console").await;
    let csrf = hidden(&page.body, "csrf");
    let page = browser.post(&house, "/console/credentials", &[("csrf", &csrf)]).await;
    let credentials = crate::front_console::shown(&page.body);
    for role in ["Worn", "Source"] {
        let answer = assume(&house, &credentials, role, &[]).await;
        assert_eq!(answer.status, 200, "{role}: {}", answer.body);
    }
}
