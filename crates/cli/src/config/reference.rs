//! The manual's page on configuration, made from the same table as the parser.

use std::fmt::Write as _;

use super::{entries::LISTS, sections::SECTIONS};

const PREAMBLE: &str = r#"# Configuration

<!-- Generated from the table of keys in crates/cli/src/config/sections.rs. To rewrite it:
     UPDATE_DOCS=1 cargo test -p symbolon --test config -->

Symbolon runs without any configuration. What you say is looked up in this order, the later being
stronger:

1. the defaults below;
2. `symbolon.toml`: the file that `--config` names, else the one in the working directory, else the
   one in the data directory;
3. environment variables, `SYMBOLON_SECTION__KEY` (two underscores between section and key); a
   secret may be in a file instead, which the variable `SYMBOLON_SECTION__KEY_FILE` names;
4. flags.

Durations are a number and a unit: `"10s"`, `"5m"`, `"12h"`, `"30d"`. In a variable, lists are
separated by commas. An unknown key, a wrong type and a value out of range are errors, and every
error names its file, line and key, or its variable.

| command | what it does |
|---|---|
| `symbolon config template` | writes a `symbolon.toml` with every key, its default and its explanation |
| `symbolon config check` | says everything that is wrong, and exits with 2 if something is |
| `symbolon config print` | shows every value in force and where it comes from; secrets are redacted |

## The master key

Private keys and server secrets are encrypted at rest under the master key. It is never in the
configuration file. It comes from

- `SYMBOLON_MASTER_KEY`: base64 keys of 32 bytes, separated by commas (`openssl rand -base64 32`);
  the first encrypts, all decrypt;
- or the file that `SYMBOLON_MASTER_KEY_FILE` names, with the same content;
- or `master.key` in the data directory, made with mode 0600 at the first start. A file that others
  can read is refused. Back it up apart from the database: without it the keys in the database
  cannot be read.
"#;

/// The page as Markdown.
#[must_use]
pub fn render() -> String {
    let mut out = PREAMBLE.to_owned();
    for section in SECTIONS {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            out,
            "\n## `[{}]`\n\n{}\n",
            section.name,
            sentence(section.doc)
        );
        out.push_str("| key | default | meaning |\n|---|---|---|\n");
        for spec in section.keys {
            let limits = match spec.range {
                Some((min, max)) => format!("From `{min}` to `{max}`."),
                None => format!("Value: {}.", spec.expected),
            };
            let meaning = format!("{} {limits}", sentence(spec.doc));
            let meaning = meaning.replace('|', "\\|");
            let _ = writeln!(out, "| `{}` | `{}` | {meaning} |", spec.name, spec.default);
        }
    }
    for list in LISTS {
        let _ = writeln!(out, "\n## `[[{}]]`\n\n{}\n", list.name, sentence(list.doc));
        out.push_str("| key | example | meaning |\n|---|---|---|\n");
        for member in list.members {
            let needed = if member.required {
                "Required."
            } else {
                "Optional."
            };
            let _ = writeln!(
                out,
                "| `{}` | `{}` | {} {needed} |",
                member.name, member.example, member.doc
            );
        }
    }
    out
}

fn sentence(doc: &[&str]) -> String {
    doc.iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ")
}
