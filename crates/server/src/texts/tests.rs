//! That every language says everything, with the same things put in.

use std::collections::BTreeSet;

use super::*;

/// Every text there is. A file of this folder that is missing here is not looked at.
fn all() -> Vec<&'static Entry> {
    [
        account::ALL,
        account::COUNTED,
        api_docs::ALL,
        checks::ALL,
        data::ALL,
        console::ALL,
        console::COUNTED,
        decoder::ALL,
        errors::ALL,
        errors::COUNTED,
        forms::ALL,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Texts that are the same in both languages.
const SAME: [&str; 10] = [
    "browser_session",
    "app_session",
    "clients",
    "apis",
    "client",
    "scopes",
    "audience",
    "software",
    "name",
    "token",
];

fn placeholders(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        found.insert(name);
        rest = after;
    }
    found
}

#[test]
fn every_language_says_everything_with_the_same_placeholders() {
    for Entry { key, en, de } in all() {
        assert_eq!(en.len(), de.len(), "{key}");
        let wanted = placeholders(en.first().unwrap());
        for text in en.iter().chain(*de) {
            assert_eq!(placeholders(text), wanted, "{key}: {text}");
            assert!(!text.trim().is_empty(), "{key}");
            assert_eq!(
                text.trim(),
                *text,
                "{key}: what stands around it is the page's"
            );
            assert!(
                !text.contains(['<', '>']),
                "{key}: markup is the page's: {text}"
            );
        }
    }
}

#[test]
fn keys_are_unique_and_texts_are_translated() {
    let mut keys = BTreeSet::new();
    for Entry { key, en, de } in all() {
        assert!(keys.insert(*key), "{key} is there twice");
        if !SAME.contains(key) {
            assert_ne!(en, de, "{key} is not translated");
        }
    }
    for key in SAME {
        assert!(keys.contains(key), "{key} is no text");
    }
}

#[test]
fn one_is_said_in_the_singular() {
    let (en, de) = (Texts::new(Language::English), Texts::new(Language::German));
    assert_eq!(en.wait_seconds(1_u32), "1 second");
    assert_eq!(en.wait_seconds(2_u32), "2 seconds");
    assert_eq!(de.wait_seconds(1_u32), "1 Sekunde");
    assert_eq!(de.wait_seconds(30_u32), "30 Sekunden");
}

#[test]
fn tags_lead_to_languages_and_back() {
    for language in Language::ALL {
        assert_eq!(Language::of_tag(language.tag()), Some(language));
        assert_eq!(Texts::new(language).tag(), language.tag());
    }
    assert_eq!(Language::of_tag("de-CH-1996"), Some(Language::German));
    assert_eq!(Language::of_tag("den"), None);
}
