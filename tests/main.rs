//! Everything is tested through the front door, from one binary: real router, real database, real identity providers.
#![allow(clippy::print_stderr)]

mod saml_accepts;
mod saml_attacks;
mod saml_federation;
mod saml_identity;
mod saml_metadata;
mod saml_protocol;
