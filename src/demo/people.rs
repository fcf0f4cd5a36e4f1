//! Who there is.

/// A person whom anybody may be. `uid` is the OpenID subject and the local part of the mail address.
#[derive(Debug)]
pub struct Person {
    pub uid: &'static str,
    pub name: &'static str,
    pub mail: &'static str,
    pub groups: &'static [&'static str],
}

/// Four people. Mallory is in no group, so that one can see what a refusal looks like.
pub const PEOPLE: &[Person] = &[
    Person {
        uid: "alice",
        name: "Alice Archer",
        mail: "alice@example.com",
        groups: &["platform-admins", "developers"],
    },
    Person { uid: "bob", name: "Bob Baker", mail: "bob@example.com", groups: &["developers"] },
    Person { uid: "carol", name: "Carol Cooper", mail: "carol@example.com", groups: &["auditors"] },
    Person { uid: "mallory", name: "Mallory Mason", mail: "mallory@example.com", groups: &[] },
];

impl Person {
    pub(super) fn named(uid: &str) -> Option<&'static Person> {
        PEOPLE.iter().find(|person| person.uid == uid)
    }
}
