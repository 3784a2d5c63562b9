//! The stylesheet and the icon. Their names change with their content, so browsers may keep them.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

const STYLE: &str = include_str!("../../assets/style.css");
/// What the page of the API has beyond the other pages.
const API_STYLE: &str = include_str!("../../assets/api.css");
const ICON: &str = include_str!("../../assets/icon.svg");
const STYLE_HASH: u64 = fnv1a(STYLE.as_bytes());
const API_STYLE_HASH: u64 = fnv1a(API_STYLE.as_bytes());
const ICON_HASH: u64 = fnv1a(ICON.as_bytes());

/// Where the stylesheet is.
pub(crate) fn style() -> String {
    format!("/assets/style-{STYLE_HASH:016x}.css")
}

/// Where the stylesheet of the API's page is.
pub(crate) fn api_style() -> String {
    format!("/assets/api-{API_STYLE_HASH:016x}.css")
}

/// Where the icon is.
pub(crate) fn icon() -> String {
    format!("/assets/icon-{ICON_HASH:016x}.svg")
}

/// `GET /assets/{file}`: the files of this version and no others.
pub(super) async fn get(Path(file): Path<String>) -> Response {
    let path = format!("/assets/{file}");
    let (content_type, content) = if path == style() {
        ("text/css; charset=utf-8", STYLE)
    } else if path == api_style() {
        ("text/css; charset=utf-8", API_STYLE)
    } else if path == icon() {
        ("image/svg+xml", ICON)
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}

/// FNV-1a: tells versions of our own files apart, nothing more.
const fn fnv1a(mut bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while let [first, rest @ ..] = bytes {
        hash = (hash ^ *first as u64).wrapping_mul(0x0100_0000_01b3);
        bytes = rest;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_stylesheets_load_nothing() {
        for word in ["url(", "@import", "http"] {
            assert!(!STYLE.contains(word), "{word}");
            assert!(!API_STYLE.contains(word), "{word}");
        }
    }

    #[tokio::test]
    async fn only_this_versions_files_are_there_and_they_may_be_kept() {
        let name = style().trim_start_matches("/assets/").to_owned();
        let response = get(Path(name)).await;
        assert_eq!(response.status(), StatusCode::OK);
        let caching = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert!(caching.contains("immutable"));
        for other in ["style.css", "style-0000000000000000.css", "../Cargo.toml"] {
            let response = get(Path(other.to_owned())).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{other}");
        }
    }
}
