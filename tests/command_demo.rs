//! `gatehouse demo`, and `--help` everywhere: the first look.

use crate::house::{Directory, free_port};
use crate::running::{Running, element, ended, gatehouse, keeps_silent, mode, shell};

#[test]
fn the_printed_lines_work_as_they_are() {
    let directory = Directory::new();
    let (port, idp_port) = (free_port(), free_port());
    let mut command = gatehouse();
    command.args(["demo", "--port", &port.to_string(), "--idp-port", &idp_port.to_string(), "--directory"]);
    let running = Running::start(command.arg(directory.path()), "Ctrl-C stops everything.");
    let said = running.said();
    for line in ["Gatehouse is open.", &format!("    https://localhost:{port}/console")] {
        assert!(said.lines().any(|it| it == line), "{line} in {said}");
    }
    let line = said.lines().find(|line| line.starts_with("    curl ")).expect("a line for curl");
    let answer = shell(&line.replacen("curl ", "curl -sS ", 1));
    let developer = "arn:aws:sts::111122223333:assumed-role/Developer/alice";
    assert_eq!(element(&answer, "Arn"), developer);

    let ca = directory.path().join("certs/demo-ca.pem");
    let idp = format!("http://localhost:{idp_port}/gatehouse-demo");
    let with_saml = |person: &str, role: &str| {
        shell(&format!(
            "curl -sS --cacert {} https://localhost:{port}/ -d Action=AssumeRoleWithSAML -d Version=2011-06-15 -d RoleArn=arn:aws:iam::111122223333:role/{role} -d PrincipalArn=arn:aws:iam::111122223333:saml-provider/demo-saml --data-urlencode \"SAMLAssertion=$(curl -sS '{idp}/saml/response?person={person}')\"",
            ca.display()
        ))
    };
    let admin = with_saml("alice", "Admin");
    assert_eq!(element(&admin, "Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    assert_eq!(element(&with_saml("mallory", "Admin"), "Code"), "AccessDenied");
    let who = shell(&format!(
        "curl -sS --cacert {} --aws-sigv4 aws:amz:us-east-1:sts --user '{}:{}' -H 'x-amz-security-token: {}' -d 'Action=GetCallerIdentity&Version=2011-06-15' https://localhost:{port}/",
        ca.display(),
        element(&answer, "AccessKeyId"),
        element(&answer, "SecretAccessKey"),
        element(&answer, "SessionToken"),
    ));
    assert_eq!(element(&who, "Arn"), developer);

    // What demo wrote is its owner's, and `serve` and `check` do not trust its identity provider.
    let written = directory.path().join("var/demo");
    for name in ["gatehouse.toml", "client-secret", "user-secret"] {
        assert_eq!(mode(&written.join(name)), 0o600, "{name}");
    }
    for command in ["serve", "check"] {
        let (code, out, err) = ended(gatehouse().arg(command).arg("--config").arg(written.join("gatehouse.toml")));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(
            err.contains("only `demo` may trust it") && err.ends_with("gatehouse: 3 mistakes; nothing was started\n"),
            "{err}"
        );
    }
    let secret = |name: &str| std::fs::read_to_string(written.join(name)).expect("a secret");
    let said = running.stop();
    let given = [&answer, &admin].map(|answer| [element(answer, "SecretAccessKey"), element(answer, "SessionToken")]);
    keeps_silent(&said, given.as_flattened());
    keeps_silent(&said, &[&secret("client-secret"), &secret("user-secret")]);
}

#[test]
fn a_taken_port_is_one_sentence() {
    let directory = Directory::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let (free, taken_port) = (free_port(), taken.local_addr().expect("an address").port());
    for (port, idp_port, more) in
        [(free, taken_port, "; give another --idp-port"), (taken_port, free, "; give another --port")]
    {
        let mut command = gatehouse();
        command.args(["demo", "--port", &port.to_string(), "--idp-port", &idp_port.to_string(), "--directory"]);
        let (code, out, err) = ended(command.arg(directory.path()).env("GATEHOUSE_LOG", "error"));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        let said =
            format!("gatehouse: cannot listen on 127.0.0.1:{taken_port}: Address already in use (os error 98){more}\n");
        assert_eq!(err, said);
    }
}

/// In a directory of any name; and a second one there leaves the first as it is.
#[test]
fn it_is_alone_in_its_directory() {
    let directory = Directory::new();
    let place = directory.path().join("it's \"here\"");
    let demo = |port: u16, idp_port: u16| {
        let mut command = gatehouse();
        command.args(["demo", "--port", &port.to_string(), "--idp-port", &idp_port.to_string(), "--directory"]);
        command.arg(&place);
        command
    };
    let (port, other) = (free_port(), free_port());
    let running = Running::start(&mut demo(port, free_port()), "Ctrl-C stops everything.");
    let said = running.said();
    let line = said.lines().find(|line| line.starts_with("    curl ")).expect("a line for curl");
    let works = || element(&shell(&line.replacen("curl ", "curl -sS ", 1)), "Arn").to_owned();
    assert_eq!(works(), "arn:aws:sts::111122223333:assumed-role/Developer/alice");
    for (port, refused) in [(port, "give another --port"), (other, "another gateway has ")] {
        let (code, out, err) = ended(demo(port, free_port()).env("GATEHOUSE_LOG", "error"));
        assert!(code == Some(1) && out.is_empty() && err.contains(refused), "{err}");
        assert_eq!(works(), "arn:aws:sts::111122223333:assumed-role/Developer/alice");
    }
    running.stop();
}

/// A mistyped level would be taken for a module, and errors would be told nowhere.
#[test]
fn a_mistyped_log_filter_is_refused_and_an_empty_one_is_none() {
    let directory = Directory::new();
    let run = |filter: &str| {
        let mut command = gatehouse();
        command.args(["serve", "--config"]).arg(directory.path().join("absent.toml"));
        ended(command.env("GATEHOUSE_LOG", filter)).2
    };
    for (filter, what) in [
        ("inof", "\"inof\" is no level"),
        ("info,waning", "\"waning\" is no level"),
        ("gatehouse:debug", "\"gatehouse:debug\" is no level"),
        ("gatehouse=inof", ""),
        ("info=gatehouse=debug=", ""),
    ] {
        let said = run(filter);
        assert!(said.starts_with(&format!("gatehouse: GATEHOUSE_LOG: {what}")) && said.lines().count() == 1, "{said}");
        assert!(said.contains("; write off, error, warn, info, debug or trace, or a filter"), "{said}");
    }
    for filter in ["off", "INFO", "warn,gatehouse::oidc=debug", "gatehouse", "rustls=debug", "", " , "] {
        assert!(
            run(filter).starts_with(&format!("{}: cannot be read", directory.path().join("absent.toml").display()))
        );
    }

    let (port, idp_port) = (free_port(), free_port());
    let mut command = gatehouse();
    command.args(["demo", "--port", &port.to_string(), "--idp-port", &idp_port.to_string(), "--directory"]);
    Running::start(command.arg(directory.path()).env("GATEHOUSE_LOG", ""), "serving address=").stop();
}

#[test]
fn every_command_helps_with_an_example() {
    let (code, all, _) = ended(gatehouse().arg("--help"));
    assert_eq!(code, Some(0));
    let commands = all.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).expect("commands");
    let names: Vec<&str> = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    assert_eq!(
        names,
        ["serve", "demo", "check", "explain", "plan", "keys", "audit", "sessions", "backup", "restore", "simulate"]
    );
    for name in names {
        let (code, help, err) = ended(gatehouse().args([name, "--help"]));
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let example = help.split("Example").nth(1).unwrap_or_else(|| panic!("no example in {help}"));
        assert!(example.contains(&format!("  gatehouse {name}")), "{help}");
    }
    let (code, version, _) = ended(gatehouse().arg("--version"));
    assert_eq!((code, version.as_str()), (Some(0), concat!("gatehouse ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn every_option_of_sessions_says_what_it_is() {
    for name in ["list", "revoke", "admit"] {
        let (code, help, _) = ended(gatehouse().args(["sessions", name, "--help"]));
        assert_eq!(code, Some(0), "{name}");
        let options: Vec<&str> = help.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
        assert!(options.len() > 1, "{help}");
        let silent: Vec<&&str> = options.iter().filter(|line| !line.contains("  ")).collect();
        assert!(silent.is_empty(), "{name}: {silent:?}");
    }
}
