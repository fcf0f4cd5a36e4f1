//! What a response costs, beside the least that anybody must do who believes one: `make bench`.
//!
//! Rounds of all rows are interleaved, so that a busy machine is unfair to all of them alike, and before its time is
//! taken each row runs once, so that none pays for the caches that the one before it filled. Times are of the wall,
//! because the second engine works in another process; the documents that are made to cost are held to processor time.
#![allow(clippy::print_stdout)]

#[allow(dead_code)]
#[path = "../tests/attacks/heavy.rs"]
mod heavy;
#[allow(dead_code)]
#[path = "../tests/saml_encrypted.rs"]
mod saml_encrypted;
#[allow(dead_code)]
#[path = "../tests/saml_identity.rs"]
mod saml_identity;

/// Where the tests find the program.
mod house {
    pub(crate) fn program() -> std::path::PathBuf {
        env!("CARGO_BIN_EXE_gatehouse").into()
    }
}

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use gatehouse::saml::logout::{Carried, MessageText};
use gatehouse::saml::{
    AuthenticResponse, DecryptionKeys, InResponseTo, ResponseText, SecondEngine, SigningKey, UnverifiedResponse,
    Witness, signed_bytes,
};
use gatehouse::trace::Trace;
use nix::time::{ClockId, clock_gettime};
use saml_identity::*;
use std::hint::black_box;
use std::time::Duration;

/// One run of a row.
type Measured<'a> = Box<dyn Fn() -> Duration + 'a>;

/// Median and least.
#[derive(Clone, Copy)]
struct Cost {
    median: f64,
    least: f64,
}

const ROUNDS: usize = 200;
/// Kilobytes of XML; the last is near what the form field holds.
const SIZES: [usize; 4] = [10, 20, 40, 70];
/// Times the bare floor, for everything but the second engine and the smallest of these responses.
const MOST_TIMES: f64 = 7.0;
/// CPU for a document that is refused.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    let witness = witness(SecondEngine::Enforce);
    let costs = SIZES.map(|kilobytes| good_work(kilobytes, &witness));
    let [(floor, whole), ..] = costs;
    let (median, least) = (whole.median / floor.median, whole.least / floor.least);
    println!(
        "\nratio: a response of {} kB costs {median:.1} times its bare floor by the medians, {least:.1} by the least; at most {MOST_TIMES} is wanted",
        SIZES[0]
    );
    assert!(least <= MOST_TIMES, "{least}");
    let steps = SIZES.windows(2).zip(costs.windows(2)).map(|(sizes, costs)| {
        let more = costs[1].1.least - costs[0].1.least;
        format!("{} to {} kB {:.1}", sizes[0], sizes[1], more / (sizes[1] - sizes[0]) as f64)
    });
    println!("linearity: µs for each kB more, by the least: {}", steps.collect::<Vec<_>>().join(", "));
    bad_work();
}

/// A response of that size with a signed assertion: fifteen attributes, and then groups.
fn response_of(kilobytes: usize) -> String {
    let attribute = |n: usize| {
        let value = "value ".repeat(16);
        format!(
            "<saml:Attribute Name=\"urn:example:attribute:{n}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\"><saml:AttributeValue xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:string\">{value}</saml:AttributeValue></saml:Attribute>"
        )
    };
    let more: String = (0..13).map(attribute).collect();
    let xml = changed(&response(), "</saml:AttributeStatement>", &format!("{more}</saml:AttributeStatement>"));
    let missing = (kilobytes * 1_000).saturating_sub(sign(&xml, "_assertion", &RSA).len());
    let group = "<saml:AttributeValue>cn=department,ou=groups,dc=example,dc=com</saml:AttributeValue>";
    let groups = group.repeat(missing / group.len());
    sign(
        &changed(&xml, "<saml:AttributeValue>staff", &format!("{groups}<saml:AttributeValue>staff")),
        "_assertion",
        &RSA,
    )
}

