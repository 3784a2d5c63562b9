//! One figure: a value, what it is compared with, and what it is to reach.

use serde_json::{Map, Value, json};

use super::race::Lap;

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Nanoseconds,
    Milliseconds,
    Bytes,
}

impl Unit {
    /// The member of the JSON object.
    const fn member(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
        }
    }

    /// The sign of the unit.
    const fn sign(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Milliseconds => "ms",
            Self::Bytes => "B",
        }
    }

    /// For people, with three digits that count.
    pub(super) fn show(self, value: f64) -> String {
        let (value, unit) = match self {
            Self::Nanoseconds if value >= 1e6 => (value / 1e6, "ms"),
            Self::Nanoseconds if value >= 1e3 => (value / 1e3, "µs"),
            _ => (value, self.sign()),
        };
        let digits = match value {
            value if value >= 100.0 => 0,
            value if value >= 10.0 => 1,
            _ => 2,
        };
        format!("{value:.digits$} {unit}")
    }
}

/// What a figure is to reach at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// So many times what it is compared with.
    Ratio(f64),
    /// So much in its own unit.
    Most(f64),
    /// So much more, in its own unit, than what it is compared with.
    Added(f64),
}

/// A measured figure.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// The figures it is shown with.
    pub(super) panel: &'static str,
    /// The stable name, e.g. `verify/EdDSA`.
    pub(super) name: String,
    /// The name within its panel, for people.
    pub(super) label: String,
    pub(super) unit: Unit,
    pub(super) value: f64,
    /// What it is compared with, and how much that is in the same unit.
    pub(super) beside: (&'static str, f64),
    pub(super) ratio: f64,
    /// By how much it is more.
    pub(super) added: f64,
    pub(super) goal: Option<Goal>,
    /// Further members of the JSON object.
    pub(super) more: Vec<(&'static str, f64)>,
}

impl Figure {
    /// A time a call, beside another that took turns with it.
    pub(super) fn lap(
        panel: &'static str,
        name: impl Into<String>,
        lap: &Lap,
        beside: (&'static str, &Lap),
    ) -> Self {
        let (what, other) = beside;
        Self {
            ratio: lap.ratio_to(other),
            added: lap.above(other),
            ..Self::value(panel, name, Unit::Nanoseconds, lap.ns(), (what, other.ns()))
        }
    }

    /// Any value beside another in the same unit.
    pub(super) fn value(
        panel: &'static str,
        name: impl Into<String>,
        unit: Unit,
        value: f64,
        beside: (&'static str, f64),
    ) -> Self {
        let name = name.into();
        let label = name
            .split_once('/')
            .map_or(name.as_str(), |(_, label)| label)
            .to_owned();
        let (_, other) = beside;
        Self {
            panel,
            name,
            label,
            unit,
            value,
            beside,
            ratio: value / other.max(f64::MIN_POSITIVE),
            added: value - other,
            goal: None,
            more: Vec::new(),
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) const fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Whether the goal is met; none without a goal.
    pub(super) fn met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::Ratio(most) => self.ratio <= most,
            Goal::Most(most) => self.value <= most,
            Goal::Added(most) => self.added <= most,
        })
    }

    /// The value at which the goal would just be met.
    pub(super) fn limit(&self) -> Option<f64> {
        let (_, other) = self.beside;
        Some(match self.goal? {
            Goal::Ratio(most) => other * most,
            Goal::Most(most) => most,
            Goal::Added(most) => other + most,
        })
    }

    /// The goal in words.
    pub(super) fn goal_text(&self) -> String {
        match self.goal {
            None => String::new(),
            Some(Goal::Ratio(most)) => format!("≤ {most} ×"),
            Some(Goal::Most(most)) => format!("≤ {most} {}", self.unit.sign()),
            Some(Goal::Added(most)) => format!("≤ + {most} {}", self.unit.sign()),
        }
    }

    pub(super) fn json(&self) -> Value {
        let (what, other) = self.beside;
        let unit = self.unit.member();
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(self.name));
        object.insert(unit.to_owned(), json!(rounded(self.value)));
        for (name, value) in &self.more {
            object.insert((*name).to_owned(), json!(rounded(*value)));
        }
        object.insert("ratio".to_owned(), json!(rounded(self.ratio)));
        object.insert("ratio_to".to_owned(), json!(what));
        object.insert(format!("ratio_to_{unit}"), json!(rounded(other)));
        let (goal, of) = match self.goal {
            None => (None, None),
            Some(Goal::Ratio(most)) => (Some(most), Some("ratio".to_owned())),
            Some(Goal::Most(most)) => (Some(most), Some(unit.to_owned())),
            Some(Goal::Added(most)) => {
                let of = format!("added_{unit}");
                object.insert(of.clone(), json!(rounded(self.added)));
                (Some(most), Some(of))
            }
        };
        object.insert("goal".to_owned(), json!(goal));
        object.insert("goal_of".to_owned(), json!(of));
        object.insert("met".to_owned(), json!(self.met()));
        Value::Object(object)
    }
}

/// A ratio for people.
pub(super) fn times(ratio: f64) -> String {
    let digits = match ratio {
        ratio if ratio >= 100.0 => 0,
        ratio if ratio >= 10.0 => 1,
        _ => 3,
    };
    format!("{ratio:.digits$}")
}

/// Four decimals: more is noise.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Figure {
        Figure::value(
            "p",
            "verify/EdDSA",
            Unit::Nanoseconds,
            value,
            ("raw", 100.0),
        )
    }

    #[test]
    fn a_goal_is_met_up_to_its_limit() {
        for (goal, limit) in [
            (Goal::Ratio(1.5), 150.0),
            (Goal::Most(120.0), 120.0),
            (Goal::Added(30.0), 130.0),
        ] {
            assert_eq!(figure(limit).goal(goal).met(), Some(true), "{goal:?}");
            assert_eq!(
                figure(limit + 1.0).goal(goal).met(),
                Some(false),
                "{goal:?}"
            );
            assert_eq!(figure(1.0).goal(goal).limit(), Some(limit));
        }
        assert_eq!(figure(1.0).met(), None);
    }

    #[test]
    fn the_object_says_what_the_goal_is_of() {
        let object = figure(150.0).goal(Goal::Added(30.0)).json();
        assert_eq!(object["name"], "verify/EdDSA");
        assert_eq!(object["ns"], 150.0);
        assert_eq!(object["ratio"], 1.5);
        assert_eq!(object["added_ns"], 50.0);
        assert_eq!(object["goal_of"], "added_ns");
        assert_eq!(object["met"], false);
        assert!(figure(1.0).json()["goal"].is_null());
    }

    #[test]
    fn people_see_three_digits() {
        let show = |value| Unit::Nanoseconds.show(value);
        assert_eq!(show(19.66), "19.7 ns");
        assert_eq!(show(31_234.0), "31.2 µs");
        assert_eq!(show(13_400_000.0), "13.4 ms");
        assert_eq!(Unit::Bytes.show(31.25), "31.2 B");
        assert_eq!(
            [0.0054, 1.0312, 201.05].map(times),
            ["0.005", "1.031", "201"]
        );
    }
}
