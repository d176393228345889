//! Roles and what they grant.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, gone, made};
use crate::tenancy::{found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/roles", &["rbac.role_created"]),
    changed("PUT /v1/roles/{id}", &["rbac.role_changed"]),
    changed("PATCH /v1/roles/{id}", &["rbac.role_changed"]),
    gone("DELETE /v1/roles/{id}", &["rbac.role_deleted"]),
    made("POST /v1/roles/{id}/restore", &["rbac.role_restored"]),
    changed("PUT /v1/roles/{id}/permissions", &["rbac.role_permissions_changed"]),
    changed("POST /v1/roles/{id}/permissions/{permission}", &["rbac.role_permissions_changed"]),
    changed("DELETE /v1/roles/{id}/permissions/{permission}", &["rbac.role_permissions_changed"]),
];

#[tokio::test]
async fn row_44_what_is_done_to_roles_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let school = found(&a.app, &a.app.super_admin().await, "northfield").await;
    a.school = Some(school.id.clone());
    let admin = &school.admin;
    let role = json!({"name": "librarian", "title": "Librarian", "rank": 15, "permissions": ["user:read"]});
    let id = id_of(&a.does(admin, "POST /v1/roles", &[], role).await.json);
    let whole = json!({"title": "Keeper of books", "rank": 16});
    a.does(admin, "PUT /v1/roles/{id}", &[&id], whole).await;
    a.does(admin, "PATCH /v1/roles/{id}", &[&id], json!({"title": "Librarian"})).await;
    let granted = json!({"permissions": ["group:read"]});
    a.does(admin, "PUT /v1/roles/{id}/permissions", &[&id], granted).await;
    let both = [id.as_str(), "user:read"];
    a.does(admin, "POST /v1/roles/{id}/permissions/{permission}", &both, Value::Null).await;
    a.does(admin, "DELETE /v1/roles/{id}/permissions/{permission}", &both, Value::Null).await;
    a.does(admin, "DELETE /v1/roles/{id}", &[&id], Value::Null).await;
    a.does(admin, "POST /v1/roles/{id}/restore", &[&id], Value::Null).await;
    a.has_done_all(DEEDS);
}
