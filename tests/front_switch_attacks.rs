//! What others try with the forms that switch, with old cookies, and with what they put into links.

use crate::front::ADMIN;
use crate::front_browser_sessions::{sign_in_as, who_at};
use crate::front_console::who;
use crate::house::{Answer, Browser, FORM, House, encoded, hidden};
use crate::switch_world::{READER, alice, back, open, refused, switch, switched};
use crate::use_case_world::OURS;

const TO_READER: [(&str, &str); 2] = [("account", OURS), ("roleName", "team/Reader")];

/// The forms that change what a session is, each as it would do so.
const FORMS: [(&str, &[(&str, &str)]); 5] = [
    ("/switchrole", &TO_READER),
    ("/console/switchrole", &TO_READER),
    ("/console/switch/back", &[]),
    ("/console/choose", &[("role", ADMIN)]),
    ("/console/go/production/team/Reader", &[]),
];

async fn posts(house: &House, browser: &mut Browser, path: &str, form: &[(&str, &str)], csrf: &[&str]) -> Answer {
    let form: Vec<_> = form.iter().copied().chain(csrf.iter().map(|csrf| ("csrf", *csrf))).collect();
    browser.post(house, path, &form).await
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let house = open().await;
    let (mut mine, mut theirs) = (alice(&house).await, Browser::default());
    sign_in_as(&house, &mut theirs, "mallory", 1).await;
    sign_in_as(&house, &mut mine, "bob", 2).await;
    let of_another = hidden(&theirs.get(&house, "/switchrole").await.body, "csrf");
    let of_my_second = hidden(&mine.get(&house, "/console/s/2/switchrole").await.body, "csrf");
    let good = hidden(&mine.get(&house, "/switchrole").await.body, "csrf");
    let cookies = mine.cookies.clone();
    let cases: [&[&str]; 6] = [&[], &[""], &["guess"], &[&of_another], &[&of_my_second], &[&good, &good]];
    for (path, form) in FORMS {
        for csrf in cases {
            let answer = posts(&house, &mut mine, path, form, csrf).await;
            assert_eq!((answer.status, answer.cookies.len()), (403, 0), "{path} {csrf:?}");
            assert_eq!(house.code(&answer).await, "console.foreign-form", "{path} {csrf:?}");
        }
        // The fields in the address, or in a body of another kind, are no form.
        let query: Vec<_> = form.iter().copied().chain([("csrf", good.as_str())]).collect();
        let answer = mine.post(&house, &format!("{path}?{}", encoded(&query)), &[]).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "console.foreign-form"), "{path}");
        let request = house.client.post(house.url(path)).header("content-type", "text/plain").body(encoded(&query));
        let request = request.header("cookie", format!("__Host-s1={}", cookies["__Host-s1"]));
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "console.foreign-form"), "{path}");
        // Without the cookie, as another site's post comes (SameSite=Lax), it is nobody's.
        let request = house.client.post(house.url(path)).header("content-type", FORM).body(encoded(&query));
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (401, "console.not-signed-in"), "{path}");
    }
    assert_eq!(mine.cookies, cookies);
    assert_eq!(who(&house, &mut mine).await["role"], ADMIN);
    assert_eq!(who_at(&house, &mut mine, 2).await["role"], ADMIN);
    assert_eq!(
        posts(&house, &mut mine, "/switchrole", &TO_READER, &[&good]).await.status,
        303,
        "the good one differs in that alone"
    );
}

#[tokio::test]
async fn a_get_switches_nobody() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let csrf = hidden(&browser.get(&house, "/switchrole").await.body, "csrf");
    let cookie = browser.cookies["__Host-s1"].clone();
    let query = encoded(&[TO_READER[0], TO_READER[1], ("csrf", &csrf)]);
    for path in ["/switchrole", "/console/switchrole", "/console/s/1/switchrole", "/console/go/production/team/Reader"]
    {
        assert_eq!(browser.get(&house, &format!("{path}?{query}")).await.status, 200, "{path}");
    }
    assert_eq!(browser.get(&house, &format!("/console/switch/back?{query}")).await.status, 405);
    assert_eq!(browser.cookies["__Host-s1"], cookie);
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
}

#[tokio::test]
async fn an_old_cookie_is_worth_nothing_after_each_change() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let mut former = vec![browser.cookies["__Host-s1"].clone()];
    switched(&house, &mut browser, OURS, "team/Reader").await;
    former.push(browser.cookies["__Host-s1"].clone());
    switched(&house, &mut browser, "sandbox", "Guest").await;
    former.push(browser.cookies["__Host-s1"].clone());
    back(&house, &mut browser).await;
    for old in &former {
        assert_ne!(*old, browser.cookies["__Host-s1"]);
        let mut thief = Browser { cookies: [("__Host-s1".to_owned(), old.clone())].into() };
        assert_eq!(who(&house, &mut thief).await["signed_in"], false);
        for (path, form) in FORMS {
            let answer = posts(&house, &mut thief, path, form, &["x"]).await;
            assert_eq!((answer.status, house.code(&answer).await.as_str()), (401, "console.not-signed-in"), "{path}");
        }
        assert_eq!(thief.get(&house, "/switchrole").await.status, 303, "to the sign-in page");
    }
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "whose it is is signed in as before");
}

