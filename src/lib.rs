//! Gatehouse: checks a traveller's papers, looks up what they are good for, hands out a pass that ends by itself, and
//! writes the visit in its book.
//!
//! The chain of types is the safety of the house. Each step takes the one before it by value and can be made by
//! nothing else:
//!
//! ```text
//! UnverifiedResponse ─verify→ VerifiedAssertion ┐
//! UnverifiedToken    ─verify→ VerifiedToken     ├→ Principal + Claims ─evaluate→ TrustDecision
//! SignedRequest      ─verify→ VerifiedCaller    ┘                                  │ Allow(RoleGrant)
//!                                     Credentials ←─ mint(RoleGrant) + RoleSession + audit record
//! ```
//!
//! The rings import inward only: R0 `words ambient trace metrics`, R1 `policy saml jail oidc sigv4 outbound store limits`,
//! R2 `metadata audit catalogue trust`, R3 `sts issuer`, R4 `signin console`, R5 `gateway`; `app` builds services from `config`, `cli` runs
//! them, and `demo` is a development identity provider beside the house.

#![forbid(unsafe_code)]

pub mod ambient;
pub mod app;
pub mod audit;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
pub mod gateway;
pub mod issuer;
pub mod jail;
pub mod limits;
pub mod metadata;
pub mod metrics;
pub mod oidc;
pub mod outbound;
pub mod policy;
pub mod saml;
pub mod signin;
pub mod sigv4;
pub mod store;
pub mod sts;
pub mod trace;
pub mod trust;
pub mod words;
