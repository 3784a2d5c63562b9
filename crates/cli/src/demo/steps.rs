//! The story.

mod refresh;
mod refusals;
mod revocation;

use std::time::Instant;

use reqwest::StatusCode;

use super::{
    AUDIENCE, SHORT_LIVED,
    client::{Answer, Client, Login},
    report::{Report, Told},
};
use crate::failure::Failure;

/// Tells it; the milliseconds from the revocation to the first refusal.
pub(super) async fn tell(client: &Client, report: &mut Report) -> Result<f64, Failure> {
    report.step("register an account", register(client)).await?;
    let mut login = None;
    report
        .step(
            "log in: session cookie, access token, refresh token",
            log_in(client, &mut login),
        )
        .await?;
    let login = present(login)?;
    let mut short_lived = None;
    report
        .step(
            "log in for a token that lives for a second",
            log_in_short(client, &mut short_lived),
        )
        .await?;
    report
        .step(
            "a page behind /authz/forward, with the session",
            page(client, &login),
        )
        .await?;
    report
        .step("the API, with the JWT", api(client, &login))
        .await?;
    report.step("what is in the token", decode(&login)).await?;
    refusals::tell(client, report, &login, &present(short_lived)?).await?;
    refresh::tell(client, report, &login).await?;
    revocation::tell(client, report).await
}

fn present<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::unreachable("a step left nothing behind"))
}

async fn register(client: &Client) -> Told {
    let answer = client.register().await?.expect(StatusCode::CREATED)?;
    Ok(format!("subject {}", answer.text("/subject")?))
}

async fn log_in(client: &Client, login: &mut Option<Login>) -> Told {
    let answer = client.log_in(&["cookie", "tokens"], Some(AUDIENCE)).await?;
    let done = Login::of(&answer.expect(StatusCode::OK)?)?;
    let said = format!(
        "session {}, a cookie of 256 bits, a JWT of {} bytes, a refresh token",
        done.session,
        done.access.len()
    );
    *login = Some(done);
    Ok(said)
}

async fn log_in_short(client: &Client, token: &mut Option<String>) -> Told {
    let answer = client
        .log_in(&["tokens"], Some(SHORT_LIVED))
        .await?
        .expect(StatusCode::OK)?;
    *token = Some(answer.text("/tokens/access_token")?);
    Ok(String::new())
}

/// How often a credential that was good is shown again, for the time of one check.
const AGAIN: u32 = 50;

async fn page(client: &Client, login: &Login) -> Told {
    client.page(&login.cookie).await?.expect(StatusCode::OK)?;
    let each = each_again(|| client.page(&login.cookie)).await?;
    Ok(format!(
        "let through; {AGAIN} more took {each:.2} ms each, with the page's own hop"
    ))
}

async fn api(client: &Client, login: &Login) -> Told {
    client.orders(&login.access).await?.expect(StatusCode::OK)?;
    let each = each_again(|| client.orders(&login.access)).await?;
    Ok(format!(
        "verified by the API itself, asking nobody; {AGAIN} more took {each:.2} ms each"
    ))
}

async fn each_again<F: Future<Output = Result<Answer, String>>>(
    call: impl Fn() -> F,
) -> Result<f64, String> {
    #[expect(clippy::disallowed_methods, reason = "a stopwatch: decides nothing")]
    let start = Instant::now();
    for _ in 0..AGAIN {
        call().await?.expect(StatusCode::OK)?;
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0 / f64::from(AGAIN))
}

async fn decode(login: &Login) -> Told {
    let token = symbolon_jose::decode(&login.access).map_err(|error| error.to_string())?;
    let claim = |name: &str| {
        token
            .untrusted_claims()
            .get(name)
            .map(ToString::to_string)
            .unwrap_or_else(|| "absent".to_owned())
    };
    let sid = claim("sid");
    if sid != format!("\"{}\"", login.session) {
        return Err(format!("sid is {sid}, the session is {}", login.session));
    }
    Ok(format!(
        "sub {}, aud {}, sid = the session, scope {}",
        claim("sub"),
        claim("aud"),
        claim("scope")
    ))
}
