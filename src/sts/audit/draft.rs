//! A record before it is a text.

use super::object::{self, Object};
use super::{Event, behind, given, identity, shape};
use crate::store::AuditRecord;
use crate::trust::RoleSession;
use crate::words::RoleArn;

/// What a record says besides what all of them do.
pub(super) struct Draft<'a> {
    pub(super) event: &'a Event<'a>,
    /// Whose the record is, where it is not whoever the event is of.
    pub(super) becomes: Option<&'a RoleSession>,
    /// Who is behind a paper, where that is known already.
    pub(super) whose: Option<&'a str>,
    pub(super) parameters: Part<'a>,
    pub(super) elements: Part<'a>,
    /// `additionalEventData`.
    pub(super) data: Part<'a>,
    /// The record's own members.
    pub(super) outcome: Part<'a>,
}

/// Adds members where they have their place.
pub(super) type Part<'a> = &'a dyn Fn(&mut Object<'_>);

const NOTHING: Part<'static> = &|_| {};

impl<'a> Draft<'a> {
    pub(super) fn of(event: &'a Event<'a>) -> Self {
        Self {
            event,
            becomes: None,
            whose: None,
            parameters: NOTHING,
            elements: NOTHING,
            data: NOTHING,
            outcome: NOTHING,
        }
    }

    pub(super) fn at(&self) -> i64 {
        self.event.request.now.unix_timestamp()
    }

    /// Written here, where nobody waits for it but whose record it is.
    pub(super) fn finished(self) -> AuditRecord {
        AuditRecord::new(self.at(), self.text(), behind::behind(&self.event.who, self.whose))
    }

    pub(super) fn text(&self) -> String {
        object::written(|record| self.write(record))
    }

    fn write(&self, record: &mut Object<'_>) {
        let event = self.event;
        let role = RoleArn::account_in(event.role);
        shape::frame(event.name, event.request, record);
        record.object("userIdentity", |who| match self.becomes {
            Some(session) => identity::role_session(session, who),
            None => identity::identity(&event.who, who),
        });
        let parameters = |told: &mut Object<'_>| {
            given::asked(event, told);
            (self.parameters)(told);
        };
        match shape::is_sign_in(event.name) {
            true => record.object_or_null("requestParameters", parameters),
            false => record.object("requestParameters", parameters),
        }
        record.object_or_null("responseElements", self.elements);
        record.if_any(|record| shape::resources(event, role, record));
        record.add_if_any("recipientAccountId", shape::recipient(&event.who, role).as_ref());
        record.if_any(|record| {
            record.object("additionalEventData", |data| {
                shape::sign_in_data(event, data);
                (self.data)(data);
            });
        });
        record.add("eventID", &shape::event_id(event.request));
        (self.outcome)(record);
    }
}
