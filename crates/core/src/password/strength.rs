//! How easily a password is guessed: zxcvbn's estimate, and the passwords that everybody tries first.

use unicode_normalization::UnicodeNormalization;
use zxcvbn::zxcvbn;

use crate::secret::Password;

/// The 10,000 commonest passwords in lower case; `common-passwords.LICENSE` says where from.
const COMMON: &str = include_str!("common-passwords.txt");

/// Characters of a password or name that the estimate looks at. What is longer is at least as strong.
const MAX_RATED: usize = 40;
/// The same where many characters may stand for letters: zxcvbn tries every combination of what they
/// may stand for on every part of the password.
const MAX_RATED_LEET: usize = 16;
/// So many different ones are many.
const MANY_LEET: usize = 6;
/// What zxcvbn takes for letters in disguise.
const LEET: &str = "4@8({[<369&#!1/|0$5+7%2";

/// What is known of a password's strength.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// From 0, guessed at once, to 4, very hard to guess.
    pub score: u8,
    /// Whether it is one of the commonest.
    pub is_common: bool,
    /// What makes it weak, if it is, in English.
    pub warning: Option<String>,
    /// What would make it stronger, in English.
    pub suggestions: Vec<String>,
}

impl Strength {
    /// Of a password of somebody who is known by these names. They weaken it: they are guessed
    /// first.
    pub(super) fn of(password: &Password, names: &[String]) -> Self {
        let names: Vec<&str> = names.iter().map(|name| rated(name)).collect();
        let estimate = zxcvbn(rated(password.expose()), &names);
        let feedback = estimate.feedback();
        let is_common = is_common(password.expose());
        Self {
            score: if is_common {
                0
            } else {
                estimate.score().into()
            },
            is_common,
            warning: feedback
                .and_then(|feedback| feedback.warning())
                .map(|warning| warning.to_string()),
            suggestions: feedback
                .map(|feedback| feedback.suggestions())
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }
}

/// As much of a text as can be rated in milliseconds.
fn rated(text: &str) -> &str {
    let start = first(text, MAX_RATED);
    let leet = LEET.chars().filter(|one| start.contains(*one)).count();
    if leet > MANY_LEET {
        first(start, MAX_RATED_LEET)
    } else {
        start
    }
}

fn first(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map(|(at, _)| at);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Whatever the case and the width of its letters.
fn is_common(password: &str) -> bool {
    let folded: String = password.nfkc().collect::<String>().to_lowercase();
    COMMON.lines().any(|common| common == folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(text: &str, names: &[&str]) -> Strength {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Strength::of(&Password::new(text.to_owned()), &names)
    }

    /// zxcvbn by itself takes seconds for this one.
    #[test]
    fn only_as_much_is_rated_as_can_be_rated_quickly() {
        let leet = "4@8({[<369&#!1/|0$5+7%2".repeat(4);
        assert_eq!(rated(&leet).chars().count(), MAX_RATED_LEET);
        assert_eq!(rated(&"ä".repeat(100)).chars().count(), MAX_RATED);
        assert_eq!(rated("tr0ub4dor&3"), "tr0ub4dor&3");
        assert_eq!(
            strength(&leet, &[&leet]).score,
            strength(rated(&leet), &[rated(&leet)]).score
        );
        assert_eq!(strength(&leet, &[]).score, 4);
    }

    #[test]
    fn the_commonest_are_there_and_each_on_a_line_of_its_own() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!((9_900..=10_000).contains(&lines.len()), "{}", lines.len());
        assert!(lines.is_sorted() && lines.iter().all(|line| !line.is_empty()));
        for common in ["password1", "PASSWORD1", "ＰＡＳＳＷＯＲＤ１", "12345678"] {
            let strength = strength(common, &[]);
            assert!(strength.is_common, "{common}");
            assert_eq!(strength.score, 0, "{common}");
        }
        assert!(!is_common("password1 and more"));
        assert!(!is_common(""));
    }

    #[test]
    fn guessable_ones_score_low_and_say_why() {
        let weak = strength("abcdefgh1", &[]);
        assert!(weak.score < 2 && !weak.suggestions.is_empty(), "{weak:?}");
        let strong = strength("correct horse battery", &[]);
        assert!(strong.score >= 3 && !strong.is_common, "{strong:?}");
        assert_eq!(strength("", &[]).score, 0);
    }

    #[test]
    fn ones_own_name_is_guessed_first() {
        let name = "zephyranthes-grandiflora";
        assert_eq!(strength(name, &[]).score, 4);
        let known = strength(name, &[name]);
        assert!(known.score < 2, "{known:?}");
    }

    /// zxcvbn looks at the first 100 characters.
    #[test]
    fn a_very_long_one_is_judged_quickly() {
        let long = "aB3$".repeat(256);
        assert!(strength(&long, &[&long]).score <= 4);
    }
}
