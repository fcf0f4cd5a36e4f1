//! How people and programs come to roles, in their own words, with the AWS CLI and boto3 as they are: the administrator
//! writes a configuration, the user a `~/.aws/config`, and each refusal says on both sides of the gate why it is one.

use crate::peers_start::{OpenIdProvider, aws, python};
use crate::running::{ended, gatehouse};
use crate::use_case_world::*;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn i_switch_to_a_role_in_my_account() {
    let root = json!({ "AWS": format!("arn:aws:iam::{OURS}:root") });
    let bob = json!({ "AWS": format!("arn:aws:iam::{OURS}:user/bob") });
    let (deploy, on_call) = (arn(OURS, "Deploy"), arn(OURS, "OnCall"));
    let house = open(&[
        role(OURS, "Deploy", json!([trusts(root, "sts:AssumeRole")]), json!([])),
        role(OURS, "OnCall", json!([trusts(bob, "sts:AssumeRole")]), json!([])),
        user(OURS, "alice", json!([allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/*")])),
        user(OURS, "bob", json!([])),
        user(
            OURS,
            "carol",
            json!([allow("sts:AssumeRole", "*"), { "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": deploy }]),
        ),
    ])
    .await;
    keys_of(&house, "alice");
    let profile = format!(
        "[profile deploy]\nrole_arn = {deploy}\nsource_profile = alice\nrole_session_name = release\nduration_seconds = 14400\n"
    );
    house.directory.write(".aws/config", profile);
    assert_eq!(cli_is(&house, "deploy").await, format!("arn:aws:sts::{OURS}:assumed-role/Deploy/release"));

    // The role trusts the account, which leaves it to the user's own policies; they say nothing, or no.
    let [_, bob, carol] = ["alice", "bob", "carol"].map(|name| format!("arn:aws:iam::{OURS}:user/{name}"));
    let (told, reason) = refused(&house, &assume(&house, &key("bob"), &deploy, json!({})).await, OWN).await;
    let silent = " because no identity-based policy allows the sts:AssumeRole action";
    assert_eq!(told, not_authorized(&bob, &deploy) + silent);
    assert!(reason.contains("by its identity-based policy"), "{reason}");
    let (told, reason) = refused(&house, &assume(&house, &key("carol"), &deploy, json!({})).await, OWN).await;
    assert_eq!(told, not_authorized(&carol, &deploy) + " with an explicit deny in an identity-based policy");
    assert!(reason.ends_with("it is denied by own#1"), "{reason}");

    // The role trusts one user, and that is enough for them; everybody else is somebody else, whatever they may do.
    let own = assume(&house, &key("bob"), &on_call, json!({})).await;
    assert_eq!(who(&house, &credentials(&own)).await, format!("arn:aws:sts::{OURS}:assumed-role/OnCall/worker"));
    let (told, reason) = refused(&house, &assume(&house, &key("carol"), &on_call, json!({})).await, TRUST).await;
    assert_eq!(told, not_authorized(&carol, &on_call), "what the trust policy says is not told");
    assert!(reason.ends_with(&format!("its Principal covers arn:aws:iam::{OURS}:user/bob, not {carol}")), "{reason}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_switch_to_a_role_in_their_account_if_both_sides_agree() {
    let us = json!({ "AWS": format!("arn:aws:iam::{OURS}:root") });
    let them = json!({ "AWS": format!("arn:aws:iam::{THEIRS}:root") });
    let bob = json!({ "AWS": format!("arn:aws:iam::{OURS}:user/bob") });
    let (guest, named, inner) = (arn(THEIRS, "Guest"), arn(THEIRS, "Named"), arn(THEIRS, "Inner"));
    let house = open(&[
        role(THEIRS, "Guest", json!([trusts(us, "sts:AssumeRole")]), json!([])),
        role(THEIRS, "Named", json!([trusts(bob, "sts:AssumeRole")]), json!([])),
        role(THEIRS, "Inner", json!([trusts(them, "sts:AssumeRole")]), json!([])),
        user(OURS, "alice", json!([allow("sts:AssumeRole", "arn:aws:iam::444455556666:role/*")])),
        user(OURS, "bob", json!([allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/*")])),
    ])
    .await;
    let [alice, bob] = ["alice", "bob"].map(|name| format!("arn:aws:iam::{OURS}:user/{name}"));
    keys_of(&house, "alice");
    house.directory.write(
        ".aws/config",
        format!("[profile guest]\nrole_arn = {guest}\nsource_profile = alice\nrole_session_name = visit\n"),
    );
    assert_eq!(cli_is(&house, "guest").await, format!("arn:aws:sts::{THEIRS}:assumed-role/Guest/visit"));

    // Our side is missing, also where their side names the user.
    for role in [&guest, &named] {
        let (told, _) = refused(&house, &assume(&house, &key("bob"), role, json!({})).await, OWN).await;
        let silent = " because no identity-based policy allows the sts:AssumeRole action";
        assert_eq!(told, not_authorized(&bob, role) + silent);
    }
    // Their side is missing.
    let (told, _) = refused(&house, &assume(&house, &key("alice"), &inner, json!({})).await, TRUST).await;
    assert_eq!(told, not_authorized(&alice, &inner));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_must_bring_the_external_id_of_the_customer_that_it_works_for() {
    let customer = |external_id: &str| {
        let condition = json!({ "StringEquals": { "sts:ExternalId": external_id } });
        let mut statement = trusts(json!({ "AWS": VENDOR }), "sts:AssumeRole");
        statement["Condition"] = condition;
        json!([statement])
    };
    let (ours, theirs) = (arn(OURS, "Monitoring"), arn(THEIRS, "Monitoring"));
    let house = open(&[
        role(OURS, "Monitoring", customer("customer-1:a/7"), json!([])),
        role(THEIRS, "Monitoring", customer("customer-2:b/8"), json!([])),
        user(VENDOR, "collector", json!([allow("sts:AssumeRole", "*")])),
    ])
    .await;
    let (collector, arn) = (key("collector"), format!("arn:aws:iam::{VENDOR}:user/collector"));
    keys_of(&house, "collector");
    let profile = format!(
        "[profile ours]\nrole_arn = {ours}\nsource_profile = collector\nexternal_id = customer-1:a/7\nrole_session_name = scan\n"
    );
    house.directory.write(".aws/config", profile);
    assert_eq!(cli_is(&house, "ours").await, format!("arn:aws:sts::{OURS}:assumed-role/Monitoring/scan"));
    let right = assume(&house, &collector, &theirs, json!({ "ExternalId": "customer-2:b/8" })).await;
    assert_eq!(
        who(&house, &credentials(&right)).await,
        format!("arn:aws:sts::{THEIRS}:assumed-role/Monitoring/worker")
    );

    // The third party's other customer gives our role for its own: the third party brings that customer's external id.
    for (what, role, more) in [
        ("another customer's", &ours, json!({ "ExternalId": "customer-2:b/8" })),
        ("other case", &ours, json!({ "ExternalId": "Customer-1:a/7" })),
        ("more of it", &ours, json!({ "ExternalId": "customer-1:a/77" })),
        ("none", &ours, json!({})),
        ("ours, at theirs", &theirs, json!({ "ExternalId": "customer-1:a/7" })),
    ] {
        let (told, reason) = refused(&house, &assume(&house, &collector, role, more).await, TRUST).await;
        assert_eq!(told, not_authorized(&arn, role), "{what}: the caller learns nothing of the condition");
        assert!(reason.contains("StringEquals on sts:ExternalId wants"), "{what}: {reason}");
    }
    house.directory.write(".aws/config", format!("[profile ours]\nrole_arn = {ours}\nsource_profile = collector\n"));
    cli_refused(&house, &cli(&house, "ours", &["get-caller-identity"]).await, (TRUST.1, TRUST.2)).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_go_on_from_role_to_role_for_an_hour_at_a_time() {
    let root = json!({ "AWS": OURS });
    let first = json!({ "AWS": arn(OURS, "First") });
    let house = open(&[
        role(OURS, "First", json!([trusts(root, "sts:AssumeRole")]), json!([allow("sts:AssumeRole", "*")])),
        role(THEIRS, "Second", json!([trusts(first, "sts:AssumeRole")]), json!([])),
        user(OURS, "alice", json!([allow("sts:AssumeRole", "*")])),
    ])
    .await;
    keys_of(&house, "alice");
    let (first, second) = (arn(OURS, "First"), arn(THEIRS, "Second"));
    let text = format!(
        "[profile first]\nrole_arn = {first}\nsource_profile = alice\nrole_session_name = one\nduration_seconds = 7200\n
[profile second]\nrole_arn = {second}\nsource_profile = first\nrole_session_name = two\nduration_seconds = 3600\n
[profile too-long]\nrole_arn = {second}\nsource_profile = first\nduration_seconds = 3601\n
[profile past-first]\nrole_arn = {second}\nsource_profile = alice\n
[profile workload]\nrole_arn = {first}\ncredential_source = Environment\nrole_session_name = three\n"
    );
    house.directory.write(".aws/config", text);
    assert_eq!(cli_is(&house, "first").await, format!("arn:aws:sts::{OURS}:assumed-role/First/one"));
    assert_eq!(cli_is(&house, "second").await, format!("arn:aws:sts::{THEIRS}:assumed-role/Second/two"));
    let longer = cli(&house, "too-long", &["get-caller-identity"]).await;
    cli_refused(&house, &longer, ("ValidationError", "sts.chained-duration")).await;
    assert!(
        longer.errors.contains("exceeds the 1 hour session limit for roles assumed by role chaining"),
        "{}",
        longer.errors
    );
    // Who may become the first role is not the first role.
    cli_refused(&house, &cli(&house, "past-first", &["get-caller-identity"]).await, (TRUST.1, TRUST.2)).await;

    // The same files in the hands of boto3, and keys that come from the environment.
    let second = python("clients/sts.py", &["get_caller_identity", "{}"], &at_home(&house, "second")).await;
    assert_eq!(second["Arn"], format!("arn:aws:sts::{THEIRS}:assumed-role/Second/two"));
    let alice = key("alice");
    let keys = [("AWS_ACCESS_KEY_ID", &*alice.id), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    // Keys in the environment go before a profile that is named there.
    let asked = ["--profile", "workload", "sts", "get-caller-identity", "--output", "json"];
    let workload = aws(&asked, &[at_home(&house, "workload").as_slice(), &keys].concat()).await;
    assert!(workload.good, "{}", workload.errors);
    let workload: Value = serde_json::from_str(&workload.text).expect("JSON");
    assert_eq!(workload["Arn"], format!("arn:aws:sts::{OURS}:assumed-role/First/three"));
    let longer = python("clients/sts.py", &["get_caller_identity", "{}"], &at_home(&house, "too-long")).await;
    refused(&house, &longer, (400, "ValidationError", "sts.chained-duration")).await;

    // An hour is what a chained session lasts, whatever its role allows and however long the first one goes on.
    let one = assume(&house, &alice, &arn(OURS, "First"), json!({ "DurationSeconds": 14_400 })).await;
    let two = assume(&house, &credentials(&one), &arn(THEIRS, "Second"), json!({})).await;
    let ends = |answer: &Value| answer["Credentials"]["Expiration"].as_str().expect("an end").to_owned();
    assert!(ends(&two) < ends(&one), "{two} {one}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_role_is_nobody_elses() {
    let idp = OpenIdProvider::start(&[]).await;
    let provider = idp.issuer.trim_start_matches("http://");
    let service = trusts(json!({ "Service": "ec2.amazonaws.com" }), "sts:AssumeRole");
    let federated = json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/{provider}") });
    let anything = json!([allow("sts:*", "*")]);
    let (instance, shared) = (arn(OURS, "service-role/Instance"), arn(OURS, "service-role/Shared"));
    let both = json!([service, trusts(federated, "sts:AssumeRoleWithWebIdentity")]);
    let house = open(&[
        format!("\n[[provider]]\nname = \"op\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"{}\"\nclient_ids = [\"gateway\"]\nallowed_networks = [\"127.0.0.1\"]\n", idp.issuer),
        role(OURS, "service-role/Instance", json!([service]), anything.clone()),
        role(OURS, "service-role/Shared", both, anything.clone()),
        user(OURS, "ec2.amazonaws.com", anything),
    ])
    .await;
    // Not for a user who may do everything, and not for one who is called as the service is.
    let by = key("ec2.amazonaws.com");
    let (told, reason) = refused(&house, &assume(&house, &by, &instance, json!({})).await, TRUST).await;
    assert_eq!(told, not_authorized(&format!("arn:aws:iam::{OURS}:user/ec2.amazonaws.com"), &instance));
    assert!(reason.contains("its Principal covers ec2.amazonaws.com, not arn:aws:iam::"), "{reason}");
    // Not for a federated person, who may wear the role that names both, and not for that role's session.
    let token = idp.id_token("gateway", "alice").await;
    let with_token = async |role: &str| {
        let parameters = json!({ "RoleArn": role, "RoleSessionName": "worker", "WebIdentityToken": token });
        call(&house, &by, "assume_role_with_web_identity", &parameters).await
    };
    let (told, _) = refused(&house, &with_token(&instance).await, TRUST).await;
    assert_eq!(told, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let session = credentials(&with_token(&shared).await);
    refused(&house, &assume(&house, &session, &instance, json!({})).await, TRUST).await;

    // On paper the service itself is let in, by exactly that name.
    let ask = |id: &str, principal: Value| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [service] });
        json!({ "id": id, "trust_policy": trust, "principal": principal, "action": "sts:AssumeRole" }).to_string()
    };
    let user = format!("arn:aws:iam::{OURS}:user/ec2.amazonaws.com");
    let rows = [
        ("the service", json!({ "Service": "ec2.amazonaws.com" }), "allow"),
        ("another service", json!({ "Service": "lambda.amazonaws.com" }), "implicit-deny"),
        ("a user", json!({ "AWS": user }), "implicit-deny"),
    ];
    let questions: Vec<String> = rows.iter().map(|(id, principal, _)| ask(id, principal.clone())).collect();
    let cases = house.directory.write("cases.jsonl", questions.join("\n"));
    let (code, out, err) = ended(gatehouse().args(["simulate", "--cases"]).arg(cases));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let answers = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    for ((what, _, decision), answer) in rows.iter().zip(answers) {
        assert_eq!((&answer["id"], &answer["decision"]), (&json!(what), &json!(decision)));
    }
    house.close().await;
}
