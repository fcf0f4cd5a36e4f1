//! The text itself: JSON that two readers read differently, base64url with two spellings.

use super::super::table::ACCEPTED;
use super::row::{Good, Row, hostile};
use crate::oidc_issuer::{CLIENT, RSA, b64};
use serde_json::json;

pub(super) fn rows() -> Vec<Row> {
    [duplicates(), json_texts(), spellings()].into_iter().flatten().collect()
}

/// Who is right, the first or the last?
fn duplicates() -> Vec<Row> {
    const RFC: &str = "RFC 7519 4";
    let first = |name, insert: &'static str| {
        hostile("E14", name, RFC, "oidc.duplicate-member", move |good: &Good| {
            good.sign_changed("{", &format!("{{{insert},"))
        })
    };
    let last = |name, insert: &'static str| {
        hostile("E14", name, RFC, "oidc.duplicate-member", move |good: &Good| {
            let text = good.claims().to_string();
            let text = format!("{},{insert}}}", text.strip_suffix('}').unwrap());
            good.sign_text(&RSA.header().to_string(), &text)
        })
    };
    let in_header = |name, insert: &'static str| {
        hostile("E14", name, RFC, "oidc.duplicate-member", move |good: &Good| {
            let header = RSA.header().to_string().replacen('{', &format!("{{{insert},"), 1);
            good.sign_text(&header, &good.claims().to_string())
        })
    };
    vec![
        first("sub twice", r#""sub":"mallory""#),
        last("sub twice, the other last", r#""sub":"mallory""#),
        first("sub twice, once escaped", r#""\u0073ub":"mallory""#),
        first("aud twice", r#""aud":"another""#),
        last("exp twice", r#""exp":4102444800"#),
        first("iss twice", r#""iss":"https://evil.example""#),
        last("nonce twice", r#""nonce":"another""#),
        first("a claim of the application twice", r#""groups":["staff"],"groups":["admin"]"#),
        first(
            "a member of a tag twice",
            r#""https://aws.amazon.com/tags":{"principal_tags":{"team":["a"],"team":["b"]}}"#,
        ),
        first("a member within a list twice", r#""realm":[{"roles":[{"name":"user","name":"admin"}]}]"#),
        in_header("alg twice", r#""alg":"none""#),
        in_header("kid twice", r#""kid":"of-mallory""#),
        in_header("typ twice", r#""typ":"at+jwt""#),
    ]
}

fn json_texts() -> Vec<Row> {
    const RFC: &str = "RFC 8259 2";
    let payload = |name, reference, code, change: fn(&str) -> String| {
        hostile("E14", name, reference, code, move |good: &Good| {
            good.sign_text(&RSA.header().to_string(), &change(&good.claims().to_string()))
        })
    };
    let mut rows = vec![
        payload("two objects", RFC, "oidc.json", |text| format!("{text}{text}")),
        payload("a word behind the object", RFC, "oidc.json", |text| format!("{text} x")),
        payload("NUL behind the object", RFC, "oidc.json", |text| format!("{text}\u{0}")),
        payload("a comment", RFC, "oidc.json", |text| text.replacen('{', "{/* */", 1)),
        payload("a comma at the end", RFC, "oidc.json", |text| text.replace('}', ",}")),
        payload("single quotes", RFC, "oidc.json", |text| text.replace('"', "'")),
        payload("a name without quotes", RFC, "oidc.json", |text| text.replacen("\"sub\"", "sub", 1)),
        payload("NaN", RFC, "oidc.json", |text| text.replacen('{', "{\"x\":NaN,", 1)),
        payload("a byte order mark", "RFC 8259 8.1", "oidc.json", |text| format!("\u{feff}{text}")),
        payload("half a surrogate pair", "RFC 8259 8.2", "oidc.json", |text| {
            text.replacen("alice\"", "alice\\ud800\"", 1)
        }),
        payload("a line break in a text", RFC, "oidc.json", |text| text.replacen("alice\"", "ali\nce\"", 1)),
        payload("a list", "RFC 7519 7.2", "oidc.json", |text| format!("[{text}]")),
        payload("a text", "RFC 7519 7.2", "oidc.json", |text| json!(text).to_string()),
        payload("nothing", "RFC 7519 7.2", "oidc.json", |_| String::new()),
        payload("60 levels", "RFC 8259 9", "oidc.too-deep", |text| {
            text.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(60), "]".repeat(60)), 1)
        }),
        payload("9,000 levels", "RFC 8259 9", "oidc.too-deep", |text| {
            text.replacen('{', &format!("{{\"x\":{},", "[".repeat(9_000)), 1)
        }),
    ];
    rows.push(hostile("E14", "a header that is a list", "RFC 7515 4", "oidc.json", |good| {
        good.sign_text(&json!([RSA.header()]).to_string(), &good.claims().to_string())
    }));
    rows.push(hostile("E14", "a payload that is not UTF-8", "RFC 7519 7.2", "oidc.json", |good| {
        let bytes = good.claims().to_string().into_bytes();
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'@' { 0xff } else { byte }).collect();
        RSA.sign_bytes(&RSA.header().to_string(), &bytes)
    }));
    rows
}

/// One token, one spelling.
fn spellings() -> Vec<Row> {
    const RFC: &str = "RFC 7515 2";
    let spelt = |name, change: fn(&str) -> String| {
        hostile("E15", name, RFC, "oidc.not-a-jwt", move |good: &Good| change(&good.token()))
    };
    /// The character with one of the bits set that no byte has.
    fn loosened(text: &str) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (rest, last) = text.split_at(text.len() - 1);
        let value = ALPHABET.iter().position(|letter| [*letter] == *last.as_bytes()).unwrap();
        format!("{rest}{}", char::from(ALPHABET[value | 1]))
    }
    let mut rows = vec![
        spelt("padding", |token| format!("{token}==")),
        spelt("a blank before", |token| format!(" {token}")),
        // From a program it may come out of a file, with the line break at that file's end.
        spelt("a line break behind", |token| format!("{token}\n")).api(ACCEPTED),
        spelt("a line break within", |token| token.replacen('.', ".\n", 1)),
        spelt("a fourth part", |token| format!("{token}.AAAA")),
        spelt("a dot at the end", |token| format!("{token}.")),
        spelt("the other alphabet", |token| token.replace(['-', '_'], "+")),
        spelt("loose bits at the end of the signature", loosened),
        spelt("NUL behind", |token| format!("{token}\u{0}")),
        spelt("a word in front", |token| format!("Bearer {token}")),
        spelt("quotes around", |token| format!("\"{token}\"")),
    ];
    rows.push(hostile("E15", "an access token that nobody can read", RFC, "oidc.not-a-jwt", |_| {
        "Atza|IQEBLjAsAhRmHjNgHpi0U-Dme37rR6CuUpSREXAMPLE".to_owned()
    }));
    rows.push(hostile("E15", "one dot", RFC, "oidc.not-a-jwt", |_| format!("{}.AAAA", b64(CLIENT.as_bytes()))));
    rows
}
