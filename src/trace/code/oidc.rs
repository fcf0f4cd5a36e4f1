//! A token's way to verified claims.

macro_rules! oidc {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            OidcTooLong = "oidc.too-long", "Send an ID token of at most 20,000 characters; ask the issuer for fewer claims.";
            OidcEncrypted = "oidc.encrypted", "Have the issuer send signed ID tokens without encryption.";
            OidcNotAJwt = "oidc.not-a-jwt", "Send the ID token (three base64url parts separated by dots), not an access token or the whole token response.";
            OidcJson = "oidc.json", "Have the issuer send plain JSON objects; nothing else can be read here.";
            OidcDuplicateMember = "oidc.duplicate-member", "Have the issuer write each JSON member once; two of one name could be read in two ways.";
            OidcTooDeep = "oidc.too-deep", "Have the issuer nest its claims less deeply.";
            OidcAlgorithm = "oidc.algorithm", "Have the issuer sign its ID tokens with RS256 or ES256 (or 384, 512), or list PS256 or EdDSA in the provider's algorithms.";
            OidcCriticalHeader = "oidc.critical-header", "Have the issuer leave out the crit header; no extension is understood here.";
            OidcHeaderMember = "oidc.header-member", "Have the issuer send plain signed tokens, without b64, zip, enc or cty in the header.";
            OidcTokenType = "oidc.token-type", "Send the ID token; access tokens, logout tokens and proofs are not accepted in its place.";
            OidcKeyId = "oidc.key-id", "Have the issuer name its keys by texts of 1 to 256 bytes.";
            OidcMissingClaim = "oidc.missing-claim", "Have the issuer include the claim that is named.";
            OidcClaimType = "oidc.claim-type", "Have the issuer send the claim in the type that OpenID Connect gives it.";
            OidcNoUsableKey = "oidc.no-usable-key", "Publish at least one RSA key of 2048 bits or more, or a P-256 key, for signatures in the issuer's key set.";
            OidcKeyIdMissing = "oidc.key-id-missing", "Have the issuer name the signing key in the token's kid header.";
            OidcKeyAlgorithm = "oidc.key-algorithm", "Have the issuer sign with the algorithm that the key it names is published for.";
            OidcKeyType = "oidc.key-type", "Sign with RSA, P-256, P-384, P-521 or Ed25519; shared secrets and other curves are not verified with.";
            OidcPrivateKey = "oidc.private-key", "Replace the key at once: whoever has read the set can sign with it. Publish kty, n and e, or kty, crv, x and y, and nothing secret.";
            OidcBrokenKey = "oidc.broken-key", "Have the issuer publish the key as RFC 7518 §6 has it: every member in base64url without padding, a point on its curve.";
            OidcKeySize = "oidc.key-size", "Have the issuer sign with an RSA key of 2048 to 8192 bits.";
            OidcKeyExponent = "oidc.key-exponent", "Have the issuer make an RSA key with the usual exponent, 65537.";
            OidcFactorableKey = "oidc.factorable-key", "Replace the issuer's key at once: it was made by a chip whose keys can be factored (ROCA, CVE-2017-15361).";
            OidcKeyUse = "oidc.key-use", "Have the issuer sign with a key that is published for signatures (use \"sig\", or no use).";
            OidcKeyOperations = "oidc.key-operations", "Have the issuer publish its signing key with key_ops [\"verify\"], or without key_ops.";
            OidcTooManyKeys = "oidc.too-many-keys", "Have the issuer withdraw old keys: beyond a hundred of one type, none of that type is used.";
            OidcUnknownKey = "oidc.unknown-key", "Have the issuer publish the signing key before using it; a new key set is fetched at most every 30 seconds. Where jwks is a file, put the issuer's current key set into it.";
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
            OidcCodeHash = "oidc.code-hash", "Begin the sign-in again; the ID token was made for another authorization code.";
            OidcAuthnTooOld = "oidc.authn-too-old", "Have the issuer honour prompt=login and max_age: the person must authenticate anew when they are asked to.";
            OidcGroupsOverage = "oidc.groups-overage", "Check the provider's groups_overage: its endpoint, and that the application there has the permission GroupMember.Read.All with an administrator's consent.";
            OidcAwsClaim = "oidc.aws-claim", "Have the issuer send https://aws.amazon.com/tags as {\"principal_tags\": {\"team\": [\"ops\"]}, \"transitive_tag_keys\": [\"team\"]}, or flattened as …/tags/principal_tags/team and …/tags/transitive_tag_keys.";
            OidcTagValue = "oidc.tag-value", "Have the issuer give each tag exactly one value of at most 256 letters, digits, separators and _.:/=+-@, as [\"ops\"] or \"ops\".";
            OidcTagKey = "oidc.tag-key", "Have the issuer name tags by 1 to 128 letters, digits, separators and _.:/=+-@ that do not begin with aws:.";
            OidcTagRepeated = "oidc.tag-repeated", "Have the issuer send each tag once, nested or flattened, under one spelling of its key; capitals do not tell keys apart.";
            OidcTooManyTags = "oidc.too-many-tags", "Have the issuer send at most 50 tags.";
            OidcTransitiveTagKey = "oidc.transitive-tag-key", "Let transitive_tag_keys name tags that the same token carries.";
            OidcSourceIdentity = "oidc.source-identity", "Have the issuer send one https://aws.amazon.com/source_identity, of 2 to 64 letters, digits and _+=,.@- that do not begin with aws:.";
            OidcIssuerUrl = "oidc.issuer-url", "Write the issuer as an https URL with host, perhaps port and path, and nothing else.";
            OidcDiscoveryIssuer = "oidc.discovery-issuer", "Make the provider's issuer equal the issuer in its own discovery document, trailing slash included.";
            OidcDiscoveryMember = "oidc.discovery-member", "Have the issuer publish the endpoint that is named as an https URL.";
            OidcKeySetShape = "oidc.key-set-shape", "Have the issuer publish a JSON Web Key Set at its jwks_uri.";
            OidcProviderStatus = "oidc.provider-status", "Check that the issuer publishes this document at the place where it is looked for.";
            OidcProviderBusy = "oidc.provider-busy", "Try again in a few seconds.";
            OidcLoginUnconfigured = "oidc.login-unconfigured", "Give the provider a login client, or exchange tokens by the API.";
            OidcLoginParameter = "oidc.login-parameter", "Begin the sign-in again.";
            OidcLogoutMissing = "oidc.logout-missing", "Send one logout_token in a form, as OpenID Connect Back-Channel Logout has it.";
            OidcLogoutTooOld = "oidc.logout-too-old", "Have the issuer tell of a logout when it happens; a logout token is good for five minutes.";
            OidcLogoutEvent = "oidc.logout-event", "Send a logout token: its events claim has http://schemas.openid.net/event/backchannel-logout with a JSON object.";
            OidcLogoutNonce = "oidc.logout-nonce", "Send a logout token; a token with a nonce belongs to a sign-in.";
            OidcLogoutNobody = "oidc.logout-nobody", "Have the issuer name the person (sub) or the login (sid) that has ended.";
            OidcLogoutReplayed = "oidc.logout-replayed", "Send each logout token once, with a jti of its own.";
            OidcPace = "oidc.pace", "Try again in a second; from a source of which people have just signed in this does not happen.";
            OidcResponseIssuer = "oidc.response-issuer", "Begin again at the sign-in page; if it stays, make the provider's issuer equal the iss parameter that it sends back.";
            OidcResponseIssuerMissing = "oidc.response-issuer-missing", "Begin again at the sign-in page; if it stays, have the provider send iss with its answers, as its discovery document says that it does.";
            OidcClientAuthentication = "oidc.client-authentication", "Give the login a client_secret where the issuer takes client_secret_basic or client_secret_post, a client_key where it takes private_key_jwt, neither for a public client.";
            OidcCodeRefused = "oidc.code-refused", "Begin the sign-in again; if it happens each time, check login.client_id, its secret and the redirect URI at the issuer.";
            OidcTokenResponse = "oidc.token-response", "Allow the scope openid for this client at the issuer, so that it answers with an ID token.";
            OidcUserInfoSubject = "oidc.userinfo-subject", "Have the provider's UserInfo endpoint answer with the sub of the ID token, as plain JSON.";
        }
    };
}
