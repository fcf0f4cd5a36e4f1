//! An OpenID Connect provider that is the gateway itself.

use crate::config_world::{BASE, PUBLIC, World};

/// By whichever of its names; what only looks like one of them is somebody else's.
#[test]
fn nobody_is_let_in_on_the_gateways_own_word() {
    let world = World::new();
    let hosts = r#"hosts = ["sts.example", "side.example:8443", "*.gate.example"]"#;
    for (issuer, is_us) in [
        ("https://gate.example", true),
        ("https://gate.example/", true),
        ("https://gate.example//", true),
        ("https://gate.example.", true),
        ("https://GATE.example", true),
        ("https://gate.example:443", true),
        ("https://gate.example:443/", true),
        ("https://sts.example", true),
        ("https://Sts.example:443/", true),
        ("https://side.example:8443", true),
        ("https://gate.example:8443", false),
        ("https://gate.example/realms/people", false),
        ("https://login.gate.example", false),
        ("https://sts.example:8443", false),
        ("https://side.example", false),
        ("https://gate.example.org", false),
    ] {
        let text =
            BASE.replacen("https://issuer.example", issuer, 1).replacen(PUBLIC, &format!("{PUBLIC}\n{hosts}"), 1);
        let mistakes = world.mistakes(&text);
        if is_us {
            let [only] = mistakes.as_slice() else { panic!("{issuer}: {mistakes:#?}") };
            let named = "gatehouse.toml: provider \"issuer\".issuer: is this gateway itself, by server.public_url";
            assert!(only.starts_with(named), "{issuer}: {only}");
        } else {
            assert_eq!(mistakes, Vec::<String>::new(), "{issuer}");
        }
    }
}
