//! People in bulk: archives of `OneRoster`.

use std::io::Write as _;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::imports::{count, ended, imported, member, send};
use super::{School, found};
use crate::support::App;

/// The manifest of an archive of version 1.1.
pub const MANIFEST_11: &str = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,bulk\n";
const MANIFEST_12: &str = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\n";

const CLASSES: &str = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId\n\
    C-1,,,Mathematics,09,CO-1,M1,scheduled,,O-1\nC-2,,,Mathematics,10,CO-1,M2,scheduled,,O-1\nC-3,tobedeleted,,Old,,,,,,O-1\n";

const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary\n\
    E-1,,,C-1,O-1,U-1,student,\nE-2,,,C-2,O-1,U-1,student,\nE-3,,,C-1,O-1,U-2,teacher,true\n";

/// An archive of these files.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

async fn import(app: &App, school: &School, query: &str, bytes: Vec<u8>) -> Value {
    let accepted = send(&school.admin, query, "application/zip", bytes).await;
    ended(app, &school.admin, &accepted).await
}

async fn groups_of(school: &School, person: &Value) -> Vec<String> {
    let list =
        school.admin.get(&format!("/v1/groups?sort=name&user_id={}", person["id"].as_str().expect("an id"))).await;
    let list = list.expect(200).as_array().expect("a list").clone();
    list.iter().map(|group| group["name"].as_str().expect("a name").to_owned()).collect()
}

fn users_11(extra: &str) -> String {
    format!(
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,\
         identifier,email,sms,phone,agentSourcedIds,grades,password\n\
         U-1,,,true,O-1,student,zoe@lyceum.example,,Zoe,Zander,,,,,,,09,\n\
         U-2,,,true,O-1,teacher,tom.t,,Tom,Tailor,Q,,tom@lyceum.example,,,,,\n\
         U-3,,,true,O-1,parent,,,Paul,Parent,,,paul@lyceum.example,,,,,\n{extra}"
    )
}

#[tokio::test]
async fn one_roster_1_1() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let files = |users: &str, enrollments: &str| {
        archive(&[
            ("manifest.csv", MANIFEST_11),
            ("orgs.csv", "sourcedId,status,dateLastModified,name,type\nO-1,,,Northfield,school\n"),
            ("users.csv", users),
            ("classes.csv", CLASSES),
            ("enrollments.csv", enrollments),
        ])
    };
    let first = import(&app, &school, "", files(&users_11(""), ENROLLMENTS)).await;
    assert_eq!((&first["state"], &first["format"]), (&json!("done"), &json!("oneroster")), "{first}");
    assert_eq!(
        first["result"],
        json!({
            "created": 0, "offered": 2, "updated": 0, "unchanged": 0, "skipped": 2, "groups_created": 2, "group_changes": 3
        })
    );
    let zoe = member(&school.admin, "zoe").await;
    assert_eq!(
        (&zoe["full_name"], &zoe["level"], &zoe["email"]),
        (&json!("Zoe Zander"), &json!("09"), &json!("zoe@lyceum.example"))
    );
    assert_eq!(member(&school.admin, "tailor").await["role"], "teacher");
    assert_eq!(groups_of(&school, &zoe).await, ["Mathematics", "Mathematics (M2)"]);
    let again = import(&app, &school, "", files(&users_11(""), ENROLLMENTS)).await;
    assert_eq!(
        again["result"],
        json!({
            "created": 0, "offered": 0, "updated": 0, "unchanged": 2, "skipped": 2, "groups_created": 0, "group_changes": 0
        })
    );
    // What is over is over.
    let users = users_11("").replace("U-2,,,true", "U-2,tobedeleted,,true");
    let enrollments = ENROLLMENTS.replace("E-2,,", "E-2,tobedeleted,");
    let later = import(&app, &school, "", files(&users, &enrollments)).await;
    assert_eq!((&later["result"]["updated"], &later["result"]["group_changes"]), (&json!(1), &json!(1)), "{later}");
    assert_eq!(member(&school.admin, "tailor").await["is_active"], false);
    assert_eq!(groups_of(&school, &zoe).await, ["Mathematics"]);
}

