//! A user's own temporary credentials (GetSessionToken) through the front door.

use crate::front::{ADMIN, admin};
use crate::front_signed::{assume, call, get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::front_users::{SERIAL, code, open, role, with_code};
use crate::house::{Answer, Credentials, House, keys_of};
use crate::saml_identity::NOW;
use gatehouse::ambient::Random;
use gatehouse::app::load;
use gatehouse::config::{Peers, Secrets};
use gatehouse::store::Store;
use gatehouse::sts::{Decided, Purpose};
use gatehouse::trust::{Configuration, Occasions, Reply};
use gatehouse::words::RoleArn;
use time::Duration;

async fn get_session_token(house: &House, by: &Credentials, more: &[(&str, &str)]) -> Answer {
    let first = [("Action", "GetSessionToken"), ("Version", "2011-06-15")];
    call(house, by, &first.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()).await
}

async fn session(house: &House, more: &[(&str, &str)]) -> Credentials {
    get_session_token(house, &user(), more).await.credentials()
}

async fn session_with_mfa(house: &House) -> Credentials {
    session(house, &[("SerialNumber", SERIAL), ("TokenCode", &code(house, 0))]).await
}

#[tokio::test]
async fn a_session_is_the_user_for_twelve_hours_or_as_long_as_was_asked() {
    let house = open().await;
    let answer = get_session_token(&house, &user(), &[]).await;
    assert_eq!(answer.element("Expiration"), "2031-01-02T00:00:00Z");
    let credentials = answer.credentials();
    assert!(credentials.id.starts_with("ASIA"), "{}", credentials.id);
    let (own, whole) = (get_caller_identity(&house, &credentials).await, get_caller_identity(&house, &user()).await);
    for element in ["Arn", "UserId", "Account"] {
        assert_eq!(own.element(element), whole.element(element));
    }
    assert_eq!(own.element("Arn"), "arn:aws:iam::111122223333:user/ops");
    let longest = get_session_token(&house, &user(), &[("DurationSeconds", "129600")]).await;
    assert_eq!(longest.element("Expiration"), "2031-01-03T00:00:00Z");
    let padded = get_session_token(&house, &user(), &[("MinimumSessionTokenSize", "3000")]).await;
    let length = padded.credentials().token.expect("a token").len();
    assert!(length >= 3_000 && padded.element("SessionTokenSize") == length.to_string(), "{}", padded.body);
    assert_eq!(get_caller_identity(&house, &padded.credentials()).await.status, 200);
    for seconds in ["899", "129601", "-900", "1e3"] {
        let answer = get_session_token(&house, &user(), &[("DurationSeconds", seconds)]).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{seconds}");
    }
    house.clock.advance(Duration::hours(12));
    assert_eq!(get_caller_identity(&house, &credentials).await.refusal(), (403, "ExpiredToken"));
}

#[tokio::test]
async fn a_session_may_assume_roles_and_not_prolong_itself() {
    let house = open().await;
    let own = session(&house, &[]).await;
    let info = async |by: &Credentials| {
        call(&house, by, &[("Action", "GetAccessKeyInfo"), ("Version", "2011-06-15"), ("AccessKeyId", &own.id)]).await
    };
    assert_eq!(info(&user()).await.element("Account"), "111122223333");
    let refused = info(&own).await;
    assert_eq!(refused.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&refused).await, "sts.session-credentials");
    let answer = assume(&house, &own, ADMIN, &[("DurationSeconds", "7200")]).await;
    assert_eq!(answer.element("Expiration"), "2031-01-01T14:00:00Z", "it is no chain: the role's whole maximum");
    for by in [own, answer.credentials(), admin(&house, "1").await] {
        let answer = get_session_token(&house, &by, &[]).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"));
        assert_eq!(answer.element("Message"), "Cannot call GetSessionToken with session credentials");
        assert_eq!(house.code(&answer).await, "sts.session-credentials");
    }
}

