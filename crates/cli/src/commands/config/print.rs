//! `symbolon config print`: TOML for people, with the origin of each value beside it.

use serde_json::{Value, json};

use crate::{
    commands::{Context, Exit, Outcome},
    config::{self, Loaded, MasterKeySource, Origin},
    output,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Print {}

impl Print {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let loaded = config::load(&context.global.sources([]))?;
        if context.global.json {
            output::json(&document(&loaded))?;
        } else {
            text(&loaded)?;
        }
        Ok(Exit::Success)
    }
}

fn document(loaded: &Loaded) -> Value {
    let settings: Vec<_> = loaded
        .effective
        .iter()
        .map(|one| json!({"key": one.key, "value": one.value, "origin": one.origin.to_json()}))
        .collect();
    let table = |members: Vec<(&str, toml::Value)>, origin: &Origin| {
        let mut table: serde_json::Map<_, _> = members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        table.insert("origin".to_owned(), origin.to_json());
        Value::Object(table)
    };
    let config = &loaded.config;
    let clients: Vec<_> = config
        .clients
        .iter()
        .map(|one| table(one.show(), &one.origin))
        .collect();
    let resources: Vec<_> = config
        .resources
        .iter()
        .map(|one| table(one.show(), &one.origin))
        .collect();
    let master_key = match &config.master_key {
        MasterKeySource::Given { keys, origin } => {
            json!({"keys": keys.all().count(), "origin": origin.to_json()})
        }
        MasterKeySource::DataDirectory => json!({"origin": {"kind": "data_directory"}}),
    };
    json!({
        "file": loaded.file.as_ref().map(|file| file.display().to_string()),
        "settings": settings,
        "clients": clients,
        "resources": resources,
        "master_key": master_key,
    })
}

fn text(loaded: &Loaded) -> std::io::Result<()> {
    let mut section = "";
    for one in &loaded.effective {
        let (of, name) = one.key.split_once('.').unwrap_or(("", one.key));
        if of != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            output::line(&format!(
                "{gap}{}",
                output::styled(output::BOLD, format_args!("[{of}]"))
            ))?;
            section = of;
        }
        member(name, &one.value, &one.origin)?;
    }
    let lists = loaded
        .config
        .clients
        .iter()
        .map(|one| ("clients", one.show(), &one.origin));
    let resources = loaded
        .config
        .resources
        .iter()
        .map(|one| ("resources", one.show(), &one.origin));
    for (list, members, origin) in lists.chain(resources) {
        output::line(&format!(
            "\n{}",
            output::styled(output::BOLD, format_args!("[[{list}]]"))
        ))?;
        for (name, value) in members {
            member(name, &value, origin)?;
        }
    }
    let master_key = match &loaded.config.master_key {
        MasterKeySource::Given { keys, origin } => {
            format!("{} [redacted], {origin}", keys.all().count())
        }
        MasterKeySource::DataDirectory => "master.key in the data directory".to_owned(),
    };
    output::line(&output::styled(
        output::DIM,
        format_args!("\n# master key: {master_key}"),
    ))
}

fn member(name: &str, value: &toml::Value, origin: &Origin) -> std::io::Result<()> {
    let value = value.to_string();
    let setting = format!("{name} = {}", visible(&value));
    let origin = output::styled(output::DIM, format_args!("# {origin}"));
    output::line(&format!("{setting:<48} {origin}"))
}
