//! What an OpenID provider asks about us as its client.

use super::super::House;
use super::{Line, Sheet, Snippet, line, sheet};
use crate::catalogue::{OidcProvider, Provider};
use serde_json::json;

pub(super) fn sheets(house: &House, provider: &Provider, oidc: &OidcProvider) -> Vec<Sheet> {
    products(&Client::of(house, provider, oidc))
}

/// Our addresses, and what is asked of the provider.
struct Client {
    redirect: String,
    logout: String,
    back_channel: String,
    front_channel: String,
    keys: Option<String>,
    scopes: String,
    home: String,
}

impl Client {
    fn of(house: &House, provider: &Provider, oidc: &OidcProvider) -> Self {
        let name = house.sts.catalogue.name_of(provider);
        let at = |path: &str| format!("{}oidc/{path}/{name}", house.public_url);
        let scopes = std::iter::once("openid").chain(oidc.relying_party.login_scopes().iter().map(String::as_str));
        Self {
            redirect: house.sign_in.oidc_redirect_uri(provider),
            logout: at("logout"),
            back_channel: at("backchannel-logout"),
            front_channel: at("frontchannel-logout"),
            keys: oidc.relying_party.client_key_set().map(|_| at("client-keys")),
            scopes: scopes.collect::<Vec<_>>().join(" "),
            home: house.public_url.to_string(),
        }
    }
}

fn products(us: &Client) -> Vec<Sheet> {
    let Client { redirect, logout, back_channel, front_channel, keys, scopes, home } = us;
    let with_keys = |mut lines: Vec<Line>, field| {
        lines.extend(keys.as_ref().map(|keys| line(field, keys)));
        lines
    };
    let okta = vec![
        line("Grant type", "Authorization Code"),
        line("Sign-in redirect URIs", redirect),
        line("Sign-out redirect URIs", logout),
        line("Logout redirect URI (front-channel)", front_channel),
    ];
    let entra = vec![
        line("Platform", "Web"),
        line("Redirect URIs", redirect),
        line("Front-channel logout URL", front_channel),
        line("Delegated permissions", scopes),
    ];
    let adfs = vec![line("Template", "Server application accessing a web API"), line("Redirect URI", redirect)];
    let google = vec![line("Application type", "Web application"), line("Authorized redirect URIs", redirect)];
    let keycloak = vec![
        line("Client type", "OpenID Connect"),
        line("Client authentication", "On"),
        line("Valid redirect URIs", redirect),
        line("Valid post logout redirect URIs", logout),
        line("Backchannel logout URL", back_channel),
        line("Home URL", home),
    ];
    let generic = vec![
        line("redirect_uris", redirect),
        line("post_logout_redirect_uris", logout),
        line("backchannel_logout_uri", back_channel),
        line("frontchannel_logout_uri", front_channel),
        line("response_types", "code"),
        line("code_challenge_method", "S256"),
        line("scope", scopes),
    ];
    vec![
        sheet(
            "Okta",
            "Applications > Create App Integration > OIDC - Web Application",
            with_keys(okta, "Public keys URL"),
        ),
        sheet("Microsoft Entra ID", "App registrations > Authentication", entra),
        sheet("AD FS", "Application Groups > Add Application Group", adfs),
        sheet("Google Workspace", "Google Cloud console > APIs & Services > Credentials > OAuth client ID", google),
        Sheet {
            snippet: Some(keycloak_client(us)),
            ..sheet("Keycloak", "Clients > Create client > OpenID Connect", with_keys(keycloak, "JWKS URL"))
        },
        sheet(
            "Another identity provider",
            "its form for a client, or dynamic registration",
            with_keys(generic, "jwks_uri"),
        ),
    ]
}

/// For "Import client".
fn keycloak_client(us: &Client) -> Snippet {
    let client = json!({
        "name": "Gatehouse",
        "protocol": "openid-connect",
        "enabled": true,
        "publicClient": false,
        "standardFlowEnabled": true,
        "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": false,
        "redirectUris": [us.redirect],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": us.logout,
            "backchannel.logout.url": us.back_channel,
            "backchannel.logout.session.required": "true",
        },
    });
    let text = serde_json::to_string_pretty(&client).unwrap_or_default();
    Snippet { caption: "For “Import client”; set the client ID to the one in login.client_id", text }
}