#[tokio::test]
async fn policies_know_the_user_behind_a_session() {
    let house = open().await;
    assert_eq!(assume(&house, &user(), &role("Known"), &[]).await.status, 403, "a key has no issue time");
    let own = session(&house, &[]).await;
    house.clock.advance(Duration::seconds(60));
    assert_eq!(assume(&house, &own, &role("Known"), &[]).await.status, 200);
    let later = session(&house, &[]).await;
    assert_eq!(assume(&house, &later, &role("Known"), &[]).await.status, 403, "it was issued at another time");
}

#[tokio::test]
async fn a_session_without_a_code_says_that_there_was_none() {
    let house = open().await;
    let own = session(&house, &[]).await;
    for (name, given) in
        [("Mfa", false), ("Recent", false), ("Unknown", false), ("DenyBool", false), ("DenyBoolIfExists", false)]
    {
        assert_eq!(assume(&house, &own, &role(name), &[]).await.status == 200, given, "{name}");
    }
    assert_eq!(with_code(&house, &own, "Mfa", &code(&house, 0)).await.status, 200, "a code may come later");
}

#[tokio::test]
async fn a_session_with_a_code_carries_it_and_it_grows_old() {
    let house = open().await;
    let own = session_with_mfa(&house).await;
    for (name, given) in [
        ("Mfa", true),
        ("Recent", true),
        ("Now", true),
        ("Unknown", false),
        ("DenyBool", true),
        ("DenyBoolIfExists", true),
    ] {
        assert_eq!(assume(&house, &own, &role(name), &[]).await.status == 200, given, "{name}");
    }
    house.clock.advance(Duration::seconds(3_599));
    assert_eq!(assume(&house, &own, &role("Recent"), &[]).await.status, 200);
    house.clock.advance(Duration::SECOND);
    let old = assume(&house, &own, &role("Recent"), &[]).await;
    assert_eq!(old.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&old).await, "trust.no-statement-allows");
    assert_eq!(assume(&house, &own, &role("Mfa"), &[]).await.status, 200, "there was one all the same");
    assert_eq!(with_code(&house, &own, "Recent", &code(&house, 0)).await.status, 200, "a new code is new");
    // What the role's session does later has shown no second factor.
    let worn = assume(&house, &own, &role("Mfa"), &[]).await.credentials();
    let denied = assume(&house, &worn, &role("Mfa"), &[]).await;
    assert_eq!(house.code(&denied).await, "trust.no-statement-allows");
    let worn = assume(&house, &own, ADMIN, &[]).await.credentials();
    let denied = assume(&house, &worn, &role("DenyBool"), &[]).await;
    assert_eq!(house.code(&denied).await, "trust.explicit-deny", "it says so, and is not silent");
}

#[tokio::test]
async fn a_wrong_or_used_code_gives_no_session() {
    let house = open().await;
    let with = |code: &str| [("SerialNumber", SERIAL), ("TokenCode", code)].map(|(n, v)| (n, v.to_owned()));
    let ask = async |code: &str| {
        let with = with(code);
        get_session_token(&house, &user(), &with.each_ref().map(|(n, v)| (*n, v.as_str()))).await
    };
    let far = ask(&code(&house, 2)).await;
    assert_eq!((far.refusal(), house.code(&far).await.as_str()), ((403, "AccessDenied"), "sts.mfa-wrong-code"));
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
    let used = ask(&code(&house, 0)).await;
    assert_eq!((used.refusal(), house.code(&used).await.as_str()), ((403, "AccessDenied"), "sts.mfa-reused-code"));
    let half = get_session_token(&house, &user(), &[("TokenCode", &code(&house, 1))]).await;
    assert_eq!((half.refusal(), house.code(&half).await.as_str()), ((403, "AccessDenied"), "sts.mfa-incomplete"));
    assert_eq!(house.rows("SELECT * FROM role_session WHERE role LIKE '%:user/ops'").await.len(), 0);
}

