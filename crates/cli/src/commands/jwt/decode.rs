//! `symbolon jwt decode`: shows, and never says that a token is good.

use serde_json::{Value, json};
use symbolon_core::Clock as _;
use symbolon_jose::{
    TokenError,
    loose::{self, Content, LooseToken},
};

use super::{input::Input, show};
use crate::{
    commands::{Context, Exit, Outcome},
    output,
    system::SystemClock,
    text::{quoted, visible},
};

#[derive(Debug, clap::Args)]
pub(super) struct Decode {
    #[command(flatten)]
    input: Input,
}

impl Decode {
    pub(super) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let text = self.input.read()?;
        let (loose, refusal) = (loose::read(&text), symbolon_jose::decode(&text).err());
        let now = SystemClock.now().as_secs();
        if context.global.json {
            output::json(&document(&loose, refusal.as_ref(), now))?;
        } else {
            print(&loose, refusal.as_ref(), now)?;
        }
        Ok(if refusal.is_none() {
            Exit::Success
        } else {
            Exit::Failed
        })
    }
}

fn document(loose: &LooseToken, refusal: Option<&TokenError>, now: i64) -> Value {
    let content = |content: &Content| match content {
        Content::Members(_) => show::object(content.members()),
        Content::Absent | Content::Unreadable | Content::Text(_) => Value::Null,
    };
    let text = |content: &Content| match content {
        Content::Text(text) => json!(text),
        _ => Value::Null,
    };
    json!({
        "decoded": refusal.is_none(),
        "verified": false,
        "header": content(&loose.header),
        "claims": content(&loose.claims),
        "header_text": text(&loose.header),
        "claims_text": text(&loose.claims),
        "dates": show::dates(loose.claims.members(), now),
        "signature_bytes": loose.signature_bytes,
        "code": refusal.map(TokenError::code),
        "reason": refusal.map(ToString::to_string),
        "oddities": loose.oddities,
    })
}

fn print(loose: &LooseToken, refusal: Option<&TokenError>, now: i64) -> std::io::Result<()> {
    match refusal {
        None => output::line(&format!(
            "{} anybody can have written this",
            output::styled(output::WARN, "decoded, NOT verified:")
        ))?,
        Some(refusal) => output::line(&format!(
            "{} {}: {}",
            output::styled(output::BAD, "broken, NOT verified:"),
            refusal.code(),
            visible(&refusal.to_string())
        ))?,
    }
    for oddity in &loose.oddities {
        output::line(&format!(
            "  {} {}",
            output::styled(output::WARN, "odd:"),
            visible(oddity)
        ))?;
    }
    content("header", &loose.header, now)?;
    content("claims", &loose.claims, now)?;
    let signature = match loose.signature_bytes {
        Some(0) => "empty".to_owned(),
        Some(bytes) => format!("{bytes} bytes"),
        None => "not there or not readable".to_owned(),
    };
    output::line(&format!(
        "{}\n  {signature}",
        output::styled(output::BOLD, "signature")
    ))
}

fn content(heading: &str, content: &Content, now: i64) -> std::io::Result<()> {
    let heading_alone = || output::line(&output::styled(output::BOLD, heading));
    match content {
        Content::Members(_) => show::members(heading, content.members(), now),
        Content::Text(text) => {
            heading_alone()?;
            output::line(&format!("  no JSON object: {}", quoted(text)))
        }
        Content::Absent => {
            heading_alone()?;
            output::line("  not there")
        }
        Content::Unreadable => {
            heading_alone()?;
            output::line("  not readable")
        }
    }
}
