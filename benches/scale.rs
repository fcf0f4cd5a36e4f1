//! Large configurations: 100,000 roles in one, and 10,000 rules at one provider. `make bench`.
//!
//! How long they take to load, what a gateway holds in memory then, whether an exchange is as fast as with ten roles, and
//! what a login's decision costs.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../tests/oidc_issuer.rs"]
mod oidc_issuer;
#[allow(dead_code)]
mod served;

use gatehouse::ambient::Clock;
use gatehouse::app::load;
use gatehouse::catalogue::Catalogue;
use gatehouse::config::{Peers, Secrets};
use gatehouse::trace::Trace;
use gatehouse::trust::{Asked, Surroundings, offers, suppose};
use nix::time::ClockId;
use oidc_issuer::{CLIENT, RSA};
use serde_json::{Value, json};
use served::{Row, Server, at, free_port, head, processor_time, request};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ACCOUNT: &str = "111122223333";
const ISSUER: &str = "https://issuer.example";
const MANY: usize = 100_000;
const RULES: usize = 10_000;
const ROUNDS: usize = 9;

fn main() {
    let directory = std::env::temp_dir().join(format!("gatehouse-scale-{}", std::process::id()));
    roles(&directory);
    rules(&directory);
    let _ = std::fs::remove_dir_all(&directory);
}

