//! The book on its page: one's own records, and the account's for whoever may read them.

use crate::front::{ADMIN, CLOSED, assume_with_saml};
use crate::front_signed::{assume, user};
use crate::house::{Browser, House};
use crate::pages_world::{AUDITOR, WATCH, about, open, page, refused, sign_in};

/// (event, whether it was refused, the access key id that is shown) of each record on a page.
fn records(page: &str) -> Vec<(String, bool)> {
    let all = page.split("<div class=\"grow\"><strong>").skip(1);
    all.map(|rest| {
        let item = &rest[..rest.find("</li>").unwrap()];
        (item[..item.find('<').unwrap()].to_owned(), item.contains("badge refused"))
    })
    .collect()
}

fn events(page: &str) -> Vec<String> {
    records(page).into_iter().map(|(event, _)| event).collect()
}

async fn all(house: &House, browser: &mut Browser, query: &str) -> String {
    page(house, browser, &format!("/console/activity/all{query}")).await
}

#[tokio::test]
async fn a_person_reads_what_they_have_done_whichever_role_they_wore() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let api = assume_with_saml(&house, ADMIN, &about(&house, "2", "alice", &[ADMIN])).await.credentials();
    let next = assume(&house, &api, ADMIN, &[]).await.credentials();
    assume(&house, &next, ADMIN, &[]).await.credentials();
    assert_ne!(assume(&house, &next, CLOSED, &[]).await.status, 200);
    let mut bob = sign_in(&house, "3", "bob", &[ADMIN]).await;
    let hers = page(&house, &mut alice, "/console/activity").await;
    let expected =
        ["AssumeRole", "AssumeRole", "AssumeRole", "AssumeRoleWithSAML", "ConsoleChooseRole", "ConsoleLogin"];
    assert_eq!(events(&hers), expected, "the newest first: {hers}");
    assert!(records(&hers)[0].1 && !records(&hers)[1].1, "what was refused is told so");
    assert!(hers.contains(&next.id), "what she was given is told by its access key id");
    assert_eq!(events(&page(&house, &mut bob, "/console/activity").await), ["ConsoleChooseRole", "ConsoleLogin"]);
    let refusals = page(&house, &mut alice, "/console/activity?outcome=refused").await;
    assert_eq!(events(&refusals), ["AssumeRole"]);
    let one = page(&house, &mut alice, "/console/activity?event=AssumeRoleWithSAML").await;
    assert_eq!(events(&one), ["AssumeRoleWithSAML"]);
    assert!(!hers.contains(next.token.as_deref().unwrap()) && !hers.contains(&next.secret), "no secret is in the book");
}

#[tokio::test]
async fn an_auditor_finds_the_accounts_records_by_each_of_their_marks() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let api = assume_with_saml(&house, ADMIN, &about(&house, "2", "alice", &[ADMIN])).await.credentials();
    let ops = assume(&house, &user(), ADMIN, &[]).await.credentials();
    assert_ne!(assume(&house, &user(), CLOSED, &[]).await.status, 200);
    sign_in(&house, "3", "dave", &[WATCH]).await;
    let found = |page: &str| events(page).join(" ");
    // Both accounts know the identity provider: that dave came in is told where he is known first.
    let expected = "ConsoleLogin AssumeRole AssumeRole AssumeRoleWithSAML ConsoleChooseRole ConsoleLogin";
    assert_eq!(found(&all(&house, &mut auditor, "").await), expected);
    assert_eq!(found(&all(&house, &mut auditor, "?principal=alice").await), "AssumeRoleWithSAML");
    assert_eq!(
        found(&all(&house, &mut auditor, "?principal=arn:aws:iam::111122223333:user/ops").await),
        "AssumeRole AssumeRole"
    );
    assert_eq!(found(&all(&house, &mut auditor, &format!("?key={}", ops.id)).await), "AssumeRole");
    assert_eq!(found(&all(&house, &mut auditor, &format!("?key={}", api.id)).await), "AssumeRoleWithSAML");
    assert_eq!(found(&all(&house, &mut auditor, "?outcome=refused").await), "AssumeRole");
    assert_eq!(found(&all(&house, &mut auditor, "?outcome=refused&event=ConsoleLogin").await), "");
    assert_eq!(
        found(
            &all(&house, &mut auditor, "?outcome=done&event=AssumeRole&principal=arn:aws:iam::111122223333:user/ops")
                .await
        ),
        "AssumeRole"
    );
    for nothing in
        ["?principal=%25", "?principal=_", "?event=%25", "?event=assumerole", "?key=ASIA%25", "?principal=%27+OR+1%3D1"]
    {
        assert_eq!(found(&all(&house, &mut auditor, nothing).await), "", "{nothing}");
    }
    let form = all(&house, &mut auditor, "?principal=%22%3E%3Cscript%3E").await;
    assert!(!form.contains("\"><script>"), "{form}");
}

#[tokio::test]
async fn what_was_done_months_ago_is_found_as_well() {
    let house = open().await;
    for _ in 0..3 {
        assume(&house, &user(), ADMIN, &[]).await.credentials();
        house.clock.advance(time::Duration::days(40));
    }
    house.clock.advance(time::Duration::days(-120));
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let found = all(&house, &mut auditor, "?event=AssumeRole&until=2032-01-01").await;
    assert_eq!(events(&found).len(), 3, "{found}");
    let found = all(&house, &mut auditor, "?event=AssumeRole&since=2031-02-01&until=2031-03-01").await;
    assert_eq!(events(&found).len(), 1, "{found}");
}

