//! The cookie of a sign-in that is under way: what fits into it, and how many of them a browser carries.

use crate::front_console::open;
use crate::house::{Answer, Browser, encoded};

/// Browsers keep a cookie of 4,096 octets, and drop a longer one without a word.
#[tokio::test]
async fn a_destination_that_does_not_fit_into_the_attempt_is_refused_at_the_beginning() {
    let house = open().await;
    let place = |length: usize| {
        let start = house.url("/console/sessions?q=");
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    // `former` is kept in the attempt as well.
    let mut browser = Browser { cookies: [("__Host-s1".to_owned(), "A".repeat(43))].into() };
    let begin = async |browser: &mut Browser, wishes: &[(&str, &str)]| {
        browser.get(&house, &format!("/saml/login/111122223333:corp?{}", encoded(wishes))).await
    };
    let longest = begin(&mut browser, &[("destination", &place(2_048))]).await;
    let [cookie] = longest.cookies.as_slice() else { panic!("{:?}", longest.cookies) };
    assert!(longest.status == 303 && cookie.len() <= 4_096, "{} octets", cookie.len());
    // Each quotation mark is written as three characters.
    let escaped = format!("/console/sessions?q={}", "\"".repeat(700));
    let role = format!("arn:aws:iam::111122223333:role/{}/{}", "p".repeat(510), "n".repeat(64));
    let escapes = [("destination", escaped.as_str())];
    let one_more = [("destination", &*place(2_049))];
    let with_the_role = [("destination", &*place(2_048)), ("role", &*role)];
    for wishes in [&escapes[..], &one_more, &with_the_role] {
        let answer = begin(&mut browser, wishes).await;
        assert_eq!((answer.status, answer.location.as_deref(), answer.cookies.len()), (400, None, 0), "{wishes:?}");
        assert_eq!(house.code(&answer).await, "console.long-destination", "{wishes:?}");
        assert!(answer.body.contains("is too long to be kept while you sign in"), "{}", answer.body);
    }
    assert_eq!(begin(&mut browser, &with_the_role[1..]).await.status, 303, "the role alone fits");
}

/// A page that leads a browser here again and again must not fill it with cookies until no request of it is read any more,
/// here or by a proxy before it.
#[tokio::test]
async fn a_browser_keeps_the_newest_attempts_only() {
    let house = open().await;
    let mut jar = vec![("__Host-s1".to_owned(), "another".to_owned())];
    let mut begun = Vec::new();
    let long = encoded(&[("destination", &*house.url(&format!("/console/sessions?q={}", "a".repeat(1_900))))]);
    for nth in 0..11 {
        // As browsers send them: the oldest first.
        let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        assert!(line.len() < 8_000, "{} octets before the {nth}.", line.len());
        if nth == 8 {
            let kept: Vec<&str> = jar.iter().map(|(name, _)| name.as_str()).collect();
            let newest: Vec<&str> = begun.iter().skip(3).map(String::as_str).collect();
            assert_eq!((begun.len(), kept[0], &kept[1..]), (8, "__Host-s1", &newest[..]));
        }
        let path = format!("/saml/login/111122223333:corp?{}", if nth < 8 { "" } else { &long });
        let request = house.client.get(house.url(&path)).header("cookie", line);
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
    let kept = jar.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    assert_eq!(kept[1..], begun[9..], "the longest of all, and one beside it");
}
