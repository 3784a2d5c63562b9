//! The requests themselves. Every answer is looked at: one that says something else than it
//! should is an error, whatever its status.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    Plan,
    account::{Account, Held},
};
use crate::failure::Failure;

/// Why a request did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// Too many others waited for their answers.
    NotSent,
    /// There was no session that it could be done with.
    NoSession,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// Another answer than was wanted: the status and the code.
    Refused(u16, String),
    /// A success that lacks what it should bring.
    Malformed,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent => f.write_str("not_sent"),
            Self::NoSession => f.write_str("no_session"),
            Self::Timeout => f.write_str("timeout"),
            Self::Connection => f.write_str("connection"),
            Self::Refused(status, code) => write!(f, "{status} {code}"),
            Self::Malformed => f.write_str("malformed"),
        }
    }
}

/// Sends to each target in turns.
pub(super) struct Caller {
    http: Client,
    targets: Vec<Url>,
    host: Option<String>,
    next: AtomicUsize,
}

impl Caller {
    pub(super) fn new(plan: &Plan) -> Result<Self, Failure> {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(plan.timeout)
            .pool_max_idle_per_host(plan.in_flight)
            .user_agent(concat!("symbolon-bench/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::unreachable(format_args!("no HTTP client: {error}")))?;
        let host = plan.issuer.as_ref().map(authority);
        Ok(Self {
            http,
            targets: plan.targets.clone(),
            host,
            next: AtomicUsize::new(0),
        })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.targets.len().max(1);
        let target = self.targets.get(turn).ok_or(Trouble::NotSent)?;
        let url = target.join(path).map_err(|_| Trouble::NotSent)?;
        let request = self.http.request(method, url);
        Ok(match &self.host {
            Some(host) => request.header(header::HOST, host),
            None => request,
        })
    }

    /// Makes an account.
    pub(super) async fn register(&self, account: &Account) -> Result<(), Trouble> {
        let body = json!({"identifier": account.identifier, "password": account.password()});
        let request = self.request(Method::POST, "/api/v1/register")?.json(&body);
        send(request, StatusCode::CREATED).await.map(drop)
    }

    /// Logs in for a cookie and tokens.
    pub(super) async fn log_in(&self, account: &Account) -> Result<Held, Trouble> {
        let body = json!({
            "identifier": account.identifier,
            "password": account.password(),
            "credentials": ["cookie", "tokens"],
            "device": "a load test",
        });
        let request = self.request(Method::POST, "/api/v1/login")?.json(&body);
        let (cookie, body) = send(request, StatusCode::OK).await?;
        Ok(Held {
            session: text(&body, "/session/id")?,
            cookie: cookie.ok_or(Trouble::Malformed)?,
            refresh: text(&body, "/tokens/refresh_token")?.into(),
        })
    }

    /// Asks as a proxy does whether a session is good.
    pub(super) async fn check(&self, held: &Held) -> Result<(), Trouble> {
        let request = self.request(Method::GET, "/authz/forward")?;
        let request = request.header(header::COOKIE, held.cookie.expose_secret());
        send(request, StatusCode::OK).await.map(drop)
    }

    /// Spends the refresh token.
    pub(super) async fn refresh(&self, held: &Held) -> Result<Held, Trouble> {
        let body = json!({"refresh_token": held.refresh.expose_secret()});
        let request = self.request(Method::POST, "/api/v1/refresh")?.json(&body);
        let (_, body) = send(request, StatusCode::OK).await?;
        let refresh = text(&body, "/refresh_token")?;
        if refresh == held.refresh.expose_secret() {
            return Err(Trouble::Malformed);
        }
        Ok(Held {
            session: held.session.clone(),
            cookie: held.cookie.clone(),
            refresh: refresh.into(),
        })
    }

    /// Ends the session.
    pub(super) async fn end(&self, held: &Held) -> Result<(), Trouble> {
        let path = format!("/api/v1/sessions/{}", held.session);
        let request = self.request(Method::DELETE, &path)?;
        let request = request.header(header::COOKIE, held.cookie.expose_secret());
        send(request, StatusCode::OK).await.map(drop)
    }
}

/// Sends it; the session cookie and the body, if the status is the one that is wanted.
async fn send(
    request: RequestBuilder,
    wanted: StatusCode,
) -> Result<(Option<SecretString>, Value), Trouble> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() {
            Trouble::Timeout
        } else {
            Trouble::Connection
        }
    };
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let cookie = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next())
        .find(|pair| pair.trim_start_matches("__Host-").starts_with("symbolon="))
        .map(SecretString::from);
    let body = answer.bytes().await.map_err(failed)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if status == wanted {
        return Ok((cookie, body));
    }
    let code = body
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or("no_code");
    Err(Trouble::Refused(status.as_u16(), code.to_owned()))
}

fn text(body: &Value, pointer: &str) -> Result<String, Trouble> {
    let text = body.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned).ok_or(Trouble::Malformed)
}

/// Host and port, as in `Host` (RFC 9110 §7.2).
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
