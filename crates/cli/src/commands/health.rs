//! `symbolon health`: asks a server whether it is ready, for the health checks of containers that
//! have no other program in them.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, redirect};
use serde_json::{Value, json};
use url::Url;

use crate::{
    admin::causes,
    commands::{Context, Exit, Outcome, block_on},
    config::{self, OptionalListen},
    failure::Failure,
    output,
    text::visible,
};

/// Health checks come every few seconds; one that takes longer is an answer, too.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Health {
    /// What to ask, instead of /readyz on server.ops_listen.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

impl Health {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let url = match self.url {
            Some(url) => {
                context.global.refuse_configuration()?;
                url
            }
            None => configured(context)?,
        };
        let problem = block_on(ask(&url))?;
        let is_ready = problem.is_none();
        if context.global.json {
            output::json(&json!({"ready": is_ready, "url": url.as_str(), "problem": problem}))?;
        } else if let Some(problem) = problem {
            let message = format!("{url}: not ready: {}", said(&problem));
            return Err(Failure::new(Exit::Failed, message));
        } else {
            output::line(&format!("{} {url}", output::styled(output::GOOD, "ready:")))?;
        }
        Ok(if is_ready {
            Exit::Success
        } else {
            Exit::Failed
        })
    }
}

fn configured(context: &Context) -> Result<Url, Failure> {
    let config = config::load(&context.global.sources([]))?.config;
    let OptionalListen::At(mut address) = config.server.ops_listen else {
        return Err(
            Failure::usage("server.ops_listen is off, so nobody can be asked")
                .hint("turn it on, or name a URL with --url"),
        );
    };
    // Who listens everywhere is asked here.
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    Url::parse(&format!("http://{address}/readyz")).map_err(Failure::usage)
}

/// What is wrong with the server, if it answers and something is.
async fn ask(url: &Url) -> Result<Option<Value>, Failure> {
    let failed = |error: reqwest::Error| {
        Failure::unreachable(format_args!("{url}: {}", causes(&error.without_url())))
    };
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .build()
        .map_err(failed)?;
    let answer = client.get(url.clone()).send().await.map_err(failed)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(None);
    }
    let problem = answer.json::<Value>().await.ok();
    let problem = problem.filter(Value::is_object);
    Ok(Some(
        problem.unwrap_or_else(|| json!({"status": status.as_u16()})),
    ))
}

fn said(problem: &Value) -> String {
    let text = |member: &str| problem.get(member).and_then(Value::as_str);
    match (text("code"), text("detail")) {
        (Some(code), Some(detail)) => format!("{}: {}", visible(code), visible(detail)),
        _ => format!(
            "the answer is {}",
            problem.get("status").unwrap_or(&Value::Null)
        ),
    }
}
