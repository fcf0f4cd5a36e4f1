//! What is kept is copied beside a gateway that serves, and put back.

use crate::audit_world::{audit, book};
use crate::command_sessions::{command, revoke};
use crate::front::{ADMIN, admin, assume_with_saml, field, good, open, unsigned};
use crate::front_oidc::{self, DEV};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::house::{Answer, Browser, Directory, House};
use crate::key_ring_world::{loaded, until};
use crate::oidc_issuer::{Issuer, RSA as TOKENS, claims};
use crate::postgres_server::PostgresServer;
use crate::running::{mode, rows};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::app::{BackupError, back_up, restore};
use gatehouse::config::{Secrets, Settings, load_untested};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

pub(crate) fn settings(directory: &Directory) -> Settings {
    let file = directory.path().join("gatehouse.toml");
    let loaded = load_untested(&file, Secrets::Read, OffsetDateTime::UNIX_EPOCH);
    loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}")).settings
}

pub(crate) async fn backup(house: &House) -> PathBuf {
    let file = house.directory.path().join("backup");
    back_up(&loaded(house).settings, &file, house.clock.now()).await.expect("a backup");
    file
}

/// The machine is lost, with everything but the configuration and the backup.
pub(crate) fn lose(directory: &Directory) {
    if directory.server().is_some() {
        book(directory).run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
    for name in ["gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm"] {
        let _ = std::fs::remove_file(directory.path().join(name));
    }
    let _ = std::fs::remove_dir_all(directory.path().join("keys"));
}

/// Stopped, lost, put back and started again, a moment later.
pub(crate) async fn put_back(house: House, file: &Path) -> House {
    let (directory, clock, url) = house.close().await;
    lose(&directory);
    restore(&settings(&directory), file, clock.now()).await.expect("it is put back");
    clock.advance(Duration::seconds(2));
    House::serve(directory, clock, url).await
}

/// Issued when the last minute before the restoring is over.
async fn fresh(house: &House, id: &str) -> Answer {
    let xml =
        changed(&unsigned(house, id), "IssueInstant=\"2031-01-01T11:59:00Z\"", "IssueInstant=\"2031-01-01T12:01:30Z\"");
    assume_with_saml(house, ADMIN, &field(&xml, id)).await
}

async fn is_former(house: &House, answer: &Answer, status: u16) {
    assert_eq!((answer.status, &*house.code(answer).await), (status, "sts.before-restore"), "{}", answer.body);
}

#[tokio::test]
async fn what_is_put_back_goes_on_and_nothing_from_before_is_believed() {
    let house = open("").await;
    let before = admin(&house, "1").await;
    let mut browser = Browser::default();
    let signed_in = browser.post(&house, "/saml/acs", &[("SAMLResponse", &good(&house, "2"))]).await;
    browser.follow(&house, signed_in).await;
    let file = backup(&house).await;
    assert_eq!(mode(&file), 0o600);
    let again = back_up(&loaded(&house).settings, &file, house.clock.now()).await;
    assert!(again.is_err_and(|error| error.to_string().contains("cannot be written: File exists")));
    let after = admin(&house, "3").await;
    let house = put_back(house, &file).await;

    // Nobody knows which of them have been ended since.
    for session in [&before, &after] {
        let answer = get_caller_identity(&house, session).await;
        assert_eq!((answer.refusal(), &*house.code(&answer).await), ((403, "ExpiredToken"), "sts.session-revoked"));
    }
    let (_, listed) = command(&house, "list", &[]).await;
    assert!(!listed.contains(&before.id) && !listed.contains(&after.id), "they are not live: {listed}");
    assert_eq!(browser.get(&house, "/console/session").await.body, "{\"signed_in\":false}");
    // Nor which papers have been used: on no way in.
    for id in ["1", "3", "4"] {
        is_former(&house, &assume_with_saml(&house, ADMIN, &good(&house, id)).await, 400).await;
        is_former(
            &house,
            &Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &good(&house, id))]).await,
            403,
        )
        .await;
        let token =
            URL_SAFE_NO_PAD.encode(base64::engine::general_purpose::STANDARD.decode(good(&house, id)).expect("base64"));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &*token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
            ("requested_token_type", "urn:gatehouse:params:oauth:token-type:aws-credentials"),
            ("resource", ADMIN),
        ];
        is_former(&house, &house.post("/oauth/token", &form).await, 400).await;
    }
    // What is long-lived goes on at once, and people with a new paper when no clock can make an old one look new.
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200);
    house.clock.advance(Duration::minutes(2));
    let session = fresh(&house, "5").await.credentials();
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    is_former(&house, &assume_with_saml(&house, ADMIN, &good(&house, "6")).await, 400).await;

    // The book: what was in the copy, whole, and a chain that begins with its being put back.
    let (directory, ..) = house.close().await;
    let chains = rows(
        &directory,
        "SELECT node || ' ' || number || ' ' || hex(hash) || ' ' || record FROM audit ORDER BY node, number",
    )
    .await;
    let mut names = Vec::new();
    let (mut node, mut former) = (String::new(), Vec::new());
    for line in &chains {
        let mut parts = line.splitn(4, ' ');
        let [of, number, hash, record] = std::array::from_fn(|_| parts.next().expect("a part"));
        if of != node {
            (node, former) = (of.to_owned(), vec![0; 32]);
            assert_eq!(number, "1");
        }
        former = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[&former, record.as_bytes()].concat())
            .as_ref()
            .to_vec();
        assert_eq!(hash, former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
        let record: Value = serde_json::from_str(record).expect("JSON");
        names.push((number.to_owned(), record["eventName"].as_str().expect("a name").to_owned()));
    }
    assert!(names.contains(&("1".to_owned(), "RestoreBackup".to_owned())), "{names:?}");
    assert!(names.contains(&("2".to_owned(), "AssumeRoleWithSAML".to_owned())), "{names:?}");
    assert_eq!(names.iter().filter(|(_, name)| name == "ConsoleLogin").count(), 1, "{names:?}");
}

