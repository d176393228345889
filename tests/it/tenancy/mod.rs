//! Schools, members, groups and how people come in, through the API.

mod directory;
pub mod import_bundles;
mod import_faults;
pub mod imports;
mod invites;
mod joining;
mod members;
mod races;
mod schools;
mod signup;

use serde_json::{Value, json};

use crate::support::{App, Client, PASSWORD};

/// A school with its first administrator, who acts in it.
pub struct School {
    /// The school's id.
    pub id: String,
    /// Its administrator.
    pub admin: Client,
    /// Whoever runs the deployment.
    pub root: Client,
}

impl School {
    /// Whoever runs the deployment, acting in the school.
    pub async fn root_inside(&self) -> Client {
        switch(&self.root, &self.id).await
    }
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

/// So many people who can log in and belong nowhere.
pub async fn people(app: &App, root: &Client, count: usize) -> Vec<Client> {
    let mut people = Vec::with_capacity(count);
    for n in 0..count {
        let name = format!("pupil{n}");
        root.post("/v1/users", json!({"username": name, "password": PASSWORD, "role": "member"})).await.expect(201);
        let login = app.anonymous().post("/v1/auth/login", json!({"username": name, "password": PASSWORD})).await;
        let pupil = app.anonymous().with_token(login.expect(200)["access_token"].as_str().expect("a token"));
        let change = json!({"current_password": PASSWORD, "new_password": format!("quiet harbour lantern {n}")});
        assert!(pupil.post("/v1/auth/password/change", change).await.status.is_success());
        people.push(pupil);
    }
    people
}

/// The id of a resource.
pub fn id_of(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}
