//! The authorisation matrix: every route × nobody, a token that is none, a token of another kind, a member without the
//! permission, and things that are not there or not theirs.
//!
//! The rows are declared here; a route of the table without a row fails the test, and so does a row without a route.

use std::collections::BTreeSet;

use lyceum_web::route::GateKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::{App, PASSWORD};

/// An id that was never given.
pub const NEVER: &str = "019aa5d2-6f00-7c3e-8000-000000000000";

/// One route: how it is gated, and a body that it would take.
pub struct Row {
    pub route: &'static str,
    pub gate: Gate,
    pub body: Option<fn() -> Value>,
    pub query: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Public,
    Authenticated,
    Permission(&'static str),
}

const fn public(route: &'static str) -> Row {
    Row { route, gate: Gate::Public, body: None, query: "" }
}

const fn own(route: &'static str) -> Row {
    Row { route, gate: Gate::Authenticated, body: None, query: "" }
}

const fn needs(permission: &'static str, route: &'static str) -> Row {
    Row { route, gate: Gate::Permission(permission), body: None, query: "" }
}

impl Row {
    const fn with(self, body: fn() -> Value) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    pub fn split(&self) -> (Method, &'static str) {
        let (method, path) = self.route.split_once(' ').expect("a method and a path");
        (method.parse().expect("a method"), path)
    }

