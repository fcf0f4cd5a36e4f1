//! The protocol's own rules: is this response for us, for this request, for now (SAML profiles §4.1.4.3)?

use super::assertion::VerifiedAssertion;
use super::error::SamlError;
use super::names::{BEARER, SUCCESS};
use super::response::AuthenticResponse;
use super::statement::{Authentication, Conditions, Confirmation, Envelope, Statement};
use crate::trace::Trace;
use crate::words::iso;
use time::{Duration, OffsetDateTime};

/// STS redeems an assertion this long after its issue.
const REDEEM_WITHIN: Duration = Duration::minutes(5);

/// What one provider registration expects of a response.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    pub now: OffsetDateTime,
    /// How far the identity provider's clock may be off, either way.
    pub clock_skew: Duration,
    /// Assertion consumer URLs, any of which may be Recipient and Destination; compared exactly.
    pub recipients: &'a [String],
    /// Our entity ids, one of which each audience restriction must name; compared exactly.
    pub audiences: &'a [String],
    pub request: InResponseTo<'a>,
    /// Whether the assertion must have come encrypted.
    pub encrypted: bool,
    pub authn: AuthnDemand<'a>,
}

/// What the authentication itself must be, because it was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthnDemand<'a> {
    /// A new authentication was asked for at this time: an older one does not count.
    pub since: Option<OffsetDateTime>,
    /// The contexts of which it must name one; none are asked for if this is empty.
    pub contexts: &'a [String],
}

/// What the response should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InResponseTo<'a> {
    /// The request with this id, which this browser carried away.
    Solicited { id: &'a str },
    /// Nothing: the identity provider may begin.
    UnsolicitedAllowed,
    /// Nothing, and that is not allowed here.
    UnsolicitedRefused,
    /// AssumeRoleWithSAML: whoever asked is not us, so InResponseTo is not compared, but the assertion must be
    /// redeemed within five minutes of its issue.
    Api,
}

impl AuthenticResponse {
    /// Checks one registration's expectations. By reference, because an identity provider may be registered in
    /// several accounts, each with expectations of its own.
    pub fn confirm(&self, expected: &Expectation<'_>, trace: &mut Trace) -> Result<VerifiedAssertion, SamlError> {
        let statement = &self.statement;
        if expected.encrypted && !self.encrypted {
            return Err(SamlError::NotEncrypted);
        }
        self.version_fits(trace)?;
        match &self.envelope {
            Some(envelope) => self.envelope_fits(envelope, expected, trace)?,
            None => trace.note("saml.response", "none; the assertion came alone"),
        }
        trace.pass("saml.issuer", &statement.issuer);
        let confirmation = bearer(&statement.confirmations, expected, trace)?;
        let (conditions, until) = conditions(statement.conditions.as_ref(), expected, trace)?;
        issue_instant(statement.issue_instant, expected, trace)?;
        let (authentication, session_end) = authentication(&statement.authentications, expected, trace)?;
        let confirmable_until = statement.confirmations.iter().filter_map(|c| c.not_on_or_after).max().unwrap_or(until);
        Ok(VerifiedAssertion {
            id: statement.id.clone(),
            issuer: statement.issuer.clone(),
            key_fingerprint: self.key_fingerprint.clone(),
            name_id: statement.name_id.clone(),
            recipient: confirmation.recipient.clone().unwrap_or_default(),
            issue_instant: statement.issue_instant,
            not_on_or_after: until.max(confirmable_until).saturating_add(expected.clock_skew),
            session_not_on_or_after: session_end,
            authn_instant: authentication.instant,
            authn_context: authentication.context.clone(),
            session_index: authentication.session_index.clone(),
            one_time_use: conditions.one_time_use,
            attributes: statement.attributes.clone(),
            in_response_to: confirmation.in_response_to.clone(),
        })
    }

    fn version_fits(&self, trace: &mut Trace) -> Result<(), SamlError> {
        let of_response = self.envelope.as_ref().map(|envelope| ("Response", &envelope.version));
        for (element, found) in of_response.into_iter().chain([("Assertion", &self.statement.version)]) {
            if found != "2.0" {
                return Err(SamlError::Version { element, found: found.clone() });
            }
        }
        trace.pass("saml.version", "2.0");
        Ok(())
    }

    /// The response's own fields. Without a signature of its own they prove nothing, but must not contradict.
    fn envelope_fits(
        &self,
        envelope: &Envelope,
        expected: &Expectation<'_>,
        trace: &mut Trace,
    ) -> Result<(), SamlError> {
        let Statement { issuer, .. } = &self.statement;
        if envelope.status.code != SUCCESS {
            return Err(SamlError::Status { found: envelope.status.told() });
        }
        trace.pass("saml.status", "Success");
        match &envelope.destination {
            Some(found) if expected.recipients.contains(found) => trace.pass("saml.destination", found),
            Some(found) => {
                let expected = expected.recipients.to_vec();
                return Err(SamlError::Destination { found: found.clone(), expected });
            }
            None if envelope.signed => return Err(SamlError::DestinationMissing),
            None => trace.note("saml.destination", "none; the response itself is not signed"),
        }
        if let Some(response) = &envelope.issuer
            && response != issuer
        {
            return Err(SamlError::Issuer { response: response.clone(), assertion: issuer.clone() });
        }
        if let Some(found) = &envelope.in_response_to {
            answers(Some(found), expected.request)?;
        }
        Ok(())
    }
}