#[tokio::test]
async fn tokens_from_before_are_refused_on_every_way() {
    let issuer = Issuer::start(&[&TOKENS]).await;
    let house = front_oidc::open(&issuer).await;
    let token = TOKENS.sign(&claims(&issuer.url));
    front_oidc::assume(&house, DEV, &token).await.credentials();
    let file = backup(&house).await;
    let house = put_back(house, &file).await;
    is_former(&house, &front_oidc::assume(&house, DEV, &token).await, 400).await;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &*token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:gatehouse:params:oauth:token-type:aws-credentials"),
        ("resource", DEV),
    ];
    is_former(&house, &house.post("/oauth/token", &form).await, 400).await;
    let mut browser = Browser::default();
    let begun = front_oidc::begin(&house, &mut browser).await;
    front_oidc::promise(&issuer, &begun.nonce);
    let answer = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    is_former(&house, &answer, 403).await;
    // A minute later no clock that may be fast can have issued it before.
    house.clock.advance(Duration::minutes(2));
    let mut later = claims(&issuer.url);
    later["iat"] = (house.clock.now() - Duration::SECOND).unix_timestamp().into();
    front_oidc::assume(&house, DEV, &TOKENS.sign(&later)).await.credentials();
}

/// Whatever is changed in it, nothing is touched.
#[tokio::test]
async fn a_damaged_backup_is_refused_whole() {
    let house = open("").await;
    admin(&house, "1").await;
    let file = backup(&house).await;
    let whole = std::fs::read(&file).expect("the backup");
    let (directory, clock, url) = house.close().await;
    let settings = settings(&directory);
    let before = rows(&directory, "SELECT record FROM audit").await;
    let text = String::from_utf8(whole.clone()).expect("text");
    let mut spoilt: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("another file".into(), b"{}\n".to_vec()),
        ("without its end".into(), text[..text[..text.len() - 1].rfind('\n').expect("a line") + 1].into()),
        ("cut".into(), whole[..whole.len() / 2].to_vec()),
        ("with more".into(), [&whole[..], b"[1]\n"].concat()),
        ("another version".into(), text.replacen("\"version\":1", "\"version\":2", 1).into()),
        ("another store".into(), text.replacen("\"steps\":[1,", "\"steps\":[", 1).into()),
        ("a line twice".into(), text.replacen("\n[", "\n[]\n[", 1).into()),
    ];
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        spoilt.push((format!("a bit at {at}"), bytes));
    }
    for (what, bytes) in spoilt {
        let path = directory.write("spoilt", bytes);
        let error = restore(&settings, &path, clock.now()).await.expect_err(&what);
        let refused = matches!(error, BackupError::NoBackup(_) | BackupError::Damaged(_) | BackupError::Version { .. });
        assert!(refused, "{what}: {error}");
        assert_eq!(rows(&directory, "SELECT record FROM audit").await, before, "{what}");
    }
    // Of another store, though whole.
    let lines: Vec<&str> = text.lines().collect();
    let other = lines[..lines.len() - 1].join("\n").replacen("\"steps\":[1,", "\"steps\":[", 1) + "\n";
    let end = crate::front_signed::sha256(other.as_bytes());
    let path = directory.write("other", format!("{other}{{\"end\":\"{end}\"}}\n"));
    let error = restore(&settings, &path, clock.now()).await.expect_err("another store");
    assert!(error.to_string().contains("of another version"), "{error}");
    assert_eq!(rows(&directory, "SELECT record FROM audit").await, before);
    // A key that is there and is another one.
    let key = directory.path().join("keys/session.key");
    let own = std::fs::read(&key).expect("a key");
    std::fs::write(&key, [1; 32]).expect("written");
    let error = restore(&settings, &file, clock.now()).await.expect_err("another key");
    assert!(error.to_string().contains("holds another key than the backup"), "{error}");
    assert_eq!(rows(&directory, "SELECT record FROM audit").await, before);
    std::fs::write(&key, own).expect("written");
    restore(&settings, &file, clock.now()).await.expect("whole");
    House::serve(directory, clock, url).await.close().await;
}

