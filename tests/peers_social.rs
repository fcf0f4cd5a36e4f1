//! Access tokens in the hands of the AWS CLI as it is, which names their network by `--provider-id`.

use crate::peers_start::{Output, aws};
use crate::social_network::{AMAZON, FACEBOOK, FAN, Instead, Network, SHOPPER, open};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_turns_access_tokens_into_credentials() {
    let network = Network::open().await;
    let house = open(&network).await;
    let assume = async |role: &str, provider_id: &str, token: &str| -> Output {
        let call = ["sts", "assume-role-with-web-identity", "--output", "json", "--endpoint-url", &house.public_url];
        let names = ["--role-arn", role, "--role-session-name", "app-1", "--provider-id", provider_id];
        aws(&[call.as_slice(), &names, &["--web-identity-token", token]].concat(), &[]).await
    };
    network.issue("EAAgoodTokenOfAlice", json!({}));
    network.issue("Atza|goodTokenOfAlice", json!({}));
    network.issue("EAAtokenOfAnotherApp", json!({"app_id": "99"}));
    for (role, provider_id, token) in
        [(FAN, FACEBOOK, "EAAgoodTokenOfAlice"), (SHOPPER, AMAZON, "Atza|goodTokenOfAlice")]
    {
        let assumed = assume(role, provider_id, token).await;
        assert!(assumed.good, "{provider_id}: {}", assumed.errors);
        let assumed: Value = serde_json::from_str(&assumed.text).expect("JSON");
        assert_eq!(assumed["Provider"], provider_id);
        assert_eq!(
            assumed["AssumedRoleUser"]["Arn"],
            format!("{}/app-1", role.replace("iam", "sts").replace(":role", ":assumed-role"))
        );
    }
    for (provider_id, token, code) in [
        (FACEBOOK, "EAAtokenOfAnotherApp", "(InvalidIdentityToken)"),
        (FACEBOOK, "EAAtokenThatNobodyIssued", "(IDPRejectedClaim)"),
        ("login.example", "EAAgoodTokenOfAlice", "(AccessDenied)"),
    ] {
        let refused = assume(FAN, provider_id, token).await;
        assert!(!refused.good && refused.errors.contains(code), "{token}: {}", refused.errors);
    }
    // What may pass is tried again, as it is with AWS.
    let asked = network.count("debug_token");
    network.answer_instead("debug_token", Some(Instead { status: 503, ..Instead::default() }));
    let unreachable = assume(FAN, FACEBOOK, "EAAanotherGoodToken").await;
    assert!(!unreachable.good && unreachable.errors.contains("(IDPCommunicationError)"), "{}", unreachable.errors);
    assert!(network.count("debug_token") > asked + 1, "the CLI did not try again");
    house.close().await;
}
