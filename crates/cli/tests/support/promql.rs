//! What an expression of PromQL asks for: enough of the language for expressions that are our own.

/// One metric that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Its name.
    pub(crate) metric: String,
    /// Label, operator, value.
    pub(crate) matchers: Vec<(String, String, String)>,
    /// Labels by which the expression around it groups.
    pub(crate) grouped: Vec<String>,
}

/// Words that are followed by a list of labels in parentheses.
const GROUPING: [&str; 2] = ["by", "without"];

/// Every metric of an expression: a name that no parenthesis follows and that begins like ours, or
/// `up`.
pub(crate) fn selectors(expression: &str) -> Vec<Selector> {
    let mut found: Vec<Selector> = Vec::new();
    // Labels of the aggregation that was opened last.
    let mut grouped: Vec<String> = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '"' || c == '_') {
        rest = rest.get(start..).unwrap();
        if let Some(text) = rest.strip_prefix('"') {
            rest = text.split_once('"').unwrap().1;
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)));
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        if GROUPING.contains(&word) {
            let (labels, after) = after
                .trim_start()
                .strip_prefix('(')
                .unwrap()
                .split_once(')')
                .unwrap();
            grouped = labels
                .split(',')
                .map(|label| label.trim().to_owned())
                .collect();
            rest = after;
        } else if word == "up" || word.starts_with("symbolon_") {
            let (matchers, after) = matchers(after);
            rest = after;
            found.push(Selector {
                metric: word.to_owned(),
                matchers,
                grouped: grouped.clone(),
            });
        }
    }
    found
}

type Matchers = Vec<(String, String, String)>;

/// `{label="value",…}`, if it is there, and what follows.
fn matchers(text: &str) -> (Matchers, &str) {
    let Some(mut rest) = text.strip_prefix('{') else {
        return (Vec::new(), text);
    };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return (found, after);
        }
        let (asked, after) = rest.split_once('"').unwrap();
        let (label, operator) = asked.split_at(asked.find(['=', '!']).unwrap());
        let (value, after) = after.split_once('"').unwrap();
        found.push((label.to_owned(), operator.to_owned(), value.to_owned()));
        rest = after;
    }
}

#[test]
fn what_is_asked_for_is_found() {
    let found = selectors(
        "sum by (le, route) (rate(symbolon_a_bucket{job=\"$job\",route!=\"/x{y}\"}[5m])) / up{b=~\"c\"} > 1",
    );
    let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].metric, "symbolon_a_bucket");
    let labels: Vec<_> = found[0]
        .matchers
        .iter()
        .map(|(label, ..)| label.clone())
        .collect();
    assert_eq!(labels, texts(&["job", "route"]));
    assert_eq!(found[0].matchers[1].1, "!=");
    assert_eq!(found[0].matchers[1].2, "/x{y}");
    assert_eq!(found[0].grouped, texts(&["le", "route"]));
    assert_eq!(found[1].metric, "up");
}
