//! `symbolon jwt lint`: what is unwise, odd or dangerous, although it may verify.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use symbolon_core::Clock as _;
use symbolon_jose::lint::{self, Finding, Kind, Severity};
use zeroize::Zeroizing;

use super::{
    input::{bare, from_stdin, in_arguments},
    key_source::file,
};
use crate::{
    commands::{Context, Exit, Outcome, block_on},
    failure::Failure,
    fetch, output,
    system::SystemClock,
    text::visible,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing but notices, 1 a warning or an error was found, 2 usage, 3 unreachable. docs/lint.md lists every rule."
)]
pub(super) struct Lint {
    /// A file with a token, a JWK Set or metadata; "-" or nothing for standard input.
    #[arg(value_name = "FILE|-")]
    file: Option<PathBuf>,
    /// What it is, where that cannot be told by looking.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// Fetches an issuer's metadata and key set instead.
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "kind"])]
    issuer: Option<String>,
    /// A file of words, one a line, that a token's shared secret might be.
    #[arg(long, value_name = "FILE", conflicts_with = "issuer")]
    secret_list: Option<PathBuf>,
}

fn kind(name: &str) -> Result<Kind, String> {
    let known = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    known.ok_or_else(|| "one of token, jwks, metadata".to_owned())
}

/// What was looked at, and what was found.
struct Document {
    kind: Kind,
    source: String,
    findings: Vec<Finding>,
}

impl Lint {
    pub(super) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let documents = match &self.issuer {
            Some(issuer) => of_issuer(issuer)?,
            None => vec![self.of_text()?],
        };
        if context.global.json {
            output::json(&report(&documents))?;
        } else {
            for document in &documents {
                print(document)?;
            }
        }
        let worst = documents.iter().flat_map(|document| &document.findings);
        let worst = worst.map(|finding| finding.severity).max();
        Ok(if worst > Some(Severity::Notice) {
            Exit::Failed
        } else {
            Exit::Success
        })
    }

    fn of_text(&self) -> Result<Document, Failure> {
        let (source, text) = match self.file.as_deref() {
            Some(path) if path != Path::new("-") => (path.display().to_string(), read(path)?),
            _ => ("-".to_owned(), from_stdin()?),
        };
        let secrets = match &self.secret_list {
            Some(path) => file(path)?.lines().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let kind = self.kind.unwrap_or_else(|| Kind::detect(&text));
        let findings = match kind {
            Kind::KeySet => lint::key_set(&text),
            Kind::Metadata => lint::metadata(&text, None),
            _ => lint::token(&text, SystemClock.now().as_secs(), &secrets),
        };
        Ok(Document {
            kind,
            source,
            findings,
        })
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.starts_with(b"ey") && name.iter().filter(|byte| **byte == b'.').count() == 2 {
        return Err(in_arguments("lint"));
    }
    bare(&file(path)?).ok_or_else(|| Failure::usage(format_args!("{} is empty", path.display())))
}

fn of_issuer(issuer: &str) -> Result<Vec<Document>, Failure> {
    let documents = block_on(Box::pin(fetch::documents(issuer)))?;
    let mut linted = vec![Document {
        kind: Kind::Metadata,
        source: issuer.to_owned(),
        findings: lint::metadata(&documents.metadata, Some(issuer)),
    }];
    if let Some(key_set) = &documents.key_set {
        linted.push(Document {
            kind: Kind::KeySet,
            source: issuer.to_owned(),
            findings: lint::key_set(key_set),
        });
    }
    Ok(linted)
}

fn count(documents: &[Document], severity: Severity) -> usize {
    let findings = documents.iter().flat_map(|document| &document.findings);
    findings
        .filter(|finding| finding.severity == severity)
        .count()
}

fn report(documents: &[Document]) -> Value {
    let each = |document: &Document| {
        json!({
            "kind": document.kind.name(),
            "source": document.source,
            "findings": document.findings,
        })
    };
    let [errors, warnings, notices] = [Severity::Error, Severity::Warning, Severity::Notice]
        .map(|severity| count(documents, severity));
    json!({
        "documents": documents.iter().map(each).collect::<Vec<_>>(),
        "errors": errors,
        "warnings": warnings,
        "notices": notices,
    })
}

fn print(document: &Document) -> std::io::Result<()> {
    let one = std::slice::from_ref(document);
    let numbers: Vec<_> = [Severity::Error, Severity::Warning, Severity::Notice]
        .into_iter()
        .map(|severity| (count(one, severity), severity.name()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{number} {name}{}", if number == 1 { "" } else { "s" }))
        .collect();
    let summary = if numbers.is_empty() {
        output::styled(output::GOOD, "nothing found")
    } else {
        numbers.join(", ")
    };
    output::line(&format!(
        "{} {summary}",
        output::styled(output::BOLD, format_args!("{}:", document.kind.name()))
    ))?;
    let mut worst_first: Vec<_> = document.findings.iter().collect();
    worst_first.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in worst_first {
        let style = match finding.severity {
            Severity::Error => output::BAD,
            Severity::Warning => output::WARN,
            _ => output::DIM,
        };
        output::line(&format!(
            "  {} {} at {}: {}",
            output::styled(style, format_args!("{:<7}", finding.severity.name())),
            output::styled(output::BOLD, finding.code),
            visible(&finding.at),
            visible(&finding.found)
        ))?;
        output::line(&format!("          {}", finding.why))?;
        output::line(&format!(
            "          {} {}",
            output::styled(output::DIM, "fix:"),
            finding.fix
        ))?;
    }
    Ok(())
}
