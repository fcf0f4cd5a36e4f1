//! What identity providers ask about us as a SAML service provider.

use super::super::House;
use super::{Line, Sheet, Snippet, line, sheet};
use crate::catalogue::Provider;
use crate::saml::ServiceProvider;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeSet;

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const AWS_ROLE: &str = "https://aws.amazon.com/SAML/Attributes/Role";
const AWS_NAME: &str = "https://aws.amazon.com/SAML/Attributes/RoleSessionName";

pub(super) fn sheets(house: &House, provider: &Provider) -> Vec<Sheet> {
    products(&Us::of(house, provider))
}

/// Our addresses and what we read.
struct Us<'a> {
    entity_id: &'a str,
    acs: &'a str,
    slo: &'a str,
    metadata: String,
    /// In PEM: what our requests are signed with.
    certificate: Option<String>,
    attributes: Vec<String>,
}

impl<'a> Us<'a> {
    fn of(house: &'a House, provider: &Provider) -> Self {
        let ours = &house.sign_in.service_provider;
        let read: BTreeSet<&str> = provider.rules.iter().flat_map(|rule| rule.reads()).collect();
        let mut attributes: Vec<String> =
            read.into_iter().filter(|name| *name != "name_id").map(str::to_owned).collect();
        if provider.role_attribute {
            attributes.extend([AWS_ROLE.to_owned(), AWS_NAME.to_owned()]);
        }
        let metadata = format!("{}saml/metadata", house.public_url);
        let certificates = ours.certificates();
        let signing = certificates.iter().find(|(purpose, _)| *purpose == "signing");
        let certificate = signing.map(|(_, key)| pem(key.certificate()));
        let ServiceProvider { entity_id, acs_url: acs, slo_url: slo, .. } = &**ours;
        Self { entity_id, acs, slo, metadata, certificate, attributes }
    }

    fn certificate(&self) -> Option<Snippet> {
        let text = self.certificate.clone()?;
        Some(Snippet { caption: "Signature certificate, where one is asked for: our requests are signed", text })
    }

    fn attributes(&self, field: &'static str) -> impl Iterator<Item = Line> {
        self.attributes.iter().map(move |name| line(field, name))
    }
}

fn products(us: &Us<'_>) -> Vec<Sheet> {
    let Us { entity_id, acs, slo, metadata, .. } = us;
    let with = |mut lines: Vec<Line>, field| {
        lines.extend(us.attributes(field));
        lines
    };
    let generic = with(
        vec![
            line("Metadata URL", metadata),
            line("Entity ID (audience)", *entity_id),
            line("Assertion consumer service (HTTP-POST)", *acs),
            line("Single logout service (HTTP-Redirect, HTTP-POST)", *slo),
            line("NameID format", PERSISTENT),
        ],
        "Attribute",
    );
    let okta = with(
        vec![
            line("Single sign-on URL", *acs),
            line("Audience URI (SP Entity ID)", *entity_id),
            line("Name ID format", "EmailAddress"),
            line("Assertion Signature", "Signed"),
            line("Single Logout URL", *slo),
            line("SP Issuer", *entity_id),
        ],
        "Attribute or group attribute statement",
    );
    let entra = with(
        vec![
            line("Identifier (Entity ID)", *entity_id),
            line("Reply URL (Assertion Consumer Service URL)", *acs),
            line("Logout Url", *slo),
            line("Signing option", "Sign SAML assertion"),
        ],
        "Claim",
    );
    let adfs = with(
        vec![
            line("Federation metadata address", metadata),
            line("Relying party SAML 2.0 SSO service URL", *acs),
            line("Relying party trust identifier", *entity_id),
            line("SAML logout endpoint (POST)", *slo),
        ],
        "Outgoing claim type",
    );
    let google = with(
        vec![
            line("ACS URL", *acs),
            line("Entity ID", *entity_id),
            line("Name ID format", "EMAIL"),
            line("Name ID", "Basic Information > Primary email"),
        ],
        "App attribute",
    );
    let keycloak = with(
        vec![
            line("Client ID", *entity_id),
            line("Valid redirect URIs", *acs),
            line("Master SAML Processing URL", *acs),
            line("Assertion Consumer Service POST Binding URL", *acs),
            line("Logout Service POST Binding URL", *slo),
            line("Name ID format", "persistent"),
            line("Sign assertions", "On"),
        ],
        "SAML Attribute Name",
    );
    let simple = with(
        vec![line("Metadata URL", metadata), line("Entity ID", *entity_id), line("NameIDFormat", PERSISTENT)],
        "attributes",
    );
    vec![
        Sheet {
            snippet: us.certificate(),
            ..sheet("Okta", "Applications > Create App Integration > SAML 2.0 > Configure SAML", okta)
        },
        sheet("Microsoft Entra ID", "Enterprise application > Single sign-on > SAML", entra),
        sheet("AD FS", "Relying Party Trusts > Add Relying Party Trust", adfs),
        sheet(
            "Google Workspace",
            "Apps > Web and mobile apps > Add custom SAML app > Service provider details",
            google,
        ),
        Sheet { snippet: Some(keycloak_client(us)), ..sheet("Keycloak", "Clients > Create client > SAML", keycloak) },
        Sheet { snippet: Some(simplesamlphp(us)), ..sheet("SimpleSAMLphp", "metadata/saml20-sp-remote.php", simple) },
        Sheet {
            snippet: us.certificate(),
            ..sheet("Another identity provider", "its form for a service provider", generic)
        },
    ]
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// For "Import client".
fn keycloak_client(us: &Us<'_>) -> Snippet {
    let mapper = |name: &String| {
        json!({
            "name": name, "protocol": "saml", "protocolMapper": "saml-user-attribute-mapper",
            "config": { "user.attribute": name, "attribute.name": name, "attribute.nameformat": "Basic" },
        })
    };
    let client = json!({
        "clientId": us.entity_id,
        "name": "Gatehouse",
        "protocol": "saml",
        "enabled": true,
        "frontchannelLogout": true,
        "redirectUris": [us.acs],
        "adminUrl": us.acs,
        "attributes": {
            "saml.assertion.signature": "true",
            "saml.server.signature": "true",
            "saml.signature.algorithm": "RSA_SHA256",
            "saml.client.signature": "false",
            "saml.force.post.binding": "true",
            "saml.authnstatement": "true",
            "saml_name_id_format": "persistent",
            "saml_assertion_consumer_url_post": us.acs,
            "saml_single_logout_service_url_post": us.slo,
            "saml_single_logout_service_url_redirect": us.slo,
        },
        "protocolMappers": us.attributes.iter().map(mapper).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&client).unwrap_or_default();
    Snippet { caption: "For “Import client”, with one mapper for each attribute that is read", text }
}

fn simplesamlphp(us: &Us<'_>) -> Snippet {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let attributes: Vec<String> = us.attributes.iter().map(|name| format!("        {},\n", quoted(name))).collect();
    let attributes = match attributes.is_empty() {
        true => String::new(),
        false => format!("    'attributes' => [\n{}    ],\n", attributes.concat()),
    };
    let text = format!(
        "$metadata[{}] = [\n    'AssertionConsumerService' => {},\n    'SingleLogoutService' => {},\n    'NameIDFormat' => '{PERSISTENT}',\n    'saml20.sign.assertion' => true,\n{attributes}];\n",
        quoted(us.entity_id),
        quoted(us.acs),
        quoted(us.slo),
    );
    Snippet { caption: "For metadata/saml20-sp-remote.php", text }
}
