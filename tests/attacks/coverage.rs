//! Every row of the catalogue of threats is in the corpus, tested elsewhere, or said not to be covered.

use std::collections::BTreeSet;

const CATALOGUE: [(&str, usize); 4] = [("A", 28), ("B", 11), ("C", 18), ("D", 7)];

const ELSEWHERE: [(&str, &str); 22] = [
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
    ("C16", "what_ends_nothing"),
    ("C17", "what_ends_nothing"),
    ("D3", "every_failure_costs_the_same_and_little"),
];

const NOT_COVERED: [(&str, &str); 0] = [];

const COVERAGE: Coverage = Coverage { catalogue: &CATALOGUE, elsewhere: &ELSEWHERE, not_covered: &NOT_COVERED };

#[test]
fn every_threat_has_its_row() {
    let rows = super::corpus().into_iter().map(|row| (row.threat, row.name)).collect();
    COVERAGE.is_whole(rows);
}

#[test]
fn the_tests_elsewhere_exist() {
    COVERAGE.is_found();
}

/// What a corpus owes to the catalogue.
pub(super) struct Coverage {
    /// The rows of the catalogue: a letter and how many.
    pub(super) catalogue: &'static [(&'static str, usize)],
    /// What is no single row of the corpus, and the test that shows it.
    pub(super) elsewhere: &'static [(&'static str, &'static str)],
    /// Rows that no test covers, each with its reason.
    pub(super) not_covered: &'static [(&'static str, &'static str)],
}

impl Coverage {
    /// `rows` are the threats and names of the corpus.
    pub(super) fn is_whole(&self, mut rows: Vec<(&'static str, String)>) {
        let numbers = |(letter, count): &(&str, usize)| (1..=*count).map(move |n| format!("{letter}{n}")).collect();
        let catalogue: Vec<String> = self.catalogue.iter().flat_map(|part| -> Vec<String> { numbers(part) }).collect();
        let elsewhere = self.elsewhere.iter().map(|(threat, _)| *threat);
        let tested: BTreeSet<&str> = rows.iter().map(|(threat, _)| *threat).chain(elsewhere).collect();
        let excused: BTreeSet<&str> = self.not_covered.iter().map(|(threat, _)| *threat).collect();
        for threat in &catalogue {
            let (tested, excused) = (tested.contains(threat.as_str()), excused.contains(threat.as_str()));
            assert!(tested != excused, "{threat}: tested {tested}, excused {excused}");
        }
        for threat in tested.iter().chain(&excused).filter(|threat| **threat != "honest") {
            assert!(catalogue.iter().any(|known| known == threat), "{threat} is not in the catalogue");
        }
        rows.sort_unstable();
        assert_eq!(rows.windows(2).find(|pair| pair[0] == pair[1]), None, "a row is there twice");
    }

    /// The tests elsewhere exist.
    pub(super) fn is_found(&self) {
        let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let texts: String = [tests.join("attacks/tokens"), tests.join("attacks"), tests]
            .iter()
            .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
            .flatten()
            .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
            .collect();
        for (threat, test) in self.elsewhere {
            assert!(texts.contains(&format!("fn {test}()")), "{threat}: there is no test {test}");
        }
    }
}
