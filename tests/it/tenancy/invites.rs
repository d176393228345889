//! Invites: made, mailed, redeemed by as many as may and no more, withdrawn, expired.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{School, enrol, found, id_of, people, switch};
use crate::identity::{dump, limited, lines_with};
use crate::support::{App, Client, PASSWORD};

/// Makes an invite; gives the whole answer, with the code.
async fn invite(who: &Client, body: Value) -> Value {
    who.post("/v1/admin/invites", body).await.expect(201).clone()
}

fn code(invite: &Value) -> Value {
    json!({"code": invite["code"].as_str().expect("a code")})
}

async fn state(school: &School, invite: &Value) -> Value {
    let path = format!("/v1/admin/invites/{}", id_of(invite));
    school.admin.get(&path).await.expect(200)["state"].clone()
}

#[tokio::test]
async fn row_19_an_invite_lets_in_once_in_its_role_and_group() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let group = id_of(school.admin.post("/v1/groups", json!({"name": "Blue"})).await.expect(201));
    let made = invite(&school.admin, json!({"role_to_grant": "teacher", "group_id": group})).await;
    assert_eq!((&made["state"], &made["uses"], &made["max_uses"]), (&json!("active"), &json!(0), &json!(1)));
    assert!(made["link"].as_str().is_some_and(|link| link.contains("/join?token=lyc_inv_")), "{made}");
    let shown = school.admin.get(&format!("/v1/admin/invites/{}", id_of(&made))).await;
    assert_eq!((&shown.expect(200)["code"], &shown.json["link"]), (&Value::Null, &Value::Null), "shown once");

    let person = app.member("tom@lyceum.example").await;
    let joined = person.post("/v1/invites/redeem", code(&made)).await;
    assert_eq!(joined.expect(200)["roles"], json!(["teacher"]));
    assert_eq!(joined.json["slug"], "northfield");
    assert_eq!(state(&school, &made).await, "used_up");
    let teacher = switch(&person, &school.id).await;
    let in_group = school.admin.get(&format!("/v1/users?group_id={group}")).await;
    assert_eq!(in_group.expect(200)[0]["id"], json!(teacher.user_id));
    app.drain_outbox().await;
    assert!(app.mail_to("tom@lyceum.example").expect("a letter").subject.contains("northfield"));
    // Once is once, for anybody.
    assert_eq!(person.post("/v1/invites/redeem", code(&made)).await.problem(410), "invite-over");
    let other = app.member("zoe@lyceum.example").await;
    assert_eq!(other.post("/v1/invites/redeem", code(&made)).await.problem(410), "invite-over");
    let listed = school.admin.get("/v1/admin/invites?state=used_up").await;
    assert_eq!(listed.expect(200).as_array().map(Vec::len), Some(1));
    assert_eq!(school.admin.get("/v1/admin/invites?state=active").await.expect(200), &json!([]));
}

#[tokio::test]
async fn row_19_fifty_at_once_get_in_as_often_as_the_invite_says() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let once = invite(&school.admin, json!({"role_to_grant": "student"})).await;
    let thrice = invite(&school.admin, json!({"role_to_grant": "student", "max_uses": 3})).await;
    let people = people(&app, &school.root, 50).await;
    for (made, most) in [(&once, 1), (&thrice, 3)] {
        let tries = join_all(people.iter().map(|pupil| pupil.post("/v1/invites/redeem", code(made)))).await;
        let won = tries.iter().filter(|reply| reply.status == 200).count();
        let mut others: Vec<_> = tries
            .iter()
            .filter(|reply| reply.status != 200)
            .map(|reply| reply.problem(reply.status.as_u16()))
            .collect();
        others.sort_unstable();
        others.dedup();
        // Whoever came by the first has all that the second grants.
        assert!(others.iter().all(|code| ["invite-over", "already-a-member"].contains(code)), "{others:?}");
        assert_eq!(won, most, "{others:?}");
    }
    // One person, many tries of an invite for many: one membership, one use.
    let many = invite(&school.admin, json!({"role_to_grant": "student", "max_uses": 100})).await;
    let person = app.member("tom@lyceum.example").await;
    let tries = join_all((0..50).map(|_| person.post("/v1/invites/redeem", code(&many)))).await;
    assert_eq!(tries.iter().filter(|reply| reply.status == 200).count(), 1);
    let shown = school.admin.get(&format!("/v1/admin/invites/{}", id_of(&many))).await;
    assert_eq!(shown.expect(200)["uses"], 1);
    let school_now = school.admin.get(&format!("/v1/schools/{}", school.id)).await;
    assert_eq!(school_now.expect(200)["seats_used"], 1 + 1 + 3 + 1);
}

