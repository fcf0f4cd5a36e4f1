//! `gatehouse audit who`, `tail` and `export`.

use crate::audit_world::{GUEST, audit, book, closed, open, six};
use crate::front::{ADMIN, admin};
use crate::front_logout::{credentials, sign_in};
use crate::front_signed::{assume, call, user};
use crate::house::{Browser, Credentials, House};
use crate::oidc_issuer::{Issuer, RSA, claims};
use crate::running::{Running, gatehouse};
use serde_json::{Value, json};

async fn who(house: &House, id: &str) -> (Option<i32>, Value) {
    let (status, said) = audit(house.directory.path(), &["who", id, "--json"]).await;
    (status, serde_json::from_str(&said).unwrap_or(Value::String(said)))
}

#[tokio::test]
async fn it_leads_to_the_person_of_the_assertion() {
    let house = open("").await;
    let first = admin(&house, "1").await;
    let second = assume(&house, &first, GUEST, &[("SourceIdentity", "alice")]).await;
    let second = if second.status == 200 {
        second.credentials()
    } else {
        assume(&house, &first, GUEST, &[]).await.credentials()
    };
    for (id, steps) in [(&first.id, vec![&first.id]), (&second.id, vec![&second.id, &first.id])] {
        let (status, said) = who(&house, id).await;
        assert_eq!(status, Some(0), "{said}");
        let person = &said["person"];
        assert_eq!((&person["type"], &person["userName"]), (&json!("SAMLUser"), &json!("alice@example.com")));
        assert_eq!(person["providerArn"], crate::front::CORP);
        let ids: Vec<&Value> =
            said["steps"].as_array().expect("steps").iter().map(|step| &step["accessKeyId"]).collect();
        assert_eq!(json!(ids), json!(steps));
        assert_eq!(said["steps"][0]["at"], "2031-01-01T12:00:00Z");
    }
    let (_, text) = audit(house.directory.path(), &["who", &second.id]).await;
    let expected = format!(
        "{} arn:aws:sts::444455556666:assumed-role/Guest/worker as \"worker\": AssumeRole at 2031-01-01T12:00:00Z, by\n{} \
         arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com as \"alice@example.com\": AssumeRoleWithSAML at \
         2031-01-01T12:00:00Z, by\nalice@example.com via {}\n",
        second.id,
        first.id,
        crate::front::CORP
    );
    assert_eq!(text, expected);
    house.close().await;
}

#[tokio::test]
async fn it_leads_to_the_person_of_a_token_and_to_a_user() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = crate::front_oidc::open(&issuer).await;
    let given = crate::front_oidc::assume(&house, crate::front_oidc::DEV, &RSA.sign(&claims(&issuer.url))).await;
    let (status, said) = who(&house, &given.credentials().id).await;
    assert_eq!((status, &said["person"]["type"]), (Some(0), &json!("WebIdentityUser")), "{said}");
    assert_eq!(said["person"]["userName"], claims(&issuer.url)["sub"]);
    house.close().await;
    let house = open("").await;
    let own = call(&house, &user(), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await.credentials();
    let worn = assume(&house, &own, ADMIN, &[]).await.credentials();
    for id in [&own.id, &worn.id] {
        let (status, said) = who(&house, id).await;
        assert_eq!((status, &said["person"]["arn"]), (Some(0), &json!("arn:aws:iam::111122223333:user/ops")), "{said}");
        assert_eq!(said["person"]["accessKeyId"], user().id);
    }
    house.close().await;
}

#[tokio::test]
async fn it_leads_to_who_gave_it_to_a_federated_user() {
    let house = crate::federated_world::open().await;
    let bob = crate::federated_world::bob(&house, &[]).await;
    let (status, said) = who(&house, &bob.id).await;
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        (&said["steps"][0]["sessionName"], &said["steps"][0]["event"]),
        (&json!("bob"), &json!("GetFederationToken"))
    );
    let broker = said["person"]["arn"].as_str().expect("an ARN");
    assert!(broker.ends_with(":user/broker"), "{said}");
    house.close().await;
}

