//! A record before it is a text.

use super::node::{Members, Node};
use super::{Event, behind, given, identity, shape};
use crate::store::AuditRecord;

/// What a record says besides what all of them do.
pub(super) struct Draft<'a> {
    event: &'a Event<'a>,
    pub(super) identity: Members<'a>,
    pub(super) parameters: Members<'a>,
    pub(super) elements: Members<'a>,
    /// `additionalEventData`.
    pub(super) data: Members<'a>,
    /// The record's own members.
    pub(super) outcome: Members<'a>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(event: &'a Event<'a>) -> Self {
        Self {
            event,
            identity: identity::identity(&event.who),
            parameters: given::asked(event),
            elements: Members::default(),
            data: shape::sign_in_data(event),
            outcome: Members::default(),
        }
    }

    /// Of something that was done.
    pub(super) fn of_success(event: &'a Event<'a>) -> Self {
        let mut draft = Self::of(event);
        draft.elements.add(event.name, "Success");
        draft
    }

    pub(super) fn at(&self) -> i64 {
        self.event.request.now.unix_timestamp()
    }

    /// Written here, where nobody waits for it but whose record it is.
    pub(super) fn finished(self) -> AuditRecord {
        let (at, behind) = (self.at(), behind::behind(&self.event.who));
        AuditRecord::new(at, self.members().text(), behind)
    }

    pub(super) fn members(self) -> Members<'a> {
        let Self { event, identity, parameters, elements, data, outcome } = self;
        let mut members = shape::frame(event.name, event.request);
        members.add("userIdentity", identity);
        let parameters = Node::from(parameters);
        let says_nothing = parameters.is_empty() && shape::is_sign_in(event.name);
        members.add("requestParameters", if says_nothing { Node::Null } else { parameters });
        let elements = Node::from(elements);
        members.add("responseElements", if elements.is_empty() { Node::Null } else { elements });
        members.add_if_any("resources", shape::resources(event));
        members.add_if_any("recipientAccountId", shape::recipient(event));
        members.add_if_any("additionalEventData", data);
        members.add("eventID", shape::event_id(event.request));
        members.add_all(outcome);
        members
    }
}
