//! The roles that somebody gets are a function of their claims and the configuration: no order makes a difference, nor
//! does the way in which a rule is found.

use crate::allocations;
use crate::config_world::{BASE, World};
use crate::saml_identity::{NOW, changed};
use gatehouse::catalogue::Catalogue;
use gatehouse::config::{Peers, Secrets};
use gatehouse::trace::{Outcome, Trace};
use gatehouse::trust::{Asked, Surroundings, offers, ruling, suppose};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const ACCOUNT: &str = "arn:aws:iam::111122223333";

/// Always the same numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most as u64).expect("a small number")
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        (1..items.len()).rev().for_each(|at| items.swap(at, self.below(at + 1)));
    }
}

/// A token provider with these conditions, each of which gives one of four roles.
fn catalogue(rules: &[(String, usize)]) -> Catalogue {
    let rules: String = rules
        .iter()
        .map(|(when, role)| {
            format!(
                "[[provider.rule]]\nwhen = '{when}'\nroles = [\"{ACCOUNT}:role/R{role}\"]\nsession_name = '\"name\"'\n"
            )
        })
        .collect();
    with(&rules, 4)
}

/// A token provider with these rules, and so many roles that trust it.
fn with(rules: &str, roles: usize) -> Catalogue {
    let world = World::new();
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}}]}"#;
    let roles: String = (0..roles)
        .map(|role| format!("[[role]]\narn = \"{ACCOUNT}:role/R{role}\"\ntrust = {{ json = '{trust}' }}\n"))
        .collect();
    let login = "login = { client_id = \"web\", client_secret = { file = \"ops-secret\" } }\n";
    let text = changed(BASE, &format!("{login}\n[[role]]"), &format!("{login}{rules}{roles}[[role]]"));
    world.load(&text, Secrets::Read, Peers::Real).unwrap_or_else(|m| panic!("{m:?}")).catalogue
}

/// The roles, or the reason; and whether any rule failed.
fn given(catalogue: &Catalogue, claims: &Map<String, Value>) -> (Result<BTreeSet<String>, bool>, Trace) {
    let provider = catalogue.provider_named("issuer").expect("issuer");
    let identity = suppose(claims.clone(), provider, "").unwrap_or_else(|e| panic!("{e}"));
    let around = Surroundings::on_paper(NOW, None);
    let mut trace = Trace::new("");
    let offers = offers(catalogue, provider, &identity, Asked::Anything, &around, None, &mut trace);
    let failed = trace.steps().iter().any(|step| step.outcome == Outcome::Fail);
    (offers.map(|all| all.iter().map(|offer| offer.role().arn.to_string()).collect()).map_err(|_| failed), trace)
}

fn condition(dice: &mut Dice) -> String {
    let text = ["a", "b", "c", "d"][dice.below(4)];
    let claim = ["groups", "team", "odd", "absent"][dice.below(4)];
    match dice.below(10) {
        0 => format!("\"{text}\" in claims.{claim}"),
        1 => format!("claims.{claim}.exists(g, g == \"{text}\")"),
        2 => format!("claims.{claim} == \"{text}\""),
        3 => format!("\"{text}\" == claims.{claim}"),
        4 => format!("claims.team == \"{text}\" && \"a\" in claims.{claim}"),
        5 => format!("size(claims.groups) > {} && claims.groups.exists(g, \"{text}\" == g)", dice.below(4)),
        6 => format!("\"{text}\" in claims.groups || \"{text}\" in claims.{claim}"),
        7 => format!("claims.{claim} in [\"{text}\", \"a\"]"),
        8 => format!("claims.team == \"{text}\" || claims.{claim} == \"a\" || claims.odd in [\"{text}\"]"),
        _ => format!("!(\"{text}\" in claims.{claim})"),
    }
}

fn claims(dice: &mut Dice) -> Map<String, Value> {
    let mut groups: Vec<&str> = ["a", "b", "c", "d", "e"].into_iter().filter(|_| dice.below(2) == 0).collect();
    dice.shuffle(&mut groups);
    let odd = [json!({ "a": 1 }), json!("a"), json!(7), json!(["a", 7]), json!(null)][dice.below(5)].clone();
    let Value::Object(claims) =
        json!({ "sub": "s1", "aud": "web", "groups": groups, "team": (["a", "b"][dice.below(2)]), "odd": odd })
    else {
        panic!("an object")
    };
    claims
}