#[tokio::test]
async fn nothing_is_put_back_under_a_gateway_that_runs() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let file = backup(&house).await;
    let key = house.directory.path().join("keys/saml.pem");
    std::fs::remove_file(&key).expect("removed");
    let error = restore(&loaded(&house).settings, &file, house.clock.now()).await.expect_err("it runs");
    assert!(error.to_string().contains("is in use; stop the gateway"), "{error}");
    assert!(!key.exists(), "nothing was laid down");
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    admin(&house, "2").await;
    assert_eq!(house.rows("SELECT at FROM restored").await.len(), 0);
    // Whoever was barred since the backup stays barred.
    let barred = revoke(&house, &["--provider", "111122223333:corp", "--subject", "alice@example.com"]).await;
    assert!(!barred.is_empty());
    let (directory, clock, url) = house.close().await;
    book(&directory).run("INSERT INTO barred_paper (paper, until) VALUES ('a paper', 4102444800)");
    restore(&settings(&directory), &file, clock.now()).await.expect("nobody has it open");
    assert_eq!(rows(&directory, "SELECT paper FROM barred_paper WHERE paper = 'a paper'").await, ["a paper"]);
    assert!(key.exists());
    let house = House::serve(directory, clock, url).await;
    house.clock.advance(Duration::minutes(2));
    let answer = fresh(&house, "3").await;
    assert_eq!(house.code(&answer).await, "sts.person-barred", "{}", answer.body);
}

#[tokio::test]
async fn without_a_key_of_the_ring_there_is_no_backup() {
    let house = open("").await;
    let (file, key) = (house.directory.path().join("backup"), house.directory.path().join("keys/saml.pem"));
    std::fs::write(&key, "").expect("written");
    let error = back_up(&loaded(&house).settings, &file, house.clock.now()).await.expect_err("damaged");
    assert!(error.to_string().contains("does not have the form it should have"), "{error}");
    std::fs::remove_file(&key).expect("removed");
    let error = back_up(&loaded(&house).settings, &file, house.clock.now()).await.expect_err("missing");
    assert!(error.to_string().contains("the key \"saml.pem\" is on the ring, but not here"), "{error}");
    assert!(!file.exists());
}

/// Whatever somebody takes for a backup is read a line at a time, and no line is longer than any of a backup.
#[tokio::test]
async fn a_line_without_an_end_is_not_read_to_its_end() {
    let house = open("").await;
    let file = backup(&house).await;
    let text = std::fs::read_to_string(&file).expect("the backup");
    let head = text.split_inclusive('\n').next().expect("a line");
    let (directory, clock, _) = house.close().await;
    for (begin, sentence) in [("", "is no backup of Gatehouse"), (head, "a line has more than 64 MiB")] {
        let path = directory.write("endless", begin);
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("the file");
        file.set_len((64 << 20) + 4_096).expect("a hole, which takes no room");
        let error = restore(&settings(&directory), &path, clock.now()).await.expect_err("refused");
        assert!(error.to_string().contains(sentence), "{error}");
    }
}

/// Its rows, in no order.
fn rows_in(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).expect("the backup");
    text.lines().filter(|line| line.starts_with('[')).map(str::to_owned).collect()
}

/// Copied, stopped, put back into the store of these lines, and started there.
async fn moved(house: House, store: &str) -> House {
    let file = backup(&house).await;
    let (directory, clock, url) = house.close().await;
    let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("a configuration");
    let (head, rest) = text.split_once("[store]\n").expect("a store");
    let (_, keys) = rest.split_once("[keys]").expect("keys");
    directory.write("gatehouse.toml", format!("{head}[store]\n{store}[keys]{keys}"));
    restore(&settings(&directory), &file, clock.now()).await.expect("it is put back");
    let again = directory.path().join("again");
    back_up(&settings(&directory), &again, clock.now()).await.expect("a backup");
    assert_eq!(rows_in(&file).difference(&rows_in(&again)).collect::<Vec<_>>(), Vec::<&String>::new());
    [file, again].iter().for_each(|file| std::fs::remove_file(file).expect("removed"));
    clock.advance(Duration::minutes(2));
    House::serve(directory, clock, url).await
}