/// One bearer confirmation must satisfy everything at once; of several that do not, the first one's reason is told.
fn bearer<'c>(
    confirmations: &'c [Confirmation],
    expected: &Expectation<'_>,
    trace: &mut Trace,
) -> Result<&'c Confirmation, SamlError> {
    let mut refusal = None;
    for confirmation in confirmations.iter().filter(|confirmation| confirmation.method == BEARER) {
        match confirms(confirmation, expected) {
            Ok(()) => {
                trace.pass("saml.recipient", confirmation.recipient.as_deref().unwrap_or_default());
                trace.pass("saml.in-response-to", confirmation.in_response_to.as_deref().unwrap_or("none"));
                return Ok(confirmation);
            }
            Err(error) => {
                refusal.get_or_insert(error);
            }
        }
    }
    Err(refusal.unwrap_or_else(|| SamlError::ConfirmationMethod {
        found: confirmations.iter().map(|confirmation| confirmation.method.clone()).collect(),
    }))
}

fn confirms(confirmation: &Confirmation, expected: &Expectation<'_>) -> Result<(), SamlError> {
    if confirmation.not_before.is_some() {
        return Err(SamlError::ConfirmationNotBefore);
    }
    if !confirmation.recipient.as_ref().is_some_and(|recipient| expected.recipients.contains(recipient)) {
        let found = confirmation.recipient.clone();
        return Err(SamlError::Recipient { found, expected: expected.recipients.to_vec() });
    }
    let until = confirmation.not_on_or_after.ok_or(SamlError::ConfirmationNoLimit)?;
    if expected.now >= until.saturating_add(expected.clock_skew) {
        return Err(SamlError::ConfirmationExpired { until, now: expected.now });
    }
    answers(confirmation.in_response_to.as_deref(), expected.request)
}

fn answers(found: Option<&str>, request: InResponseTo<'_>) -> Result<(), SamlError> {
    let wrong = |expected: Option<&str>| {
        Err(SamlError::InResponseTo { found: found.map(str::to_owned), expected: expected.map(str::to_owned) })
    };
    match (request, found) {
        (InResponseTo::Api, _) | (InResponseTo::UnsolicitedAllowed, None) => Ok(()),
        (InResponseTo::UnsolicitedRefused, None) => Err(SamlError::Unsolicited),
        (InResponseTo::Solicited { id }, Some(found)) if found == id => Ok(()),
        (InResponseTo::Solicited { id }, _) => wrong(Some(id)),
        // Somebody else's request: an unsolicited response answers none (SAML profiles §4.1.5).
        (InResponseTo::UnsolicitedAllowed | InResponseTo::UnsolicitedRefused, Some(_)) => wrong(None),
    }
}

fn conditions<'c>(
    conditions: Option<&'c Conditions>,
    expected: &Expectation<'_>,
    trace: &mut Trace,
) -> Result<(&'c Conditions, OffsetDateTime), SamlError> {
    let Expectation { now, clock_skew, .. } = *expected;
    let conditions = conditions.ok_or(SamlError::ConditionsMissing)?;
    let until = conditions.not_on_or_after.ok_or(SamlError::ConditionsMissing)?;
    if let Some(from) = conditions.not_before
        && now.saturating_add(clock_skew) < from
    {
        return Err(SamlError::NotYetValid { from, now });
    }
    if now >= until.saturating_add(clock_skew) {
        return Err(SamlError::Expired { until, now });
    }
    trace.pass("saml.conditions", format_args!("until {}", iso(until)));
    if conditions.audience_restrictions.is_empty() {
        return Err(SamlError::AudienceMissing);
    }
    for restriction in &conditions.audience_restrictions {
        if !restriction.iter().any(|audience| expected.audiences.contains(audience)) {
            return Err(SamlError::Audience { found: restriction.clone(), expected: expected.audiences.to_vec() });
        }
    }
    trace.pass("saml.audience", conditions.audience_restrictions.concat().join(", "));
    Ok((conditions, until))
}

fn issue_instant(at: OffsetDateTime, expected: &Expectation<'_>, trace: &mut Trace) -> Result<(), SamlError> {
    let Expectation { now, clock_skew, .. } = *expected;
    if now.saturating_add(clock_skew) < at {
        return Err(SamlError::IssuedInFuture { at, now });
    }
    let latest = at.saturating_add(REDEEM_WITHIN).saturating_add(clock_skew);
    if expected.request == InResponseTo::Api && now > latest {
        return Err(SamlError::IssuedTooLongAgo { at, now });
    }
    trace.pass("saml.issue-instant", iso(at));
    Ok(())
}

/// The first statement and the earliest end of any of the sessions that the statements name.
fn authentication<'a>(
    authentications: &'a [Authentication],
    expected: &Expectation<'_>,
    trace: &mut Trace,
) -> Result<(&'a Authentication, Option<OffsetDateTime>), SamlError> {
    let first = authentications.first().ok_or(SamlError::AuthnStatement)?;
    let end = authentications.iter().filter_map(|authentication| authentication.session_not_on_or_after).min();
    if let Some(at) = end
        && expected.now >= at.saturating_add(expected.clock_skew)
    {
        return Err(SamlError::SessionEnded { at, now: expected.now });
    }
    trace.pass("saml.authn-statement", iso(first.instant));
    if let Some(since) = expected.authn.since
        && first.instant.saturating_add(expected.clock_skew) < since
    {
        return Err(SamlError::AuthnTooOld { at: first.instant, since });
    }
    let (context, contexts) = (first.context.as_ref(), expected.authn.contexts);
    if !contexts.is_empty() && !context.is_some_and(|context| contexts.contains(context)) {
        return Err(SamlError::AuthnContext { found: context.cloned(), expected: contexts.to_vec() });
    }
    trace.pass("saml.authn-context", context.map_or("none", String::as_str));
    Ok((first, end))
}
