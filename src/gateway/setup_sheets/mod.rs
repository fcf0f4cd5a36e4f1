//! What identity providers ask about us when they are set up, each under the names that its own forms use.

mod openid;
mod saml;

use super::House;
use crate::catalogue::Provider;

/// What one product asks for.
pub(super) struct Sheet {
    pub(super) product: &'static str,
    /// Where it asks.
    pub(super) place: &'static str,
    pub(super) lines: Vec<Line>,
    pub(super) snippet: Option<Snippet>,
}

pub(super) struct Line {
    /// The field, as the product calls it.
    pub(super) field: &'static str,
    pub(super) value: String,
}

/// For products that take a file.
pub(super) struct Snippet {
    pub(super) caption: &'static str,
    pub(super) text: String,
}

pub(super) fn sheets(house: &House, provider: &Provider) -> Vec<Sheet> {
    match (provider.saml(), provider.oidc()) {
        (Some(_), _) => saml::sheets(house, provider),
        (None, Some(oidc)) if oidc.login => openid::sheets(house, provider, oidc),
        _ => Vec::new(),
    }
}

fn line(field: &'static str, value: impl Into<String>) -> Line {
    Line { field, value: value.into() }
}

fn sheet(product: &'static str, place: &'static str, lines: Vec<Line>) -> Sheet {
    Sheet { product, place, lines, snippet: None }
}
