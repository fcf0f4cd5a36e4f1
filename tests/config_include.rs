//! A configuration in several files.

use crate::config_world::{BASE, World};
use gatehouse::config::{Peers, Secrets};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[test]
fn included_files_name_theirs_by_their_own_place() {
    let world = World::new();
    let (before, role) = BASE.split_once("[[role]]").expect("a role");
    let main = format!("include = [\"conf.d/*.toml\", \"users/ops.toml\"]\n{before}");
    let (role, user) = role.split_once("[[user]]").expect("a user");
    let role = |policy: &str| format!("[[role]]{}", role.replace("policies = [", &format!("policies = [{policy}")));
    world.0.write("users/ops.toml", format!("[[user]]{}", user.replace("ops-secret", "../ops-secret")));
    // The policy's path is that of the file that names it.
    world.0.write(
        "conf.d/roles/look.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}"#,
    );
    world.0.write("conf.d/10-roles.toml", role("{ name = \"look\", file = \"roles/look.json\" }, "));
    world.0.write("conf.d/notes.txt", "not read");
    assert_eq!(world.mistakes(&main), Vec::<String>::new());
    let loaded = world.load(&main, Secrets::Read, Peers::Real).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(loaded.catalogue.roles().next().map(|role| role.policies.len()), Some(2));
    assert!(loaded.catalogue.access_key("AKIAEXAMPLE000000001").is_some());

    world.0.write("conf.d/10-roles.toml", role("{ name = \"look\", file = \"look.json\" }, "));
    world.0.write("conf.d/20-more.toml", "include = [\"x\"]\n[server]\nlisten = \"127.0.0.1:1\"");
    let mistakes = world.mistakes(&main);
    for named in [
        "conf.d/10-roles.toml: role \"arn:aws:iam::111122223333:role/Admin\".policies \"look\".file: conf.d/look.json cannot",
        "conf.d/20-more.toml: include: stands in a file that is included itself",
        "conf.d/20-more.toml: server: is not a key of this table",
    ] {
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(named)), "{named} in {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), 3, "{mistakes:#?}");
}

/// A file that is passed over takes with it what is written there.
#[test]
fn what_an_include_fits_and_cannot_reach_is_named() {
    let world = World::new();
    let directory = world.0.path();
    world.0.write("conf.d/10-good.toml", "");
    world.0.write("conf.d/also.toml/in-a-directory", "not read");
    let said = |pattern: &str| world.mistakes(&format!("include = [\"{pattern}\"]\n{BASE}"));
    assert_eq!(said("conf.d/*.toml"), Vec::<String>::new());
    assert_eq!(said("conf.d/*.tml"), ["gatehouse.toml: include: \"conf.d/*.tml\" names no file"]);
    assert_eq!(said("conf.d/absent.toml"), ["gatehouse.toml: include: \"conf.d/absent.toml\" names no file"]);
    assert_eq!(said("conf.d/also.toml"), ["gatehouse.toml: include: \"conf.d/also.toml\" names no file"]);
    for pattern in ["conf.d/*/*.toml", "conf.d/*good*"] {
        let several = format!("gatehouse.toml: include: \"{pattern}\" has more than one *; only one is understood");
        assert!(matches!(&said(pattern)[..], [only] if only.starts_with(&several)), "{:?}", said(pattern));
    }
    let not_listed = said("conf.d/10-good.toml/*.toml");
    assert!(
        matches!(&not_listed[..], [only] if only.starts_with("conf.d/10-good.toml: cannot be listed: ")),
        "{not_listed:?}"
    );

    let nowhere = directory.join("conf.d/20-nowhere.toml");
    std::os::unix::fs::symlink("gone.toml", &nowhere).expect("a link");
    let unreadable = said("conf.d/*.toml");
    assert!(
        matches!(&unreadable[..], [only] if only.starts_with("conf.d/20-nowhere.toml: cannot be read: ")),
        "{unreadable:?}"
    );
    std::fs::remove_file(nowhere).expect("removed");

    let socket = std::os::unix::net::UnixListener::bind(directory.join("conf.d/30.toml")).expect("a socket");
    assert_eq!(said("conf.d/*.toml"), ["conf.d/30.toml: is included and is no file; take it away"]);
    drop(socket);
    std::fs::remove_file(directory.join("conf.d/30.toml")).expect("removed");

    for (name, fits) in [(&b"\xff.toml"[..], true), (b"\xff.txt", false)] {
        let odd = directory.join("conf.d").join(OsStr::from_bytes(name));
        std::fs::write(&odd, "").expect("written");
        let mistakes = said("conf.d/*.toml");
        let named = mistakes.iter().filter(|mistake| mistake.contains("has a name that is not UTF-8")).count();
        assert_eq!((mistakes.len(), named), (usize::from(fits), usize::from(fits)), "{mistakes:?}");
        std::fs::remove_file(odd).expect("removed");
    }
}
