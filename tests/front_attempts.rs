//! The cookie of a sign-in that is under way: how many of them a browser carries.

use crate::front_console::open;
use crate::house::Answer;

/// A page that leads a browser here again and again must not fill it with cookies until no request of it is read any more.
#[tokio::test]
async fn a_browser_keeps_the_newest_attempts_only() {
    let house = open().await;
    let mut jar = vec![("__Host-s1".to_owned(), "another".to_owned())];
    let mut begun = Vec::new();
    for _ in 0..8 {
        // As browsers send them: the oldest first.
        let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = house.client.get(house.url("/saml/login/111122223333:corp")).header("cookie", line);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        for cookie in &answer.cookies {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if cookie.contains("Max-Age=0") {
                jar.retain(|(other, _)| other != name);
            } else {
                jar.push((name.to_owned(), value.to_owned()));
                begun.push(name.to_owned());
            }
        }
    }
    let kept: Vec<&str> = jar.iter().map(|(name, _)| name.as_str()).collect();
    let newest: Vec<&str> = begun.iter().skip(3).map(String::as_str).collect();
    assert_eq!((begun.len(), kept[0], &kept[1..]), (8, "__Host-s1", &newest[..]));
}
