//! `[store]`: addresses that are none, and lines that are not safe.

use crate::config_world::each_is_named;

#[test]
fn an_address_that_cannot_be_used_is_named_with_what_to_write() {
    const FILE: &str = "url = \"sqlite:gatehouse.db\"";
    let form = "must be \"sqlite:FILE\", or \"postgres://USER@HOST/DATABASE\" for several nodes";
    each_is_named(&[
        (FILE, "url = \"gatehouse.db\"", "store.url", form),
        (FILE, "url = \"postgres://db.example/gate\"", "store.url", form),
        (FILE, "url = \"postgres://gate@db.example\"", "store.url", form),
        (FILE, "url = \"postgres://gate@db.example/gate/more\"", "store.url", form),
        (
            FILE,
            "url = \"postgres://gate:hush@db.example/gate\"",
            "store.url",
            "holds a password, and a secret is never",
        ),
        (FILE, "url = \"postgres://gate@db.example/gate?sslmode=disable\"", "store.url", "would send every record"),
        (
            FILE,
            "url = \"postgres://gate@db.example/gate?sslmode=prefer\"",
            "store.url",
            "sslmode must be \"verify-full\"",
        ),
        (
            FILE,
            "url = \"postgres://gate@127.0.0.1/gate?sslmode=require\"",
            "store.url",
            "sslmode must be \"verify-full\"",
        ),
        (FILE, "url = \"postgres://gate@db.example/gate?options=x\"", "store.url", "has a parameter that is not known"),
        (
            FILE,
            "url = \"postgres://gate@db.example/gate\"\npassword = \"hush\"",
            "store.password",
            "a secret is never written in the file",
        ),
        (
            FILE,
            "url = \"postgres://gate@127.0.0.1/gate?sslmode=verify-full\"\nca = { file = \"gatehouse.toml\" }",
            "store.ca",
            "must hold the certificates of authorities in PEM",
        ),
        (
            FILE,
            "url = \"sqlite:gatehouse.db\"\npassword = { env = \"HOME\" }",
            "store.password",
            "is for a database server",
        ),
    ]);
}
