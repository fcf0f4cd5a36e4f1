//! A form becomes an action: each parameter read once, every violation told at once.

use crate::words::{ProviderArn, RoleArn, SessionName};
use std::collections::BTreeMap;
use time::Duration;

/// What is asked for, with its parameters in order. Built by [`Action::parse`] only.
pub enum Action {
    AssumeRole(AssumeRole),
    AssumeRoleWithSaml(AssumeRoleWithSaml),
    AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity),
    GetCallerIdentity,
}

pub struct AssumeRole {
    pub role: RoleArn,
    pub session_name: SessionName,
    pub external_id: Option<String>,
    pub duration: Option<Duration>,
}

pub struct AssumeRoleWithSaml {
    pub role: RoleArn,
    pub provider: ProviderArn,
    /// Base64, at most 100,000 characters.
    pub assertion: String,
    pub duration: Option<Duration>,
}

pub struct AssumeRoleWithWebIdentity {
    pub role: RoleArn,
    pub session_name: SessionName,
    pub token: String,
    pub provider_id: Option<String>,
    pub duration: Option<Duration>,
}

/// One parameter that breaks its constraint, in the words that AWS uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// The parameters of one request. A name that occurs twice is refused: two readers must never see two requests.
pub struct Form(BTreeMap<String, String>);

/// Why a form is no action.
pub enum NotAnAction {
    Missing,
    Unknown(String),
    Repeated(String),
    Violations(Vec<Violation>),
    /// Parameters that this build does not act on; dropping a session policy, say, would widen what was asked for.
    NotActedOn(String),
}

/// More parameters than this have no honest sender.
const MOST_PARAMETERS: usize = 400;

impl Form {
    /// From decoded name–value pairs, wherever they stood.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, NotAnAction> {
        let mut form = BTreeMap::new();
        for (name, value) in pairs.into_iter().take(MOST_PARAMETERS + 1) {
            if form.insert(name.clone(), value).is_some() || form.len() > MOST_PARAMETERS {
                return Err(NotAnAction::Repeated(crate::trace::clip(&name)));
            }
        }
        Ok(Self(form))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Action {
    /// The name under which the action is known, for any form that names one.
    pub fn name_in(form: &Form) -> Option<&'static str> {
        let name = form.get("Action")?;
        ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetCallerIdentity"]
            .into_iter()
            .find(|n| *n == name)
    }