/// Stops the gateway, changes its configuration, and starts it again.
async fn reopened(house: House, change: impl Fn(&str) -> String) -> House {
    with_another(house, "gatehouse.toml", change).await
}

/// The same with any of its files.
async fn with_another(house: House, file: &str, change: impl Fn(&str) -> String) -> House {
    let (directory, clock, url) = house.close().await;
    let text = std::fs::read_to_string(directory.path().join(file)).expect("the file");
    directory.write(file, change(&text));
    House::serve(directory, clock, url).await
}

#[tokio::test]
async fn a_session_ends_with_its_user_and_with_the_key_that_made_it() {
    let key = "{ id = \"AKIAIOSFODNN7EXAMPLE\", secret = { file = \"ops-secret\" } }";
    let second = "{ id = \"AKIAIOSFODNN7SECONDX\", secret = { file = \"ops-secret\" } }";
    let inactive = key.replacen(" } }", " }, active = false }", 1);
    let house = open().await;
    let own = session(&house, &[]).await;
    let house = reopened(house, |text| text.replace(key, &format!("{key}, {second}"))).await;
    assert_eq!(get_caller_identity(&house, &own).await.status, 200, "another key changes nothing");
    let house = reopened(house, |text| text.replace(key, &inactive)).await;
    let answer = get_caller_identity(&house, &own).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"), "deactivated");
    assert_eq!(house.code(&answer).await, "sts.user-gone");
    let house = reopened(house, |text| text.replace(&inactive, key)).await;
    assert_eq!(get_caller_identity(&house, &own).await.status, 200, "and back");
    let house = reopened(house, |text| text.replace("user/ops\"\naccess", "user/heir\"\naccess")).await;
    let answer = get_caller_identity(&house, &own).await;
    assert_eq!(house.code(&answer).await, "sts.user-gone", "the key has gone to another user");
}

#[tokio::test]
async fn a_session_ends_with_the_secret_that_made_it() {
    let house = open().await;
    let own = session(&house, &[]).await;
    let house = with_another(house, "ops-secret", |_| "another/secret/of/the/very/same/key/id/X".to_owned()).await;
    let answer = get_caller_identity(&house, &own).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
    assert_eq!(house.code(&answer).await, "sts.user-gone");
    let house = with_another(house, "ops-secret", |_| user().secret).await;
    assert_eq!(get_caller_identity(&house, &own).await.status, 200, "and back");
}

/// Whose device is another one has shown nothing that it shows now: no second factor, and no silence about it.
#[tokio::test]
async fn a_code_counts_as_long_as_the_device_is_the_same() {
    let device = format!("mfa = {{ serial = \"{SERIAL}\", totp_secret = {{ file = \"totp\" }} }}\n");
    let another = (device.replace(SERIAL, &format!("{SERIAL}2")), device.replace("\"totp\"", "\"other-totp\""));
    for (what, instead, counts) in [
        ("nothing", device.as_str(), true),
        ("its serial", &another.0, false),
        ("its secret", &another.1, false),
        ("all of it", "", false),
    ] {
        let house = open().await;
        let own = session_with_mfa(&house).await;
        let house = reopened(house, |text| text.replacen(&device, instead, 1)).await;
        let identity = get_caller_identity(&house, &own).await;
        assert_eq!(identity.element("Arn"), "arn:aws:iam::111122223333:user/ops", "{what}: the session goes on");
        for (name, denial) in [
            ("Mfa", "trust.no-statement-allows"),
            ("Recent", "trust.no-statement-allows"),
            ("DenyBool", "trust.explicit-deny"),
        ] {
            let answer = assume(&house, &own, &role(name), &[]).await;
            assert_eq!(answer.status == 200, counts, "{what}, {name}: {}", answer.body);
            let told = if counts { String::new() } else { denial.to_owned() };
            assert_eq!(house.code(&answer).await, told, "{what}, {name}");
        }
        let told = format!("\"mfaAuthenticated\":\"{counts}\"");
        let book = house.rows("SELECT record FROM audit WHERE record LIKE '%\"AssumeRole\"%'").await;
        assert!(book.len() == 3 && book.iter().all(|record| record[0].contains(&told)), "{what}: {book:?}");
    }
}

