//! The members of an audit record that it is found by, borrowed from its text.
//!
//! What counts is what stands there as a text, or as an object: anything else in its place counts as nothing, and takes
//! nothing else with it.

use super::marks::{Clue, Kind, Mark, mark_of};
use crate::words::whose;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Outline<'a> {
    #[serde(borrow)]
    event_name: Text<'a>,
    #[serde(borrow)]
    error_code: Text<'a>,
    #[serde(borrow)]
    access_key_id: Text<'a>,
    #[serde(borrow)]
    user_identity: Member<Who<'a>>,
    #[serde(borrow)]
    request_parameters: Member<Asked<'a>>,
    #[serde(borrow)]
    response_elements: Member<Given<'a>>,
    #[serde(borrow)]
    additional_event_data: Member<Beside<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Who<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    arn: Text<'a>,
    #[serde(borrow)]
    user_name: Text<'a>,
    #[serde(borrow)]
    account_id: Text<'a>,
    #[serde(borrow)]
    access_key_id: Text<'a>,
    #[serde(borrow)]
    provider_arn: Text<'a>,
    #[serde(borrow)]
    identity_provider: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    principal: Text<'a>,
    #[serde(borrow)]
    provider: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Given<'a> {
    #[serde(borrow)]
    assumed_role: Text<'a>,
    #[serde(borrow)]
    assumed_role_user: Member<AssumedRoleUser<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AssumedRoleUser<'a> {
    #[serde(borrow)]
    arn: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Beside<'a> {
    #[serde(borrow)]
    switched_by: Member<Who<'a>>,
}

/// Who is behind a record, as far as it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Whose mark this is.
    Known(Mark),
    /// Whoever's the session of this access key id is.
    Session(String),
    Nobody,
}

impl Behind {
    /// A person by what they are called (see [`whose`]), or a user by their ARN.
    pub fn known(whose: &str) -> Self {
        Self::Known(mark_of(whose))
    }
}

impl<'a> Outline<'a> {
    /// Of a record as it stands in the book.
    pub(super) fn read(record: &'a str) -> Self {
        serde_json::from_str(record).unwrap_or_default()
    }

    pub(super) fn behind(&self) -> Behind {
        let Some(who) = self.who() else { return Behind::Nobody };
        match who.kind.text().unwrap_or_default() {
            "SAMLUser" | "WebIdentityUser" => who
                .provider_arn
                .text()
                .zip(who.user_name.text())
                .map_or(Behind::Nobody, |(arn, subject)| Behind::known(&whose([arn], subject))),
            "IAMUser" => who.arn.text().map_or(Behind::Nobody, Behind::known),
            "AssumedRole" | "FederatedUser" => {
                who.access_key_id.text().map_or(Behind::Nobody, |id| Behind::Session(id.to_owned()))
            }
            _ => Behind::Nobody,
        }
    }

    /// All that the record is found by. `kept` is what was known of whose it is when it was written: where the record itself
    /// tells it, that counts.
    pub(super) fn clues(&self, kept: Option<Mark>) -> Vec<Clue<'_>> {
        let whose = match self.behind() {
            Behind::Known(whose) => Some(whose),
            Behind::Session(_) => kept,
            Behind::Nobody => None,
        };
        let (who, led_to) = (self.who(), self.user_identity.0.as_ref());
        let keys = [who.and_then(|who| who.access_key_id.text()), self.given()];
        let principals = [
            who.and_then(|who| who.arn.text()),
            who.and_then(|who| who.user_name.text()),
            led_to.and_then(|who| who.arn.text()),
        ];
        let mut clues: Vec<Clue<'_>> = whose.map(Clue::Whose).into_iter().collect();
        for account in self.accounts().into_iter().flatten() {
            let mut within = |kind, name| clues.push(Clue::Within { account, kind, name });
            within(Kind::Everything, "");
            self.event_name.text().into_iter().for_each(|name| within(Kind::Event, name));
            self.error_code.text().into_iter().for_each(|_| within(Kind::Refusals, ""));
            keys.into_iter().flatten().for_each(|id| within(Kind::Key, id));
            principals.into_iter().flatten().for_each(|name| within(Kind::Principal, name));
        }
        clues
    }

    /// The access key id of what it gave.
    pub(super) fn given(&self) -> Option<&str> {
        self.access_key_id.text()
    }

    /// Who did it. Of a switch CloudTrail's member tells where it led to; whoever switched stands beside it.
    fn who(&self) -> Option<&Who<'a>> {
        let switched = self.additional_event_data.0.as_ref().and_then(|beside| beside.switched_by.0.as_ref());
        switched.or(self.user_identity.0.as_ref())
    }

    /// Whose account it is that the principal is of; and that of the role that was given. Whoever was refused another
    /// account's role has come no nearer to that account than anybody.
    fn accounts(&self) -> [Option<&str>; 2] {
        let named = self.who().map(|who| [&who.provider_arn, &who.identity_provider, &who.arn]);
        let asked = self.request_parameters.0.as_ref().map(|asked| [&asked.role, &asked.principal, &asked.provider]);
        let named = [named, asked].into_iter().flatten().flatten();
        let own = self.who().and_then(|who| who.account_id.text()).filter(|account| is_account(account));
        let own = own.or_else(|| named.filter_map(Member::text).find_map(account_of));
        let given = self.response_elements.0.as_ref();
        let user = given.and_then(|given| given.assumed_role_user.0.as_ref());
        let given = [given.map(|given| &given.assumed_role), user.map(|user| &user.arn)];
        let given = given.into_iter().flatten().filter_map(Member::text).find_map(account_of);
        [own, given.filter(|given| own != Some(given))]
    }
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:aws:")?.split(':').nth(2).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands in the place of a member, if it is of the kind that is looked for.
struct Member<T>(Option<T>);

type Text<'a> = Member<Cow<'a, str>>;

impl<T> Default for Member<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl Text<'_> {
    fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// What a member may be.
trait Expected<'de>: Sized {
    fn text(_: Cow<'de, str>) -> Option<Self> {
        None
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de: 'a, 'a> Expected<'de> for Cow<'a, str> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(text)
    }
}

macro_rules! objects {
    ($($object:ident),*) => { $(
        impl<'de: 'a, 'a> Expected<'de> for $object<'a> {
            fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
                Self::deserialize(MapAccessDeserializer::new(object)).map(Some)
            }
        }
    )* };
}

objects!(Who, Asked, Given, AssumedRoleUser, Beside);

struct Reading<T>(PhantomData<T>);

impl<'de, T: Expected<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading(PhantomData)).map(Self)
    }
}

impl<'de, T: Expected<'de>> Visitor<'de> for Reading<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::object(object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
