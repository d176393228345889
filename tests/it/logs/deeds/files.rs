//! Files and pictures of people.

use serde_json::{Value, json};

use super::{Auditor, Deed, done, gone, made};
use crate::files::{form, png};
use crate::support::Client;
use crate::tenancy::{enrol, found, id_of};

pub(super) const DEEDS: &[Deed] = &[
    made("POST /v1/files/upload", &["files.file_uploaded"]),
    made("POST /v1/files/presign", &["files.upload_announced"]),
    // URLs for what was announced, and bytes that nobody has looked at yet: the completion says what came of them.
    done("POST /v1/files/{id}/parts", &[]),
    done("PUT /v1/storage/objects/{owner}/{object}", &[]),
    made("POST /v1/files/{id}/complete", &["files.file_uploaded"]),
    gone("DELETE /v1/files/{id}", &["files.file_deleted"]),
    made("POST /v1/files/{id}/restore", &["files.file_restored"]),
    made("PUT /v1/me/avatar", &["files.avatar_changed"]),
    gone("DELETE /v1/me/avatar", &["files.avatar_deleted"]),
];

/// The routes whose body is a form with a file.
pub(super) const TAKES_A_FORM: [&str; 2] = ["POST /v1/files/upload", "PUT /v1/me/avatar"];

/// A form with a small file: a picture, or these words.
pub(super) fn form_of(file: &str) -> Vec<u8> {
    if file == "picture" {
        form("file", "a.png", Some("image/png"), &png(4, 4))
    } else {
        form("file", "a.txt", None, file.as_bytes())
    }
}

async fn announce(a: &mut Auditor, who: &Client, size: usize) -> Value {
    let announced = json!({"filename": "a.csv", "content_type": "text/csv", "size": size});
    a.does(who, "POST /v1/files/presign", &[], announced).await.json
}

#[tokio::test]
async fn row_44_what_is_done_to_files_is_in_the_audit_log_once() {
    let mut a = Auditor::start().await;
    let root = a.app.super_admin().await;
    let school = found(&a.app, &root, "northfield").await;
    a.school = Some(school.id.clone());
    let tia = enrol(&a.app, &root, &school.id, "tia@lyceum.example", "teacher").await;
    let file = id_of(&a.does(&tia, "POST /v1/files/upload", &[], json!("words")).await.json);
    a.does(&tia, "DELETE /v1/files/{id}", &[&file], Value::Null).await;
    a.does(&tia, "POST /v1/files/{id}/restore", &[&file], Value::Null).await;

    let announced = announce(&mut a, &tia, "email".len()).await;
    let url = announced["upload"]["url"].as_str().expect("a URL").to_owned();
    if a.app.bucket.is_some() {
        // The store's own affair.
        let put = reqwest::Client::new().put(url).header("content-type", "text/csv").body("email").send().await;
        assert!(put.expect("an answer").status().is_success());
        a.done.insert("PUT /v1/storage/objects/{owner}/{object}");
    } else {
        let (_, object) = url.split_once("/objects/").expect("an object");
        let (owner, object) = object.split_once('/').expect("an owner");
        let nobody = a.app.anonymous();
        a.does(&nobody, "PUT /v1/storage/objects/{owner}/{object}", &[owner, object], json!("email")).await;
    }
    let id = id_of(&announced["file"]);
    a.does(&tia, "POST /v1/files/{id}/complete", &[&id], Value::Null).await;
    let large = id_of(&announce(&mut a, &tia, 100 << 20).await["file"]);
    a.does(&tia, "POST /v1/files/{id}/parts", &[&large], json!({"numbers": [1, 2]})).await;

    a.does(&tia, "PUT /v1/me/avatar", &[], json!("picture")).await;
    a.does(&tia, "DELETE /v1/me/avatar", &[], Value::Null).await;
    a.has_done_all(DEEDS);
}
