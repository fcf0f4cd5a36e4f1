//! Access key ids: what they tell, and that no two sessions have the same.

use crate::book::Book;
use crate::front::{ADMIN, USER, WORLD, admin, files, open};
use crate::front_signed::{call, user};
use crate::house::{Address, Answer, Browser, Credentials, House};
use crate::saml_identity::NOW;
use gatehouse::ambient::Clock;
use time::Duration;

/// One that AWS's own documentation of the format decodes, and its account.
const PUBLISHED: (&str, &str) = ("ASIAQNZGKIQY56JQ7WML", "029608264753");

async fn ask(house: &House, by: &Credentials, id: &str) -> Answer {
    call(house, by, &[("Action", "GetAccessKeyInfo"), ("Version", "2011-06-15"), ("AccessKeyId", id)]).await
}

async fn assume(house: &House, by: &Credentials, role: &str) -> Answer {
    let form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", "worker")];
    call(house, by, &form).await
}

/// As the tools read AWS's ids: of the 80 bits the 40 after the first.
fn account_in(id: &str) -> String {
    let digits: String = id[4..]
        .bytes()
        .map(|letter| if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 })
        .map(|value| char::from_digit(value.into(), 32).expect("a digit"))
        .collect();
    let bits = u128::from_str_radix(&digits, 32).expect("80 bits");
    format!("{:012}", bits >> 39 & ((1 << 40) - 1))
}

#[tokio::test]
async fn a_key_tells_its_account_and_nothing_of_its_state() {
    let published = format!("\n[[account]]\nid = \"{}\"\n", PUBLISHED.1);
    let house = open(&published).await;
    let session = admin(&house, "1").await;
    let guest = assume(&house, &session, "arn:aws:iam::444455556666:role/Guest").await.credentials();
    assert_eq!((account_in(&session.id), account_in(&guest.id)), ("111122223333".into(), "444455556666".into()));
    let rows = [
        (USER.0, "111122223333"),
        (&session.id, "111122223333"),
        (&guest.id, "444455556666"),
        (PUBLISHED.0, PUBLISHED.1),
    ];
    for (id, account) in rows {
        for by in [&user(), &session] {
            let answer = ask(&house, by, id).await;
            assert_eq!((answer.status, answer.element("Account")), (200, account), "{id}: {}", answer.body);
        }
    }
    house.clock.advance(Duration::hours(13));
    assert_eq!(ask(&house, &user(), &session.id).await.element("Account"), "111122223333", "it has ended");
    let ended = ask(&house, &session, USER.0).await;
    assert_eq!(ended.refusal(), (403, "ExpiredToken"), "whoever asks must be somebody");
}

#[tokio::test]
async fn what_is_not_of_here_is_not_told() {
    let house = open("").await;
    let session = admin(&house, "1").await.id;
    for (what, id) in [
        ("of an account that is none of ours", PUBLISHED.0),
        ("of a user that there is not", "AKIAIOSFODNN7NOBODYX"),
        ("a session's as a user's", &session.replacen("ASIA", "AKIA", 1)),
        ("shorter", &session[..19]),
        ("longer", &format!("{session}A")),
        ("a letter that there is not", &(session[..19].to_owned() + "1")),
        ("small letters", &("ASIA".to_owned() + &session[4..].to_lowercase())),
        ("of the form that says nothing", &("ASIAA".to_owned() + &session[5..])),
    ] {
        let answer = ask(&house, &user(), id).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{what}");
        assert_eq!(house.code(&answer).await, "sts.no-such-access-key", "{what}");
    }
    for (what, id) in [
        ("too short", "ASIA"),
        ("too long", &"A".repeat(129)),
        ("no such letters", "ASIA-UNZGKIQY56JQ7WML"),
        ("nothing", ""),
    ] {
        let answer = ask(&house, &user(), id).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{what}");
        assert_eq!(house.code(&answer).await, "sts.parameters", "{what}");
    }
    let unsigned = house.sts("GetAccessKeyInfo", &[("AccessKeyId", USER.0)]).await;
    assert_eq!(unsigned.refusal(), (403, "MissingAuthenticationToken"));
    assert_eq!(house.rows("SELECT record FROM audit WHERE record LIKE '%sts.no-such-access-key%'").await.len(), 8);
}

/// Another session has these ids just before they are to be written down, so that the constraint itself says so.
async fn in_use(house: &House, which: &'static str) {
    let book = house.hold_the_book();
    let another = "INSERT INTO role_session (access_key_id, role, session_name, issued, expires)
         VALUES (NEW.access_key_id, 'another', 'another', NEW.issued, NEW.expires);";
    let before = "CREATE TRIGGER in_use BEFORE INSERT ON role_session";
    book.run(&match &book {
        Book::File(_) => format!("{before} WHEN {which} BEGIN {another} END; COMMIT"),
        Book::Server(_) => format!(
            "CREATE FUNCTION in_use() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {another} RETURN NEW; END $$;
             {before} FOR EACH ROW WHEN (NEW.role <> 'another' AND {which}) EXECUTE FUNCTION in_use(); COMMIT"
        ),
    });
}

async fn given(house: &House) -> usize {
    house.rows("SELECT access_key_id FROM role_session WHERE role <> 'another'").await.len()
}

#[tokio::test]
async fn an_id_that_is_in_use_is_drawn_again() {
    let house = open("").await;
    in_use(&house, "substr(NEW.access_key_id, 20) IN ('A', 'B', 'C', 'D')").await;
    for n in 0..60 {
        let session = assume(&house, &user(), ADMIN).await.credentials();
        assert!(!session.id.ends_with(['A', 'B', 'C', 'D']), "{}", session.id);
        let me = crate::front_signed::get_caller_identity(&house, &session).await;
        assert_eq!(me.status, 200, "{n}: the token is that of the new id: {}", me.body);
    }
    assert_eq!(given(&house).await, 60);
    // An assertion is used up by the draw that holds, and by no other.
    for n in 0..20 {
        admin(&house, &format!("again-{n}")).await;
    }
    let recorded = house.rows("SELECT record FROM audit WHERE record LIKE '%\"accessKeyId\"%'").await;
    assert_eq!((recorded.len(), given(&house).await), (80, 80), "one record for each");
}

#[tokio::test]
async fn drawing_comes_to_an_end() {
    let house = House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| WORLD.to_owned()).await;
    in_use(&house, "1 = 1").await;
    let answer = assume(&house, &user(), ADMIN).await;
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable"));
    let mut browser = Browser::default();
    let posted = browser.post(&house, "/saml/acs", &[("SAMLResponse", &crate::front::good(&house, "1"))]).await;
    let page = browser.follow(&house, posted).await;
    assert_eq!((page.status, given(&house).await), (503, 0), "the only role is put on at once: {}", page.body);
}
