//! The house as it is meant to stand: which module may know which, which crate is at home where.

use crate::rust_source::{Word, words};
use std::collections::BTreeSet;
use std::path::Path;

/// Each module of `src/` with its ring. Those without one stand outside: what they may import is listed below.
const RINGS: [(&str, usize); 22] = [
    ("words", 0),
    ("ambient", 0),
    ("trace", 0),
    ("metrics", 0),
    ("policy", 1),
    ("saml", 1),
    ("jail", 1),
    ("oidc", 1),
    ("sigv4", 1),
    ("outbound", 1),
    ("store", 1),
    ("limits", 1),
    ("metadata", 2),
    ("audit", 2),
    ("catalogue", 2),
    ("trust", 2),
    ("sts", 3),
    ("issuer", 3),
    ("signin", 4),
    ("console", 4),
    ("gateway", 5),
    ("lib", 9),
];

/// Imports within a ring, each with its reason. One that nobody needs any more is an error.
const NEIGHBOURS: [(&str, &str); 7] = [
    // Discovery documents, key sets and tokens come over HTTP, and `outbound` is the only HTTP there is.
    ("oidc", "outbound"),
    // An issuer's last good documents are kept for the next start.
    ("oidc", "store"),
    // A SAML provider's keys are those of the metadata that is in force.
    ("catalogue", "metadata"),
    // What runs behind bars is the one function of `saml` that calls into C.
    ("jail", "saml"),
    // Who may become what is decided about the providers, rules and roles of the catalogue.
    ("trust", "catalogue"),
    // What a caller may have others told of itself, the issuer signs.
    ("sts", "issuer"),
    // A browser sign-in ends with a console session.
    ("signin", "console"),
];

/// Whom those outside may import beside `words` and `trace`.
const OUTSIDE: [(&str, &[&str]); 5] = [
    ("main", &["cli"]),
    ("config", &["audit", "catalogue", "limits", "metadata", "policy", "saml", "oidc", "outbound", "store", "trust"]),
    (
        "app",
        &[
            "ambient",
            "audit",
            "catalogue",
            "config",
            "issuer",
            "jail",
            "limits",
            "metadata",
            "metrics",
            "oidc",
            "saml",
            "store",
            "sts",
            "trust",
            "signin",
            "console",
            "gateway",
        ],
    ),
    (
        "cli",
        &["ambient", "app", "catalogue", "config", "demo", "jail", "metrics", "oidc", "policy", "saml", "sts", "trust"],
    ),
    // It signs assertions with the same code that verifies them elsewhere, but trusts nothing.
    ("demo", &["ambient", "saml"]),
];

/// Time and randomness are held by these alone; everybody else is handed `now` and bytes.
const HOLD_AMBIENT: [&str; 7] = ["sts", "signin", "console", "app", "cli", "demo", "jail"];

/// Crates, and the folders or files of `src/` where they are at home.
const AT_HOME: [(&str, &[&str]); 21] = [
    ("argon2", &["words"]),
    ("axum", &["gateway", "app", "demo", "cli/demo.rs"]),
    ("axum_server", &["gateway", "app", "cli/serve.rs"]),
    ("askama", &["gateway", "demo"]),
    // It parses; what is run is what was read through.
    ("cel", &["catalogue"]),
    ("rusqlite", &["store/database.rs", "store/sqlite.rs"]),
    ("tokio_postgres", &["store"]),
    ("tokio_rustls", &["store"]),
    ("rustls_native_certs", &["store"]),
    ("reqwest", &["outbound"]),
    ("samael", &["saml"]),
    ("bergshamra_c14n", &["saml"]),
    ("bergshamra_dsig", &["saml"]),
    ("bergshamra_keys", &["saml"]),
    // The development identity provider reads the requests that are sent to it.
    ("uppsala", &["saml", "demo"]),
    // Key transport by RSA-OAEP with two different digests, and CBC: aws-lc offers neither.
    ("openssl", &["saml"]),
    ("openidconnect", &["oidc"]),
    ("jsonwebtoken", &["oidc"]),
    ("prometheus_client", &["metrics"]),
    ("nix", &["jail"]),
    ("seccompiler", &["jail"]),
];

