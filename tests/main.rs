//! Everything is tested through the front door, from one binary: real router, real database, real identity providers.
#![allow(clippy::print_stderr)]

mod demo_authority;
mod demo_idp;
mod oidc_fetch;
mod oidc_issuer;
mod oidc_keys;
mod oidc_login;
mod oidc_token;
mod policy_decisions;
mod policy_documents;
mod sigv4_hostile;
mod sigv4_presigned;
mod sigv4_vectors;
