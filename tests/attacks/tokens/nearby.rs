//! Attacks that are no single token.

use super::super::traps::Traps;
use super::row::Good;
use super::world::{World, role};
use crate::house::{Answer, Browser};
use crate::oidc_issuer::{EC, b64};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcGroup;
use openssl::nid::Nid;

async fn assume(world: &World, token: &str) -> Answer {
    let role = role("app");
    let form = [("RoleArn", role.as_str()), ("RoleSessionName", "alice"), ("WebIdentityToken", token)];
    world.house.sts("AssumeRoleWithWebIdentity", &form).await
}

/// The same token, signed by nobody: of an ECDSA signature (r, s) everybody can make (r, n - s), which holds as well.
fn mirrored(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let raw = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    let (mut order, mut context) = (BigNum::new().expect("memory"), BigNumContext::new().expect("memory"));
    curve.order(&mut order, &mut context).expect("an order");
    let mirrored = &order - &BigNum::from_slice(&raw[32..]).expect("a number");
    format!("{signed}.{}", b64(&[&raw[..32], &mirrored.to_vec_padded(32).expect("32 bytes")].concat()))
}

/// A token is known again whatever its signature looks like.
#[tokio::test]
async fn a_mirrored_signature_makes_no_other_token() {
    let (world, traps) = (World::open().await, Traps::set());
    let token = EC.sign(&Good::new(&world, "app", "n", &traps).claims());
    let mirror = mirrored(&token);
    assert_ne!(mirror, token);
    for text in [&token, &mirror] {
        assert_eq!(assume(&world, text).await.status, 200);
    }
    let records = world.house.rows("SELECT record FROM audit").await;
    let digests: Vec<serde_json::Value> = records
        .iter()
        .map(|row| serde_json::from_str::<serde_json::Value>(&row[0]).expect("JSON"))
        .map(|record| record["userIdentity"]["paper"]["tokenDigest"].clone())
        .collect();
    assert!(digests.len() == 2 && digests[0].is_string() && digests[0] == digests[1], "{records:?}");
}

/// E27: at the API a token is good until it ends; a browser is signed in by it once.
#[tokio::test]
async fn a_token_signs_in_once_whatever_its_signature() {
    let (world, traps) = (World::open().await, Traps::set());
    let mut browser = Browser::default();
    let (state, nonce) = world.begin(&mut browser, "app").await;
    let token = EC.sign(&Good::new(&world, "app", &nonce, &traps).claims());
    let kept = browser.cookies.clone();
    let callback = format!("/oidc/callback/app?code=c0de&state={state}");
    for (text, status) in [(&token, 303), (&token, 403), (&mirrored(&token), 403)] {
        world.promise("app", text);
        let mut browser = Browser { cookies: kept.clone() };
        let answer = browser.get(&world.house, &callback).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status == 403 {
            assert_eq!(world.house.code(&answer).await, "sts.replayed");
        }
    }
}

/// A key that does not serve is known by its id, so that who names it causes no fetch.
#[tokio::test]
async fn a_key_that_does_not_serve_causes_no_fetch() {
    let (world, traps) = (World::open().await, Traps::set());
    let good = Good::new(&world, "app", "n", &traps);
    assert_eq!(assume(&world, &good.token()).await.status, 200);
    for _ in 0..20 {
        let answer = assume(&world, &good.with_header("kid", "encrypts".into())).await;
        assert_eq!(world.house.code(&answer).await, "oidc.key-use");
    }
    assert_eq!(world.issuer("app").key_fetches(), 1);
}