/// The last words of a path that only these places may write.
const ONLY_IN: [(&[&str], &[&str]); 12] = [
    (&["Clock", "::", "system"], &["app", "cli", "demo"]),
    (&["Random", "::", "default"], &["app", "cli", "demo"]),
    // Somebody whom nobody verified; nothing may be minted for them.
    (&["suppose"], &["config", "trust"]),
    // A browser's session is opened from its seal in one place, and held against what was revoked.
    (&["VerifiedCaller", "::", "in_a_browser"], &["sts/caller.rs"]),
    // What somebody assumes who switches is no chain.
    (&[".", "switching"], &["console/switch.rs"]),
    // A user is proven where both factors were accepted.
    (&["UserIdentity", "::", "proven"], &["console/user_sign_in.rs"]),
    (&["now_utc"], &["ambient"]),
    (&["now_local"], &["ambient"]),
    (&["SystemTime", "::", "now"], &["ambient"]),
    (&["Instant", "::", "now"], &["ambient"]),
    (&["rand", "::", "fill"], &["ambient"]),
    // RSA and ECDSA signing ask for a generator of their own.
    (&["SystemRandom"], &["ambient", "saml/binding.rs", "oidc/signing_key.rs", "demo/keys.rs"]),
];

const BANNED_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
const LONGEST_FILE: usize = 400;

struct File {
    /// Below `src/`, with `/`.
    path: String,
    text: String,
}

impl File {
    /// The module of the top level that it belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().expect("a path");
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many `super` lead to the root of the crate.
    fn depth(&self) -> usize {
        self.path.split('/').count() - usize::from(self.path.ends_with("mod.rs") || self.path == "lib.rs")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || self.module() == *place)
    }
}

#[test]
fn the_house_stands_as_drawn() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    read_into(&root.join("src"), "", &mut files);
    assert!(files.len() > 100, "only {} files were found", files.len());
    let mut violations = violations(&files);
    let mut tests = Vec::new();
    read_into(&root.join("tests"), "", &mut tests);
    violations.extend(tests.iter().flat_map(|file| too_long("tests", file)));
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));

    let used: BTreeSet<(&str, String)> =
        files.iter().flat_map(|file| imports(file).into_iter().map(|(to, _)| (file.module(), to))).collect();
    for (from, to) in NEIGHBOURS {
        assert!(used.contains(&(from, to.to_owned())), "{from} does not import {to} any more: remove the exception");
    }
}

