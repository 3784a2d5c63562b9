//! Everything that this program prints. Data goes to standard output, in `--json` mode as one
//! document; diagnostics go to standard error. Colours follow the terminal and `NO_COLOR`.
//!
//! The one thing that must not be broken: text of others passes [`visible`] on its way here, and
//! JSON passes [`visible_json`].

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets::NOTHING};
use serde_json::Value;

use crate::{
    failure::Failure,
    text::{visible, visible_json},
};

/// For what went well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// For what went wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// For what needs care.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// For what stands beside the matter.
pub const DIM: Style = Style::new().dimmed();
/// For headings.
pub const BOLD: Style = Style::new().bold();

/// `text` in a style; escapes are taken out again where the output is no terminal.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes data.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a line of data.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes the JSON document.
pub fn json(document: &Value) -> io::Result<()> {
    line(&visible_json(&format!("{document:#}")))
}

/// Writes a JSON document `{"<name>":[…]}` item by item, so that memory does not grow with it.
pub struct JsonList {
    first: bool,
}

impl JsonList {
    /// Opens the document.
    pub fn open(name: &str) -> io::Result<Self> {
        line(&format!("{{\n  \"{name}\": ["))?;
        Ok(Self { first: true })
    }

    /// Writes some items at once.
    pub fn items(&mut self, items: impl IntoIterator<Item = Value>) -> io::Result<()> {
        let mut text = String::new();
        for item in items {
            text.push_str(if self.first { "    " } else { "    ," });
            self.first = false;
            text.push_str(&visible_json(&item.to_string()));
            text.push('\n');
        }
        print(&text)
    }

    /// Closes the document.
    pub fn close(self) -> io::Result<()> {
        line("  ]\n}")
    }
}

/// Writes a table; cells are made visible.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> io::Result<()> {
    Pages::new(header).rows(rows)
}

/// Writes a table page by page, so that memory does not grow with it. Columns only grow wider.
pub struct Pages {
    header: Option<Vec<String>>,
    widths: Vec<u16>,
}

impl Pages {
    /// Begins a table, of which nothing is written yet.
    #[must_use]
    pub fn new(header: &[&str]) -> Self {
        Self {
            header: Some(header.iter().map(|name| name.to_uppercase()).collect()),
            widths: Vec::new(),
        }
    }

    /// Writes some rows, below the header the first time.
    pub fn rows(&mut self, rows: impl IntoIterator<Item = Vec<String>>) -> io::Result<()> {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        if let Some(header) = self.header.take() {
            table.set_header(header);
        }
        for row in rows {
            table.add_row(row.iter().map(|cell| visible(cell).into_owned()));
        }
        for (column, width) in table.column_iter_mut().zip(&self.widths) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*width)));
        }
        let mut text = String::new();
        for row in table.lines() {
            text.push_str(row.trim_end());
            text.push('\n');
        }
        let now = table.column_max_content_widths().into_iter().enumerate();
        self.widths = now
            .map(|(column, width)| width.max(self.widths.get(column).copied().unwrap_or_default()))
            .collect();
        print(&text)
    }
}

/// Writes a remark to standard error.
pub fn note(text: &str) {
    // There is nowhere left to complain about standard error.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Writes a question to standard error, without a line break.
pub fn ask(question: &str) {
    let mut err = anstream::stderr();
    let _ = write!(err, "{question}");
    let _ = err.flush();
}

/// Writes a failure to standard error.
pub fn failure(failure: &Failure) {
    for (message, hint) in &failure.lines {
        note(&format!("{} {message}", styled(BAD, "error:")));
        if let Some(hint) = hint {
            note(&format!("{} {hint}", styled(DIM, "  hint:")));
        }
    }
}
