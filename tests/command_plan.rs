//! `gatehouse plan`: a house that has decided about real tokens and assertions, and configurations that somebody plans.

use crate::front::CORP;
use crate::front_signed::{call, user};
use crate::house::House;
use crate::key_ring_world::until;
use crate::plan_world::{ADMIN, DEPLOY, PARTNER, READER, assume, exchange, open, open_tls, open_with, paper, token};
use crate::running::{ended, gatehouse, keeps_silent};
use crate::saml_identity::changed;
use serde_json::{Value, json};

const OPS: &str = r#"when = 'claims.groups.exists(g, g == "ops")'"#;
const STAFF: &str = r#"when = 'claims.groups.exists(g, g == "staff")'"#;
const READER_ALONE: &str = "roles = [\"arn:aws:iam::111122223333:role/Reader\"]";
const TEAM: &str = "tags = { team = 'claims.team[0]' }";
const ADMIN_MAY: &str = r#"{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}"#;
const SECRET: &str = "Ticket-7-of-seven";

/// Alice (ops and staff) and Bob (staff) came with assertions, two programs with tokens of which one was refused, and
/// the user and Alice's session went on to a further role.
pub(crate) async fn after_a_day() -> House {
    let house = open().await;
    let alice = [("team", "blue"), ("department", "finance")];
    let alice = paper(&house, "1", "alice@example.com", &["ops", "staff"], &alice);
    let bob = paper(&house, "2", "bob@example.com", &["staff"], &[]);
    let admin = assume(&house, ADMIN, &alice).await.credentials();
    assume(&house, READER, &bob).await.credentials();
    exchange(&house, &token(&house, "main-1", &[("wave", json!("one"))]), "deploy").await.credentials();
    exchange(&house, &token(&house, "side", &[]), "deploy").await.refusal();
    let ask =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", PARTNER), ("RoleSessionName", "worker")];
    call(&house, &user(), &[&ask[..], &[("ExternalId", SECRET)]].concat()).await.credentials();
    call(&house, &admin, &ask).await.credentials();
    settled(&house, 6).await;
    house
}

/// Until that many decisions are on record: nobody waits for them but a test.
async fn settled(house: &House, decisions: usize) {
    let written = async || house.rows("SELECT count FROM decision").await.len() >= decisions;
    until(written, "the decisions are recorded").await;
}

/// The configuration of the house with these changes.
pub(crate) fn proposed(house: &House, changes: &[(&str, &str)]) {
    let text = std::fs::read_to_string(house.directory.path().join("gatehouse.toml")).expect("the configuration");
    let text = changes.iter().fold(text, |text, (from, to)| changed(&text, from, to));
    house.directory.write("new.toml", text);
}

pub(crate) fn plan(house: &House, options: &[&str]) -> (i32, String, String) {
    let mut command = gatehouse();
    command.current_dir(house.directory.path()).args(["plan", "--config", "gatehouse.toml", "--against", "new.toml"]);
    let (code, out, err) = ended(command.args(options));
    (code.expect("it ends by itself"), out, err)
}

/// Exit status and report. What people keep to themselves is in none.
pub(crate) fn against(house: &House, changes: &[(&str, &str)]) -> (i32, Value) {
    proposed(house, changes);
    let (code, out, err) = plan(house, &["--json"]);
    keeps_silent(&out, &[SECRET]);
    let report = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out} {err}"));
    (code, report)
}

/// `(who, role)` of a list of the report.
pub(crate) fn listed<'v>(report: &'v Value, list: &str) -> Vec<(&'v str, &'v str)> {
    let text = |entry: &'v Value, name: &str| entry[name].as_str().expect("a text");
    let all = report[list].as_array().expect("a list");
    all.iter().map(|entry| (text(entry, "who"), text(entry, "role"))).collect()
}

pub(crate) fn nothing(report: &Value, lists: &[&str]) {
    lists.iter().for_each(|list| assert_eq!(report[*list], json!([]), "{list} of {report:#}"));
}

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const OTHERS: [&str; 4] = ["gains", "changes", "unknown", "permissions"];