/// Without these, a reading that finds nothing would pass for a house in order.
#[test]
fn a_crooked_house_is_seen() {
    let seen = |path: &str, text: &str| {
        violations(&[File { path: path.into(), text: text.into() }]).into_iter().next().unwrap_or_default()
    };
    for (path, text, expected) in [
        ("saml/x.rs", "\nuse crate::policy::Policy;", "src/saml/x.rs:2: saml may not import policy"),
        ("saml/x.rs", "use crate::{words, store::Store};", "src/saml/x.rs:1: saml may not import store"),
        ("saml/x.rs", "fn f() { super::super::sts::g() }", "src/saml/x.rs:1: saml may not import sts"),
        ("saml/mod.rs", "use super::sts;", "src/saml/mod.rs:1: saml may not import sts"),
        ("saml/x.rs", "use crate::*;", "src/saml/x.rs:1: saml may not import *"),
        ("trust/x.rs", "use crate::ambient::Clock;", "src/trust/x.rs:1: trust may not import ambient"),
        ("signin/x.rs", "use crate::gateway::House;", "src/signin/x.rs:1: signin may not import gateway"),
        ("sts/x.rs", "use crate::config::Settings;", "src/sts/x.rs:1: sts may not import config"),
        ("app.rs", "use crate::demo::DevelopmentIdp;", "src/app.rs:1: app may not import demo"),
        ("demo/x.rs", "use crate::trust::decide;", "src/demo/x.rs:1: demo may not import trust"),
        ("attic/x.rs", "", "src/attic/x.rs:1: attic is not in the plan of the house"),
        ("sts/x.rs", "use axum::Router;", "src/sts/x.rs:1: axum is not at home here"),
        ("sts/x.rs", "use ::rusqlite as db;", "src/sts/x.rs:1: rusqlite is not at home here"),
        ("cli/check.rs", "async fn f() { axum::serve() }", "src/cli/check.rs:1: axum is not at home here"),
        ("sts/x.rs", "fn f() { let c = Clock::system(); }", "src/sts/x.rs:1: Clock::system is not for here"),
        ("sts/x.rs", "fn f() { g(now, Random) }", "src/sts/x.rs:1: Random is drawn here"),
        ("sts/x.rs", "fn f() { Random.bytes::<4>() }", "src/sts/x.rs:1: Random is drawn here"),
        ("sts/x.rs", "fn f() { std::time::Instant::now() }", "src/sts/x.rs:1: Instant::now is not for here"),
        ("sts/x.rs", "use crate::trust::suppose;", "src/sts/x.rs:1: suppose is not for here"),
        ("saml/utils.rs", "", "src/saml/utils.rs:1: \"utils\" says nothing"),
        ("saml/x.rs", "mod helpers { }", "src/saml/x.rs:1: \"helpers\" says nothing"),
    ] {
        assert_eq!(seen(path, text), expected, "{text}");
    }
    assert_eq!(
        seen("words/x.rs", &"\n".repeat(401)),
        "src/words/x.rs:401: 401 lines; at most 400 can be read in one go"
    );
    for text in [
        "// use crate::policy::Policy;\n/* crate::sts /* axum::x */ rusqlite::y */ fn f<'a>(x: &'a str) {}",
        "const A: &str = \"crate::sts \\\" axum::Router\"; const B: char = '\"'; const C: &str = r#\"rusqlite:: \" axum::\"#;",
        "const A: [char; 3] = ['\\'', '\\u{22}', 'ä']; const B: &[u8] = b\"crate::sts\"; use crate::words::AccountId;",
        "use super::tree; use self::axum_like::x; fn f(r: Random, q: &Random) -> Option<Random> { x.axum }",
    ] {
        assert_eq!(seen("saml/x.rs", text), "", "{text}");
    }
}

fn violations(files: &[File]) -> Vec<String> {
    files.iter().flat_map(|file| [layout(file), ring(file), crates(file), paths(file)].concat()).collect()
}

fn at(file: &File, line: usize, sentence: impl std::fmt::Display) -> String {
    format!("src/{}:{line}: {sentence}", file.path)
}

fn too_long(folder: &str, file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    let sentence =
        format!("{folder}/{}:{lines}: {lines} lines; at most {LONGEST_FILE} can be read in one go", file.path);
    (lines > LONGEST_FILE).then_some(sentence)
}

/// Length and names.
fn layout(file: &File) -> Vec<String> {
    let mut found: Vec<String> = too_long("src", file).into_iter().collect();
    let module = file.module();
    if RINGS.iter().all(|(name, _)| *name != module) && OUTSIDE.iter().all(|(name, _)| *name != module) {
        found.push(at(file, 1, format!("{module} is not in the plan of the house")));
    }
    let says_nothing = |name: &str, line| at(file, line, format!("\"{name}\" says nothing"));
    let parts = file.path.trim_end_matches(".rs").split('/');
    found.extend(parts.filter(|part| BANNED_NAMES.contains(part)).map(|part| says_nothing(part, 1)));
    let all = words(&file.text);
    let inline = all.windows(2).filter(|pair| pair[0].text == "mod" && BANNED_NAMES.contains(&pair[1].text));
    found.extend(inline.map(|pair| says_nothing(pair[1].text, pair[1].line)));
    found
}

