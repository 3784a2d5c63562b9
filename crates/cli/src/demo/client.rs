//! The demo's own client: what a browser and an app would send.

use aws_lc_rs::rand;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use super::processes::Processes;
use crate::failure::Failure;

/// The answer to a request, as far as the demo looks at it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) cookie: Option<String>,
    pub(super) body: Value,
}

impl Answer {
    /// The code of a refusal.
    pub(super) fn code(&self) -> &str {
        self.body
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or("no code")
    }

    /// A text of the body, by JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Result<String, String> {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("the answer has no {pointer}"))
    }

    /// The answer, if it has the status.
    pub(super) fn expect(self, status: StatusCode) -> Result<Self, String> {
        if self.status == status {
            Ok(self)
        } else {
            Err(format!(
                "{} {} instead of {status}",
                self.status,
                self.code()
            ))
        }
    }

    /// The refusal's code, if it is this one.
    pub(super) fn refused(&self, code: &str) -> Result<(), String> {
        if self.status.is_client_error() && self.code() == code {
            Ok(())
        } else {
            Err(format!("{} {} instead of {code}", self.status, self.code()))
        }
    }
}

/// Calls the server and the API.
pub(super) struct Client {
    http: reqwest::Client,
    issuer: String,
    orders: String,
    identifier: String,
    password: String,
}

impl Client {
    pub(super) fn new(processes: &Processes) -> Result<Self, Failure> {
        let mut random = [0_u8; 12];
        rand::fill(&mut random).map_err(|_| Failure::unreachable("no randomness"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::unreachable(format_args!("no HTTP client: {error}")))?;
        Ok(Self {
            http,
            issuer: processes.issuer(),
            orders: format!("http://{}", processes.orders_at),
            identifier: "ada".to_owned(),
            password: symbolon_jose::base64url::encode(&random),
        })
    }

    /// The account's name and password.
    pub(super) fn login(&self) -> (&str, &str) {
        (&self.identifier, &self.password)
    }

    /// Whether something answers there with success.
    pub(super) async fn is_ok(&self, url: &str) -> bool {
        self.http
            .get(url)
            .send()
            .await
            .is_ok_and(|answer| answer.status().is_success())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, String> {
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let cookie = answer
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| pair.starts_with("symbolon="))
            .map(str::to_owned);
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        // Pages are no JSON; the demo looks at their status alone.
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            cookie,
            body,
        })
    }

    async fn api(&self, path: &str, body: &Value) -> Result<Answer, String> {
        self.send(self.http.post(format!("{}{path}", self.issuer)).json(body))
            .await
    }

    pub(super) async fn register(&self) -> Result<Answer, String> {
        let body = json!({"identifier": self.identifier, "password": self.password});
        self.api("/api/v1/register", &body).await
    }

    /// Logs in for a cookie and tokens of `resource`, or for tokens alone.
    pub(super) async fn log_in(
        &self,
        credentials: &[&str],
        resource: Option<&str>,
    ) -> Result<Answer, String> {
        let body = json!({
            "identifier": self.identifier,
            "password": self.password,
            "credentials": credentials,
            "resource": resource,
            "device": "the demo",
        });
        self.api("/api/v1/login", &body).await
    }

    pub(super) async fn refresh(&self, token: &str) -> Result<Answer, String> {
        self.api("/api/v1/refresh", &json!({"refresh_token": token}))
            .await
    }

    /// Ends a session from the device list.
    pub(super) async fn end_session(&self, cookie: &str, id: &str) -> Result<Answer, String> {
        let url = format!("{}/api/v1/sessions/{id}", self.issuer);
        self.send(
            self.http
                .request(Method::DELETE, url)
                .header(header::COOKIE, cookie),
        )
        .await
    }

    /// The API, with a JWT.
    pub(super) async fn orders(&self, token: &str) -> Result<Answer, String> {
        self.send(
            self.http
                .get(format!("{}/orders", self.orders))
                .bearer_auth(token),
        )
        .await
    }

    /// The page behind `/authz/forward`, with a session.
    pub(super) async fn page(&self, cookie: &str) -> Result<Answer, String> {
        let url = format!("{}/page", self.orders);
        self.send(self.http.get(url).header(header::COOKIE, cookie))
            .await
    }
}
