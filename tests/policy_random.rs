//! Random policies and questions, from few words, so that they often meet. The same seed makes the same ones.

use serde_json::{Map, Value, json};

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, entries: &mut [T]) {
        for at in (1..entries.len()).rev() {
            entries.swap(at, self.below(at + 1));
        }
    }

    /// One text, or a list of them.
    fn texts(&mut self, choices: &[&str]) -> Value {
        match self.below(4) {
            0 => json!((0..1 + self.below(3)).map(|_| self.of(choices)).collect::<Vec<_>>()),
            _ => json!(self.of(choices)),
        }
    }
}

const ACTIONS: [&str; 8] =
    ["s3:GetObject", "s3:Get*", "S3:*", "*", "s3:?etobject", "ec2:*", "s3:PutObject", "s3:*Object*"];
const RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::b/${aws:username, 'k'}",
    "arn:*:s3:*:*:b/?",
    "arn:aws:s3:::b/${*}",
    "arn:aws:s*:::*k",
    "arn:aws:s3:::B/k",
];
const ASKED_ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "ec2:GetObject", "S3:getObjectAcl"];
const ASKED_RESOURCES: [&str; 7] = [
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::k/b/k",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:x:::b/k",
    "*",
    "arn:aws:s3:::b/ä",
    "arn:aws:s3:::b/${aws:username}",
];

const PRINCIPALS: [&str; 11] = [
    r#""*""#,
    r#"{"AWS": "*"}"#,
    r#"{"AWS": "111122223333"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:root"}"#,
    r#"{"AWS": ["arn:aws:iam::111122223333:user/ops", "444455556666"]}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:role/path/Admin"}"#,
    r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/alice"}"#,
    r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}"#,
    r#"{"Federated": "accounts.google.com"}"#,
    r#"{"Service": "ec2.amazonaws.com", "AWS": "444455556666"}"#,
    r#"{"Federated": ["arn:aws:iam::111122223333:oidc-provider/accounts.google.com", "www.amazon.com"]}"#,
];
/// Kind, name.
pub(crate) const ASKING: [(&str, &str); 9] = [
    ("AWS", "arn:aws:iam::111122223333:user/ops"),
    ("AWS", "arn:aws:iam::444455556666:user/ops"),
    ("AWS", "arn:aws:iam::111122223333:role/path/Admin"),
    ("AWS", "arn:aws:sts::111122223333:assumed-role/Admin/alice"),
    ("AWS", "arn:aws:sts::111122223333:assumed-role/Admin/bob"),
    ("Federated", "arn:aws:iam::111122223333:saml-provider/corp"),
    ("Federated", "arn:aws:iam::111122223333:oidc-provider/accounts.google.com"),
    ("Federated", "accounts.google.com"),
    ("Service", "ec2.amazonaws.com"),
];
const TRUST_ACTIONS: [&str; 4] = ["sts:AssumeRole", "sts:AssumeRole*", "STS:*", "sts:TagSession"];
const ASKED_TRUST: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:TagSession"];

const KEYS: [&str; 8] = [
    "aws:username",
    "aws:RequestTag/team",
    "aws:MultiFactorAuthAge",
    "aws:CurrentTime",
    "aws:MultiFactorAuthPresent",
    "aws:SourceIp",
    "aws:PrincipalArn",
    "idp.example:Sub",
];
/// Whatever the key: an operator often meets what it cannot read.
const RECEIVED: [&str; 24] = [
    "alice",
    "Alice",
    "ALICE",
    "a*",
    "",
    "k",
    "ß",
    "10",
    "9",
    "10.50",
    "1e1",
    "-0.3E+1",
    "-3",
    "true",
    "FALSE",
    "QQ==",
    "2026-11-25T12:00:00Z",
    "2026-11-25",
    "2026-11-25T13:00:00.5+01:00",
    "203.0.113.9",
    "::ffff:203.0.113.9",
    "2001:db8::7",
    "arn:aws:iam::111122223333:role/path/Admin",
    "arn:aws:iam::1:2:role/x",
];
/// An operator's name without Not, IfExists and set; whether there is one with Not; what it compares with.
const OPERATORS: [(&str, bool, &[&str]); 20] = [
    ("StringEquals", true, &TEXTS),
    ("StringEqualsIgnoreCase", true, &TEXTS),
    ("StringLike", true, &TEXTS),
    ("NumericEquals", true, &NUMBERS),
    ("NumericLessThan", false, &NUMBERS),
    ("NumericLessThanEquals", false, &NUMBERS),
    ("NumericGreaterThan", false, &NUMBERS),
    ("NumericGreaterThanEquals", false, &NUMBERS),
    ("DateEquals", true, &DATES),
    ("DateLessThan", false, &DATES),
    ("DateLessThanEquals", false, &DATES),
    ("DateGreaterThan", false, &DATES),
    ("DateGreaterThanEquals", false, &DATES),
    ("Bool", false, &["true", "false", "True"]),
    ("BinaryEquals", false, &["QQ==", "QUE="]),
    ("IpAddress", false, &NETWORKS),
    ("NotIpAddress", false, &NETWORKS),
    ("ArnEquals", true, &ARNS),
    ("ArnLike", true, &ARNS),
    ("Null", false, &["true", "false"]),
];
const TEXTS: [&str; 13] = [
    "*alice",
    "alice",
    "ALICE",
    "a*",
    "*",
    "?",
    "al?c*",
    "${aws:username}",
    "${aws:username, 'Alice'}",
    "${*}",
    "SS",
    "10",
    "${idp.example:sub}*",
];
const NUMBERS: [&str; 6] = ["10", "9.5", "-3.0", "010.5", "0", "95e-1"];
const DATES: [&str; 5] = ["2026-11-25T12:00:00Z", "2026-11-25", "10", "2026-11-25T12:00:00.500Z", "1795608000"];
const NETWORKS: [&str; 5] = ["203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0", "203.0.113.9"];
const ARNS: [&str; 5] = [
    "*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:role/path/${idp.example:sub, 'Admin'}",
    "arn:*:iam::1:2:*",
    "arn:aws:iam::${aws:username}:role/x",
];

