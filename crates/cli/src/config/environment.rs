//! The layer of the environment: `SYMBOLON_SECTION__KEY`, and `…_FILE` for secrets.
//!
//! Only names with two underscores are keys, so that variables which an orchestrator makes up
//! (`SYMBOLON_SERVICE_HOST`) do no harm.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use super::{
    file::MASTER_KEY_HINT,
    origin::Origin,
    problem::Problem,
    reader::Layers,
    sections::{KeySpec, SECTIONS},
    setting::Raw,
    suggest::closest,
};
use crate::text::visible;

const PREFIX: &str = "SYMBOLON_";

/// The environment as a value, so that tests can make their own.
pub type Environment = BTreeMap<OsString, OsString>;

/// Reads every key of the environment into `layers`.
pub(crate) fn read(env: &Environment, layers: &mut Layers, problems: &mut Vec<Problem>) {
    for (variable, value) in env {
        let variable = variable.to_string_lossy();
        let Some(name) = variable
            .strip_prefix(PREFIX)
            .filter(|name| name.contains("__"))
        else {
            continue;
        };
        let origin = Origin::Env {
            variable: visible(&variable).into_owned(),
        };
        let key = name.replace("__", ".").to_ascii_lowercase();
        let Some((spec, from_file)) = find(name) else {
            problems.push(unknown(&origin, &key));
            continue;
        };
        match text(&origin, value, from_file) {
            Ok((text, origin)) => layers.say(spec, origin, Raw::Untyped(text)),
            Err(message) => problems.push(Problem::of(&origin, spec.key, message)),
        }
        if from_file && env.contains_key(&OsString::from(spec.variable())) {
            let message = format!("{} is set as well: which one counts?", spec.variable());
            problems.push(Problem::of(&origin, spec.key, message));
        }
    }
}

/// The key that `SECTION__KEY` names, and whether the value is the name of a file.
fn find(name: &str) -> Option<(&'static KeySpec, bool)> {
    let is = |spec: &KeySpec, name: &str| spec.variable().strip_prefix(PREFIX) == Some(name);
    let specs = || SECTIONS.iter().flat_map(|section| section.keys);
    if let Some(spec) = specs().find(|spec| is(spec, name)) {
        return Some((spec, false));
    }
    let base = name.strip_suffix("_FILE")?;
    specs()
        .find(|spec| spec.secret && is(spec, base))
        .map(|spec| (spec, true))
}

fn text(origin: &Origin, value: &OsString, from_file: bool) -> Result<(String, Origin), String> {
    let text = value.to_str().ok_or("not UTF-8")?;
    let Origin::Env { variable } = origin else {
        return Ok((text.to_owned(), origin.clone()));
    };
    if !from_file {
        return Ok((text.to_owned(), origin.clone()));
    }
    let file = PathBuf::from(text);
    let content = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let content = content.trim_end_matches(['\r', '\n']).to_owned();
    Ok((
        content,
        Origin::EnvFile {
            variable: variable.clone(),
            file,
        },
    ))
}

fn unknown(origin: &Origin, key: &str) -> Problem {
    let problem = Problem::of(origin, &visible(key), "unknown key");
    if key.contains("master_key") {
        return problem.hint(MASTER_KEY_HINT);
    }
    if key.starts_with("clients") || key.starts_with("resources") {
        return problem.hint("clients and resources are set in the file");
    }
    let keys: Vec<_> = SECTIONS.iter().flat_map(|section| section.keys).collect();
    match closest(key, keys.iter().map(|spec| spec.key)) {
        Some(known) => {
            let variable = keys
                .iter()
                .find(|spec| spec.key == known)
                .map(|spec| spec.variable());
            problem.hint(format!("did you mean {}?", variable.unwrap_or_default()))
        }
        None => problem.hint("symbolon config template shows every key"),
    }
}
