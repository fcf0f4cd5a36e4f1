//! `groups_overage` of a provider: whom to ask for the groups that do not fit into a token.

use super::{Section, outbound};
use crate::oidc::GroupsSource;

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
    outbound::base(table, "endpoint", &text).map(|url| url.as_str().trim_end_matches('/').to_owned())
}