/// A role that was put on in the console is the person's who signed in there.
#[tokio::test]
async fn it_leads_to_whoever_put_a_role_on() {
    let house = crate::saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let worn: Credentials = credentials(&house, &mut browser).await;
    let further = assume(&house, &worn, GUEST, &[]).await.credentials();
    for id in [&worn.id, &further.id] {
        let (status, said) = who(&house, id).await;
        assert_eq!((status, &said["person"]["userName"]), (Some(0), &json!("alice@example.com")), "{said}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_not_known_is_said_plainly() {
    let house = closed("").await;
    let (status, said) = audit(house.path(), &["who", "AKIAIOSFODNN7EXAMPLE"]).await;
    assert_eq!(
        (status, &*said),
        (Some(1), "gatehouse: AKIAIOSFODNN7EXAMPLE is not the access key id of temporary credentials\n")
    );
    let (status, said) = audit(house.path(), &["who", "ASIAABCDEFGHIJKLMNOP"]).await;
    assert!(status == Some(1) && said.contains("no record shows who was given ASIAABCDEFGHIJKLMNOP"), "{said}");
    // Of a chain whose beginning is gone it tells the rest.
    let id = |number| format!("SELECT json_extract(record, '$.accessKeyId') FROM audit WHERE number = {number}");
    let (first, second) = (book(&house).rows(&id(1))[0][0].clone(), book(&house).rows(&id(2))[0][0].clone());
    book(&house).run("DELETE FROM audit WHERE number = 1");
    let (status, said) = audit(house.path(), &["who", &second]).await;
    let lost = format!("gatehouse: no record is kept of {first}, with which the last of these was made\n");
    assert!(status == Some(1) && said.starts_with(&second) && said.ends_with(&lost), "{said}");
}

#[tokio::test]
async fn a_new_record_is_shown_at_once() {
    let house = open("").await;
    six(&house).await;
    let mut process = gatehouse();
    process.args(["audit", "tail", "--lines", "1"]).arg("--config").arg(house.directory.path().join("gatehouse.toml"));
    let first = "AssumeRole  allowed  arn:aws:iam::111122223333:user/ops";
    let tail = tokio::task::spawn_blocking(move || Running::start(&mut process, first)).await.expect("it runs");
    let given = admin(&house, "2").await;
    let line = format!(
        "2031-01-01T12:00:00Z  AssumeRoleWithSAML  allowed  alice@example.com via {}  {ADMIN}  gave {}  from 127.0.0.1",
        crate::front::CORP,
        given.id
    );
    tail.wait_for(&line);
    tail.terminate();
    let (_, said) = tail.end();
    assert_eq!(said.lines().filter(|line| line.contains("AssumeRole")).count(), 2, "{said}");
    house.close().await;
}

/// Each line, without the place at its end, is the text that the hash is over.
#[tokio::test]
async fn all_of_it_is_exported() {
    let house = closed("").await;
    let (status, said) = audit(house.path(), &["export"]).await;
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((status, lines.len()), (Some(0), 6));
    let mut former = vec![0; 32];
    for (number, text) in (1..).zip(said.lines()) {
        let (record, place) = text.rsplit_once(",\"chain\":").expect("a place");
        former = gatehouse::store::link(&former, &format!("{record}}}"));
        let hex: String = former.iter().map(|byte| format!("{byte:02x}")).collect();
        let place: Value = serde_json::from_str(place.strip_suffix('}').expect("an end")).expect("JSON");
        assert_eq!((&place["number"], &place["hash"]), (&json!(number), &json!(hex)));
    }
    assert!(lines[0]["accessKeyId"].is_string() && lines[0]["requestID"].is_string());
    for (bounds, count) in [
        (["--since", "2031-01-01T12:00:00Z"], 6),
        (["--since", "2031-01-01T12:00:01Z"], 0),
        (["--until", "2031-01-01T12:00:00Z"], 0),
        (["--until", "2031-01-01T12:00:01Z"], 6),
    ] {
        let (_, said) = audit(house.path(), &["export", bounds[0], bounds[1]]).await;
        assert_eq!(said.lines().count(), count, "{bounds:?}");
    }
    let (status, said) = audit(house.path(), &["export", "--since", "yesterday"]).await;
    assert_eq!(status, Some(1), "{said}");
}

#[tokio::test]
async fn behind_a_record_of_a_clock_that_was_fast_the_export_goes_on() {
    let house = open("").await;
    for later in [2, -2, 0] {
        assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
        house.clock.advance(time::Duration::hours(later));
    }
    let (_, said) = audit(house.directory.path(), &["export", "--until", "2031-01-01T13:00:00Z"]).await;
    let numbers =
        said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["chain"]["number"].clone());
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 3], "{said}");
    house.close().await;
}
