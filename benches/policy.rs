//! What a decision costs, beside the least that anybody must do who compares as many texts: `make bench`.
//!
//! Rounds of all rows are interleaved, so that a busy machine is unfair to all of them alike. Times are of the processor.
#![allow(clippy::print_stdout)]

use gatehouse::policy::{Context, Effect, Permissions, Policy, Principal, evaluate_permissions, evaluate_trust};
use nix::time::{ClockId, clock_gettime};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

const ROUNDS: usize = 40;
/// Decisions in a round of ten statements.
const DECISIONS: u32 = 20_000;
/// Decisions a second on one core, of ten statements with three conditions each.
const WANTED: f64 = 1_000_000.0;
/// Times the floor.
const MOST_TIMES: f64 = 3.0;
const SIZES: [usize; 3] = [10, 100, 1_000];

const KEYS: [(&str, &str); 14] = [
    ("aws:PrincipalTag/team", "payments"),
    ("aws:PrincipalTag/cost-centre", "4711"),
    ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/path/Admin"),
    ("aws:PrincipalAccount", "111122223333"),
    ("aws:PrincipalType", "AssumedRole"),
    ("aws:SourceIp", "203.0.113.9"),
    ("aws:CurrentTime", "2026-11-25T12:00:00Z"),
    ("aws:EpochTime", "1795608000"),
    ("aws:UserAgent", "aws-cli/2.22.0 md/awscrt#0.23.0 ua/2.0 os/linux"),
    ("aws:userid", "AROAABCDEFGHIJKLMNOPQ:alice@example.com"),
    ("aws:TokenIssueTime", "2026-11-25T11:55:00Z"),
    ("aws:FederatedProvider", "arn:aws:iam::111122223333:saml-provider/corp"),
    ("sts:RoleSessionName", "alice@example.com"),
    ("sts:ExternalId", "8f2c1f0e-90aa-4b6f-9f0a-5f4a86d8b4a1"),
];

/// Three conditions that hold: a text, a pattern, and one that is neither.
const CONDITIONS: [&str; 2] = [
    r#""StringEquals": {"aws:PrincipalTag/team": ["fraud", "payments"]}, "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/*"},
       "Bool": {"aws:MultiFactorAuthPresent": "true"}"#,
    r#""StringEquals": {"sts:ExternalId": "8f2c1f0e-90aa-4b6f-9f0a-5f4a86d8b4a1"}, "StringLike": {"aws:userid": "AROA*:*@example.com"},
       "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#,
];

/// How a policy of so many statements looks.
#[derive(Clone, Copy)]
enum Shape {
    /// Each statement covers what is asked, and all of its conditions hold.
    AllApply,
    /// Each covers what is asked; the last of its conditions does not hold.
    AllButApply,
    /// One covers what is asked, the others speak of other services.
    OneApplies,
}

struct Row<'a> {
    name: String,
    decisions: u32,
    run: Box<dyn Fn() + 'a>,
    least: Duration,
    total: Duration,
}

fn main() {
    let mut context = Context::new();
    for (key, value) in KEYS.iter().chain(&[("aws:MultiFactorAuthPresent", "true")]) {
        context.insert_one(*key, *value).expect("each key once");
    }
    let map: HashMap<&str, &str> = KEYS.into_iter().collect();
    let shapes =
        [(Shape::AllApply, "all apply"), (Shape::AllButApply, "none applies"), (Shape::OneApplies, "one applies")];
    let sets: Vec<_> = shapes
        .into_iter()
        .flat_map(|(shape, name)| SIZES.map(|size| (format!("{size} statements, {name}"), size, shape)))
        .map(|(name, size, shape)| (name, size, shape, policies(size, shape)))
        .collect();
    let trust = trust_policy();
    let principal = Principal::Federated { arn: "arn:aws:iam::111122223333:saml-provider/corp", alias: None };

    let mut rows = vec![Row::new("floor: 30 look-ups, 30 comparisons", DECISIONS, || {
        for (key, value) in KEYS.iter().cycle().take(30) {
            black_box(map.get(black_box(*key)) == Some(black_box(value)));
        }
    })];
    for (name, size, shape, policies) in &sets {
        let permissions = Permissions::of(policies.iter().map(|policy| ("p", policy)));
        let expected = match shape {
            Shape::AllApply | Shape::OneApplies => Effect::Allow,
            Shape::AllButApply => Effect::ImplicitDeny,
        };
        let decisions = DECISIONS / (*size as u32 / 10);
        let context = &context;
        rows.push(Row::new(name, decisions, move || {
            let asked = black_box("s3:GetObject");
            let decision = evaluate_permissions(&permissions, asked, "arn:aws:s3:::payments/2026/11/x", context);
            assert_eq!(black_box(decision.effect), expected);
        }));
    }
    rows.push(Row::new("trust policy, 10 statements, all apply", DECISIONS, || {
        let decision = evaluate_trust(&trust, &principal, black_box("sts:AssumeRoleWithSAML"), &context);
        assert_eq!(black_box(decision.effect), Effect::Allow);
    }));
    for _ in 0..ROUNDS {
        rows.iter_mut().for_each(Row::round);
    }
    report(&rows);
}

