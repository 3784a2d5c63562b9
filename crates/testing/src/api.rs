//! A client of a running server's JSON API and pages: one call a line in tests, with answers that
//! are read whole.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use reqwest::{
    Client, Method, RequestBuilder,
    header::{COOKIE, HeaderMap, SET_COOKIE},
};
use serde_json::{Value, json};

/// The password of accounts that [`Api::register`] makes.
pub const PASSWORD: &str = "correct horse battery";

/// Speaks to one server.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: String,
}

/// One request on its way.
#[derive(Debug)]
#[must_use]
pub struct Call(RequestBuilder);

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// What a log-in gave: empty texts for what was not asked for.
#[derive(Debug, Clone)]
pub struct Login {
    /// The session's id.
    pub session: String,
    /// The account's id.
    pub account: String,
    /// `name=value` of the session cookie.
    pub cookie: String,
    /// `name=value` of the device cookie.
    pub device: String,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The grant's id.
    pub grant: String,
}

impl Api {
    /// A client of the server at `base`, an origin.
    #[must_use]
    pub const fn new(http: Client, base: String) -> Self {
        Self { http, base }
    }

    /// A request.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call(self.http.request(method, format!("{}{path}", self.base)))
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Registers an account with [`PASSWORD`]; its id.
    pub async fn register(&self, identifier: &str) -> String {
        let body = json!({"identifier": identifier, "password": PASSWORD});
        let answer = self.post("/api/v1/register").json(&body).send().await;
        answer.expect(201).text("/id")
    }

    /// Tries to log in for a cookie.
    pub async fn try_log_in(&self, identifier: &str, password: &str) -> Answer {
        let body = json!({"identifier": identifier, "password": password});
        self.post("/api/v1/login").json(&body).send().await
    }

    /// Logs in with [`PASSWORD`] for both credentials, the tokens for the issuer's own API.
    pub async fn log_in(&self, identifier: &str) -> Login {
        self.log_in_with(identifier, &json!({"credentials": ["cookie", "tokens"]}))
            .await
    }

    /// Logs in with [`PASSWORD`] and further members of the body.
    pub async fn log_in_with(&self, identifier: &str, more: &Value) -> Login {
        let mut body = json!({"identifier": identifier, "password": PASSWORD});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = self.post("/api/v1/login").json(&body).send().await;
        answer.expect(200).login()
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        let body = json!({"refresh_token": token});
        self.post("/api/v1/refresh").json(&body).send().await
    }

    /// `GET /api/v1/me` with a cookie.
    pub async fn me(&self, cookie: &str) -> Answer {
        self.get("/api/v1/me").cookie(cookie).send().await
    }

    /// `GET /api/v1/me` with an access token.
    pub async fn me_by_token(&self, token: &str) -> Answer {
        self.get("/api/v1/me").bearer(token).send().await
    }
}

impl Call {
    /// Adds a header.
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self(self.0.header(name, value.as_ref()))
    }

    /// Adds a `Cookie` header; an empty text adds none.
    pub fn cookie(self, pair: &str) -> Self {
        if pair.is_empty() {
            return self;
        }
        Self(self.0.header(COOKIE, pair))
    }

    /// Adds an access token.
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    /// Adds a JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// Adds a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let call = self.header("content-type", "application/x-www-form-urlencoded");
        Self(call.0.body(body.finish()))
    }

    /// Adds any body.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Sends it and reads the answer.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// Sends it and reads the answer, unless the connection does not last that long.
    ///
    /// # Errors
    /// Nobody listened, or not all of the answer came: what the request did is not known.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let answer = self.0.send().await?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await?,
        })
    }
}

impl Answer {
    /// Fails the test unless the status is this one.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails the test unless this is the problem document that the status and code ask for: RFC 9457
    /// members, the request's id, not to be stored.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.code().as_str()),
            (status, code),
            "{self:?}"
        );
        self.check_problem();
    }

    /// Fails the test unless the body is a problem document with every member.
    #[track_caller]
    pub fn check_problem(&self) {
        let document = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        assert_eq!(document["status"], self.status, "{self:?}");
        assert_eq!(document["type"], "about:blank");
        for member in ["title", "code", "detail", "request_id"] {
            let text = document[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{member}: {self:?}");
        }
        assert_eq!(document["request_id"], self.header("x-request-id"));
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A text within the JSON body, by JSON pointer.
    #[must_use]
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let document = self.json();
        match document.pointer(pointer).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!("no text at {pointer}: {self:?}"),
        }
    }

    /// The problem's code; empty if there is none.
    #[must_use]
    pub fn code(&self) -> String {
        let document: Value = serde_json::from_str(&self.body).unwrap_or_default();
        document["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// Every `Set-Cookie`.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect()
    }

    /// `name=value` of a cookie that is set; empty if it is not.
    #[must_use]
    pub fn cookie(&self, name: &str) -> String {
        let pairs = self.set_cookies();
        pairs
            .iter()
            .filter_map(|line| line.split(';').next())
            .find(|pair| pair.split('=').next() == Some(name))
            .unwrap_or_default()
            .to_owned()
    }

    /// The answer to a log-in.
    #[must_use]
    #[track_caller]
    pub fn login(&self) -> Login {
        let document = self.json();
        let text = |pointer: &str| {
            let found = document.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        Login {
            session: text("/session/id"),
            account: text("/account/id"),
            cookie: self.cookie("symbolon"),
            device: self.cookie("symbolon-device"),
            access: text("/tokens/access_token"),
            refresh: text("/tokens/refresh_token"),
            grant: text("/tokens/grant"),
        }
    }
}
