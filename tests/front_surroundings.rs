//! What a trust policy may ask of the request itself: where it comes from, and since when its credentials are good.

use crate::house::{Address, House};
use crate::saml_identity::NOW;
use crate::tagged_world::{ALL, all_files, assume, config, everything, role_if, tagger, with_saml};

const HERE: &str = r#""IpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#;
const ELSEWHERE: &str = r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}"#;
const NOT_HERE: &str = r#""NotIpAddress":{"aws:SourceIp":"127.0.0.1"}"#;
const NAMELESS: &str = r#""Null":{"aws:UserAgent":"true"}"#;
const SINCE_NOON: &str = r#""DateGreaterThanEquals":{"aws:TokenIssueTime":"2031-01-01T12:00:00Z"}"#;
const SINCE_ONE: &str = r#""DateGreaterThan":{"aws:TokenIssueTime":"2031-01-01T12:00:01Z"}"#;

async fn open() -> House {
    let roles: String = [
        ("Here", HERE),
        ("Elsewhere", ELSEWHERE),
        ("NotHere", NOT_HERE),
        ("Nameless", NAMELESS),
        ("SinceNoon", SINCE_NOON),
        ("SinceOne", SINCE_ONE),
    ]
    .map(|(name, condition)| role_if(name, ALL, condition))
    .concat();
    let all = format!("{}{roles}", config());
    House::open(NOW, &all_files(), |_: &Address| all.clone()).await
}

#[tokio::test]
async fn a_role_asks_where_a_request_comes_from() {
    let house = open().await;
    for (n, (role, status)) in
        [("Here", 200), ("Elsewhere", 403), ("NotHere", 403), ("Nameless", 200)].into_iter().enumerate()
    {
        let answer = with_saml(&house, &n.to_string(), role, &everything()).await;
        assert_eq!(answer.status, status, "an assertion, {role}: {}", answer.body);
        let answer = assume(&house, &tagger(), role, &[]).await;
        assert_eq!(answer.status, status, "a user, {role}: {}", answer.body);
        if status == 403 {
            assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{role}");
        }
    }
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
