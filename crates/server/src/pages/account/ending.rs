//! What an end would reach, in words, before it is clicked.

use symbolon_core::store::Reach;

use crate::texts::Texts;

/// One line for each kind of thing that is reached; none if it is the log-ins alone.
pub(in crate::pages) fn lines(t: Texts, reach: Reach) -> Vec<String> {
    if reach.apps == 0 {
        return Vec::new();
    }
    [
        (reach.apps, t.reached_apps(reach.apps)),
        (
            reach.refresh_tokens,
            t.reached_refresh(reach.refresh_tokens),
        ),
        (
            reach.grants_with_access,
            t.reached_access(reach.grants_with_access),
        ),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(_, line)| line)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn what_is_reached_is_counted_and_what_is_not_is_left_out() {
        let reach = Reach {
            sessions: 2,
            apps: 3,
            refresh_tokens: 2,
            grants_with_access: 1,
        };
        assert_eq!(
            lines(Texts::default(), reach),
            [
                "3 apps",
                "2 refresh tokens",
                "the access tokens of up to 1 app log-in",
            ]
        );
        let german = Texts::new(Language::German);
        let one = Reach {
            refresh_tokens: 0,
            apps: 1,
            ..reach
        };
        let said = lines(german, one);
        assert_eq!(said.first().map(String::as_str), Some("1 Anwendung"));
        assert_eq!(said.len(), 2);
        assert!(lines(german, Reach::default()).is_empty());
    }
}