    /// Calls it, with every parameter of the path set to `id`.
    async fn call(&self, client: &Client, id: &str) -> Reply {
        let (method, path) = self.split();
        let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        let mark = if self.query.is_empty() { "" } else { "?" };
        let request = client.request(method, &format!("{}{mark}{}", path.join("/"), self.query));
        match self.body {
            Some(body) => request.json(&body()).send().await,
            None => request.send().await,
        }
    }
}

fn password() -> Value {
    json!({"password": PASSWORD})
}

fn profile() -> Value {
    json!({"full_name": "Somebody"})
}

fn plan() -> Value {
    json!({"code": "standard", "name": "Standard"})
}

fn invoice() -> Value {
    json!({"currency": "EUR", "lines": [{"description": "Setting up", "unit_amount": 5, "tax_basis_points": 0}]})
}

fn role() -> Value {
    json!({"name": "librarian", "title": "Librarian", "rank": 15, "permissions": ["user:read"]})
}

fn school() -> Value {
    json!({"name": "A school", "slug": "a-school", "time_zone": "UTC", "locale": "en"})
}

fn group() -> Value {
    json!({"name": "A group"})
}

fn question() -> Value {
    json!({"type": "true_false", "text": "Leaves are green.", "correct": true})
}

fn answers() -> Value {
    json!({"answers": [{"question_id": NEVER, "seq": 1, "answer": true}]})
}

fn block() -> Value {
    json!({"title": "A block", "type": "lesson"})
}

fn enrollment() -> Value {
    json!({"course_id": NEVER, "user_id": NEVER})
}

pub fn rows() -> Vec<Row> {
    vec![
        // identity: public
        public("GET /.well-known/jwks.json"),
        public("GET /accept-membership"),
        public("GET /activate"),
        public("GET /confirm-email"),
        public("GET /join"),
        public("GET /pages/page.css"),
        public("GET /pages/page.js"),
        public("GET /reset-password"),
        public("GET /undo-email-change"),
        public("POST /v1/auth/activate"),
        public("POST /v1/auth/activation/resend"),
        public("POST /v1/auth/login"),
        public("POST /v1/auth/password/forgot"),
        public("POST /v1/auth/password/reset"),
        public("POST /v1/auth/refresh"),
        public("POST /v1/auth/register"),
        public("POST /v1/auth/token"),
        public("POST /v1/me/email/confirm"),
        public("POST /v1/me/email/undo"),
        // identity: one's own account
        own("POST /v1/auth/logout"),
        own("POST /v1/auth/logout-all"),
        own("POST /v1/auth/mfa/recovery-codes").with(password),
        own("POST /v1/auth/mfa/totp").with(password),
        own("DELETE /v1/auth/mfa/totp").with(password),
        own("POST /v1/auth/mfa/totp/confirm").with(|| json!({"code": "000000"})),
        own("POST /v1/auth/password/change")
            .with(|| json!({"current_password": PASSWORD, "new_password": "another quiet harbour"})),
        own("GET /v1/auth/sessions"),
        own("DELETE /v1/auth/sessions"),
        own("GET /v1/auth/sessions/{id}"),
        own("DELETE /v1/auth/sessions/{id}"),
        own("GET /v1/me"),
        own("PUT /v1/me").with(profile),
        own("PATCH /v1/me").with(profile),
        own("DELETE /v1/me").with(password),
        own("POST /v1/me/email").with(|| json!({"email": "elsewhere@lyceum.example", "password": PASSWORD})),
        own("GET /v1/me/export"),
        own("GET /v1/me/permissions"),
        own("POST /v1/auth/switch-school").with(|| json!({"school_id": NEVER})),
        own("POST /v1/ws/tickets"),
        own("GET /v1/ws/me"),
        // tenancy: one's own schools
        own("GET /v1/me/schools"),
        own("POST /v1/me/schools/{id}/accept"),
        own("DELETE /v1/me/schools/{id}"),
        public("POST /v1/memberships/accept").with(|| json!({"token": "lyc_mem_x"})),
        // tenancy: invites
        needs("user:invite", "GET /v1/admin/invites"),
        needs("user:invite", "POST /v1/admin/invites").with(|| json!({"role_to_grant": "student"})),
        needs("user:invite", "GET /v1/admin/invites/{id}"),
        needs("user:invite", "DELETE /v1/admin/invites/{id}"),
        own("POST /v1/invites/redeem").with(|| json!({"code": "lyc_inv_x"})),
        // tenancy: signing up
        public("POST /v1/auth/signup-school"),
        public("POST /v1/signup-requests"),
        own("GET /v1/me/signup-requests"),
        own("POST /v1/me/signup-requests").with(|| json!({"school": "northfield"})),
        needs("signup:decide", "GET /v1/signup-requests"),
        needs("signup:decide", "GET /v1/signup-requests/{id}"),
        needs("signup:decide", "PATCH /v1/signup-requests/{id}").with(|| json!({"status": "rejected"})),
        // tenancy: schools, members, groups
        public("GET /v1/schools/public"),
        needs("school:read", "GET /v1/schools"),
        needs("school:create", "POST /v1/schools").with(|| json!({"name": "A school", "slug": "a-school"})),
        needs("school:read", "GET /v1/schools/{id}"),
        needs("school:update", "PUT /v1/schools/{id}").with(school),
        needs("school:update", "PATCH /v1/schools/{id}").with(|| json!({"name": "A school"})),
        needs("school:delete", "DELETE /v1/schools/{id}"),
        needs("school:delete", "POST /v1/schools/{id}/restore"),
        needs("user:read", "GET /v1/schools/{id}/members"),
        needs("user:read", "GET /v1/schools/{id}/members/{user_id}"),
        needs("user:update", "PUT /v1/schools/{id}/members/{user_id}")
            .with(|| json!({"roles": ["student"], "status": "active"})),
        needs("user:update", "PATCH /v1/schools/{id}/members/{user_id}").with(|| json!({"status": "inactive"})),
        needs("user:delete", "DELETE /v1/schools/{id}/members/{user_id}"),
        needs("user:read", "GET /v1/users/{id}/roles"),
        needs("user:manage_roles", "PUT /v1/users/{id}/roles").with(|| json!({"roles": ["member"]})),
        needs("group:read", "GET /v1/groups"),
        needs("group:create", "POST /v1/groups").with(group),
        needs("group:read", "GET /v1/groups/{id}"),
        needs("group:update", "PUT /v1/groups/{id}").with(group),
        needs("group:update", "PATCH /v1/groups/{id}").with(group),
        needs("group:delete", "DELETE /v1/groups/{id}"),
        needs("group:delete", "POST /v1/groups/{id}/restore"),
        needs("user:read", "GET /v1/groups/{id}/members"),
        needs("group:update", "PUT /v1/groups/{id}/members/{user_id}"),
        needs("group:update", "DELETE /v1/groups/{id}/members/{user_id}"),
        // tenancy: people in bulk
        needs("user:import", "POST /v1/users/import"),
        needs("user:import", "GET /v1/imports"),
        needs("user:import", "GET /v1/imports/{id}"),
        needs("user:import", "GET /v1/imports/{id}/errors"),
        needs("user:import", "POST /v1/imports/{id}/cancel"),
        // identity: other people's accounts
        needs("user:read", "GET /v1/users"),
        needs("user:create", "POST /v1/users").with(|| json!({"username": "somebody", "password": PASSWORD})),
        needs("user:read", "GET /v1/users/{id}"),
        needs("user:update", "PUT /v1/users/{id}").with(|| json!({"is_active": true, "role": "member"})),
        needs("user:update", "PATCH /v1/users/{id}").with(profile),
        needs("user:delete", "DELETE /v1/users/{id}"),
        needs("user:delete", "POST /v1/users/{id}/restore"),
        needs("user:update", "POST /v1/users/{id}/password-reset"),
        // audit
        needs("audit:read", "GET /v1/admin/audit-logs"),
        needs("audit:read", "GET /v1/admin/audit-logs/{id}"),
        // rbac
        needs("permission:read", "GET /v1/permissions"),
        needs("role:read", "GET /v1/roles"),
        needs("role:create", "POST /v1/roles").with(role),
        needs("role:read", "GET /v1/roles/{id}"),
        needs("role:update", "PUT /v1/roles/{id}").with(|| json!({"title": "Librarian", "rank": 15})),
        needs("role:update", "PATCH /v1/roles/{id}").with(|| json!({"title": "Librarian"})),
        needs("role:delete", "DELETE /v1/roles/{id}"),
        needs("role:delete", "POST /v1/roles/{id}/restore"),
        needs("permission:assign", "PUT /v1/roles/{id}/permissions").with(|| json!({"permissions": ["user:read"]})),
        needs("permission:assign", "POST /v1/roles/{id}/permissions/{permission}"),
        needs("permission:assign", "DELETE /v1/roles/{id}/permissions/{permission}"),
        // billing
        public("POST /v1/billing/webhooks/stripe").with(|| json!({})),
        needs("billing:read", "GET /v1/billing/plans"),
        needs("billing:catalogue", "POST /v1/billing/plans").with(plan),
        needs("billing:read", "GET /v1/billing/plans/{id}"),
        needs("billing:catalogue", "PUT /v1/billing/plans/{id}").with(plan),
        needs("billing:catalogue", "PATCH /v1/billing/plans/{id}").with(|| json!({"trial_days": 3})),
        needs("billing:catalogue", "DELETE /v1/billing/plans/{id}"),
        needs("billing:catalogue", "POST /v1/billing/plans/{id}/restore"),
        needs("billing:read", "GET /v1/billing/prices"),
        needs("billing:catalogue", "POST /v1/billing/prices")
            .with(|| json!({"plan_id": NEVER, "currency": "EUR", "unit_amount": 5, "interval": "month"})),
        needs("billing:read", "GET /v1/billing/prices/{id}"),
        needs("billing:catalogue", "PUT /v1/billing/prices/{id}").with(|| json!({"is_active": true})),
        needs("billing:catalogue", "PATCH /v1/billing/prices/{id}").with(|| json!({"is_active": true})),
        needs("billing:catalogue", "DELETE /v1/billing/prices/{id}"),
        needs("billing:catalogue", "POST /v1/billing/prices/{id}/restore"),
        needs("billing:read", "GET /v1/billing/subscription"),
        needs("billing:manage", "POST /v1/billing/subscription").with(|| json!({"price_id": NEVER, "seats": 5})),
        needs("billing:manage", "PUT /v1/billing/subscription").with(|| json!({"price_id": NEVER, "seats": 5})),
        needs("billing:manage", "PATCH /v1/billing/subscription").with(|| json!({"seats": 5})),
        needs("billing:manage", "DELETE /v1/billing/subscription"),
        needs("billing:read", "GET /v1/billing/usage"),
        needs("billing:read", "GET /v1/billing/customer"),
        needs("billing:manage", "PUT /v1/billing/customer").with(|| json!({"name": "A school"})),
        needs("billing:manage", "PATCH /v1/billing/customer").with(|| json!({"name": "A school"})),
        needs("billing:read", "GET /v1/billing/invoices"),
        needs("billing:settle", "POST /v1/billing/invoices").with(invoice),
        needs("billing:read", "GET /v1/billing/invoices/{id}"),
        needs("billing:read", "GET /v1/billing/invoices/{id}.pdf"),
        needs("billing:settle", "PUT /v1/billing/invoices/{id}").with(invoice),
        needs("billing:settle", "PATCH /v1/billing/invoices/{id}").with(|| json!({"terms_days": 3})),
        needs("billing:settle", "DELETE /v1/billing/invoices/{id}"),
        needs("billing:settle", "POST /v1/billing/invoices/{id}/restore"),
        needs("billing:settle", "POST /v1/billing/invoices/{id}/finalise"),
        needs("billing:settle", "POST /v1/billing/invoices/{id}/mark-paid").with(|| json!({})),
        needs("billing:settle", "POST /v1/billing/invoices/{id}/void"),
        needs("billing:settle", "POST /v1/billing/invoices/{id}/mark-uncollectible"),
        needs("billing:manage", "POST /v1/billing/invoices/{id}/pay").with(|| json!({})),
        needs("billing:read", "GET /v1/billing/invoices/{id}/payments"),
        needs("billing:read", "GET /v1/billing/payment-methods"),
        needs("billing:manage", "POST /v1/billing/payment-methods"),
        needs("billing:read", "GET /v1/billing/payment-methods/{id}"),
        needs("billing:manage", "PUT /v1/billing/payment-methods/{id}").with(|| json!({"is_default": true})),
        needs("billing:manage", "PATCH /v1/billing/payment-methods/{id}").with(|| json!({"is_default": true})),
        needs("billing:manage", "DELETE /v1/billing/payment-methods/{id}"),
        needs("billing:report", "GET /v1/billing/reports/revenue"),
        needs("billing:report", "GET /v1/billing/reports/revenue/series"),
        // files: the signed URLs of the folder know a signature of their own
        needs("file:create", "POST /v1/files/upload"),
        own("GET /v1/files"),
        own("GET /v1/files/{id}"),
        own("GET /v1/files/{id}/metadata"),
        needs("file:create", "DELETE /v1/files/{id}"),
        needs("file:create", "POST /v1/files/{id}/restore"),
        needs("file:create", "POST /v1/files/presign")
            .with(|| json!({"filename": "a.txt", "content_type": "text/plain", "size": 5})),
        needs("file:create", "POST /v1/files/{id}/parts").with(|| json!({"numbers": [1]})),
        needs("file:create", "POST /v1/files/{id}/complete"),
        own("GET /v1/storage/sign"),
        public("GET /v1/storage/objects/{owner}/{object}"),
        public("PUT /v1/storage/objects/{owner}/{object}"),
        own("PUT /v1/me/avatar"),
        own("DELETE /v1/me/avatar"),
        own("GET /v1/users/{id}/avatar"),
        // courses: whoever has an account finds what is public
        own("GET /v1/courses"),
        needs("course:create", "POST /v1/courses").with(|| json!({"title": "A course"})),
        own("GET /v1/courses/{id}"),
        needs("course:update", "PUT /v1/courses/{id}").with(|| json!({"title": "A course"})),
        needs("course:update", "PATCH /v1/courses/{id}").with(|| json!({"title": "A course"})),
        needs("course:delete", "DELETE /v1/courses/{id}"),
        needs("course:delete", "POST /v1/courses/{id}/restore"),
        needs("course:publish", "POST /v1/courses/{id}/publish"),
        needs("course:publish", "POST /v1/courses/{id}/archive"),
        needs("course:create", "POST /v1/courses/{id}/duplicate").with(|| json!({})),
        own("GET /v1/courses/{id}/outline"),
        own("GET /v1/courses/{id}/materials"),
        own("GET /v1/courses/{id}/search").asking("q=light"),
        own("GET /v1/courses/{id}/sections"),
        needs("course:update", "POST /v1/courses/{id}/sections").with(|| json!({"title": "A section"})),
        needs("course:update", "PUT /v1/courses/{id}/sections/order").with(|| json!({"ids": []})),
        own("GET /v1/sections/{id}"),
        needs("course:update", "PUT /v1/sections/{id}").with(|| json!({"title": "A section"})),
        needs("course:update", "PATCH /v1/sections/{id}").with(|| json!({"title": "A section"})),
        needs("course:update", "DELETE /v1/sections/{id}"),
        needs("course:update", "POST /v1/sections/{id}/restore"),
        own("GET /v1/sections/{id}/blocks"),
        needs("course:update", "POST /v1/sections/{id}/blocks").with(block),
        needs("course:update", "PUT /v1/sections/{id}/blocks/order").with(|| json!({"ids": []})),
        own("GET /v1/blocks/{id}"),
        needs("course:update", "PUT /v1/blocks/{id}").with(block),
        needs("course:update", "PATCH /v1/blocks/{id}").with(|| json!({"title": "A block"})),
        needs("course:update", "DELETE /v1/blocks/{id}"),
        needs("course:update", "POST /v1/blocks/{id}/restore"),
        own("GET /v1/courses/{id}/ratings"),
        needs("course:rate", "POST /v1/courses/{id}/ratings").with(|| json!({"stars": 5})),
        own("GET /v1/courses/{id}/rating-stats"),
        own("GET /v1/courses/{id}/my-rating"),
        own("GET /v1/ratings/{id}"),
        needs("course:rate", "PUT /v1/ratings/{id}").with(|| json!({"stars": 5})),
        needs("course:rate", "PATCH /v1/ratings/{id}").with(|| json!({"stars": 5})),
        needs("course:rate", "DELETE /v1/ratings/{id}"),
        needs("course:rate", "POST /v1/ratings/{id}/restore"),
        // enrolments
        needs("enrollment:read", "GET /v1/enrollments"),
        needs("enrollment:create", "POST /v1/enrollments").with(enrollment),
        needs("enrollment:read", "GET /v1/enrollments/{id}"),
        needs("enrollment:update", "PUT /v1/enrollments/{id}")
            .with(|| json!({"role": "student", "status": "withdrawn"})),
        needs("enrollment:update", "PATCH /v1/enrollments/{id}").with(|| json!({"status": "withdrawn"})),
        needs("enrollment:delete", "DELETE /v1/enrollments/{id}"),
        needs("enrollment:delete", "POST /v1/enrollments/{id}/restore"),
        needs("enrollment:self", "POST /v1/courses/{id}/enroll"),
        needs("enrollment:self", "DELETE /v1/courses/{id}/enroll"),
        needs("enrollment:read", "GET /v1/courses/{id}/enrollment-settings"),
        needs("enrollment:update", "PUT /v1/courses/{id}/enrollment-settings").with(|| json!({"self_enroll": true})),
        needs("enrollment:update", "PATCH /v1/courses/{id}/enrollment-settings").with(|| json!({"capacity": 30})),
        needs("enrollment:read", "GET /v1/courses/{id}/places"),
        // completions and progress
        needs("completion:create", "POST /v1/blocks/{id}/view"),
        needs("completion:read", "GET /v1/blocks/{id}/completion"),
        needs("completion:create", "PUT /v1/blocks/{id}/completion").with(|| json!({})),
        needs("completion:create", "DELETE /v1/blocks/{id}/completion"),
        needs("completion:grade", "GET /v1/blocks/{id}/completions"),
        needs("completion:read", "GET /v1/completions/{id}"),
        needs("completion:grade", "PUT /v1/completions/{id}").with(|| json!({"grade": 85})),
        needs("completion:grade", "PATCH /v1/completions/{id}").with(|| json!({"grade": 85})),
        needs("completion:create", "POST /v1/completions/{id}/restore"),
        needs("progress:read", "GET /v1/courses/{id}/progress"),
        needs("progress:read", "GET /v1/courses/{id}/progress-stats"),
        needs("progress:read", "GET /v1/users/{id}/progress"),
        needs("progress:read", "GET /v1/users/{id}/progress-stats"),
        needs("progress:read", "GET /v1/groups/{id}/progress-stats"),
        needs("progress:read", "GET /v1/schools/{id}/progress-stats"),
        needs("enrollment:create", "POST /v1/enrollments/bulk").with(|| json!({"course_id": NEVER})),
        needs("enrollment:create", "POST /v1/enrollments/import"),
        needs("enrollment:create", "GET /v1/enrollment-imports"),
        needs("enrollment:create", "GET /v1/enrollment-imports/{id}"),
        needs("enrollment:create", "GET /v1/enrollment-imports/{id}/errors"),
        needs("enrollment:create", "POST /v1/enrollment-imports/{id}/cancel"),
        // assessments: question banks
        needs("question:read", "GET /v1/question-banks"),
        needs("question:create", "POST /v1/question-banks").with(|| json!({"name": "A bank"})),
        needs("question:read", "GET /v1/question-banks/{id}"),
        needs("question:update", "PUT /v1/question-banks/{id}").with(|| json!({"name": "A bank"})),
        needs("question:update", "PATCH /v1/question-banks/{id}").with(|| json!({"name": "A bank"})),
        needs("question:delete", "DELETE /v1/question-banks/{id}"),
        needs("question:delete", "POST /v1/question-banks/{id}/restore"),
        needs("question:read", "GET /v1/question-banks/{id}/questions"),
        needs("question:create", "POST /v1/question-banks/{id}/questions").with(question),
        needs("question:create", "POST /v1/question-banks/{id}/import").asking("format=gift"),
        needs("question:read", "GET /v1/question-banks/{id}/export").asking("format=gift"),
        needs("question:read", "GET /v1/questions/{id}"),
        needs("question:update", "PUT /v1/questions/{id}").with(question),
        needs("question:update", "PATCH /v1/questions/{id}").with(|| json!({"difficulty": 2})),
        needs("question:delete", "DELETE /v1/questions/{id}"),
        needs("question:delete", "POST /v1/questions/{id}/restore"),
        needs("question:read", "GET /v1/questions/{id}/revisions"),
        // assessments: tests and attempts
        needs("test:read", "GET /v1/tests"),
        needs("test:create", "POST /v1/tests").with(|| json!({"title": "A test"})),
        needs("test:read", "GET /v1/tests/{id}"),
        needs("test:update", "PUT /v1/tests/{id}").with(|| json!({"title": "A test"})),
        needs("test:update", "PATCH /v1/tests/{id}").with(|| json!({"title": "A test"})),
        needs("test:delete", "DELETE /v1/tests/{id}"),
        needs("test:delete", "POST /v1/tests/{id}/restore"),
        needs("test:publish", "POST /v1/tests/{id}/publish"),
        needs("test:invigilate", "GET /v1/tests/{id}/overrides"),
        needs("test:invigilate", "PUT /v1/tests/{id}/overrides/{user_id}").with(|| json!({"added_minutes": 5})),
        needs("test:invigilate", "DELETE /v1/tests/{id}/overrides/{user_id}"),
        needs("test:invigilate", "PUT /v1/tests/{id}/group-overrides/{group_id}").with(|| json!({"added_minutes": 5})),
        needs("test:invigilate", "DELETE /v1/tests/{id}/group-overrides/{group_id}"),
        needs("test:take", "POST /v1/tests/{id}/submit").with(|| json!({"answers": {}})),
        needs("test:take", "POST /v1/tests/{id}/attempts").with(|| json!({})),
        needs("test:read", "GET /v1/tests/{id}/attempts"),
        needs("test:read", "GET /v1/attempts/{id}"),
        needs("test:take", "PUT /v1/attempts/{id}/answers").with(answers),
        needs("test:take", "PUT /v1/attempts/{id}/answers/{question_id}").with(|| json!({"seq": 1, "answer": true})),
        needs("test:take", "POST /v1/attempts/{id}/submit"),
        needs("test:invigilate", "POST /v1/attempts/{id}/force-submit"),
        needs("test:take", "POST /v1/attempts/{id}/events").with(|| json!({"kind": "focus_lost"})),
        needs("test:invigilate", "GET /v1/attempts/{id}/events"),
        needs("test:read", "GET /v1/attempts/{id}/review"),
        needs("test:invigilate", "GET /v1/tests/{id}/invigilation"),
        needs("test:invigilate", "POST /v1/attempts/{id}/add-time").with(|| json!({"seconds": 60})),
        needs("test:read", "GET /v1/ws/tests/{id}"),
        needs("test:read", "GET /v1/me/attempts"),
        needs("test:read", "GET /v1/me/statistics"),
        needs("test:read", "GET /v1/me/tests"),
        needs("test:read", "GET /v1/users/{id}/statistics"),
        needs("test:grade", "GET /v1/courses/{id}/statistics"),
        needs("test:grade", "GET /v1/groups/{id}/statistics"),
        needs("test:grade", "GET /v1/tests/{id}/statistics"),
        needs("test:grade", "POST /v1/tests/{id}/regrade").with(|| json!({"dry_run": true})),
        needs("test:grade", "GET /v1/tests/{id}/regrades"),
        needs("test:grade", "GET /v1/regrades/{id}"),
        needs("test:grade", "GET /v1/regrades/{id}/changes"),
        needs("test:grade", "POST /v1/regrades/{id}/revert"),
        needs("test:grade", "POST /v1/regrades/{id}/cancel"),
        needs("test:grade", "GET /v1/tests/{id}/grading-queue"),
        needs("test:grade", "PATCH /v1/attempts/{id}/answers/{question_id}/grade").with(|| json!({"points": 1})),
        // operations: /health and /metrics know an ops token of their own
        public("GET /health"),
        public("GET /health/live"),
        public("GET /health/ready"),
        public("GET /metrics"),
    ]
}

/// The body without what differs from request to request.
pub fn essence(reply: &Reply) -> Value {
    let mut body = reply.json.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
        members.remove("instance");
    }
    body
}

