//! Pictures of people.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::{form, noise, png, scene, send_form, stored, text_of};
use crate::tenancy::found;

#[tokio::test]
async fn a_picture_is_drawn_anew_and_seen_by_those_of_the_school() {
    let s = scene().await;
    let id = s.student.user_id.clone().expect("an id");
    let path = format!("/v1/users/{id}/avatar");
    s.student.get(&path).await.problem(404);
    let put = |bytes: Vec<u8>| {
        send_form(&s.student, Method::PUT, "/v1/me/avatar", form("file", "me.png", Some("image/png"), &bytes))
    };
    let changed = put(png(1_024, 768)).await;
    assert_eq!((&changed.expect(200)["width"], &changed.expect(200)["height"]), (&json!(512), &json!(384)));
    assert!(text_of(changed.expect(200), "avatar_url").ends_with(&path));
    for who in [&s.student, &s.teacher, &s.school.admin, &s.school.root] {
        let seen = who.get(&path).await;
        assert_eq!((seen.status.as_u16(), seen.header("content-type")), (200, Some("image/jpeg")));
        assert!(seen.bytes.starts_with(&[0xff, 0xd8]));
    }
    let kept = s.student.get("/v1/me/export").await;
    let kept = &kept.expect(200)["others"]["files"];
    assert!(text_of(kept, "avatar_url").ends_with(&path), "{kept}");
    let other = found(&s.app, &s.school.root, "elsewhere").await;
    other.admin.get(&path).await.problem(404);
    // Another one in its place, and the old one's bytes go.
    put(png(10, 10)).await.expect(200);
    s.app.drain_outbox().await;
    assert_eq!(stored(&s.app).len(), 1);
    // No picture, too large, no form.
    assert_eq!(put(b"words".to_vec()).await.problem(409), "not-a-picture");
    let cut = png(600, 600)[..400].to_vec();
    assert_eq!(put(cut).await.problem(409), "not-a-picture");
    let large = [png(4, 4), noise(11 << 20)].concat();
    assert_eq!(put(large).await.problem(413), "body-too-large");
    s.student.delete("/v1/me/avatar").await.expect(204);
    s.student.delete("/v1/me/avatar").await.problem(404);
    s.student.get(&path).await.problem(404);
    s.app.clock.advance(TimeDelta::seconds(1));
    s.app.drain_outbox().await;
    assert!(stored(&s.app).is_empty());
}
