//! `gatehouse keys`, beside a gateway that is serving.

use crate::command_plan::{after_a_day, against, listed};
use crate::house::{Directory, free_port, idp_metadata, store};
use crate::key_ring_world::{rotate_and_use, until};
use crate::plan_world::DEPLOY;
use crate::running::{Running, element, ended, gatehouse, keeps_silent, mode, shell};
use crate::saml_identity::{EC, IDP};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

const USER: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

/// A place to serve from; `keys` are further lines of `[keys]`.
struct Place {
    directory: Directory,
    port: u16,
}

impl Place {
    fn new(keys: &str) -> Self {
        let place = Self { directory: Directory::new(), port: free_port() };
        let (port, store) = (place.port, store(&place.directory));
        place.directory.write("idp.xml", idp_metadata(IDP, "https://idp.example/sso", &[&EC.certificate]));
        place.directory.write("secret", USER.1);
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
[[user]]
arn = "arn:aws:iam::111122223333:user/ops"
access_keys = [{{ id = "{}", secret = {{ file = "secret" }} }}]
"#,
            USER.0
        );
        place.directory.write("gatehouse.toml", text);
        place
    }

    fn serve(&self) -> Running {
        let mut command = gatehouse();
        command.arg("serve").arg("--config").arg(self.directory.path().join("gatehouse.toml"));
        Running::start(&mut command, "serving address=")
    }

    /// Exit status, and what was said.
    fn keys(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = gatehouse();
        command.arg("keys").args(arguments).arg("--config").arg(self.directory.path().join("gatehouse.toml"));
        let (status, out, err) = ended(&mut command);
        (status, out + &err)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (status, said) = self.keys(arguments);
        assert_eq!(status, Some(0), "{said}");
        said
    }

    fn metadata(&self) -> String {
        shell(&format!("curl -sS http://127.0.0.1:{}/saml/metadata", self.port))
    }

    fn call(&self, action: &str, by: (&str, &str), token: &str) -> String {
        shell(&format!(
            "curl -sS --aws-sigv4 aws:amz:us-east-1:sts --user '{}:{}' {token} -d 'Action={action}&Version=2011-06-15' http://127.0.0.1:{}/",
            by.0, by.1, self.port
        ))
    }

    fn session(&self) -> String {
        self.call("GetSessionToken", USER, "")
    }

    fn is_good(&self, session: &str) {
        assert!(self.is_known(session));
    }

    fn is_known(&self, session: &str) -> bool {
        let token = format!("-H 'x-amz-security-token: {}'", element(session, "SessionToken"));
        let by = (element(session, "AccessKeyId"), element(session, "SecretAccessKey"));
        let answer = self.call("GetCallerIdentity", by, &token);
        answer.contains("user/ops")
    }
}

fn sealed_by(session: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(&element(session, "SessionToken")[..8]).expect("base64url")[1..5].to_vec()
}

fn id(said: &str) -> &str {
    said.split_whitespace().nth(1).expect("an id")
}

