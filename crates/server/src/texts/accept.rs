//! Which language a browser asks for (`Accept-Language`, RFC 9110 §12.5.4).

use http::{HeaderMap, header};

use super::Language;
use crate::wishes::wishes;

/// The language that is liked most among those that are spoken here; English if none is. Of two that
/// are liked as much, the one that is named first.
pub(crate) fn accepted(headers: &HeaderMap) -> Language {
    let ranges = wishes(headers, header::ACCEPT_LANGUAGE);
    let mut best = (0, Language::default());
    for language in in_order_of(&ranges) {
        let quality = quality(language, &ranges);
        if quality > best.0 {
            best = (quality, language);
        }
    }
    best.1
}

/// Ours in the order in which they are named, then those that are not.
fn in_order_of(ranges: &[(&str, u16)]) -> Vec<Language> {
    let mut order: Vec<_> = Vec::new();
    let named = ranges.iter().filter_map(|(tag, _)| Language::of_tag(tag));
    for language in named.chain(Language::ALL) {
        if !order.contains(&language) {
            order.push(language);
        }
    }
    order
}

/// How much a language is liked: as the best of its ranges says, otherwise as `*` does.
fn quality(language: Language, ranges: &[(&str, u16)]) -> u16 {
    let of = |is_meant: &dyn Fn(&str) -> bool| {
        let meant = ranges.iter().filter(|(tag, _)| is_meant(tag));
        meant.map(|(_, quality)| *quality).max()
    };
    of(&|tag| Language::of_tag(tag) == Some(language))
        .or_else(|| of(&|tag| tag == "*"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(values: &[&str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_LANGUAGE, value.parse().unwrap());
        }
        accepted(&headers).tag()
    }

    #[test]
    fn the_language_that_is_liked_most_is_spoken() {
        for (value, tag) in [
            ("", "en"),
            ("de", "de"),
            ("en", "en"),
            ("DE-at", "de"),
            ("de-DE,de;q=0.9,en;q=0.8", "de"),
            ("en-GB,en;q=0.9,de;q=0.8", "en"),
            ("en;q=0.8, de;q=0.9", "de"),
            ("en;q=0.8,de;q=0.801", "de"),
            ("fr, de;q=0.5, en;q=0.4", "de"),
            ("fr,es;q=0.9", "en"),
            ("de ; q=0.2 , en ; q=0.1", "de"),
            ("de;Q=1", "de"),
            // As much: the one that is named first.
            ("de,en", "de"),
            ("en,de", "en"),
            ("fr;q=0.9,de;q=0.5,en;q=0.5", "de"),
        ] {
            assert_eq!(choose(&[value]), tag, "{value:?}");
        }
    }

    #[test]
    fn what_is_not_wanted_is_not_spoken() {
        assert_eq!(choose(&["en;q=0, *"]), "de");
        assert_eq!(choose(&["*, en;q=0"]), "de");
        assert_eq!(choose(&["de;q=0"]), "en");
        assert_eq!(choose(&["*"]), "en");
        assert_eq!(choose(&["*;q=0.5, de;q=0.4"]), "en");
        // Nothing is left: a page in English is better than none.
        assert_eq!(choose(&["*;q=0"]), "en");
    }

    #[test]
    fn nonsense_is_nobodys_wish() {
        for value in [
            "de;q=2",
            "de;q=1.001",
            "de;q=0.9999",
            "de;q=-1",
            "de;q=",
            "de;q=x",
            "de;level=1",
            "de;",
            ";q=1",
            "deutsch",
            "d",
        ] {
            assert_eq!(choose(&[value]), "en", "{value:?}");
        }
        assert_eq!(choose(&["fr", "de"]), "de", "in two headers");
        let many = "fr,".repeat(40) + "de";
        assert_eq!(choose(&[&many]), "en", "a list without end is cut off");
    }
}
