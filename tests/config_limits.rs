//! Rates and proxies that cannot be meant.

use crate::config_world::each_addition_is_named;

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
