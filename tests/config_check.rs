//! A configuration that holds, and the same with one key or value wrong: each mistake is named by its place.

use crate::config_world::{
    ADMIN, BASE, GIVES_ADMIN, METADATA, NOT_HERE, OPS, PUBLIC, WHEN, World, each_addition_is_named, each_is_named,
};

#[test]
fn every_table_knows_its_keys_and_the_nearest_right_name() {
    each_addition_is_named(&[
        ("", "colour = 1", "colour", "is not a key of this table; known here: account, "),
        ("", "severs = 1", "severs", "did you mean \"server\"?"),
        ("[server]", "public_ulr = 1", "server.public_ulr", "did you mean \"public_url\"?"),
        ("[store]", "urk = 1", "store.urk", "did you mean \"url\"?"),
        ("[keys]", "directry = 1", "keys.directry", "did you mean \"directory\"?"),
        ("[sts]", "regions = 1", "sts.regions", "did you mean \"region\"?"),
        ("[saml]", "audience = 1", "saml.audience", "did you mean \"audiences\"?"),
        ("[console]", "destination = 1", "console.destination", "did you mean \"destinations\"?"),
        ("[limits]", "maxbody = 1", "limits.maxbody", "did you mean \"max_body\"?"),
        ("[audit]", "retentoin = 1", "audit.retentoin", "did you mean \"retention\"?"),
        ("[trace]", "maxsize = 1", "trace.maxsize", "did you mean \"max_size\"?"),
        ("[outbound]", "proxi = 1", "outbound.proxi", "did you mean \"proxy\"?"),
        ("[[account]]", "allias = 1", "account \"111122223333\".allias", "did you mean \"alias\"?"),
        (
            "[[policy]]",
            "doc = 1",
            "policy \"arn:aws:iam::111122223333:policy/ReadOnly\".doc",
            "known here: arn, document",
        ),
        (
            "kind = \"saml\"",
            "encrypted_assertion = 1",
            "provider \"corp\".encrypted_assertion",
            "did you mean \"encrypted_assertions\"?",
        ),
        ("kind = \"saml\"", "clock_skw = 1", "provider \"corp\".clock_skw", "did you mean \"clock_skew\"?"),
        ("kind = \"saml\"", "client_ids = []", "provider \"corp\".client_ids", "is not a key of this table"),
        ("kind = \"oidc\"", "client_id = 1", "provider \"issuer\".client_id", "did you mean \"client_ids\"?"),
        ("[[provider.rule]]", "role = 1", "provider \"corp\".rule[0].role", "did you mean \"roles\"?"),
        ("[[role]]", "max_sesion = 1", &format!("{ADMIN}.max_sesion"), "did you mean \"max_session\"?"),
        ("[[user]]", "polices = []", &format!("{OPS}.polices"), "did you mean \"policies\"?"),
    ]);
    each_is_named(&[
        ("{ file = \"idp.xml\" }", "{ file = \"idp.xml\", fiel = 1 }", "provider \"corp\".metadata.fiel", "\"file\"?"),
        ("client_id = \"web\"", "client_id = \"web\", scope = 1", "provider \"issuer\".login.scope", "\"scopes\"?"),
        (
            "{ file = \"keys.json\" }",
            "{ file = \"keys.json\", ur = 1 }",
            "provider \"issuer\".jwks.ur",
            "did you mean \"url\"?",
        ),
        (
            "{ id = \"AKIA",
            "{ ids = 1, id = \"AKIA",
            &format!("{OPS}.access_keys \"AKIAEXAMPLE000000001\".ids"),
            "\"id\"?",
        ),
        (
            "{ arn = \"arn:aws:iam",
            "{ name = 1, arn = \"arn:aws:iam",
            &format!("{ADMIN}.policies[0].name"),
            "known here",
        ),
    ]);
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    const MISSING: &str = "is missing; this table needs it";
    let listen = "listen = \"127.0.0.1:8443\"";
    each_is_named(&[
        (listen, "", "server.listen", MISSING),
        (listen, "listen = 8443", "server.listen", "must be a string, not an integer"),
        (listen, "listen = \"localhost\"", "server.listen", "\"localhost\" is not an address and a port, as in"),
        (PUBLIC, "", "server.public_url", MISSING),
        (PUBLIC, "public_url = \"gate\"", "server.public_url", "\"gate\" is not a URL, as in"),
        (PUBLIC, "public_url = \"http://gate.example\"", "server.public_url", "must be https"),
        (
            PUBLIC,
            "public_url = \"https://gate.example/sts\"",
            "server.public_url",
            "a scheme, a host and perhaps a port",
        ),
        ("[store]\nurl = \"sqlite:gatehouse.db\"\n", "", "store", MISSING),
        ("url = \"sqlite:gatehouse.db\"", "url = 7", "store.url", "must be a string, not an integer"),
        (
            "sqlite:gatehouse.db",
            "mysql://gate@db/gate",
            "store.url",
            "must be \"sqlite:FILE\", or \"postgres://USER@HOST",
        ),
        ("[keys]\ndirectory = \"keys\"", "", "keys", MISSING),
        ("directory = \"keys\"", "", "keys.directory", MISSING),
        ("alias = \"production\"", "alias = \"\"", "account \"111122223333\".alias", "has 1 to 63 characters"),
        ("[sts]", "[[sts]]", "sts", "must be a table, not an array"),
        (METADATA, "", "provider \"corp\".metadata", MISSING),
        (METADATA, "metadata = \"idp.xml\"", "provider \"corp\".metadata", "must be a table, not a string"),
        (
            METADATA,
            "metadata = { file = \"absent.xml\" }",
            "provider \"corp\".metadata.file",
            "absent.xml cannot be read",
        ),
        (METADATA, "metadata = { file = \"keys.json\" }", "provider \"corp\".metadata", "is not well-formed"),
        (
            METADATA,
            "metadata = { file = \"keyless.xml\" }",
            "provider \"corp\".metadata",
            "there is no usable signing key",
        ),
        ("kind = \"saml\"", "kind = \"ldap\"", "provider \"corp\".kind", "must be one of \"saml\", \"oidc\""),
        ("kind = \"saml\"", "kind = 7", "provider \"corp\".kind", "must be a string, not an integer"),
        (WHEN, "", "provider \"corp\".rule[0].when", MISSING),
        (WHEN, "when = true", "provider \"corp\".rule[0].when", "must be a string, not a boolean"),
        (GIVES_ADMIN, "", "provider \"corp\".rule[0].roles", "is missing; a rule gives roles"),
        (GIVES_ADMIN, "roles = []", "provider \"corp\".rule[0].roles", "is missing; a rule gives roles"),
        (GIVES_ADMIN, "roles = [1]", "provider \"corp\".rule[0].roles", "must be a list of strings"),
        ("issuer = \"https://issuer.example\"", "", "provider \"issuer\".issuer", MISSING),
        (
            "issuer = \"https://issuer.example\"",
            "issuer = \"http://127.0.0.1:9000\"",
            "provider \"issuer\".issuer",
            "is http on loopback; list its address",
        ),
        (
            "issuer = \"https://issuer.example\"",
            "issuer = \"http://localhost:9000\"\nallowed_networks = [\"10.0.0.0/8\"]",
            "provider \"issuer\".issuer",
            "is http on loopback; list its address",
        ),
        (
            "issuer = \"https://issuer.example\"",
            "issuer = \"http://[::1]:9000\"\nallowed_networks = [\"127.0.0.0/8\"]",
            "provider \"issuer\".issuer",
            "is http on loopback; list its address",
        ),
        (
            "issuer = \"https://issuer.example\"",
            "issuer = \"http://issuer.example\"",
            "provider \"issuer\".issuer",
            "an issuer is https; http is for loopback hosts only",
        ),
        ("issuer = \"https://issuer.example\"", "issuer = 7", "provider \"issuer\".issuer", "must be a string"),
        (
            "https://issuer.example",
            "http://issuer.example",
            "provider \"issuer\".issuer",
            "http is for loopback hosts only",
        ),
        (
            "https://issuer.example",
            "https://issuer.example?x",
            "provider \"issuer\".issuer",
            "without query or fragment",
        ),
        ("client_ids = [\"web\"]", "", "provider \"issuer\".client_ids", MISSING),
        ("client_ids = [\"web\"]", "client_ids = []", "provider \"issuer\".client_ids", "is empty"),
        ("{ file = \"keys.json\" }", "{ file = \"idp.xml\" }", "provider \"issuer\".jwks.file", "is not a JSON object"),
        (
            "{ file = \"keys.json\" }",
            "{ file = \"no-keys.json\" }",
            "provider \"issuer\".jwks.file",
            "has no usable key",
        ),
        ("{ file = \"keys.json\" }", "{ file = \"private.json\" }", "provider \"issuer\".jwks.file", "private half"),
        ("{ file = \"keys.json\" }", "{}", "provider \"issuer\".jwks", "say exactly one of file = "),
        (
            "{ file = \"keys.json\" }",
            "{ file = \"keys.json\", url = \"https://keys.example/\" }",
            "provider \"issuer\".jwks",
            "say exactly one of file = ",
        ),
        (
            "{ file = \"keys.json\" }",
            "{ url = \"http://keys.example/\" }",
            "provider \"issuer\".jwks.url",
            "must be an https URL",
        ),
        ("jwks = {", "ca = {", "provider \"issuer\".ca", "it holds no certificate"),
        (
            "jwks = { file = \"keys.json\" }",
            "allowed_networks = [\"10.0.0.0/33\"]",
            "provider \"issuer\".allowed_networks",
            "is not a network",
        ),
        ("[[user]]", "[user]", "user", "must be written as [[user]]"),
        ("[server]", "include = \"conf.d\"\n[server]", "include", "must be a list of strings"),
        ("[server]", "include = [\"conf.d/*.toml\"]\n[server]", "include", "\"conf.d/*.toml\" names no file"),
        ("[server]", "server", "", "is not TOML at line 2, column 7: key with no value"),
    ]);
    each_addition_is_named(&[
        (PUBLIC, "hosts = \"a\"", "server.hosts", "must be a list of strings"),
        (PUBLIC, "tls = { certificate = \"server.pem\" }", "server.tls.key", MISSING),
        (PUBLIC, "tls = { certificate = 7, key = \"server.key\" }", "server.tls.certificate", "must be a string, not"),
        (
            PUBLIC,
            "tls = { certificate = \"absent\", key = \"server.key\" }",
            "server.tls.certificate",
            "cannot be read",
        ),
        (
            PUBLIC,
            "tls = { certificate = \"server.key\", key = \"server.key\" }",
            "server.tls.certificate",
            "no certificate",
        ),
        (
            PUBLIC,
            "tls = { certificate = \"server.pem\", key = \"server.pem\" }",
            "server.tls.key",
            "no private key in PEM",
        ),
        (PUBLIC, "admin_listen = 9443", "server.admin_listen", "must be a string, not an integer"),
        (PUBLIC, "admin_listen = \"9443\"", "server.admin_listen", "is not an address and a port, as in"),
        (PUBLIC, "admin_listen = \"0.0.0.0:9443\"", "server.admin_listen", "may be reachable from outside"),
        (PUBLIC, "admin_listen = \"[2001:db8::1]:9443\"", "server.admin_listen", "may be reachable from outside"),
        (PUBLIC, "admin_listen = \"127.0.0.1:8443\"", "server.admin_listen", "is the address of server.listen"),
        ("[sts]", "region = \"eu west\"", "sts.region", "letters, digits and hyphens"),
        ("[saml]", "second_engine = \"maybe\"", "saml.second_engine", "one of \"enforce\", \"report\", \"off\""),
        ("[saml]", "api_redemption = \"twice\"", "saml.api_redemption", "one of \"once-per-role\", \"once\""),
        ("[console]", "session_duration = \"13h\"", "console.session_duration", "between 15m and 12h"),
        ("[console]", "session_duration = \"an hour\"", "console.session_duration", "is not a duration"),
        ("[console]", "destinations = [\"http://a.example/\"]", "console.destinations", "must be an https URL"),
        ("[console]", "destinations = [\"a\"]", "console.destinations", "must be an https URL"),
        ("[limits]", "max_body = \"1GiB\"", "limits.max_body", "between \"64KiB\" and \"1024KiB\""),
        ("kind = \"saml\"", "idp_initiated = \"yes\"", "provider \"corp\".idp_initiated", "must be true or false"),
        (
            "kind = \"saml\"",
            "request_binding = \"soap\"",
            "provider \"corp\".request_binding",
            "\"redirect\", \"post\"",
        ),
        (
            "kind = \"saml\"",
            "request_binding = \"post\"",
            "provider \"corp\".request_binding",
            "no SingleSignOnService",
        ),
        ("kind = \"saml\"", "logout_revokes = \"yes\"", "provider \"corp\".logout_revokes", "must be true or false"),
        ("kind = \"saml\"", "force_authn = 1", "provider \"corp\".force_authn", "must be true or false"),
        ("kind = \"saml\"", "authn_context = []", "provider \"corp\".authn_context", "lists 1 to 10 contexts"),
        ("kind = \"saml\"", "authn_context = [\"mfa\"]", "provider \"corp\".authn_context", "\"mfa\" is not the URI"),
        ("kind = \"oidc\"", "algorithms = [\"HS256\"]", "provider \"issuer\".algorithms", "may list \"PS256\" and"),
        ("kind = \"oidc\"", "algorithms = [\"RS256\"]", "provider \"issuer\".algorithms", "are always accepted"),
        ("kind = \"saml\"", "mfa = true", "provider \"corp\".mfa", "must be a string, not a boolean"),
        (
            "kind = \"saml\"",
            "mfa = 'acr == \"x\"'",
            "provider \"corp\".mfa",
            "uses \"acr\"; known are claims, provider, account and authn_context",
        ),
        ("kind = \"saml\"", "mfa = 'authn_context =='", "provider \"corp\".mfa", "is not CEL"),
        (
            "kind = \"saml\"",
            "mfa_context = [\"urn:x\"]",
            "provider \"corp\".mfa_context",
            "nothing here tells that it came",
        ),
        (
            "kind = \"saml\"",
            "mfa = 'true'\nmfa_context = []",
            "provider \"corp\".mfa_context",
            "lists 1 to 10 contexts",
        ),
        (
            "kind = \"saml\"",
            "mfa = 'true'\nmfa_context = [\"mfa\"]",
            "provider \"corp\".mfa_context",
            "\"mfa\" is not the URI",
        ),
        (
            "kind = \"oidc\"",
            "mfa = 'true'\nmfa_context = [\"a b\"]",
            "provider \"issuer\".mfa_context",
            "\"a b\" is not the name",
        ),
        (
            "kind = \"saml\"",
            "authn_context = [\"urn:y\"]\nmfa = 'true'\nmfa_context = [\"urn:x\"]",
            "provider \"corp\".mfa_context",
            "would be asked for and then refused",
        ),
        ("kind = \"saml\"", "clock_skew = \"301s\"", "provider \"corp\".clock_skew", "must be at most 300s"),
        (
            "kind = \"saml\"",
            "encrypted_assertions = \"maybe\"",
            "provider \"corp\".encrypted_assertions",
            "one of \"accepted\", \"required\"",
        ),
        ("[[role]]", "max_session = \"13h\"", &format!("{ADMIN}.max_session"), "between 1h and 12h"),
        ("[[role]]", "max_session = 3600", &format!("{ADMIN}.max_session"), "must be a string, not an integer"),
    ]);
}

