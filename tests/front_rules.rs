//! What a provider's rules give when some of them fail, and when they compute their roles, through the front door.

use crate::front::{ADMIN, CORP, WORLD, assume_with_saml, good};
use crate::front_console::unasked;
use crate::front_metrics::{open_with, read};
use crate::house::{Browser, House};
use crate::saml_identity::NOW;
use crate::tagged_world::{all_files, arn, attribute, config, with_saml};
use gatehouse::trace::{Outcome, Step};

/// The configuration with these rules at the first provider.
fn ruled(config: &str, rules: &str) -> String {
    config.replacen("idp_initiated = true\n", &format!("idp_initiated = true\n{rules}\n"), 1)
}

async fn computing(roles_from: &str) -> House {
    let rule = format!("[[provider.rule]]\nwhen = 'true'\nroles_from = '{roles_from}'");
    House::open(NOW, &all_files(), |_| ruled(&config(), &rule)).await
}

fn step<'s>(steps: &'s [Step], check: &str) -> &'s Step {
    steps.iter().find(|step| step.check == check).unwrap_or_else(|| panic!("no {check} in {steps:?}"))
}

/// Those for whom it fails have their role from another rule; nobody would miss what the broken one should give.
#[tokio::test]
async fn a_rule_that_fails_is_counted_though_another_gives_the_role() {
    let rule = |when: &str| format!("[[provider.rule]]\nwhen = '{when}'\nroles = [\"{ADMIN}\"]\n");
    let rules = rule(r#""ops" in claims.groups"#) + &rule(r#"claims.department[0] == "ops""#);
    let (house, admin) = open_with(&ruled(WORLD, &rules)).await;
    let counted = async || {
        let text = read(&house, &admin, "/metrics").await.body;
        let lines = text.lines().filter(|line| line.starts_with("gatehouse_rule_failures_total"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let times = |count| vec![format!("gatehouse_rule_failures_total{{provider=\"{CORP}\",rule=\"rule[1]\"}} {count}")];
    assert!(counted().await.is_empty());
    for (id, count) in [("1", 1), ("2", 2)] {
        let answer = assume_with_saml(&house, ADMIN, &good(&house, id)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        assert_eq!(step(&steps, "trust.rule-failed").outcome, Outcome::Fail);
        assert_eq!(counted().await, times(count));
    }
    // The console asks which roles there are, and gives one.
    assert_eq!(unasked(&house, &mut Browser::default(), &good(&house, "3")).await.status, 200);
    assert_eq!(counted().await, times(4));
    house.close().await;
}

#[tokio::test]
async fn computed_roles_that_are_not_there_or_not_ours_are_told_and_dropped() {
    let house = computing("claims.roles").await;
    let theirs = "arn:aws:iam::444455556666:role/Guest";
    let computed = [&arn("Open"), &arn("Nowhere"), theirs, "no ARN at all"];
    let answer = with_saml(&house, "1", "Open", &attribute("roles", &computed)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let steps = house.trace(&answer.request_id).await;
    let dropped = step(&steps, "rule.rule[0].roles");
    let told = format!("dropped: {}, {theirs}, no ARN at all", arn("Nowhere"));
    assert_eq!((dropped.outcome, dropped.received.as_deref()), (Outcome::Note, Some(&*told)));
    assert_eq!(step(&steps, "rule.rule[0]").received.as_deref(), Some(&*format!("gives {}", arn("Open"))));
    for (id, role) in [("2", theirs), ("3", &arn("Nowhere"))] {
        let paper = crate::tagged_world::asserting(&house, id, "Open", &attribute("roles", &computed));
        let answer = assume_with_saml(&house, role, &paper).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{role}");
    }
}

#[tokio::test]
async fn a_thousand_computed_roles_are_read_and_no_more() {
    let house = computing(r#"claims.n.map(n, "arn:aws:iam::" + account + ":role/" + n)"#).await;
    for (id, most, code) in [("1", 1_000, None), ("2", 1_001, Some("trust.rule-failed"))] {
        let names = [vec!["x"; most - 1], vec!["Open"]].concat();
        let answer = with_saml(&house, id, "Open", &attribute("n", &names)).await;
        let steps = house.trace(&answer.request_id).await;
        match code {
            None => assert_eq!(answer.status, 200, "{}", answer.body),
            Some(code) => {
                assert_eq!(answer.refusal(), (403, "AccessDenied"));
                let sentence = step(&steps, code).sentence.as_deref().expect("a sentence");
                assert!(sentence.contains("\"roles_from\" comes to 1001 roles; at most 1000 are read"), "{sentence}");
            }
        }
    }
}