/// Numbers go on from those that were copied, and so does the book.
async fn goes_on(house: &House) {
    let session = assume(house, &user(), ADMIN, &[]).await.credentials();
    revoke(house, &["--session", &session.id]).await;
    until(async || get_caller_identity(house, &session).await.status == 403, "it has ended").await;
    let path = house.directory.path();
    let (status, said) = audit(path, &["verify"]).await;
    assert!(status == Some(0) && said.starts_with("The book is whole"), "{status:?}: {said}");
    let (status, said) = audit(path, &["who", &session.id]).await;
    assert!(status == Some(0) && said.contains("arn:aws:iam::111122223333:user/ops"), "{said}");
}

#[tokio::test]
async fn a_copy_moves_from_a_file_to_a_server_and_back() {
    let house = open("").await;
    let first = admin(&house, "1").await;
    revoke(&house, &["--session", &first.id]).await;
    goes_on(&house).await;
    let lines = crate::house::store_on(PostgresServer::shared(), &house.directory);
    let house = moved(house, &lines).await;
    goes_on(&house).await;
    let house = moved(house, "url = \"sqlite:another.db\"\n").await;
    goes_on(&house).await;
    assert_eq!(get_caller_identity(&house, &first).await.status, 403, "it has stayed what it was");
    house.close().await;
}

/// Every row of every table but of those that are left out with a reason.
#[tokio::test]
async fn what_is_put_back_is_what_was_copied() {
    let house = open("").await;
    admin(&house, "1").await;
    assume_with_saml(&house, ADMIN, "nothing").await;
    let file = backup(&house).await;
    let text = std::fs::read_to_string(&file).expect("the backup");
    let heads = text.lines().filter(|line| line.starts_with('{'));
    let heads: Vec<Value> = heads.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let keys: BTreeSet<&str> = heads.iter().filter_map(|head| head["key"].as_str()).collect();
    assert!(keys.contains("session.key") && keys.contains("saml.pem"), "{keys:?}");
    // Browsers that are signed in; the chain's own name and the epoch's; and what the database says of itself.
    let mut tables: BTreeSet<&str> = heads.iter().filter_map(|head| head["table"].as_str()).collect();
    assert!(tables.contains("audit") && tables.contains("redemption") && tables.contains("role_session"));
    tables.extend(["console_login", "console_session", "signin_token", "node", "epoch", "migration"]);
    let there = book(&house.directory).tables();
    assert_eq!(there.iter().map(String::as_str).collect::<BTreeSet<_>>(), tables);

    let (directory, clock, _) = house.close().await;
    lose(&directory);
    restore(&settings(&directory), &file, clock.now()).await.expect("it is put back");
    let again = directory.path().join("again");
    back_up(&settings(&directory), &again, clock.now()).await.expect("a backup");
    let (first, second) = (rows_in(&file), rows_in(&again));
    assert_eq!(first.difference(&second).collect::<Vec<_>>(), Vec::<&String>::new());
    let added: Vec<&String> = second.difference(&first).collect();
    assert!(added.iter().any(|row| row.contains("RestoreBackup")), "{added:?}");
}

/// The commands themselves.
#[tokio::test]
async fn the_commands_say_what_they_do() {
    let house = crate::command_serve::Place::new();
    let running = house.serve();
    let answer = house.assume(&house.paper("_first"));
    let file = house.directory.path().join("backup");
    let command = |name: &str| {
        let mut command = crate::running::gatehouse();
        command.arg(name).arg("--config").arg(house.directory.path().join("gatehouse.toml")).arg(&file);
        crate::running::ended(command.env("GATEHOUSE_LOG", "error"))
    };
    let (status, said, error) = command("backup");
    assert!(status == Some(0) && said.contains(" lines of ") && error.is_empty(), "{said}{error}");
    let (status, said, error) = command("restore");
    assert_eq!((status, &*said), (Some(1), ""));
    assert!(error.contains("is in use; stop the gateway") && error.lines().count() == 1, "{error}");
    running.stop();
    let (status, said, error) = command("restore");
    assert!(status == Some(0) && said.contains("every session has ended") && error.is_empty(), "{said}{error}");
    let running = house.serve();
    assert!(house.who(&answer).contains("<Code>ExpiredToken</Code>"));
    assert_eq!(crate::running::element(&house.assume(&house.paper("_second")), "Code"), "ExpiredTokenException");
    running.stop();
}
