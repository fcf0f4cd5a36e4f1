//! Requests that differ from a good one in one attack, each refused by its own code.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use gatehouse::sigv4::{ProvenSignature, RawRequest, SigError, SignedRequest};
use gatehouse::trace::Refusal;
use gatehouse::words::{Secret, parse_basic};

const NOW: &str = "20310203T040506Z";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "a secret access key for the tests only!!";
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// A request under construction. `signer` writes its own canonical request, apart from the code under test, for the
/// simple requests of this file: path `/`, no query, header values without runs of spaces.
#[derive(Clone)]
struct Draft {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    algorithm: String,
    date: String,
    scope: String,
    signed: Vec<String>,
}

impl Draft {
    fn new() -> Self {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            method: "POST".into(),
            path: "/".into(),
            query: String::new(),
            headers: vec![
                header("host", "sts.example.org:8443"),
                header("content-type", "application/x-www-form-urlencoded"),
                header("x-amz-date", NOW),
                header("x-amz-security-token", "the/sealed+session=="),
            ],
            body: BODY.into(),
            algorithm: "AWS4-HMAC-SHA256".into(),
            date: NOW.into(),
            scope: "20310203/eu-west-1/sts/aws4_request".into(),
            signed: ["content-type", "host", "x-amz-date", "x-amz-security-token"].map(String::from).into(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self.signed.retain(|present| present != name);
        self
    }

    fn signing(mut self, name: &str) -> Self {
        self.signed.push(name.into());
        self.signed.sort();
        self
    }

    fn dated(mut self, date: &str) -> Self {
        self.date = date.into();
        self.scope = format!("{}/eu-west-1/sts/aws4_request", date.get(..8).unwrap_or_default());
        for (name, value) in &mut self.headers {
            if name == "x-amz-date" {
                *value = date.into();
            }
        }
        self
    }

    fn scoped(mut self, scope: &str) -> Self {
        self.scope = scope.into();
        self
    }

    fn signature(&self) -> String {
        let headers: String = self
            .signed
            .iter()
            .map(|name| {
                let values: Vec<&str> = self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).collect();
                format!("{name}:{}\n", values.join(","))
            })
            .collect();
        let body = hex(digest(&SHA256, self.body.as_bytes()).as_ref());
        let canonical = format!("{}\n/\n\n{headers}\n{}\n{body}", self.method, self.signed.join(";"));
        let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{}\n{hash}", self.date, self.scope);
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for link in self.scope.split('/') {
            key = sign(&Key::new(HMAC_SHA256, &key), link.as_bytes()).as_ref().to_vec();
        }
        hex(sign(&Key::new(HMAC_SHA256, &key), to_sign.as_bytes()).as_ref())
    }

    fn signed(self) -> Self {
        let authorization = format!(
            "{} Credential={KEY_ID}/{}, SignedHeaders={}, Signature={}",
            self.algorithm,
            self.scope,
            self.signed.join(";"),
            self.signature()
        );
        self.with("authorization", &authorization)
    }

    fn authorized(mut self, change: impl Fn(&str) -> String) -> Self {
        for (name, value) in &mut self.headers {
            if name == "authorization" {
                *value = change(value);
            }
        }
        self
    }