    pub fn parse(form: &Form) -> Result<Self, NotAnAction> {
        let Some(named) = form.get("Action") else { return Err(NotAnAction::Missing) };
        let Some(action) = Self::name_in(form) else { return Err(NotAnAction::Unknown(crate::trace::clip(named))) };
        if form.get("Version").is_some_and(|version| version != "2011-06-15") {
            return Err(NotAnAction::Unknown(crate::trace::clip(named)));
        }
        let mut reader = Reader { form, violations: Vec::new() };
        let action = match action {
            "AssumeRole" => reader.assume_role(),
            "AssumeRoleWithSAML" => reader.with_saml(),
            "AssumeRoleWithWebIdentity" => reader.with_web_identity(),
            _ => Some(Self::GetCallerIdentity),
        };
        match action {
            Some(action) if reader.violations.is_empty() => reader.nothing_left_out(&action).map(|()| action),
            _ => Err(NotAnAction::Violations(reader.violations)),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::AssumeRole(_) => "AssumeRole",
            Self::AssumeRoleWithSaml(_) => "AssumeRoleWithSAML",
            Self::AssumeRoleWithWebIdentity(_) => "AssumeRoleWithWebIdentity",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}

struct Reader<'a> {
    form: &'a Form,
    violations: Vec<Violation>,
}

impl Reader<'_> {
    fn assume_role(&mut self) -> Option<Action> {
        let (role, session_name) = (self.role(), self.session_name());
        let external_id = self.text("ExternalId", 2..=1224, |b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b));
        let duration = self.duration();
        Some(Action::AssumeRole(AssumeRole { role: role?, session_name: session_name?, external_id, duration }))
    }

    fn with_saml(&mut self) -> Option<Action> {
        let role = self.role();
        let provider = self.required("PrincipalArn").and_then(|text| self.arn("principalArn", text));
        self.required("SAMLAssertion");
        let assertion = self.text("SAMLAssertion", 4..=100_000, |_| true);
        let duration = self.duration();
        let (role, provider, assertion) = (role?, provider?, assertion?);
        Some(Action::AssumeRoleWithSaml(AssumeRoleWithSaml { role, provider, assertion, duration }))
    }

    fn with_web_identity(&mut self) -> Option<Action> {
        let (role, session_name) = (self.role(), self.session_name());
        self.required("WebIdentityToken");
        let token = self.text("WebIdentityToken", 4..=20_000, |_| true);
        let provider_id = self.text("ProviderId", 4..=2048, |_| true);
        let duration = self.duration();
        let (role, session_name, token) = (role?, session_name?, token?);
        Some(Action::AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity {
            role,
            session_name,
            token,
            provider_id,
            duration,
        }))
    }

    fn role(&mut self) -> Option<RoleArn> {
        let text = self.required("RoleArn")?;
        self.arn("roleArn", text)
    }

    fn arn<T: std::str::FromStr>(&mut self, member: &str, text: String) -> Option<T> {
        match text.parse() {
            Ok(arn) => Some(arn),
            Err(_) if !(20..=2048).contains(&text.len()) => {
                self.violates(&text, member, "Member must have length between 20 and 2048")
            }
            Err(_) => {
                self.violations.push(Violation(format!("{} is invalid", crate::trace::clip(&text))));
                None
            }
        }
    }

    fn session_name(&mut self) -> Option<SessionName> {
        let text = self.required("RoleSessionName")?;
        let constraint = match text.len() {
            0..=1 => "Member must have length greater than or equal to 2",
            2..=64 => "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            _ => "Member must have length less than or equal to 64",
        };
        text.parse().ok().or_else(|| self.violates(&text, "roleSessionName", constraint))
    }

    /// 900 to 43,200 seconds.
    fn duration(&mut self) -> Option<Duration> {
        let text = self.form.get("DurationSeconds").filter(|text| !text.is_empty())?.to_owned();
        let digits = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<i64>().ok().filter(|_| digits) {
            Some(900..=43_200) => text.parse().ok().map(Duration::seconds),
            Some(0..=899) => {
                self.violates(&text, "durationSeconds", "Member must have value greater than or equal to 900")
            }
            _ => self.violates(&text, "durationSeconds", "Member must have value less than or equal to 43200"),
        }
    }

    fn text(&mut self, name: &str, length: std::ops::RangeInclusive<usize>, fits: fn(u8) -> bool) -> Option<String> {
        let text = self.form.get(name)?.to_owned();
        let member = lower_first(name);
        if !length.contains(&text.len()) {
            let (least, most) = (length.start(), length.end());
            return self.violates("***", &member, &format!("Member must have length between {least} and {most}"));
        }
        if !text.bytes().all(fits) {
            return self.violates(&text, &member, "Member must satisfy its regular expression pattern");
        }
        Some(text)
    }

    fn required(&mut self, name: &str) -> Option<String> {
        match self.form.get(name).filter(|text| !text.is_empty()) {
            Some(text) => Some(text.to_owned()),
            None => self.violates_null(&lower_first(name)),
        }
    }

    fn violates<T>(&mut self, value: &str, member: &str, constraint: &str) -> Option<T> {
        let value = crate::trace::clip(value);
        self.violations
            .push(Violation(format!("Value '{value}' at '{member}' failed to satisfy constraint: {constraint}")));
        None
    }

    fn violates_null<T>(&mut self, member: &str) -> Option<T> {
        self.violations
            .push(Violation(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null")));
        None
    }

    /// Refuses what would be ignored. Empty lists are sent by SDKs as a bare name and mean nothing.
    fn nothing_left_out(&self, action: &Action) -> Result<(), NotAnAction> {
        let known: &[&str] = match action {
            Action::AssumeRole(_) => &["RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"],
            Action::AssumeRoleWithSaml(_) => &["RoleArn", "PrincipalArn", "SAMLAssertion", "DurationSeconds"],
            Action::AssumeRoleWithWebIdentity(_) => {
                &["RoleArn", "RoleSessionName", "WebIdentityToken", "ProviderId", "DurationSeconds"]
            }
            Action::GetCallerIdentity => &[],
        };
        let stray = self.form.0.iter().find(|(name, value)| {
            let signature = name.to_ascii_lowercase().starts_with("x-amz-");
            !known.contains(&name.as_str())
                && !["Action", "Version"].contains(&name.as_str())
                && !value.is_empty()
                && !signature
        });
        stray.map_or(Ok(()), |(name, _)| Err(NotAnAction::NotActedOn(crate::trace::clip(name))))
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
