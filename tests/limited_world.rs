//! The front-door world behind proxies and under limits: whoever sends chooses their own address, of loopback or of what a
//! proxy says.

use crate::front::{ADMIN, CORP, WORLD, files, good};
use crate::house::{Address, Answer, FORM, House, encoded};
use crate::saml_identity::NOW;
use gatehouse::ambient::Clock;
use std::net::IpAddr;

/// A gateway at [`NOW`] in plain HTTP on loopback. `server` are further lines of its `[server]`, `more` is the end of its
/// configuration.
pub(crate) async fn open(server: &str, more: &str) -> House {
    let address = Address { server: server.to_owned(), ..Address::loopback() };
    House::start(Clock::held(NOW), address, &files(), |_| format!("{WORLD}{more}")).await
}

/// Who connects from an address of loopback.
pub(crate) fn from(address: &str) -> reqwest::Client {
    let address: IpAddr = address.parse().expect("an address");
    reqwest::Client::builder().local_address(address).no_proxy().build().expect("a client")
}

/// An exchange of an assertion that is good once, with these headers.
pub(crate) async fn exchange(house: &House, by: &reqwest::Client, id: &str, headers: &[(&str, &str)]) -> Answer {
    present(house, by, ADMIN, &good(house, id), headers).await
}

/// The same of whatever is presented as an assertion.
pub(crate) async fn present(
    house: &House,
    by: &reqwest::Client,
    role: &str,
    assertion: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let form = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("PrincipalArn", CORP),
        ("SAMLAssertion", assertion),
    ];
    let mut request = by.post(house.url("/")).header("content-type", FORM).body(encoded(&form));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.expect("an answer")).await
}
