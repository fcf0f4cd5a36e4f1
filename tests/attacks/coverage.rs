//! Every row of the catalogue of threats is in the corpus, tested elsewhere, or said not to be covered.

use std::collections::BTreeSet;

/// The rows of the catalogue: a letter and how many.
const CATALOGUE: [(&str, usize); 4] = [("A", 28), ("B", 11), ("C", 18), ("D", 7)];

/// What is no single document, and the test that shows it.
const ELSEWHERE: [(&str, &str); 20] = [
    ("A26", "a_withdrawn_key_stops_new_assertions"),
    ("A27", "a_provider_is_registered_with_its_signing_keys"),
    ("A28", "refused_metadata"),
    ("A28", "without_a_usable_signing_key_nothing_is_registered"),
    ("B5", "bad_work_is_cheap"),
    ("B9", "bad_work_is_cheap"),
    ("C6", "durations_are_kept_to"),
    ("C6", "a_session_ends_in_its_time"),
    ("C7", "one_assertion_serves_once_for_each_role_and_on_one_surface"),
    ("C7", "sixteen_at_once_redeem_an_assertion_once"),
    ("C7", "a_restart_forgets_no_redemption_and_no_key"),
    ("C7", "a_thousand_posts_open_one_session"),
    ("C7", "of_two_surfaces_at_the_same_time_one_wins"),
    ("C7", "a_sign_in_is_remembered_across_a_restart"),
    ("C8", "an_answer_without_the_cookie_of_its_attempt_is_refused"),
    ("C9", "request_ids_are_xml_names_of_all_their_bits"),
    ("C14", "the_provider_of_the_request_is_the_one_whose_key_signed"),
    ("C15", "a_hostile_relay_state_leads_nowhere"),
    ("C8", "requests_are_answered_as_expected"),
    ("D3", "every_failure_costs_the_same_and_little"),
];

/// Rows that no test covers, each with its reason.
const NOT_COVERED: [(&str, &str); 2] =
    [("C16", "there is no binding yet on which signed queries are received"), ("C17", "there is no single logout yet")];

#[test]
fn every_threat_has_its_row() {
    let catalogue: Vec<String> =
        CATALOGUE.iter().flat_map(|(letter, count)| (1..=*count).map(move |n| format!("{letter}{n}"))).collect();
    let corpus = super::corpus();
    let tested: BTreeSet<&str> =
        corpus.iter().map(|row| row.threat).chain(ELSEWHERE.iter().map(|(threat, _)| *threat)).collect();
    let excused: BTreeSet<&str> = NOT_COVERED.iter().map(|(threat, _)| *threat).collect();
    for threat in &catalogue {
        let (tested, excused) = (tested.contains(threat.as_str()), excused.contains(threat.as_str()));
        assert!(tested != excused, "{threat}: tested {tested}, excused {excused}");
    }
    for threat in tested.iter().chain(&excused).filter(|threat| **threat != "honest") {
        assert!(catalogue.iter().any(|known| known == threat), "{threat} is not in the catalogue");
    }
    let mut names: Vec<(&str, &str)> = corpus.iter().map(|row| (row.threat, row.name.as_str())).collect();
    names.sort_unstable();
    assert_eq!(names.windows(2).find(|pair| pair[0] == pair[1]), None, "a row is there twice");
}

#[test]
fn the_tests_elsewhere_exist() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = [folder.join("attacks"), folder];
    let texts: String = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .collect();
    for (threat, test) in ELSEWHERE {
        assert!(texts.contains(&format!("fn {test}()")), "{threat}: there is no test {test}");
    }
}
