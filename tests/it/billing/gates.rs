//! Who comes in below `/v1/billing`.

use lyceum_kernel::{PermissionSet, PlatformRole};
use lyceum_web::GateKind;
use lyceum_web::route::RouteInfo;

use super::house::House;
use crate::support::client::{Client, Reply};

const NEVER: &str = "019aa5d2-6f00-7c3e-8000-000000000000";

async fn call(house: &House, client: &Client, route: &RouteInfo) -> Reply {
    let path = route.path.replace("{id}", NEVER);
    let mut request = client.request(route.method.clone().as_str().parse().expect("a method"), &path);
    if house.takes_body(route) {
        request = request.json(&serde_json::json!({}));
    }
    request.send().await
}

#[tokio::test]
async fn pupils_and_teachers_get_403_on_every_path_whatever_was_granted() {
    let house = House::start().await;
    let school = house.school("Northfield School");
    let mut walked = 0;
    for roles in [&["student"][..], &["teacher"], &["instructor"], &["student", "teacher", "instructor"], &[]] {
        let client = house.caller(Some(school), PlatformRole::Member, roles, PermissionSet::all());
        for route in house.table.iter().filter(|route| route.gate != GateKind::Public) {
            assert!(route.path.starts_with("/v1/billing/"));
            assert_eq!(
                call(&house, &client, route).await.problem(403),
                "billing-not-for-role",
                "{} {roles:?}",
                route.path
            );
            walked += 1;
        }
    }
    assert!(walked > 150, "{walked}");
}

#[tokio::test]
async fn pupils_and_teachers_get_403_also_where_there_is_nothing() {
    let house = House::start().await;
    let school = house.school("Northfield School");
    let bursar = house.bursar(school);
    let paths = [
        "/v1/billing/",
        "/v1/billing/nothing",
        "/v1/billing/nothing/at/all",
        "/v1/billing/plans/x/y",
        "/v1/billing/invoices/",
        "/v1/billing/invoices/x/y/z",
        "/v1/billing/webhooks/other",
        "/v1/billing/nothing?x=1",
    ];
    for roles in [&["student"][..], &["teacher"], &["instructor"]] {
        let client = house.caller(Some(school), PlatformRole::Member, roles, PermissionSet::all());
        for path in paths {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let refused = client.request(method.parse().expect("a method"), path).send().await;
                assert_eq!(refused.problem(403), "billing-not-for-role", "{method} {path} {roles:?}");
            }
        }
    }
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let method: reqwest::Method = method.parse().expect("a method");
            bursar.request(method.clone(), path).send().await.problem(404);
            house.nobody().request(method, path).send().await.problem(401);
        }
        assert_eq!(bursar.request(reqwest::Method::TRACE, path).send().await.status, 405, "{path}");
    }
    // What is there and does not know the method says so, and which it knows.
    let wrong = bursar.delete("/v1/billing/usage").await;
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    let documented = house.table.iter().filter(|route| route.path.contains('*')).count();
    assert_eq!(documented, 0);
}

#[tokio::test]
async fn what_is_for_super_admins_is_closed_to_schools_whatever_was_granted() {
    let house = House::start().await;
    let school = house.school("Northfield School");
    let client = house.caller(Some(school), PlatformRole::Member, &["school_admin"], PermissionSet::all());
    for route in &house.table {
        let GateKind::Permission(permission) = route.gate else { continue };
        let refused = ["billing:catalogue", "billing:settle", "billing:report"].contains(&permission.name);
        let reply = call(&house, &client, route).await;
        assert_eq!(reply.status == 403, refused, "{} {}: {}", route.method, route.path, reply.json);
    }
    let bare = house.caller(Some(school), PlatformRole::Member, &["school_admin"], PermissionSet::default());
    for route in house.table.iter().filter(|route| route.gate != GateKind::Public) {
        assert_eq!(call(&house, &bare, route).await.problem(403), "permission-missing");
        call(&house, &house.nobody(), route).await.problem(401);
    }
}

#[tokio::test]
async fn only_the_webhook_is_public_and_every_route_stays_usable_while_lapsed() {
    let house = House::start().await;
    let public: Vec<_> = house.table.iter().filter(|route| route.gate == GateKind::Public).map(|r| r.path).collect();
    assert_eq!(public, ["/v1/billing/webhooks/stripe"]);
    let lapsed = house.school("Lapsed School");
    let root = house.root(Some(lapsed));
    let price = super::price(&root, 0, 100).await;
    let bursar = house.bursar(lapsed);
    let body = serde_json::json!({"price_id": price, "seats": 5});
    bursar.post("/v1/billing/subscription", body.clone()).await.expect(201);
    bursar.delete("/v1/billing/subscription").await.expect(204);
    house.drain().await;
    assert!(house.town.terms(lapsed).expect("told").lapsed);
    // A fresh principal says that the school cannot be written to.
    let bursar = house.bursar(lapsed);
    bursar.post("/v1/billing/subscription", body).await.expect(201);
    house.drain().await;
    assert!(!house.town.terms(lapsed).expect("told").lapsed);
}

#[tokio::test]
async fn row_21_another_schools_invoice_is_what_never_was() {
    let house = House::start().await;
    let (_, _, bursar) = super::subscribed(&house).await;
    let invoice = super::text(&super::invoices(&bursar).await[0]["id"]);
    let other = house.bursar(house.school("Southfield School"));
    for path in ["", ".pdf", "/payments"] {
        let theirs = other.get(&format!("/v1/billing/invoices/{invoice}{path}")).await;
        let never = other.get(&format!("/v1/billing/invoices/{NEVER}{path}")).await;
        assert_eq!((theirs.problem(404), &theirs.json["detail"]), (never.problem(404), &never.json["detail"]));
        bursar.get(&format!("/v1/billing/invoices/{invoice}{path}")).await.expect(200);
    }
    assert!(super::invoices(&other).await.is_empty());
    let homeless = house.root(None);
    assert_eq!(homeless.get("/v1/billing/invoices").await.problem(409), "no-active-school");
}
