//! Schools as such.

use serde_json::json;

use super::{enrol, found, id_of, switch};
use crate::support::App;

#[tokio::test]
async fn a_slug_is_unique_among_the_schools_that_are_there() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let body = json!({"name": "Northfield", "slug": "northfield", "time_zone": "Europe/London"});
    let first = id_of(root.post("/v1/schools", body.clone()).await.expect(201));
    assert_eq!(root.post("/v1/schools", body.clone()).await.problem(409), "slug-taken");
    root.delete(&format!("/v1/schools/{first}")).await.expect(204);
    root.get(&format!("/v1/schools/{first}")).await.problem(404);
    root.post("/v1/schools", body).await.expect(201);
    assert_eq!(root.post_empty(&format!("/v1/schools/{first}/restore")).await.problem(409), "slug-taken");
}

#[tokio::test]
async fn a_suspended_school_is_read_and_not_written() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let path = format!("/v1/schools/{}", school.id);
    assert_eq!(school.admin.patch(&path, json!({"status": "suspended"})).await.problem(403), "platform-staff-only");
    school.root.patch(&path, json!({"status": "suspended"})).await.expect(200);
    school.admin.get("/v1/users").await.expect(200);
    assert_eq!(school.admin.post("/v1/groups", json!({"name": "Blue"})).await.problem(403), "school-read-only");
    school.root.patch(&path, json!({"status": "active"})).await.expect(200);
    school.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201);
}

#[tokio::test]
async fn a_deleted_school_is_hidden_with_everything_in_it_and_comes_back_whole() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let group = id_of(school.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    school.root.delete(&format!("/v1/schools/{}", school.id)).await.expect(204);
    school.admin.get(&format!("/v1/groups/{group}")).await.problem(403);
    assert_eq!(school.admin.get("/v1/me/schools").await.expect(200), &json!([]));
    school.root.post_empty(&format!("/v1/schools/{}/restore", school.id)).await.expect(200);
    school.admin.get(&format!("/v1/groups/{group}")).await.expect(200);
}

#[tokio::test]
async fn one_person_has_different_roles_in_several_schools_and_leaves_one() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (found(&app, &root, "north").await, found(&app, &root, "south").await);
    let person = enrol(&app, &root, &north.id, "tess@lyceum.example", "teacher").await;
    let user = person.user_id.clone().expect("an id");
    let path = format!("/v1/schools/{}/members/{user}", south.id);
    root.put(&path, json!({"roles": ["student"], "status": "active"})).await.expect(200);
    person.get("/v1/users").await.expect(200);
    let pupil = switch(&person, &south.id).await;
    assert_eq!(pupil.get("/v1/users").await.problem(403), "permission-missing");
    let mine = pupil.get("/v1/me/schools").await;
    assert_eq!(mine.expect(200).as_array().map(Vec::len), Some(2));
    // The session acts in the south now; what it leaves is the north.
    pupil.delete(&format!("/v1/me/schools/{}", north.id)).await.expect(204);
    person.get("/v1/users").await.problem(403);
    let refused = pupil.post("/v1/auth/switch-school", json!({"school_id": north.id})).await;
    assert_eq!(refused.problem(403), "not-a-member");
    let unknown = json!({"school_id": "019aa5d2-6f00-7c3e-8000-000000000000"});
    assert_eq!(pupil.post("/v1/auth/switch-school", unknown).await.problem(403), "not-a-member");
}

#[tokio::test]
async fn only_schools_that_show_themselves_are_public() {
    let app = App::start().await;
    let root = app.super_admin().await;
    root.post("/v1/schools", json!({"name": "Hidden", "slug": "hidden"})).await.expect(201);
    root.post("/v1/schools", json!({"name": "Shown", "slug": "shown", "directory_public": true})).await.expect(201);
    let list = app.anonymous().get("/v1/schools/public").await;
    let slugs: Vec<_> = list.expect(200).as_array().expect("a list").iter().map(|s| s["slug"].clone()).collect();
    assert_eq!(slugs, [json!("shown")]);
}

#[tokio::test]
async fn row_44_switching_schools_is_in_the_audit_log_refusals_too() {
    let app = App::start().await;
    let root = app.super_admin().await;
    let (north, south) = (found(&app, &root, "north").await, found(&app, &root, "south").await);
    let logged = async |outcome: &str| {
        let path = format!("/v1/admin/audit-logs?action=identity.school_switched&outcome={outcome}&limit=100");
        let rows = root.get(&path).await;
        rows.expect(200).as_array().expect("a list").clone()
    };
    let before = (logged("success").await.len(), logged("denied").await.len());
    let admin = switch(&north.admin, &north.id).await;
    let rows = logged("success").await;
    assert_eq!(rows.len(), before.0 + 1);
    assert!(
        rows.iter().any(|row| row["actor_id"] == json!(admin.user_id) && row["school_id"] == json!(north.id)),
        "{rows:?}"
    );
    let refused = admin.post("/v1/auth/switch-school", json!({"school_id": south.id})).await;
    assert_eq!(refused.problem(403), "not-a-member");
    assert_eq!(logged("denied").await.len(), before.1 + 1);
}
