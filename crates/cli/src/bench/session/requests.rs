//! A whole request for each credential, on one connection that is kept.

use std::time::Duration;

use reqwest::{StatusCode, header};

use super::checks::{OWN, STORE, VERIFIER};
use crate::{
    bench::{
        Effort, Progress, Report,
        figure::Figure,
        local::{Credentials, Local},
        race::{Way, race},
        unreachable,
    },
    failure::Failure,
};

const PANEL: &str = "A whole request over loopback HTTP, keep-alive";
const ROUNDS: usize = 100;
const TURN: Duration = Duration::from_millis(5);

pub(super) fn measure(
    report: &mut Report,
    local: &Local,
    credentials: &Credentials,
    effort: Effort,
    progress: &Progress,
) -> Result<(), Failure> {
    let client = Client::new(local)?;
    let cookie = format!("symbolon={}", credentials.cookie.expose());
    let own = format!("Bearer {}", credentials.own_token);
    let service = format!("Bearer {}", credentials.service_token);
    let ways = [
        client.way(VERIFIER, header::AUTHORIZATION, &service),
        client.way(OWN, header::COOKIE, &cookie),
        client.way(OWN, header::AUTHORIZATION, &own),
        client.way(STORE, header::COOKIE, &cookie),
    ];
    let effort = effort.full(ROUNDS, TURN);
    let [verifier, cookie, token, store] = race(effort, progress, ways)?;
    let beside = ("JWT at a verifier", &verifier);
    report.figures.extend([
        Figure::lap(PANEL, "session/http/cookie", &cookie, beside).label("session, from memory"),
        // Which reads the token's session from the store.
        Figure::lap(PANEL, "session/http/jwt", &token, beside).label("JWT at the server"),
        Figure::lap(PANEL, "session/http/store", &store, beside)
            .label("session, read from the store"),
    ]);
    Ok(())
}

struct Client<'a> {
    local: &'a Local,
    http: reqwest::Client,
}

impl<'a> Client<'a> {
    fn new(local: &'a Local) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.map_err(|error| unreachable(format_args!("no HTTP client: {error}")))?;
        Ok(Self { local, http })
    }

    fn way(&'a self, path: &str, name: header::HeaderName, value: &'a str) -> Way<'a> {
        let url = format!("{}{path}", self.local.url());
        Way::new(move || {
            let request = self.http.get(&url).header(&name, value);
            self.local.runtime.block_on(async {
                let Ok(answer) = request.send().await else {
                    return false;
                };
                let status = answer.status();
                // The connection is free for the next one when the answer was read.
                answer.bytes().await.is_ok() && status == StatusCode::OK
            })
        })
    }
}
