//! The figures as a bar chart: one SVG file that needs nothing beside it, with its text as text,
//! in light or dark as the reader's system is.
//!
//! Each panel has a scale of its own that begins at nothing. A figure has two bars, what was
//! measured and, thinner, what it is compared with; a line marks where its goal would just be met.

use std::fmt::Write as _;

use super::{
    Report,
    figure::{Figure, times},
};

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 24.0;
/// Where the bars begin, and how long the longest is.
const BARS_AT: f64 = 250.0;
const BARS: f64 = 330.0;
const ROW: f64 = 38.0;
/// Height of a panel's title, and the space below a panel.
const TITLE: f64 = 30.0;
const GAP: f64 = 18.0;
const HEAD: f64 = 92.0;
const FOOT: f64 = 24.0;

const STYLE: &str = "\
svg{color-scheme:light dark}\
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.page{fill:#ffffff}.h{font-size:19px;font-weight:600}.p{font-weight:600}\
.dim{fill:#59636e;font-size:12px}.v{font-variant-numeric:tabular-nums}\
.own{fill:#0b62c4}.other{fill:#b4bcc6}.axis{stroke:#d1d9e0}.goal{stroke:#1f2328;stroke-width:2}\
.miss{fill:#b3261e;font-weight:600}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.dim{fill:#9198a1}\
.own{fill:#58a6ff}.other{fill:#4b535d}.axis{stroke:#30363d}.goal{stroke:#e6edf3}\
.miss{fill:#ff8982}}";

/// Draws it.
pub(super) fn draw(report: &Report) -> String {
    let mut panels: Vec<Vec<&Figure>> = Vec::new();
    for figure in &report.figures {
        match panels.last_mut() {
            Some(panel) if panel.last().is_some_and(|last| last.panel == figure.panel) => {
                panel.push(figure);
            }
            _ => panels.push(vec![figure]),
        }
    }
    let rows: usize = report.figures.len();
    let height = HEAD + FOOT + panels.len() as f64 * (TITLE + GAP) + rows as f64 * ROW;
    let mut svg = Svg::open(height, &format!("symbolon bench {}", report.bench));
    svg.text(
        MARGIN,
        36.0,
        "h",
        &format!("symbolon bench {}", report.bench),
    );
    svg.text(MARGIN, 58.0, "dim", &report.machine_line());
    legend(&mut svg, 78.0);
    let mut y = HEAD;
    for panel in panels {
        y = draw_panel(&mut svg, &panel, y) + GAP;
    }
    svg.close()
}

fn legend(svg: &mut Svg, y: f64) {
    let mut x = MARGIN;
    for (class, text, room) in [
        ("own", "measured", 90.0),
        ("other", "what it is compared with", 180.0),
    ] {
        svg.bar(x, y - 9.0, 12.0, 9.0, class);
        svg.text(x + 18.0, y, "dim", text);
        x += room;
    }
    svg.line(x + 4.0, y - 11.0, y + 1.0, "goal");
    svg.text(x + 14.0, y, "dim", "goal: left of the line");
}

/// Draws a panel from `y` on; where it ends.
fn draw_panel(svg: &mut Svg, panel: &[&Figure], y: f64) -> f64 {
    let Some(first) = panel.first() else { return y };
    svg.text(MARGIN, y + 16.0, "p", first.panel);
    // Goals count, too, so that their lines are on the scale.
    let longest = panel
        .iter()
        .flat_map(|figure| [figure.value, figure.beside.1, figure.limit().unwrap_or(0.0)])
        .fold(f64::MIN_POSITIVE, f64::max);
    let length = |value: f64| (value / longest * BARS).max(1.0);
    let top = y + TITLE;
    let bottom = top + panel.len() as f64 * ROW;
    for (figure, row) in panel.iter().zip(0..) {
        draw_figure(svg, figure, top + f64::from(row) * ROW, length);
    }
    svg.line(BARS_AT, top, bottom, "axis");
    bottom
}

fn draw_figure(svg: &mut Svg, figure: &Figure, y: f64, length: impl Fn(f64) -> f64) {
    let (what, other) = figure.beside;
    svg.label(BARS_AT - 10.0, y + 14.0, "", &figure.label);
    svg.label(BARS_AT - 10.0, y + 28.0, "dim", what);
    svg.bar(BARS_AT, y + 3.0, length(figure.value), 14.0, "own");
    svg.bar(BARS_AT, y + 20.0, length(other), 8.0, "other");
    if let Some(limit) = figure.limit() {
        svg.line(BARS_AT + length(limit), y, y + 20.0, "goal");
    }
    let x = BARS_AT + BARS + 14.0;
    let value = figure.unit.show(figure.value);
    let value = format!("{value}  ({} ×)", times(figure.ratio));
    svg.text(x, y + 14.0, "v", &value);
    let (class, verdict) = match figure.met() {
        None => return,
        Some(true) => ("dim", "met"),
        Some(false) => ("miss", "missed"),
    };
    let goal = format!("goal {}: {verdict}", figure.goal_text());
    svg.text(x, y + 28.0, class, &goal);
}

/// A file that is being written.
struct Svg(String);

impl Svg {
    fn open(height: f64, title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" \
             height=\"{height}\"/>\n"
        ))
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.write(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>\n",
            escaped(text)
        ));
    }

    /// Text that ends at `x`.
    fn label(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.write(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"end\">{}</text>\n",
            escaped(text)
        ));
    }

    fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        self.write(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" \
             class=\"{class}\"/>\n"
        ));
    }

    fn line(&mut self, x: f64, top: f64, bottom: f64, class: &str) {
        self.write(format_args!(
            "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" \
             class=\"{class}\"/>\n"
        ));
    }

    fn write(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(what);
    }

    fn close(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// Text of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::{Goal, Unit};

    #[test]
    fn a_chart_has_each_figure_once_and_says_what_is_missed() {
        let mut report = Report::new("verify", true);
        let figure = |panel, name: &str, value| {
            Figure::value(panel, name, Unit::Nanoseconds, value, ("raw <&>", 100.0))
        };
        report.figures = vec![
            figure("one", "verify/EdDSA", 104.0).goal(Goal::Ratio(1.06)),
            figure("one", "verify/ES256", 110.0).goal(Goal::Ratio(1.06)),
            figure("two", "verify/cached", 50.0),
        ];
        let svg = draw(&report);
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("class=\"own\"").count(), 3 + 1);
        assert_eq!(svg.matches("class=\"p\"").count(), 2);
        assert_eq!(svg.matches(": missed<").count(), 1);
        assert_eq!(svg.matches(": met<").count(), 1);
        assert!(svg.contains("raw &lt;&amp;&gt;") && !svg.contains("raw <"));
        assert!(svg.contains("prefers-color-scheme:dark"));
    }
}