#[test]
fn what_this_build_does_not_act_on_is_refused() {
    let provider = |key: &str| format!("provider \"corp\".{key}");
    let role = |key: &str| format!("{ADMIN}.{key}");
    each_addition_is_named(&[
        ("", "upstream = {}", "upstream", NOT_HERE),
        ("[console]", "break_glass = 1", "console.break_glass", "must be true or false"),
        ("[outbound]", "proxy = \"http://p\"", "outbound.proxy", "a secret is never written in the file"),
        ("[outbound]", "proxy = { file = \"ops-secret\" }", "outbound.proxy", "must be the address of an HTTP proxy"),
        ("[outbound]", "hosts = [\"a.example\"]", "outbound.hosts", "there is none; remove it"),
        (
            "[outbound]",
            "hosts = [\"https://a.example\"]\nproxy = { file = \"proxy\" }",
            "outbound.hosts",
            "\"https://a.example\" is not a host name",
        ),
        (
            "[outbound]",
            "hosts = [\"*.example\"]\nproxy = { file = \"proxy\" }",
            "outbound.hosts",
            "\"*.example\" is not a host name",
        ),
        ("kind = \"saml\"", "ca = {}", &provider("ca"), "metadata is a file; remove it"),
        ("kind = \"saml\"", "allowed_networks = []", &provider("allowed_networks"), "metadata is a file; remove it"),
        ("[[provider.rule]]", "tags = 1", &provider("rule[0].tags"), "must be a table of expressions"),
        ("[[provider.rule]]", "tags = { team = 1 }", &provider("rule[0].tags.team"), "must be a string"),
        ("[[provider.rule]]", "tags = { team = 'x' }", &provider("rule[0].tags.team"), "uses \"x\""),
        ("[[provider.rule]]", "tags = { 'aws:a' = '\"x\"' }", &provider("rule[0].tags.aws:a"), "is no tag key"),
        (
            "[[provider.rule]]",
            "tags = { team = '\"x\"', Team = '\"y\"' }",
            &provider("rule[0].tags.team"),
            "is there twice",
        ),
        (
            "[[provider.rule]]",
            "transitive_tags = [\"team\"]",
            &provider("rule[0].transitive_tags"),
            "\"team\" is none of this rule's tags",
        ),
        ("[[provider.rule]]", "source_identity = 'x'", &provider("rule[0].source_identity"), "uses \"x\""),
        ("[[role]]", "boundary = \"x\"", &role("boundary"), "must be a table"),
        ("[[role]]", "boundary = { json = '{}' }", &role("boundary.json"), "a policy needs Statement"),
        ("[[role]]", "tags = { env = 1 }", &role("tags"), "must be a table of strings"),
        ("[[role]]", "tags = { \"aws:x\" = \"y\" }", &role("tags"), "the tag key \"aws:x\" is not"),
        ("[[role]]", "upstream = \"x\"", &role("upstream"), NOT_HERE),
    ]);
    each_is_named(&[
        (
            METADATA,
            "metadata = { file = \"idp.xml\", url = \"https://idp.example\" }",
            &provider("metadata"),
            "say exactly one of file",
        ),
        (
            METADATA,
            "metadata = { file = \"idp.xml\", refresh = \"1h\" }",
            &provider("metadata.refresh"),
            "is for a url",
        ),
    ]);
    let world = World::new();
    for (table, harmless) in [
        ("[server]", "trusted_proxies = [\"10.0.0.0/8\", \"fc00::/7\", \"192.0.2.7\"]\ncors_origins = []"),
        ("[server]", "cors_origins = [\"https://a.example\", \"https://a.example:8443\", \"http://127.0.0.1:3000\"]"),
        ("[server]", "admin_listen = \"10.1.2.3:9443\""),
        ("[server]", "admin_listen = \"[fd12::1]:9443\""),
        ("[console]", "break_glass = false"),
        ("[limits]", "rate_per_source = 1\nrate_per_principal = 1000000\nfailures_per_source = 20"),
        ("[trace]", "retention = \"14d\""),
        ("[saml]", "second_engine = \"enforce\"\napi_redemption = \"once-per-role\""),
        ("kind = \"saml\"", "clock_skew = \"300s\""),
        ("kind = \"oidc\"", "algorithms = [\"PS256\", \"EdDSA\"]"),
    ] {
        let text = BASE.replacen(table, &format!("{table}\n{harmless}"), 1);
        assert_eq!(world.mistakes(&text), Vec::<String>::new(), "{harmless}");
    }
}

