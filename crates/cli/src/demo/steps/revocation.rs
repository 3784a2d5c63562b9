//! The point of it all: one revocation, both credentials refused.

use std::time::Duration;

use reqwest::StatusCode;
use symbolon_core::Clock as _;

use super::Login;
use crate::{
    demo::{
        AUDIENCE,
        client::Client,
        report::{Report, Told},
    },
    failure::Failure,
    system::SystemClock,
};

/// Longest wait for the first refusal.
const REFUSED_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn tell(client: &Client, report: &mut Report) -> Result<f64, Failure> {
    let mut login = None;
    report
        .step("log in again", log_in_again(client, &mut login))
        .await?;
    let login = super::present(login)?;
    let mut refused_ms = 0.0;
    report
        .step(
            "end the session: both credentials are refused",
            end(client, &login, &mut refused_ms),
        )
        .await?;
    report
        .step("and its refresh token is refused", refresh(client, &login))
        .await?;
    Ok(refused_ms)
}

async fn log_in_again(client: &Client, login: &mut Option<Login>) -> Told {
    let answer = client.log_in(&["cookie", "tokens"], Some(AUDIENCE)).await?;
    let done = Login::of(&answer.expect(StatusCode::OK)?)?;
    client.page(&done.cookie).await?.expect(StatusCode::OK)?;
    client.orders(&done.access).await?.expect(StatusCode::OK)?;
    *login = Some(done);
    Ok("both credentials are good".to_owned())
}

/// The API is asked without pause from before the end until it refuses, so that the moment of the
/// first refusal is known and not guessed.
async fn end(client: &Client, login: &Login, refused_ms: &mut f64) -> Told {
    let refusal = async {
        loop {
            let answer = client.orders(&login.access).await?;
            if answer.status != StatusCode::OK {
                answer.refused("revoked_session")?;
                return Ok(SystemClock.now().as_millis());
            }
        }
    };
    let refusal = tokio::time::timeout(REFUSED_LIMIT, refusal);
    let (ended, refused) = tokio::join!(client.end_session(&login.cookie, &login.session), refusal);
    let ended = ended?.expect(StatusCode::OK)?;
    let refused: Result<i64, String> =
        refused.map_err(|_| "the API still takes the token".to_owned())?;
    let revoked_at = ended
        .body
        .get("revoked_at_ms")
        .and_then(serde_json::Value::as_i64);
    let took = refused? - revoked_at.ok_or("the answer has no revoked_at_ms")?;
    client
        .page(&login.cookie)
        .await?
        .refused("revoked_session")?;
    *refused_ms = took as f64;
    Ok(format!(
        "cookie and JWT: revoked_session; the API heard of it within {took} ms"
    ))
}

async fn refresh(client: &Client, login: &Login) -> Told {
    client
        .refresh(&login.refresh)
        .await?
        .refused("refresh_invalid")?;
    Ok("refresh_invalid".to_owned())
}
