//! `gatehouse serve`, as an operator sees it.

use crate::house::{Directory, encoded, free_port, idp_metadata, store};
use crate::running::{Running, element, ended, gatehouse, keeps_silent, mode, rows, shell};
use crate::saml_identity::{ACS, AUDIENCE, EC, IDP, changed, form, response, sign};
use gatehouse::ambient::Clock;
use gatehouse::words::iso;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use time::Duration;
use tokio::io::AsyncBufReadExt;

pub(crate) const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
pub(crate) const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";

/// A place to serve from, on a port of its own.
pub(crate) struct Place {
    pub(crate) directory: Directory,
    pub(crate) port: u16,
    /// The lines of `[store]`.
    store: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = Directory::new();
        let store = store(&directory);
        Self::with(directory, store)
    }

    pub(crate) fn with(directory: Directory, store: String) -> Self {
        let place = Self { directory, port: free_port(), store };
        place.directory.write("idp.xml", idp_metadata(IDP, "https://idp.example/sso", &[&EC.certificate]));
        place.configure("");
        place
    }

    /// `keys` are further lines of `[keys]`.
    fn configure(&self, keys: &str) {
        let Self { port, store, .. } = self;
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
[store]
{store}
[keys]
directory = "keys"
{keys}
[[account]]
id = "111122223333"
[[provider]]
name = "corp"
account = "111122223333"
kind = "saml"
metadata = {{ file = "idp.xml" }}
[[role]]
arn = "{ADMIN}"
trust = {{ json = '''{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {{"Federated": "{CORP}"}}}}]}}''' }}
"#
        );
        self.directory.write("gatehouse.toml", text);
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = gatehouse();
        command.arg("serve").arg("--config").arg(self.directory.path().join("gatehouse.toml"));
        command
    }

    pub(crate) fn serve(&self) -> Running {
        Running::start(&mut self.command(), "serving address=")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A SAML response of this minute, as its form field.
    pub(crate) fn paper(&self, id: &str) -> String {
        let now = Clock::system().now();
        let later = iso(now + Duration::minutes(4));
        let name = r#"<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>"#;
        let mut xml = response();
        for (from, to) in [
            (" InResponseTo=\"_request-1\"", ""),
            (ACS, &format!("{}/saml/acs", self.url())),
            (AUDIENCE, &format!("{}/saml/metadata", self.url())),
            ("2031-01-01T11:59:00Z", &iso(now - Duration::SECOND)),
            ("2031-01-01T11:58:00Z", &iso(now - Duration::MINUTE)),
            ("2031-01-01T11:58:30Z", &iso(now - Duration::MINUTE)),
            ("2031-01-01T12:04:00Z", &later),
            ("2031-01-01T12:05:00Z", &later),
            ("2031-01-01T20:00:00Z", &iso(now + Duration::HOUR)),
            ("_assertion", id),
            ("<saml:AttributeStatement>", &format!("<saml:AttributeStatement>{name}")),
        ] {
            xml = changed(&xml, from, to);
        }
        form(&sign(&xml, id, &EC))
    }

    pub(crate) fn assume(&self, paper: &str) -> String {
        let fields = [
            ("Action", "AssumeRoleWithSAML"),
            ("Version", "2011-06-15"),
            ("RoleArn", ADMIN),
            ("PrincipalArn", CORP),
            ("SAMLAssertion", paper),
        ];
        self.directory.write("form", encoded(&fields));
        shell(&format!("curl -sS -d @{}/form {}/", self.directory.path().display(), self.url()))
    }

    /// `GetCallerIdentity`, signed by curl.
    pub(crate) fn who(&self, answer: &str) -> String {
        shell(&format!(
            "curl -sS --aws-sigv4 aws:amz:us-east-1:sts --user '{}:{}' -H 'x-amz-security-token: {}' -d 'Action=GetCallerIdentity&Version=2011-06-15' {}/",
            element(answer, "AccessKeyId"),
            element(answer, "SecretAccessKey"),
            element(answer, "SessionToken"),
            self.url()
        ))
    }
}

fn secrets(answer: &str) -> [&str; 2] {
    [element(answer, "SecretAccessKey"), element(answer, "SessionToken")]
}