/// Whom to ask for the groups that do not fit into a token.
#[test]
fn a_directory_is_named_whole() {
    const MISSING: &str = "is missing; this table needs it";
    const CLIENT: &str = "client_id = \"reader\", client_secret = { file = \"ops-secret\" }";
    let overage = |table: &str| format!("jwks = {{ file = \"keys.json\" }}\ngroups_overage = {{ {table} }}");
    let world = World::new();
    let good = |table: &str| world.mistakes(&BASE.replace("jwks = { file = \"keys.json\" }", &overage(table)));
    assert_eq!(good(CLIENT), Vec::<String>::new(), "Microsoft's own is where it is asked for by default");
    assert_eq!(good(&format!("{CLIENT}, endpoint = \"https://graph.microsoft.us/v1.0/\"")), Vec::<String>::new());
    let endpoint = |text: &str| overage(&format!("{CLIENT}, endpoint = \"{text}\""));
    let key = |name: &str| format!("provider \"issuer\".groups_overage.{name}");
    let jwks = "jwks = { file = \"keys.json\" }";
    each_is_named(&[
        (jwks, &overage("client_secret = { file = \"ops-secret\" }"), &key("client_id"), MISSING),
        (jwks, &overage("client_id = \"reader\""), &key("client_secret"), MISSING),
        (jwks, &overage("client_id = \"reader\", client_secret = \"hush\""), &key("client_secret"), "never written in"),
        (jwks, &overage(&format!("{CLIENT}, scope = \"x\"")), &key("scope"), "is not a key of this table"),
        (jwks, &endpoint("http://graph.example/v1.0"), &key("endpoint"), "must be an https URL"),
        (jwks, &endpoint("https://graph.example/v1.0?a=b"), &key("endpoint"), "without a query"),
        (jwks, &endpoint("https://me@graph.example/"), &key("endpoint"), "must be an https URL"),
        (jwks, &endpoint("graph.example"), &key("endpoint"), "must be an https URL"),
    ]);
}
