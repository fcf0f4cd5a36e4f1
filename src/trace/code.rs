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
    SamlEncrypted = "saml.encrypted", "Turn off encryption of assertions, name ids and attributes at the identity provider; this service provider does not decrypt.";
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
    SamlUnsigned = "saml.unsigned", "Have the identity provider sign the assertion or the response.";
    SamlSignaturePlace = "saml.signature-place", "Place each Signature directly under the Response or the Assertion that it signs.";
    SamlSignatureCount = "saml.signature-count", "Sign the Response and the Assertion at most once each.";
    SamlSignatureShape = "saml.signature-shape", "Send a Signature of SignedInfo, SignatureValue and KeyInfo, and nothing else.";
    SamlReferenceCount = "saml.reference-count", "Sign with exactly one Reference.";
    SamlReference = "saml.reference", "Let the Reference name the ID of the element that contains the Signature.";
    SamlTransforms = "saml.transforms", "Use exactly the enveloped-signature transform and then exclusive canonicalisation.";
    SamlCanonicalisation = "saml.canonicalisation", "Canonicalise with exclusive XML canonicalisation 1.0.";
    SamlSignatureMethod = "saml.signature-method", "Sign with RSA or ECDSA and SHA-256, SHA-384 or SHA-512.";
    SamlDigestMethod = "saml.digest-method", "Use SHA-256, SHA-384 or SHA-512 for the digest.";
    SamlSignatureValue = "saml.signature-value", "Write the signature and the digest as one base64 text each.";
    SamlKeyInfo = "saml.key-info", "Let KeyInfo hold certificates or key values only; it is never followed elsewhere.";
    SamlNoKeys = "saml.no-keys", "Register the identity provider's metadata with its signing certificate.";
    SamlKeyFamily = "saml.key-family", "Sign with a key of the kind that the registered metadata lists, or register the new metadata.";
    SamlSignature = "saml.signature", "Check that the registered metadata has the identity provider's current signing certificate and that nothing changed the response on its way.";
    SamlSignatureCoverage = "saml.signature-coverage", "Sign the element that contains the Signature.";
    SamlSecondEngineRefused = "saml.second-engine-refused", "Report this response: one signature engine accepts it and the other does not.";
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
    SamlAudienceMissing = "saml.audience-missing", "Have the identity provider restrict the assertion to this service's entity id.";
    SamlAudience = "saml.audience", "Set this service's entity id, to the letter, as audience at the identity provider.";
    SamlIssuedInFuture = "saml.issued-in-future", "Compare the clocks: the assertion was issued in the future.";
    SamlIssuedTooLongAgo = "saml.issued-too-long-ago", "Redeem the assertion within five minutes of its issue.";
    SamlAuthnStatement = "saml.authn-statement", "Have the identity provider send an AuthnStatement.";
    SamlSessionEnded = "saml.session-ended", "Sign in at the identity provider again; its session has ended.";
    SamlMetadataTooLong = "saml.metadata-too-long", "Register a metadata document of at most 10,000,000 bytes.";
    SamlMetadataDoctype = "saml.metadata-doctype", "Remove the document type from the metadata.";
    SamlMetadataMalformed = "saml.metadata-malformed", "Download the metadata again; it is not well-formed XML.";
    SamlMetadataEntity = "saml.metadata-entity", "Register the metadata of one entity: an EntityDescriptor as root, not a federation's list.";
    SamlMetadataEntityId = "saml.metadata-entity-id", "Give the EntityDescriptor an entityID of 1 to 1024 characters.";
    SamlMetadataValidUntil = "saml.metadata-valid-until", "Write validUntil as in 2031-01-01T00:00:00Z.";
    SamlMetadataExpired = "saml.metadata-expired", "Download the identity provider's current metadata.";
    SamlMetadataRole = "saml.metadata-role", "Register metadata with exactly one IDPSSODescriptor for SAML 2.0.";
    SamlMetadataKeyUse = "saml.metadata-key-use", "Use signing or encryption as a KeyDescriptor's use, or leave it out.";
    SamlMetadataCertificate = "saml.metadata-certificate", "Give each KeyDescriptor exactly one X.509 certificate in base64.";
    SamlMetadataTooManyKeys = "saml.metadata-too-many-keys", "List at most ten signing keys.";
    SamlMetadataNoSigningKey = "saml.metadata-no-signing-key", "Add a signing certificate with RSA of 2048 bits or more, EC P-256 or P-384; without one nothing could be verified.";
    SamlMetadataNoRedirect = "saml.metadata-no-redirect", "Add a SingleSignOnService with the HTTP-Redirect binding.";
    SamlMetadataLocation = "saml.metadata-location", "Use an https address as SingleSignOnService; http only on a loopback host.";
    SamlSessionNameMissing = "saml.role-session-name-missing", "Send exactly one RoleSessionName value.";
    SamlSessionName = "saml.role-session-name", "Send a RoleSessionName of 2 to 64 letters, digits and _+=,.@-.";
    SamlSessionDuration = "saml.session-duration", "Send at most one SessionDuration, whole seconds from 900 to 43200.";

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