#[tokio::test]
async fn the_same_configuration_takes_nothing_from_anybody_while_the_house_serves() {
    let house = after_a_day().await;
    let (code, report) = against(&house, &[]);
    assert_eq!(code, 0, "{report:#}");
    nothing(&report, &["losses", "gains", "changes", "unknown", "permissions"]);
    let summary = &report["summary"];
    assert_eq!((&summary["questions"], &summary["people"]), (&json!(6), &json!(6)), "{report:#}");
    assert_eq!((&summary["overtaken"], &summary["somebody_may_lose"]), (&json!(0), &json!(false)));
    let (code, text, err) = plan(&house, &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(text.contains("6 questions of 6 since ") && text.contains(": 0 lose, 0 gain, 0 change"), "{text}");
    // The house goes on, and afterwards the database is read just as well.
    exchange(&house, &token(&house, "main-2", &[]), "deploy").await.credentials();
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    assert_eq!(against(&house, &[]).1["summary"]["questions"], 7);
}

#[tokio::test]
async fn a_loss_is_told_with_what_decides_it() {
    let house = after_a_day().await;
    // By the provider's side.
    let (code, report) = against(&house, &[(OPS, r#"when = 'claims.groups.exists(g, g == "admins")'"#)]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(ALICE, ADMIN)]), "{report:#}");
    nothing(&report, &OTHERS);
    let loss = &report["losses"][0];
    assert_eq!((&loss["code"], &loss["provider"]), (&json!("trust.role-not-given"), &json!(CORP)));
    assert_eq!((&loss["questions"], &loss["last"]), (&json!(1), &json!("2031-01-01T12:00:00Z")));

    // By the trust policy: the statement that came nearest, and both sides of its condition.
    let (code, report) = against(&house, &[("main*", "release*")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    let reason = report["losses"][0]["reason"].as_str().unwrap();
    for piece in ["the nearest is Main", "StringLike on issuer.example:sub", "release*", "received \"main-1\""] {
        assert!(reason.contains(piece), "{piece} is not in {reason}");
    }
    let (code, text, _) = plan(&house, &[]);
    assert_eq!(code, 3);
    for line in [
        "Roles that are lost:",
        "  main-1 of arn:aws:iam::111122223333:oidc-provider/issuer.example",
        "    arn:aws:iam::111122223333:role/Deploy",
        "      asked once, last at 2031-01-01T12:00:00Z",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }

    // What a caller passes to prove itself is told to nobody.
    let (code, report) = against(&house, &[(SECRET, "Ticket-8-of-eight")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("arn:aws:iam::111122223333:user/ops", PARTNER)]));
    let (_, text, _) = plan(&house, &[]);
    keeps_silent(&text, &[SECRET]);
}

/// Before any rule is asked: the provider is gone, another one, or not for whom the paper was made.
#[tokio::test]
async fn whoever_is_turned_away_at_the_door_loses() {
    let house = after_a_day().await;
    let (code, report) = against(&house, &[("client_ids = [\"web\"]", "client_ids = [\"web-2\"]")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    assert_eq!(report["losses"][0]["code"], "oidc.audience");

    let moved = [("name = \"corp\"\n", "name = \"corp-2\"\n"), ("saml-provider/corp", "saml-provider/corp-2")];
    let (code, report) = against(&house, &moved);
    assert_eq!(code, 3);
    let lost = [(ALICE, ADMIN), (ALICE, READER), (BOB, READER)];
    assert_eq!(listed(&report, "losses"), lost, "{report:#}");
    assert_eq!(report["losses"][0]["code"], "saml.no-such-provider");
    assert_eq!(report["losses"][0]["reason"], format!("there is no provider {CORP}"));

    let text = std::fs::read_to_string(house.directory.path().join("idp.xml")).expect("metadata");
    house
        .directory
        .write("other.xml", changed(&text, "https://idp.example/metadata", "https://other.example/metadata"));
    let (code, report) = against(&house, &[("idp.xml", "other.xml")]);
    assert_eq!((code, listed(&report, "losses")), (3, lost.to_vec()));
    assert_eq!(report["losses"][0]["code"], "saml.other-provider");

    let demand = "kind = \"saml\"\nauthn_context = [\"https://refeds.org/profile/mfa\"]";
    let (code, report) = against(&house, &[("kind = \"saml\"", demand)]);
    assert_eq!((code, listed(&report, "losses")), (3, lost.to_vec()));
    assert_eq!(report["losses"][0]["code"], "saml.authn-context");

    let (code, report) = against(&house, &[("user/ops", "user/ops-2")]);
    assert_eq!(
        (code, &report["losses"][0]["reason"]),
        (3, &json!("there is no user arn:aws:iam::111122223333:user/ops"))
    );
}

#[tokio::test]
async fn a_gain_is_no_loss() {
    let house = after_a_day().await;
    let both = format!("roles = [\"{READER}\", \"{ADMIN}\"]");
    let (code, report) = against(&house, &[(READER_ALONE, &both)]);
    assert_eq!((code, listed(&report, "gains")), (0, vec![(BOB, ADMIN)]), "{report:#}");
    nothing(&report, &["losses", "changes", "unknown", "permissions"]);
    let gain = &report["gains"][0];
    assert_eq!((&gain["given_by"], &gain["statement"]), (&json!(["rule[1]"]), &json!("People")), "{gain}");
    // Also of somebody who was refused.
    let (code, report) = against(&house, &[("main*", "*")]);
    assert_eq!((code, listed(&report, "gains")), (0, vec![("side", DEPLOY)]), "{report:#}");
}

#[tokio::test]
async fn a_session_that_changes_is_told_with_both_sides() {
    let house = after_a_day().await;
    for (from, to, what, sides) in [
        (TEAM, "tags = { team = 'claims.groups[0]' }", "tags", json!({ "from": "team=blue", "to": "team=ops" })),
        (
            TEAM,
            "tags = { team = 'claims.team[0]' }\ntransitive_tags = [\"team\"]",
            "tags",
            json!({ "from": "team=blue", "to": "team=blue (goes along)" }),
        ),
        (
            TEAM,
            "tags = { team = 'claims.team[0]' }\nsession_name = 'claims.team[0]'",
            "session_name",
            // No policy reads it, so it was not kept.
            json!({ "from": "name-not-kept", "to": "blue" }),
        ),
        (
            "max_session = \"4h\"",
            "max_session = \"2h\"",
            "longest_session",
            json!({ "from": "14400 s", "to": "7200 s" }),
        ),
    ] {
        let (code, report) = against(&house, &[(from, to)]);
        assert_eq!((code, listed(&report, "changes")), (0, vec![(ALICE, ADMIN)]), "{to}: {report:#}");
        assert_eq!(report["changes"][0]["changes"], json!({ what: sides }), "{to}");
        nothing(&report, &["losses", "gains", "unknown", "permissions"]);
    }
    let identified = format!("{TEAM}\nsource_identity = 'claims.team[0]'");
    let allowed = [
        (TEAM, identified.as_str()),
        (
            r#""sts:TagSession"]}]}' }
policies"#,
            r#""sts:TagSession","sts:SetSourceIdentity"]}]}' }
policies"#,
        ),
    ];
    let (code, report) = against(&house, &allowed);
    assert_eq!(
        (code, &report["changes"][0]["changes"]["source_identity"]),
        (0, &json!({ "from": "none", "to": "blue" }))
    );
    // Tags that the trust policy does not allow are a role that is lost.
    let (code, report) = against(&house, &allowed[..1]);
    assert_eq!(
        (code, &report["losses"][0]["code"]),
        (3, &json!("trust.set-source-identity-not-allowed")),
        "{report:#}"
    );
}

/// A shorter session is a change for those who never asked for so long a one, and a loss for who did.
#[tokio::test]
async fn a_duration_that_cannot_be_had_any_more_is_a_loss() {
    let house = open().await;
    let paper = paper(&house, "1", ALICE, &["ops"], &[("team", "blue")]);
    let asked = [("RoleArn", ADMIN), ("PrincipalArn", CORP), ("SAMLAssertion", &*paper), ("DurationSeconds", "10800")];
    house.sts("AssumeRoleWithSAML", &asked).await.credentials();
    settled(&house, 1).await;
    assert_eq!(against(&house, &[("max_session = \"4h\"", "max_session = \"3h\"")]).0, 0);
    let (code, report) = against(&house, &[("max_session = \"4h\"", "max_session = \"2h\"")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(ALICE, ADMIN)]), "{report:#}");
    assert_eq!(report["losses"][0]["code"], "sts.duration-above-maximum");
}

/// A claim that nothing read was not kept: about who had it nothing is claimed, and about who had not it is known.
#[tokio::test]
async fn what_depends_on_a_claim_that_was_not_kept_is_not_guessed() {
    let house = after_a_day().await;
    let by_department = r#"when = 'claims.department.exists(d, d == "finance")'"#;
    let (code, report) = against(&house, &[(OPS, by_department)]);
    assert_eq!((code, listed(&report, "unknown")), (3, vec![(ALICE, ADMIN)]), "{report:#}");
    nothing(&report, &["losses", "gains", "changes"]);
    let unknown = &report["unknown"][0];
    assert_eq!((&unknown["claims"], &unknown["may_be_lost"]), (&json!(["department"]), &json!(true)));
    let (_, text, _) = plan(&house, &[]);
    assert!(text.contains("it may be lost: it depends on department, which nothing read when they came"), "{text}");

    // A rule that does not match says nothing, whatever its tags would read.
    let tagged = format!("{TEAM}\nsession_name = 'claims.department[0]'");
    let (code, report) = against(&house, &[(OPS, r#"when = 'claims.groups.exists(g, g == "none")'"#), (TEAM, &tagged)]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(ALICE, ADMIN)]), "{report:#}");

    // The same by a condition key of a trust policy.
    let wave = r#""StringEquals":{"issuer.example:wave":"one","issuer.example:aud":"web"}"#;
    let (code, report) = against(&house, &[(r#""StringEquals":{"issuer.example:aud":"web"}"#, wave)]);
    assert_eq!((code, listed(&report, "unknown")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    assert_eq!(report["unknown"][0]["claims"], json!(["wave"]));
}

#[tokio::test]
async fn what_can_only_be_gained_is_no_possible_loss_and_a_later_answer_counts() {
    let house = open().await;
    let finance = [("department", "finance")];
    assume(&house, READER, &paper(&house, "1", BOB, &["staff"], &finance)).await.credentials();
    settled(&house, 1).await;
    let rule = format!(
        "[[provider.rule]]\nwhen = '\"finance\" in claims.department'\nroles = [\"{ADMIN}\"]\n\n[[provider.rule]]\n{STAFF}"
    );
    let staff = format!("[[provider.rule]]\n{STAFF}");
    let (code, report) = against(&house, &[(&staff, &rule)]);
    assert_eq!((code, listed(&report, "unknown")), (0, vec![(BOB, ADMIN)]), "{report:#}");
    assert_eq!(report["unknown"][0]["may_be_lost"], false);

    // In force, the claim is read and kept; who comes again is known then, and the former question is not asked any more.
    let (directory, clock, url) = house.close().await;
    std::fs::copy(directory.path().join("new.toml"), directory.path().join("gatehouse.toml")).expect("put in force");
    let house = House::serve(directory, clock, url).await;
    // Nothing is changed by the same again, whatever cannot be told of it.
    let (code, report) = against(&house, &[]);
    assert_eq!((code, &report["unknown"]), (0, &json!([])), "{report:#}");
    let (code, report) = against(&house, &[("\"finance\" in", "\"sales\" in")]);
    assert_eq!((code, listed(&report, "unknown")), (3, vec![(BOB, ADMIN)]), "{report:#}");
    assume(&house, READER, &paper(&house, "2", BOB, &["staff"], &finance)).await.credentials();
    settled(&house, 2).await;
    let (code, report) = against(&house, &[]);
    assert_eq!((code, &report["unknown"]), (0, &json!([])), "{report:#}");
    let (code, report) = against(&house, &[("\"finance\" in", "\"sales\" in")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(BOB, ADMIN)]), "{report:#}");
}

#[tokio::test]
async fn what_worn_roles_may_do_is_compared_as_well() {
    let house = after_a_day().await;
    let more = format!(r#"{ADMIN_MAY},{{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#);
    let less = format!(r#"{ADMIN_MAY},{{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}}"#);
    let other = ADMIN_MAY.replace("s3:*", "s3:Get*");
    let named = r#"[{ name = "admin", json"#;
    let bounded = format!(
        "boundary = {{ json = '{{\"Version\":\"2012-10-17\",\"Statement\":[{ADMIN_MAY}]}}' }}\npolicies = {named}"
    );
    let policies = format!("policies = {named}");
    for (from, to, expected, effect, part) in [
        (ADMIN_MAY, &*more, 0, "more", "policy \"admin\" differs"),
        (ADMIN_MAY, &*less, 3, "less", "policy \"admin\" differs"),
        (ADMIN_MAY, &*other, 3, "other", "policy \"admin\" differs"),
        (&*policies, &*bounded, 3, "less", "the boundary is new"),
    ] {
        let (code, report) = against(&house, &[(from, to)]);
        assert_eq!(code, expected, "{report:#}");
        let change = json!({ "role": ADMIN, "effect": effect, "parts": [part], "worn_by": 1 });
        assert_eq!(report["permissions"], json!([change]), "{to}");
        nothing(&report, &["losses", "gains", "changes", "unknown"]);
    }
    // Another name or another spelling of the same permits the same.
    let spaced = ADMIN_MAY.replace(',', ",  ");
    assert_eq!(
        against(&house, &[(ADMIN_MAY, &spaced), ("name = \"admin\"", "name = \"boss\"")]).1["permissions"],
        json!([])
    );
}

#[tokio::test]
async fn people_who_sign_in_with_a_browser_are_asked_about_too() {
    let house = open_tls().await;
    let response = paper(&house, "1", ALICE, &["ops", "staff"], &[("team", "blue")]);
    crate::front_console::unasked(&house, &mut crate::house::Browser::default(), &response).await;
    settled(&house, 1).await;
    let (code, report) = against(&house, &[(STAFF, "when = 'false'")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(ALICE, READER)]), "{report:#}");
}

/// Keys in the store, under the operator's wrapping key; without it nothing can be read.
#[tokio::test]
async fn a_wrapped_key_is_unwrapped() {
    let house = open_with("", "").await;
    let (directory, clock, url) = house.close().await;
    let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).unwrap();
    let wrapped = "directory = \"other-keys\"\nwrapping_key = { file = \"wrapping\" }";
    directory.write("gatehouse.toml", changed(&text, "directory = \"keys\"", wrapped));
    directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
    // The ring in that store has begun with keys that are elsewhere.
    crate::running::rows(&directory, "DELETE FROM key_ring RETURNING id").await;
    let house = House::serve(directory, clock, url).await;
    exchange(&house, &token(&house, "main-1", &[]), "deploy").await.credentials();
    settled(&house, 1).await;
    let (code, report) = against(&house, &[("main*", "release*")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    assert!(!house.directory.path().join("other-keys").exists());
    house.directory.write("wrapping", format!("{}=\n", "AB".repeat(21) + "A"));
    let (code, _, err) = plan(&house, &[]);
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
    assert!(err.contains("was wrapped by another wrapping key"), "{err}");
}

/// Exit status 1, and one sentence.
#[tokio::test]
async fn a_plan_that_cannot_be_made_says_why() {
    let house = after_a_day().await;
    proposed(&house, &[]);
    let absent = |config: &str, new: &str| {
        let mut command = gatehouse();
        command.current_dir(house.directory.path()).args(["plan", "--config", config, "--against", new]);
        let (code, out, err) = ended(&mut command);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        err
    };
    assert!(absent("gatehouse.toml", "absent.toml").contains("absent.toml: cannot be read"));
    let fresh = std::fs::read_to_string(house.directory.path().join("new.toml")).unwrap();
    house.directory.write("fresh.toml", fresh.replace("gatehouse.db", "fresh.db"));
    let err = absent("fresh.toml", "new.toml");
    assert!(err.starts_with("gatehouse: a gateway of fresh.toml has recorded nothing yet in "), "{err}");
    assert!(!house.directory.path().join("fresh.db").exists(), "nothing is made");
    proposed(&house, &[("role/Reader\"]", "role/Raeder\"]")]);
    let err = absent("gatehouse.toml", "new.toml");
    assert!(err.contains("there is no [[role]] arn:aws:iam::111122223333:role/Raeder"), "{err}");
}
