//! `[audit]` and `[trace]`: what is taken, and what is said of the rest.

use crate::config_world::{BASE, World};

/// In the place of the empty tables of the base.
fn mistakes(tables: &str) -> Vec<String> {
    let base = ["[audit]\n", "[trace]\n"].iter().fold(BASE.to_owned(), |base, table| base.replacen(table, "", 1));
    let said = World::new().mistakes(&base.replacen("[outbound]", &format!("{tables}\n[outbound]"), 1));
    said.iter().map(|mistake| mistake.replace("gatehouse.toml: ", "")).collect()
}

#[test]
fn what_cannot_be_kept_so_is_said_plainly() {
    for (table, expected) in [
        (
            "[audit]\nretention = \"1d\"",
            "audit.retention: must be at least 2d: a session that is worn is found by the record of it",
        ),
        (
            "[audit]\nretention = \"long\"",
            "audit.retention: \"long\" is not a duration; write for example \"90s\", \"15m\", \"12h\" or \"400d\"",
        ),
        ("[audit]\nanchor = \"outside\"", "audit.anchor: must be a table, not a string"),
        ("[audit]\nanchor = { }", "audit.anchor: say exactly one of file = \"path\" and url = \"https://…\""),
        (
            "[audit]\nanchor = { file = \"a\", url = \"https://b.example/\" }",
            "audit.anchor: say exactly one of file = \"path\" and url = \"https://…\"",
        ),
        (
            "[audit]\nanchor = { url = \"http://b.example/\" }",
            "audit.anchor.url: must be an https address without user name and fragment; http only on a loopback host",
        ),
        (
            "[audit]\nanchor = { file = \"a\", every = \"1m\" }",
            "audit.anchor.every: is not a key of this table; known here: file, url",
        ),
        (
            "[audit]\nship = { }",
            "audit.ship: say exactly one of file = \"path\", syslog = \"unix:/dev/log\" and otlp = \"https://…/v1/logs\"",
        ),
        (
            "[audit]\nship = { syslog = \"localhost\" }",
            "audit.ship.syslog: must be \"unix:/dev/log\", \"udp://host:514\" or \"tcp://host:601\"",
        ),
        (
            "[audit]\nship = [{ syslog = \"udp://log.example\" }]",
            "audit.ship[0].syslog: must be \"unix:/dev/log\", \"udp://host:514\" or \"tcp://host:601\"",
        ),
        (
            "[audit]\nship = { otlp = \"https://c.example/v1/logs\", token = \"x\" }",
            "audit.ship.token: a secret is never written in the file; say { env = \"NAME\" } or { file = \"path\" }",
        ),
        ("[trace]\nretention = \"10m\"", "trace.retention: must be at least 1h"),
        (
            "[trace]\nmax_size = \"1MiB\"",
            "trace.max_size: must be a size of at least \"16MiB\", as in \"512MiB\" or \"1GiB\"",
        ),
        (
            "[trace]\nmax_size = \"big\"",
            "trace.max_size: must be a size of at least \"16MiB\", as in \"512MiB\" or \"1GiB\"",
        ),
    ] {
        assert_eq!(mistakes(table), [expected], "{table}");
    }
    for good in [
        "[audit]\nretention = \"400d\"\nanchor = { file = \"outside\" }\nship = { file = \"shipped\" }",
        "[audit]\nanchor = { url = \"https://anchor.example/\" }\nship = [{ syslog = \"unix:/dev/log\" }, { otlp = \"https://c.example/v1/logs\" }]",
        "[trace]\nretention = \"14d\"\nmax_size = \"1GiB\"",
    ] {
        assert!(mistakes(good).is_empty(), "{good}: {:?}", mistakes(good));
    }
}