fn ring(file: &File) -> Vec<String> {
    let stranger = |(to, line): (String, usize)| {
        (!may_import(file.module(), &to)).then(|| at(file, line, format!("{} may not import {to}", file.module())))
    };
    imports(file).into_iter().filter_map(stranger).collect()
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to || ["words", "trace"].contains(&to) {
        return true;
    }
    if let Some((_, allowed)) = OUTSIDE.iter().find(|(name, _)| *name == from) {
        return allowed.contains(&to);
    }
    if to == "ambient" {
        return HOLD_AMBIENT.contains(&from);
    }
    let ring = |module: &str| RINGS.iter().find(|(name, _)| *name == module).map(|(_, ring)| *ring);
    let (Some(from_ring), Some(to_ring)) = (ring(from), ring(to)) else { return false };
    to_ring < from_ring || NEIGHBOURS.contains(&(from, to))
}

/// The modules of the top level that a file names, with the lines.
fn imports(file: &File) -> Vec<(String, usize)> {
    let all = words(&file.text);
    let text = |index: usize| all.get(index).map_or("", |word| word.text);
    let mut found = Vec::new();
    for index in 0..all.len() {
        let begins = index == 0 || text(index - 1) != "::";
        let mut next = match text(index) {
            "crate" => index + 1,
            "gatehouse" if file.path == "main.rs" && begins => index + 1,
            "super" if begins => {
                let hops = (0..).take_while(|hop| text(index + 2 * hop) == "super").count();
                if hops < file.depth() { continue } else { index + 2 * hops - 1 }
            }
            _ => continue,
        };
        if text(next) != "::" {
            continue;
        }
        next += 1;
        if text(next) == "{" {
            found.extend(group_heads(&all[next..]).map(|word| (word.text.to_owned(), word.line)));
        } else if let Some(word) = all.get(next) {
            found.push((word.text.to_owned(), word.line));
        }
    }
    found
}

/// The first words of the paths in `{a, b::c, d::{e}}`.
fn group_heads<'a>(group: &'a [Word<'a>]) -> impl Iterator<Item = &'a Word<'a>> {
    let mut depth = 0;
    let mut heads = Vec::new();
    for pair in group.windows(2) {
        match pair[0].text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && ["{", ","].contains(&pair[0].text) && pair[1].text != "}" {
            heads.push(&pair[1]);
        }
    }
    heads.into_iter()
}

fn crates(file: &File) -> Vec<String> {
    let all = words(&file.text);
    let text = |index: Option<usize>| index.and_then(|at| all.get(at)).map_or("", |word| word.text);
    let named = |index: usize, word: &Word<'_>| {
        let (_, homes) = AT_HOME.iter().find(|(name, _)| *name == word.text)?;
        let (before, after) = (text(index.checked_sub(1)), text(Some(index + 1)));
        let inside = before == "::"
            && text(index.checked_sub(2)).ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && text(index.checked_sub(2)) != "use";
        let is_path = after == "::" || word.imported && (after == "as" || after == ";");
        let stray = is_path && !inside && !file.is_in(homes);
        stray.then(|| at(file, word.line, format!("{} is not at home here", word.text)))
    };
    all.iter().enumerate().filter_map(|(index, word)| named(index, word)).collect()
}

/// Paths that few may write, and `Random` where it is a value and not a type.
fn paths(file: &File) -> Vec<String> {
    let all = words(&file.text);
    let mut found = Vec::new();
    for (index, word) in all.iter().enumerate() {
        for (path, places) in ONLY_IN {
            let here = all[index..].iter().map(|word| word.text).take(path.len()).eq(path.iter().copied());
            if here && !file.is_in(places) {
                found.push(at(file, word.line, format!("{} is not for here", path.concat())));
            }
        }
        let before = index.checked_sub(1).map_or("", |before| all[before].text);
        let after = all.get(index + 1).map_or("", |after| after.text);
        let is_value = ["(", ",", "="].contains(&before) && !word.imported || after == ".";
        if word.text == "Random" && is_value && !file.is_in(&["app", "cli", "demo", "ambient"]) {
            found.push(at(file, word.line, "Random is drawn here"));
        }
    }
    found
}

fn read_into(folder: &Path, below: &str, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        let path = format!("{below}{name}");
        if entry.path().is_dir() {
            read_into(&entry.path(), &format!("{path}/"), files);
        } else if name.ends_with(".rs") {
            files.push(File { path, text: std::fs::read_to_string(entry.path()).expect("text") });
        }
    }
}