/// What the floor and what the whole costs without the second engine.
fn good_work(kilobytes: usize, witness: &Witness) -> (Cost, Cost) {
    let xml = response_of(kilobytes);
    let (field, keys, certificate) = (form(&xml), [RSA.key()], RSA.certificate.clone());
    let value = element(&xml, "ds:SignatureValue")
        .trim_start_matches("<ds:SignatureValue>")
        .trim_end_matches("</ds:SignatureValue>");
    let value = base64::engine::general_purpose::STANDARD.decode(value).expect("base64");
    let info = element(&xml, "ds:SignedInfo").to_owned();
    let key = rcgen::KeyPair::from_pem(RSA.key_pem.expose_str().expect("PEM")).expect("a key");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, rcgen::PublicKeyData::der_bytes(&key).to_vec());
    let decode = || ResponseText::decode(&field).expect("decoded");
    let text = decode();
    let parse = || text.parse().expect("parsed");
    let whole = || {
        let response = authenticated(decode().parse().expect("parsed"), &keys, None);
        confirm(&response, InResponseTo::Solicited { id: REQUEST }, NOW).expect("confirmed")
    };
    let rows: Vec<(&str, Measured<'_>)> = vec![
        (
            "bare: RSA verify and SHA-256 of the same bytes",
            Box::new(|| timed(|| (digest(&SHA256, xml.as_bytes()), key.verify(info.as_bytes(), &value).is_ok()))),
        ),
        ("whole but the second engine: field to verified assertion", Box::new(|| timed(whole))),
        ("  decode: base64, UTF-8", Box::new(|| timed(decode))),
        ("  one parse, issuer", Box::new(|| timed(|| parse().issuer().len()))),
        ("  pre-flight", Box::new(|| refused(parse()))),
        ("  pre-flight, first engine, reading", Box::new(|| with_engines(parse(), &keys, None))),
        ("the same with the second engine in its jail", Box::new(|| with_engines(parse(), &keys, Some(witness)))),
        ("second engine, in this process", Box::new(|| timed(|| signed_bytes(&certificate, &xml).expect("signed")))),
    ];
    println!(
        "\n{} bytes, {} attributes; µs, median and least of {ROUNDS} interleaved rounds, and times the bare floor",
        xml.len(),
        xml.matches("<saml:Attribute ").count()
    );
    let mut times = vec![Vec::new(); rows.len()];
    for _ in 0..ROUNDS {
        for (row, times) in rows.iter().zip(&mut times) {
            row.1();
            times.push(row.1());
        }
    }
    let costs: Vec<Cost> = times.into_iter().map(cost).collect();
    for ((name, _), Cost { median, least }) in rows.iter().zip(&costs) {
        println!(
            "{name:60} {median:9.1} {least:9.1} {:7.1}x {:7.1}x",
            median / costs[0].median,
            least / costs[0].least
        );
    }
    (costs[0], costs[1])
}

fn cost(mut times: Vec<Duration>) -> Cost {
    times.sort_unstable();
    let micros = |time: Duration| time.as_nanos() as f64 / 1_000.0;
    Cost { median: micros(times[times.len() / 2]), least: micros(times[0]) }
}

fn refused(response: UnverifiedResponse<'_>) -> Duration {
    timed(|| response.authenticate(&[], &DecryptionKeys::default(), None, &mut Trace::new("bench")).is_err())
}

fn with_engines(response: UnverifiedResponse<'_>, keys: &[SigningKey], witness: Option<&Witness>) -> Duration {
    timed(|| authenticated(response, keys, witness))
}

fn authenticated(
    response: UnverifiedResponse<'_>,
    keys: &[SigningKey],
    witness: Option<&Witness>,
) -> AuthenticResponse {
    response.authenticate(keys, &DecryptionKeys::default(), witness, &mut Trace::new("bench")).expect("authentic")
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let before = at(ClockId::CLOCK_MONOTONIC);
    black_box(work());
    at(ClockId::CLOCK_MONOTONIC) - before
}

fn at(clock: ClockId) -> Duration {
    clock_gettime(clock).expect("a clock").into()
}

fn bad_work() {
    let keys = [RSA.key(), EC.key(), STRANGER.key()];
    let response = |field: &str| {
        let refused = ResponseText::decode(field).and_then(|text| {
            let response = text.parse()?;
            response.authenticate(&keys, &DecryptionKeys::default(), None, &mut Trace::new("bench")).map(drop)
        });
        refused.map_err(|error| error.to_string())
    };
    let logout = |query: &str| {
        let heard = MessageText::decode(&Carried::Query(query.to_owned())).and_then(|text| {
            let message = text.parse()?;
            message.authenticate(&keys, &DecryptionKeys::default(), None, &mut Trace::new("bench")).map(drop)
        });
        heard.map_err(|error| error.to_string())
    };
    println!("\nDocuments that are made to cost; ms of processor time until they are refused, median of 21");
    heavy::documents().iter().for_each(|(name, field)| made_to_cost(name, field, response));
    heavy::queries().iter().for_each(|(name, query)| made_to_cost(name, query, logout));
}

/// `believe` says why it does not.
fn made_to_cost(name: &str, sent: &str, believe: impl Fn(&str) -> Result<(), String>) {
    let cost = || {
        let before = at(ClockId::CLOCK_THREAD_CPUTIME_ID);
        let believed = believe(sent);
        (at(ClockId::CLOCK_THREAD_CPUTIME_ID) - before, believed)
    };
    let mut times: Vec<_> = (0..21).map(|_| cost()).collect();
    times.sort_unstable_by_key(|(spent, _)| *spent);
    let (spent, believed) = &times[times.len() / 2];
    let refused = believed.as_ref().expect_err(name);
    println!("{name:72} {:8} {:8.3}  {refused}", sent.len(), spent.as_secs_f64() * 1_000.0);
    assert!(*spent < MOST, "{name}: {spent:?}");
}