#[tokio::test]
async fn a_restart_changes_nothing_that_was_promised() {
    let place = Place::new();
    let first = place.serve();
    assert_eq!(shell(&format!("curl -sS {}/healthz {}/readyz", place.url(), place.url())), "alive\nready\n");
    let paper = place.paper("_first");
    let answer = place.assume(&paper);
    let arn = "arn:aws:sts::111122223333:assumed-role/Admin/alice";
    assert_eq!(element(&place.who(&answer), "Arn"), arn);
    let [secret, token] = secrets(&answer);
    keeps_silent(&first.stop(), &[&paper, secret, token]);

    let keys = place.directory.path().join("keys");
    assert_eq!(mode(&keys), 0o700);
    let mut names: Vec<String> =
        std::fs::read_dir(&keys).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "audit.key",
            "index.key",
            "issuer-es384.pem",
            "issuer-rs256.pem",
            "saml-encryption.pem",
            "saml.pem",
            "session.key"
        ]
    );
    assert!(names.iter().all(|name| mode(&keys.join(name)) == 0o600));
    assert!(place.directory.server().is_some() || mode(&place.directory.path().join("gatehouse.db")) == 0o600);

    let second = place.serve();
    assert_eq!(element(&place.who(&answer), "Arn"), arn);
    assert_eq!(element(&place.assume(&paper), "Code"), "InvalidIdentityToken");
    let other_paper = place.paper("_second");
    let other = place.assume(&other_paper);
    assert_eq!(element(&place.who(&other), "Arn"), arn);
    let [secret, token] = secrets(&other);
    keeps_silent(&second.stop(), &[&paper, &other_paper, secret, token]);

    // One node, numbered without a gap over the restart, each hash over the former and the record.
    let chain = rows(&place.directory, "SELECT hex(hash) || ' ' || record FROM audit ORDER BY number").await;
    let numbers = rows(&place.directory, "SELECT number FROM audit ORDER BY node, number").await;
    assert_eq!(numbers, ["1", "2", "3"]);
    let mut former = vec![0; 32];
    for line in &chain {
        let (hash, record) = line.split_once(' ').expect("two parts");
        let linked = [former.as_slice(), record.as_bytes()].concat();
        former = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &linked).as_ref().to_vec();
        assert_eq!(hash, former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    }
    for secret in secrets(&answer) {
        assert!(chain.iter().all(|line| !line.contains(secret)));
    }
}

/// The request is under way when its handler has asked for the body, which the server says with `100 Continue`.
#[tokio::test]
async fn a_request_under_way_is_finished_before_the_end() {
    let place = Place::new();
    let running = place.serve();
    let paper = place.paper("_first");
    let fields = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", ADMIN),
        ("PrincipalArn", CORP),
        ("SAMLAssertion", &paper),
    ];
    let body = encoded(&fields);
    let mut connection = TcpStream::connect(("127.0.0.1", place.port)).expect("it listens");
    let head = format!(
        "POST / HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        place.port,
        body.len()
    );
    connection.write_all(head.as_bytes()).expect("sent");
    let mut answers = BufReader::new(connection.try_clone().expect("a second handle"));
    let mut line = String::new();
    answers.read_line(&mut line).expect("an answer");
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");

    running.terminate();
    running.wait_for("stopping; requests under way are finished first");
    let began = tokio::time::Instant::now();
    connection.write_all(body.as_bytes()).expect("the connection is still there");
    let mut answer = String::new();
    answers.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    let (status, said) = running.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(began.elapsed().as_secs() < 10, "{said}");
    let sessions = rows(&place.directory, "SELECT access_key_id FROM role_session").await;
    assert_eq!(sessions, [element(&answer, "AccessKeyId")]);
}

/// Whoever has started it has gone, and with them all that reads what it says.
#[tokio::test]
async fn it_ends_though_nobody_hears_what_it_says() {
    let place = Place::new();
    let mut command = tokio::process::Command::from(place.command());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("it starts");
    let mut lines = tokio::io::BufReader::new(child.stderr.take().expect("piped")).lines();
    while let Some(line) = lines.next_line().await.expect("a line") {
        if line.contains("serving address=") {
            break;
        }
    }
    drop((lines, child.stdout.take()));
    // It works as before, and every request is a line in the log.
    assert_eq!(shell(&format!("curl -sS {}/healthz {}/readyz", place.url(), place.url())), "alive\nready\n");
    shell(&format!("kill {}", child.id().expect("it runs")));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), child.wait()).await;
    assert_eq!(ended.expect("it ends").expect("a status").code(), Some(0));
    // Nor does what prevents a start become a panic.
    let _taken = std::net::TcpListener::bind(("127.0.0.1", place.port)).expect("the port is free");
    let mut child = place.command().stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}

