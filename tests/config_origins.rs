//! The origins whose pages may call the API: each as a browser sends it, or the configuration is not taken.

use crate::config_world::each_addition_is_named;

#[test]
fn an_origin_is_written_as_browsers_send_it() {
    let rows = [
        ("\"https://a.example\"", "must be a list"),
        ("[\"*\"]", "\"*\" is not the origin of a page"),
        ("[\"null\"]", "is not the origin of a page"),
        ("[\"a.example\"]", "is not the origin of a page"),
        ("[\"https://*.a.example\"]", "is not the origin of a page"),
        ("[\"https://a.example\", \"https://a.example/\"]", "and nothing after it"),
        ("[\"https://a.example:443\"]", "with a port unless it is 443"),
        ("[\"https://A.example\"]", "is not the origin of a page"),
        ("[\"https://x@a.example\"]", "is not the origin of a page"),
        ("[\"http://a.example\"]", "http is for loopback only"),
    ];
    for (origins, told) in rows {
        let line = format!("cors_origins = {origins}");
        each_addition_is_named(&[("[server]", &line, "server.cors_origins", told)]);
    }
}