    fn send(&self) -> Result<ProvenSignature, SigError> {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let raw = RawRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: self.body.as_bytes(),
        };
        SignedRequest::parse(raw, "sts", parse_basic(NOW).expect("a time"))?.verify(&Secret::new(SECRET))
    }

    fn refusal(&self) -> SigError {
        self.send().err().expect("a refusal")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn good() -> Draft {
    Draft::new().signed()
}

#[test]
fn the_request_that_all_others_differ_from_is_good() {
    let proof = good().send().expect("a good signature");
    assert_eq!(proof.access_key_id(), KEY_ID);
    assert_eq!(proof.session_token(), Some("the/sealed+session=="));
}

/// One attack each, and the code that must answer it.
#[test]
fn every_attack_has_its_code() {
    let token = |text: &str| {
        let bare = Draft::new().without("x-amz-security-token");
        bare.with("x-amz-security-token", text).signing("x-amz-security-token").signed()
    };
    let ours = |name: &str, value: &str| Draft::new().with(name, value).signing(name).signed();
    let twice = |name: &str, value: &str| Draft::new().signed().with(name, value);
    let query = |query: &str| Draft { query: query.into(), ..good() };
    let list = |list: &str| good().authorized(|a| a.replace("content-type;host;x-amz-date;x-amz-security-token", list));
    let cases: Vec<(&str, &str, Draft)> = vec![
        // Unsigned security headers.
        (
            "unsigned token",
            "sigv4.unsigned-header",
            Draft { signed: vec!["host".into(), "x-amz-date".into()], ..Draft::new() }.signed(),
        ),
        (
            "unsigned date",
            "sigv4.unsigned-header",
            Draft { signed: vec!["host".into(), "x-amz-security-token".into()], ..Draft::new() }.signed(),
        ),
        (
            "unsigned target",
            "sigv4.unsigned-header",
            twice("x-amz-target", "AWSSecurityTokenServiceV20110615.AssumeRole"),
        ),
        (
            "host unsigned",
            "sigv4.host-unsigned",
            Draft { signed: vec!["x-amz-date".into(), "x-amz-security-token".into()], ..Draft::new() }.signed(),
        ),
        // Duplicates and odd lists.
        ("two dates", "sigv4.duplicate-header", twice("x-amz-date", NOW)),
        ("two hosts", "sigv4.duplicate-header", twice("host", "sts.example.org:8443")),
        ("two tokens", "sigv4.duplicate-header", twice("x-amz-security-token", "another")),
        ("two authorizations", "sigv4.duplicate-header", good().signed()),
        ("two of a signed header", "sigv4.duplicate-header", ours("x-extra", "1").with("x-extra", "2")),
        ("host;host", "sigv4.signed-headers", list("content-type;host;host;x-amz-date;x-amz-security-token")),
        ("an empty entry", "sigv4.signed-headers", list("content-type;;host;x-amz-date;x-amz-security-token")),
        ("an empty list", "sigv4.signed-headers", list("")),
        ("an upper-case entry", "sigv4.signed-headers", list("Host;content-type;x-amz-date;x-amz-security-token")),
        ("an unsorted list", "sigv4.signed-headers", list("host;content-type;x-amz-date;x-amz-security-token")),
        (
            "a header that is not there",
            "sigv4.signed-header-absent",
            list("content-type;host;x-absent;x-amz-date;x-amz-security-token"),
        ),
        ("an upper-case header name", "sigv4.request-form", good().with("X-Amz-Target", "x")),
        ("a header with a new line", "sigv4.request-form", good().with("x-extra", "a\nhost:evil")),
        // Both ways at once.
        ("header and query", "sigv4.both", query("X-Amz-Algorithm=AWS4-HMAC-SHA256")),
        ("header and respelled query", "sigv4.both", query("x-amz-signature=00")),
        ("header and escaped query", "sigv4.both", query("X%2dAmz-Credential=x")),
        ("neither", "sigv4.missing", Draft::new()),
        // Clock.
        ("16 minutes late", "sigv4.expired", Draft::new().dated("20310203T034906Z").signed()),
        ("16 minutes early", "sigv4.not-yet-current", Draft::new().dated("20310203T042106Z").signed()),
        ("one second too late", "sigv4.expired", Draft::new().dated("20310203T035005Z").signed()),
        ("one second too early", "sigv4.not-yet-current", Draft::new().dated("20310203T042007Z").signed()),
        ("a date of another form", "sigv4.date", Draft::new().dated("2031-02-03T04:05:06Z").signed()),
        ("a date with a sign", "sigv4.date", Draft::new().dated("+20310203T040506Z").signed()),
        ("no date", "sigv4.incomplete", Draft::new().without("x-amz-date").signed()),
        ("Date and X-Amz-Date differ", "sigv4.dates-differ", good().with("date", "Mon, 03 Feb 2031 04:05:07 GMT")),
        // Scope.
        ("yesterday's scope", "sigv4.scope-date", Draft::new().scoped("20310202/eu-west-1/sts/aws4_request").signed()),
        ("no region", "sigv4.region", Draft::new().scoped("20310203/EU_WEST/sts/aws4_request").signed()),
        ("another service", "sigv4.service", Draft::new().scoped("20310203/eu-west-1/s3/aws4_request").signed()),
        ("a service in capitals", "sigv4.service", Draft::new().scoped("20310203/eu-west-1/STS/aws4_request").signed()),
        ("another terminator", "sigv4.terminator", Draft::new().scoped("20310203/eu-west-1/sts/aws5_request").signed()),
        ("four parts", "sigv4.credential", Draft::new().scoped("20310203/eu-west-1/sts").signed()),
        ("six parts", "sigv4.credential", Draft::new().scoped("20310203/eu-west-1/sts/aws4_request/").signed()),
        // Payload.
        ("another body", "sigv4.mismatch", Draft { body: "Action=AssumeRole".into(), ..good() }),
        (
            "another body than its hash",
            "sigv4.payload-mismatch",
            ours("x-amz-content-sha256", &hex(digest(&SHA256, b"other").as_ref())),
        ),
        ("an unsigned payload", "sigv4.payload-unsupported", ours("x-amz-content-sha256", "UNSIGNED-PAYLOAD")),
        (
            "a streaming payload",
            "sigv4.payload-unsupported",
            ours("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ),
        // Session token.
        (
            "a swapped token",
            "sigv4.mismatch",
            Draft {
                headers: good()
                    .headers
                    .into_iter()
                    .map(|(n, v)| if n == "x-amz-security-token" { (n, "another".into()) } else { (n, v) })
                    .collect(),
                ..good()
            },
        ),
        ("a stripped token", "sigv4.signed-header-absent", {
            let signed = good().signed;
            Draft { signed, ..good().without("x-amz-security-token") }
        }),
        (
            "an added token",
            "sigv4.unsigned-header",
            Draft::new().without("x-amz-security-token").signed().with("x-amz-security-token", "x"),
        ),
        ("an empty token", "sigv4.session-token-form", token("")),
        ("a token of 5,000 characters", "sigv4.session-token-form", token(&"t".repeat(5000))),
        // Algorithm.
        (
            "the asymmetric version",
            "sigv4.algorithm",
            Draft { algorithm: "AWS4-ECDSA-P256-SHA256".into(), ..Draft::new() }.signed(),
        ),
        ("lower case", "sigv4.algorithm", Draft { algorithm: "aws4-hmac-sha256".into(), ..Draft::new() }.signed()),
        ("version 2", "sigv4.algorithm", Draft::new().with("authorization", "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl")),
        ("a bearer token", "sigv4.algorithm", Draft::new().with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")),
        // The header's own form.
        ("an empty header", "sigv4.algorithm", Draft::new().with("authorization", "")),
        ("the algorithm alone", "sigv4.pair", Draft::new().with("authorization", "AWS4-HMAC-SHA256")),
        ("a trailing comma", "sigv4.pair", good().authorized(|a| format!("{a},"))),
        ("no equals sign", "sigv4.pair", good().authorized(|a| a.replace("Signature=", "Signature "))),
        ("two signatures", "sigv4.repeated-parameter", good().authorized(|a| format!("{a}, Signature=00"))),
        ("a respelled part", "sigv4.unknown-parameter", good().authorized(|a| a.replace("Credential=", "credential="))),
        ("an extra part", "sigv4.unknown-parameter", good().authorized(|a| format!("{a}, Extra=1"))),
        (
            "no credential",
            "sigv4.incomplete",
            good().authorized(|a| a.replace(&format!("Credential={KEY_ID}/20310203/eu-west-1/sts/aws4_request, "), "")),
        ),
        (
            "a signature in capitals",
            "sigv4.signature-form",
            good().authorized(|a| {
                let (head, sig) = a.rsplit_once('=').expect("a signature");
                format!("{head}={}", sig.replace(|c: char| c.is_ascii_digit(), "A").to_uppercase())
            }),
        ),
        ("a short signature", "sigv4.signature-form", good().authorized(|a| a[..a.len() - 1].to_owned())),
        ("a header of one megabyte", "sigv4.limit", Draft::new().with("authorization", &" ".repeat(1 << 20))),
        ("a thousand headers", "sigv4.limit", (0..1000).fold(good(), |draft, n| draft.with(&format!("x-{n}"), "x"))),
        // Escapes.
        ("a broken escape in the query", "sigv4.escape", query("a=%zz")),
        ("a cut escape in the query", "sigv4.escape", query("a=%4")),
        ("a broken escape in the path", "sigv4.escape", Draft { path: "/%g0".into(), ..good() }),
        ("a method that is none", "sigv4.request-form", Draft { method: "POST\n/".into(), ..good() }),
        // What was signed is what is obeyed.
        ("another method", "sigv4.mismatch", Draft { method: "PUT".into(), ..good() }),
        ("another path", "sigv4.mismatch", Draft { path: "/other".into(), ..good() }),
        ("an escaped dot segment", "sigv4.mismatch", Draft { path: "/%2e%2e".into(), ..good() }),
        ("a query added", "sigv4.mismatch", query("Action=AssumeRole")),
    ];
    for (attack, code, draft) in cases {
        let error = draft.refusal();
        assert_eq!(error.code().name(), code, "{attack}: {error}");
    }
}

#[test]
fn every_flipped_byte_of_a_signed_part_is_refused() {
    let good = good();
    for (index, (name, value)) in good.headers.iter().enumerate() {
        for at in 0..value.len() {
            let mut flipped = good.clone();
            let mut bytes = value.clone().into_bytes();
            bytes[at] ^= 1;
            flipped.headers[index].1 = String::from_utf8(bytes).expect("still ASCII");
            // The key id is what finds the key; another one finds another key, or none.
            let accepted = flipped.send().is_ok_and(|proof| proof.access_key_id() == KEY_ID);
            assert!(!accepted, "byte {at} of {name}");
        }
    }
    for at in 0..good.body.len() {
        let mut bytes = good.body.clone().into_bytes();
        bytes[at] ^= 1;
        let flipped = Draft { body: String::from_utf8(bytes).expect("still ASCII"), ..good.clone() };
        assert!(matches!(flipped.refusal(), SigError::Mismatch), "byte {at} of the body");
    }
}

#[test]
fn the_edges_of_the_window_and_unsigned_ordinary_headers_are_fine() {
    for draft in [
        Draft::new().dated("20310203T035006Z").signed(),
        Draft::new().dated("20310203T042006Z").signed(),
        good().with("user-agent", "aws-cli/2"),
        good().with("date", "Mon, 03 Feb 2031 04:05:06 GMT"),
        Draft::new().scoped("20310203/us-gov-west-1/sts/aws4_request").signed(),
        Draft::new().without("x-amz-date").with("date", NOW).signing("date").signed(),
        good().authorized(|a| a.replace(", ", ",")),
    ] {
        assert!(draft.send().is_ok(), "{:?}", draft.send().err());
    }
}

#[test]
fn all_faults_of_a_scope_and_all_missing_parts_are_told_at_once() {
    let error = Draft::new().scoped("20310202/EU/s3/aws5_request").signed().refusal();
    assert_eq!(
        error.aws_message(),
        "Credential should be scoped to a valid region, not 'EU'. Credential should be scoped to correct service: \
         'sts'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. Date in \
         Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20310202' != '20310203', \
         from '20310203T040506Z'."
    );
    let error = Draft::new().without("x-amz-date").with("authorization", "AWS4-HMAC-SHA256 Credential=x").refusal();
    assert_eq!(
        error.aws_message(),
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    );
    let error = Draft::new().dated("20310203T034905Z").signed().refusal();
    assert_eq!(
        error.aws_message(),
        "Signature expired: 20310203T034905Z is now earlier than 20310203T035006Z (20310203T040506Z - 15 min.)"
    );
}

#[test]
fn no_error_shows_a_signature_or_a_token() {
    let draft = good().authorized(|a| format!("{a}, Extra=1"));
    let signature = Draft::new().signature();
    for error in [
        draft.refusal(),
        Draft { body: "x".into(), ..good() }.refusal(),
        Draft::new().with("authorization", "Bearer s3cret").refusal(),
    ] {
        let shown = format!("{error} {error:?} {} {:?} {:?}", error.aws_message(), error.expected(), error.received());
        assert!(!shown.contains(&signature) && !shown.contains("sealed") && !shown.contains("s3cret"), "{shown}");
    }
}
