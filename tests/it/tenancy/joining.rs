//! How people come in.

use serde_json::{Value, json};

use super::{enrol, found, id_of};
use crate::support::App;

/// The answer without what differs from person to person.
fn essence(body: &Value) -> Value {
    let mut body = body.clone();
    let fields = body.as_object_mut().expect("an object");
    for name in ["id", "email", "created_at", "updated_at"] {
        fields.remove(name);
    }
    body
}

#[tokio::test]
async fn row_5_adding_a_known_address_looks_like_adding_an_unknown_one() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let known = app.member("known@lyceum.example").await;
    let add = |email: &'static str| {
        school.admin.post("/v1/users", json!({"email": email, "full_name": "Somebody", "role": "teacher"}))
    };
    let (one, two) = (add("known@lyceum.example").await, add("unknown@lyceum.example").await);
    assert_eq!(essence(one.expect(201)), essence(two.expect(201)));
    let (one, two) = (id_of(&one.json), id_of(&two.json));
    assert_ne!(Some(&one), known.user_id.as_ref(), "the account's own id would tell its age");
    for path in ["/v1/users", &format!("/v1/schools/{}/members", school.id)] {
        let (a, b) = (
            school.admin.get(&format!("{path}/{one}")).await.expect(200).clone(),
            school.admin.get(&format!("{path}/{two}")).await.expect(200).clone(),
        );
        let mut shown = [a, b].map(|body| essence(&body));
        shown.iter_mut().for_each(|body| {
            body.as_object_mut().expect("an object").remove("user_id");
        });
        assert_eq!(shown[0], shown[1]);
    }
    // The owner accepts by mail, and only then belongs to the school.
    app.drain_outbox().await;
    let mine = known.get("/v1/me/schools").await;
    assert_eq!(mine.expect(200)[0]["status"], "pending");
    known.post("/v1/auth/switch-school", json!({"school_id": school.id})).await.problem(403);
    let token = app.mail_to("known@lyceum.example").expect("a letter").token();
    let accept = json!({"token": token});
    app.anonymous().post("/v1/memberships/accept", accept.clone()).await.expect(204);
    app.anonymous().post("/v1/memberships/accept", accept).await.problem(410);
    let teacher = super::switch(&known, &school.id).await;
    let listed = teacher.get("/v1/users?q=known@").await;
    let ids: Vec<_> = listed.expect(200).as_array().expect("a list").iter().map(|p| p["id"].clone()).collect();
    assert!(ids.contains(&json!(known.user_id)), "{ids:?}");
    school.admin.get(&format!("/v1/users/{one}")).await.problem(404);
    let again = school.admin.post("/v1/users", json!({"email": "known@lyceum.example"})).await;
    assert_eq!(again.problem(409), "already-a-member");
}

#[tokio::test]
async fn a_changed_profile_is_copied_and_an_erased_person_forgotten() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let teacher = enrol(&app, &school.root, &school.id, "tom@lyceum.example", "teacher").await;
    let path = format!("/v1/users/{}", teacher.user_id.clone().expect("an id"));
    teacher.patch("/v1/me", json!({"full_name": "Thomas Tailor"})).await.expect(200);
    app.drain_outbox().await;
    assert_eq!(school.admin.get(&path).await.expect(200)["full_name"], "Thomas Tailor");
    // Staff change the names of accounts that their school opened, and of no others.
    let renamed = school.admin.patch(&path, json!({"full_name": "Tom"})).await;
    assert_eq!(renamed.problem(403), "account-not-managed");
    let erasure =
        teacher.request(reqwest::Method::DELETE, "/v1/me").json(&json!({"password": crate::support::PASSWORD}));
    erasure.send().await.expect(204);
    app.drain_outbox().await;
    school.admin.get(&path).await.problem(404);
    let all = school.admin.get("/v1/users?deleted=only").await;
    assert!(!String::from_utf8_lossy(&all.bytes).contains("tom@"), "{}", all.json);
}
