//! The keys of the two issuers: one for each algorithm, and those that nobody should trust.

use crate::oidc_issuer::{EC, RSA, Signer, b64};
use openssl::bn::{BigNum, BigNumContext};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};
use serde_json::{Value, json};
use std::sync::LazyLock;

pub(super) static KEYS: LazyLock<Keys> = LazyLock::new(Keys::generate);

pub(super) struct Keys {
    pub(super) rs384: Signer,
    pub(super) rs512: Signer,
    pub(super) es384: Signer,
    pub(super) es512: Signer,
    pub(super) ps256: Signer,
    pub(super) eddsa: Signer,
    /// An RSA key of another set, for tokens of another issuer.
    pub(super) of_another: Signer,
    /// RSA that is meant for something else, by its id.
    pub(super) misused: Vec<Signer>,
    pub(super) short: OddRsa,
    pub(super) cubic: OddRsa,
    pub(super) factorable: OddRsa,
    pub(super) of_app: Vec<Value>,
    pub(super) of_wide: Vec<Value>,
}

/// What makes a good key one for something else.
const MISUSES: [(&str, &str, &str); 6] = [
    ("encrypts", "use", r#""enc""#),
    ("operates-encrypt", "key_ops", r#"["encrypt"]"#),
    ("operates-text", "key_ops", r#""verify""#),
    ("is-for-oaep", "alg", r#""RSA-OAEP""#),
    ("is-for-hmac", "alg", r#""HS256""#),
    ("is-for-rs384", "alg", r#""RS384""#),
];

impl Keys {
    fn generate() -> Self {
        let misused = |(id, member, value): &(&str, &str, &str)| {
            let mut signer = Signer::of("RS256", id);
            signer.jwk[*member] = serde_json::from_str(value).unwrap();
            signer
        };
        let mut keys = Self {
            rs384: Signer::of("RS384", "rs384"),
            rs512: Signer::of("RS512", "rs512"),
            es384: Signer::of("ES384", "es384"),
            es512: Signer::of("ES512", "es512"),
            ps256: Signer::of("PS256", "ps256"),
            eddsa: Signer::of("EdDSA", "eddsa"),
            of_another: Signer::of("RS256", "of-another"),
            misused: MISUSES.iter().map(misused).collect(),
            short: OddRsa::new("short", Rsa::generate(1024).unwrap()),
            cubic: OddRsa::new("cubic", Rsa::generate_with_e(2048, &BigNum::from_u32(3).unwrap()).unwrap()),
            factorable: OddRsa::new("factorable", factorable()),
            of_app: Vec::new(),
            of_wide: Vec::new(),
        };
        let good = [&*RSA, &*EC, &keys.rs384, &keys.rs512, &keys.es384, &keys.es512].map(|signer| signer.jwk.clone());
        let misused = keys.misused.iter().map(|signer| signer.jwk.clone());
        let odd = [&keys.short, &keys.cubic, &keys.factorable].map(|odd| odd.jwk.clone());
        keys.of_app = good.into_iter().chain(misused).chain(odd).chain(keys.malformed()).collect();
        let of_another = [&keys.ps256, &keys.eddsa, &keys.of_another].map(|signer| signer.jwk.clone());
        // The sum of this point and itself is nothing, and so is every check of a signature.
        let small = json!({"kty": "OKP", "crv": "Ed25519", "kid": "small", "x": b64(&[&[1][..], &[0; 31]].concat())});
        let registered = [RSA.jwk.clone(), small];
        keys.of_wide = of_another.into_iter().chain(registered).collect();
        keys
    }

    /// Entries that are no key of anybody's.
    fn malformed(&self) -> Vec<Value> {
        let changed = |jwk: &Value, id: &str, member: &str, value: Value| {
            let mut jwk = jwk.clone();
            jwk["kid"] = json!(id);
            jwk[member] = value;
            jwk
        };
        let padded = format!("{}==", RSA.jwk["n"].as_str().unwrap());
        vec![
            changed(&RSA.jwk, "everybody", "e", json!("AQ")),
            changed(&RSA.jwk, "even", "e", json!("AQAA")),
            changed(&RSA.jwk, "padded", "n", json!(padded)),
            changed(&EC.jwk, "off-curve", "x", EC.jwk["y"].clone()),
            changed(&EC.jwk, "koblitz", "crv", json!("secp256k1")),
            changed(&self.es384.jwk, "renamed", "crv", json!("P-256")),
            json!({"kty": "oct", "kid": "shared", "k": b64(b"secret"), "alg": "HS256"}),
        ]
    }

    pub(super) fn misused(&self, id: &str) -> &Signer {
        self.misused.iter().find(|signer| signer.id() == id).expect("a key")
    }
}

/// RSA as no honest library makes it.
pub(super) struct OddRsa {
    pub(super) jwk: Value,
    private: PKey<Private>,
}

impl OddRsa {
    fn new(id: &str, private: Rsa<Private>) -> Self {
        let number = |number: &openssl::bn::BigNumRef| b64(&number.to_vec());
        let jwk = json!({"kty": "RSA", "kid": id, "n": number(private.n()), "e": number(private.e())});
        Self { jwk, private: PKey::from_rsa(private).unwrap() }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": self.jwk["kid"], "typ": "JWT"}).to_string();
        let signed = format!("{}.{}", b64(header.as_bytes()), b64(claims.to_string().as_bytes()));
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.private).unwrap();
        format!("{signed}.{}", b64(&signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap()))
    }
}

/// Primes of the form k·M + 65537^a mod M (ROCA, CVE-2017-15361), M the product of the primes up to 167.
fn factorable() -> Rsa<Private> {
    let mut context = BigNumContext::new().unwrap();
    let small = (2..=167_u32).filter(|n| (2..*n).all(|divisor| n % divisor != 0));
    let mut product = BigNum::from_u32(1).unwrap();
    small.for_each(|prime| product.mul_word(prime).unwrap());
    let mut prime = || loop {
        let (mut power, mut exponent, mut factor) =
            (BigNum::new().unwrap(), BigNum::new().unwrap(), BigNum::new().unwrap());
        exponent.rand(24, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
        power.mod_exp(&BigNum::from_u32(65537).unwrap(), &exponent, &product, &mut context).unwrap();
        factor.rand(1025 - product.num_bits(), openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
        let candidate = &(&factor * &product) + &power;
        // Both upper bits, so that the product of two has 2048.
        if candidate.num_bits() == 1024 && candidate.is_bit_set(1022) && candidate.is_prime(20, &mut context).unwrap() {
            return candidate;
        }
    };
    let (mut p, mut q) = (prime(), prime());
    let (e, one) = (BigNum::from_u32(65537).unwrap(), BigNum::from_u32(1).unwrap());
    if p < q {
        std::mem::swap(&mut p, &mut q);
    }
    let totient = &(&p - &one) * &(&q - &one);
    let (mut d, mut dmp1, mut dmq1, mut iqmp) =
        (BigNum::new().unwrap(), BigNum::new().unwrap(), BigNum::new().unwrap(), BigNum::new().unwrap());
    let mut context = BigNumContext::new().unwrap();
    d.mod_inverse(&e, &totient, &mut context).unwrap();
    dmp1.checked_rem(&d, &(&p - &one), &mut context).unwrap();
    dmq1.checked_rem(&d, &(&q - &one), &mut context).unwrap();
    iqmp.mod_inverse(&q, &p, &mut context).unwrap();
    let n = &p * &q;
    let builder = RsaPrivateKeyBuilder::new(n, e, d).unwrap();
    builder.set_factors(p, q).unwrap().set_crt_params(dmp1, dmq1, iqmp).unwrap().build()
}
