//! Accounts, sessions and credentials.

use serde_json::{Value, json};

use super::{Auditor, Deed, changed, done};
use crate::logs::{text, totp_code};
use crate::support::PASSWORD;
use crate::tenancy::{found, switch};

pub(super) const DEEDS: &[Deed] = &[
    done("POST /v1/auth/register", &["identity.account_registered"]),
    done("POST /v1/auth/activate", &["identity.account_activated"]),
    done("POST /v1/auth/activation/resend", &[]),
    done("POST /v1/auth/login", &["identity.login"]),
    done("POST /v1/auth/token", &["identity.login"]),
    // Sessions are renewed all day; that a spent token came back is another matter.
    done("POST /v1/auth/refresh", &[]),
    done("POST /v1/ws/tickets", &[]),
    done("POST /v1/auth/logout", &["identity.logout"]),
    done("POST /v1/auth/logout-all", &["identity.sessions_revoked"]),
    done("POST /v1/auth/password/forgot", &[]),
    done("POST /v1/auth/password/reset", &["identity.password_reset"]),
    done("POST /v1/auth/password/change", &["identity.password_changed"]),
    done("DELETE /v1/auth/sessions", &["identity.sessions_revoked"]),
    done("DELETE /v1/auth/sessions/{id}", &["identity.session_revoked"]),
    done("POST /v1/auth/mfa/totp", &["identity.mfa_enrolment_started"]),
    done("POST /v1/auth/mfa/totp/confirm", &["identity.mfa_enabled"]),
    done("POST /v1/auth/mfa/recovery-codes", &["identity.recovery_codes_renewed"]),
    done("DELETE /v1/auth/mfa/totp", &["identity.mfa_disabled"]),
    changed("PUT /v1/me", &["identity.profile_changed"]),
    changed("PATCH /v1/me", &["identity.profile_changed"]),
    done("DELETE /v1/me", &["identity.account_erased"]),
    done("POST /v1/me/email", &["identity.email_change_requested"]),
    done("POST /v1/me/email/confirm", &["identity.email_changed"]),
    done("POST /v1/me/email/undo", &["identity.email_change_undone"]),
    done("POST /v1/auth/switch-school", &["identity.school_switched"]),
];

#[tokio::test]
async fn row_44_what_people_do_with_their_accounts_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let nobody = a.app.anonymous();
    let email = "anna@lyceum.example";
    let login = json!({"email": email, "password": PASSWORD});
    let password = json!({"password": PASSWORD});

    let registration = json!({"email": email, "password": PASSWORD});
    a.does(&nobody, "POST /v1/auth/register", &[], registration).await;
    a.does(&nobody, "POST /v1/auth/activation/resend", &[], json!({"email": email})).await;
    let token = a.token_to(email).await;
    a.does(&nobody, "POST /v1/auth/activate", &[], json!({"token": token})).await;
    let pair = a.does(&nobody, "POST /v1/auth/login", &[], login.clone()).await;
    let form = json!({"grant_type": "password", "username": email, "password": PASSWORD});
    a.does(&nobody, "POST /v1/auth/token", &[], form).await;
    a.does(&nobody, "POST /v1/auth/refresh", &[], json!({"refresh_token": pair.json["refresh_token"]})).await;

    let anna = a.app.login(email, PASSWORD).await;
    a.does(&anna, "POST /v1/ws/tickets", &[], Value::Null).await;
    let other = a.app.login(email, PASSWORD).await;
    let sessions = other.get("/v1/auth/sessions").await;
    let current = sessions.expect(200).as_array().expect("sessions").iter().find(|s| s["current"] == true).cloned();
    let id = current.expect("a session")["id"].as_str().expect("an id").to_owned();
    a.does(&anna, "DELETE /v1/auth/sessions/{id}", &[&id], Value::Null).await;
    a.does(&anna, "DELETE /v1/auth/sessions", &[], Value::Null).await;
    a.does(&anna, "PUT /v1/me", &[], json!({"full_name": "Anna A."})).await;
    a.does(&anna, "PATCH /v1/me", &[], json!({"full_name": "Anna B."})).await;

    let enrolment = a.does(&anna, "POST /v1/auth/mfa/totp", &[], password.clone()).await;
    let code = totp_code(&text(&enrolment.json, "secret"));
    a.does(&anna, "POST /v1/auth/mfa/totp/confirm", &[], json!({"code": code})).await;
    a.does(&anna, "POST /v1/auth/mfa/recovery-codes", &[], password.clone()).await;
    a.does(&anna, "DELETE /v1/auth/mfa/totp", &[], password.clone()).await;

    let change = json!({"current_password": PASSWORD, "new_password": "another quiet harbour"});
    a.does(&anna, "POST /v1/auth/password/change", &[], change).await;
    a.does(&nobody, "POST /v1/auth/password/forgot", &[], json!({"email": email})).await;
    let token = a.token_to(email).await;
    a.does(&nobody, "POST /v1/auth/password/reset", &[], json!({"token": token, "password": PASSWORD})).await;

    let anna = a.app.login(email, PASSWORD).await;
    let next = "anna.two@lyceum.example";
    let ask = json!({"email": next, "password": PASSWORD});
    a.does(&anna, "POST /v1/me/email", &[], ask).await;
    let (confirm, undo) = (a.token_to(next).await, a.token_to(email).await);
    a.does(&nobody, "POST /v1/me/email/confirm", &[], json!({"token": confirm})).await;
    a.does(&nobody, "POST /v1/me/email/undo", &[], json!({"token": undo})).await;

    let anna = a.app.login(email, PASSWORD).await;
    a.does(&anna, "POST /v1/auth/logout", &[], Value::Null).await;
    let anna = a.app.login(email, PASSWORD).await;
    a.does(&anna, "POST /v1/auth/logout-all", &[], Value::Null).await;

    let anna = a.app.login(email, PASSWORD).await;
    a.does(&anna, "DELETE /v1/me", &[], password).await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    a.school = Some(school.id.clone());
    let wanted = json!({"school_id": school.id});
    a.does(&root, "POST /v1/auth/switch-school", &[], wanted).await;
    switch(&root, &school.id).await.get("/v1/me").await.expect(200);
    a.has_done_all(DEEDS);
}
