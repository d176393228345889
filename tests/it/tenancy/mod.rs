//! Schools, members, groups and how people come in, through the API.

mod invites;
mod joining;
mod members;
mod schools;
mod signup;

use serde_json::{Value, json};

use crate::support::{App, Client};

/// A school with its first administrator, who acts in it.
pub struct School {
    /// The school's id.
    pub id: String,
    /// Its administrator.
    pub admin: Client,
    /// Whoever runs the deployment.
    pub root: Client,
}

/// Founds a school of this slug.
pub async fn found(app: &App, root: &Client, slug: &str) -> School {
    let made = root.post("/v1/schools", json!({"name": format!("{slug} school"), "slug": slug})).await;
    let id = id_of(made.expect(201));
    let admin = enrol(app, root, &id, &format!("admin@{slug}.example"), "school_admin").await;
    School { id, admin, root: root.clone() }
}

/// Somebody who registers, is made a member in this role and acts in the school.
pub async fn enrol(app: &App, root: &Client, school: &str, email: &str, role: &str) -> Client {
    let member = app.member(email).await;
    let user = member.user_id.clone().expect("an id");
    let path = format!("/v1/schools/{school}/members/{user}");
    root.put(&path, json!({"roles": [role], "status": "active"})).await.expect(200);
    switch(&member, school).await
}

/// The same person, acting in this school.
pub async fn switch(who: &Client, school: &str) -> Client {
    let pair = who.post("/v1/auth/switch-school", json!({"school_id": school})).await;
    who.with_token(pair.expect(200)["access_token"].as_str().expect("a token"))
}

/// The id of a resource.
pub fn id_of(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}
