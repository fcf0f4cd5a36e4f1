//! A Deny that reads as if it were for everybody, and is not: `gatehouse check` says so.

use crate::config_world::{BASE, World};
use crate::saml_identity::changed;

const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";

/// What is noted of a trust policy that lets in people of corp and has this Deny.
fn noted(principal: &str, action: &str) -> String {
    let deny = format!(
        r#""{CORP}"}}}},
  {{"Sid": "Out", "Effect": "Deny", "Principal": {principal}, "Action": "{action}"}}]}}"#
    );
    let out = World::new().check(&changed(BASE, &format!("\"{CORP}\"}}}}]}}"), &deny), &[]);
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).expect("UTF-8").lines().filter(|line| line.starts_with("note: ")).collect()
}

#[test]
fn who_comes_through_a_provider_is_denied_by_its_name_alone() {
    let written = format!(r#"{{"AWS": "*", "Federated": ["{CORP}"]}}"#);
    for (principal, action) in
        [("\"*\"", "sts:*"), (r#"{"AWS": "*"}"#, "sts:AssumeRoleWithSAML"), ("\"*\"", "sts:TagSession")]
    {
        let note = noted(principal, action);
        assert!(
            note.starts_with("note: the Deny Out of the trust policy of arn:aws:iam::111122223333:role/Admin "),
            "{note}"
        );
        assert!(note.ends_with(&format!("write \"Principal\": {written}.")), "{note}");
    }
    for (principal, action) in [
        (written.as_str(), "sts:*"),
        // Of those who sign, which is what it says.
        ("\"*\"", "sts:AssumeRole"),
        (r#"{"AWS": "111122223333"}"#, "sts:*"),
    ] {
        assert_eq!(noted(principal, action), "", "{principal} {action}");
    }
}
