//! Schools, their people and groups.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, done, gone, made};
use crate::support::PASSWORD;
use crate::tenancy::{found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/schools", &["tenancy.school_created"]),
    changed("PUT /v1/schools/{id}", &["tenancy.school_changed"]),
    changed("PATCH /v1/schools/{id}", &["tenancy.school_changed"]),
    gone("DELETE /v1/schools/{id}", &["tenancy.school_deleted"]),
    made("POST /v1/schools/{id}/restore", &["tenancy.school_restored"]),
    made("POST /v1/users", &["identity.account_created", "tenancy.member_added"]),
    changed("PUT /v1/users/{id}", &["identity.account_changed", "tenancy.member_changed"]),
    changed("PATCH /v1/users/{id}", &["tenancy.member_changed"]),
    gone("DELETE /v1/users/{id}", &["tenancy.member_removed"]),
    made("POST /v1/users/{id}/restore", &["tenancy.member_restored"]),
    done("POST /v1/users/{id}/password-reset", &["tenancy.password_link_sent"]),
    changed("PUT /v1/users/{id}/roles", &["tenancy.member_changed"]),
    changed("PUT /v1/schools/{id}/members/{user_id}", &["tenancy.member_changed"]),
    changed("PATCH /v1/schools/{id}/members/{user_id}", &["tenancy.member_changed"]),
    gone("DELETE /v1/schools/{id}/members/{user_id}", &["tenancy.member_removed"]),
    made("POST /v1/groups", &["tenancy.group_created"]),
    changed("PUT /v1/groups/{id}", &["tenancy.group_changed"]),
    changed("PATCH /v1/groups/{id}", &["tenancy.group_changed"]),
    gone("DELETE /v1/groups/{id}", &["tenancy.group_deleted"]),
    made("POST /v1/groups/{id}/restore", &["tenancy.group_restored"]),
    done("PUT /v1/groups/{id}/members/{user_id}", &["tenancy.group_member_added"]),
    done("DELETE /v1/groups/{id}/members/{user_id}", &["tenancy.group_member_removed"]),
];

#[tokio::test]
async fn row_44_what_is_done_in_schools_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let (admin, here) = (&school.admin, school.id.as_str());
    a.school = Some(school.id.clone());

    let person = json!({"username": "pupil", "password": PASSWORD, "email": "pupil@lyceum.example", "role": "student"});
    let pupil = id_of(&a.does(admin, "POST /v1/users", &[], person).await.json);
    let whole = json!({"username": "pupil", "full_name": "A Pupil", "is_active": true, "role": "student"});
    a.does(admin, "PUT /v1/users/{id}", &[&pupil], whole).await;
    a.does(admin, "PATCH /v1/users/{id}", &[&pupil], json!({"level": "Year 9"})).await;
    a.does(admin, "PUT /v1/users/{id}/roles", &[&pupil], json!({"roles": ["student", "teacher"]})).await;
    a.does(admin, "POST /v1/users/{id}/password-reset", &[&pupil], Value::Null).await;
    let member = [here, pupil.as_str()];
    let put = json!({"roles": ["student"], "status": "active", "level": "Year 10"});
    a.does(admin, "PUT /v1/schools/{id}/members/{user_id}", &member, put).await;
    a.does(admin, "PATCH /v1/schools/{id}/members/{user_id}", &member, json!({"level": "Year 9"})).await;

    let group = id_of(&a.does(admin, "POST /v1/groups", &[], json!({"name": "Blue"})).await.json);
    a.does(admin, "PUT /v1/groups/{id}", &[&group], json!({"name": "Green"})).await;
    a.does(admin, "PATCH /v1/groups/{id}", &[&group], json!({"name": "Red"})).await;
    let both = [group.as_str(), pupil.as_str()];
    a.does(admin, "PUT /v1/groups/{id}/members/{user_id}", &both, Value::Null).await;
    a.does(admin, "DELETE /v1/groups/{id}/members/{user_id}", &both, Value::Null).await;
    a.does(admin, "DELETE /v1/groups/{id}", &[&group], Value::Null).await;
    a.does(admin, "POST /v1/groups/{id}/restore", &[&group], Value::Null).await;

    a.does(admin, "DELETE /v1/users/{id}", &[&pupil], Value::Null).await;
    a.does(admin, "POST /v1/users/{id}/restore", &[&pupil], Value::Null).await;
    a.does(admin, "DELETE /v1/schools/{id}/members/{user_id}", &member, Value::Null).await;

    let whole = json!({"name": "North Field", "slug": "northfield", "time_zone": "UTC", "locale": "en"});
    a.does(admin, "PUT /v1/schools/{id}", &[here], whole).await;
    a.does(admin, "PATCH /v1/schools/{id}", &[here], json!({"name": "Northfield"})).await;
    a.does(&root, "DELETE /v1/schools/{id}", &[here], Value::Null).await;
    a.does(&root, "POST /v1/schools/{id}/restore", &[here], Value::Null).await;
    a.founds(&root, "POST /v1/schools", json!({"name": "South", "slug": "south"})).await;
    a.has_done_all(DEEDS);
}