#[tokio::test]
async fn one_roster_1_2_has_roles_in_a_file_of_their_own() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let users = "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,\
                 sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,primaryOrgSourcedId\n\
                 U-1,,,true,zoe.z,,Zoe,Zander,,,zoe@lyceum.example,,,,09,,,,O-1\n\
                 U-2,,,true,tom.t,,Tom,Tailor,,,tom@lyceum.example,,,,,,,,O-1\n\
                 U-3,,,true,pia.p,,Pia,Parent,,,pia@lyceum.example,,,,,,,,O-1\n";
    let roles = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n\
                 R-1,,,U-1,primary,student,,,O-1\nR-2,,,U-2,primary,teacher,,,O-1\nR-3,,,U-2,secondary,siteAdministrator,,,O-1\n\
                 R-4,,,U-3,primary,guardian,,,O-1\nR-5,,,U-2,secondary,parent,,,O-1\n";
    let bytes = archive(&[
        ("export/manifest.csv", MANIFEST_12),
        ("export/users.csv", users),
        ("export/roles.csv", roles),
        ("export/classes.csv", CLASSES),
        ("export/enrollments.csv", ENROLLMENTS),
    ]);
    let done = import(&app, &school, "", bytes).await;
    assert_eq!((&done["state"], &done["result"]["offered"]), (&json!("done"), &json!(2)), "{done}");
    assert_eq!(member(&school.admin, "tailor").await["roles"], json!(["school_admin", "teacher"]));
    assert_eq!(groups_of(&school, &member(&school.admin, "zoe").await).await.len(), 2);
    // The table of people alone is understood as well.
    let alone = imported(&app, &school.admin, "", users).await;
    assert_eq!((&alone["format"], &alone["result"]["unchanged"]), (&json!("oneroster_users"), &json!(2)), "{alone}");
}

#[tokio::test]
async fn faults_of_an_archive_name_the_file() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let enrollments = format!("{ENROLLMENTS}E-4,,,C-9,O-1,U-1,student,\nE-5,,,C-1,O-1,U-9,student,\n");
    let bytes = archive(&[
        ("manifest.csv", MANIFEST_11),
        ("users.csv", &users_11("U-4,,,maybe,O-1,student,,,No,Body,,,,,,,,\n")),
        ("classes.csv", CLASSES),
        ("enrollments.csv", &enrollments),
    ]);
    let failed = import(&app, &school, "", bytes).await;
    let places: Vec<_> = failed["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| {
            (
                e["file"].as_str().expect("a file"),
                e["line"].as_i64().expect("a line"),
                e["code"].as_str().expect("a code"),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("users.csv", 5, "boolean"),
            ("enrollments.csv", 5, "unknown-class"),
            ("enrollments.csv", 6, "unknown-person")
        ],
        "{failed}"
    );
    assert_eq!(count(&school.admin).await, 1);
}

/// The archive with four bytes changed, `behind` bytes after the entry's head in the central directory.
fn patched(mut bytes: Vec<u8>, entry: &str, behind: usize, with: [u8; 4]) -> Vec<u8> {
    let heads: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"PK\x01\x02").map(|(at, _)| at).collect();
    let head = heads.into_iter().find(|at| bytes[at + 46..].starts_with(entry.as_bytes())).expect("the entry");
    bytes[head + behind..head + behind + 4].copy_from_slice(&with);
    bytes
}

#[tokio::test]
async fn row_30_archives_that_lie_are_refused() {
    let app = App::start().await;
    let school = found(&app, &app.super_admin().await, "northfield").await;
    let good = || archive(&[("manifest.csv", MANIFEST_11), ("users.csv", &users_11(""))]);
    let mut truncated = good();
    truncated.truncate(truncated.len() / 2);
    let twice = archive(&[("manifest.csv", MANIFEST_11), ("users.csv", "a"), ("more/users.csv", "a")]);
    let crowd: Vec<_> = (0..101).map(|n| format!("{n}.csv")).collect();
    let crowd: Vec<_> = crowd.iter().map(|name| (name.as_str(), "")).collect();
    for (bytes, code) in [
        (patched(good(), "users.csv", 16, [1, 2, 3, 4]), "archive"),
        (patched(good(), "users.csv", 24, 0x4000_0000_u32.to_le_bytes()), "too-large"),
        (truncated, "archive"),
        (twice, "archive"),
        (archive(&crowd), "archive"),
        (archive(&[("manifest.csv", MANIFEST_11)]), "missing-file"),
        (archive(&[("../../manifest.csv", MANIFEST_11), ("/etc/passwd", "x")]), "missing-file"),
        (archive(&[("manifest.csv", &MANIFEST_11.replace("1.1", "2.0")), ("users.csv", &users_11(""))]), "version"),
    ] {
        let failed = import(&app, &school, "?on_error=skip", bytes).await;
        assert_eq!((&failed["state"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(code)), "{failed}");
        assert_eq!(count(&school.admin).await, 1, "{failed}");
    }
}
