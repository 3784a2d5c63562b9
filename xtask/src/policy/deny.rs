//! `deny.toml` is for those who run cargo-deny themselves; it has to say what [`super::table`] says.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{
    Inputs, Violation,
    table::{BANNED, LICENCES},
};

/// The bans and the licences are the same in both places.
pub(super) fn in_sync(inputs: &Inputs) -> Vec<Violation> {
    let bans = names(&inputs.deny, "bans", "deny");
    let licences = names(&inputs.deny, "licenses", "allow");
    let banned = BANNED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let allowed = LICENCES.iter().map(|name| (*name).to_owned()).collect();
    let mut violations = differences("[bans] deny", &bans, &banned);
    violations.extend(differences("[licenses] allow", &licences, &allowed));
    violations
}

/// The entries of a list: strings, or tables that name a crate.
fn names(deny: &Table, section: &str, list: &str) -> BTreeSet<String> {
    let entries = deny
        .get(section)
        .and_then(|section| section.get(list))
        .and_then(Value::as_array);
    let name = |entry: &Value| {
        let name = entry
            .as_str()
            .or_else(|| entry.get("crate").and_then(Value::as_str));
        name.map(str::to_owned)
    };
    entries.into_iter().flatten().filter_map(name).collect()
}

fn differences(list: &str, there: &BTreeSet<String>, here: &BTreeSet<String>) -> Vec<Violation> {
    let reason = "deny.toml and xtask/src/policy/table.rs are one policy";
    let missing = here
        .difference(there)
        .map(|name| format!("{list} lacks {name}"));
    let excess = there
        .difference(here)
        .map(|name| format!("{list} has {name} on its own"));
    missing
        .chain(excess)
        .map(|what| Violation::new("deny.toml", what, reason))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deny(bans: &str, licences: &str) -> Vec<String> {
        let text = format!("[bans]\ndeny = [{bans}]\n[licenses]\nallow = [{licences}]\n");
        let inputs = Inputs {
            deny: text.parse().unwrap(),
            ..Inputs::default()
        };
        in_sync(&inputs).iter().map(ToString::to_string).collect()
    }

    fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
        names.map(|name| format!("\"{name}\", ")).collect()
    }

    #[test]
    fn a_difference_in_either_direction_is_found() {
        let bans: String = BANNED
            .iter()
            .map(|(name, _)| format!("{{ crate = \"{name}\", reason = \"no\" }}, "))
            .collect();
        let licences = quoted(LICENCES.iter().copied());
        assert_eq!(deny(&bans, &licences), [""; 0]);

        let extra = deny(&format!("{bans} \"left-pad\""), &licences);
        assert!(
            extra[0].starts_with("deny.toml: [bans] deny has left-pad on its own"),
            "{extra:?}"
        );
        let fewer = quoted(LICENCES.iter().copied().filter(|name| *name != "MIT"));
        let fewer = deny(&bans, &fewer);
        assert!(
            fewer[0].starts_with("deny.toml: [licenses] allow lacks MIT: "),
            "{fewer:?}"
        );
    }
}
