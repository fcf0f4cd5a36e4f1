//! Every row of the catalogue that speaks of tokens, key sets and their issuers is in the corpus, tested elsewhere, or said
//! not to be covered.

use super::super::coverage::Coverage;

const COVERAGE: Coverage = Coverage {
    catalogue: &[("E", 27), ("F", 7)],
    elsewhere: &[
        ("E5", "wycheproof"),
        ("E9", "a_flood_of_unknown_keys_causes_one_fetch"),
        ("E9", "unknown_keys_on_a_cold_cache_cause_one_fetch"),
        ("E9", "a_key_that_does_not_serve_causes_no_fetch"),
        ("E12", "bad_tokens_are_cheap"),
        ("E22", "the_authorization_url_binds_the_attempt"),
        ("E23", "a_code_is_accepted_in_its_own_browser_only"),
        ("E23", "an_attempt_ends_after_ten_minutes"),
        ("E24", "providers_are_not_mixed_up"),
        ("E25", "a_client_with_a_key_signs_and_sends_no_secret"),
        ("E26", "one_issuers_key_never_vouches_for_another"),
        ("E27", "a_token_signs_in_once_whatever_its_signature"),
        ("F1", "a_discovery_document_of_another_issuer_is_refused"),
        ("F2", "private_addresses_are_refused_in_every_spelling"),
        ("F2", "metadata_addresses_stay_closed_even_when_listed"),
        ("F2", "redirects_and_huge_answers_are_refused"),
        ("F3", "a_dripping_server_ends_by_the_time_limit"),
        ("F3", "requests_on_a_cold_cache_share_one_fetch"),
        ("F4", "answers_without_usable_keys_verify_nothing"),
        ("F4", "the_last_good_keys_serve_a_day_of_outage"),
        ("F5", "a_rotated_key_is_found_at_once_and_a_withdrawn_one_ends"),
        ("F6", "the_good_keys_of_a_hostile_set_serve"),
        ("F7", "tls_is_verified_against_the_private_ca_or_the_systems"),
        ("F7", "plain_http_is_for_loopback_alone"),
    ],
    not_covered: &[],
};

#[test]
fn every_threat_to_tokens_has_its_row() {
    COVERAGE.is_whole(super::corpus().into_iter().map(|row| (row.threat, row.name)).collect());
}

#[test]
fn the_token_tests_elsewhere_exist() {
    COVERAGE.is_found();
}
