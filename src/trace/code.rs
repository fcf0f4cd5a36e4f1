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
    SamlTooLong = "saml.too-long", "Send a response of at most 100,000 base64 characters; have the identity provider release fewer attributes or groups.";
    SamlBase64 = "saml.base64", "Send the SAMLResponse form field exactly as the identity provider made it: standard base64, line breaks allowed.";
    SamlEncoding = "saml.encoding", "Have the identity provider send XML 1.0 in UTF-8.";
    SamlDoctype = "saml.doctype", "Remove the document type and the entities; SAML messages have none.";
    SamlDepth = "saml.depth", "Remove the nesting; no SAML response is 40 elements deep.";
    SamlMalformed = "saml.malformed", "Send well-formed XML with namespaces, one root and nothing after it.";
    SamlTooManyNodes = "saml.too-many-nodes", "Have the identity provider send fewer elements and attributes.";
    SamlRoot = "saml.root", "Send a samlp:Response of SAML 2.0 as the document's root.";
    SamlEncrypted = "saml.encrypted", "Encrypt the assertion as a whole, or the NameID of its subject; nothing else is accepted encrypted.";
    SamlEncryptedAttribute = "saml.encrypted-attribute", "Send the attributes in the clear, and have the identity provider encrypt the whole assertion if they are confidential.";
    SamlEncryptionShape = "saml.encryption-shape", "Send EncryptedData with its method, key and value as XML Encryption has them, the key inside or beside it; nothing is fetched.";
    SamlEncryptedKeyCount = "saml.encrypted-key-count", "Encrypt to the key in this service's metadata alone.";
    SamlEncryptionMethod = "saml.encryption-method", "Encrypt with AES-128, AES-192 or AES-256 in GCM mode.";
    SamlRsa15 = "saml.rsa-1_5", "Set the key transport to RSA-OAEP (Okta: Key Transport Algorithm; LemonLDAP::NG: LASSO_DEFAULT_KEY_ENCRYPTION_METHOD=rsa-oaep in its environment); RSA-1.5 leaks keys to whoever may ask often enough.";
    SamlKeyTransport = "saml.key-transport", "Transport the key by RSA-OAEP with SHA-1 or SHA-256, and MGF1 with SHA-1 or SHA-256.";
    SamlCbcUnsigned = "saml.cbc-unsigned", "Have the identity provider sign the response as well (Entra ID: signing option \"Sign SAML response and assertion\"; AD FS: Set-AdfsRelyingPartyTrust -SamlResponseSignature MessageAndAssertion; LemonLDAP::NG: \"Sign SSO message\"), or encrypt with AES-GCM.";
    SamlNoDecryptionKey = "saml.no-decryption-key", "Ask where the keys are: with the keys directory (or the database and the wrapping key) of the gateway that the assertion was encrypted to.";
    SamlDecryption = "saml.decryption", "Give the identity provider this service's current metadata, and have it encrypt one Assertion to the encryption key there.";
    SamlNotEncrypted = "saml.not-encrypted", "Turn on encryption of assertions at the identity provider, or set encrypted_assertions to \"accepted\" for it.";
    SamlAssertionCount = "saml.assertion-count", "Send exactly one Assertion; a second one anywhere in the document is refused.";
    SamlAssertionPlace = "saml.assertion-place", "Place the Assertion directly under the Response.";
    SamlNestedResponse = "saml.nested-response", "Send one Response; another one inside it is refused.";
    SamlComment = "saml.comment", "Remove the XML comments; they are not signed and split texts.";
    SamlProcessingInstruction = "saml.processing-instruction", "Remove the processing instructions.";
    SamlNamespace = "saml.namespace", "Use absolute URIs as namespace names.";
    SamlIdAttribute = "saml.id-attribute", "Name elements by the plain attribute ID only.";
    SamlId = "saml.id", "Give the Response and the Assertion an ID that is an XML name.";
    SamlDuplicateId = "saml.duplicate-id", "Give every element an ID of its own.";
    SamlUnexpectedElement = "saml.unexpected-element", "Have the identity provider leave out the element named; it is not acted on and so not accepted.";
    SamlUnexpectedText = "saml.unexpected-text", "Remove the text between the elements at the place named.";
    SamlUnsigned = "saml.unsigned", "Have the identity provider sign the assertion or the response (Google Workspace: \"Signed response\"; Entra ID: signing option; AD FS: Set-AdfsRelyingPartyTrust -SamlResponseSignature; Okta: Response or Assertion Signature); encryption is no signature.";
    SamlSignaturePlace = "saml.signature-place", "Place each Signature directly under the Response or the Assertion that it signs.";
    SamlSignatureCount = "saml.signature-count", "Sign the Response and the Assertion at most once each.";
    SamlSignatureShape = "saml.signature-shape", "Send a Signature of SignedInfo, SignatureValue and KeyInfo, and nothing else.";
    SamlReferenceCount = "saml.reference-count", "Sign with exactly one Reference.";
    SamlReference = "saml.reference", "Let the Reference name the ID of the element that contains the Signature.";
    SamlTransforms = "saml.transforms", "Use exactly the enveloped-signature transform and then exclusive canonicalisation.";
    SamlCanonicalisation = "saml.canonicalisation", "Canonicalise with exclusive XML canonicalisation 1.0.";
    SamlSha1 = "saml.sha1", "Sign with SHA-256 (AD FS: Set-AdfsRelyingPartyTrust -SignatureAlgorithm http://www.w3.org/2001/04/xmldsig-more#rsa-sha256; Entra ID: signing algorithm SHA-256; Okta: Signature Algorithm RSA-SHA256 and Digest Algorithm SHA256).";
    SamlSignatureMethod = "saml.signature-method", "Sign with RSA or ECDSA and SHA-256, SHA-384 or SHA-512.";
    SamlDigestMethod = "saml.digest-method", "Use SHA-256, SHA-384 or SHA-512 for the digest.";
    SamlSignatureValue = "saml.signature-value", "Write the signature and the digest as one base64 text each.";
    SamlKeyInfo = "saml.key-info", "Let KeyInfo hold certificates or key values only; it is never followed elsewhere.";
    SamlNoKeys = "saml.no-keys", "Register the identity provider's metadata with its signing certificate.";
    SamlKeyFamily = "saml.key-family", "Sign with a key of the kind that the registered metadata lists, or register the new metadata.";
    SamlSignature = "saml.signature", "Check that the registered metadata has the identity provider's current signing certificate and that nothing changed the response on its way.";
    SamlSecondEngineRefused = "saml.second-engine-refused", "Report this response: one signature engine accepts it and the other does not.";
    SamlSecondEngineTooLate = "saml.second-engine-too-late", "Try again; if it stays, report this response: no honest one takes an engine 100 milliseconds of processor time.";
    SamlSecondEngineFailed = "saml.second-engine-failed", "Try again and look at the server's log; if it stays, report this response: it brings the second signature engine down.";
    SamlEnginesDisagree = "saml.engines-disagree", "Report this response: two signature engines read different signed content in it.";
    SamlStatementCount = "saml.statement-count", "Send the element named exactly as often as SAML allows.";
    SamlMissingAttribute = "saml.missing-attribute", "Have the identity provider send the attribute named.";
    SamlTimeSyntax = "saml.time-syntax", "Write times as in 2031-01-01T00:00:00Z, with a zone.";
    SamlInvertedTimes = "saml.inverted-times", "Let NotBefore be earlier than NotOnOrAfter.";
    SamlSubject = "saml.subject", "Send exactly one Subject.";
    SamlNameId = "saml.name-id", "Send exactly one NameID with a text in the Subject.";
    SamlIssuerMissing = "saml.issuer-missing", "Name the identity provider in the Assertion's Issuer.";
    SamlVersion = "saml.version", "Send SAML 2.0.";
    SamlStatus = "saml.status", "The identity provider did not authenticate the person; its status code and its log say why.";
    SamlDestinationMissing = "saml.destination-missing", "Have the identity provider name the assertion consumer URL as Destination of its signed responses.";
    SamlDestination = "saml.destination", "Register this service's assertion consumer URL, to the letter, at the identity provider.";
    SamlIssuer = "saml.issuer", "Let the Response and the Assertion name the same issuer, the registered entity id.";
    SamlConfirmationMethod = "saml.confirmation-method", "Have the identity provider confirm the subject by bearer.";
    SamlConfirmationNotBefore = "saml.confirmation-not-before", "Leave NotBefore out of the bearer confirmation (SAML profiles 4.1.4.2).";
    SamlRecipient = "saml.recipient", "Register this service's assertion consumer URL, to the letter, as recipient at the identity provider.";
    SamlConfirmationExpired = "saml.confirmation-expired", "Sign in again; if that does not help, compare the clocks.";
    SamlConfirmationNoLimit = "saml.confirmation-no-limit", "Have the identity provider set NotOnOrAfter on the bearer confirmation.";
    SamlInResponseTo = "saml.in-response-to", "Start the sign-in here and finish it in the same browser, without using an old page.";
    SamlUnsolicited = "saml.unsolicited", "Start the sign-in here, or allow sign-ins that the identity provider starts for this provider.";
    SamlConditionsMissing = "saml.conditions-missing", "Have the identity provider send Conditions with NotOnOrAfter and an audience.";
    SamlNotYetValid = "saml.not-yet-valid", "Compare the clocks: the assertion begins in the future.";
    SamlExpired = "saml.expired", "Sign in again; if that does not help, compare the clocks.";
    SamlAudienceMissing = "saml.audience-missing", "Have the identity provider restrict the assertion to this service's entity id (Okta: Audience URI; Google Workspace: Entity ID; Entra ID: Identifier; AD FS: relying party identifier).";
    SamlAudience = "saml.audience", "Set this service's entity id, to the letter, as audience at the identity provider.";
    SamlIssuedInFuture = "saml.issued-in-future", "Compare the clocks: the assertion was issued in the future.";
    SamlIssuedTooLongAgo = "saml.issued-too-long-ago", "Redeem the assertion within five minutes of its issue.";
    SamlAuthnStatement = "saml.authn-statement", "Have the identity provider send an AuthnStatement.";
    SamlSessionEnded = "saml.session-ended", "Sign in at the identity provider again; its session has ended.";
    SamlAuthnTooOld = "saml.authn-too-old", "Have the identity provider honour ForceAuthn: the person must authenticate anew when they are asked to.";
    SamlAuthnContext = "saml.authn-context", "Authenticate in one of the ways that the provider's authn_context lists, or list the context that the identity provider asserts.";
    SamlLogoutQuery = "saml.logout-query", "Send SAMLRequest (or SAMLResponse), RelayState, SigAlg and Signature once each, in this order and as they were signed.";
    SamlLogoutUnsigned = "saml.logout-unsigned", "Have the identity provider sign its logout messages.";
    SamlLogoutInflate = "saml.logout-inflate", "Send a deflated message of at most 64 KiB.";
    SamlLogoutRelayState = "saml.logout-relay-state", "Send a RelayState of at most 80 bytes (SAML bindings 3.4.3).";
    SamlLogoutRoot = "saml.logout-root", "Send a samlp:LogoutRequest as SAMLRequest, a samlp:LogoutResponse as SAMLResponse.";
    SamlLogoutIssuer = "saml.logout-issuer", "Name the identity provider in the message's Issuer.";
    SamlLogoutDestination = "saml.logout-destination", "Register this service's single logout URL, to the letter, at the identity provider.";
    SamlLogoutInFuture = "saml.logout-in-future", "Compare the clocks: the logout message was issued in the future.";
    SamlLogoutTooOld = "saml.logout-too-old", "Sign out again; a logout message is good for five minutes.";
    SamlLogoutExpired = "saml.logout-expired", "Sign out again; if that does not help, compare the clocks.";
    SamlLogoutNameId = "saml.logout-name-id", "Send exactly one NameID with a text in the LogoutRequest, or one EncryptedID in its place.";
    SamlLogoutSessions = "saml.logout-sessions", "Name at most 64 sessions in a LogoutRequest, or none to end all of the person's.";
    SamlLogoutReplayed = "saml.logout-replayed", "Sign out again at the identity provider; this request has been used.";
    SamlLogoutInResponseTo = "saml.logout-in-response-to", "Sign out here, and finish it in the same browser.";
    SamlMetadataTooLong = "saml.metadata-too-long", "Register a metadata document of at most 10,000,000 bytes.";
    SamlMetadataDoctype = "saml.metadata-doctype", "Remove the document type from the metadata.";
    SamlMetadataMalformed = "saml.metadata-malformed", "Download the metadata again; it is not well-formed XML.";
    SamlMetadataEntity = "saml.metadata-entity", "Register SAML metadata: an EntityDescriptor, or a federation's EntitiesDescriptor, as root.";
    SamlMetadataSignature = "saml.metadata-signature", "Pin the certificate whose key signs the document now, and have the publisher sign its root with SHA-256 or better.";
    SamlMetadataUnsignedAggregate = "saml.metadata-unsigned-aggregate", "Pin the federation's certificate by metadata.certificate: whoever could change the list on its way would choose every key in it.";
    SamlMetadataOtherEntity = "saml.metadata-other-entity", "Set the provider's entity_id to the one entity of the document that is meant.";
    SamlMetadataEntityId = "saml.metadata-entity-id", "Give the EntityDescriptor an entityID of 1 to 1024 characters.";
    SamlMetadataDevelopment = "saml.metadata-development", "Point metadata.url at a real identity provider; only `gatehouse demo` may trust its own.";
    SamlMetadataValidUntil = "saml.metadata-valid-until", "Write validUntil as in 2031-01-01T00:00:00Z.";
    SamlMetadataExpired = "saml.metadata-expired", "Download the identity provider's current metadata.";
    SamlMetadataRole = "saml.metadata-role", "Register metadata with exactly one IDPSSODescriptor for SAML 2.0.";
    SamlMetadataKeyUse = "saml.metadata-key-use", "Use signing or encryption as a KeyDescriptor's use, or leave it out.";
    SamlMetadataCertificate = "saml.metadata-certificate", "Give each KeyDescriptor exactly one X.509 certificate in base64.";
    SamlMetadataTooManyKeys = "saml.metadata-too-many-keys", "List at most ten signing keys.";
    SamlMetadataNoSigningKey = "saml.metadata-no-signing-key", "Add a signing certificate with RSA of 2048 bits or more, EC P-256 or P-384; without one nothing could be verified.";
    SamlMetadataLocation = "saml.metadata-location", "Use https addresses as Location and ResponseLocation; http only on a loopback host.";
    SamlMetadataNoSignOnService = "saml.metadata-no-sign-on", "Add a SingleSignOnService with the HTTP-Redirect or the HTTP-POST binding.";
    SamlMetadataStatus = "saml.metadata-status", "Let metadata.url be an address that answers 200 with the document.";
    SamlMetadataReader = "saml.metadata-reader", "Look for an error in the log, and report it: reading the document ended without a result.";
    SamlMetadataMissing = "saml.metadata-missing", "Wait until the metadata has been fetched for the first time; if it takes longer, the log says why it does not come.";
    SamlMetadataStale = "saml.metadata-stale", "Let the provider's metadata.url answer again: for a week it could not be fetched, and keys that old are not believed.";
    SamlSessionDuration = "saml.session-duration", "Send at most one SessionDuration, whole seconds from 900 to 43200.";
    SamlSourceIdentity = "saml.source-identity", "Send at most one SourceIdentity, of 2 to 64 letters, digits and _+=,.@- that do not begin with aws:.";
    SamlTagValue = "saml.tag-value", "Give each PrincipalTag attribute exactly one value of at most 256 letters, digits, separators and _.:/=+-@.";
    SamlTagKey = "saml.tag-key", "Name tags by 1 to 128 letters, digits, separators and _.:/=+-@ that do not begin with aws:.";
    SamlTagRepeated = "saml.tag-repeated", "Send each tag under one spelling of its key; capitals do not tell keys apart.";
    SamlTooManyTags = "saml.too-many-tags", "Send at most 50 PrincipalTag attributes.";
    SamlTransitiveTagKey = "saml.transitive-tag-key", "Let TransitiveTagKeys name tags that the same assertion carries as PrincipalTag attributes.";

    // --- oidc: a token's way to verified claims ---------------------------------------------------------------
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
    OidcBrokenKey = "oidc.broken-key", "Have the issuer publish the key as RFC 7518 §6 has it: every member in base64url without padding, a point on its curve.";
    OidcKeySize = "oidc.key-size", "Have the issuer sign with an RSA key of 2048 to 8192 bits.";
    OidcKeyExponent = "oidc.key-exponent", "Have the issuer make an RSA key with the usual exponent, 65537.";
    OidcFactorableKey = "oidc.factorable-key", "Replace the issuer's key at once: it was made by a chip whose keys can be factored (ROCA, CVE-2017-15361).";
    OidcKeyUse = "oidc.key-use", "Have the issuer sign with a key that is published for signatures (use \"sig\", or no use).";
    OidcKeyOperations = "oidc.key-operations", "Have the issuer publish its signing key with key_ops [\"verify\"], or without key_ops.";
    OidcTooManyKeys = "oidc.too-many-keys", "Have the issuer withdraw old keys: beyond a hundred of one type, none of that type is used.";
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
    OidcCodeHash = "oidc.code-hash", "Begin the sign-in again; the ID token was made for another authorization code.";
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

    // --- social: an access token's way to a verified one --------------------------------------------------------
    SocialForm = "social.form", "Send the access token itself with its ProviderId; an ID token (three parts with dots) goes without ProviderId.";
    SocialPace = "social.pace", "Try again in a second; from a source whose tokens are good this does not happen.";
    SocialAnswer = "social.answer", "Check the provider's endpoint: what answers there is not the API that it should be.";
    SocialUndecided = "social.undecided", "Try again in a moment; the provider is failing, or limits how often this app may ask.";
    SocialApp = "social.app", "Get the access token for the app in app_id (Facebook) or one of client_ids (Amazon).";
    SocialExpired = "social.expired", "Get a new access token from the provider.";
    SocialRejected = "social.rejected", "Get a new access token; if new ones are rejected too, check app_id and app_secret, and that the app asks for the profile scope at Amazon.";
    SocialType = "social.type", "Send a person's access token; those of apps and pages are nobody's.";
    SocialPerson = "social.person", "Get a new access token; if it happens again, check the provider's endpoint.";

    // --- outbound: fetching from a provider -------------------------------------------------------------------
    OutboundAuthority = "outbound.authority", "Give the provider's ca as PEM certificates.";
    OutboundClient = "outbound.client", "Install the system's CA certificates, or give the provider a ca.";
    OutboundUrl = "outbound.url", "Write a URL with a host and without user name and fragment.";
    OutboundBearer = "outbound.bearer", "Send the access token as the provider issued it.";
    OutboundScheme = "outbound.scheme", "Use https; http is for loopback hosts only.";
    OutboundRefusedAddress = "outbound.refused-address", "The host leads to a private, loopback or link-local address; list its network in the provider's allowed_networks if that is intended.";
    OutboundUnlistedHost = "outbound.unlisted-host", "The provider's documents name a host that the configuration does not; if they may, list it in hosts under [outbound].";
    OutboundTimeLimit = "outbound.time-limit", "Find out why the provider takes longer than the time limit to answer.";
    OutboundUnreachable = "outbound.unreachable", "Check the provider's name, network path and TLS certificate from this machine.";
    OutboundServerError = "outbound.server-error", "The provider is failing; try again later or ask its operators.";
    OutboundRedirect = "outbound.redirect", "Name the address that the redirect leads to; redirects are not followed.";
    OutboundEncoding = "outbound.encoding", "Have the provider answer plainly or in gzip.";
    OutboundTooLarge = "outbound.too-large", "Have the provider answer with less than one mebibyte.";

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
    PolicyVersion = "policy.version", "Write \"Version\": \"2012-10-17\".";
    PolicyShape = "policy.shape", "Give the element the kind of value that is named.";
    PolicyEmpty = "policy.empty", "Give at least one entry, or remove the element.";
    PolicyTooMany = "policy.too-many", "Split the list over several statements or policies.";
    PolicyUnknownElement = "policy.unknown-element", "Correct the element's name; capital letters count.";
    PolicyNotSupported = "policy.not-supported", "Rewrite the statement without this element; it would otherwise be ignored, which is never done.";
    PolicyProhibited = "policy.prohibited", "Remove the element; this kind of document cannot have it.";
    PolicyBoth = "policy.both", "Keep one of the two elements; the one with Not means everything but what it lists.";
    PolicySid = "policy.sid", "Use letters and digits, and each Sid once.";
    PolicyEffect = "policy.effect", "Write Allow or Deny, with that capital letter.";
    PolicyAction = "policy.action", "Write service:Name; wildcards belong into the name, or stand alone as \"*\".";
    PolicyTrustAction = "policy.trust-action", "Name sts:AssumeRole, sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, sts:TagSession or sts:SetSourceIdentity.";
    PolicyResource = "policy.resource", "Write the whole ARN, arn:partition:service:region:account:resource, or \"*\".";
    PolicyPrincipal = "policy.principal", "Name an account, a user, a role or a session (AWS), or a provider's ARN or well-known name (Federated); partial wildcards belong into a condition.";
    PolicyOperator = "policy.operator", "Use one of IAM's condition operators, perhaps with IfExists after it or ForAllValues: or ForAnyValue: before it.";
    PolicyValue = "policy.value", "Write the value in the form that the operator compares with.";
    PolicyConditionKey = "policy.condition-key", "Correct the key; claims are written as the issuer without https://, a colon, and the claim.";
    PolicyVariable = "policy.variable", "Write ${key} or ${key, 'default'} with a key that is known here, in a resource only after its fifth colon; ${$}{ for the characters themselves.";

    // --- trust: who may become what ---------------------------------------------------------------------------
    TrustRuleFailed = "trust.rule-failed", "Mend the rule, or guard it with has(claims.…) in its \"when\": it reads a claim that these papers do not have, or has the wrong type.";
    TrustMfaFailed = "trust.mfa-failed", "Mend the provider's mfa expression, or ask with `in` first; until then nobody there counts as having used a second factor.";
    TrustMfaMissing = "trust.mfa-missing", "Sign in with a second factor; if you did, compare the provider's mfa expression with the authentication context that it sends.";
    TrustNoRoleGiven = "trust.no-role-given", "Give the person a role on the provider's side: a rule that matches their claims, or the AWS Role attribute at the identity provider.";
    TrustRoleNotGiven = "trust.role-not-given", "Ask for a role that the provider gives for these claims, or add a rule (or a Role attribute value) that gives this one.";
    TrustNothingForUser = "trust.nothing-for-user", "Let a role's trust policy name the user, or name their account and allow sts:AssumeRole on the role in their own policies; the notes before this tell what stood in the way of each.";
    TrustNotInRolesClaim = "trust.not-in-roles-claim", "Ask for a role that the token's claim https://aws.amazon.com/roles lists, or have the issuer list this one.";
    TrustClaimLeftOut = "trust.claim-left-out", "Give the provider groups_overage, so that the groups are asked for at the directory; or have the issuer send only groups that are assigned to the application (Entra: groupMembershipClaims = ApplicationGroup).";
    TrustTagInherited = "trust.tag-inherited", "Leave the tag out: the session already carries it as a transitive tag, and that cannot be changed.";
    TrustTooManyTags = "trust.too-many-tags", "Pass fewer tags: with the transitive ones of the calling session a session has at most 50.";
    TrustSourceIdentityFixed = "trust.source-identity-fixed", "Leave SourceIdentity out: the session has one, and it stays.";
    TrustNoSessionName = "trust.no-session-name", "Send the RoleSessionName attribute, or set session_name in the rule that gives the role.";
    TrustSeveralSessionNames = "trust.several-session-names", "Send the RoleSessionName attribute with exactly one value.";
    TrustBadSessionName = "trust.bad-session-name", "Send a RoleSessionName of 2 to 64 letters, digits and _+=,.@- (an e-mail address will do).";
    TrustRulesDiffer = "trust.rules-differ", "Let all rules that give this role set the same session_name, source_identity and tags, or only one of them.";
    TrustAmbiguousClaim = "trust.ambiguous-claim", "Let the identity provider send the claim under one spelling only.";
    TrustReservedRole = "trust.reserved-role", "Name the role otherwise: AWSReservedSSO_ roles cannot be assumed with an assertion.";
    TrustNoSuchRole = "trust.no-such-role", "Check the role's ARN; add a [[role]] if it should exist.";
    TrustExplicitDeny = "trust.explicit-deny", "The named statement of the role's trust policy denies it; change that statement if it should not.";
    TrustImplicitDeny = "trust.no-statement-allows", "Add a statement to the role's trust policy that allows this principal and whose conditions hold for these claims.";
    TrustTagSession = "trust.tag-session-not-allowed", "Allow sts:TagSession for this principal in the role's trust policy, beside the action that assumes it; inherited transitive tags need it as well.";
    TrustSetSourceIdentity = "trust.set-source-identity-not-allowed", "Allow sts:SetSourceIdentity for this principal in the role's trust policy, beside the action that assumes it; an inherited source identity needs it as well.";
    TrustCallerNotAllowed = "trust.caller-not-allowed", "Allow the action on the role in the policies that are named (the caller's own, its role's boundary, its session's), or name the caller itself in the role's trust policy.";

    // --- sts: the request and what becomes of it --------------------------------------------------------------
    StsRepeatedParameter = "sts.repeated-parameter", "Send each parameter once, in the body or in the query but not in both.";
    StsMissingAction = "sts.missing-action", "Send an Action parameter, as in Action=GetCallerIdentity&Version=2011-06-15.";
    StsUnknownAction = "sts.unknown-action", "Use AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity, GetSessionToken or GetCallerIdentity, Version 2011-06-15.";
    StsViolations = "sts.parameters", "Mend the parameters that are named.";
    StsParameterNotActedOn = "sts.parameter-not-acted-on", "Leave the parameter out; this build would have to ignore it, and ignoring it might give more than was asked for.";
    StsUnknownAccessKey = "sts.unknown-access-key", "Check the access key id; temporary keys (ASIA…) need their session token as well.";
    StsInactiveAccessKey = "sts.inactive-access-key", "Sign with the user's other access key, or set active = true for this one.";
    StsTokenDoesNotFit = "sts.token-does-not-fit", "Send the session token that came with this access key, and none with a long-lived key.";
    StsUserGone = "sts.user-gone", "Call GetSessionToken with an active access key of the user; whoever made this session is gone, or the key that they made it with, or its secret was changed.";
    StsSessionRevoked = "sts.session-revoked", "Sign in again and get new credentials; somebody has ended these, or those that they come from.";
    StsSessionEnded = "sts.session-ended", "Get new credentials; these have reached their end.";
    StsSessionCredentials = "sts.session-credentials", "Sign with a long-lived access key of the user; what GetSessionToken gave assumes roles and tells who it is, and no session prolongs itself.";
    StsMfaIncomplete = "sts.mfa-incomplete", "Send SerialNumber and TokenCode together, or neither.";
    StsMfaDevice = "sts.mfa-device", "Send as SerialNumber the serial of the user's own device ([[user]] mfa); sessions of roles have none.";
    StsMfaWrongCode = "sts.mfa-wrong-code", "Send the code that the device shows now; if it stays, compare the clocks and the secret that the app was given.";
    StsMfaReusedCode = "sts.mfa-reused-code", "Wait for the device's next code: each is good once.";
    StsMfaLocked = "sts.mfa-locked", "Wait: five wrong codes in a row lock the device for a minute, and each further time for twice as long, up to an hour.";
    StsUnknownIdentityProvider = "saml.unknown-issuer", "Register this identity provider: add a [[provider]] with the metadata whose entityID equals the assertion's Issuer.";
    StsNotThatProvider = "saml.other-provider", "Give the PrincipalArn of the provider whose key signed the assertion.";
    StsNoSuchProvider = "saml.no-such-provider", "Give as PrincipalArn the ARN of a provider that is registered here.";
    StsUnknownIssuer = "oidc.unknown-issuer", "Register the issuer in the role's account: add a [[provider]] whose issuer equals the token's iss.";
    StsUnknownProviderId = "oidc.unknown-provider-id", "Leave ProviderId out for ID tokens; for access tokens of graph.facebook.com or www.amazon.com add a [[provider]] of kind facebook or amazon to the role's account.";
    StsDurationAboveMaximum = "sts.duration-above-maximum", "Ask for a shorter duration, or raise max_session of the role.";
    StsChainedDuration = "sts.chained-duration", "Ask for at most 3600 seconds: a role assumed with a role's credentials lasts an hour at most.";
    StsMalformedPolicy = "sts.malformed-policy", "Mend the session policy where it says; it is a permission policy of at most 2,048 characters.";
    StsNoSuchPolicy = "sts.no-such-policy", "Name managed policies ([[policy]]) of the role's own account.";
    StsPackedTooLarge = "sts.packed-too-large", "Shorten or leave out session policies and tags, beginning with the largest that are named; all of them must deflate to 2,048 bytes.";
    StsSessionTooLarge = "sts.session-too-large", "Shorten what the session carries: tags, the subject's name, or the chain of roles that led to it; its token has at most 4,096 characters.";
    StsNoSuchAccessKey = "sts.no-such-access-key", "Ask about a user's access key of the configuration, or one of a session that this gateway gave; what others gave out is not known here.";
    StsReplayed = "sts.replayed", "Get a fresh assertion or token; this one has been used (in a browser once, an assertion at the API once for each role).";
    StsLoggedOut = "sts.logged-out", "Sign in again: the identity provider has ended the login that this assertion is of.";
    StsNothingLeft = "sts.nothing-left", "Sign in again at the identity provider; its session has ended.";
    StsBusy = "sts.busy", "Try again in a moment; if it stays, somebody sends more than this machine can verify.";
    StsVerifierFailed = "sts.verifier-failed", "Look at the server's log and report it: this document brings the verifier down.";
    StsStore = "sts.store", "Try again; if it stays, look at the server's log: the database does not take writes.";

    // --- signin: a browser's way to a session -----------------------------------------------------------------
    SignInUnknownProvider = "signin.unknown-provider", "Use the name of a provider that people sign in through, or account:name where the name occurs twice.";
    SignInNoBinding = "signin.no-binding", "Have the identity provider's metadata list a SingleSignOnService for the binding in request_binding, or leave that key out.";
    SignInNoResponse = "signin.no-response", "Begin at the sign-in page; the assertion consumer is for the form that an identity provider posts.";
    SignInNoAttempt = "signin.no-attempt", "Begin again at the sign-in page in the browser that you want to be signed in with, and let it keep cookies.";
    SignInOtherProvider = "signin.other-provider", "Begin again at the sign-in page; the answer came from another provider than the one that was asked.";
    SignInFrontChannel = "signin.front-channel", "Have the provider send iss and sid with its front-channel logouts (frontchannel_logout_session_required).";
    SignInProviderRefused = "signin.provider-refused", "The identity provider ended the sign-in; its own words are in the trace.";

    // --- console: sign-in URLs and sessions -------------------------------------------------------------------
    ConsoleUnknownAction = "console.unknown-action", "Give one Action: getSigninToken or login.";
    ConsoleBadSession = "console.bad-session", "Send Session as JSON: {\"sessionId\": …, \"sessionKey\": …, \"sessionToken\": …}.";
    ConsoleBadCredentials = "console.bad-credentials", "Send the three parts of one set of temporary role credentials that this gateway gave.";
    ConsoleUserForm = "console.user-form", "Type the user, the password (1,024 bytes at most) and the six digits of the code.";
    ConsoleUserBusy = "console.user-busy", "Try again in a moment: passwords are compared one at a time.";
    ConsoleUserRefused = "console.user-refused", "Ask whoever runs the gateway to look the number up: the trace tells which of user, password and code it was.";
    ConsoleNoSuchUser = "console.no-such-user", "Type the user's name, or account:name where two accounts have a user of that name.";
    ConsoleUserHasNone = "console.user-has-none", "Give the user mfa and password_hash if they shall sign in here; else sign with an access key.";
    ConsoleWrongPassword = "console.wrong-password", "Type the password again; the fifth wrong one in a row locks it for a minute, then for two, up to an hour.";
    ConsolePasswordLocked = "console.password-locked", "Wait until the time that is named. Whoever knows nothing of the attempts before should find out who made them.";
    ConsoleCredentialsEnded = "console.credentials-ended", "Get new credentials first; these have ended.";
    ConsoleUserCredentials = "console.user-credentials", "Assume a role with these credentials and send those; what GetSessionToken gives opens no console.";
    ConsoleBadDuration = "console.bad-duration", "Give SessionDuration in seconds, 900 to 43200, or leave it out.";
    ConsoleChainedDuration = "console.chained-duration", "Leave SessionDuration out: a chained role's session lasts as long as its credentials.";
    ConsoleTokenSpent = "console.token-spent", "Ask for a new sign-in URL: each is good once and for 15 minutes.";
    ConsoleBadDestination = "console.bad-destination", "Lead to our own pages, or add the destination's prefix to console.destinations.";
    ConsoleNotSignedIn = "console.not-signed-in", "Sign in.";
    ConsoleForeignForm = "console.foreign-form", "Open the page again and send the form from there.";
    ConsoleNotAChoice = "console.not-a-choice", "Choose one of the roles on the page.";
}
