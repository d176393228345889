//! What may happen once, tried many times at once.

use futures_util::future::join_all;
use lyceum_kernel::{RequestId, SchoolId};
use lyceum_platform::Cause;
use reqwest::Method;
use serde_json::json;

use super::{found, id_of, people};
use crate::support::{App, PASSWORD};

/// Sets how many seats a school has, as whoever sells them does.
async fn limit_seats(app: &App, school: &str, seats: u32) {
    let platform = &app.system.platform;
    let request_id = RequestId::new(platform.clock.now(), platform.entropy.as_ref());
    let work = platform.unit_of_work(Cause { request_id, ip: None, user_agent: None, trace: None });
    let school = SchoolId(school.parse().expect("an id"));
    app.system.tenancy.set_terms(work, school, Some(seats), false).await.expect("set");
}

#[tokio::test]
async fn row_27_of_fifty_who_want_the_last_seat_one_gets_it() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let everybody = people(&app, &school.root, 50).await;
    // The administrator sits; one seat is left.
    limit_seats(&app, &school.id, 2).await;
    let made = school.admin.post("/v1/admin/invites", json!({"role_to_grant": "student", "max_uses": 100})).await;
    let code = json!({"code": made.expect(201)["code"]});
    let tries = join_all(everybody.iter().map(|one| one.post("/v1/invites/redeem", code.clone()))).await;
    let won = tries.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(won, 1);
    for lost in tries.iter().filter(|reply| reply.status != 200) {
        assert_eq!(lost.problem(409), "no-seat-left");
    }
    let shown = school.admin.get(&format!("/v1/schools/{}", school.id)).await;
    assert_eq!(shown.expect(200)["seats_used"], 2);
    let invite = school.admin.get(&format!("/v1/admin/invites/{}", id_of(&made.json))).await;
    assert_eq!(invite.expect(200)["uses"], 1, "who found no seat used nothing up");
}

#[tokio::test]
async fn the_last_administrator_does_not_erase_themselves() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let erase = || {
        let request = school.admin.request(Method::DELETE, "/v1/me");
        request.json(&json!({"password": PASSWORD})).send()
    };
    assert_eq!(erase().await.problem(409), "last-administrator");
    let other = super::enrol(&app, &school.root, &school.id, "zoe@lyceum.example", "school_admin").await;
    erase().await.expect(204);
    app.drain_outbox().await;
    assert_eq!(other.get("/v1/users").await.expect(200).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_schools_keep_is_in_the_export() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let group = id_of(school.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    let body = json!({"role_to_grant": "student", "group_id": group});
    let made = school.admin.post("/v1/admin/invites", body).await;
    let person = app.member("tom@lyceum.example").await;
    person.post("/v1/invites/redeem", json!({"code": made.expect(201)["code"]})).await.expect(200);
    let patch = json!({"requestable_roles": ["teacher"]});
    school.admin.patch(&format!("/v1/schools/{}", school.id), patch).await.expect(200);
    let asks = json!({"school": "northfield", "role": "teacher", "message": "Hello"});
    person.post("/v1/me/signup-requests", asks).await.expect(201);
    let export = person.get("/v1/me/export").await;
    let kept = &export.expect(200)["others"]["tenancy"];
    assert_eq!(kept["memberships"][0]["school"]["name"], "northfield school", "{kept}");
    assert_eq!(kept["memberships"][0]["roles"], json!(["student"]));
    assert_eq!(kept["memberships"][0]["groups"][0]["name"], "Blue");
    assert_eq!(kept["signup_requests"][0]["message"], "Hello");
    assert_eq!(kept["invites_redeemed"][0]["invite_id"], made.json["id"]);
}
