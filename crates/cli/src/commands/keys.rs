//! `symbolon keys …`

mod list;
mod rotate;

use crate::{admin::Keys as KeyList, commands::Context, output, text::visible};

crate::commands::subcommands! { Keys:
    /// Lists the signing keys and where in their life they are.
    List(list::List),
    /// Makes a new key, which signs once every verifier can know it.
    Rotate(rotate::Rotate),
}

fn show(found: &KeyList, context: &Context) -> std::io::Result<()> {
    if context.global.json {
        return output::json(&serde_json::json!(found));
    }
    let header = [
        "kid",
        "purpose",
        "alg",
        "state",
        "created",
        "signing since",
        "published until",
    ];
    let rows = found.keys.iter().map(|key| {
        vec![
            key.kid.clone(),
            key.purpose.clone(),
            key.alg.clone(),
            key.state.clone(),
            key.created_at.clone(),
            key.signing_since.clone().unwrap_or_default(),
            key.published_until.clone().unwrap_or_default(),
        ]
    });
    output::table(&header, rows)?;
    if let Some(next) = &found.next {
        let (kid, from) = (visible(&next.kid), visible(&next.signs_from));
        output::line(&format!("\n{kid} signs from {from}"))?;
    }
    Ok(())
}
