//! Lists among the parameters: `Name.member.N`, counted from 1 without a gap.

use super::action::SessionPolicyWish;
use super::reader::Reader;
use crate::issuer::{LONGEST_AUDIENCE, MOST_AUDIENCES};
use crate::words::{NotSessionTags, SessionTags, SourceIdentity};

/// The longest inline session policy, in characters, and the most managed ones (STS API, "Policy" and "PolicyArns").
const LONGEST_POLICY: usize = 2_048;
const MOST_POLICIES: usize = 10;

/// STS API, "Policy": blanks, and the first 256 characters of Unicode that are no control characters of ASCII.
fn fits_policy(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

impl Reader<'_> {
    /// `Policy`, and `PolicyArns.member.N.arn`.
    pub(super) fn session_policies(&mut self) -> SessionPolicyWish {
        // An empty one is a limit that was asked for and got lost on the way.
        let inline = self.listed("Policy").and_then(|document| match document.chars().count() {
            1..=LONGEST_POLICY if document.chars().all(fits_policy) => Some(document.to_owned()),
            1..=LONGEST_POLICY => {
                let pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
                self.violates("***", "policy", &format!("Member must satisfy regular expression pattern: {pattern}"))
            }
            _ => self.violates("***", "policy", "Member must have length between 1 and 2048"),
        });
        let mut managed = Vec::new();
        while let Some(arn) = self.listed(&format!("PolicyArns.member.{}.arn", managed.len() + 1)) {
            let member = format!("policyArns.{}.member.arn", managed.len() + 1);
            managed.push(self.arn(&member, arn));
        }
        if managed.len() > MOST_POLICIES {
            self.violates::<()>("***", "policyArns", "Member must have length less than or equal to 10");
        }
        SessionPolicyWish { inline, managed: managed.into_iter().flatten().collect() }
    }

    /// `Tags.member.N.Key` and `.Value`, and the `TransitiveTagKeys.member.N` among them.
    pub(super) fn tags(&mut self) -> SessionTags {
        let tags = self.tag_pairs();
        let mut transitive = Vec::new();
        while let Some(key) = self.listed(&format!("TransitiveTagKeys.member.{}", transitive.len() + 1)) {
            transitive.push(key.to_owned());
        }
        self.fitting(tags, &transitive)
    }

    /// The same for those who assume no role, and so hand nothing on.
    pub(super) fn tags_of_the_last(&mut self) -> SessionTags {
        let tags = self.tag_pairs();
        self.fitting(tags, &[])
    }

    fn tag_pairs(&mut self) -> Vec<(String, String)> {
        let mut tags = Vec::new();
        for n in 1.. {
            let names = ["Key", "Value"].map(|part| format!("Tags.member.{n}.{part}"));
            match names.each_ref().map(|name| self.listed(name)) {
                [None, None] => break,
                [Some(key), Some(value)] => tags.push((key.to_owned(), value.to_owned())),
                [key, _] => {
                    let absent = if key.is_none() { "key" } else { "value" };
                    self.violates_null::<()>(&format!("tags.{n}.member.{absent}"));
                }
            }
        }
        tags
    }

    fn fitting(&mut self, tags: Vec<(String, String)>, transitive: &[String]) -> SessionTags {
        match SessionTags::new(tags, transitive) {
            Ok(tags) => tags,
            Err(error) => self.bad_tags(&error),
        }
    }

    /// `Audience.member.N`: 1 to 10 of 1 to 1,000 characters.
    pub(super) fn audiences(&mut self) -> Vec<String> {
        let mut audiences: Vec<String> = Vec::new();
        while let Some(audience) = self.listed(&format!("Audience.member.{}", audiences.len() + 1)) {
            audiences.push(audience.to_owned());
        }
        match audiences.len() {
            0 => drop(self.violates_null::<()>("audience")),
            1..=MOST_AUDIENCES => {}
            _ => {
                let constraint = format!("Member must have length less than or equal to {MOST_AUDIENCES}");
                self.violates::<()>("***", "audience", &constraint);
            }
        }
        if audiences.iter().any(|audience| !(1..=LONGEST_AUDIENCE).contains(&audience.chars().count())) {
            let constraint = format!("Member must have length between 1 and {LONGEST_AUDIENCE}");
            self.violates::<()>("***", "audience.member", &constraint);
        }
        audiences
    }

    /// 2 to 64 characters, not beginning with `aws:`.
    pub(super) fn source_identity(&mut self) -> Option<SourceIdentity> {
        let text = self.optional("SourceIdentity")?;
        let constraint = "Member must satisfy regular expression pattern: [\\w+=,.@-]*, have length between 2 and 64, \
                          and not begin with aws:";
        text.parse().ok().or_else(|| self.violates(text, "sourceIdentity", constraint))
    }

    /// In words of ours: AWS has none that are documented. Values stay out of the trace.
    fn bad_tags(&mut self, error: &NotSessionTags) -> SessionTags {
        let (value, member, constraint) = match error {
            NotSessionTags::TooMany { .. } => ("***", "tags", "Member must have length less than or equal to 50"),
            NotSessionTags::Key { key } => (
                key.as_str(),
                "tags",
                "Tag keys have 1 to 128 characters of [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@] and do not begin with aws:",
            ),
            NotSessionTags::Value { .. } => {
                ("***", "tags", "Tag values have at most 256 characters of [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]")
            }
            NotSessionTags::Repeated { key } => {
                (key.as_str(), "tags", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
            }
            NotSessionTags::NotATag { key } => {
                (key.as_str(), "transitiveTagKeys", "Each transitive tag key must be the key of a tag in the request")
            }
        };
        self.violates::<()>(value, member, constraint);
        SessionTags::default()
    }
}
