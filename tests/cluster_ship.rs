//! What several nodes write into the book is sent on once, whoever of them is there.

use crate::audit_ship::{exported, has_lines};
use crate::cluster_world::Cluster;
use crate::command_sessions::revoke;
use crate::front::{ADMIN, admin};
use crate::front_signed::{assume, user};
use crate::house::{Directory, House};

async fn gives(house: &House) {
    assert_eq!(assume(house, &user(), ADMIN, &[]).await.status, 200);
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn the_records_of_all_nodes_and_operators_are_sent_once() {
    let together = Directory::new();
    let path = together.path().join("shipped.jsonl");
    let Cluster { a, b, server: _server } =
        Cluster::open(&format!("[audit]\nship = {{ file = \"{}\" }}", path.display())).await;
    let session = admin(&a, "1").await;
    gives(&b).await;
    revoke(&b, &["--session", &session.id]).await;
    let first = sorted(has_lines(&path, 3).await);
    assert_eq!(first, sorted(exported(&b).await));
    assert!(first.iter().any(|line| line.contains("\"chain\":{\"node\":\"operator\",\"number\":1,")), "{first:?}");
    // Whoever carried them until now may have gone with A; what was sent and noted is not sent again.
    crate::audit_keeping::until(&b, "SELECT sum(number) FROM audit_shipped", "3").await;
    a.close().await;
    gives(&b).await;
    revoke(&b, &["--session", &session.id]).await;
    assert_eq!(sorted(has_lines(&path, 5).await), sorted(exported(&b).await));
    b.close().await;
}

#[tokio::test]
async fn what_a_node_that_has_gone_did_not_send_is_sent_by_another() {
    let together = Directory::new();
    let path = together.path().join("later/shipped.jsonl");
    let Cluster { a, b, server: _server } =
        Cluster::open(&format!("[audit]\nship = {{ file = \"{}\" }}", path.display())).await;
    let session = admin(&a, "1").await;
    revoke(&a, &["--session", &session.id]).await;
    a.close().await;
    gives(&b).await;
    std::fs::create_dir(together.path().join("later")).expect("made");
    assert_eq!(sorted(has_lines(&path, 3).await), sorted(exported(&b).await));
    assert_eq!(b.rows("SELECT DISTINCT node FROM audit").await.len(), 3);
    b.close().await;
}