#[tokio::test]
async fn row_19_an_invite_with_an_address_is_mailed_there_and_for_nobody_else() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let made = invite(&school.admin, json!({"role_to_grant": "student", "email": "Ada@Lyceum.example"})).await;
    app.drain_outbox().await;
    let token = app.mail_to("Ada@Lyceum.example").expect("a letter").token();
    assert_eq!(json!(token), made["code"]);
    app.anonymous().get(&format!("/join?token={token}")).await.expect(200);
    let wrong = app.member("zoe@lyceum.example").await;
    assert_eq!(wrong.post("/v1/invites/redeem", code(&made)).await.problem(403), "invite-for-another");
    let stolen = json!({"email": "thief@lyceum.example", "password": PASSWORD, "invite_code": token});
    assert_eq!(app.anonymous().post("/v1/auth/register", stolen).await.problem(403), "invite-for-another");
    let ada = app.member("ada@lyceum.example").await;
    ada.post("/v1/invites/redeem", code(&made)).await.expect(200);
    let by_address = school.admin.get("/v1/admin/invites?email=ADA@lyceum.example").await;
    assert_eq!(by_address.expect(200)[0]["state"], "used_up");
}

#[tokio::test]
async fn row_19_withdrawn_and_expired_invites_are_gone_and_the_list_says_so() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let person = app.member("tom@lyceum.example").await;
    let revoked = invite(&school.admin, json!({"role_to_grant": "student"})).await;
    let path = format!("/v1/admin/invites/{}", id_of(&revoked));
    let stale = school.admin.request(reqwest::Method::DELETE, &path).header("if-match", "\"9-invite\"").send().await;
    stale.problem(412);
    school.admin.delete(&path).await.expect(204);
    assert_eq!(person.post("/v1/invites/redeem", code(&revoked)).await.problem(410), "invite-over");
    let soon = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
    let expired = invite(&school.admin, json!({"role_to_grant": "student", "expires_at": soon})).await;
    let tag = school.admin.get(&format!("/v1/admin/invites/{}", id_of(&expired))).await;
    app.clock.advance(chrono::TimeDelta::hours(2));
    let admin = app.login("admin@northfield.example", PASSWORD).await;
    let person = app.login("tom@lyceum.example", PASSWORD).await;
    assert_eq!(person.post("/v1/invites/redeem", code(&expired)).await.problem(410), "invite-over");
    let shown = admin.get(&format!("/v1/admin/invites/{}", id_of(&expired))).await;
    assert_eq!(shown.expect(200)["state"], "expired");
    assert_ne!(shown.header("etag"), tag.header("etag"), "what time has changed is not served as unchanged");
    for (state, wanted) in [("revoked", &revoked), ("expired", &expired)] {
        let listed = admin.get(&format!("/v1/admin/invites?state={state}")).await;
        let ids: Vec<_> = listed.expect(200).as_array().expect("a list").iter().map(|i| i["id"].clone()).collect();
        assert_eq!(ids, [wanted["id"].clone()], "{state}");
    }
    let past = json!({"role_to_grant": "student", "expires_at": "2001-01-01T00:00:00Z"});
    assert_eq!(admin.post("/v1/admin/invites", past).await.problem(409), "already-past");
}

#[tokio::test]
async fn an_invite_never_lowers_and_nobody_invites_above_themselves() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let teacher = enrol(&app, &school.root, &school.id, "tom@lyceum.example", "teacher").await;
    let above = teacher.post("/v1/admin/invites", json!({"role_to_grant": "principal"})).await;
    assert_eq!(above.problem(403), "role-above-yours");
    let unknown = teacher.post("/v1/admin/invites", json!({"role_to_grant": "wizard"})).await;
    assert_eq!(unknown.problem(409), "unknown-role");
    let course = json!({"role_to_grant": "student", "course_id": "019aa5d2-6f00-7c3e-8000-000000000000"});
    teacher.post("/v1/admin/invites", course).await.problem(404);
    let made = invite(&teacher, json!({"role_to_grant": "student", "max_uses": 9})).await;
    // The administrator stays one, and is a student besides.
    let raised = school.admin.post("/v1/invites/redeem", code(&made)).await;
    assert_eq!(
        (&raised.expect(200)["role"], &raised.json["roles"]),
        (&json!("school_admin"), &json!(["school_admin", "student"]))
    );
    // A teacher does not withdraw what an administrator offers above a teacher's rank.
    let higher = invite(&school.admin, json!({"role_to_grant": "principal"})).await;
    let path = format!("/v1/admin/invites/{}", id_of(&higher));
    assert_eq!(teacher.delete(&path).await.problem(403), "role-above-yours");
    let pupil = app.member("zoe@lyceum.example").await;
    assert_eq!(pupil.get("/v1/admin/invites").await.problem(403), "permission-missing");
}

