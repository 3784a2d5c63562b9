//! What a browser and an app would send, for `demo` and `bench`.

use aws_lc_rs::rand;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use crate::failure::Failure;

/// The answer to a request, as far as the demo looks at it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a refusal.
    pub(crate) fn code(&self) -> &str {
        self.body
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or("no code")
    }

    /// A text of the body, by JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Result<String, String> {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("the answer has no {pointer}"))
    }

    /// The answer, if it has the status.
    pub(crate) fn expect(self, status: StatusCode) -> Result<Self, String> {
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
    pub(crate) fn refused(&self, code: &str) -> Result<(), String> {
        if self.status.is_client_error() && self.code() == code {
            Ok(())
        } else {
            Err(format!("{} {} instead of {code}", self.status, self.code()))
        }
    }
}

/// Both credentials of one log-in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) session: String,
    pub(crate) cookie: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Login {
    /// From the answer to a log-in for both.
    pub(crate) fn of(answer: &Answer) -> Result<Self, String> {
        Ok(Self {
            session: answer.text("/session/id")?,
            cookie: answer
                .cookie
                .clone()
                .ok_or("the answer sets no session cookie")?,
            access: answer.text("/tokens/access_token")?,
            refresh: answer.text("/tokens/refresh_token")?,
        })
    }
}

/// Calls the server and the API.
pub(crate) struct Client {
    http: reqwest::Client,
    issuer: String,
    orders: String,
    identifier: String,
    password: String,
}

impl Client {
    /// Of a server and an API, by their URLs, with an account that is yet to be registered.
    pub(crate) fn new(issuer: String, orders: String) -> Result<Self, Failure> {
        let mut random = [0_u8; 12];
        rand::fill(&mut random).map_err(|_| Failure::unreachable("no randomness"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::unreachable(format_args!("no HTTP client: {error}")))?;
        Ok(Self {
            http,
            issuer,
            orders,
            identifier: "ada".to_owned(),
            password: symbolon_jose::base64url::encode(&random),
        })
    }

    /// The account's name and password.
    pub(crate) fn login(&self) -> (&str, &str) {
        (&self.identifier, &self.password)
    }

    /// What it calls with.
    pub(crate) const fn http(&self) -> &reqwest::Client {
        &self.http
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

    pub(crate) async fn register(&self) -> Result<Answer, String> {
        let body = json!({"identifier": self.identifier, "password": self.password});
        self.api("/api/v1/register", &body).await
    }

    /// Logs in for a cookie and tokens of `resource`, or for tokens alone.
    pub(crate) async fn log_in(
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

    pub(crate) async fn refresh(&self, token: &str) -> Result<Answer, String> {
        self.api("/api/v1/refresh", &json!({"refresh_token": token}))
            .await
    }

    /// Ends a session from the device list.
    pub(crate) async fn end_session(&self, cookie: &str, id: &str) -> Result<Answer, String> {
        let url = format!("{}/api/v1/sessions/{id}", self.issuer);
        self.send(
            self.http
                .request(Method::DELETE, url)
                .header(header::COOKIE, cookie),
        )
        .await
    }

    /// The API, with a JWT.
    pub(crate) async fn orders(&self, token: &str) -> Result<Answer, String> {
        self.send(
            self.http
                .get(format!("{}/orders", self.orders))
                .bearer_auth(token),
        )
        .await
    }

    /// The page behind `/authz/forward`, with a session.
    pub(crate) async fn page(&self, cookie: &str) -> Result<Answer, String> {
        let url = format!("{}/page", self.orders);
        self.send(self.http.get(url).header(header::COOKIE, cookie))
            .await
    }
}
