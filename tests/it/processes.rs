//! Two processes of the program on one database: what somebody may do changes on the one with the next request and on the other
//! within two seconds, with Redis, without it, and when it is killed in between. Needs PostgreSQL, and for the latter Redis.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::contract::Contract;
use crate::support::program::{Place, Server};
use crate::support::{PASSWORD, database, eventually, variable};

/// How soon a change holds everywhere.
const EVERYWHERE: Duration = Duration::from_secs(2);

/// A Redis of the test's own, which can be killed.
struct Redis {
    folder: tempfile::TempDir,
    url: String,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/redis");
        let started = Command::new(script).arg("start").arg(folder.path()).output().expect("the script runs");
        let url = String::from_utf8(started.stdout).expect("UTF-8").trim().to_owned();
        assert!(url.starts_with("redis://"), "{}", String::from_utf8_lossy(&started.stderr));
        Self { folder, url }
    }

    fn kill(&self) {
        let Ok(pid) = std::fs::read_to_string(self.folder.path().join("redis.pid")) else { return };
        let killed = Command::new("kill").args(["-KILL", pid.trim()]).output().expect("kill runs");
        drop(killed);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A school with a teacher who acts in it, seen from both processes.
struct Staffroom {
    root: Client,
    school: String,
    teacher: String,
    here: Client,
    there: Client,
    _servers: [Server; 2],
    _places: [Place; 2],
}

impl Staffroom {
    async fn open(database_url: &str, redis: Option<&Redis>) -> Self {
        let place = || {
            let place = Place::new()
                .set("DATABASE_URL", database_url)
                .set("LYCEUM__SECURITY__SECRET_KEY", "the same secret key on both of the processes");
            match redis {
                Some(redis) => place.set("REDIS_URL", &redis.url),
                None => place,
            }
        };
        let places = [place(), place()];
        let email = "root@lyceum.example";
        let create = ["admin", "create", "--email", email, "--password-stdin"];
        places[0].run_with_input(&create, &format!("{PASSWORD}\n"));
        let servers = [places[0].serve(), places[1].serve()];
        let document = serde_json::from_str(places[0].run(&["openapi"]).succeeded()).expect("the document");
        let contract = Contract::shared(document);
        let [here, there] = [&servers[0], &servers[1]]
            .map(|server| Client::of(format!("http://{}", server.address), Arc::clone(&contract)));
        let root = login(&here, json!({"email": email, "password": PASSWORD})).await;
        let slug = uuid::Uuid::now_v7().simple().to_string();
        let made = root.post("/v1/schools", json!({"name": "Northfield", "slug": format!("s{slug}")})).await;
        let school = made.expect(201)["id"].as_str().expect("an id").to_owned();
        let name = format!("tom{}", &slug[20..]);
        let made = root.post("/v1/users", json!({"username": name, "password": PASSWORD, "role": "member"})).await;
        let teacher = made.expect(201)["id"].as_str().expect("an id").to_owned();
        let tom = login(&here, json!({"username": name, "password": PASSWORD})).await;
        let change = json!({"current_password": PASSWORD, "new_password": "another quiet harbour"});
        tom.post("/v1/auth/password/change", change).await.expect(204);
        let member = format!("/v1/schools/{school}/members/{teacher}");
        root.put(&member, json!({"roles": ["teacher"], "status": "active"})).await.expect(200);
        let here = enter(&tom, &school).await;
        let root = enter(&root, &school).await;
        let there = there.with_token(here.token.clone().expect("a token"));
        Self { root, school, teacher, here, there, _servers: servers, _places: places }
    }

    /// Changes something on the one process, sees it there with the next request, and waits for the other.
    async fn change(&self, what: &str, method: Method, path: &str, body: Option<Value>, allowed: bool) -> Duration {
        let status = if allowed { 200 } else { 403 };
        assert_ne!(self.there.get("/v1/users").await.status, status, "{what}: it remembers what was before");
        let request = self.root.request(method, path);
        let reply = match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        };
        assert!(reply.status.is_success(), "{what}: {}", reply.json);
        self.here.get("/v1/users").await.expect(status);
        eventually(EVERYWHERE, "the other process knows", async || self.there.get("/v1/users").await.status == status)
            .await
    }

    /// Roles are taken and given, a role loses a permission and gets it back, a member is put out and let in.
    async fn everything_changes(&self, with: &str) {
        let member = format!("/v1/schools/{}/members/{}", self.school, self.teacher);
        let roles = self.root.get("/v1/roles?limit=100").await;
        let roles = roles.expect(200).as_array().expect("a list").clone();
        let teacher = roles.iter().find(|role| role["name"] == "teacher").expect("a role")["id"].clone();
        let granted = format!("/v1/roles/{}/permissions/user:read", teacher.as_str().expect("an id"));
        let mut slowest = Duration::ZERO;
        for _ in 0..3 {
            for (what, method, path, body, allowed) in [
                ("demoted", Method::PATCH, &member, Some(json!({"roles": ["student"]})), false),
                ("promoted", Method::PATCH, &member, Some(json!({"roles": ["teacher"]})), true),
                ("the role loses it", Method::DELETE, &granted, None, false),
                ("the role gets it", Method::POST, &granted, None, true),
                ("put out", Method::PATCH, &member, Some(json!({"status": "inactive"})), false),
                ("let in", Method::PATCH, &member, Some(json!({"status": "active"})), true),
            ] {
                slowest = slowest.max(self.change(what, method, path, body, allowed).await);
            }
        }
        eprintln!("{with}: a change of what somebody may do was known to the other process after {slowest:?} at most");
    }
}

async fn login(client: &Client, body: Value) -> Client {
    let pair = client.post("/v1/auth/login", body).await;
    client.with_token(pair.expect(200)["access_token"].as_str().expect("a token"))
}

async fn enter(who: &Client, school: &str) -> Client {
    let pair = who.post("/v1/auth/switch-school", json!({"school_id": school})).await;
    who.with_token(pair.expect(200)["access_token"].as_str().expect("a token"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_a_change_of_roles_holds_on_every_process_within_two_seconds() {
    if database::postgres_server().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let url = database::fresh(folder.path()).await;
    Staffroom::open(&url, None).await.everything_changes("without Redis").await;
    if variable("LYCEUM_TEST_REDIS_URL").is_some() {
        let redis = Redis::start();
        let staffroom = Staffroom::open(&url, Some(&redis)).await;
        staffroom.everything_changes("with Redis").await;
        redis.kill();
        staffroom.everything_changes("with Redis killed").await;
    }
    database::drop(&url).await;
}