#[tokio::test]
async fn every_route_has_a_row_and_the_gate_that_the_row_says() {
    let app = App::start().await;
    let rows = rows();
    let declared: BTreeSet<_> = rows.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(declared.len(), rows.len(), "a route is declared twice");
    let table = app.system.web.table();
    let there: BTreeSet<_> = table.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let missing: Vec<_> = there.difference(&declared).collect();
    let gone: Vec<_> = declared.difference(&there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "routes without a row: {missing:?}; rows without a route: {gone:?}");
    for route in table {
        let name = format!("{} {}", route.method, route.path);
        let row = rows.iter().find(|row| row.route == name).expect("a row");
        let gate = match route.gate {
            GateKind::Public => Gate::Public,
            GateKind::Authenticated => Gate::Authenticated,
            GateKind::Permission(permission) => Gate::Permission(permission.name),
        };
        assert_eq!(gate, row.gate, "{name}");
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_good_access_token() {
    let app = App::start().await;
    let email = "anna@lyceum.example";
    let member = app.member(email).await;
    let pair = app.anonymous().post("/v1/auth/login", json!({"email": email, "password": PASSWORD})).await;
    let refresh_token = pair.expect(200)["refresh_token"].as_str().expect("a token").to_owned();
    let good = member.token.clone().expect("a token");
    let (head, signature) = good.rsplit_once('.').expect("a signature");
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let unsigned = format!("{head}.");
    for row in rows().iter().filter(|row| row.gate != Gate::Public) {
        let nobody = row.call(&app.anonymous(), NEVER).await;
        assert_eq!(nobody.problem(401), "unauthenticated", "{}", row.route);
        assert!(nobody.header("www-authenticate").is_some_and(|c| c.starts_with("Bearer ")), "{}", row.route);
        for bad in ["garbage", &refresh_token, &forged, &unsigned] {
            let refused = row.call(&app.anonymous().with_token(bad), NEVER).await;
            assert_eq!(refused.problem(401), "invalid-token", "{} with {bad}", row.route);
            assert!(refused.header("www-authenticate").is_some_and(|c| c.contains("invalid_token")), "{}", row.route);
        }
    }
    member.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn whoever_lacks_the_permission_is_refused_before_anything_is_looked_up() {
    let app = App::start().await;
    let (member, other) = (app.member("anna@lyceum.example").await, app.member("bert@lyceum.example").await);
    let other = other.user_id.expect("an id");
    member.get("/v1/me").await.expect(200);
    let mut written = BTreeSet::new();
    for row in rows() {
        let Gate::Permission(_) = row.gate else { continue };
        let mut answers = Vec::new();
        for id in [NEVER, &other, "no-id"] {
            let mut refused = None;
            let mut queries = app.queries_of(async { refused = Some(row.call(&member, id).await) }).await;
            let usual = if row.route.starts_with("GET ") { Some(0) } else { written.first().copied() };
            // When sessions were last used is written down every few seconds: a second look tells it apart.
            if usual != Some(queries) {
                let again = app.queries_of(async { refused = Some(row.call(&member, id).await) }).await;
                queries = queries.min(again);
            }
            let refused = refused.expect("an answer");
            assert_eq!(refused.problem(403), "permission-missing", "{} {id}", row.route);
            // Whoever tries to change something is written down, which costs the same whatever it was.
            if row.route.starts_with("GET ") {
                assert_eq!(queries, 0, "{} {id} was looked up", row.route);
            } else {
                written.insert(queries);
                assert!(written.len() == 1 && queries <= 3, "{} {id} was looked up: {written:?}", row.route);
            }
            answers.push(essence(&refused));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{}: {answers:?}", row.route);
        // Not even the body is read.
        let (method, path) = row.split();
        let broken = member
            .request(
                method,
                &path
                    .split('/')
                    .map(|part| if part.starts_with('{') { NEVER } else { part })
                    .collect::<Vec<_>>()
                    .join("/"),
            )
            .header("content-type", "application/json");
        assert_eq!(broken.bytes(b"{".to_vec()).send().await.problem(403), "permission-missing", "{}", row.route);
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_theirs_look_the_same() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let anna = app.member("anna@lyceum.example").await;
    let sessions = anna.get("/v1/auth/sessions").await;
    let of_anna = sessions.expect(200)[0]["id"].as_str().expect("an id").to_owned();
    for row in rows() {
        let (_, path) = row.split();
        // A URL without its signature is refused whatever it names, and so is a plain request for a socket.
        if !path.contains('{') || path.starts_with("/v1/storage/objects/") || path.starts_with("/v1/ws/") {
            continue;
        }
        let unknown = row.call(&admin, NEVER).await;
        let code = unknown.problem(404).to_owned();
        let malformed = row.call(&admin, "no-id").await;
        assert_eq!(malformed.problem(404), code, "{}", row.route);
        if row.gate == Gate::Authenticated {
            let foreign = row.call(&admin, &of_anna).await;
            foreign.problem(404);
            assert_eq!(essence(&foreign), essence(&unknown), "{}", row.route);
        }
    }
    anna.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn what_is_deleted_is_not_there() {
    let app = App::start().await;
    let admin = app.super_admin().await;
    let made = admin.post("/v1/users", json!({"username": "pupil", "password": PASSWORD})).await;
    let id = made.expect(201)["id"].as_str().expect("an id").to_owned();
    admin.delete(&format!("/v1/users/{id}")).await.expect(204);
    for row in rows().iter().filter(|row| row.route.contains("/v1/users/{id}") && !row.route.ends_with("/restore")) {
        let (deleted, unknown) = (row.call(&admin, &id).await, row.call(&admin, NEVER).await);
        deleted.problem(404);
        assert_eq!(essence(&deleted), essence(&unknown), "{}", row.route);
    }
}
