//! `[[user]]`.

use super::{Section, document};
use crate::catalogue::{AccessKey, Draft, MfaDevice, Placed, User};
use crate::words::{MfaSerial, PasswordHash, Secret, TotpSecret, UserArn};

pub(super) fn read(root: &Section<'_>, draft: &mut Draft) {
    for section in root.sections("user", "arn") {
        let arn: Option<UserArn> = section.required_parsed("arn");
        let access_keys: Vec<AccessKey> =
            section.sections("access_keys", "id").into_iter().filter_map(access_key).collect();
        if access_keys.len() > 2 {
            section.mistake("access_keys", "a user has at most two access keys");
        }
        let policies = document::read_list(&section, draft);
        let mfa = mfa(&section, arn.as_ref());
        let password = password(&section);
        let origin = section.origin();
        section.finish();
        if let Some(arn) = arn {
            let id = User::id_of(&arn);
            draft.users.push(Placed { origin, value: User { arn, id, access_keys, mfa, password, policies } });
        }
    }
}

fn access_key(section: Section<'_>) -> Option<AccessKey> {
    let id = section.required_string("id").filter(|id| {
        let fits =
            id.starts_with("AKIA") && (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            section.mistake("id", "must begin with AKIA and have 16 to 128 letters and digits");
        }
        fits
    });
    section.required("secret");
    let secret = section.secret("secret");
    if secret.as_ref().is_some_and(|secret| secret.expose().len() < 16) {
        section.mistake("secret", "is shorter than 16 characters; use at least that many random ones");
    }
    // With secrets left shut, an unguessable nothing stands in: `check` has no need of the key itself.
    let secret = secret.or_else(|| (!section.reading.with_secrets).then(|| Secret::new(Vec::new())));
    let active = section.bool("active").unwrap_or(true);
    section.finish();
    Some(AccessKey::new(id?, secret?, active))
}

fn password(user: &Section<'_>) -> Option<PasswordHash> {
    let hash = user.secret("password_hash").and_then(|text| {
        let parsed = PasswordHash::parse(text.expose_str().unwrap_or_default());
        parsed.map_err(|error| user.mistake("password_hash", error.to_string())).ok()
    });
    if user.has("password_hash") && !user.has("mfa") {
        user.mistake("password_hash", "signs nobody in by itself; give the user mfa as well");
    }
    let is_shut = user.has("password_hash") && !user.reading.with_secrets;
    hash.or_else(|| is_shut.then(PasswordHash::shut))
}

fn mfa(user: &Section<'_>, arn: Option<&UserArn>) -> Option<MfaDevice> {
    let section = user.section("mfa")?;
    let serial: Option<MfaSerial> = section.required_parsed("serial");
    if let (Some(serial), Some(arn)) = (&serial, arn)
        && serial.account() != arn.account()
    {
        section.mistake("serial", format!("is a device of account {}, not of the user's", serial.account()));
    }
    section.required("totp_secret");
    let secret = section.secret("totp_secret").and_then(|secret| {
        let parsed = TotpSecret::parse(secret.expose_str().unwrap_or_default());
        parsed.map_err(|error| section.mistake("totp_secret", error.to_string())).ok()
    });
    let secret = secret.or_else(|| (!section.reading.with_secrets).then(TotpSecret::shut));
    section.finish();
    Some(MfaDevice::new(serial?, secret?))
}
