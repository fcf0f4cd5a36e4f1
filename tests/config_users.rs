//! What can be wrong with a `[[user]]`'s keys and device, each told at its key and without the secret.

use crate::config_world::{BASE, OPS, World, each_is_named};
use gatehouse::config::{Peers, Secrets};

const DEVICE: &str = "mfa = { serial = \"arn:aws:iam::111122223333:mfa/ops\", totp_secret = { file = \"totp\" } }";
const ARN: &str = "arn:aws:iam::111122223333:mfa/ops";
const FILE: &str = "{ file = \"totp\" }";

#[test]
fn every_slip_of_a_device_is_named() {
    let (serial, secret) = (format!("{OPS}.mfa.serial"), format!("{OPS}.mfa.totp_secret"));
    let changed = |from: &str, to: &str| format!("[[user]]\n{}", DEVICE.replace(from, to));
    for (from, to, key, piece) in [
        (DEVICE, "mfa = \"JBSWY3DPEHPK3PXP\"", &*format!("{OPS}.mfa"), "must be a table, not a string"),
        (DEVICE, "mfa = { totp_secret = { file = \"totp\" } }", &serial, "is missing"),
        (DEVICE, "mfa = { serial = \"arn:aws:iam::111122223333:mfa/ops\" }", &secret, "is missing"),
        (ARN, "GAHT12345678", &serial, "is not the serial of a device, as in \"arn:aws:iam::111122223333:mfa/ops\""),
        (ARN, "arn:aws:iam::111122223333:user/ops", &serial, "is not the serial of a device"),
        (ARN, "arn:aws:iam::111122223333:mfa/o*", &serial, "is not the serial of a device"),
        (ARN, "arn:aws:iam::444455556666:mfa/ops", &serial, "is a device of account 444455556666, not of the user's"),
        (FILE, "\"JBSWY3DPEHPK3PXP\"", &secret, "a secret is never written in the file"),
        (FILE, "{ file = \"absent\" }", &secret, "absent cannot be read"),
        (FILE, "{ file = \"short-totp\" }", &secret, "has 40 bits; at least 80 are needed, and 128 are better"),
        (FILE, "{ file = \"spaced-totp\" }", &secret, "is not base32"),
        (FILE, "{ file = \"proxy\" }", &secret, "is not base32"),
        (
            "totp_secret =",
            "digits = 8, totp_secret =",
            &format!("{OPS}.mfa.digits"),
            "is not a key of this table; known here: serial, totp_secret",
        ),
    ] {
        each_is_named(&[("[[user]]", &changed(from, to), key, piece)]);
    }
    let twin = format!("[[user]]\narn = \"arn:aws:iam::111122223333:user/twin\"\n{DEVICE}\n\n[[user]]\n{DEVICE}");
    each_is_named(&[("[[user]]", &twin, &serial, "arn:aws:iam::111122223333:mfa/ops is used twice")]);
    let world = World::new();
    let told = world.mistakes(&BASE.replace("[[user]]", &changed(FILE, "{ file = \"spaced-totp\" }")));
    assert!(told.len() == 1 && !told[0].contains("Y3DP"), "{told:?}");
    let good = BASE.replace("[[user]]", &changed(FILE, FILE));
    assert_eq!(world.mistakes(&good), Vec::<String>::new());
    let elsewhere = BASE.replace("[[user]]", &changed(FILE, "{ env = \"GATEHOUSE_TEST_UNSET\" }"));
    assert!(world.load(&elsewhere, Secrets::LeaveShut, Peers::Real).is_ok());
}

#[test]
fn a_key_is_active_or_not() {
    let (key, place) = ("secret = { file = \"ops-secret\" } }]", format!("{OPS}.access_keys \"AKIAEXAMPLE000000001\""));
    let with = |more: &str| format!("secret = {{ file = \"ops-secret\" }}, {more} }}]");
    each_is_named(&[
        (key, &with("active = \"no\""), &format!("{place}.active"), "must be true or false, not a string"),
        (key, &with("acive = true"), &format!("{place}.acive"), "did you mean \"active\"?"),
    ]);
    for active in ["true", "false"] {
        let text = BASE.replace(key, &with(&format!("active = {active}")));
        assert!(World::new().load(&text, Secrets::LeaveShut, Peers::Real).is_ok(), "{active}");
    }
}
