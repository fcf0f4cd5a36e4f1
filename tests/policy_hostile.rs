//! Documents that are broken, endless or made to cost: each is refused at its place, with a sentence and soon.

use gatehouse::policy::{Policy, paper};
use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::time::Duration;

/// An unoptimised build on a busy machine; an optimised one needs less than a tenth.
const SOON: Duration = Duration::from_millis(2_000);

fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = processor();
    let done = work();
    let took = processor() - begun;
    assert!(took < SOON, "{what}: {took:?}");
    done
}

/// All that is said of a permission policy.
fn said(document: &str) -> Vec<String> {
    let what: String = document.chars().take(60).collect();
    let outcome = soon(&what, || Policy::identity(document));
    outcome.expect_err(&what).iter().map(ToString::to_string).collect()
}

pub(crate) fn said_of_trust(document: &str) -> Vec<String> {
    Policy::trust(document).expect_err(document).iter().map(ToString::to_string).collect()
}

/// What is said of a question on paper that has this permission policy.
fn said_on_paper(document: &str) -> String {
    let question = format!(r#"{{"id": "q", "identity_policies": [{document}], "action": "s3:Get", "resource": "*"}}"#);
    let what: String = document.chars().take(60).collect();
    match soon(&what, || paper::answer(question.as_bytes())).verdict {
        paper::Verdict::Wrong { error } => error,
        paper::Verdict::Decided { decision, .. } => panic!("{what}: {decision:?}"),
    }
}

fn statement(more: &str) -> String {
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\"Effect\": \"Allow\",\n     \"Action\": \"s3:*\",\n     {more}}}\n  ]\n}}\n"
    )
}

#[test]
fn what_is_no_json() {
    for (document, sentence) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{\n  \"Version\": \"2012-10-17\",\n", "EOF while parsing an object at line 3 column 0"),
        ("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [}\n", "expected value at line 3 column 17"),
        ("{\"Statement\": []}\n{}", "trailing characters at line 2 column 1"),
        ("{\"Statement\": [],}", "key must be a string at line 1 column 18"),
        ("{'Statement': []}", "key must be a string at line 1 column 2"),
        ("{\"Statement\": NaN}", "expected value at line 1 column 15"),
        ("{\"Statement\": 1e}", "invalid number at line 1 column 17"),
        ("{\"Id\": \"\\ud800\"}", "unexpected end of hex escape"),
        ("{\"Id\": \"a\u{1}\"}", "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 9"),
        ("\u{feff}{}", "expected value at line 1 column 1"),
        ("// comment\n{}", "expected value at line 1 column 1"),
    ] {
        assert_eq!(said(document), [format!("document: this is not JSON: {sentence}")], "{document}");
    }
    let answer = paper::answer(b"{\"id\": \"\xff\"}");
    assert!(
        matches!(&answer.verdict, paper::Verdict::Wrong { error } if error == "a question is a JSON object"),
        "{answer:?}"
    );
}

/// The place, and in a document of many lines the line.
#[test]
fn each_mistake_tells_its_line() {
    let resource = "\"Resource\": \"*\"";
    for (more, sentence) in [
        (
            format!("{resource},\n     \"Effect\": \"Deny\""),
            "Statement[0].Effect (line 7): the member \"Effect\" is there twice",
        ),
        (
            resource.replace("*", "s3"),
            "Statement[0].Resource (line 6): \"s3\" is neither \"*\" nor an ARN with its six parts",
        ),
        ("\"Resource\": [\"*\",\n  7]".to_owned(), "Statement[0].Resource[1] (line 7): expected a string"),
        ("\"Sid\": \"x\"".to_owned(), "Statement[0] (line 4): a policy needs Resource"),
        (
            format!("{resource},\n     \"Resources\": \"*\""),
            "Statement[0].Resources (line 7): no policy element is called \"Resources\"",
        ),
        (
            format!("{resource},\n\n     \"Condition\": {{\n\"StringEqual\": {{}}}}"),
            "Statement[0].Condition.StringEqual (line 9): no condition operator is called \"StringEqual\"; capital letters count",
        ),
        (
            format!("{resource},\n     \"Condition\": {{\"Bool\": {{\n\"aws:SecureTransports\": \"true\"}}}}"),
            "Statement[0].Condition.Bool[\"aws:SecureTransports\"] (line 8): the condition key \"aws:SecureTransports\" is not known to this version",
        ),
        (
            format!("{resource},\n     \"Condition\": {{\"Bool\": {{\n\"aws:SecureTransport\": [true,\n \"no\"]}}}}"),
            "Statement[0].Condition.Bool[\"aws:SecureTransport\"][1] (line 9): \"no\" is not true or false, which this operator compares with",
        ),
        (format!("{resource},\n     \"Condition\": []"), "Statement[0].Condition (line 7): expected an object"),
        (
            "\"Sid\": \"a \\\"\\\\]}\",\n\"Resource\": \"*\"".to_owned(),
            "Statement[0].Sid (line 6): a Sid has letters and digits only, and each occurs once; \"a \"\\]}\" does not fit",
        ),
    ] {
        let document = statement(&more);
        assert!(said(&document).contains(&sentence.to_owned()), "{document}: {:?}", said(&document));
    }
    assert_eq!(said("{\"Statement\": 7}\n"), ["Statement: expected an object"], "one line has no number");
    assert_eq!(said("\n[\n]"), ["document: expected an object"]);
    let told = paper::identity_policy("mine.json", &statement("\"Resource\": 7")).expect_err("a refusal");
    assert_eq!(told, "mine.json.Statement[0].Resource (line 6): expected a string");
}