#[tokio::test]
async fn an_invite_ends_with_the_right_of_whoever_made_it_and_keeps_its_role_in_use() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let principal = enrol(&app, &school.root, &school.id, "pia@lyceum.example", "principal").await;
    let role = json!({"name": "librarian", "title": "Librarian", "rank": 15, "permissions": ["group:read"]});
    let role = id_of(school.admin.post("/v1/roles", role).await.expect(201));
    let made = invite(&principal, json!({"role_to_grant": "librarian", "max_uses": 9})).await;
    let refused = school.admin.delete(&format!("/v1/roles/{role}")).await;
    assert_eq!(refused.problem(409), "role-in-use");
    let person = app.member("tom@lyceum.example").await;
    let user = principal.user_id.clone().expect("an id");
    school.admin.delete(&format!("/v1/users/{user}")).await.expect(204);
    assert_eq!(person.post("/v1/invites/redeem", code(&made)).await.problem(410), "invite-over");
    school.admin.post_empty(&format!("/v1/users/{user}/restore")).await.expect(200);
    school.admin.put(&format!("/v1/users/{user}/roles"), json!({"roles": ["student"]})).await.expect(200);
    assert_eq!(person.post("/v1/invites/redeem", code(&made)).await.problem(410), "invite-over");
    school.admin.put(&format!("/v1/users/{user}/roles"), json!({"roles": ["principal"]})).await.expect(200);
    person.post("/v1/invites/redeem", code(&made)).await.expect(200);
}

#[tokio::test]
async fn row_19_wrong_codes_are_slowed_down_and_right_ones_are_not() {
    let app = limited().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let made = invite(&school.admin, json!({"role_to_grant": "student", "max_uses": 9})).await;
    let (guesser, honest) = (app.member("mallory@lyceum.example").await, app.member("tom@lyceum.example").await);
    let right = made["code"].as_str().expect("a code");
    let mut statuses = Vec::new();
    for n in 0..11 {
        // One character is different: the shape is right, the code is none.
        let wrong = format!("{}{n:02}", &right[..right.len() - 2]);
        statuses.push(guesser.post("/v1/invites/redeem", json!({"code": wrong})).await.status.as_u16());
    }
    assert_eq!(statuses, [[404; 10].as_slice(), &[429]].concat());
    let waits = guesser.post("/v1/invites/redeem", code(&made)).await;
    assert_eq!(waits.problem(429), "too-many-failures");
    assert!(waits.header("retry-after").is_some());
    honest.post("/v1/invites/redeem", code(&made)).await.expect(200);
}

#[tokio::test]
async fn who_registers_with_a_code_belongs_to_the_school_once_the_address_is_proven() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let made = invite(&school.admin, json!({"role_to_grant": "teacher", "max_uses": 2})).await;
    let form = |email: &str| json!({"email": email, "password": PASSWORD, "invite_code": made["code"]});
    let register = |email: &'static str| {
        let (client, body) = (app.anonymous(), form(email));
        async move { client.post("/v1/auth/register", body).await }
    };
    // Known and unknown addresses are answered alike.
    let (unknown, known) = (register("tom@lyceum.example").await, register("admin@northfield.example").await);
    assert_eq!(unknown.expect(202), known.expect(202));
    let (second, third) = (register("zoe@lyceum.example").await, register("max@lyceum.example").await);
    assert_eq!((second.status, third.status), (unknown.status, unknown.status));
    assert_eq!(state(&school, &made).await, "active", "nothing is taken before the address is proven");
    app.drain_outbox().await;
    for email in ["tom@lyceum.example", "zoe@lyceum.example", "max@lyceum.example"] {
        let token = app.mail_to(email).expect("a letter").token();
        app.anonymous().post("/v1/auth/activate", json!({"token": token})).await.expect(204);
    }
    assert_eq!(state(&school, &made).await, "used_up");
    let tom = app.login("tom@lyceum.example", PASSWORD).await;
    let mine = tom.get("/v1/me/schools").await;
    assert_eq!((&mine.expect(200)[0]["slug"], &mine.json[0]["role"]), (&json!("northfield"), &json!("teacher")));
    // The third found the door closed, has an account, and is told.
    let max = app.login("max@lyceum.example", PASSWORD).await;
    assert_eq!(max.get("/v1/me/schools").await.expect(200), &json!([]));
    app.drain_outbox().await;
    assert!(app.mail_to("max@lyceum.example").expect("a letter").text.contains("could not let you in"));
    let late = register("late@lyceum.example").await;
    assert_eq!(late.problem(410), "invite-over");
    let none = json!({"email": "nobody@lyceum.example", "password": PASSWORD, "invite_code": "lyc_inv_none"});
    app.anonymous().post("/v1/auth/register", none).await.problem(404);
}

#[tokio::test]
async fn row_13_no_code_is_stored() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let made = invite(&school.admin, json!({"role_to_grant": "student", "email": "ada@lyceum.example"})).await;
    let code = made["code"].as_str().expect("a code");
    app.drain_outbox().await;
    let dump = dump(&app).await;
    assert!(!lines_with(&dump, "ada@lyceum.example").is_empty(), "the dump shows what is there");
    assert_eq!(lines_with(&dump, code), Vec::<&str>::new());
}
