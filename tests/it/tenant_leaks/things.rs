//! A school with one of everything that the API has ids for.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::courses::make;
use crate::courses::register::{Register, user};
use crate::support::stripe::StripeServer;
use crate::support::{App, Client, PASSWORD};
use crate::tenancy::{School, found, id_of};

/// The deployment: what belongs to no school, and everybody's provider of payments.
pub struct Town {
    pub app: App,
    pub root: Client,
    plan: String,
    price: String,
    register: Arc<Register>,
    _stripe: StripeServer,
}

/// A school with what is in it: ids by the resource's place in paths, names by what they name.
pub struct Things {
    pub school: School,
    /// Whoever runs the deployment, acting in the school.
    pub root: Client,
    pub ids: BTreeMap<&'static str, String>,
}

impl Town {
    pub async fn start() -> Self {
        let stripe = StripeServer::start().await;
        let base = stripe.base.clone();
        let app = App::start_with(|config| {
            config.billing.provider = lyceum_platform::config::BillingProvider::Stripe;
            config.billing.stripe_secret_key = Some("sk_test_lyceum".into());
            config.billing.stripe_webhook_secret = Some("whsec_of_the_town".into());
            config.billing.stripe_base_url = base;
        })
        .await;
        let root = app.super_admin().await;
        let plan = root.post("/v1/billing/plans", json!({"code": "standard", "name": "Standard"})).await;
        let plan = id_of(plan.expect(201));
        let price = json!({"plan_id": plan, "currency": "EUR", "unit_amount": 250, "interval": "month"});
        let price = id_of(root.post("/v1/billing/prices", price).await.expect(201));
        let register = Register::of(&app);
        Self { app, root, plan, price, register, _stripe: stripe }
    }

    /// A school of this slug, which stands in the name of everything in it.
    pub async fn school(&self, slug: &'static str) -> Things {
        let school = found(&self.app, &self.root, slug).await;
        let (admin, root) = (school.admin.clone(), school.root_inside().await);
        let mut ids: BTreeMap<&'static str, String> =
            [("plans", self.plan.clone()), ("prices", self.price.clone())].into();
        let made = async |who: &Client, path: &str, body: Value| id_of(who.post(path, body).await.expect(201));
        let role = format!("{slug}_role");
        let body = json!({"name": role, "title": role, "rank": 15, "permissions": ["user:read"]});
        ids.insert("roles", made(&admin, "/v1/roles", body).await);
        let group =
            made(&admin, "/v1/groups", json!({"name": format!("{slug} Blue"), "external_id": format!("{slug}-1")}));
        let group = group.await;
        let pupil = json!({
            "username": format!("{slug}.pupil"), "full_name": format!("{slug} Pupil"), "password": PASSWORD,
            "external_id": format!("{slug}-2"), "role": role, "group_ids": [group]
        });
        let pupil = made(&admin, "/v1/users", pupil).await;
        let invite = json!({"role_to_grant": role, "group_id": group});
        ids.insert("invites", made(&admin, "/v1/admin/invites", invite).await);
        let path = format!("/v1/schools/{}", school.id);
        admin.patch(&path, json!({"requestable_roles": ["student"]})).await.expect(200);
        let ask = json!({"school": slug, "email": format!("{slug}.asker@lyceum.example")});
        self.app.anonymous().post("/v1/signup-requests", ask).await.expect(202);
        ids.insert("signup-requests", id_of(&admin.get("/v1/signup-requests").await.expect(200)[0]));
        // Schools that may be asked say so to everybody.
        admin.patch(&path, json!({"requestable_roles": []})).await.expect(200);
        let file = admin.request(Method::POST, "/v1/users/import?dry_run=true").header("content-type", "text/csv");
        let file = file.bytes(format!("email,full_name\n{slug} is no address,{slug}").into_bytes());
        ids.insert("imports", id_of(file.send().await.expect(202)));
        self.app.drain_outbox().await;
        let name = format!("{slug}.txt");
        let file = crate::files::upload(&admin, &name, Some("text/plain"), format!("Of {slug}.").as_bytes()).await;
        let key = file.expect(201)["key"].as_str().expect("a key").to_owned();
        let object = key.split_once('/').expect("an object in a school").1.to_owned();
        ids.extend([("files", id_of(&file.json)), ("objects", object), ("keys", key)]);
        self.teach(&admin, slug, &mut ids).await;
        ids.extend([("overrides", pupil.clone()), ("group-overrides", group.clone())]);
        self.bill(&admin, &root, slug, &mut ids).await;
        ids.insert("sessions", id_of(&admin.get("/v1/auth/sessions").await.expect(200)[0]));
        ids.insert("audit-logs", id_of(&admin.get("/v1/admin/audit-logs").await.expect(200)[0]));
        ids.extend([("schools", school.id.clone()), ("groups", group), ("users", pupil.clone()), ("members", pupil)]);
        ids.extend([("slug", slug.to_owned()), ("role names", role)]);
        Things { school, root, ids }
    }

