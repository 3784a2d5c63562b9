//! Refreshing: once, from many tabs at once, and with a stolen token.

use std::{collections::HashSet, time::Duration};

use reqwest::StatusCode;

use super::Login;
use crate::{
    demo::{
        GRACE_MS,
        client::Client,
        report::{Report, Told},
    },
    failure::Failure,
};

/// How many tabs refresh at once.
const TABS: usize = 8;
/// Longest wait for the API to have heard of an end.
const HEARD_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn tell(
    client: &Client,
    report: &mut Report,
    login: &Login,
) -> Result<(), Failure> {
    let mut second = String::new();
    report
        .step("refresh", once(client, &login.refresh, &mut second))
        .await?;
    let mut third = (String::new(), String::new());
    report
        .step(
            "the same refresh from 8 tabs at once",
            tabs(client, &second, &mut third),
        )
        .await?;
    let (third, access) = third;
    report
        .step(
            "the spent refresh token, after the window, ends the grant",
            replay(client, &second, &third, &access),
        )
        .await
}

async fn once(client: &Client, token: &str, next: &mut String) -> Told {
    let answer = client.refresh(token).await?.expect(StatusCode::OK)?;
    *next = answer.text("/refresh_token")?;
    if next == token {
        return Err("the refresh token did not change".to_owned());
    }
    client
        .orders(&answer.text("/access_token")?)
        .await?
        .expect(StatusCode::OK)?;
    Ok("a new access token and a new refresh token".to_owned())
}

async fn tabs(client: &Client, token: &str, next: &mut (String, String)) -> Told {
    let answers = futures_util::future::join_all((0..TABS).map(|_| client.refresh(token))).await;
    let mut successors = HashSet::new();
    for answer in answers {
        let answer = answer?.expect(StatusCode::OK)?;
        successors.insert(answer.text("/refresh_token")?);
        next.1 = answer.text("/access_token")?;
    }
    let count = successors.len();
    match (count, successors.into_iter().next()) {
        (1, Some(only)) => next.0 = only,
        _ => return Err(format!("{count} successors")),
    }
    Ok(format!("{TABS} answers, one successor"))
}

async fn replay(client: &Client, spent: &str, newest: &str, access: &str) -> Told {
    tokio::time::sleep(Duration::from_millis(GRACE_MS + 50)).await;
    client.refresh(spent).await?.refused("refresh_reused")?;
    client.refresh(newest).await?.refused("refresh_invalid")?;
    // The access tokens of the grant are refused too, as soon as the API has heard of it.
    let heard = async {
        loop {
            if let Ok(answer) = client.orders(access).await
                && answer.refused("revoked_grant").is_ok()
            {
                return;
            }
        }
    };
    tokio::time::timeout(HEARD_LIMIT, heard)
        .await
        .map_err(|_| "the API still takes the grant's access token".to_owned())?;
    Ok("refresh_reused; the newest token and the access token are refused as well".to_owned())
}
