//! What a benchmark says: a table and a sentence for people, one JSON object for machines, and a
//! chart.

use serde_json::json;

use super::{
    figure::{Figure, times},
    machine::{Machine, profile},
};
use crate::{
    failure::Failure,
    output::{self, BAD, BOLD, DIM, GOOD, WARN, styled},
};

/// A benchmark's result.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(super) bench: &'static str,
    pub(super) machine: Machine,
    pub(super) quick: bool,
    pub(super) figures: Vec<Figure>,
    /// Members that the JSON object has beside the results.
    pub(super) more: Vec<(&'static str, f64)>,
    /// What it means, in a sentence.
    pub(super) meaning: String,
}

impl Report {
    /// Of this machine as it is now, before anything is measured.
    pub(super) fn new(bench: &'static str, quick: bool) -> Self {
        Self {
            bench,
            machine: Machine::here(),
            quick,
            figures: Vec::new(),
            more: Vec::new(),
            meaning: String::new(),
        }
    }

    /// The figure of that name; every benchmark knows its own names.
    pub(super) fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// Whether no goal is missed.
    pub(crate) fn met(&self) -> bool {
        self.figures
            .iter()
            .all(|figure| figure.met() != Some(false))
    }

    /// The one JSON object.
    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        let mut document = json!({
            "bench": self.bench,
            "quick": self.quick,
            "machine": self.machine.json(),
            "results": self.figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "met": self.met(),
            "meaning": self.meaning,
        });
        if let Some(members) = document.as_object_mut() {
            for (name, value) in &self.more {
                members.insert((*name).to_owned(), json!(value));
            }
        }
        Ok(output::json(&document)?)
    }

    /// For people.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        output::line(&styled(DIM, self.machine.line()))?;
        let mut panels: Vec<&str> = self.figures.iter().map(|figure| figure.panel).collect();
        panels.dedup();
        for panel in panels {
            output::line("")?;
            output::line(&styled(BOLD, panel))?;
            let rows = self
                .figures
                .iter()
                .filter(|figure| figure.panel == panel)
                .map(row);
            output::table(&["", "took", "beside", "×", "goal", ""], rows)?;
        }
        output::line("")?;
        output::line(&self.meaning)?;
        self.verdict()
    }

    fn verdict(&self) -> Result<(), Failure> {
        let goals = self.figures.iter().filter_map(Figure::met);
        let (met, all) = goals.fold((0, 0), |(met, all), one| (met + u32::from(one), all + 1));
        let style = if met == all { GOOD } else { BAD };
        output::line(&styled(style, format!("{met} of {all} goals met.")))?;
        if self.quick || profile() == "debug" {
            let why = if self.quick {
                "--quick"
            } else {
                "a debug build"
            };
            output::note(&styled(
                WARN,
                format!("{why}: shows that it works, the figures mean little"),
            ));
        }
        Ok(())
    }

    /// The chart, as a file's content.
    pub(crate) fn svg(&self) -> String {
        super::chart::draw(self)
    }

    pub(super) fn machine_line(&self) -> String {
        self.machine.line()
    }
}

fn row(figure: &Figure) -> Vec<String> {
    let (what, other) = figure.beside;
    let met = match figure.met() {
        None => "",
        Some(true) => "met",
        Some(false) => "missed",
    };
    vec![
        figure.label.clone(),
        figure.unit.show(figure.value),
        format!("{what} {}", figure.unit.show(other)),
        times(figure.ratio),
        figure.goal_text(),
        met.to_owned(),
    ]
}
