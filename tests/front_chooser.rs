//! The chooser: what it lists and in which order, searching it, and a thousand roles in it.

use crate::front::{ADMIN, WORLD, files};
use crate::front_console::{GUEST, answer_to, begin, who};
use crate::house::{Address, Answer, Browser, House, hidden};
use crate::saml_identity::{NOW, changed};
use gatehouse::ambient::{Clock, Stopwatch};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(10);

const ARN: &str = "arn:aws:iam::111122223333:role/team/Role";

/// A thousand roles, all of them open to whoever comes.
fn thousand() -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:iss":"https://idp.example/metadata"}}}]}"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::files","arn:aws:s3:::files/*"]}]}"#;
    let role = |n: usize| {
        format!(
            "[[role]]\narn = \"{ARN}{n:04}\"\ndescription = \"Team {n} of the works <{n}>\"\ntrust = {{ json = '{trust}' }}\npolicies = [{{ name = \"own\", json = '{policy}' }}]\n"
        )
    };
    let arns: Vec<String> = (0..1_000).map(|n| format!("\"{ARN}{n:04}\"")).collect();
    let rule = format!("idp_initiated = true\n[[provider.rule]]\nwhen = 'true'\nroles = [{}]\n", arns.join(", "));
    let roles: String = (0..1_000).map(role).collect();
    WORLD.replacen("idp_initiated = true\n", &rule, 1) + &roles
}

async fn open_with(config: String) -> House {
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| config).await
}