#[tokio::test]
async fn with_a_wrapping_key_the_store_holds_the_keys() {
    let place = Place::new();
    place.directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
    place.configure("wrapping_key = { file = \"wrapping\" }");
    let first = place.serve();
    let answer = place.assume(&place.paper("_first"));
    first.stop();
    assert!(!place.directory.path().join("keys").exists());
    let names = rows(&place.directory, "SELECT name FROM wrapped_key ORDER BY name").await;
    assert_eq!(
        names,
        [
            "audit.key",
            "index.key",
            "issuer-es384.pem",
            "issuer-rs256.pem",
            "saml-encryption.pem",
            "saml.pem",
            "session.key"
        ]
    );
    let second = place.serve();
    assert_eq!(element(&place.who(&answer), "Account"), "111122223333");
    second.stop();

    place.directory.write("wrapping", format!("{}=\n", "AB".repeat(21) + "A"));
    let (code, out, err) = ended(place.command().env("GATEHOUSE_LOG", "error"));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(
        err,
        "gatehouse: the key \"session.key\" in the store was wrapped by another wrapping key; give the former one\n"
    );
}

/// A key is what its name says: whoever may write the store cannot make one another. What was wrapped before its name was
/// is read.
#[tokio::test]
async fn a_wrapped_key_is_bound_to_its_name() {
    let place = Place::new();
    place.directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
    place.configure("wrapping_key = { file = \"wrapping\" }");
    let first = place.serve();
    let answer = place.assume(&place.paper("_first"));
    first.stop();
    let wrapped = rows(&place.directory, "SELECT hex(wrapped) FROM wrapped_key WHERE name = 'session.key'").await;
    let nameless = nameless(&wrapped[0]);
    let set = async |of: &str, wrapped: &str| {
        let set = format!("UPDATE wrapped_key SET wrapped = unhex('{wrapped}') WHERE name = '{of}' RETURNING name");
        assert_eq!(rows(&place.directory, String::leak(set)).await, [of]);
    };
    set("session.key", &nameless).await;
    let second = place.serve();
    assert_eq!(element(&place.who(&answer), "Account"), "111122223333");
    second.stop();

    let copy = "UPDATE wrapped_key SET wrapped = (SELECT wrapped FROM wrapped_key WHERE name = 'saml-encryption.pem')
                WHERE name = 'saml.pem' RETURNING name";
    assert_eq!(rows(&place.directory, copy).await, ["saml.pem"]);
    let refused = || ended(place.command().env("GATEHOUSE_LOG", "error")).2;
    let damaged = "gatehouse: the key \"saml.pem\" does not have the form it should have; restore it from a backup\n";
    assert_eq!(refused(), damaged);
    rows(&place.directory, "DELETE FROM wrapped_key WHERE name = 'saml.pem' RETURNING name").await;
    assert!(refused().starts_with("gatehouse: the key \"saml.pem\" is on the ring, but not here; "));
    let names = rows(&place.directory, "SELECT name FROM wrapped_key").await;
    assert_eq!(names.len(), 6, "and no other is made");
}

/// A session key that was wrapped under 32 zeros, as it was wrapped before the name was bound: `version ‖ key id ‖ nonce ‖
/// ciphertext` of AES-256-GCM.
fn nameless(wrapped: &str) -> String {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let octets = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16).expect("hex");
    let wrapped: Vec<u8> = wrapped.as_bytes().chunks(2).map(octets).collect();
    let root = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &[0; 32]);
    let key = aws_lc_rs::hmac::sign(&root, b"gatehouse seal v1");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("a key"));
    let nonce = || Nonce::try_assume_unique_for_key(&wrapped[5..17]).expect("a nonce");
    let mut body = wrapped[17..].to_vec();
    let plain = key.open_in_place(nonce(), Aad::from(b"house key called session.key"), &mut body).expect("its name");
    let mut body = plain.to_vec();
    assert_eq!(body.len(), 32);
    key.seal_in_place_append_tag(nonce(), Aad::from(b"house key"), &mut body).expect("sealed");
    [&wrapped[..17], &body].concat().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A store that was put back to an older time may have brought back a key that was rotated away.
#[test]
fn a_key_on_no_ring_is_said() {
    let place = Place::new();
    place.serve().stop();
    for (name, said) in
        [("session-0badcafe.key", true), ("session-notes.key", false), ("saml-encryption-former.pem", false)]
    {
        let file = place.directory.path().join("keys").join(name);
        std::fs::write(&file, EC.key_pem.expose()).expect("written");
        let log = place.serve().stop();
        let sentence = "holds a key that is on no ring. If the store was put back";
        assert_eq!(log.contains(sentence) && log.contains(name), said, "{name}: {log}");
        std::fs::remove_file(&file).expect("removed");
    }
}
