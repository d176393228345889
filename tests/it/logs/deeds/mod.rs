//! The audit walk: what each writing route leaves in the audit log when all goes well, and that it does.
//!
//! Every `POST`, `PUT`, `PATCH` and `DELETE` of the route table stands in one of the lists below, one file a context (tenancy has
//! two, `schools` and `joining`), and is done once by the test beside its list. **A new writing route**: add a line to its context's
//! `DEEDS`, and do it in that file's test with `a.does(&client, "POST /v1/things", &[], body)`. A new context gets a file of its own
//! (`roles` is a short one to begin from) and a line in [`LISTS`].

mod assessments;
mod courses;
mod enrollments;
mod files;
mod identity;
mod joining;
mod money;
mod refusals;
mod roles;
mod schools;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use uuid::Uuid;

use crate::files::form_type;
use crate::support::client::{Client, Reply};
use crate::support::{App, database};

/// The lists of all contexts.
const LISTS: &[&[Deed]] = &[
    identity::DEEDS,
    schools::DEEDS,
    joining::DEEDS,
    roles::DEEDS,
    money::DEEDS,
    files::DEEDS,
    courses::DEEDS,
    enrollments::DEEDS,
    assessments::DEEDS,
];

/// What a writing route leaves in the audit log.
#[derive(Debug, Clone, Copy)]
struct Deed {
    route: &'static str,
    /// One row each, in this order; none where the deed is no event of security, or is written by the job that does the work, so
    /// that the time of the answer tells nothing.
    actions: &'static [&'static str],
    values: Values,
    /// Whether nobody whom the deployment knows does it.
    strangers: bool,
}

impl Deed {
    const fn by_strangers(self) -> Self {
        Self { strangers: true, ..self }
    }
}

/// What the rows say of the thing, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// How it is.
    After,
    /// How it was.
    Before,
    /// Both.
    Both,
    /// That it was done says all.
    Any,
}

