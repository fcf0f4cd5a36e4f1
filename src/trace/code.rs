//! The stable failure codes. A code is a promise: it names one cause, it never changes its meaning, and it carries
//! the remedy. Documentation, dashboards and tests refer to the text on the left.

macro_rules! codes {
    ($($(#[$group:meta])* $name:ident = $text:literal, $remedy:literal;)*) => {
        /// One cause of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$group])* $name,)* }

        impl Code {
            /// Every code there is, for documentation and tests.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable text, as in `saml.audience`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What to do about it, in one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    // --- saml: a response's way to a verified assertion -------------------------------------------------------
    SamlBase64 = "saml.base64", "Send the SAMLResponse form field exactly as the identity provider made it: standard base64, line breaks allowed.";

    // --- oidc: a token's way to verified claims ---------------------------------------------------------------
    OidcNotAJwt = "oidc.not-a-jwt", "Send the ID token (three base64url parts separated by dots), not an access token or the whole token response.";

    // --- outbound: fetching from a provider -------------------------------------------------------------------
    OutboundRefusedAddress = "outbound.refused-address", "The host leads to a private, loopback or link-local address; list its network in the provider's allowed_networks if that is intended.";

    // --- sigv4: a signed request's way to a verified caller ---------------------------------------------------
    SigMissing = "sigv4.missing", "Sign the request with AWS Signature Version 4.";

    // --- policy: documents that cannot be acted on ------------------------------------------------------------
    PolicyJson = "policy.json", "Mend the document's JSON at the place named.";

    // --- trust: who may become what ---------------------------------------------------------------------------
    TrustImplicitDeny = "trust.no-statement-allows", "Add a statement to the role's trust policy that allows this principal and whose conditions hold for these claims.";
}