#[tokio::test]
async fn a_page_that_is_asked_for_wrongly_says_so() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let long = format!("?principal={}", "a".repeat(600));
    for query in [
        "?since=yesterday",
        "?until=2031-13-01",
        "?before=1.2",
        "?before=x.y.z",
        "?before=1.1.%27",
        "?outcome=maybe",
        &long,
        "?since=%ZZ",
    ] {
        let answer = auditor.get(&house, &format!("/console/activity/all{query}")).await;
        assert_eq!(refused(&answer), (400, "console.bad-search"), "{query}");
    }
    for query in [
        "?since=2031-01-01",
        "?until=2031-01-01T12:00",
        "?since=2031-01-01T00:00:00Z",
        "?before=9223372036854775807.9223372036854775807.node-x",
        "?before=-9223372036854775808.0.n",
        "?since=1970-01-01",
        "?until=9999-12-31",
    ] {
        assert_eq!(auditor.get(&house, &format!("/console/activity/all{query}")).await.status, 200, "{query}");
    }
    assert!(events(&all(&house, &mut auditor, "?until=2030-12-31").await).is_empty());
    assert!(events(&all(&house, &mut auditor, "?since=2031-01-02").await).is_empty());
    assert_eq!(events(&all(&house, &mut auditor, "?since=2031-01-01&until=2031-01-01").await).len(), 2);
}

#[tokio::test]
async fn what_is_another_accounts_is_not_read() {
    let house = open().await;
    let mut watch = sign_in(&house, "1", "dave", &[WATCH]).await;
    let api = assume_with_saml(&house, ADMIN, &about(&house, "2", "alice", &[ADMIN])).await.credentials();
    for query in ["", "?principal=alice", &format!("?key={}", api.id), "?event=AssumeRoleWithSAML"] {
        let found = all(&house, &mut watch, query).await;
        assert!(!found.contains("alice<") && !found.contains(&api.id) || query.contains(&api.id), "{query}: {found}");
        assert!(events(&found).iter().all(|event| event.starts_with("Console")), "{query}: {found}");
    }
    // Whoever puts on a role of this account from another is in this one's book as well.
    let guest = assume(&house, &api, "arn:aws:iam::444455556666:role/Guest", &[]).await.credentials();
    let found = all(&house, &mut watch, "?event=AssumeRole").await;
    assert!(found.contains(&guest.id), "{found}");
    assert_ne!(assume(&house, &api, "arn:aws:iam::444455556666:role/Nobody", &[]).await.status, 200);
    let found = all(&house, &mut watch, "?event=AssumeRole").await;
    assert_eq!(events(&found).len(), 1, "whoever was refused has come no nearer: {found}");
}

#[tokio::test]
async fn why_another_accounts_policy_refused_somebody_is_not_told() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let mut alice = sign_in(&house, "2", "alice", &[ADMIN]).await;
    let api = assume_with_saml(&house, ADMIN, &about(&house, "3", "alice", &[ADMIN])).await.credentials();
    for role in [WATCH, "arn:aws:iam::444455556666:role/Nobody"] {
        assert_ne!(assume(&house, &api, role, &[]).await.status, 200);
    }
    let book = house.rows("SELECT record FROM audit WHERE record LIKE '%errorCode%'").await;
    assert!(book.len() == 2 && book.iter().all(|row| row[0].contains("\"errorCode\":\"trust.")), "{book:?}");
    for told in [
        page(&house, &mut alice, "/console/activity?outcome=refused").await,
        all(&house, &mut auditor, "?outcome=refused").await,
    ] {
        assert_eq!(events(&told), ["AssumeRole", "AssumeRole"], "{told}");
        assert!(told.contains("AccessDenied"), "{told}");
        assert!(!told.contains("trust.") && !told.contains("errorMessage"), "{told}");
    }
    assert_ne!(assume(&house, &api, CLOSED, &[]).await.status, 200);
    let own = page(&house, &mut alice, "/console/activity?outcome=refused").await;
    assert!(!own.contains("trust.") && !own.contains("errorMessage"), "she may not read her account's book: {own}");
    let told = all(&house, &mut auditor, "?outcome=refused").await;
    assert!(told.contains("trust.") && told.contains("errorMessage"), "its own account's are: {told}");
}

#[tokio::test]
async fn the_book_is_read_page_by_page_and_each_record_once() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    for _ in 0..130 {
        assume(&house, &user(), ADMIN, &[]).await.credentials();
    }
    let mut path = "/console/activity/all?event=AssumeRole".to_owned();
    let (mut pages, mut requests) = (Vec::new(), Vec::new());
    loop {
        let shown = page(&house, &mut auditor, &path).await;
        pages.push(records(&shown).len());
        requests.extend(shown.split("Whole record ").skip(1).map(|rest| rest[..36].to_owned()));
        match shown
            .split("<a href=\"")
            .find(|rest| rest.starts_with("/console/activity/all?") && rest.contains("rel=\"next\""))
        {
            Some(rest) => path = rest[..rest.find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&"),
            None => break,
        }
    }
    assert_eq!(pages, [50, 50, 30]);
    requests.sort();
    requests.dedup();
    assert_eq!(requests.len(), 130);
}