/// Something is made.
const fn made(route: &'static str, actions: &'static [&'static str]) -> Deed {
    Deed { route, actions, values: Values::After, strangers: false }
}

/// Something is changed.
const fn changed(route: &'static str, actions: &'static [&'static str]) -> Deed {
    Deed { route, actions, values: Values::Both, strangers: false }
}

/// Something is deleted.
const fn gone(route: &'static str, actions: &'static [&'static str]) -> Deed {
    Deed { route, actions, values: Values::Before, strangers: false }
}

/// Something is done that has no values.
const fn done(route: &'static str, actions: &'static [&'static str]) -> Deed {
    Deed { route, actions, values: Values::Any, strangers: false }
}

/// One row of the audit log.
#[derive(Debug, Clone)]
pub(super) struct Row {
    action: String,
    outcome: String,
    actor: Option<Uuid>,
    school: Option<Uuid>,
    target_type: String,
    target: Option<Uuid>,
    ip: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
}

/// The rows of one request, or all, oldest first.
#[expect(clippy::disallowed_methods, reason = "a look at what is really there")]
pub(super) async fn audit_rows(database: &DatabaseConnection, request_id: Option<&str>) -> Vec<Row> {
    let sql = "SELECT action, outcome, actor_id, school_id, target_type, target_id, ip, before, after FROM audit_log \
               WHERE $1 = '' OR request_id = $1 ORDER BY id";
    let values = [request_id.unwrap_or_default().into()];
    let statement = Statement::from_sql_and_values(database.get_database_backend(), sql, values);
    let rows = database.query_all_raw(statement).await.expect("the audit log");
    let row = |row: &sea_orm::QueryResult| Row {
        action: row.try_get("", "action").expect("an action"),
        outcome: row.try_get("", "outcome").expect("an outcome"),
        actor: row.try_get("", "actor_id").expect("an actor"),
        school: row.try_get("", "school_id").expect("a school"),
        target_type: row.try_get("", "target_type").expect("a kind of target"),
        target: row.try_get("", "target_id").expect("a target"),
        ip: row.try_get("", "ip").expect("an address"),
        before: row.try_get("", "before").expect("what was"),
        after: row.try_get("", "after").expect("what is"),
    };
    rows.iter().map(row).collect()
}

/// Does things and compares the audit log with the lists.
struct Auditor {
    app: App,
    database: DatabaseConnection,
    /// The school whose affairs these are; none for the deployment's.
    school: Option<String>,
    done: BTreeSet<&'static str>,
}

impl Auditor {
    async fn start() -> Self {
        Self::of(App::start().await).await
    }

    async fn of(app: App) -> Self {
        let database = database::connect(&app.database_url).await;
        Self { app, database, school: None, done: BTreeSet::new() }
    }

    /// Does one thing by the lists: each action is written exactly once, by whoever did it, from where they did it, in the school
    /// where they did it, with what it was done to. `ids` fill the parameters of the path in their order.
    async fn does(&mut self, client: &Client, route: &'static str, ids: &[&str], body: Value) -> Reply {
        let reply = self.call(client, route, ids, body).await;
        let rows = self.rows_by(client, route, &reply).await;
        let school = self.school.as_deref().map(|id| id.parse::<Uuid>().expect("an id"));
        assert!(rows.iter().all(|row| row.school == school), "{route}: {rows:?}");
        reply
    }

    /// A school is founded: what is done in it stands in its own log, under an id that nobody knows before.
    async fn founds(&mut self, client: &Client, route: &'static str, body: Value) {
        let reply = self.call(client, route, &[], body).await;
        let rows = self.rows_by(client, route, &reply).await;
        let school = rows[0].target;
        let own = rows.iter().filter(|row| row.action.starts_with("tenancy."));
        assert!(own.clone().count() > 0 && own.into_iter().all(|row| row.school == school), "{route}: {rows:?}");
    }

    /// The rows that a request left, by the lists, each saying who did what to what, from where.
    async fn rows_by(&mut self, client: &Client, route: &'static str, reply: &Reply) -> Vec<Row> {
        let deed = LISTS.iter().copied().flatten().find(|deed| deed.route == route).expect("a line in a list of deeds");
        assert!(reply.status.is_success(), "{route}: {} {}", reply.status, reply.json);
        let rows = self.rows(reply).await;
        let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, deed.actions, "{route}");
        for row in &rows {
            assert_eq!(row.outcome, "success", "{route}");
            assert!(row.ip.as_deref().is_some_and(|ip| ip.starts_with("127.")), "{route}: {row:?}");
            let who = client.user_id.as_deref().map(|id| id.parse().expect("an id"));
            let told = if who.is_some() { row.actor == who } else { row.actor.is_some() != deed.strangers };
            assert!(told, "{route}: {row:?} by {who:?}");
            assert!(!row.target_type.is_empty() && row.target.is_some(), "{route}: {row:?}");
            let told = (row.before.is_some(), row.after.is_some());
            let whole = match deed.values {
                Values::After => told == (false, true),
                Values::Before => told.0,
                Values::Both => told == (true, true),
                Values::Any => true,
            };
            assert!(whole, "{route} says too little, or too much: {row:?}");
        }
        self.done.insert(route);
        rows
    }

    /// Something that is refused: written as denied, once.
    async fn refused(&self, client: &Client, route: &str, ids: &[&str], body: Value, status: u16, action: &str) -> Row {
        let reply = self.call(client, route, ids, body).await;
        assert_eq!(reply.status.as_u16(), status, "{route}: {}", reply.json);
        let rows = self.rows(&reply).await;
        let found: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.outcome.as_str())).collect();
        assert_eq!(found, [(action, "denied")], "{route}");
        rows[0].clone()
    }

    async fn call(&self, client: &Client, route: &str, ids: &[&str], body: Value) -> Reply {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let mut ids = ids.iter();
        let fill = |part: &str| {
            let Some(rest) = part.strip_prefix('{') else { return part.to_owned() };
            let (_, end) = rest.split_once('}').expect("a parameter");
            format!("{}{end}", ids.next().expect("an id for each parameter"))
        };
        let path: Vec<_> = path.split('/').map(fill).collect();
        let path = path.join("/");
        // A file of questions says what it is.
        let path = if route.ends_with("/question-banks/{id}/import") { format!("{path}?format=gift") } else { path };
        if route.ends_with("/auth/token") {
            let fields: BTreeMap<String, String> = serde_json::from_value(body).expect("a form");
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            return client.post_form(&path, &fields).await;
        }
        let request = client.request(method.parse().expect("a method"), &path);
        if let Some(file) = body.as_str().filter(|_| files::TAKES_A_FORM.contains(&route)) {
            return request.header("content-type", &form_type()).bytes(files::form_of(file)).send().await;
        }
        if let Some(table) = body.as_str() {
            return request.header("content-type", "text/csv").bytes(table.as_bytes().to_vec()).send().await;
        }
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    async fn rows(&self, reply: &Reply) -> Vec<Row> {
        audit_rows(&self.database, Some(reply.header("x-request-id").expect("an id"))).await
    }

    async fn token_to(&self, email: &str) -> String {
        self.app.drain_outbox().await;
        let mails = self.app.mails().into_iter().rev();
        let with_link = mails.filter(|mail| mail.to == email && mail.text.contains("token=")).map(|mail| mail.token());
        with_link.into_iter().next().expect("a letter with a link")
    }

    /// Everything in the list was done.
    fn has_done_all(&self, list: &[Deed]) {
        let left: Vec<_> = list.iter().map(|deed| deed.route).filter(|route| !self.done.contains(route)).collect();
        assert!(left.is_empty(), "in the list of deeds, but not done by the test beside it: {left:#?}");
    }
}

#[tokio::test]
async fn row_44_every_writing_route_stands_in_the_lists_of_deeds() {
    let app = App::start().await;
    let writing = |method: &str| matches!(method, "POST" | "PUT" | "PATCH" | "DELETE");
    let table = app.system.web.table().iter().filter(|route| writing(route.method.as_str()));
    let there: BTreeMap<_, _> =
        table.map(|route| (format!("{} {}", route.method, route.path), route.context)).collect();
    let listed: Vec<_> = LISTS.iter().copied().flatten().map(|deed| deed.route).collect();
    let known: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(known.len(), listed.len(), "a route stands in the lists of deeds twice");
    let missing: Vec<_> = there.iter().filter(|(route, _)| !known.contains(route.as_str())).collect();
    assert!(
        missing.is_empty(),
        "these routes write, and no list of deeds says what they leave in the audit log: {missing:#?}\n\
         Add a line for each to the DEEDS of its context below tests/it/logs/deeds/ and do it in the test there; mod.rs says how."
    );
    let over: Vec<_> = known.iter().filter(|route| !there.contains_key(**route)).collect();
    assert!(over.is_empty(), "in the lists of deeds, but no routes (any more): {over:#?}");
}
