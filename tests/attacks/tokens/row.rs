//! A row of the corpus, and the good token that each row is made from.

use super::super::table::ACCEPTED;
use super::super::traps::Traps;
use super::world::{SECOND, World};
use crate::oidc_issuer::{CLIENT, RSA, b64};
use serde_json::{Value, json};

/// One token, and how each surface answers it.
pub(super) struct Row {
    /// The row of the threat catalogue (E1 … F7), or `honest`.
    pub(super) threat: &'static str,
    pub(super) name: String,
    /// The advisory, paper or section where it is described.
    pub(super) reference: &'static str,
    pub(super) token: Box<dyn Fn(&Good) -> String + Send + Sync>,
    pub(super) login: &'static str,
    pub(super) api: &'static str,
    /// Which of the two issuers is asked.
    pub(super) provider: &'static str,
}

impl Row {
    /// The API answers otherwise than the login.
    pub(super) fn api(mut self, code: &'static str) -> Self {
        self.api = code;
        self
    }

    /// At the issuer that may sign with PS256 and EdDSA.
    pub(super) fn wide(mut self) -> Self {
        self.provider = "wide";
        self
    }
}

/// A token that is made from the good one, and the code of its refusal.
pub(super) fn hostile(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    token: impl Fn(&Good) -> String + Send + Sync + 'static,
) -> Row {
    let (name, token) = (name.into(), Box::new(token));
    Row { threat, name, reference, token, login: code, api: code, provider: "app" }
}

/// The good token, genuinely signed over a header with this member.
pub(super) fn header(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    member: &'static str,
    value: Value,
) -> Row {
    hostile(threat, name, reference, code, move |good| good.with_header(member, value.clone()))
}

/// The good token, genuinely signed with this claim.
pub(super) fn claim(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    claim: &'static str,
    value: Value,
) -> Row {
    hostile(threat, name, reference, code, move |good| good.sign(&good.with(claim, value.clone())))
}

/// The good token, genuinely signed without this claim.
pub(super) fn without(threat: &'static str, reference: &'static str, claim: &'static str) -> Row {
    hostile(threat, format!("no {claim}"), reference, "oidc.missing-claim", move |good| {
        let mut claims = good.claims();
        claims.as_object_mut().unwrap().remove(claim);
        good.sign(&claims)
    })
}

/// A token that honest issuers send.
pub(super) fn honest(
    name: &str,
    reference: &'static str,
    token: impl Fn(&Good) -> String + Send + Sync + 'static,
) -> Row {
    hostile("honest", name, reference, ACCEPTED, token)
}

/// The good token: alice, of this issuer, to this house, now, for this login.
pub(super) struct Good {
    pub(super) issuer: String,
    /// The other issuer that the house knows.
    pub(super) other_issuer: String,
    pub(super) nonce: String,
    /// A URL at which somebody would see whoever looked.
    pub(super) canary: String,
    pub(super) now: i64,
}

impl Good {
    pub(super) fn new(world: &World, provider: &str, nonce: &str, traps: &Traps) -> Self {
        let other = if provider == "app" { "wide" } else { "app" };
        Self {
            issuer: world.issuer(provider).url.clone(),
            other_issuer: world.issuer(other).url.clone(),
            nonce: nonce.to_owned(),
            canary: traps.url(),
            now: world.house.clock.now().unix_timestamp(),
        }
    }

    pub(super) fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "sub": "alice", "aud": CLIENT, "iat": self.now - 10, "exp": self.now + 600,
            "nonce": self.nonce, "email": "alice@example.com", "email_verified": true
        })
    }

    pub(super) fn with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[claim] = value;
        claims
    }

    /// For both clients, authorized for one.
    pub(super) fn with_party(&self, audience: Value, party: Value) -> Value {
        let mut claims = self.with("aud", audience);
        claims["azp"] = party;
        claims
    }

    pub(super) fn of_both(&self, party: Value) -> Value {
        self.with_party(json!([CLIENT, SECOND]), party)
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        RSA.sign(claims)
    }

    /// The good token as it is accepted.
    pub(super) fn token(&self) -> String {
        self.sign(&self.claims())
    }

    pub(super) fn with_header(&self, member: &str, value: Value) -> String {
        let mut header = RSA.header();
        header[member] = value;
        self.sign_text(&header.to_string(), &self.claims().to_string())
    }

    /// Any header and payload, JSON or not, genuinely signed.
    pub(super) fn sign_text(&self, header: &str, payload: &str) -> String {
        RSA.sign_text(header, payload)
    }

    /// The claims as a text in which something was replaced, genuinely signed.
    pub(super) fn sign_changed(&self, from: &str, to: &str) -> String {
        let text = self.claims().to_string();
        assert!(text.contains(from), "{from} is not in {text}");
        self.sign_text(&RSA.header().to_string(), &text.replacen(from, to, 1))
    }

    /// Header and payload of the good token with the signature that `signature` makes of them.
    pub(super) fn signed_otherwise(&self, header: &Value, signature: impl Fn(&str) -> Vec<u8>) -> String {
        let signed = format!("{}.{}", b64(header.to_string().as_bytes()), b64(self.claims().to_string().as_bytes()));
        let signature = b64(&signature(&signed));
        format!("{signed}.{signature}")
    }
}

/// The three parts of a token.
pub(super) fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}
