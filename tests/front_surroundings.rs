//! What a trust policy may ask of the request itself: where it comes from, how, for which region, and since when its
//! credentials are good.

use crate::house::{Address, House};
use crate::saml_identity::NOW;
use crate::tagged_world::{ALL, all_files, assume, config, everything, role_if, tagger, with_saml};
use gatehouse::ambient::Clock;

const HERE: &str = r#""IpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#;
const ELSEWHERE: &str = r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}"#;
const NOT_HERE: &str = r#""NotIpAddress":{"aws:SourceIp":"127.0.0.1"}"#;
const NAMELESS: &str = r#""Null":{"aws:UserAgent":"true"}"#;
const OVER_TLS: &str = r#""Bool":{"aws:SecureTransport":"true"}"#;
const IN_THE_OPEN: &str = r#""Bool":{"aws:SecureTransport":"false"}"#;
/// The tests sign for this region.
const SIGNED_FOR: &str = r#""StringEquals":{"aws:RequestedRegion":"eu-west-1"}"#;
const BY_DEFAULT: &str = r#""StringEquals":{"aws:RequestedRegion":"us-east-1"}"#;
const OURS: &str = r#""StringEquals":{"aws:RequestedRegion":"eu-central-1"}"#;
const SINCE_NOON: &str = r#""DateGreaterThanEquals":{"aws:TokenIssueTime":"2031-01-01T12:00:00Z"}"#;
const SINCE_ONE: &str = r#""DateGreaterThan":{"aws:TokenIssueTime":"2031-01-01T12:00:01Z"}"#;

fn world() -> String {
    let roles = [
        ("Here", HERE),
        ("Elsewhere", ELSEWHERE),
        ("NotHere", NOT_HERE),
        ("Nameless", NAMELESS),
        ("OverTls", OVER_TLS),
        ("InTheOpen", IN_THE_OPEN),
        ("SignedFor", SIGNED_FOR),
        ("ByDefault", BY_DEFAULT),
        ("Ours", OURS),
        ("SinceNoon", SINCE_NOON),
        ("SinceOne", SINCE_ONE),
    ];
    format!("{}{}", config(), roles.map(|(name, condition)| role_if(name, ALL, condition)).concat())
}

async fn open() -> House {
    House::open(NOW, &all_files(), |_: &Address| world()).await
}

/// Who comes with an assertion, and who signs, each with what becomes of it.
async fn each_asks(house: &House, rows: &[(&str, u16, u16)]) {
    for (n, (role, asserted, signed)) in rows.iter().enumerate() {
        let answers = [
            ("an assertion", asserted, with_saml(house, &n.to_string(), role, &everything()).await),
            ("a user", signed, assume(house, &tagger(), role, &[]).await),
        ];
        for (who, status, answer) in answers {
            assert_eq!(answer.status, *status, "{who}, {role}: {}", answer.body);
            if *status == 403 {
                assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{who}, {role}");
            }
        }
    }
}

#[tokio::test]
async fn a_role_asks_where_a_request_comes_from() {
    let rows = [("Here", 200, 200), ("Elsewhere", 403, 403), ("NotHere", 403, 403), ("Nameless", 200, 200)];
    each_asks(&open().await, &rows).await;
}

/// TLS that ends here counts, and nothing that a client says.
#[tokio::test]
async fn a_role_asks_how_a_request_comes() {
    each_asks(&open().await, &[("OverTls", 403, 403), ("InTheOpen", 200, 200)]).await;
    let house = House::open_tls(Clock::held(NOW), "localhost", &all_files(), |_: &Address| world()).await;
    each_asks(&house, &[("OverTls", 200, 200), ("InTheOpen", 403, 403)]).await;
}

/// A signature names its region; a request without one is for ours.
#[tokio::test]
async fn a_role_asks_for_which_region_a_request_is() {
    each_asks(&open().await, &[("SignedFor", 403, 200), ("ByDefault", 200, 403), ("Ours", 403, 403)]).await;
    let here = |_: &Address| format!("[sts]\nregion = \"eu-central-1\"\n{}", world());
    let house = House::open(NOW, &all_files(), here).await;
    each_asks(&house, &[("SignedFor", 403, 200), ("ByDefault", 403, 403), ("Ours", 200, 403)]).await;
}

/// The time is that of the session's credentials; a user's key has none.
#[tokio::test]
async fn a_role_asks_since_when_credentials_are_good() {
    let house = open().await;
    let session = assume(&house, &tagger(), "Open", &[]).await.credentials();
    assert_eq!(assume(&house, &session, "SinceNoon", &[]).await.status, 200);
    assert_eq!(house.code(&assume(&house, &session, "SinceOne", &[]).await).await, "trust.no-statement-allows");
    assert_eq!(house.code(&assume(&house, &tagger(), "SinceNoon", &[]).await).await, "trust.no-statement-allows");
}