async fn sign_in(house: &House, browser: &mut Browser, id: &str) -> Answer {
    let (relay_state, request) = begin(house, browser, "").await;
    let response = answer_to(house, &request, id, true);
    browser.post(house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await
}

async fn choose(house: &House, browser: &mut Browser, role: &str) {
    let csrf = hidden(&browser.get(house, "/console/roles").await.body, "csrf");
    let chosen = browser.post(house, "/console/choose", &[("role", role), ("csrf", &csrf)]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    assert_eq!(who(house, browser).await["role"], role);
}

/// The ARNs on the page, in order.
fn listed(page: &str) -> Vec<&str> {
    let mark = "<button name=\"role\" value=\"";
    let from = page.match_indices(mark).map(|(at, _)| &page[at + mark.len()..]);
    from.map(|rest| &rest[..rest.find('"').expect("an end")]).collect()
}

#[tokio::test]
async fn a_thousand_roles_are_listed_and_searched() {
    let house = open_with(thousand()).await;
    let mut browser = Browser::default();
    let answer = sign_in(&house, &mut browser, "1").await;
    assert_eq!(answer.location.as_deref(), Some("/console/roles"), "{}", answer.body);
    let since = Stopwatch::start();
    let page = browser.get(&house, "/console/roles").await;
    let first = LONG - since.left_of(LONG).unwrap_or_default();
    assert_eq!(listed(&page.body).len(), 1_001);
    assert!(page.body.contains("1001 roles") && page.body.contains("Team 7 of the works &#60;7&#62;"));
    let search = async |browser: &mut Browser, q: &str| {
        let since = Stopwatch::start();
        let query = crate::house::encoded(&[("q", q)]);
        let page = browser.get(&house, &format!("/console/roles?{query}")).await;
        (
            listed(&page.body).into_iter().map(str::to_owned).collect::<Vec<_>>(),
            page,
            LONG - since.left_of(LONG).unwrap_or_default(),
        )
    };
    let (found, page, took) = search(&mut browser, "role0777").await;
    assert_eq!(found, [format!("{ARN}0777")]);
    assert!(
        page.body.contains("1 role<") && page.body.contains("All 1001") && page.body.contains("value=\"role0777\"")
    );
    eprintln!("a page of 1,001 roles took {first:?}, a search {took:?} ({} bytes)", page.body.len());
    // A hundred milliseconds are meant, of a release; this is to fail only where something grows with the square.
    assert!(first < LONG && took < LONG);
    // Every word must be somewhere: in the name, the path, the description or the account, in any case.
    let first_of = ["TEAM works 12", "production 0012", "111122223333 team/Role0012"];
    for q in first_of {
        let (found, ..) = search(&mut browser, q).await;
        assert!(found.contains(&format!("{ARN}0012")), "{q}: {found:?}");
        assert!(!found.iter().any(|role| role == GUEST), "{q}");
    }
    let (found, ..) = search(&mut browser, "sandbox").await;
    assert_eq!(found, [GUEST]);
    let (found, page, _) = search(&mut browser, "\"><script>alert(1)</script>").await;
    assert!(found.is_empty() && page.body.contains("None of your 1001 roles"));
    assert!(!page.body.contains("<script>") && page.headers["content-security-policy"].contains("script-src 'self'"));
    // What is not found can be chosen all the same, and what is found is chosen from there.
    let csrf = hidden(&page.body, "csrf");
    let role = format!("{ARN}0999");
    let chosen = browser.post(&house, "/console/choose", &[("role", &role), ("csrf", &csrf)]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
}

#[tokio::test]
async fn what_was_worn_last_stands_first_for_the_same_person_alone() {
    let house = open_with(thousand()).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let before = listed(&browser.get(&house, "/console/roles").await.body)[..2].join(" ");
    assert_eq!(before, format!("{ARN}0000 {ARN}0001"));
    let (second, first) = (format!("{ARN}0500"), format!("{ARN}0300"));
    choose(&house, &mut browser, &second).await;
    house.clock.advance(time::Duration::minutes(1));
    choose(&house, &mut browser, GUEST).await;
    house.clock.advance(time::Duration::minutes(1));
    choose(&house, &mut browser, &first).await;
    // Another day, another browser: the account of the last one first, and in it what was worn last.
    let mut other = Browser::default();
    sign_in(&house, &mut other, "2").await;
    let page = other.get(&house, "/console/roles").await.body;
    assert_eq!(listed(&page)[..3], [first.as_str(), second.as_str(), &format!("{ARN}0000")]);
    assert_eq!(page.matches(">last used<").count(), 1, "{page}");
    // Somebody else has their own order.
    let (relay_state, request) = begin(&house, &mut other, "").await;
    let xml = crate::front::in_both_accounts(&house, "3").replace("alice@example.com", "bob@example.com");
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    let form = [("SAMLResponse", &*crate::front::field(&xml, "3")), ("RelayState", &*relay_state)];
    let mut bob = Browser { cookies: other.cookies.clone() };
    assert_eq!(bob.post(&house, "/saml/acs", &form).await.status, 303);
    assert_eq!(listed(&bob.get(&house, "/console/roles").await.body)[0], format!("{ARN}0000"));
    // Who it is of is told to nobody who reads the database.
    let rows = house.rows("SELECT role, used, person FROM role_use").await;
    assert_eq!(rows.len(), 3);
    assert!(rows.concat().iter().all(|text| !text.contains("alice")), "{rows:?}");
}

#[tokio::test]
async fn of_one_person_twenty_are_remembered() {
    let house = open_with(thousand()).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    for n in 0..22 {
        house.clock.advance(time::Duration::seconds(1));
        choose(&house, &mut browser, &format!("{ARN}{n:04}")).await;
    }
    let kept = house.rows("SELECT role FROM role_use ORDER BY used").await.concat();
    assert_eq!(kept.len(), 20);
    assert_eq!((kept[0].as_str(), kept[19].as_str()), (&*format!("{ARN}0002"), &*format!("{ARN}0021")));
}

#[tokio::test]
async fn it_tells_how_long_a_role_would_last() {
    let house = open_with(WORLD.to_owned()).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let page = browser.get(&house, "/console/roles").await.body;
    assert!(page.contains("as alice@example.com · up to 2 h") && page.contains("· up to 1 h"), "{page}");
    // Seven hours on, an hour is left of the identity provider's session.
    house.clock.advance(time::Duration::minutes(7 * 60 + 30));
    let page = browser.get(&house, "/console/roles").await.body;
    assert_eq!(page.matches("· up to 30 min").count(), 2, "{page}");
    assert_eq!(listed(&page), [ADMIN, GUEST]);
}
