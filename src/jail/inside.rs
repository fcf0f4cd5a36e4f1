//! What runs in a cell: `gatehouse second-engine`, a process of one thread.

use super::confinement::{confine, let_go};
use super::wire::{Answer, read_question, write_answer};
use crate::saml::signed_bytes;
use std::os::unix::fs::FileTypeExt;
use std::process::ExitCode;

/// A signed document for each kind of key, the curve one that libcrypto draws random numbers for: whatever the libraries
/// open or allocate once, they have after these.
const REHEARSAL: [(&[u8], &str); 2] = [
    (include_bytes!("rehearsal/rsa.der"), include_str!("rehearsal/rsa.xml")),
    (include_bytes!("rehearsal/ecdsa.der"), include_str!("rehearsal/ecdsa.xml")),
];

/// Answers questions on stdin until there are no more.
#[expect(clippy::print_stderr, reason = "somebody has started it by hand")]
pub fn serve() -> ExitCode {
    let on_a_socket = std::fs::metadata("/proc/self/fd/0").is_ok_and(|stdin| stdin.file_type().is_socket());
    if !on_a_socket {
        eprintln!("gatehouse: this command is started by gatehouse itself; it does nothing by hand");
        return ExitCode::FAILURE;
    }
    let (mut questions, mut answers) = (std::io::stdin().lock(), std::io::stdout().lock());
    if let Err(why) = let_go().and_then(|()| rehearse()).and_then(|()| confine()) {
        let _ = write_answer(&mut answers, &Answer::NotConfined(why));
        return ExitCode::FAILURE;
    }
    if write_answer(&mut answers, &Answer::Ready).is_err() {
        return ExitCode::FAILURE;
    }
    while let Ok(Some((certificate, xml))) = read_question(&mut questions) {
        let answer = signed_bytes(&certificate, &xml).map_or(Answer::Refused, Answer::Bytes);
        if write_answer(&mut answers, &answer).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn rehearse() -> Result<(), String> {
    let verified = REHEARSAL.iter().all(|(certificate, xml)| signed_bytes(certificate, xml).is_some());
    if verified { Ok(()) } else { Err("the libraries do not verify the rehearsal".into()) }
}
