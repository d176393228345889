//! Room: exact however many upload at once.

use futures_util::future::join_all;
use serde_json::json;

use super::{noise, number, scene_on, upload};
use crate::support::App;

const USED: &str = "SELECT CAST(COALESCE(MAX(bytes_used), 0) AS BIGINT) FROM file_usage";

#[tokio::test]
async fn the_quota_of_a_school_holds_under_races() {
    let s = scene_on(App::start_with(|config| config.storage.school_quota_bytes = 10_000).await).await;
    let announced = json!({"filename": "a", "content_type": "text/plain", "size": 1_000});
    let tries = join_all((0..30).map(|_| s.teacher.post("/v1/files/presign", announced.clone()))).await;
    let won = tries.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 10);
    for lost in tries.iter().filter(|reply| reply.status != 201) {
        assert_eq!(lost.problem(409), "quota-exceeded");
    }
    assert_eq!(number(&s.app, USED).await, 10_000);
    assert_eq!(upload(&s.student, "a", None, b"x").await.problem(409), "quota-exceeded");
}

#[tokio::test]
async fn the_quota_of_a_person_is_not_the_staffs() {
    let s = scene_on(App::start_with(|config| config.storage.person_quota_bytes = 3_000).await).await;
    upload(&s.student, "a", None, &noise(1_000)).await.expect(201);
    // Settled: the form around the file does not count.
    assert_eq!(number(&s.app, USED).await, 1_000);
    assert_eq!(upload(&s.student, "a", None, &noise(2_500)).await.problem(409), "quota-exceeded");
    upload(&s.school.admin, "a", None, &noise(5_000)).await.expect(201);
    assert_eq!(number(&s.app, USED).await, 6_000);
}

#[tokio::test]
async fn fifty_uploads_at_once_all_arrive() {
    let s = scene_on(App::start().await).await;
    let bytes = noise(400_000);
    let made = join_all((0..50).map(|_| upload(&s.teacher, "a", None, &bytes))).await;
    assert!(made.iter().all(|reply| reply.status == 201), "{:?}", made.iter().map(|r| r.status).collect::<Vec<_>>());
    assert_eq!(number(&s.app, USED).await, 50 * 400_000);
    let sums: std::collections::BTreeSet<_> = made.iter().map(|r| r.json["sha256"].to_string()).collect();
    assert_eq!(sums.len(), 1);
}