#[tokio::test]
async fn one_form_sent_many_times_at_once_switches_once() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let csrf = hidden(&browser.get(&house, "/switchrole").await.body, "csrf");
    let cookie = format!("__Host-s1={}", browser.cookies["__Host-s1"]);
    let body = encoded(&[TO_READER[0], TO_READER[1], ("csrf", &csrf)]);
    let post = || {
        let request = house.client.post(house.url("/switchrole")).header("content-type", FORM);
        tokio::spawn(request.header("cookie", cookie.clone()).body(body.clone()).send())
    };
    let calls: Vec<_> = (0..6).map(|_| post()).collect();
    let mut done = 0;
    for call in calls {
        done += usize::from(call.await.unwrap().unwrap().status() == 303);
    }
    assert_eq!((done, house.rows("SELECT expires FROM console_session").await.len()), (1, 1));
    let given = house.rows("SELECT access_key_id FROM role_session WHERE role LIKE '%team/Reader'").await;
    assert_eq!(given.len(), 1, "and gives one set of credentials");
}

const MARKUP: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

#[tokio::test]
async fn markup_in_a_link_stays_text() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let all = ["account", "roleName", "displayName", "color"].map(|name| (name, MARKUP));
    let link = format!("/switchrole?{}", encoded(&all));
    let page = browser.get(&house, &link).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    assert!(!page.headers["content-security-policy"].contains("unsafe-inline"));
    let door = browser.get(&house, &format!("/console/s/2{link}")).await;
    let door = browser.follow(&house, door).await;
    assert!(door.body.contains("Sign in") && !door.body.contains("<img"), "{}", door.body);
    // As a field it is refused, each by its name, unless it can be one.
    let good = [("account", OURS), ("roleName", "team/Reader"), ("displayName", "x"), ("color", "99bce3")];
    for (field, sentence) in [
        ("account", "There is no account of that id or alias here."),
        ("roleName", "This is no role&#39;s name."),
        ("color", "A colour is six hexadecimal digits"),
    ] {
        let form: Vec<_> =
            good.iter().map(|(name, value)| (*name, if *name == field { MARKUP } else { value })).collect();
        let answer = switch(&house, &mut browser, form[0].1, form[1].1, &form[2..]).await;
        refused(&house, &answer, 400, "console.bad-switch").await;
        assert!(answer.body.contains(sentence) && !answer.body.contains("alert"), "{field}: {}", answer.body);
    }
    for color in ["99bce", "99bce33", "99bceg", "#", "##99bce3", "99bce3;}body{", "url(//evil.example)"] {
        let answer = switch(&house, &mut browser, OURS, "team/Reader", &[("color", color)]).await;
        refused(&house, &answer, 400, "console.bad-switch").await;
        let css = browser.get(&house, &format!("/console/color/{}.css", color.replace(['#', '/'], ""))).await;
        assert!(css.status == 404 || css.body.lines().count() == 2, "{color}: {}", css.body);
    }
    for name in ["x".repeat(65), "a\nb".to_owned(), "a\u{0}b".to_owned()] {
        let answer = switch(&house, &mut browser, OURS, "team/Reader", &[("displayName", &name)]).await;
        refused(&house, &answer, 400, "console.bad-switch").await;
    }
    let answer = switch(&house, &mut browser, OURS, "team/Reader", &[("displayName", MARKUP)]).await;
    assert_eq!(answer.status, 303, "a name may be anything: {}", answer.body);
    for page in ["/console", "/console/roles", "/switchrole", "/console/identities"] {
        let page = browser.get(&house, page).await.body;
        assert!(page.contains("alert(1)") && !page.contains("<script>") && !page.contains("<img"), "{page}");
    }
    assert_eq!(who(&house, &mut browser).await["role"], READER);
    let long = switch(&house, &mut browser, OURS, "<b>/Reader", &[]).await;
    refused(&house, &long, 403, "trust.no-such-role").await;
    assert!(!long.body.contains("<b>"), "{}", long.body);
}

#[tokio::test]
async fn every_colour_can_be_read() {
    let house = open().await;
    for (color, ink) in [
        ("ffffff", "000000"),
        ("000000", "ffffff"),
        ("99bce3", "000000"),
        ("0000ff", "ffffff"),
        ("777777", "000000"),
        ("757575", "ffffff"),
    ] {
        let css = house.get(&format!("/console/color/{color}.css")).await;
        assert!(css.body.contains(&format!("--banner: #{color}; --banner-ink: #{ink};")), "{color}: {}", css.body);
    }
    for nowhere in ["99BCE3.css", "#99bce3.css", "99bce3", "99bce3.css.css", "..%2fstyle.css"] {
        assert_eq!(house.get(&format!("/console/color/{nowhere}")).await.status, 404, "{nowhere}");
    }
}
