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
    SigLimit = "sigv4.limit", "Send fewer or shorter headers, a shorter path or query; put parameters into the body.";
    SigRequestForm = "sigv4.request-form", "Send well-formed HTTP: an upper-case method, a path from the root, header values on one line.";
    SigEscape = "sigv4.escape", "Write every percent sign as %25 or as part of a two-digit escape.";
    SigMissing = "sigv4.missing", "Sign the request with AWS Signature Version 4.";
    SigBoth = "sigv4.both", "Authenticate by the Authorization header or by the query, not by both.";
    SigAlgorithm = "sigv4.algorithm", "Sign with AWS4-HMAC-SHA256; older and asymmetric versions are not accepted.";
    SigPair = "sigv4.pair", "Write the Authorization header as Credential=…, SignedHeaders=…, Signature=….";
    SigRepeatedParameter = "sigv4.repeated-parameter", "Give each authentication parameter once.";
    SigUnknownParameter = "sigv4.unknown-parameter", "Use the authentication parameters of Signature Version 4 only, in their exact spelling.";
    SigIncomplete = "sigv4.incomplete", "Add the parts that are named.";
    SigSignatureForm = "sigv4.signature-form", "Give the signature as 64 lower-case hexadecimal digits.";
    SigSignedHeaders = "sigv4.signed-headers", "List the signed headers in lower case, sorted, each once, separated by semicolons.";
    SigHostUnsigned = "sigv4.host-unsigned", "Sign the host header.";
    SigUnsignedHeader = "sigv4.unsigned-header", "Sign every x-amz-* header, or have the proxy that adds it remove it.";
    SigSignedHeaderAbsent = "sigv4.signed-header-absent", "Have the proxy in between pass every signed header on.";
    SigDuplicateHeader = "sigv4.duplicate-header", "Send the header once; a proxy in between may be adding it.";
    SigDate = "sigv4.date", "Send X-Amz-Date as in 20260102T030405Z.";
    SigDatesDiffer = "sigv4.dates-differ", "Send one time: leave Date out where X-Amz-Date is signed.";
    SigExpires = "sigv4.expires", "Presign with X-Amz-Expires from 1 to 604800 seconds; the URL lives 15 minutes in any case.";
    SigExpired = "sigv4.expired", "Set the client's clock, or sign again: a signature lives 15 minutes.";
    SigNotYetCurrent = "sigv4.not-yet-current", "Set the client's clock: it is more than 15 minutes fast.";
    SigCredential = "sigv4.credential", "Write the credential as keyid/date/region/service/aws4_request.";
    SigRegion = "sigv4.region", "Configure the client with a region such as us-east-1.";
    SigService = "sigv4.service", "Sign for the service sts; this endpoint answers no other.";
    SigTerminator = "sigv4.terminator", "End the credential scope with aws4_request.";
    SigScopeDate = "sigv4.scope-date", "Use the day of X-Amz-Date, in UTC, in the credential scope.";
    SigTwoSessionTokens = "sigv4.two-session-tokens", "Send the session token in the presigned query only.";
    SigSessionTokenForm = "sigv4.session-token-form", "Send the session token exactly as it was given out.";
    SigPayloadUnsupported = "sigv4.payload-unsupported", "Sign the SHA-256 of the whole body; unsigned and streaming payloads are not accepted.";
    SigPayloadMismatch = "sigv4.payload-mismatch", "Something changed the body after it was signed; look at proxies that rewrite it.";
    SigMismatch = "sigv4.mismatch", "Check the secret access key, and that proxies keep host, path, query and signed headers as they are.";

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
