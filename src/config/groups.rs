//! `groups_overage` of a provider: whom to ask for the groups that do not fit into a token.

use super::Section;
use crate::oidc::GroupsSource;
use crate::words::has_safe_scheme;
use url::Url;

const GRAPH: &str = "https://graph.microsoft.com/v1.0";

pub(super) fn read(section: &Section<'_>) -> Option<GroupsSource> {
    let table = section.section("groups_overage")?;
    let endpoint = endpoint(&table);
    let client_id = table.required_string("client_id");
    table.required("client_secret");
    let client_secret = table.secret("client_secret");
    table.finish();
    Some(GroupsSource { endpoint: endpoint?, client_id: client_id?, client_secret })
}

fn endpoint(table: &Section<'_>) -> Option<String> {
    let text = table.string("endpoint").unwrap_or_else(|| GRAPH.to_owned());
    let plain = |url: &Url| {
        let bare = url.username().is_empty() && url.password().is_none();
        bare && url.query().is_none() && url.fragment().is_none() && has_safe_scheme(url)
    };
    let url = Url::parse(&text).ok().filter(plain);
    if url.is_none() {
        table.mistake(
            "endpoint",
            format!("must be an https URL (or http on loopback) without a query, as in \"{GRAPH}\""),
        );
    }
    url.map(|url| url.as_str().trim_end_matches('/').to_owned())
}
