//! How people come into schools, and leave: invites, offers, requests, imports, schools that sign up.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, done, gone, made};
use crate::support::{App, PASSWORD};
use crate::tenancy::{found, id_of, switch};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/admin/invites", &["tenancy.invite_created"]),
    gone("DELETE /v1/admin/invites/{id}", &["tenancy.invite_revoked"]),
    done("POST /v1/invites/redeem", &["tenancy.member_added", "tenancy.invite_redeemed"]),
    done("POST /v1/me/schools/{id}/accept", &["tenancy.membership_accepted"]),
    done("POST /v1/memberships/accept", &["tenancy.membership_accepted"]),
    gone("DELETE /v1/me/schools/{id}", &["tenancy.member_removed"]),
    made("POST /v1/users/import", &["tenancy.import_started"]),
    made("POST /v1/imports/{id}/cancel", &["tenancy.import_ended"]),
    made("POST /v1/signup-requests", &["tenancy.signup_requested"]).by_strangers(),
    made("POST /v1/me/signup-requests", &["tenancy.signup_requested"]),
    changed("PATCH /v1/signup-requests/{id}", &["tenancy.signup_decided"]),
    made(
        "POST /v1/auth/signup-school",
        &["tenancy.school_created", "identity.account_created", "tenancy.member_added"],
    )
    .by_strangers(),
];

#[tokio::test]
async fn row_44_how_people_come_and_go_is_in_the_audit_log_once() {
    let mut a = Auditor::of(App::start_with(|config| config.tenancy.school_signup = true).await).await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let (admin, here) = (&school.admin, school.id.as_str());
    a.school = Some(school.id.clone());

    let invite = json!({"role_to_grant": "student"});
    let made = a.does(admin, "POST /v1/admin/invites", &[], invite.clone()).await;
    let tom = a.app.member("tom@lyceum.example").await;
    a.does(&tom, "POST /v1/invites/redeem", &[], json!({"code": made.json["code"]})).await;
    a.does(&switch(&tom, here).await, "DELETE /v1/me/schools/{id}", &[here], Value::Null).await;
    let other = id_of(admin.post("/v1/admin/invites", invite).await.expect(201));
    a.does(admin, "DELETE /v1/admin/invites/{id}", &[&other], Value::Null).await;
    for (email, by_mail) in [("known@lyceum.example", false), ("other@lyceum.example", true)] {
        let known = a.app.member(email).await;
        admin.post("/v1/users", json!({"email": email, "role": "teacher"})).await.expect(201);
        if by_mail {
            let token = a.token_to(email).await;
            a.does(&known.anonymous(), "POST /v1/memberships/accept", &[], json!({"token": token})).await;
        } else {
            a.does(&known, "POST /v1/me/schools/{id}/accept", &[here], Value::Null).await;
        }
    }

    let table = json!("email\nmany@lyceum.example");
    let import = id_of(&a.does(admin, "POST /v1/users/import", &[], table).await.json);
    a.does(admin, "POST /v1/imports/{id}/cancel", &[&import], Value::Null).await;

    admin.patch(&format!("/v1/schools/{here}"), json!({"requestable_roles": ["student"]})).await.expect(200);
    let stranger = json!({"school": "northfield", "email": "stranger@lyceum.example"});
    a.does(&a.app.anonymous(), "POST /v1/signup-requests", &[], stranger).await;
    let asks = json!({"school": "northfield"});
    let request = id_of(&a.does(&tom, "POST /v1/me/signup-requests", &[], asks).await.json);
    a.does(admin, "PATCH /v1/signup-requests/{id}", &[&request], json!({"status": "rejected"})).await;
    let founder = json!({
        "school": {"name": "South", "slug": "south"}, "email": "sam@lyceum.example", "password": PASSWORD
    });
    a.founds(&a.app.anonymous(), "POST /v1/auth/signup-school", founder).await;
    a.has_done_all(DEEDS);
}