#[test]
fn nesting_is_bounded() {
    for bomb in [
        "[".repeat(100_000),
        format!("{}1", "{\"a\":".repeat(20_000)),
        format!("{{\"Statement\": {}", "[".repeat(60_000)),
    ] {
        let said = said(&bomb);
        assert!(said.len() == 1 && said[0].contains("document: this is not JSON: EOF while parsing "), "{said:?}");
    }
    let deep = |levels: usize| format!("{{\"Statement\": {}1{}}}", "[".repeat(levels), "]".repeat(levels));
    for levels in [9, 10, 11, 12, 100, 60_000] {
        assert_eq!(said(&deep(levels))[0], format!("Statement{}: nested deeper than 10 levels", "[0]".repeat(9)));
    }
    assert!(!said(&deep(8))[0].contains("nested"));
    let place = format!("identity_policies[0].Statement{}", "[0]".repeat(9));
    assert!(said_on_paper(&deep(100_000)).starts_with(&format!("{place}: nested deeper than 10 levels")));
}

#[test]
fn size_is_bounded() {
    let endless = format!("{{\"Statement\": \"{}\"}}", "a".repeat(10 * 1024 * 1024));
    assert_eq!(
        said(&endless),
        [format!("document: the document has {} bytes; at most 131072 are read", endless.len())]
    );
    let many = vec![r#"{"Effect": "Allow", "Action": "a:b", "Resource": "*"}"#; 100_000].join(",");
    let document = format!("{{\"Statement\": [{many}]}}");
    assert_eq!(
        said(&document),
        [format!("document: the document has {} bytes; at most 131072 are read", document.len())]
    );
    // A question on paper may be larger, so that here the bounds of its parts hold.
    let many = vec![r#"{"Effect":"Deny"}"#; 100_000].join(",");
    assert_eq!(
        said_on_paper(&format!("{{\"Statement\":[{many}]}}")),
        "identity_policies[0].Statement: has more than 256 entries"
    );
    let actions = vec![r#""a:b""#; 100_000].join(",");
    assert_eq!(
        said_on_paper(&format!(r#"{{"Statement":{{"Effect":"Allow","Resource":"*","Action":[{actions}]}}}}"#)),
        "identity_policies[0].Statement.Action: has more than 512 entries"
    );
    let megabyte = "*a".repeat(512 * 1024);
    assert_eq!(
        said_on_paper(&format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{megabyte}"}}}}"#
        )),
        "identity_policies[0].Statement.Resource: expected at most 2,048 bytes of text"
    );
    assert_eq!(
        said_on_paper(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":"s3:{megabyte}","Resource":"*"}}}}"#)),
        "identity_policies[0].Statement.Action: expected at most 2,048 bytes of text"
    );
    let documents = vec!["{\"Statement\":[]}"; 400_000].join(",");
    assert_eq!(
        said_on_paper(&documents),
        format!(
            "the document has {} bytes; at most 4194304 are read",
            documents.len() + r#"{"id": "q", "identity_policies": [], "action": "s3:Get", "resource": "*"}"#.len()
        )
    );
}

/// However many mistakes there are, a hundred are told, and a long name is not repeated at length.
#[test]
fn answers_are_bounded() {
    let twice = vec!["\"a\":1"; 20_000].join(",");
    let said_of_twice = said(&format!("{{{twice}}}"));
    assert_eq!((said_of_twice.len(), &*said_of_twice[0]), (100, "a: the member \"a\" is there twice"));
    let unknown: String = (0..10_000).map(|n| format!("\"e{n}\":\n1,")).collect();
    let said_of_unknown = said(&format!("{{{unknown}\"Statement\":[]}}"));
    assert_eq!(
        (said_of_unknown.len(), &*said_of_unknown[99]),
        (100, "e99 (line 100): no policy element is called \"e99\"")
    );
    let long = "x".repeat(100_000);
    let said_of_long = said(&format!("{{\"{long}\": 1, \"Statement\": []}}"));
    assert!(said_of_long.iter().all(|sentence| sentence.len() < 1_000), "{said_of_long:?}");
    let control = said("{\"a\\u001b[2Jb\": 1, \"Statement\": []}");
    assert!(control[0].starts_with("[\"a\\u{1b}[2Jb\"]: "), "{control:?}");
}

#[test]
fn variables_that_nest() {
    for text in [
        "${".repeat(1_000),
        format!("{}aws:username{}", "${".repeat(600), "}".repeat(600)),
        "${aws:username".repeat(140),
        "${}".repeat(600),
        format!("${{aws:username, '{}'}}", "${aws:username}".repeat(100)),
    ] {
        let said = said(&statement(&format!("\"Resource\": \"arn:aws:s3:::{text}\"")));
        let clipped: String = format!("arn:aws:s3:::{text}").chars().take(300).collect();
        let clipped = if text.len() + 13 > 300 { clipped + "…" } else { clipped };
        assert_eq!(
            said,
            [format!(
                "Statement[0].Resource (line 6): \"{clipped}\" has a variable that cannot be read, or whose key is not known to this version"
            )]
        );
    }
    let many = statement(&format!("\"Resource\": \"arn:aws:s3:::{}\"", "${aws:username}".repeat(135)));
    assert!(soon("many variables", || Policy::identity(&many)).is_ok());
}

/// The values of conditions and all elements, each of every wrong kind.
#[test]
fn wrong_kinds_are_refused_wherever_they_are() {
    let kinds = [
        json!(null),
        json!(1),
        json!(1.5),
        json!(true),
        json!({}),
        json!({"a": 1}),
        json!([null]),
        json!([[]]),
        json!(""),
    ];
    let good = json!({"Version": "2012-10-17", "Statement": [{"Sid": "S", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]});
    assert!(Policy::identity(&good.to_string()).is_ok());
    let places = [
        "/Version",
        "/Statement",
        "/Statement/0",
        "/Statement/0/Sid",
        "/Statement/0/Effect",
        "/Statement/0/Action",
        "/Statement/0/Resource",
        "/Statement/0/Condition",
        "/Statement/0/Condition/Bool",
        "/Statement/0/Condition/Bool/aws:SecureTransport",
    ];
    // No condition at all, an empty Sid, and a boolean: these are right.
    let right = [
        ("/Statement/0/Condition", json!({})),
        ("/Statement/0/Sid", json!("")),
        ("/Statement/0/Condition/Bool/aws:SecureTransport", json!(true)),
    ];
    let mut refused = 0;
    for place in places {
        for kind in &kinds {
            let mut document = good.clone();
            *document.pointer_mut(place).expect(place) = kind.clone();
            let outcome = Policy::identity(&document.to_string());
            let is_right = right.contains(&(place, kind.clone()));
            assert_eq!(outcome.is_ok(), is_right, "{place} {kind}");
            refused += u32::from(!is_right);
        }
    }
    assert_eq!(refused, 87);
}

/// Accounts of other partitions are for questions on paper.
#[test]
fn partitions_that_are_not_here() {
    let trust = |principal: Value| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:*"}})
            .to_string()
    };
    for (principal, place, partition) in [
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), "AWS", "aws-cn"),
        (json!({"AWS": "arn:aws-us-gov:sts::111122223333:assumed-role/R/s"}), "AWS", "aws-us-gov"),
        (json!({"Federated": "arn:aws-cn:iam::111122223333:saml-provider/corp"}), "Federated", "aws-cn"),
    ] {
        let name = principal[place].as_str().expect("a name");
        assert_eq!(
            said_of_trust(&trust(principal.clone())),
            [format!(
                "Statement.Principal.{place}: \"{name}\" is of the partition {partition}; all accounts here are of the partition aws"
            )]
        );
    }
    assert_eq!(
        said_of_trust(&trust(json!({"AWS": "arn:aws:sts::111122223333:federated-user/bob"}))),
        [
            "Statement.Principal.AWS: \"arn:aws:sts::111122223333:federated-user/bob\" is a federated user, and those assume no role"
        ]
    );
    let unknown = "arn:aws-moon:iam::111122223333:root";
    assert_eq!(
        said_of_trust(&trust(json!({"AWS": unknown}))),
        [format!("Statement.Principal.AWS: \"{unknown}\" is not a principal of type AWS")]
    );
}