impl<'a> Row<'a> {
    fn new(name: &str, decisions: u32, run: impl Fn() + 'a) -> Self {
        run();
        Self { name: name.to_owned(), decisions, run: Box::new(run), least: Duration::MAX, total: Duration::ZERO }
    }

    fn round(&mut self) {
        let begun = processor();
        (0..self.decisions).for_each(|_| (self.run)());
        let took = processor() - begun;
        self.least = self.least.min(took);
        self.total += took;
    }

    /// Nanoseconds, of the best round.
    fn each(&self) -> f64 {
        self.least.as_nanos() as f64 / f64::from(self.decisions)
    }
}

fn report(rows: &[Row<'_>]) {
    println!("\n{:40} {:>10} {:>10} {:>14}", "one core", "ns, mean", "ns, least", "decisions/s");
    for row in rows {
        let mean = row.total.as_nanos() as f64 / f64::from(row.decisions) / ROUNDS as f64;
        println!("{:40} {mean:10.0} {:10.0} {:14.0}", row.name, row.each(), 1e9 / row.each());
    }
    let (floor, ten) = (rows[0].each(), rows[1].each());
    let verdict = if 1e9 / ten >= WANTED { "as wanted" } else { "too few: a million are wanted" };
    println!(
        "\nratio: ten statements of three conditions that all apply cost {:.1} times the floor; {:.0} decisions/s, {verdict}",
        ten / floor,
        1e9 / ten
    );
    // A busy or slow machine changes the rate, but not the ratio.
    assert!(ten / floor <= MOST_TIMES, "{}", ten / floor);
    for sizes in rows[1..].chunks(SIZES.len()).filter(|rows| rows.len() == SIZES.len()) {
        let [ten, hundred, thousand] = [0, 1, 2].map(|at| sizes[at].each());
        println!("growth: {:32} ×10 costs ×{:.1}, ×100 costs ×{:.1}", sizes[0].name, hundred / ten, thousand / ten);
        // Linear, and a tenth for whoever else is at work on the machine.
        assert!(thousand / ten <= 110.0, "worse than linear: {}", thousand / ten);
    }
}

/// As many statements, in documents that can be read.
fn policies(size: usize, shape: Shape) -> Vec<Policy> {
    let statement = |index: usize| {
        let (service, unmet) = match shape {
            Shape::AllApply => ("s3".to_owned(), ""),
            Shape::AllButApply => ("s3".to_owned(), r#", "Null": {"aws:userid": true}"#),
            Shape::OneApplies if index == size / 2 => ("s3".to_owned(), ""),
            Shape::OneApplies => (format!("svc{index}"), ""),
        };
        let conditions = CONDITIONS[index % CONDITIONS.len()];
        format!(
            r#"{{"Sid": "S{index}", "Effect": "Allow", "Action": ["{service}:Get*", "{service}:PutObject"],
                "Resource": "arn:aws:s3:::payments/*", "Condition": {{{conditions}{unmet}}}}}"#
        )
    };
    let statements: Vec<String> = (0..size).map(statement).collect();
    let document = |part: &[String]| format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, part.join(","));
    statements.chunks(100).map(|part| Policy::identity(&document(part)).expect("a policy")).collect()
}

fn trust_policy() -> Policy {
    let statement = |index: usize| {
        let conditions = CONDITIONS[index % CONDITIONS.len()];
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}},
                "Action": "sts:AssumeRoleWithSAML", "Condition": {{{conditions}}}}}"#
        )
    };
    let statements: Vec<String> = (0..10).map(statement).collect();
    Policy::trust(&format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(",")))
        .expect("a policy")
}

fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("a clock").into()
}
