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
    OidcTooLong = "oidc.too-long", "Send an ID token of at most 20,000 characters; ask the issuer for fewer claims.";
    OidcEncrypted = "oidc.encrypted", "Have the issuer send signed ID tokens without encryption.";
    OidcNotAJwt = "oidc.not-a-jwt", "Send the ID token (three base64url parts separated by dots), not an access token or the whole token response.";
    OidcJson = "oidc.json", "Have the issuer send plain JSON objects; nothing else can be read here.";
    OidcDuplicateMember = "oidc.duplicate-member", "Have the issuer write each JSON member once; two of one name could be read in two ways.";
    OidcTooDeep = "oidc.too-deep", "Have the issuer nest its claims less deeply.";
    OidcAlgorithm = "oidc.algorithm", "Have the issuer sign its ID tokens with RS256 or ES256.";
    OidcCriticalHeader = "oidc.critical-header", "Have the issuer leave out the crit header; no extension is understood here.";
    OidcHeaderMember = "oidc.header-member", "Have the issuer send plain signed tokens, without b64, zip, enc or cty in the header.";
    OidcTokenType = "oidc.token-type", "Send the ID token; access tokens, logout tokens and proofs are not accepted in its place.";
    OidcKeyId = "oidc.key-id", "Have the issuer name its keys by texts of 1 to 256 bytes.";
    OidcMissingClaim = "oidc.missing-claim", "Have the issuer include the claim that is named.";
    OidcClaimType = "oidc.claim-type", "Have the issuer send the claim in the type that OpenID Connect gives it.";
    OidcNoUsableKey = "oidc.no-usable-key", "Publish at least one RSA key of 2048 bits or more, or a P-256 key, for signatures in the issuer's key set.";
    OidcKeyIdMissing = "oidc.key-id-missing", "Have the issuer name the signing key in the token's kid header.";
    OidcKeyAlgorithm = "oidc.key-algorithm", "Have the issuer sign with the algorithm of the key that it names.";
    OidcUnknownKey = "oidc.unknown-key", "Have the issuer publish the signing key before using it; a new key set is fetched at most every 30 seconds.";
    OidcSignature = "oidc.signature", "Send the token exactly as the issuer signed it, and check that it is of this issuer's environment.";
    OidcIssuer = "oidc.issuer", "Make the provider's issuer equal the token's iss, character by character.";
    OidcSubject = "oidc.subject", "Have the issuer send a sub of 1 to 255 characters without control characters.";
    OidcAuthorizedParty = "oidc.authorized-party", "List the token's azp in the provider's client_ids if that client may be used here.";
    OidcAudience = "oidc.audience", "List the token's aud in the provider's client_ids, or beside an azp in its audiences.";
    OidcAuthorizedPartyMissing = "oidc.authorized-party-missing", "Ask the issuer for a token with one audience, or with azp.";
    OidcLoginClient = "oidc.login-client", "Make login.client_id the client that the issuer's tokens are for.";
    OidcTimeRange = "oidc.time-range", "Have the issuer send times as seconds since 1970.";
    OidcIssuedInFuture = "oidc.issued-in-future", "Set the clocks of issuer and gateway; clock_skew covers up to five minutes.";
    OidcNotYetValid = "oidc.not-yet-valid", "Use the token after its nbf, and set the clocks of issuer and gateway.";
    OidcExpired = "oidc.expired", "Get a new token from the issuer.";
    OidcEvents = "oidc.events", "Send the ID token, not a logout or security event token.";
    OidcNonce = "oidc.nonce", "Begin the sign-in again in this browser.";
    OidcAccessTokenHash = "oidc.access-token-hash", "Begin the sign-in again; the issuer mixed two responses.";
    OidcIssuerUrl = "oidc.issuer-url", "Write the issuer as an https URL with host, perhaps port and path, and nothing else.";
    OidcDiscoveryIssuer = "oidc.discovery-issuer", "Make the provider's issuer equal the issuer in its own discovery document, trailing slash included.";
    OidcDiscoveryMember = "oidc.discovery-member", "Have the issuer publish the endpoint that is named as an https URL.";
    OidcKeySetShape = "oidc.key-set-shape", "Have the issuer publish a JSON Web Key Set at its jwks_uri.";
    OidcProviderStatus = "oidc.provider-status", "Check that the issuer publishes this document at the place where it is looked for.";
    OidcProviderBusy = "oidc.provider-busy", "Try again in a few seconds.";
    OidcLoginUnconfigured = "oidc.login-unconfigured", "Give the provider a login client, or exchange tokens by the API.";
    OidcLoginParameter = "oidc.login-parameter", "Begin the sign-in again.";
    OidcClientAuthentication = "oidc.client-authentication", "Allow client_secret_basic or client_secret_post for this client at the issuer, or make it a public client.";
    OidcCodeRefused = "oidc.code-refused", "Begin the sign-in again; if it happens each time, check login.client_id, its secret and the redirect URI at the issuer.";
    OidcTokenResponse = "oidc.token-response", "Allow the scope openid for this client at the issuer, so that it answers with an ID token.";

    // --- outbound: fetching from a provider -------------------------------------------------------------------
    OutboundAuthority = "outbound.authority", "Give the provider's ca as PEM certificates.";
    OutboundClient = "outbound.client", "Install the system's CA certificates, or give the provider a ca.";
    OutboundUrl = "outbound.url", "Write a URL with a host and without user name and fragment.";
    OutboundScheme = "outbound.scheme", "Use https; http is for loopback hosts only.";
    OutboundRefusedAddress = "outbound.refused-address", "The host leads to a private, loopback or link-local address; list its network in the provider's allowed_networks if that is intended.";
    OutboundTimeLimit = "outbound.time-limit", "Find out why the provider takes longer than the time limit to answer.";
    OutboundUnreachable = "outbound.unreachable", "Check the provider's name, network path and TLS certificate from this machine.";
    OutboundServerError = "outbound.server-error", "The provider is failing; try again later or ask its operators.";
    OutboundRedirect = "outbound.redirect", "Name the address that the redirect leads to; redirects are not followed.";
    OutboundTooLarge = "outbound.too-large", "Have the provider answer with less than one mebibyte.";

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
    TrustRuleFailed = "trust.rule-failed", "Mend the rule, or guard it with has(claims.…) in its \"when\": it reads a claim that these papers do not have, or has the wrong type.";
    TrustNoRoleGiven = "trust.no-role-given", "Give the person a role on the provider's side: a rule that matches their claims, or the AWS Role attribute at the identity provider.";
    TrustRoleNotGiven = "trust.role-not-given", "Ask for a role that the provider gives for these claims, or add a rule (or a Role attribute value) that gives this one.";
    TrustNoSessionName = "trust.no-session-name", "Send the RoleSessionName attribute, or set session_name in the rule that gives the role.";
    TrustBadSessionName = "trust.bad-session-name", "Send a RoleSessionName of 2 to 64 letters, digits and _+=,.@- (an e-mail address will do).";
    TrustSessionNamesDiffer = "trust.session-names-differ", "Let all rules that give this role set the same session_name, or only one of them.";
    TrustAmbiguousClaim = "trust.ambiguous-claim", "Let the identity provider send the claim under one spelling only.";
    TrustNoSuchRole = "trust.no-such-role", "Check the role's ARN; add a [[role]] if it should exist.";
    TrustExplicitDeny = "trust.explicit-deny", "The named statement of the role's trust policy denies it; change that statement if it should not.";
    TrustImplicitDeny = "trust.no-statement-allows", "Add a statement to the role's trust policy that allows this principal and whose conditions hold for these claims.";
    TrustCallerNotAllowed = "trust.caller-not-allowed", "Allow sts:AssumeRole on the role in the caller's own policies, or name the caller itself in the role's trust policy.";

    // --- sts: the request and what becomes of it --------------------------------------------------------------
    StsRepeatedParameter = "sts.repeated-parameter", "Send each parameter once, in the body or in the query but not in both.";
    StsMissingAction = "sts.missing-action", "Send an Action parameter, as in Action=GetCallerIdentity&Version=2011-06-15.";
    StsUnknownAction = "sts.unknown-action", "Use AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity or GetCallerIdentity, Version 2011-06-15.";
    StsViolations = "sts.parameters", "Mend the parameters that are named.";
    StsParameterNotActedOn = "sts.parameter-not-acted-on", "Leave the parameter out; this build would have to ignore it, and ignoring it might give more than was asked for.";
    StsUnknownAccessKey = "sts.unknown-access-key", "Check the access key id; temporary keys (ASIA…) need their session token as well.";
    StsTokenDoesNotFit = "sts.token-does-not-fit", "Send the session token that came with this access key, and none with a long-lived key.";
    StsSessionEnded = "sts.session-ended", "Get new credentials; these have reached their end.";
    StsUnknownIdentityProvider = "saml.unknown-issuer", "Register this identity provider: add a [[provider]] with the metadata whose entityID equals the assertion's Issuer.";
    StsNotThatProvider = "saml.other-provider", "Give the PrincipalArn of the provider whose key signed the assertion.";
    StsUnknownIssuer = "oidc.unknown-issuer", "Register the issuer in the role's account: add a [[provider]] whose issuer equals the token's iss.";
    StsUnknownProviderId = "oidc.unknown-provider-id", "Leave ProviderId out: it is for access tokens of providers that this build does not know.";
    StsDurationAboveMaximum = "sts.duration-above-maximum", "Ask for a shorter duration, or raise max_session of the role.";
    StsChainedDuration = "sts.chained-duration", "Ask for at most 3600 seconds: a role assumed with a role's credentials lasts an hour at most.";
    StsReplayed = "saml.replayed", "Get a fresh assertion; this one has been used (in a browser once, at the API once for each role).";
    StsNothingLeft = "sts.nothing-left", "Sign in again at the identity provider; its session has ended.";
    StsStore = "sts.store", "Try again; if it stays, look at the server's log: the database does not take writes.";

    // --- signin: a browser's way to a session -----------------------------------------------------------------
    SignInUnknownProvider = "signin.unknown-provider", "Use the name of a provider that people sign in through, or account:name where the name occurs twice.";
    SignInNoAttempt = "signin.no-attempt", "Begin again at the sign-in page in the browser that you want to be signed in with, and let it keep cookies.";
    SignInOtherProvider = "signin.other-provider", "Begin again at the sign-in page; the answer came from another provider than the one that was asked.";
    SignInProviderRefused = "signin.provider-refused", "The identity provider ended the sign-in; its own words are in the trace.";

    // --- console: sign-in URLs and sessions -------------------------------------------------------------------
    ConsoleBadSession = "console.bad-session", "Send Session as JSON: {\"sessionId\": …, \"sessionKey\": …, \"sessionToken\": …}.";
    ConsoleBadCredentials = "console.bad-credentials", "Send the three parts of one set of temporary role credentials that this gateway gave.";
    ConsoleCredentialsEnded = "console.credentials-ended", "Get new credentials first; these have ended.";
    ConsoleBadDuration = "console.bad-duration", "Give SessionDuration in seconds, 900 to 43200, or leave it out.";
    ConsoleChainedDuration = "console.chained-duration", "Leave SessionDuration out: a chained role's session lasts as long as its credentials.";
    ConsoleTokenSpent = "console.token-spent", "Ask for a new sign-in URL: each is good once and for 15 minutes.";
    ConsoleBadDestination = "console.bad-destination", "Lead to our own pages, or add the destination's prefix to console.destinations.";
    ConsoleNotSignedIn = "console.not-signed-in", "Sign in.";
    ConsoleForeignForm = "console.foreign-form", "Open the page again and send the form from there.";
    ConsoleNotAChoice = "console.not-a-choice", "Choose one of the roles on the page.";
}
