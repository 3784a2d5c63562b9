//! Tokens that must be refused, each with its reason.

use std::time::Duration;

use reqwest::StatusCode;

use super::Login;
use crate::{
    demo::{
        client::Client,
        report::{Report, Told},
        token,
    },
    failure::Failure,
    system::SystemClock,
};
use symbolon_core::Clock as _;

pub(super) async fn tell(
    client: &Client,
    report: &mut Report,
    login: &Login,
    short_lived: &str,
) -> Result<(), Failure> {
    report
        .step("a tampered token is refused", tampered(client, login))
        .await?;
    report
        .step("an unsigned token is refused", unsigned(client, login))
        .await?;
    report
        .step("a token for another API is refused", foreign(client))
        .await?;
    report
        .step("an expired token is refused", expired(client, short_lived))
        .await
}

async fn refused(client: &Client, token: &str, code: &str) -> Told {
    client.orders(token).await?.refused(code)?;
    Ok(code.to_owned())
}

async fn tampered(client: &Client, login: &Login) -> Told {
    let token = token::tampered(&login.access).ok_or("the token has no claims")?;
    refused(client, &token, "signature_invalid").await
}

async fn unsigned(client: &Client, login: &Login) -> Told {
    let token = token::unsigned(&login.access).ok_or("the token has no claims")?;
    refused(client, &token, "alg_none").await
}

/// A genuine token, but for the server's own API.
async fn foreign(client: &Client) -> Told {
    let answer = client
        .log_in(&["tokens"], None)
        .await?
        .expect(StatusCode::OK)?;
    refused(
        client,
        &answer.text("/tokens/access_token")?,
        "audience_mismatch",
    )
    .await
}

async fn expired(client: &Client, token: &str) -> Told {
    let decoded = symbolon_jose::decode(token).map_err(|error| error.to_string())?;
    let exp = decoded
        .untrusted_claims()
        .get("exp")
        .and_then(serde_json::Value::as_i64);
    let exp = exp.ok_or("the token has no exp")?;
    let left = (exp + 1) * 1_000 - SystemClock.now().as_millis();
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    refused(client, token, "token_expired").await
}
