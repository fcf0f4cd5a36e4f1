//! Everything is tested through the front door, from one binary: real router, real database, real identity providers.
#![allow(clippy::print_stderr)]

mod catalogue_expression;
mod demo_authority;
mod demo_idp;
mod house;
mod oidc_fetch;
mod oidc_issuer;
mod oidc_keys;
mod oidc_login;
mod oidc_token;
mod policy_decisions;
mod policy_documents;
mod saml_accepts;
mod saml_attacks;
mod saml_federation;
mod saml_identity;
mod saml_metadata;
mod saml_protocol;
mod shipped_configuration;
mod sigv4_hostile;
mod sigv4_presigned;
mod sigv4_vectors;
