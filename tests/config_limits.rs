//! Rates, proxies, addresses and secrets that cannot be meant.

use crate::config_world::{BASE, PUBLIC, World, each_addition_is_named, each_is_named};

#[test]
fn a_rate_is_a_number_of_so_many_a_second() {
    each_addition_is_named(&[
        ("[limits]", "rate_per_source = 0", "limits.rate_per_source", "must be a whole number between 1 and 1000000"),
        (
            "[limits]",
            "rate_per_principal = 1000001",
            "limits.rate_per_principal",
            "between 1 and 1000000, so many a second",
        ),
        ("[limits]", "failures_per_source = -1", "limits.failures_per_source", "must be a whole number"),
        ("[limits]", "failures_per_source = \"20\"", "limits.failures_per_source", "must be a whole number"),
        ("[limits]", "rate_per_source = 0.5", "limits.rate_per_source", "must be a whole number"),
    ]);
}

#[test]
fn proxies_are_named_by_their_networks() {
    each_addition_is_named(&[
        (
            "[server]",
            "trusted_proxies = [\"proxy.example\"]",
            "server.trusted_proxies",
            "\"proxy.example\" is not a network",
        ),
        ("[server]", "trusted_proxies = [\"10.0.0.0/33\"]", "server.trusted_proxies", "is not a network"),
        ("[server]", "trusted_proxies = [\"::ffff:10.0.0.0/8\"]", "server.trusted_proxies", "is not a network"),
        ("[server]", "trusted_proxies = [\"0.0.0.0/0\"]", "server.trusted_proxies", "the addresses of strangers"),
        ("[server]", "trusted_proxies = [\"2000::/3\"]", "server.trusted_proxies", "the addresses of strangers"),
    ]);
}

#[test]
fn a_host_is_one_that_a_client_can_send() {
    for host in ["", "::1", "[::1", "[sts.example]", "sts.example ", "sts example", "größe.example", "sts..example"] {
        let line = format!("hosts = [\"sts.example\", \"{host}\"]");
        each_addition_is_named(&[(PUBLIC, &line, "server.hosts", &format!("\"{host}\" can match nothing"))]);
    }
    for host in
        ["*", "sts.*", "*.a.*", "*.", "*.a.example:8443", "a.example/", "a.example:", "a.example:65536", "::1:80"]
    {
        let line = format!("hosts = [\"{host}\"]");
        each_addition_is_named(&[(PUBLIC, &line, "server.hosts", "can match nothing")]);
    }
    let good = r#"hosts = ["sts", "STS.example:8443", "a_b.example.", "*.a-b.example", "192.0.2.7:80", "[::1]", "[2001:db8::1]:8443"]"#;
    let world = World::new();
    assert_eq!(world.mistakes(&BASE.replacen(PUBLIC, &format!("{PUBLIC}\n{good}"), 1)), Vec::<String>::new());
}

#[test]
fn neither_an_empty_secret_nor_one_in_an_address_is_meant() {
    each_is_named(&[
        (
            PUBLIC,
            "public_url = \"https://:hush@gate.example\"",
            "server.public_url",
            "must be a scheme, a host and perhaps a port",
        ),
        (
            "[console]",
            "[console]\ndestinations = [\"https://:hush@a.example/\"]",
            "console.destinations",
            "must be an https URL",
        ),
        (
            "client_secret = { file = \"ops-secret\" }",
            "client_secret = { file = \"empty\" }",
            "provider \"issuer\".login.client_secret",
            "is empty",
        ),
    ]);
}