    /// A course that somebody has completed and rated.
    async fn teach(&self, teacher: &Client, slug: &str, ids: &mut BTreeMap<&'static str, String>) {
        let course = make(teacher, "/v1/courses", json!({"title": format!("{slug} light")})).await;
        teacher.post_empty(&format!("/v1/courses/{course}/publish")).await.expect(200);
        let title = json!({"title": format!("{slug} beginnings")});
        let section = make(teacher, &format!("/v1/courses/{course}/sections"), title).await;
        let lesson = json!({"title": format!("{slug} lens"), "type": "lesson", "content": format!("Light at {slug}.")});
        ids.insert("blocks", make(teacher, &format!("/v1/sections/{section}/blocks"), lesson).await);
        let completed = (user(teacher), course.parse().expect("an id"));
        self.register.courses.lock().expect("kept").insert(completed);
        let rating = json!({"stars": 4, "comment": format!("Bright, for {slug}.")});
        ids.insert("ratings", make(teacher, &format!("/v1/courses/{course}/ratings"), rating).await);
        let enrolment = json!({"course_id": course, "user_id": user(teacher)});
        ids.insert("enrollments", make(teacher, "/v1/enrollments", enrolment).await);
        let done = teacher.put(&format!("/v1/blocks/{}/completion", ids["blocks"]), json!({"feedback": slug})).await;
        ids.insert("completions", id_of(done.expect(200)));
        let many = json!({"course_id": course, "user_ids": [user(teacher)], "dry_run": true});
        ids.insert("enrollment-imports", id_of(teacher.post("/v1/enrollments/bulk", many).await.expect(202)));
        ids.extend([("courses", course), ("sections", section)]);
        Self::examine(teacher, slug, ids).await;
    }

    /// A bank with a question, and a test with an attempt that runs.
    async fn examine(teacher: &Client, slug: &str, ids: &mut BTreeMap<&'static str, String>) {
        let bank = make(teacher, "/v1/question-banks", json!({"name": format!("{slug} bank")})).await;
        let question = json!({"type": "true_false", "text": format!("Is {slug} here?"), "correct": true});
        ids.insert("questions", make(teacher, &format!("/v1/question-banks/{bank}/questions"), question).await);
        let question = json!({"type": "true_false", "text": format!("Is {slug} there?"), "correct": true});
        let test = json!({"title": format!("{slug} test"), "course_id": ids["courses"], "questions": [question]});
        let test = teacher.post("/v1/tests", test).await;
        ids.insert("answers", test.expect(201)["questions"][0]["question_id"].as_str().expect("an id").to_owned());
        let test = id_of(&test.json);
        teacher.post_empty(&format!("/v1/tests/{test}/publish")).await.expect(200);
        ids.insert("attempts", make(teacher, &format!("/v1/tests/{test}/attempts"), json!({})).await);
        let regrade = json!({"dry_run": true, "note": format!("Of {slug}.")});
        let regrade = teacher.post(&format!("/v1/tests/{test}/regrade"), regrade).await;
        ids.insert("regrades", id_of(regrade.expect(202)));
        ids.extend([("question-banks", bank), ("tests", test)]);
    }

    async fn bill(&self, admin: &Client, root: &Client, slug: &str, ids: &mut BTreeMap<&'static str, String>) {
        let subscription = json!({"price_id": self.price, "seats": 50});
        admin.post("/v1/billing/subscription", subscription).await.expect(201);
        admin.put("/v1/billing/customer", json!({"name": format!("{slug} Trust")})).await.expect(200);
        let method = admin.post_empty("/v1/billing/payment-methods").await;
        assert!(method.status.is_success(), "{}", method.json);
        ids.insert("payment-methods", id_of(&method.json));
        let line = json!({"description": format!("For {slug}"), "unit_amount": 500, "tax_basis_points": 0});
        let draft = root.post("/v1/billing/invoices", json!({"currency": "EUR", "lines": [line]})).await;
        ids.insert("invoices", id_of(draft.expect(201)));
        self.app.drain_outbox().await;
    }

    /// Deletes what can be deleted in a school.
    pub async fn delete(&self, things: &Things) {
        let group = format!("/v1/groups/{}", things.ids["groups"]);
        let user = format!("/v1/users/{}", things.ids["users"]);
        for path in [group, user] {
            things.school.admin.delete(&path).await.expect(204);
        }
        let invoice = format!("/v1/billing/invoices/{}", things.ids["invoices"]);
        things.root.delete(&invoice).await.expect(204);
    }
}
