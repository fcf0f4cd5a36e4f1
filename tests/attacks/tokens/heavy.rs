//! Tokens that are made to cost: each as long as a token may be. Every one is refused; what is measured is how soon.

use crate::oidc_issuer::{RSA, b64};

/// What a token may have, in characters.
const MOST: usize = 20_000;

/// (name, token)
pub(crate) fn tokens() -> Vec<(&'static str, String)> {
    [texts(), headers(), payloads()].into_iter().flatten().collect()
}

fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("no part", "A".repeat(MOST)),
        ("nothing but dots", ".".repeat(MOST)),
        ("a signature that fills it", {
            let token = RSA.sign_text(&RSA.header().to_string(), "{}");
            let (signed, _) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", b64(&vec![0; (MOST - signed.len() - 8) / 4 * 3]))
        }),
        ("a megabyte", "A".repeat(1_000_000)),
    ]
}

/// As much of `piece` as fits beside an honest rest, with `open` and `close` around it.
fn filled(open: &str, piece: impl Fn(usize) -> String, close: &str, room: usize) -> String {
    let mut text = open.to_owned();
    for number in 0.. {
        let next = piece(number);
        if text.len() + next.len() + close.len() > room {
            break;
        }
        text.push_str(&next);
    }
    text + close
}

const ROOM: usize = (MOST - 600) / 4 * 3;

fn headers() -> Vec<(&'static str, String)> {
    let with = |header: String| format!("{}.{}.{}", b64(header.as_bytes()), b64(b"{}"), b64(&[0; 256]));
    let open = r#"{"alg":"RS256","kid":"rsa-1","#;
    vec![
        ("a header of members", with(filled(open, |n| format!("\"{n:x}\":0,"), "\"z\":0}", ROOM))),
        ("a header of one name, over and over", with(filled(open, |_| "\"x\":0,".to_owned(), "\"z\":0}", ROOM))),
        ("a header of brackets", with(filled("{\"a\":", |_| "[".to_owned(), "", ROOM))),
        (
            "a key's id of everything",
            with(filled("{\"alg\":\"RS256\",\"kid\":\"", |_| "\\u006b".to_owned(), "\"}", ROOM)),
        ),
    ]
}

/// Under the id of a genuine key: all that is read before the signature, and the signature.
fn payloads() -> Vec<(&'static str, String)> {
    let header = RSA.header().to_string();
    let with = |payload: String| format!("{}.{}.{}", b64(header.as_bytes()), b64(payload.as_bytes()), b64(&[1; 256]));
    let open = r#"{"iss":"https://issuer.example/tenant","sub":"alice","x":"#;
    let list = |piece: &'static str| filled(&format!("{open}["), move |_| piece.to_owned(), "0]}", ROOM);
    vec![
        ("a payload of members", with(filled(&format!("{open}0,"), |n| format!("\"{n:x}\":0,"), "\"z\":0}", ROOM))),
        ("a payload of objects", with(list("{},"))),
        ("a payload of lists, as deep as they may be", with(list("[[[[[[[[[[[[[]]]]]]]]]]]]],"))),
        ("a payload of zeros", with(list("0,"))),
        ("a payload of fractions", with(list("1.2345678901234567890123e-300,"))),
        ("a payload of one number", with(filled(open, |_| "7".to_owned(), "}", ROOM))),
        ("a payload of one fraction", with(filled(&format!("{open}0."), |_| "7".to_owned(), "}", ROOM))),
        ("a payload of escapes", with(filled(&format!("{open}\""), |_| "\\ud83d\\ude00".to_owned(), "\"}", ROOM))),
        ("a payload of one text", with(filled(&format!("{open}\""), |_| "x".to_owned(), "\"}", ROOM))),
        (
            "audiences",
            with(filled(r#"{"iss":"https://issuer.example/tenant","aud":["#, |_| "\"a\",".to_owned(), "0]}", ROOM)),
        ),
        ("white space", with(filled(&format!("{open}0"), |_| " ".to_owned(), "}", ROOM))),
    ]
}
