//! What a session's device is called. Browsers introduce themselves at length; people want to know
//! which of theirs it is.

use crate::texts::Texts;

/// Browsers by what only they say. Many name Chrome and Safari too, so the order matters.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Systems, likewise: Android names Linux, iPhones name Mac OS X.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// A short name for a browser's user agent; every other label stays what it is.
pub(super) fn device_name(t: Texts, label: Option<&str>) -> String {
    let Some(label) = label else {
        return t.unknown_device().to_owned();
    };
    if !label.starts_with("Mozilla/5.0 (") {
        return label.to_owned();
    }
    let find = |table: &[(&str, &'static str)]| {
        let mut known = table.iter();
        known
            .find(|(mark, _)| label.contains(mark))
            .map(|known| known.1)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => t.browser_on(browser, system),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;
    use crate::texts::{Language, Texts};

    #[test]
    fn browsers_get_short_names() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like \
                 Gecko) Chrome/141.0",
                "Chrome on Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/141.0.0.0 Mobile",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (PlayStation 5)", "Mozilla/5.0 (PlayStation 5)"),
        ] {
            assert_eq!(device_name(Texts::default(), Some(agent)), name);
        }
    }

    #[test]
    fn other_labels_stay() {
        for label in ["curl/8.14.1", "Ada's Linux laptop", ""] {
            assert_eq!(device_name(Texts::default(), Some(label)), label);
        }
        let german = Texts::new(Language::German);
        assert_eq!(device_name(german, None), "Unbekanntes Gerät");
    }
}