/// A configuration with so many roles, a thousand to a file. Every role has a policy of its own, and its trust policy is one
/// of a hundred.
fn written(directory: &Path, roles: usize, rules: &str, port: u16) -> PathBuf {
    std::fs::create_dir_all(directory.join("roles")).expect("a directory");
    std::fs::write(directory.join("keys.json"), json!({"keys": [RSA.jwk]}).to_string()).expect("written");
    for (file, first) in (0..roles).step_by(1_000).enumerate() {
        let mut text = String::new();
        for n in first..roles.min(first + 1_000) {
            let trust = trust(&format!("app-{}", n % 100));
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-{n}/*"}}]}}"#
            );
            write!(text, "[[role]]\narn = \"{}\"\ndescription = \"Role number {n}\"\ntrust = {{ json = '{trust}' }}\npolicies = [{{ name = \"own\", json = '{policy}' }}]\nmax_session = \"2h\"\n", arn(n)).expect("text");
        }
        std::fs::write(directory.join(format!("roles/{file:03}.toml")), text).expect("written");
    }
    let head = head(port);
    let main = format!(
        r#"include = ["roles/*.toml"]
{head}
[[account]]
id = "{ACCOUNT}"
[[provider]]
name = "app"
account = "{ACCOUNT}"
kind = "oidc"
issuer = "{ISSUER}"
client_ids = ["{CLIENT}"]
jwks = {{ file = "keys.json" }}
{rules}"#
    );
    let path = directory.join("gatehouse.toml");
    std::fs::write(&path, main).expect("written");
    path
}

fn arn(n: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/teams/team-{}/Role-{n:06}", n % 500)
}

fn trust(sub: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"issuer.example:aud":"{CLIENT}","issuer.example:sub":"{sub}"}}}}}}]}}"#
    )
}

fn roles(directory: &Path) {
    let few = gateway(&directory.join("few"), 10);
    let began = at(ClockId::CLOCK_MONOTONIC);
    let many = gateway(&directory.join("many"), MANY);
    let took = at(ClockId::CLOCK_MONOTONIC) - began;
    println!(
        "\n{MANY} roles in {} files: serving after {:.1} s, {:.1} s of CPU; memory {:.0} MB, at most {:.0} MB (10 roles: {:.0} MB)",
        MANY / 1_000,
        took.as_secs_f64(),
        processor_time(many.child.id()).as_secs_f64(),
        many.memory("VmRSS"),
        many.memory("VmHWM"),
        few.memory("VmRSS")
    );
    let rows = [row(&few, "an exchange with 10 roles", 7), row(&many, "an exchange with 100,000 roles", 77_707)];
    let mut measured = [Vec::new(), Vec::new()];
    rows.iter().for_each(|row| _ = row.round());
    for _ in 0..ROUNDS {
        for (row, measured) in rows.iter().zip(&mut measured) {
            measured.push(row.round());
        }
    }
    for (row, measured) in rows.iter().zip(&mut measured) {
        measured.sort_unstable_by(|a, b| a.rate.total_cmp(&b.rate));
        let cpu = measured.iter().map(|round| round.cpu).sum::<f64>() / measured.len() as f64;
        println!("{:50} {:8.0}/s {cpu:8.1} µs of CPU each", row.name, measured[measured.len() / 2].rate);
    }
}

fn gateway(directory: &Path, roles: usize) -> Server {
    let port = free_port();
    Server::gatehouse(&written(directory, roles, "", port), port)
}

fn row(server: &Server, name: &'static str, role: usize) -> Row {
    let now = Clock::system().now().unix_timestamp();
    let sub = format!("app-{}", role % 100);
    let token = RSA.sign(&json!({"iss": ISSUER, "sub": sub, "aud": CLIENT, "iat": now - 10, "exp": now + 3_000}));
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName=app&WebIdentityToken={token}",
        arn(role).replace(':', "%3A").replace('/', "%2F")
    );
    server.row(name, &request("POST", "/", server.port, &form), 200)
}

/// What a login decides: the rules that match, a context for each role, and its trust policy.
fn rules(directory: &Path) {
    println!("\n{RULES} rules at one provider; ms until a login has its roles, median of 21");
    let groups: Vec<String> = (0..200).map(|n| format!("group-{}", n * 7)).collect();
    for (name, when) in [
        (
            "claims.groups.exists(g, g == \"…\")",
            (|n| format!("claims.groups.exists(g, g == \"group-{n}\")")) as fn(usize) -> String,
        ),
        ("\"…\" in claims.groups && claims.mfa", |n| format!("\"group-{n}\" in claims.groups && claims.mfa")),
        ("claims.sub == \"…\"", |n| format!("claims.sub == \"app-{n}\"")),
        ("claims.sub == \"…\" || claims.sub in […]", |n| {
            format!("claims.sub == \"app-{n}\" || claims.sub in [\"bot-{n}\", \"job-{n}\"]")
        }),
        ("claims.sub.startsWith(\"…\"), found by nothing", |n| {
            format!("claims.sub.startsWith(\"app-{n}-\") || claims.sub == \"app-{n}\"")
        }),
        ("claims.sub.matches(\"^…$\"), found by nothing", |n| format!("claims.sub.matches(\"^app-{n}$\")")),
    ] {
        let mut rules = String::new();
        for n in 0..RULES {
            write!(
                rules,
                "[[provider.rule]]\nwhen = '{}'\nroles = [\"{}\"]\nsession_name = 'claims.sub'\n",
                when(n),
                arn(n % 1_000)
            )
            .expect("text");
        }
        let began = at(ClockId::CLOCK_MONOTONIC);
        let path = written(&directory.join("rules"), 1_000, &rules, free_port());
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let now = Clock::system().now();
        let loaded = load(&path, Secrets::Read, Peers::Real, now).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let loading = at(ClockId::CLOCK_MONOTONIC) - began;
        let claims = json!({ "iss": ISSUER, "sub": "app-77", "aud": CLIENT, "mfa": true, "groups": groups });
        let mut times: Vec<(Duration, usize, usize)> = (0..21).map(|_| decide(&loaded.catalogue, &claims)).collect();
        times.sort_unstable();
        let (took, roles, steps) = times[times.len() / 2];
        println!(
            "{name:50} {:8.3}  {roles} roles, {steps} steps in the trace; loaded in {:.1} s",
            took.as_secs_f64() * 1_000.0,
            loading.as_secs_f64()
        );
    }
}

fn decide(catalogue: &Catalogue, claims: &Value) -> (Duration, usize, usize) {
    let provider = catalogue.provider_named("app").expect("app");
    let identity =
        suppose(claims.as_object().expect("an object").clone(), provider, "").unwrap_or_else(|e| panic!("{e}"));
    let around = Surroundings::on_paper(Clock::system().now(), None);
    let mut trace = Trace::new("");
    let began = at(ClockId::CLOCK_THREAD_CPUTIME_ID);
    let offers = offers(catalogue, provider, &identity, Asked::Anything, &around, None, &mut trace);
    let took = at(ClockId::CLOCK_THREAD_CPUTIME_ID) - began;
    (took, offers.unwrap_or_else(|e| panic!("{e}")).len(), trace.steps().len())
}
