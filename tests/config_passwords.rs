//! What can be wrong with a user's password hash, told at its key and without the hash; and a glass that nobody could
//! break.

use crate::break_glass_world::hashed;
use crate::config_world::{BASE, OPS, World};
use gatehouse::config::{Peers, Secrets};
use gatehouse::words::{PasswordHash, Secret};

const DEVICE: &str = "mfa = { serial = \"arn:aws:iam::111122223333:mfa/ops\", totp_secret = { file = \"totp\" } }";
const HASH: &str = "password_hash = { file = \"hash\" }";

fn with(user: &str) -> String {
    BASE.replace("[[user]]", &format!("[[user]]\n{user}"))
}

#[test]
fn every_slip_of_a_hash_is_named() {
    let good = hashed("a password", b"a salt of sixteen");
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let (salt, hash) = good.rsplit_once('$').map(|(before, hash)| (before.rsplit('$').next().unwrap(), hash)).unwrap();
    let (weak, dear) = ("costs whoever guesses too little", "costs us too much at each sign-in");
    let form = "is not a PHC string, as in $argon2id$v=19$";
    for (text, piece) in [
        ("a password".to_owned(), form),
        (String::new(), form),
        (format!("{good}$"), form),
        (format!(" {good}"), form),
        (changed("argon2id", "argon2i"), "is not argon2id"),
        (changed("argon2id", "argon2d"), "is not argon2id"),
        (changed("argon2id", "Argon2id"), form),
        (changed("argon2id", "scrypt"), form),
        (changed("v=19", "v=16"), "is not of version 19"),
        (changed("$v=19", ""), form),
        (changed("m=19456", "m=19455"), weak),
        (changed("t=2", "t=1"), weak),
        (changed("p=1", "p=0"), form),
        (changed("m=19456", "m=262145"), dear),
        (changed("t=2", "t=11"), dear),
        (changed("p=1", "p=17"), dear),
        (changed("m=19456", "m=4294967296"), form),
        (changed("m=19456", "m=+19456"), form),
        (changed("m=19456,t=2", "t=2,m=19456"), form),
        (changed("p=1", "p=1,keyid=AA"), form),
        (changed(salt, "c2hvcnQ"), "has a salt that is not 8 to 64 bytes"),
        (changed(salt, "a.b"), "has a salt that is not 8 to 64 bytes"),
        (changed(hash, "AAAAAAAAAAAAAAAAAAAA"), "has a hash that is not 16 to 64 bytes"),
        (changed(hash, &format!("{hash}=")), "has a hash that is not 16 to 64 bytes"),
    ] {
        let world = World::new();
        world.0.write("hash", &text);
        let told = world.mistakes(&with(&format!("{DEVICE}\n{HASH}")));
        let [told] = told.as_slice() else { panic!("{text}: {told:?}") };
        assert!(told.contains(&format!("{OPS}.password_hash: ")) && told.contains(piece), "{text}: {told}");
        assert!(!told.contains(hash) && !told.contains(salt), "{told}");
    }
    let world = World::new();
    world.0.write("hash", format!("{good}\n"));
    assert_eq!(world.mistakes(&with(&format!("{DEVICE}\n{HASH}"))), Vec::<String>::new());
    let alone = world.mistakes(&with(HASH));
    assert!(alone.len() == 1 && alone[0].contains("signs nobody in by itself; give the user mfa as well"), "{alone:?}");
    let inline = world.mistakes(&with(&format!("{DEVICE}\npassword_hash = \"{good}\"")));
    assert!(inline.len() == 1 && inline[0].contains("a secret is never written in the file"), "{inline:?}");
}

#[test]
fn all_passwords_cost_the_same() {
    let world = World::new();
    let good = hashed("a password", b"a salt of sixteen");
    world.0.write("hash", &good);
    world.0.write("dearer", good.replacen("t=2", "t=3", 1));
    let text = |file: &str| {
        let twin = "arn = \"arn:aws:iam::111122223333:user/twin\"\nmfa = { serial = \"arn:aws:iam::111122223333:mfa/twin\", totp_secret = { file = \"totp\" } }";
        with(&format!("{twin}\npassword_hash = {{ file = \"{file}\" }}\n\n[[user]]\n{DEVICE}\n{HASH}"))
    };
    assert_eq!(world.mistakes(&text("hash")), Vec::<String>::new());
    let told = world.mistakes(&text("dearer"));
    assert!(told.len() == 1 && told[0].contains("costs m=19456,t=2,p=1") && told[0].contains("t=3"), "{told:?}");
}

#[test]
fn a_glass_that_nobody_could_break_is_a_mistake() {
    let world = World::new();
    world.0.write("hash", hashed("a password", b"a salt of sixteen"));
    let on = |text: &str| text.replace("[console]", "[console]\nbreak_glass = true");
    for user in ["", DEVICE] {
        let told = world.mistakes(&on(&with(user)));
        let expected =
            "gatehouse.toml: console.break_glass: lets nobody in: no [[user]] has both mfa and password_hash";
        assert_eq!(told, [expected], "{user}");
    }
    let good = on(&with(&format!("{DEVICE}\n{HASH}")));
    assert_eq!(world.mistakes(&good), Vec::<String>::new());
    let elsewhere = good.replace("{ file = \"hash\" }", "{ env = \"GATEHOUSE_TEST_UNSET\" }");
    assert!(world.load(&elsewhere, Secrets::LeaveShut, Peers::Real).is_ok(), "reviewed without its secrets");
}

/// The vector of the reference implementation's own test (phc-winner-argon2, src/test.c).
#[test]
fn a_hash_of_another_hand_is_understood() {
    let text = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hash = PasswordHash::parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert!(hash.verify(&Secret::new(*b"password")));
    for wrong in ["", "Password", "password ", "passwor"] {
        assert!(!hash.verify(&Secret::new(wrong)), "{wrong:?}");
    }
    assert!(!PasswordHash::shut().verify(&Secret::new("")), "what was left shut is nobody's");
}
