//! Courses through the API: what teachers build and students open.

mod deletion;
mod files;
mod lessons;
mod life;
mod nodes;
mod order;
mod outline;
mod ratings;
pub mod register;
mod release;
mod search;
mod search_speed;
mod visibility;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::client::{Client, Reply};
use crate::tenancy::{enrol, found, id_of};

/// A school with somebody of each kind.
pub struct Campus {
    pub app: App,
    pub root: Client,
    pub school: String,
    pub admin: Client,
    pub teacher: Client,
    pub colleague: Client,
    pub student: Client,
}

impl Campus {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same with the configuration changed.
    pub async fn open_with(change: impl FnOnce(&mut lyceum_platform::config::Config)) -> Self {
        let app = App::start_with(change).await;
        let root = app.super_admin().await;
        let school = found(&app, &root, "northfield").await;
        let teacher = enrol(&app, &root, &school.id, "grace@northfield.example", "teacher").await;
        let colleague = enrol(&app, &root, &school.id, "leo@northfield.example", "teacher").await;
        let student = enrol(&app, &root, &school.id, "sofia@northfield.example", "student").await;
        Self { root, school: school.id, admin: school.admin, teacher, colleague, student, app }
    }

    /// A published course of the teacher's, for all members.
    pub async fn course(&self) -> String {
        let id = make(&self.teacher, "/v1/courses", json!({"title": "Light and life"})).await;
        self.teacher.post_empty(&format!("/v1/courses/{id}/publish")).await.expect(200);
        id
    }

    /// A section at the end of a course.
    pub async fn section(&self, course: &str, title: &str) -> String {
        make(&self.teacher, &format!("/v1/courses/{course}/sections"), json!({ "title": title })).await
    }

    /// A lesson at the end of a section.
    pub async fn lesson(&self, section: &str, title: &str) -> String {
        let body = json!({"title": title, "type": "lesson", "content": format!("About *{title}*.")});
        make(&self.teacher, &format!("/v1/sections/{section}/blocks"), body).await
    }
}

/// Makes something and gives its id.
pub async fn make(who: &Client, path: &str, body: Value) -> String {
    id_of(who.post(path, body).await.expect(201))
}

/// A request with `If-Match`.
pub async fn with_match(who: &Client, method: Method, path: &str, tag: &str, body: &Value) -> Reply {
    who.request(method, path).header("if-match", tag).json(body).send().await
}

/// The entity tag of something.
pub async fn tag_of(who: &Client, path: &str) -> String {
    let reply = who.get(path).await;
    reply.expect(200);
    reply.header("etag").expect("a tag").to_owned()
}

/// The texts of one member of the things in a list.
pub fn each(list: &Value, name: &str) -> Vec<String> {
    let things = list.as_array().expect("a list").iter();
    things.map(|thing| thing[name].as_str().expect("a text").to_owned()).collect()
}

/// Where the `Link` header of a page leads, without the server.
pub fn next(link: &str) -> String {
    let target = link.split(['<', '>']).nth(1).expect("a link");
    target[target.find("/v1/").expect("a path")..].to_owned()
}
