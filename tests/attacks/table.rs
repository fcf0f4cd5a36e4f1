//! The table of a run: a line a row, right or wrong.

use crate::house::{Answer, House};

/// What ends well, on either surface.
pub(super) const ACCEPTED: &str = "accepted";

/// A house keeps this many traces of strangers' refusals in a minute, and a row makes two.
pub(super) const ROWS_OF_A_HOUSE: usize = 45;

/// How the two surfaces answered a row, the browser's first.
pub(super) struct Line<'a> {
    /// The row of the catalogue of threats, or `honest`.
    pub(super) threat: &'static str,
    pub(super) name: &'a str,
    pub(super) reference: &'static str,
    pub(super) expected: [&'static str; 2],
    pub(super) answered: [String; 2],
    /// What was issued before, between and after, and by how much each surface adds to it when it accepts.
    pub(super) issued: [Issued; 3],
    pub(super) adds: [Issued; 2],
}

/// Role sessions, console sessions, redemptions.
pub(super) type Issued = [i64; 3];

impl Line<'_> {
    pub(super) fn text(&self) -> String {
        let Self { threat, name, reference, expected, answered, issued, adds } = self;
        let grew = |surface: usize| {
            let more = i64::from(expected[surface] == ACCEPTED);
            (0..3).all(|n| issued[surface + 1][n] == issued[surface][n] + more * adds[surface][n])
        };
        let right = expected[0] == answered[0] && expected[1] == answered[1] && grew(0) && grew(1);
        let verdict = if right { "ok   " } else { "WRONG" };
        let more = match right {
            true => String::new(),
            false => format!("  expected {} and {}, issued {issued:?}", expected[0], expected[1]),
        };
        let [browser, api] = answered;
        format!("{verdict} {threat:6} {name:58} {reference:34} {browser:30} {api:30}{more}\n")
    }
}

/// Writes the table to `target/` and complains of every wrong line.
pub(super) fn publish(file: &str, head: &str, lines: &[String]) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(file);
    std::fs::write(path, format!("{head}\n{}", lines.concat())).expect("a table");
    let wrong: Vec<&String> = lines.iter().filter(|line| line.starts_with("WRONG")).collect();
    for line in &wrong {
        eprint!("{line}");
    }
    assert!(wrong.is_empty(), "{} of {} rows", wrong.len(), lines.len());
}

/// The code of a refusal.
pub(super) async fn code(house: &House, answer: &Answer) -> String {
    if answer.status == 413 { "413".to_owned() } else { house.code(answer).await }
}

pub(super) async fn issued(house: &House) -> Issued {
    let counts = "SELECT (SELECT count(*) FROM role_session), (SELECT count(*) FROM console_session), (SELECT count(*) FROM redemption)";
    let row = house.rows(counts).await.remove(0);
    [0, 1, 2].map(|column| row[column].parse().expect("a count"))
}
