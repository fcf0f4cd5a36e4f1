//! What holds for all policies alike, tried on random ones. A failure names its seed.

use crate::policy_random::{Seeded, asked, asked_of_trust, context, identity_policy, trust_policy};
use crate::policy_reference;
use gatehouse::policy::{
    Context, Decision, Effect, Permissions, Policy, Principal, evaluate_permissions, evaluate_trust, paper,
};
use serde_json::{Value, json};

/// Policies of every kind, as a question on paper has them.
struct Papers {
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Vec<Value>,
}

/// The same policies, read as configuration is.
struct Compiled {
    identity: Vec<(String, Policy)>,
    boundary: Option<(String, Policy)>,
    session: Vec<(String, Policy)>,
}

/// Decision, and the statements that made it.
type Answer = (&'static str, Vec<String>);

/// Sets of policies; each is asked many questions, because to read them is the dear part.
const SETS: u64 = 1_250;
const QUESTIONS: usize = 40;

#[test]
fn what_is_asked_on_paper_is_what_is_asked_live() {
    let (mut cases, mut allowed, mut denied) = (0, 0, 0);
    for seed in 0..SETS {
        let mut random = Seeded::new(seed);
        let papers = Papers::random(&mut random);
        let live = papers.compiled();
        let on_paper = papers.read_as_a_question();
        for index in 0..QUESTIONS {
            let ((action, resource), known) = (asked(&mut random), context(&mut random));
            let question = papers.question(action, resource, &known);
            let typed = typed(&known);
            let answer = live.ask(action, resource, &typed);
            let paper_context = paper::context(&known.to_string()).expect("a context");
            let paper = on_paper.ask(action, resource, &paper_context);
            assert_eq!(answer, paper, "seed {seed}: {question}");
            assert_eq!(answer, policy_reference::answer(&question), "seed {seed}: {question}");
            if index == 0 {
                assert_eq!(answer, whole(&question), "seed {seed}: {question}");
            }
            cases += 1;
            allowed += u32::from(answer.0 == "allow");
            denied += u32::from(answer.0 == "explicit-deny");
        }
    }
    assert!(cases == 50_000 && allowed > 2_000 && denied > 2_000, "{cases} cases, {allowed} allowed, {denied} denied");
}

#[test]
fn trust_that_is_asked_on_paper_is_what_is_asked_live() {
    let (mut cases, mut allowed, mut denied) = (0, 0, 0);
    for seed in 0..SETS {
        let mut random = Seeded::new(seed);
        let document = trust_policy(&mut random);
        let policy = Policy::trust(&document.to_string()).unwrap_or_else(|errors| panic!("seed {seed}: {errors:?}"));
        for _ in 0..QUESTIONS {
            let ((action, (kind, who)), known) = (asked_of_trust(&mut random), context(&mut random));
            let question = json!({"id": "q", "trust_policy": document, "principal": {kind: who}, "action": action, "context": known});
            let (typed, principal) = (typed(&known), principal(kind, who));
            let answer = told(&evaluate_trust(&policy, &principal, action, &typed));
            assert_eq!(answer, policy_reference::answer(&question), "seed {seed}: {question}");
            assert_eq!(answer, whole(&question), "seed {seed}: {question}");
            cases += 1;
            allowed += u32::from(answer.0 == "allow");
            denied += u32::from(answer.0 == "explicit-deny");
        }
    }
    assert!(cases == 50_000 && allowed > 2_000 && denied > 500, "{cases} cases, {allowed} allowed, {denied} denied");
}

#[test]
fn more_statements_and_more_layers() {
    const MORE: usize = 8;
    for seed in 0..SETS {
        let mut random = Seeded::new(seed ^ 0xa110);
        let papers = Papers::random(&mut random);
        let addition = identity_policy(&mut random);
        let with = |effect: &str, layer: usize| {
            let mut papers = papers.clone();
            let mut addition = addition.clone();
            addition["Statement"]
                .as_array_mut()
                .expect("statements")
                .iter_mut()
                .for_each(|s| s["Effect"] = json!(effect));
            match (layer, &mut papers.boundary) {
                (0, Some(boundary)) => add(boundary, &addition),
                (1, _) if !papers.session.is_empty() => add(&mut papers.session[0], &addition),
                _ => papers.identity.push(addition),
            }
            papers.compiled()
        };
        let layer = random.below(3);
        let (before, more_allows, more_denies) = (papers.compiled(), with("Allow", layer), with("Deny", layer));
        let mut limited = papers.clone();
        limited.boundary.get_or_insert(addition.clone());
        if limited.session.is_empty() {
            limited.session.push(identity_policy(&mut random));
        }
        let limited = limited.compiled();
        for _ in 0..MORE {
            let ((action, resource), known) = (asked(&mut random), typed(&context(&mut random)));
            let ask = |policies: &Compiled| policies.ask(action, resource, &known).0;
            let (asked, say) =
                (ask(&before), |what: &str| format!("seed {seed}, {what}: {action} {resource} {known:?}"));
            assert!(asked != "allow" || ask(&more_allows) == "allow", "{}", say("an Allow took access away"));
            assert!(asked == "explicit-deny" || ask(&more_allows) != "explicit-deny", "{}", say("an Allow denied"));
            assert!(asked == "allow" || ask(&more_denies) != "allow", "{}", say("a Deny gave access"));
            assert!(asked != "explicit-deny" || ask(&more_denies) == asked, "{}", say("a Deny took a Deny away"));
            assert!(
                asked == "allow" || ask(&limited) != "allow",
                "{}",
                say("a boundary or a session policy gave access")
            );
            assert!(asked != "explicit-deny" || ask(&limited) == asked, "{}", say("a layer took a Deny away"));
        }
    }
}

/// A Deny wins wherever it is; and where it stands, and in which order, changes neither the answer nor who made it.
#[test]
fn deny_wins_and_order_does_not_matter() {
    const MORE: usize = 8;
    for seed in 0..SETS {
        let mut random = Seeded::new(seed ^ 0x0dd);
        let mut papers = Papers::random(&mut random);
        papers.give_each_statement_a_sid();
        let mut mixed = papers.clone();
        mixed.each_document(|document| random.shuffle(document["Statement"].as_array_mut().expect("statements")));
        random.shuffle(&mut mixed.identity);
        random.shuffle(&mut mixed.session);
        let (before, mixed) = (papers.compiled(), mixed.compiled());
        for _ in 0..MORE {
            let ((action, resource), known) = (asked(&mut random), context(&mut random));
            let typed = typed(&known);
            let (answer, mut other) = (before.ask(action, resource, &typed), mixed.ask(action, resource, &typed));
            let question = papers.question(action, resource, &known);
            let denying = papers.denying(action, resource, &known);
            assert_eq!(answer.0 == "explicit-deny", !denying.is_empty(), "seed {seed}: {question}");
            if !denying.is_empty() {
                assert_eq!(answer.1, denying, "seed {seed}: {question}");
            }
            let mut sorted = answer.clone();
            sorted.1.sort();
            other.1.sort();
            assert_eq!(sorted, other, "seed {seed}: {question}");
        }
    }
}

impl Clone for Papers {
    fn clone(&self) -> Self {
        Self { identity: self.identity.clone(), boundary: self.boundary.clone(), session: self.session.clone() }
    }
}

impl Papers {
    fn random(random: &mut Seeded) -> Self {
        let identity = (0..1 + random.below(2)).map(|_| identity_policy(random)).collect();
        let boundary = random.percent(30).then(|| identity_policy(random));
        let session = (0..[0, 0, 1, 2][random.below(4)]).map(|_| identity_policy(random)).collect();
        Self { identity, boundary, session }
    }

    fn question(&self, action: &str, resource: &str, known: &Value) -> Value {
        json!({"id": "q", "identity_policies": self.identity, "boundary": self.boundary,
            "session_policies": self.session, "action": action, "resource": resource, "context": known})
    }

    /// Each document by its name, read by `read`.
    fn each<T>(&self, read: impl Fn(&str, &str) -> T) -> (Vec<(String, T)>, Option<(String, T)>, Vec<(String, T)>) {
        let one = |name: String, document: &Value| {
            let policy = read(&name, &document.to_string());
            (name, policy)
        };
        let list = |name: &str, documents: &[Value]| {
            documents.iter().enumerate().map(|(index, document)| one(format!("{name}[{index}]"), document)).collect()
        };
        let boundary = self.boundary.as_ref().map(|document| one("boundary".to_owned(), document));
        (list("identity_policies", &self.identity), boundary, list("session_policies", &self.session))
    }

    fn compiled(&self) -> Compiled {
        let (identity, boundary, session) = self.each(|name, document| {
            Policy::identity(document).unwrap_or_else(|errors| panic!("{name}: {document}: {errors:?}"))
        });
        Compiled { identity, boundary, session }
    }

    fn read_as_a_question(&self) -> Compiled {
        let (identity, boundary, session) = self
            .each(|name, document| paper::identity_policy(name, document).unwrap_or_else(|error| panic!("{error}")));
        Compiled { identity, boundary, session }
    }

    fn each_document(&mut self, mut change: impl FnMut(&mut Value)) {
        self.identity.iter_mut().chain(&mut self.boundary).chain(&mut self.session).for_each(&mut change);
    }

    fn give_each_statement_a_sid(&mut self) {
        let mut count = 0;
        self.each_document(|document| {
            for statement in document["Statement"].as_array_mut().expect("statements") {
                count += 1;
                statement["Sid"] = json!(format!("Sid{count}"));
            }
        });
    }

    /// The Deny statements that say so also when they are alone.
    fn denying(&self, action: &str, resource: &str, known: &Value) -> Vec<String> {
        let documents = self.identity.iter().chain(&self.boundary).chain(&self.session);
        let alone = documents.flat_map(|document| {
            let statements = document["Statement"].as_array().expect("statements").iter();
            statements.filter(|statement| statement["Effect"] == "Deny").map(|statement| {
                let mut alone = document.clone();
                alone["Statement"] = json!([statement]);
                Self { identity: vec![alone], boundary: None, session: Vec::new() }
            })
        });
        alone.flat_map(|papers| policy_reference::answer(&papers.question(action, resource, known)).1).collect()
    }
}

/// More statements in the same document, which stays in its language.
fn add(document: &mut Value, addition: &Value) {
    let more = addition["Statement"].as_array().expect("statements").iter().cloned().map(|mut statement| {
        statement.as_object_mut().expect("a statement").remove("Sid");
        statement
    });
    document["Statement"].as_array_mut().expect("statements").extend(more);
}

impl Compiled {
    fn ask(&self, action: &str, resource: &str, known: &Context) -> Answer {
        let permissions = Permissions {
            identity: Some(named(&self.identity).collect()),
            boundary: named(self.boundary.as_slice()).next(),
            session: named(&self.session).collect(),
        };
        told(&evaluate_permissions(&permissions, action, resource, known))
    }
}

fn named(policies: &[(String, Policy)]) -> impl Iterator<Item = (&str, &Policy)> {
    policies.iter().map(|(name, policy)| (name.as_str(), policy))
}

fn told(decision: &Decision<'_>) -> Answer {
    let effect = match decision.effect {
        Effect::Allow => "allow",
        Effect::ExplicitDeny => "explicit-deny",
        Effect::ImplicitDeny => "implicit-deny",
    };
    (effect, decision.matched.iter().map(ToString::to_string).collect())
}

/// The answer to a whole question on paper.
fn whole(question: &Value) -> Answer {
    match paper::answer(question.to_string().as_bytes()).verdict {
        paper::Verdict::Decided { decision, matched } => {
            let effect = match decision {
                Effect::Allow => "allow",
                Effect::ExplicitDeny => "explicit-deny",
                Effect::ImplicitDeny => "implicit-deny",
            };
            (effect, matched)
        }
        paper::Verdict::Wrong { error } => panic!("{question}: {error}"),
    }
}

/// As a live request brings it.
fn typed(known: &Value) -> Context {
    let mut context = Context::new();
    for (key, value) in known.as_object().expect("an object") {
        match value {
            Value::Array(values) => context.insert_many(key.clone(), values.iter().filter_map(Value::as_str)),
            value => context.insert_one(key.clone(), value.as_str().expect("a text")),
        }
        .expect("each key once");
    }
    context
}

fn principal<'a>(kind: &str, who: &'a str) -> Principal<'a> {
    match kind {
        "AWS" => {
            let role_arn = who.contains(":role/").then_some(who);
            Principal::Aws { arn: who, role_arn, account: who.split(':').nth(4).expect("an account"), provider: None }
        }
        "Federated" => {
            let alias = who.ends_with("accounts.google.com").then_some("accounts.google.com");
            Principal::Federated { arn: who, alias }
        }
        _ => Principal::Service { name: who },
    }
}
