//! What the front door makes of an identity provider's metadata as time goes by.

use crate::front::{ADMIN, WORLD, assume_with_saml, files, good};
use crate::house::{Address, Browser, House};
use crate::saml_identity::{NOW, changed};
use time::Duration;

#[tokio::test]
async fn metadata_ends_when_it_says_so() {
    let mut files = files();
    files[0].1 =
        changed(&files[0].1, "<md:IDPSSODescriptor", "<md:IDPSSODescriptor validUntil=\"2031-01-01T12:01:00Z\"");
    let house = House::open(NOW, &files, |_: &Address| WORLD.to_owned()).await;
    assume_with_saml(&house, ADMIN, &good(&house, "in-time")).await.credentials();

    house.clock.advance(Duration::MINUTE);
    let late = assume_with_saml(&house, ADMIN, &good(&house, "late")).await;
    assert_eq!(late.refusal(), (400, "IDPCommunicationError"));
    assert_eq!(house.code(&late).await, "saml.metadata-expired");
    let sign_in = Browser::default().get(&house, "/saml/login/111122223333:corp").await;
    assert_eq!((sign_in.status, house.code(&sign_in).await.as_str()), (502, "saml.metadata-expired"));
    house.close().await;
}