#[test]
fn no_order_and_no_way_of_finding_rules_makes_a_difference() {
    let mut dice = Dice(7);
    let mut with_roles = 0;
    for _ in 0..25 {
        let mut rules: Vec<(String, usize)> = (0..6).map(|_| (condition(&mut dice), dice.below(4))).collect();
        let written = catalogue(&rules);
        // Whoever must be asked is asked: `|| false` hides what a condition needs.
        let asked: Vec<_> = rules.iter().map(|(when, role)| (format!("({when}) || false"), *role)).collect();
        let asked = catalogue(&asked);
        dice.shuffle(&mut rules);
        let shuffled = catalogue(&rules);
        for _ in 0..30 {
            let claims = claims(&mut dice);
            let mut turned = claims.clone();
            if let Some(groups) = turned["groups"].as_array_mut() {
                groups.reverse();
            }
            let (expected, _) = given(&written, &claims);
            with_roles += usize::from(expected.is_ok());
            for (what, other) in [("asked", &asked), ("shuffled", &shuffled)] {
                assert_eq!(given(other, &claims).0, expected, "{what}: {rules:?} for {claims:?}");
            }
            assert_eq!(given(&shuffled, &turned).0, expected, "{rules:?} for {turned:?}");
        }
    }
    assert!(with_roles > 200, "only {with_roles} came to anything");
}

/// Ten thousand rules, of which one matches: the trace tells what happened in a few steps, and the work has an end.
#[test]
fn thousands_of_rules_are_counted_and_bounded() {
    let many = |when: &dyn Fn(usize) -> String| {
        catalogue(&(0..10_000).map(|n| (when(n), usize::from(n == 7_000))).collect::<Vec<_>>())
    };
    let groups: Vec<String> = (0..200).map(|n| format!("g{}", n * 50)).collect();
    let Value::Object(claims) = json!({ "sub": "s1", "aud": "web", "groups": groups }) else { panic!("an object") };
    let found = many(&|n| format!("claims.groups.exists(g, g == \"g{n}\")"));
    let (roles, trace) = given(&found, &claims);
    assert_eq!(roles.expect("roles").len(), 2);
    let told = |trace: &Trace, what: &str| {
        trace.steps().iter().filter(|step| step.received.as_deref().is_some_and(|it| it.contains(what))).count()
    };
    assert_eq!((told(&trace, "does not match"), told(&trace, "9750 more rules do not match")), (50, 1));
    assert!(trace.steps().len() < 300, "{}", trace.steps().len());

    let failing = many(&|n| format!("claims.absent{} == \"x\"", n % 10));
    let (roles, trace) = given(&failing, &claims);
    assert_eq!(roles, Err(true));
    assert_eq!(told(&trace, "9950 more rules cannot be evaluated"), 1);
    assert!(trace.steps().len() < 60, "{}", trace.steps().len());

    // Each is within its own bound, all together are not: none has given anything, wherever it stands.
    let dear = many(&|n| format!("claims.groups.filter(g, g.startsWith(\"g\")).size() > {}", n % 2 * 1_000));
    let (roles, trace) = given(&dear, &claims);
    assert_eq!(roles, Err(true));
    let sentence = trace.steps().last().and_then(|step| step.sentence.clone()).unwrap_or_default();
    assert!(sentence.ends_with("the rules of this provider take more than 1000000 steps together"), "{sentence}");
}

/// The bound is of the work that is done, not of the work that was done when somebody looks: a rule may have fifty tags.
#[test]
fn one_rule_does_no_more_than_all_rules_may() {
    let groups: Vec<String> = (0..10_000).map(|n| format!("g{n}")).collect();
    let Value::Object(claims) = json!({ "sub": "s1", "aud": "web", "groups": groups }) else { panic!("an object") };
    let work = |tags: usize| {
        let dear = r#"size(claims.groups.map(g, g + "x")) > 0 ? "a" : "b""#;
        let tags: Vec<String> = (0..tags).map(|n| format!("t{n} = '{dear}'")).collect();
        let rule = format!(
            "[[provider.rule]]\nwhen = 'true'\nroles = [\"{ACCOUNT}:role/R0\"]\ntags = {{ {} }}\n",
            tags.join(", ")
        );
        let catalogue = with(&rule, 1);
        let (count, (roles, trace)) = allocations::during(|| given(&catalogue, &claims));
        assert_eq!(roles, Err(true));
        let sentence = trace.steps().last().and_then(|step| step.sentence.clone()).unwrap_or_default();
        assert!(sentence.ends_with("the rules of this provider take more than 1000000 steps together"), "{sentence}");
        count
    };
    let (some, most) = (work(25), work(50));
    assert!(most < some + some / 10, "{some} and {most}");
}

/// Beside a hundred thousand others as fast as alone.
#[test]
fn a_role_that_is_named_is_asked_alone() {
    let Value::Object(claims) = json!({ "sub": "s1", "aud": "web" }) else { panic!("an object") };
    let work = |roles: usize| {
        let catalogue = with("", roles);
        let provider = catalogue.provider_named("issuer").expect("issuer");
        let identity = suppose(claims.clone(), provider, "").unwrap_or_else(|e| panic!("{e}"));
        let role = format!("{ACCOUNT}:role/R1").parse().expect("a role");
        let around = Surroundings::on_paper(NOW, None);
        let ask = || ruling(&catalogue, provider, &identity, &role, &around, &mut Trace::new(""));
        let (count, worn) = allocations::during(ask);
        assert!(worn.verdict.is_ok(), "{:?}", worn.verdict.err());
        count
    };
    assert_eq!(work(2), work(300));
}
