//! The layer of `symbolon.toml`. Every key keeps its line.

use std::path::{Path, PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    entries::{Entry, LISTS},
    origin::Origin,
    problem::Problem,
    reader::Layers,
    sections::{SECTIONS, SectionSpec},
    setting::Raw,
    suggest::closest,
};
use crate::text::visible;

/// What a file says beside single values.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) clients: Vec<Entry>,
    pub(crate) resources: Vec<Entry>,
}

/// Reads the text of a file into `layers`.
pub(crate) fn read(
    path: &Path,
    text: &str,
    layers: &mut Layers,
    problems: &mut Vec<Problem>,
) -> Lists {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut file = File {
        path: path.to_path_buf(),
        text,
        layers,
        problems,
    };
    if !errors.is_empty() {
        file.syntax(&errors);
        return Lists::default();
    }
    file.root(table.get_ref())
}

struct File<'a> {
    path: PathBuf,
    text: &'a str,
    layers: &'a mut Layers,
    problems: &'a mut Vec<Problem>,
}

type Name<'i> = Spanned<std::borrow::Cow<'i, str>>;

impl File<'_> {
    fn origin(&self, byte: usize) -> Origin {
        let before = self.text.as_bytes().iter().take(byte);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Origin::File {
            file: self.path.clone(),
            line,
        }
    }

    /// The parser's own message, never its excerpt of the text: the line may hold a secret.
    /// One message a line: what follows the first is noise.
    fn syntax(&mut self, errors: &[toml::de::Error]) {
        let mut last = None;
        for error in errors {
            let origin = self.origin(error.span().map_or(0, |span| span.start));
            if last.as_ref() != Some(&origin) {
                let message = format!("not TOML: {}", visible(error.message()));
                let (key, hint) = (None, None);
                self.problems.push(Problem {
                    origin: origin.clone(),
                    key,
                    message,
                    hint,
                });
                last = Some(origin);
            }
        }
    }

    fn root(&mut self, table: &DeTable<'_>) -> Lists {
        let mut lists = Lists::default();
        for (name, value) in table {
            let section = SECTIONS
                .iter()
                .find(|section| section.name == name.get_ref().as_ref());
            match (section, name.get_ref().as_ref()) {
                (Some(section), _) => self.section(section, name, value),
                (None, "clients") => lists.clients = self.list(name, value),
                (None, "resources") => lists.resources = self.list(name, value),
                (None, _) => self.unknown_section(name),
            }
        }
        lists
    }

    fn section(
        &mut self,
        section: &'static SectionSpec,
        name: &Name<'_>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(table) = value.get_ref().as_table() else {
            let origin = self.origin(name.span().start);
            let message = format!("expected a table [{}]", section.name);
            self.problems
                .push(Problem::of(&origin, section.name, message));
            return;
        };
        for (name, value) in table {
            let origin = self.origin(name.span().start);
            match section
                .keys
                .iter()
                .find(|spec| spec.name == name.get_ref().as_ref())
            {
                Some(spec) => {
                    self.layers
                        .say(spec, origin, Raw::from_toml(value.get_ref()));
                }
                None => self
                    .problems
                    .push(unknown_key(&origin, section, name.get_ref())),
            }
        }
    }

    fn unknown_section(&mut self, name: &Name<'_>) {
        let origin = self.origin(name.span().start);
        let text = visible(name.get_ref());
        let problem = Problem::of(&origin, &text, "unknown key");
        let lists = LISTS.iter().map(|list| list.name);
        let sections = SECTIONS.iter().map(|section| section.name);
        let elsewhere = SECTIONS
            .iter()
            .flat_map(|section| section.keys)
            .find(|spec| spec.name == name.get_ref().as_ref());
        self.problems.push(if text.starts_with("master_key") {
            problem.hint(MASTER_KEY_HINT)
        } else if let Some(spec) = elsewhere {
            problem.hint(format!("the key is {}", spec.key))
        } else if let Some(known) = closest(&text, sections.chain(lists)) {
            problem.hint(format!("did you mean {known}?"))
        } else {
            problem.hint("symbolon config template shows every key")
        });
    }

    fn list(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>) -> Vec<Entry> {
        let origin = self.origin(name.span().start);
        let mut entries = Vec::new();
        let items = value.get_ref().as_array();
        for item in items.into_iter().flatten() {
            if let Some(table) = item.get_ref().as_table() {
                let members = table.iter().map(|(name, value)| {
                    let origin = self.origin(name.span().start);
                    (
                        name.get_ref().to_string(),
                        origin,
                        Raw::from_toml(value.get_ref()),
                    )
                });
                let members = members.collect();
                entries.push(Entry {
                    origin: self.origin(item.span().start),
                    members,
                });
            }
        }
        if items.is_none_or(|items| items.iter().len() != entries.len()) {
            let message = format!("expected tables [[{}]]", name.get_ref());
            self.problems
                .push(Problem::of(&origin, name.get_ref(), message));
        }
        entries
    }
}

pub(crate) const MASTER_KEY_HINT: &str = "the master key is never in a configuration file: set \
     SYMBOLON_MASTER_KEY or SYMBOLON_MASTER_KEY_FILE, or leave it to the data directory";

/// The problem of a key that the section does not have.
fn unknown_key(origin: &Origin, section: &SectionSpec, name: &str) -> Problem {
    let key = format!("{}.{}", section.name, visible(name));
    let problem = Problem::of(origin, &key, "unknown key");
    if name.starts_with("master_key") {
        return problem.hint(MASTER_KEY_HINT);
    }
    let elsewhere = SECTIONS
        .iter()
        .flat_map(|one| one.keys)
        .find(|spec| spec.name == name);
    match (
        closest(name, section.keys.iter().map(|spec| spec.name)),
        elsewhere,
    ) {
        (Some(known), _) => problem.hint(format!("did you mean {known}?")),
        (None, Some(spec)) => problem.hint(format!("the key is {}", spec.key)),
        (None, None) => problem.hint("symbolon config template shows every key"),
    }
}
