//! What is refused.

use serde_json::{Value, json};

use super::Auditor;
use crate::support::PASSWORD;
use crate::tenancy::{enrol, found};

#[tokio::test]
async fn row_44_what_is_refused_is_in_the_audit_log_too() {
    let a = Auditor::start().await;
    let email = "anna@lyceum.example";
    let anna = a.app.member(email).await;
    let nobody = a.app.anonymous();
    let wrong = json!({"email": email, "password": "not the one"});
    a.refused(&nobody, "POST /v1/auth/login", &[], wrong, 401, "identity.login_failed").await;
    let again = json!({"email": email, "password": PASSWORD});
    a.refused(&nobody, "POST /v1/auth/register", &[], again, 202, "identity.registered_again").await;
    let change = json!({"current_password": "not the one", "new_password": "another quiet harbour"});
    a.refused(&anna, "POST /v1/auth/password/change", &[], change, 403, "identity.reauthentication_failed").await;
    let erase = json!({"password": "not the one"});
    a.refused(&anna, "DELETE /v1/me", &[], erase, 403, "identity.reauthentication_failed").await;
    let pair = nobody.post("/v1/auth/login", json!({"email": email, "password": PASSWORD})).await;
    let spent = json!({"refresh_token": pair.expect(200)["refresh_token"]});
    nobody.post("/v1/auth/refresh", spent.clone()).await.expect(200);
    a.app.clock.advance(chrono::Duration::minutes(1));
    a.refused(&nobody, "POST /v1/auth/refresh", &[], spent, 401, "identity.token_reuse").await;
}

#[tokio::test]
async fn row_44_whoever_tries_to_change_what_they_may_not_is_in_the_audit_log() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    let pupil = enrol(&a.app, &root, &school.id, "sofia@lyceum.example", "student").await;
    let principal = enrol(&a.app, &root, &school.id, "pia@lyceum.example", "principal").await;
    let admin = school.admin.user_id.clone().expect("an id");
    a.school = Some(school.id.clone());
    let tries: [(_, &str, &[&str], Value, &str); 6] = [
        // By the gate: the permission is missing, or the role is not let in.
        (&pupil, "POST /v1/groups", &[], json!({"name": "Mine"}), "permission-missing"),
        (&pupil, "DELETE /v1/users/{id}", &[&admin], Value::Null, "permission-missing"),
        (&pupil, "POST /v1/billing/subscription", &[], json!({}), "permission-missing"),
        (&school.admin, "POST /v1/billing/plans", &[], json!({}), "permission-missing"),
        // By a rule about ranks.
        (&principal, "PATCH /v1/users/{id}", &[&admin], json!({"is_active": false}), "rank-above-yours"),
        (
            &principal,
            "POST /v1/users",
            &[],
            json!({"username": "boss", "password": PASSWORD, "role": "school_admin"}),
            "role-above-yours",
        ),
    ];
    for (who, route, ids, body, code) in tries {
        let row = a.refused(who, route, ids, body, 403, "access.refused").await;
        assert_eq!(row.after, Some(json!({"route": route, "refused": code})));
        assert_eq!(row.actor.map(|id| id.to_string()), who.user_id, "{route}");
        assert_eq!(row.school.map(|id| id.to_string()), a.school, "{route}");
        assert_eq!(row.target.map(|id| id.to_string()).as_deref(), ids.first().copied(), "{route}");
        assert!(row.ip.is_some_and(|ip| ip.starts_with("127.")), "{route}");
    }
    // Looking is no deed, and what is not there is no refusal.
    let reply = pupil.get("/v1/admin/audit-logs").await;
    reply.problem(403);
    assert!(a.rows(&reply).await.is_empty());
    let reply = school.admin.delete("/v1/groups/019aa5d2-6f00-7c3e-8000-000000000000").await;
    reply.problem(404);
    assert!(a.rows(&reply).await.is_empty());
}
