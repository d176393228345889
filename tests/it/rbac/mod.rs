//! Roles and permissions, and who may change them.

mod built_in;
mod life;
mod privileges;

use chrono::{DateTime, Utc};
use lyceum_kernel::id::uuid_v7;
use lyceum_platform::clock::OsEntropy;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait, Value as Column};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Client};

/// A school, and who looks after it: a super admin who acts there.
pub struct School {
    pub id: Uuid,
    pub root: Client,
}

impl School {
    pub async fn open(app: &App, root: &Client, slug: &str) -> Self {
        let (id, now) = (id(app), now(app));
        insert(
            app,
            "schools",
            &[
                ("id", id.into()),
                ("slug", slug.into()),
                ("name", slug.into()),
                ("name_key", slug.into()),
                ("time_zone", "UTC".into()),
                ("locale", "en".into()),
                ("branding", json!({}).into()),
                ("status", "active".into()),
                ("directory_public", false.into()),
                ("self_signup", false.into()),
                ("seats_used", 0_i64.into()),
                ("version", 1_i64.into()),
                ("created_at", now.into()),
                ("updated_at", now.into()),
            ],
        )
        .await;
        Self { id, root: enter(root, id).await }
    }

    /// A person with these roles in the school, acting there.
    async fn person(&self, app: &App, email: &str, roles: &[&str]) -> Client {
        let person = app.member(email).await;
        self.enrol(app, &person, roles).await;
        enter(&person, self.id).await
    }

    /// Makes somebody a member with these roles.
    pub async fn enrol(&self, app: &App, person: &Client, roles: &[&str]) {
        let (user, now) = (account_of(person), now(app));
        insert(
            app,
            "memberships",
            &[
                ("school_id", self.id.into()),
                ("user_id", user.into()),
                ("id", id(app).into()),
                ("status", "active".into()),
                ("vouched", true.into()),
                ("offer_generation", 0_i32.into()),
                ("name_key", user.to_string().into()),
                ("role", roles.first().copied().unwrap_or("student").into()),
                ("rank", 10_i16.into()),
                ("joined_at", now.into()),
                ("version", 1_i64.into()),
                ("created_at", now.into()),
                ("updated_at", now.into()),
            ],
        )
        .await;
        for role in roles {
            let row = [("school_id", self.id.into()), ("user_id", user.into()), ("role", (*role).into())];
            insert(app, "membership_roles", &row).await;
        }
    }
}

fn account_of(person: &Client) -> Uuid {
    person.user_id.as_deref().expect("an account").parse().expect("an id")
}

fn id(app: &App) -> Uuid {
    uuid_v7(now(app), &OsEntropy)
}

fn now(app: &App) -> DateTime<Utc> {
    app.system.platform.clock.now()
}

async fn insert(app: &App, table: &'static str, row: &[(&'static str, Column)]) {
    let columns = row.iter().map(|(column, _)| *column);
    let values = row.iter().map(|(_, value)| value.clone().into());
    let insert = Query::insert().into_table(table).columns(columns).values(values).expect("a row").to_owned();
    app.system.platform.db.migration_connection().execute(&insert).await.expect("a row more");
}

/// Sets a school's status behind everybody's back.
pub async fn set_status(app: &App, school: Uuid, status: &str) {
    let mut update = Query::update();
    update.table("schools").value("status", status).and_where(Expr::col("id").eq(school));
    app.system.platform.db.migration_connection().execute(&update).await.expect("a changed row");
}

/// The same person, acting in a school.
pub async fn enter(person: &Client, school: Uuid) -> Client {
    let pair = person.post("/v1/auth/switch-school", json!({"school_id": school})).await;
    person.with_token(pair.expect(200)["access_token"].as_str().expect("a token"))
}

/// The role of a name, as somebody sees it.
async fn role_named(who: &Client, name: &str) -> Value {
    let roles = who.get("/v1/roles?limit=100").await;
    let found = roles.expect(200).as_array().expect("a list").iter().find(|role| role["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("a role {name}"))
}

async fn role_path(who: &Client, name: &str) -> String {
    format!("/v1/roles/{}", role_named(who, name).await["id"].as_str().expect("an id"))
}

fn names(role: &Value) -> Vec<&str> {
    role["permissions"].as_array().expect("permissions").iter().map(|name| name.as_str().expect("a name")).collect()
}

/// A role that is granted these, made by a super admin in a school.
pub async fn custom(school: &School, name: &str, rank: u8, permissions: &[&str]) -> Value {
    let body = json!({"name": name, "title": name, "rank": rank, "permissions": permissions});
    school.root.post("/v1/roles", body).await.expect(201).clone()
}
