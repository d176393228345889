//! A server that speaks Stripe's shapes, and misbehaves when told to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

/// What the server does with the next call in place of what it should.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// 500, nothing done.
    Broken,
    /// Done, but the answer is lost: the connection is closed without one.
    LostAnswer,
    /// 402: the card is declined.
    Declined,
    /// Done, and the answer comes far too late.
    Slow,
    /// 200 with something that is not JSON.
    Garbage,
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    /// `POST /v1/…`
    pub route: String,
    /// The form's fields.
    pub fields: HashMap<String, String>,
    /// The idempotency key.
    pub key: Option<String>,
}

#[derive(Default)]
struct Books {
    calls: Vec<Call>,
    faults: VecDeque<Fault>,
    /// Answers by idempotency key, as Stripe keeps them.
    answers: HashMap<String, (String, Value)>,
    made: HashMap<&'static str, u32>,
}

/// A running server.
#[derive(Clone)]
pub struct StripeServer {
    /// The address.
    pub base: String,
    books: Arc<Mutex<Books>>,
}

impl StripeServer {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let shared = web::Data::from(Arc::clone(&books));
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server =
                    HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)));
                let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a free port");
                tell.send(server.addrs()[0].port()).expect("the test waits");
                server.run().await.expect("served");
            });
        });
        let port = tokio::task::spawn_blocking(move || told.recv()).await.expect("joined").expect("started");
        Self { base: format!("http://127.0.0.1:{port}"), books }
    }

    /// The next calls go wrong in this order.
    pub fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.books.lock().expect("unpoisoned").faults.extend(faults);
    }

    /// Calls made so far whose route ends so.
    pub fn calls(&self, route: &str) -> Vec<Call> {
        let books = self.books.lock().expect("unpoisoned");
        books.calls.iter().filter(|call| call.route.ends_with(route)).cloned().collect()
    }

    /// How many things of a kind were really made.
    pub fn made(&self, kind: &'static str) -> u32 {
        self.books.lock().expect("unpoisoned").made.get(kind).copied().unwrap_or_default()
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, books: web::Data<Mutex<Books>>) -> HttpResponse {
    let route = format!("{} {}", request.method(), request.path());
    let fields: HashMap<String, String> = serde_urlencoded::from_bytes(&body).expect("a form");
    let key = request.headers().get("idempotency-key").map(|key| key.to_str().expect("text").to_owned());
    let authorised = request.headers().get("authorization").is_some_and(|value| value == "Bearer sk_test_lyceum");
    if !authorised {
        return HttpResponse::Unauthorized().json(json!({"error": {"type": "invalid_request_error"}}));
    }
    let (fault, reply) = {
        let mut books = books.lock().expect("unpoisoned");
        books.calls.push(Call { route: route.clone(), fields: fields.clone(), key: key.clone() });
        let fault = books.faults.pop_front();
        if matches!(fault, Some(Fault::Broken)) {
            return HttpResponse::InternalServerError().json(json!({"error": {"type": "api_error"}}));
        }
        if matches!(fault, Some(Fault::Declined)) {
            return HttpResponse::PaymentRequired().json(json!({"error": {
                "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
                "payment_intent": {"id": "pi_declined"}
            }}));
        }
        let known = key.as_ref().and_then(|key| books.answers.get(key).cloned());
        let request = String::from_utf8_lossy(&body).into_owned();
        match known {
            Some((before, _)) if before != request => {
                return HttpResponse::BadRequest().json(json!({"error": {"type": "idempotency_error"}}));
            }
            Some((_, reply)) => (fault, reply),
            None => {
                let reply = make(&mut books, &route, &fields);
                if let Some(key) = key {
                    books.answers.insert(key, (request, reply.clone()));
                }
                (fault, reply)
            }
        }
    };
    match fault {
        Some(Fault::LostAnswer) => HttpResponse::Ok()
            .insert_header(("content-length", "999999"))
            .streaming(futures_util::stream::once(async { Err::<web::Bytes, _>(std::io::Error::other("gone")) })),
        Some(Fault::Slow) => {
            actix_web::rt::time::sleep(Duration::from_secs(5)).await;
            HttpResponse::Ok().json(reply)
        }
        Some(Fault::Garbage) => HttpResponse::Ok().body("<html>hello</html>"),
        _ => HttpResponse::Ok().json(reply),
    }
}

fn make(books: &mut Books, route: &str, fields: &HashMap<String, String>) -> Value {
    let mut next = |kind: &'static str, prefix: &str| {
        let count = books.made.entry(kind).or_default();
        *count += 1;
        format!("{prefix}_{count}")
    };
    match route {
        "POST /v1/customers" => json!({"id": next("customer", "cus"), "object": "customer"}),
        "POST /v1/payment_intents" => {
            let challenged = fields.get("payment_method").is_some_and(|method| method == "pm_challenge");
            let status = if challenged { "requires_action" } else { "succeeded" };
            let action = json!({"redirect_to_url": {"url": "https://hooks.stripe.com/3ds"}});
            json!({
                "id": next("payment_intent", "pi"), "object": "payment_intent", "status": status,
                "next_action": if challenged { action } else { Value::Null }
            })
        }
        "POST /v1/checkout/sessions" => {
            let id = next("session", "cs");
            json!({"id": id, "object": "checkout.session", "url": format!("https://checkout.stripe.com/c/pay/{id}")})
        }
        route if route.starts_with("GET /v1/payment_methods/") => json!({
            "id": "pm_1", "object": "payment_method", "type": "card",
            "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030}
        }),
        _ => json!({"id": "ok"}),
    }
}