/// A trust policy.
pub(crate) fn trust_policy(random: &mut Seeded) -> Value {
    document(random, |random| {
        let principal: Value = serde_json::from_str(random.of(&PRINCIPALS)).expect("JSON");
        json!({"Principal": principal, "Action": random.texts(&TRUST_ACTIONS)})
    })
}

pub(crate) fn identity_policy(random: &mut Seeded) -> Value {
    document(random, |random| {
        let (action, resource) = (random.percent(20), random.percent(20));
        let (action, resource) =
            (["Action", "NotAction"][usize::from(action)], ["Resource", "NotResource"][usize::from(resource)]);
        json!({action: random.texts(&ACTIONS), resource: random.texts(&RESOURCES)})
    })
}

fn document(random: &mut Seeded, elements: impl Fn(&mut Seeded) -> Value) -> Value {
    let count = 1 + random.below(3);
    let statements: Vec<Value> = (0..count)
        .map(|index| {
            let mut statement = elements(random);
            statement["Effect"] = json!(if random.percent(75) { "Allow" } else { "Deny" });
            if random.percent(40) {
                statement["Sid"] = json!(format!("S{index}"));
            }
            statement["Condition"] = conditions(random);
            statement
        })
        .collect();
    match random.below(8) {
        0 => json!({"Statement": statements}),
        1 => json!({"Version": "2008-10-17", "Statement": statements}),
        _ => json!({"Version": "2012-10-17", "Statement": statements}),
    }
}

fn conditions(random: &mut Seeded) -> Value {
    let mut block = Map::new();
    for _ in 0..[0, 0, 1, 1, 2][random.below(5)] {
        let (plain, has_negation, values) = random.of(&OPERATORS);
        let mut operator = plain.to_owned();
        if has_negation && random.percent(35) {
            let at = operator.find(|letter: char| letter.is_ascii_uppercase() && !operator.starts_with(letter));
            operator.insert_str(at.unwrap_or(3), "Not");
        }
        if plain != "Null" {
            let set = ["", "", "", "ForAllValues:", "ForAnyValue:"][random.below(5)];
            let suffix = ["", "", "IfExists"][random.below(3)];
            operator = format!("{set}{operator}{suffix}");
        }
        block.insert(operator, json!({random.of(&KEYS): random.texts(values)}));
    }
    Value::Object(block)
}

/// What is known of a request: each key not at all, once, or as a list.
pub(crate) fn context(random: &mut Seeded) -> Value {
    let mut context = Map::new();
    for key in KEYS {
        let value = match random.below(10) {
            0..=2 => continue,
            3..=7 => json!(random.of(&RECEIVED)),
            _ => json!((0..random.below(4)).map(|_| random.of(&RECEIVED)).collect::<Vec<_>>()),
        };
        context.insert(if random.percent(10) { key.to_uppercase() } else { key.to_owned() }, value);
    }
    Value::Object(context)
}

pub(crate) fn asked(random: &mut Seeded) -> (&'static str, &'static str) {
    (random.of(&ASKED_ACTIONS), random.of(&ASKED_RESOURCES))
}

pub(crate) fn asked_of_trust(random: &mut Seeded) -> (&'static str, (&'static str, &'static str)) {
    (random.of(&ASKED_TRUST), random.of(&ASKING))
}
