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
    PolicySize = "policy.size", "Split the policy; a document has at most 128 KiB.";
    PolicyJson = "policy.json", "Mend the document's JSON at the line and column named.";
    PolicyDepth = "policy.depth", "Flatten the value; nothing in a policy nests that deep.";
    PolicyDuplicate = "policy.duplicate", "Merge the two members of that name into one, its values as a list.";
    PolicyMissing = "policy.missing", "Add the element that is named.";
    PolicyVersion = "policy.version", "Write \"Version\": \"2012-10-17\"; the older language is not read.";
    PolicyShape = "policy.shape", "Give the element the kind of value that is named.";
    PolicyEmpty = "policy.empty", "Give at least one entry, or remove the element.";
    PolicyTooMany = "policy.too-many", "Split the list over several statements or policies.";
    PolicyUnknownElement = "policy.unknown-element", "Correct the element's name; capital letters count.";
    PolicyNotSupported = "policy.not-supported", "Rewrite the statement without this element; it would otherwise be ignored, which is never done.";
    PolicyProhibited = "policy.prohibited", "Remove the element; this kind of document cannot have it.";
    PolicySid = "policy.sid", "Use letters and digits, and each Sid once.";
    PolicyEffect = "policy.effect", "Write Allow or Deny, with that capital letter.";
    PolicyAction = "policy.action", "Write service:Name; wildcards belong into the name, or stand alone as \"*\".";
    PolicyTrustAction = "policy.trust-action", "Name sts:AssumeRole, sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, sts:TagSession or sts:SetSourceIdentity.";
    PolicyResource = "policy.resource", "Write the whole ARN, arn:partition:service:region:account:resource, or \"*\".";
    PolicyPrincipal = "policy.principal", "Name an account, a user, a role or a session (AWS), or a provider's ARN or well-known name (Federated); partial wildcards belong into a condition.";
    PolicyOperator = "policy.operator", "Use StringEquals or StringLike.";
    PolicyConditionKey = "policy.condition-key", "Correct the key; claims are written as the issuer without https://, a colon, and the claim.";
    PolicyVariable = "policy.variable", "Write the value out; ${…} is not substituted.";

    // --- trust: who may become what ---------------------------------------------------------------------------
    TrustImplicitDeny = "trust.no-statement-allows", "Add a statement to the role's trust policy that allows this principal and whose conditions hold for these claims.";
}
