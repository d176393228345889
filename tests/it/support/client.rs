//! A client of the API that checks every answer against the contract.

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::contract::Contract;

/// Somebody who talks to the server: anonymous, or with a token.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) base: String,
    pub(super) contract: Arc<Contract>,
    /// The access token, if any.
    pub token: Option<String>,
    /// The account's id, if any.
    pub user_id: Option<String>,
}

/// A request in the making.
#[derive(Debug)]
#[must_use = "a request is sent with `send`"]
pub struct Request {
    client: Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The bytes as JSON, or null.
    pub json: Value,
}

impl Client {
    /// Nobody, at a server that a test has built by itself.
    pub fn of(base: String, contract: Arc<Contract>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.timeout(std::time::Duration::from_mins(1)).build().expect("a client");
        Self { http, base, contract, token: None, user_id: None }
    }

    /// The same client with another token.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// Nobody.
    pub fn anonymous(&self) -> Self {
        Self { token: None, user_id: None, ..self.clone() }
    }

    /// The same, whose answers are not held against the contract: for tests that ask tens of thousands of times.
    pub fn unchecked(&self) -> Self {
        Self { contract: Contract::shared(serde_json::json!({ "paths": {} })), ..self.clone() }
    }

    /// Any request.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request { client: self.clone(), method, path: path.to_owned(), headers: HeaderMap::new(), body: None }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).send().await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.request(Method::POST, path).json(&body).send().await
    }

    /// `POST path` without a body.
    pub async fn post_empty(&self, path: &str) -> Reply {
        self.request(Method::POST, path).send().await
    }

    /// `POST path` with a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let request = self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        request.bytes(body.into_bytes()).send().await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.request(Method::PUT, path).json(&body).send().await
    }

    /// `PATCH path` with a merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        let request = self.request(Method::PATCH, path).header("content-type", "application/merge-patch+json");
        request.bytes(body.to_string().into_bytes()).send().await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.request(Method::DELETE, path).send().await
    }
}

impl Request {
    /// Sets a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }

    /// Any body.
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    /// Sends it and checks the answer against the contract.
    pub async fn send(self) -> Reply {
        let url = format!("{}{}", self.client.base, self.path);
        let mut request = self.client.http.request(self.method.clone(), url).headers(self.headers);
        if let Some(token) = &self.client.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a whole answer").to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let reply = Reply { status, headers, bytes, json };
        if self.method != Method::HEAD && self.method != Method::OPTIONS {
            let content_type = reply.header("content-type");
            let method = self.method.as_str();
            self.client.contract.check(method, &self.path, status.as_u16(), content_type, &reply.json);
        }
        reply
    }
}

impl Reply {
    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body, after checking the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{} {:?}", String::from_utf8_lossy(&self.bytes), self.headers);
        &self.json
    }

    /// The stable code of a problem: the last segment of its `type`; checks the status and the media type on the way.
    #[track_caller]
    pub fn problem(&self, status: u16) -> &str {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"), "{body}");
        body["type"].as_str().and_then(|t| t.rsplit('/').next()).expect("a problem type")
    }

    /// The pointers of a validation problem.
    #[track_caller]
    pub fn pointers(&self) -> Vec<&str> {
        let body = self.expect(422);
        let errors = body["errors"].as_array().expect("errors");
        errors.iter().map(|e| e["pointer"].as_str().expect("a pointer")).collect()
    }
}