/// Sealed when sessions did not yet say what they were made with.
#[tokio::test]
async fn a_session_that_does_not_say_what_made_it_has_ended() {
    let house = open().await;
    let root = std::fs::read(house.directory.path().join("keys/session.key")).expect("a key");
    let keys = keys_of(root);
    let (id, issued) = ("ASIAABCDEFGHIJKLMNOP", house.clock.now().unix_timestamp());
    let plain = serde_json::json!({
        "k": id, "u": "arn:aws:iam::111122223333:user/ops", "w": user().id, "i": issued, "e": issued + 900, "m": issued,
    });
    let token = keys.seals.seal_text(Purpose::SessionToken, plain.to_string().as_bytes(), &Random);
    let secret = keys.secret(id, &token).expose_str().expect("text").to_owned();
    let answer = get_caller_identity(&house, &Credentials { id: id.into(), secret, token: Some(token) }).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
    assert_eq!(house.code(&answer).await, "sts.user-gone");
}

/// A thief who has the right secret of a key that was switched off is somebody known. One who guesses is not.
#[tokio::test]
async fn a_key_that_is_used_after_its_end_is_in_the_book() {
    let house = open().await;
    let own = session(&house, &[]).await;
    let house = reopened(house, |text| text.replacen(" } }", " }, active = false }", 1)).await;
    for (by, code) in [(user(), "sts.inactive-access-key"), (own, "sts.user-gone")] {
        for secret in ["x".repeat(40), by.secret.clone()] {
            let answer = get_caller_identity(&house, &Credentials { secret, ..by.clone() }).await;
            assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
            assert_eq!(house.code(&answer).await, code);
        }
        let book = house.rows("SELECT record FROM audit WHERE record LIKE '%GetCallerIdentity%'").await;
        let book: Vec<serde_json::Value> =
            book.iter().map(|row| serde_json::from_str(&row[0]).expect("JSON")).collect();
        let denials: Vec<_> = book.iter().filter(|record| record["errorCode"] == code).collect();
        let [denial] = denials.as_slice() else { panic!("{code}: {book:?}") };
        let expected = serde_json::json!({
            "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops", "accountId": "111122223333",
            "accessKeyId": by.id,
        });
        assert_eq!(denial["userIdentity"], expected);
    }
}

#[tokio::test]
async fn what_was_assumed_with_a_revoked_session_is_revoked_with_it() {
    let house = open().await;
    let (own, other) = (session(&house, &[]).await, session(&house, &[]).await);
    let worn = assume(&house, &own, ADMIN, &[]).await.credentials();
    let further = assume(&house, &worn, "arn:aws:iam::444455556666:role/Guest", &[]).await.credentials();
    let book = house.hold_the_book();
    book.run(&format!("INSERT INTO revocation (access_key_id, until) VALUES ('{}', 4000000000)", own.id));
    book.run("COMMIT");
    let house = reopened(house, str::to_owned).await;
    for by in [&own, &worn, &further] {
        let answer = get_caller_identity(&house, by).await;
        assert_eq!(answer.refusal(), (403, "ExpiredToken"));
        assert_eq!(house.code(&answer).await, "sts.session-revoked");
    }
    assert_eq!(get_caller_identity(&house, &other).await.status, 200);
}

#[tokio::test]
async fn the_console_is_for_roles() {
    let house = open().await;
    let own = session_with_mfa(&house).await;
    let refused = signin_token(&house, &own, &[]).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(house.code(&refused).await, "console.user-credentials");
    let worn = assume(&house, &own, ADMIN, &[("DurationSeconds", "7200")]).await.credentials();
    let token = signin_token(&house, &worn, &[("SessionDuration", "5400")]).await;
    assert_eq!(house.get(&login_url(&token, "")).await.status, 303, "{}", token.body);
    let chained = assume(&house, &worn, "arn:aws:iam::444455556666:role/Guest", &[]).await.credentials();
    let refused = signin_token(&house, &chained, &[("SessionDuration", "1800")]).await;
    assert_eq!(house.code(&refused).await, "console.chained-duration");
}