/// With keys in a directory, and wrapped in the store.
#[tokio::test]
async fn keys_are_rotated_beside_a_gateway() {
    for wrapped in [false, true] {
        let place = Place::new(if wrapped { "wrapping_key = { file = \"wrapping\" }" } else { "" });
        place.directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
        let (status, said) = place.keys(&["list"]);
        assert_eq!(
            (status, said.as_str()),
            (Some(1), "gatehouse: a gateway of this configuration has no keys yet; start it first\n")
        );
        let running = place.serve();
        let old = place.session();
        let upcoming = place.done(&["rotate", "--kind", "session"]);
        assert!(upcoming.starts_with("session ") && upcoming.contains("  upcoming, active from "), "{upcoming}");
        let (status, again) = place.keys(&["rotate", "--kind", "session"]);
        assert_eq!(status, Some(1), "{again}");
        assert!(
            again.contains(&format!("the key {} is there already and comes into use at ", id(&upcoming))),
            "{again}"
        );
        running.wait_for("took up the keys on the ring");
        place.is_good(&old);
        assert_eq!(sealed_by(&place.session()), sealed_by(&old));
        // The minute is over.
        crate::running::rows(
            &place.directory,
            "UPDATE key_ring SET active_from = made WHERE active_from > made RETURNING id",
        )
        .await;
        until(async || sealed_by(&place.session()) != sealed_by(&old), "the new key seals").await;
        place.is_good(&old);
        place.is_good(&place.session());

        let issuer = place.done(&["rotate", "--kind", "issuer"]);
        assert!(issuer.starts_with("issuer ") && issuer.contains("  upcoming, active from "), "{issuer}");
        let pair = place.done(&["rotate", "--kind", "saml"]);
        assert!(
            pair.starts_with("saml ") && pair.contains("  upcoming, waits for `gatehouse keys activate`"),
            "{pair}"
        );
        until(async || place.metadata().matches("<md:KeyDescriptor").count() == 4, "the pair is published").await;
        assert!(place.done(&["activate"]).starts_with(&format!("The SAML key {} signs from now on.", id(&pair))));
        let list = place.done(&["list"]);
        let states: Vec<[&str; 3]> = list
            .lines()
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                [words[0], words[1], words[4].trim_end_matches(',')]
            })
            .collect();
        let expected = [
            ["session", "first", "retired"],
            ["session", id(&upcoming), "active"],
            ["issuer", "first", "active"],
            ["issuer", id(&issuer), "upcoming"],
            ["saml", "first", "retired"],
            ["saml", id(&pair), "active"],
        ];
        assert_eq!(states, expected, "{list}");

        let gone = place.done(&["rotate", "--kind", "session", "--compromised"]);
        assert!(gone.starts_with("session ") && gone.ends_with("  active\n"), "{gone}");
        until(async || !place.is_known(&old), "the former keys are gone").await;
        place.is_good(&place.session());
        let list = place.done(&["list"]);
        assert_eq!(list.matches("session ").count(), 1, "{list}");

        let keys = place.directory.path().join("keys");
        let mut secrets = vec![element(&old, "SessionToken").to_owned()];
        if wrapped {
            assert!(!keys.exists());
            place.directory.write("wrapping", format!("{}=\n", "AB".repeat(21) + "A"));
            let (status, said) = place.keys(&["rotate", "--kind", "session"]);
            assert!(status == Some(1) && said.contains("was wrapped by another wrapping key"), "{said}");
            std::fs::remove_file(place.directory.path().join("wrapping")).expect("removed");
            let (status, said) = place.keys(&["rotate", "--kind", "session"]);
            assert!(status == Some(1) && said.contains("keys.wrapping_key: "), "{said}");
        } else {
            assert_eq!(mode(&keys), 0o700);
            for file in std::fs::read_dir(&keys).expect("keys") {
                let path = file.expect("a file").path();
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                let bytes = std::fs::read(&path).expect("a key");
                match std::str::from_utf8(&bytes) {
                    Ok(pem) => {
                        secrets.push(pem.lines().take_while(|line| !line.contains("END PRIV")).skip(1).collect())
                    }
                    Err(_) => secrets.extend([
                        base64::engine::general_purpose::STANDARD.encode(&bytes),
                        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
                    ]),
                }
            }
        }
        let said = running.stop() + &list + &upcoming + &pair;
        keeps_silent(&said, &secrets.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// Whoever looks after the house need not have the secrets of its users, but the key that wraps the others.
#[test]
fn secrets_that_are_not_used_are_not_asked_for() {
    for keys in ["", "wrapping_key = { file = \"wrapping\" }"] {
        let place = Place::new(keys);
        place.directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
        place.serve().stop();
        std::fs::remove_file(place.directory.path().join("secret")).expect("removed");
        let run = |arguments: &[&str]| {
            let mut command = gatehouse();
            command.current_dir(place.directory.path()).args(arguments).args(["--config", "gatehouse.toml"]);
            ended(&mut command)
        };
        let orders: [&[&str]; 5] = [
            &["audit", "verify"],
            &["audit", "key"],
            &["backup", "copy"],
            &["restore", "copy"],
            &["keys", "rotate", "--kind", "session"],
        ];
        for order in orders {
            let (status, out, err) = run(order);
            assert_eq!(status, Some(0), "{keys} {order:?}: {out}{err}");
        }
        assert_eq!(place.directory.path().join("keys").exists(), keys.is_empty());
        assert!(run(&["check"]).2.contains("secret cannot be read"), "it is asked for where it is used");
        if !keys.is_empty() {
            std::fs::remove_file(place.directory.path().join("wrapping")).expect("removed");
            for order in orders {
                let (status, _, err) = run(order);
                assert!(status == Some(1) && err.contains("keys.wrapping_key: wrapping cannot be read"), "{err}");
            }
        }
    }
}

/// What was decided before a rotation and after it is put to another configuration.
#[tokio::test]
async fn a_plan_reads_what_every_key_has_sealed() {
    let house = after_a_day().await;
    rotate_and_use(&house).await;
    crate::plan_world::exchange(&house, &crate::plan_world::token(&house, "main-2", &[]), "deploy").await.credentials();
    until(async || house.rows("SELECT count FROM decision").await.len() == 7, "it is on record").await;
    let (_, report) = against(&house, &[("main*", "release*")]);
    let mut losses = listed(&report, "losses");
    losses.sort_unstable();
    assert_eq!(
        (losses, &report["summary"]["unreadable"]),
        (vec![("main-1", DEPLOY), ("main-2", DEPLOY)], &json!(0)),
        "{report:#}"
    );
}
