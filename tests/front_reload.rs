//! Another configuration takes the place of the one in force, while people come and go.

use crate::break_glass_world;
use crate::front::{ADMIN, CORP, WORLD, admin, assume_with_saml, field, files, good, unsigned};
use crate::front_console::begin;
use crate::front_oidc;
use crate::front_signed::{assume, get_caller_identity, user};
use crate::house::{Browser, idp_metadata};
use crate::metadata_server::{Publisher, followed, listing, response_of};
use crate::oidc_issuer::Issuer;
use crate::reload_world::{NEW, Reloading, UNLIMITED, may_be_new, new_role, open, world};
use crate::saml_identity::{EC, IDP, NOW, RSA, changed};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use time::Duration;

const PROVIDER: &str = "[[provider]]
name = \"corp\"
account = \"111122223333\"
kind = \"saml\"
metadata = { file = \"idp.xml\" }
idp_initiated = true
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_role_is_there_soon_and_nobody_who_came_meanwhile_was_turned_away() {
    let it = Arc::new(open().await);
    assert!(!may_be_new(&it).await);
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let people: tokio::task::JoinSet<_> = (0..8)
        .map(|_| {
            let (it, done, answered) = (it.clone(), done.clone(), answered.clone());
            async move {
                while !done.load(Ordering::Relaxed) {
                    let session = assume(&it.house, &user(), ADMIN, &[]).await.credentials();
                    assert_eq!(get_caller_identity(&it.house, &session).await.status, 200);
                    answered.fetch_add(2, Ordering::Relaxed);
                }
            }
        })
        .collect();
    // Nobody asks: the files are looked at.
    for generation in 2..5 {
        let before = answered.load(Ordering::Relaxed);
        let role = if generation % 2 == 0 { new_role() } else { String::new() };
        it.configure(&(world() + &role));
        it.generation(generation).await;
        assert_eq!(may_be_new(&it).await, generation % 2 == 0);
        assert!(answered.load(Ordering::Relaxed) > before, "they went on");
    }
    done.store(true, Ordering::Relaxed);
    people.join_all().await;
    assert!(it.has("gatehouse_configuration_failures_total 0").await);
}

#[tokio::test]
async fn what_does_not_hold_leaves_the_former_in_force() {
    let it = open().await;
    let session = admin(&it.house, "before").await;
    let test = |role: &str| {
        format!("\n[[test]]\nname = \"x\"\nprovider = \"corp\"\nclaims = {{}}\nrole = \"{role}\"\nexpect = \"deny\"\n")
    };
    let world = world() + &new_role();
    let failing = format!(
        "\n[[test]]\nname = \"alice\"\nprovider = \"111122223333:corp\"\nclaims = {{}}\nrole = \"{NEW}\"\nexpect = \"allow\"\n"
    );
    let cases = [
        ("no TOML", "[[role]\n".to_owned()),
        ("an unknown key", world.replace("max_session", "longest_session")),
        ("a policy that is none", world.replace("sts:AssumeRoleWithSAML", "Assume")),
        ("an account that is nowhere", world.replace("id = \"111122223333\"", "id = \"111122223334\"")),
        ("a test that fails", world.clone() + &failing),
        ("a test of nobody", world.clone() + &test(NEW)),
        ("an included file that is not there", world.clone()),
        ("a secret that is not there", world.replace("ops-secret", "no-secret")),
        ("metadata that is not there", world.replace("idp.xml", "no-idp.xml")),
    ];
    let mut refused = 0;
    for (what, world) in &cases {
        let include = if what.contains("included") { "include = [\"roles/*.toml\"]\n" } else { "" };
        it.configure_at(&format!("{include}{}", it.head()), world);
        it.house.reload.ask();
        refused += 1;
        it.refused(refused).await;
        assert!(!may_be_new(&it).await, "{what}");
        assert_eq!(get_caller_identity(&it.house, &session).await.status, 200, "{what}");
        assume_with_saml(&it.house, ADMIN, &good(&it.house, &format!("{refused}"))).await.credentials();
        assert_eq!(it.house.get("/readyz").await.status, 200, "{what}");
        assert!(
            it.has("gatehouse_configuration_refused 1").await && it.has("gatehouse_configuration_generation 1").await
        );
    }
    // Mended, it is taken up without a word from anybody; what was missing is waited for as well.
    it.configure_at(&format!("include = [\"roles/*.toml\"]\n{}", it.head()), &self::world());
    it.house.reload.ask();
    it.refused(refused + 1).await;
    it.house.directory.write("roles/new.toml", new_role());
    it.generation(2).await;
    assert!(may_be_new(&it).await && it.has("gatehouse_configuration_refused 0").await);
    // And so is what is added to a directory whose files are included.
    it.house.directory.write("roles/more.toml", new_role().replace("role/New", "role/More"));
    it.generation(3).await;
    std::fs::remove_file(it.house.directory.path().join("roles/new.toml")).expect("removed");
    it.generation(4).await;
    assert!(!may_be_new(&it).await);
    // What cannot be reached any more is not taken for what is there no more.
    let roles = it.house.directory.path().join("roles");
    std::os::unix::fs::symlink("nowhere.toml", roles.join("link")).expect("a link");
    std::fs::rename(roles.join("link"), roles.join("more.toml")).expect("in its place");
    it.refused(refused + 2).await;
    assert!(it.has("gatehouse_configuration_refused 1").await && it.has("gatehouse_configuration_generation 4").await);
}

/// Whoever may see the providers sees it on their page, and nobody else.
#[tokio::test]
async fn the_console_tells_those_who_look_after_it() {
    let may = r#"{ name = "look", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"gatehouse:ReadProvider","Resource":"arn:aws:gatehouse::111122223333:provider/*"}]}' }, { name = "chain""#;
    let looking = changed(&world(), "{ name = \"chain\"", may);
    for (world, told) in [(looking, true), (world(), false)] {
        let it = Reloading::open_as(&files(), &world).await;
        let mut browser = Browser::default();
        let signed_in = browser.post(&it.house, "/saml/acs", &[("SAMLResponse", &good(&it.house, "1"))]).await;
        browser.follow(&it.house, signed_in).await;
        let confirmed = crate::house::hidden(&browser.get(&it.house, "/console").await.body, "csrf");
        assert!(!confirmed.is_empty());
        let notice = "has 1 mistake and was not taken up; the one before it is still in force";
        let is_told = async |browser: &mut Browser| browser.get(&it.house, "/console").await.body.contains(notice);
        assert!(!is_told(&mut browser).await);
        it.configure(&world.replace("ops-secret", "no-secret"));
        it.house.reload.ask();
        it.refused(1).await;
        assert_eq!(is_told(&mut browser).await, told);
        it.configure(&world);
        it.take_up(2).await;
        assert!(!is_told(&mut browser).await);
    }
}

#[tokio::test]
async fn what_the_gateway_was_started_with_stays() {
    let it = open().await;
    let head = it.head().to_owned();
    let own = |line: &str| head.lines().find(|l| l.starts_with(line)).expect("a line").to_owned();
    let cases = [
        changed(&head, &own("listen"), "listen = \"127.0.0.1:1\""),
        changed(&head, &own("public_url"), "public_url = \"https://another.example\""),
        changed(&head, &own("admin_listen"), ""),
        changed(&head, &own("admin_listen"), &format!("{}\ntrusted_proxies = [\"10.0.0.0/8\"]", own("admin_listen"))),
        changed(&head, &own("url"), &own("url").replace("gatehouse", "another")),
        changed(&head, "\"keys\"", "\"other-keys\""),
        format!("{head}wrapping_key = {{ file = \"wrapping\" }}\n"),
        format!("{head}\n[saml]\nentity_id = \"urn:another\"\n"),
    ];
    it.house.directory.write("wrapping", format!("{}=\n", "A".repeat(43)));
    for (refused, head) in (1..).zip(&cases) {
        it.configure_at(head, &(world() + &new_role()));
        it.house.reload.ask();
        it.refused(refused).await;
        assert!(!may_be_new(&it).await, "whole, or not at all: {head}");
    }
    it.configure(&(world() + &new_role()));
    it.take_up(2).await;
    assert!(may_be_new(&it).await);
    assert!(!it.house.directory.path().join("other-keys").exists());
}

/// Of what was promised before, as much holds as after a restart with these files, and no more.
#[tokio::test]
async fn what_is_gone_is_gone_as_after_a_restart() {
    let it = open().await;
    let (session, chained) = (admin(&it.house, "1").await, assume(&it.house, &user(), ADMIN, &[]).await.credentials());
    let mut browser = Browser::default();
    let signed_in = browser.post(&it.house, "/saml/acs", &[("SAMLResponse", &good(&it.house, "2"))]).await;
    let page = browser.follow(&it.house, signed_in).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let begun = browser.get(&it.house, "/saml/login/111122223333:corp").await;
    assert_eq!(begun.status, 303);

    let without_admin = changed(&world(), "role/Admin\"\nmax", "role/Former\"\nmax");
    let gone = changed(&without_admin, PROVIDER, &format!("{PROVIDER}enabled = false\n"));
    let battery = async |it: &Reloading, browser: &mut Browser, id: &str| {
        let house = &it.house;
        let mut answers = Vec::new();
        for by in [&session, &chained] {
            let answer = get_caller_identity(house, by).await;
            answers.push((answer.status, house_code(it, &answer.request_id, answer.status).await));
            let answer = assume(house, by, "arn:aws:iam::111122223333:role/Former", &[]).await;
            answers.push((answer.status, house_code(it, &answer.request_id, answer.status).await));
        }
        for answer in [
            assume(house, &user(), ADMIN, &[]).await,
            assume_with_saml(house, ADMIN, &good(house, id)).await,
            browser.get(house, "/console").await,
            browser.get(house, "/saml/login/111122223333:corp").await,
        ] {
            answers.push((answer.status, house_code(it, &answer.request_id, answer.status).await));
        }
        answers
    };
    it.configure(&gone);
    it.take_up(2).await;
    let reloaded = battery(&it, &mut browser, "3").await;
    let it = it.restart().await;
    let restarted = battery(&it, &mut browser, "4").await;
    assert_eq!(reloaded, restarted);
    assert!(reloaded.iter().filter(|(status, _)| *status == 200).count() < reloaded.len(), "{reloaded:?}");
}

async fn house_code(it: &Reloading, request: &str, status: u16) -> String {
    if status < 400 {
        return String::new();
    }
    let steps = it.house.trace(request).await;
    steps.iter().rev().find_map(|step| step.code.clone()).unwrap_or_default().into_owned()
}

/// What the gateway has sealed is not of a configuration.
#[tokio::test]
async fn sign_ins_and_sessions_go_on() {
    let it = open().await;
    let session = admin(&it.house, "1").await;
    let mut browser = Browser::default();
    let (relay_state, request) = begin(&it.house, &mut browser, "").await;
    let mut other = Browser::default();
    let signed_in = other.post(&it.house, "/saml/acs", &[("SAMLResponse", &good(&it.house, "2"))]).await;
    other.follow(&it.house, signed_in).await;
    let who = other.get(&it.house, "/console/session").await.body;

    it.configure(&(world() + &new_role()));
    it.take_up(2).await;
    assert_eq!(get_caller_identity(&it.house, &session).await.status, 200);
    assert_eq!(other.get(&it.house, "/console/session").await.body, who);
    let xml = unsigned(&it.house, "3");
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    let form = [("SAMLResponse", &*field(&xml, "3")), ("RelayState", &*relay_state)];
    let answer = browser.post(&it.house, "/saml/acs", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    // Nor is a paper new again.
    let again = assume_with_saml(&it.house, ADMIN, &good(&it.house, "1")).await;
    assert_eq!(again.refusal(), (400, "InvalidIdentityToken"));
}

#[tokio::test]
async fn the_glass_is_mended_while_the_house_is_open() {
    let (world, on) = (break_glass_world::world(""), break_glass_world::ON);
    let it = Reloading::open_as(&break_glass_world::all_files(), &format!("{world}{on}{UNLIMITED}")).await;
    let mut browser = Browser::default();
    let csrf = crate::house::hidden(&browser.get(&it.house, "/console").await.body, "csrf");
    let typed = [("csrf", &*csrf), ("user", "ops"), ("password", "wrong"), ("code", "123456")];
    assert_eq!(browser.post(&it.house, "/console/signin", &typed).await.status, 403);
    it.configure(&format!("{world}{UNLIMITED}"));
    it.take_up(2).await;
    assert_eq!(browser.post(&it.house, "/console/signin", &typed).await.status, 404);
    it.configure(&format!("{world}{on}{UNLIMITED}"));
    it.take_up(3).await;
    assert_eq!(browser.post(&it.house, "/console/signin", &typed).await.status, 403);
}

/// Whoever has used up what they may has done so under the next configuration as well.
#[tokio::test]
async fn limits_change_and_what_was_counted_stays() {
    let limits = |rate: u32| format!("\n[limits]\nrate_per_source = 1000000\nrate_per_principal = {rate}\n");
    let it = Reloading::open_as(&files(), &(WORLD.to_owned() + &limits(3))).await;
    let admitted = async || {
        let mut count = 0;
        while get_caller_identity(&it.house, &user()).await.status == 200 {
            count += 1;
        }
        count
    };
    assert_eq!(admitted().await, 3);
    it.configure(&(WORLD.to_owned() + &limits(7)));
    it.take_up(2).await;
    assert_eq!(admitted().await, 0);
    it.house.clock.let_pass(std::time::Duration::from_secs(1));
    assert_eq!(admitted().await, 7);
}

#[tokio::test]
async fn metadata_that_is_replaced_is_taken_up() {
    let it = open().await;
    assert!(it.metrics().await.contains(RSA.key().fingerprint()));
    it.put("idp.xml", idp_metadata(IDP, "https://idp.example/sso", &[&EC.certificate]));
    it.generation(2).await;
    let former = assume_with_saml(&it.house, ADMIN, &response_of(&it.house, 1, "1", &RSA)).await;
    assert_eq!(it.house.code(&former).await, "saml.key-family");
    assume_with_saml(&it.house, ADMIN, &response_of(&it.house, 1, "2", &EC)).await.credentials();
    let shown = it.metrics().await;
    assert!(shown.contains(EC.key().fingerprint()) && !shown.contains(RSA.key().fingerprint()), "{shown}");
}

/// Who is followed as before is not asked anew, and who is gone is shown no more.
#[tokio::test]
async fn what_was_learnt_of_others_is_kept() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let issuer = Issuer::start(&[&crate::oidc_issuer::EC]).await;
    let following = changed(&world(), "metadata = { file = \"idp.xml\" }", &followed(&publisher));
    let oidc = front_oidc::world(&issuer);
    let oidc = &oidc[oidc.find("[[provider]]").expect("a provider")..];
    let oidc = oidc.replace("role/Closed", "role/AlsoClosed");
    let it = Reloading::open_as(&files(), &format!("{following}{oidc}")).await;
    publisher.asked_at_least(1).await;
    let shown = format!("gatehouse_saml_metadata_timestamp_seconds{{provider=\"{CORP}\"}}");
    let is_shown = async || it.metrics().await.contains(&shown);
    while !is_shown().await {
        tokio::task::yield_now().await;
    }
    let mut claims = crate::oidc_issuer::claims(&issuer.url);
    (claims["iat"], claims["exp"]) = (NOW.unix_timestamp().into(), (NOW + Duration::HOUR).unix_timestamp().into());
    let token = crate::oidc_issuer::EC.sign(&claims);
    front_oidc::assume(&it.house, front_oidc::DEV, &token).await.credentials();
    assert_eq!((publisher.asked(), issuer.key_fetches()), (1, 1));
    it.configure(&format!("{following}{oidc}{}", new_role()));
    it.take_up(2).await;
    assume_with_saml(&it.house, ADMIN, &response_of(&it.house, 1, "1", &RSA)).await.credentials();
    front_oidc::assume(&it.house, front_oidc::DEV, &token).await;
    assert_eq!((publisher.asked(), issuer.key_fetches()), (1, 1));
    // It is followed on: an hour later it is asked.
    it.house.clock.advance(Duration::hours(2));
    publisher.asked_at_least(2).await;
    it.configure(
        &world().replace("name = \"corp\"", "name = \"other\"").replace("saml-provider/corp", "saml-provider/other"),
    );
    it.take_up(3).await;
    assert!(!is_shown().await);
}

/// What is sent out is sent as the gateway was started to send it, until it is started anew: no change of it passes for done.
#[tokio::test]
async fn how_an_anchor_is_reached_is_not_taken_up() {
    let world = |network: &str, token: &str| {
        let anchor = format!(
            "anchor = {{ url = \"https://127.0.0.1:9/\", allowed_networks = [\"{network}\"], token = {{ file = \"{token}\" }} }}"
        );
        format!("[audit]\n{anchor}\n{}", world())
    };
    let mut files = files();
    files.extend([("one", "a-token".to_owned()), ("same", "a-token".to_owned()), ("other", "another".to_owned())]);
    let it = Reloading::open_as(&files, &world("127.0.0.1", "one")).await;
    for (refused, changed) in (1..).zip([world("127.0.0.0/8", "one"), world("127.0.0.1", "other")]) {
        it.configure(&changed);
        it.house.reload.ask();
        it.refused(refused).await;
    }
    it.configure(&(world("127.0.0.1", "same") + &new_role()));
    it.generation(2).await;
}