#[tokio::test]
async fn the_book_says_who_took_which_credentials_with_what() {
    let house = open().await;
    let own = session_with_mfa(&house).await;
    let worn = assume(&house, &own, &role("Mfa"), &[]).await.credentials();
    let records: Vec<serde_json::Value> = house
        .rows("SELECT record FROM audit ORDER BY number")
        .await
        .iter()
        .map(|row| serde_json::from_str(&row[0]).expect("JSON"))
        .collect();
    let [taken, assumed] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(taken["eventName"], "GetSessionToken");
    assert_eq!(taken["accessKeyId"], own.id.as_str());
    assert_eq!(taken["requestParameters"]["serialNumber"], SERIAL);
    assert_eq!(taken["userIdentity"]["type"], "IAMUser");
    assert_eq!(taken["userIdentity"]["accessKeyId"], user().id.as_str());
    assert_eq!(taken["responseElements"]["credentials"]["expiration"], "2031-01-02T00:00:00Z");
    assert_eq!(assumed["accessKeyId"], worn.id.as_str());
    assert_eq!(assumed["userIdentity"]["type"], "IAMUser");
    assert_eq!(assumed["userIdentity"]["accessKeyId"], own.id.as_str());
    let attributes = &assumed["userIdentity"]["sessionContext"]["attributes"];
    assert_eq!(*attributes, serde_json::json!({"creationDate": "2031-01-01T12:00:00Z", "mfaAuthenticated": "true"}));
    let kept = house.rows("SELECT access_key_id FROM role_session WHERE role = 'arn:aws:iam::111122223333:user/ops'");
    assert_eq!(kept.await, [[own.id.clone()]]);
    let all = house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await;
    for secret in [own.secret.as_str(), own.token.as_deref().unwrap_or_default()] {
        assert!(all.iter().all(|row| !row[0].contains(secret)));
    }
}

/// What was decided for a user can be asked again of another configuration, with the second factor that was shown.
#[tokio::test]
async fn a_kept_decision_remembers_the_second_factor() {
    let house = open().await;
    let mfa: RoleArn = role("Mfa").parse().expect("an ARN");
    assert_eq!(assume(&house, &user(), mfa.as_str(), &[]).await.status, 403);
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
    let without = session(&house, &[]).await;
    assert_eq!(assume(&house, &without, mfa.as_str(), &[]).await.status, 403);
    house.clock.advance(Duration::seconds(30));
    let with = session_with_mfa(&house).await;
    assert_eq!(assume(&house, &with, mfa.as_str(), &[]).await.status, 200);
    // A code that does not hold is no matter of rules and policies.
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 403);
    let (directory, ..) = house.close().await;
    let loaded = load(&directory.path().join("gatehouse.toml"), Secrets::LeaveShut, Peers::Real, NOW);
    let catalogue = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}")).catalogue;
    let configuration = Configuration { catalogue: &catalogue, recipients: Vec::new() };
    let keys = keys_of(std::fs::read(directory.path().join("keys/session.key")).expect("a key"));
    let rows = Store::kept_decisions(&directory.path().join("gatehouse.db"), 0).await.expect("it opens");
    let mut replies = Vec::new();
    for row in rows.expect("a table") {
        let decided = Decided::open(&row.sealed, &keys.seals).expect("its own seal");
        let given = matches!(decided.question.put_to(&configuration, Occasions::Last).about(&mfa), Reply::Given(_));
        assert_eq!(given, decided.refused.is_none());
        replies.push(given);
    }
    replies.sort_unstable();
    assert_eq!(replies, [false, false, true, true]);
}
