//! `symbolon.toml` with every key commented out, made from the table of all keys.
//!
//! Lines that start with `# ` are prose; taking the `#` off any other line sets a key.

use std::fmt::Write as _;

use super::{
    entries::LISTS,
    sections::{KeySpec, SECTIONS},
};

const PREAMBLE: &str = "\
# symbolon.toml: every key with its default. Take the # off a line to change it.
#
# Stronger than this file: environment variables (SYMBOLON_SECTION__KEY, e.g.
# SYMBOLON_SERVER__ISSUER), and stronger than those: flags. Durations are written like \"10s\",
# \"5m\", \"12h\" or \"30d\". An unknown key is an error. symbolon config check tells what is wrong,
# symbolon config print what is in force and why.
#
# The master key is not set here but in SYMBOLON_MASTER_KEY or in a file that
# SYMBOLON_MASTER_KEY_FILE names: base64 keys of 32 bytes, separated by commas; the first
# encrypts, all decrypt. Without it the server makes master.key (mode 0600) in the data directory.
";

/// The text of the file.
#[must_use]
pub fn render() -> String {
    let mut out = PREAMBLE.to_owned();
    for section in SECTIONS {
        out.push('\n');
        prose(&mut out, section.doc.iter().copied());
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "#[{}]", section.name);
        for spec in section.keys {
            key(&mut out, spec);
        }
    }
    for list in LISTS {
        out.push('\n');
        prose(&mut out, list.doc.iter().copied());
        prose(
            &mut out,
            ["There may be any number of these; the values are examples."],
        );
        let _ = writeln!(out, "#[[{}]]", list.name);
        for member in list.members {
            out.push('\n');
            let optional = if member.required {
                "Required."
            } else {
                "Optional."
            };
            prose(&mut out, [member.doc, optional]);
            let _ = writeln!(out, "#{} = {}", member.name, member.example);
        }
    }
    out
}

fn key(out: &mut String, spec: &KeySpec) {
    out.push('\n');
    prose(out, spec.doc.iter().copied());
    match spec.range {
        Some((min, max)) => prose(out, [format!("From {min} to {max}.").as_str()]),
        None => prose(out, [format!("Value: {}.", spec.expected).as_str()]),
    }
    let _ = writeln!(out, "#{} = {}", spec.name, spec.default);
}

fn prose<'a>(out: &mut String, lines: impl IntoIterator<Item = &'a str>) {
    for line in lines {
        let _ = writeln!(out, "# {}", line.trim());
    }
}

/// The same with every key set, as somebody would who takes off each `#`.
#[must_use]
pub fn uncommented(template: &str) -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    template.lines().map(set).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Sources, load};

    fn load_text(text: &str) -> crate::config::Loaded {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load(&Sources {
            file: Some(file.path().into()),
            ..Sources::default()
        })
        .unwrap()
    }

    #[test]
    fn the_template_changes_nothing() {
        let loaded = load_text(&render());
        assert!(
            loaded
                .effective
                .iter()
                .all(|one| one.origin == Origin::Default)
        );
        assert!(loaded.config.clients.is_empty() && loaded.config.resources.is_empty());
    }

    #[test]
    fn the_template_has_every_key_with_its_default() {
        let (template, defaults) = (load_text(&uncommented(&render())), load_text(""));
        for (said, default) in template.effective.iter().zip(&defaults.effective) {
            assert!(
                matches!(said.origin, Origin::File { .. }),
                "{} is missing",
                said.key
            );
            assert_eq!(said.value, default.value, "{}", said.key);
        }
        assert_eq!(
            (
                template.config.clients.len(),
                template.config.resources.len()
            ),
            (1, 1)
        );
    }

    #[test]
    fn no_line_is_longer_than_the_screen() {
        for line in render().lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
    }
}
