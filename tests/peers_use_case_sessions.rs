//! What people's sessions carry, and what ends them, in their own words, with the AWS CLI and boto3 as they are.

use crate::house::House;
use crate::peers_start::OpenIdProvider;
use crate::use_case_world::*;
use gatehouse::ambient::Clock;
use gatehouse::words::iso;
use serde_json::{Value, json};
use time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn my_source_identity_and_transitive_tags_stay_with_me_wherever_i_go() {
    const ALL: &str = "sts:*";
    let root = json!({ "AWS": OURS });
    let on = |key: &str, value: &str| {
        let mut statement = trusts(root.clone(), ALL);
        statement["Condition"] = json!({ "StringEquals": { key: value } });
        json!([statement])
    };
    let anything = json!([allow("sts:*", "*")]);
    let plain = json!([trusts(root.clone(), "sts:AssumeRole")]);
    let house = open(&[
        role(OURS, "Open", json!([trusts(root.clone(), ALL)]), anything.clone()),
        role(OURS, "SetsAlice", on("sts:SourceIdentity", "alice"), anything.clone()),
        role(OURS, "OfAlice", on("aws:SourceIdentity", "alice"), anything.clone()),
        role(OURS, "OfPayments", on("aws:PrincipalTag/team", "payments"), anything.clone()),
        role(OURS, "OfNight", on("aws:PrincipalTag/shift", "night"), anything.clone()),
        role(OURS, "Plain", plain, anything.clone()),
        user(OURS, "alice", anything),
    ])
    .await;
    let alice = key("alice");
    let named = json!({ "SourceIdentity": "alice" });
    let tagged = json!({ "SourceIdentity": "alice", "Tags": [{ "Key": "team", "Value": "payments" }, { "Key": "shift", "Value": "night" }], "TransitiveTagKeys": ["team"] });
    let first = assume(&house, &alice, &arn(OURS, "SetsAlice"), tagged).await;
    assert_eq!(first["SourceIdentity"], "alice", "{first}");
    let unnamed = assume(&house, &alice, &arn(OURS, "SetsAlice"), json!({})).await;
    refused(&house, &unnamed, TRUST).await;

    // Both tags are worn in the first session; the transitive one and the source identity go on.
    let worn = assume(&house, &credentials(&first), &arn(OURS, "OfNight"), json!({})).await;
    assert_eq!(worn["SourceIdentity"], "alice", "{worn}");
    let mut session = credentials(&first);
    for name in ["Open", "OfAlice", "OfPayments"] {
        let next = assume(&house, &session, &arn(OURS, name), json!({})).await;
        assert_eq!(next["SourceIdentity"], "alice", "{name}: {next}");
        session = credentials(&next);
    }
    refused(&house, &assume(&house, &session, &arn(OURS, "OfNight"), json!({})).await, TRUST).await;

    // It may be said again, and not be changed; nor can a role be worn that does not let it in.
    let again = assume(&house, &session, &arn(OURS, "Open"), named.clone()).await;
    assert_eq!(again["SourceIdentity"], "alice", "{again}");
    let me = who(&house, &session).await;
    let other = assume(&house, &session, &arn(OURS, "Open"), json!({ "SourceIdentity": "bob" })).await;
    let (told, _) = refused(&house, &other, (403, "AccessDenied", "trust.source-identity-fixed")).await;
    let open = arn(OURS, "Open");
    assert_eq!(told, format!("User: {me} is not authorized to perform: sts:SetSourceIdentity on resource: {open}"));
    let retagged = assume(&house, &session, &open, json!({ "Tags": [{ "Key": "Team", "Value": "search" }] })).await;
    refused(&house, &retagged, (400, "ValidationError", "trust.tag-inherited")).await;
    let plain = assume(&house, &alice, &arn(OURS, "Plain"), named).await;
    refused(&house, &plain, (403, "AccessDenied", "trust.set-source-identity-not-allowed")).await;
    let plain = assume(&house, &session, &arn(OURS, "Plain"), json!({})).await;
    refused(&house, &plain, (403, "AccessDenied", "trust.tag-session-not-allowed")).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn my_teams_tag_decides_which_roles_i_may_go_on_to() {
    let idp = OpenIdProvider::start(&[]).await;
    let provider = idp.issuer.trim_start_matches("http://");
    let federated = json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/{provider}") });
    let rule = |person: &str, tags: &str| {
        format!(
            "\n[[provider.rule]]\nwhen = 'claims.sub == \"{person}\"'\nroles = [\"{}\"]\n{tags}\n",
            arn(OURS, "Developer")
        )
    };
    let provider = format!(
        "\n[[provider]]\nname = \"op\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"{}\"\nclient_ids = [\"gateway\"]\nallowed_networks = [\"127.0.0.1\"]\n",
        idp.issuer
    );
    let mut release = allow("sts:AssumeRole", &arn(OURS, "Release"));
    release["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/team": "payments" } });
    let own = json!([allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}-*"), release]);
    let trust =
        json!([trusts(federated.clone(), "sts:AssumeRoleWithWebIdentity"), trusts(federated, "sts:TagSession")]);
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house = open(&[
        provider,
        rule("alice", "tags = { team = '\"payments\"' }"),
        rule("bob", "tags = { team = '\"search\"' }"),
        rule("carol", ""),
        role(OURS, "Developer", trust, own),
        role(OURS, "payments-deploy", us.clone(), json!([])),
        role(OURS, "search-deploy", us.clone(), json!([])),
        role(OURS, "Release", us.clone(), json!([])),
        role(OURS, "-deploy", us, json!([])),
    ])
    .await;
    let names = ["payments-deploy", "search-deploy", "Release", "-deploy"];
    for (person, may) in
        [("alice", [true, false, true, false]), ("bob", [false, true, false, false]), ("carol", [false; 4])]
    {
        let token = idp.id_token("gateway", person).await;
        let parameters =
            json!({ "RoleArn": arn(OURS, "Developer"), "RoleSessionName": person, "WebIdentityToken": token });
        let session = call(&house, &key("nobody"), "assume_role_with_web_identity", &parameters).await;
        let session = credentials(&session);
        for (name, may) in names.into_iter().zip(may) {
            let answer = assume(&house, &session, &arn(OURS, name), json!({})).await;
            if may {
                assert_eq!(
                    who(&house, &credentials(&answer)).await,
                    format!("arn:aws:sts::{OURS}:assumed-role/{name}/worker")
                );
            } else {
                let (told, _) = refused(&house, &answer, OWN).await;
                let me = format!("arn:aws:sts::{OURS}:assumed-role/Developer/{person}");
                assert!(told.starts_with(&not_authorized(&me, &arn(OURS, name))), "{person}: {told}");
            }
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_give_a_tool_less_than_my_role_may() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let may = json!([
        allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/Read*"),
        allow("sts:AssumeRole", &arn(OURS, "Write"))
    ]);
    let reading = policy(json!([allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/Read*")]));
    let only_read = format!("arn:aws:iam::{OURS}:policy/OnlyRead");
    let only_log = format!("arn:aws:iam::{OURS}:policy/OnlyReadLogs");
    let managed = |arn: &str, resource: &str| {
        format!(
            "\n[[policy]]\narn = \"{arn}\"\ndocument = {{ json = '{}' }}\n",
            policy(json!([allow("sts:AssumeRole", resource)]))
        )
    };
    let house = open(&[
        managed(&only_read, "arn:aws:iam::111122223333:role/Read*"),
        managed(&only_log, &arn(OURS, "ReadLogs")),
        role(OURS, "Operator", us.clone(), may),
        role(OURS, "Read", us.clone(), json!([])),
        role(OURS, "ReadLogs", us.clone(), json!([])),
        role(OURS, "Write", us.clone(), json!([])),
        role(OURS, "Root", us, json!([])),
        user(OURS, "alice", json!([allow("sts:AssumeRole", "*")])),
    ])
    .await;
    keys_of(&house, "alice");
    let file = house.directory.write("reading.json", &reading);
    let (operator, file) = (arn(OURS, "Operator"), format!("file://{}", file.display()));
    let everything = policy(json!([allow("*", "*")]));
    let names = ["Read", "ReadLogs", "Write", "Root"];
    for (what, options, may) in [
        ("nothing less", vec![], [true, true, true, false]),
        ("an inline policy", vec!["--policy", &file], [true, true, false, false]),
        ("a managed one", vec!["--policy-arns", &*option(&only_read)], [true, true, false, false]),
        (
            "the lesser of two managed ones adds nothing",
            vec!["--policy-arns", &*option(&only_read), &*option(&only_log)],
            [true, true, false, false],
        ),
        ("the other one", vec!["--policy-arns", &*option(&only_log)], [false, true, false, false]),
        ("one that allows everything gives nothing", vec!["--policy", &everything], [true, true, true, false]),
    ] {
        let call = ["assume-role", "--role-session-name", "tool", "--role-arn", &operator];
        let output = cli(&house, "alice", &[call.as_slice(), &options].concat()).await;
        assert!(output.good, "{what}: {}", output.errors);
        let answer: Value = serde_json::from_str(&output.text).expect("JSON");
        let percent = answer["PackedPolicySize"].as_u64();
        assert_eq!(
            percent.is_some_and(|percent| (1..=100).contains(&percent)),
            !options.is_empty(),
            "{what}: {answer}"
        );
        let session = credentials(&answer);
        for (name, may) in names.into_iter().zip(may) {
            let answer = assume(&house, &session, &arn(OURS, name), json!({})).await;
            if may {
                credentials(&answer);
                continue;
            }
            let (told, reason) = refused(&house, &answer, OWN).await;
            let by = if name == "Root" { "identity-based policy" } else { "session policy" };
            let words = format!(" because no {by} allows the sts:AssumeRole action");
            assert!(told.ends_with(&words) && reason.contains(by), "{what}, {name}: {told} {reason}");
        }
    }
    house.close().await;
}

fn option(arn: &str) -> String {
    format!("arn={arn}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_policy_that_is_too_large_is_told_with_what_is_largest_in_it() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:*")]);
    let house = open(&[role(OURS, "Operator", us, json!([])), user(OURS, "alice", json!([allow("sts:*", "*")]))]).await;
    // Names of buckets on which nothing can be saved.
    let noise = |length: usize, from: usize| -> String {
        let letters = (from..from + length).map(|n| n * n * 7_919 + n * 104_729 + (n >> 3) * 31);
        letters.map(|n| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[(n ^ (n >> 7) ^ (n >> 13)) % 36])).collect()
    };
    let document = policy(json!([allow("s3:GetObject", &format!("arn:aws:s3:::{}", noise(1_900, 0)))]));
    let tags: Vec<Value> =
        (0..9).map(|n| json!({ "Key": format!("tag-{n}"), "Value": noise(240, 3_000 + n * 500) })).collect();
    let more = json!({ "Policy": document, "Tags": tags });
    let answer = assume(&house, &key("alice"), &arn(OURS, "Operator"), more).await;
    let (told, _) = refused(&house, &answer, (400, "PackedPolicyTooLarge", "sts.packed-too-large")).await;
    let (percent, largest) =
        told.strip_prefix("Packed policy consumes ").and_then(|rest| rest.split_once("% ")).expect("AWS's words");
    assert!(percent.parse::<u32>().is_ok_and(|percent| percent > 100), "{told}");
    assert!(largest.contains("The largest are: Policy (") && largest.contains("tag-"), "{told}");
    let smaller = json!({ "Policy": document });
    let answer = assume(&house, &key("alice"), &arn(OURS, "Operator"), smaller).await;
    assert!(answer["PackedPolicySize"].as_u64().is_some_and(|percent| percent > 40), "{answer}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_revoke_all_sessions_of_a_role_that_are_older_than_now() {
    let now = Clock::system().now();
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let parts = |revoked: Value| {
        let own = [allow("sts:AssumeRole", "*")].into_iter().chain(revoked.as_array().cloned().unwrap_or_default());
        let parts = [
            role(OURS, "Operator", us.clone(), own.collect()),
            role(OURS, "Next", json!([trusts(json!({ "AWS": arn(OURS, "Operator") }), "sts:AssumeRole")]), json!([])),
            user(OURS, "alice", json!([allow("sts:AssumeRole", "*")])),
        ];
        accounts() + &parts.concat()
    };
    let house = House::open(now, &files(), |_| parts(json!([]))).await;
    let (operator, next) = (arn(OURS, "Operator"), arn(OURS, "Next"));
    let old = credentials(&assume(&house, &key("alice"), &operator, json!({})).await);
    let chained = credentials(&assume(&house, &old, &next, json!({})).await);

    house.clock.advance(Duration::seconds(30));
    let moment = iso(house.clock.now()).replace('Z', ".000Z");
    let revoked = json!([{ "Sid": "AWSRevokeOlderSessions", "Effect": "Deny", "Action": ["*"], "Resource": ["*"],
        "Condition": { "DateLessThan": { "aws:TokenIssueTime": moment } } }]);
    let (directory, clock, public_url) = house.close().await;
    let written = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the configuration");
    let head = written.split_once("\n[[account]]").expect("accounts").0;
    directory.write("gatehouse.toml", format!("{head}{}", parts(revoked)));
    let house = House::serve(directory, clock, public_url).await;

    // The old session may do nothing any more but ask who it is, not even what the other role's trust policy gives it.
    assert_eq!(who(&house, &old).await, format!("arn:aws:sts::{OURS}:assumed-role/Operator/worker"));
    let (told, reason) = refused(&house, &assume(&house, &old, &next, json!({})).await, OWN).await;
    let me = format!("arn:aws:sts::{OURS}:assumed-role/Operator/worker");
    assert_eq!(told, not_authorized(&me, &next) + " with an explicit deny in an identity-based policy");
    assert!(reason.ends_with("it is denied by AWSRevokeOlderSessions"), "{reason}");
    // What had been minted from it is another role's session, with an issue time of its own (AWS says so too).
    assert_eq!(who(&house, &chained).await, format!("arn:aws:sts::{OURS}:assumed-role/Next/worker"));
    let new = credentials(&assume(&house, &key("alice"), &operator, json!({})).await);
    credentials(&assume(&house, &new, &next, json!({})).await);
    house.close().await;
}
