//! What pages load: stylesheet, script and icon. Their names change with their content, so browsers
//! may keep them.
//!
//! A file more is an [`Asset`] more, in [`ALL`]; a template names it by its path.

use std::io::Read as _;

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;
use http::{HeaderMap, StatusCode, header};

use crate::{error::ApiError, wishes::wishes};

/// A file that this version of the server serves.
pub(crate) struct Asset {
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static [u8],
    /// How the content is compressed already, if it is.
    encoding: Option<&'static str>,
    hash: u64,
}

impl Asset {
    const fn new(
        (name, extension): (&'static str, &'static str),
        content_type: &'static str,
        content: &'static [u8],
    ) -> Self {
        Self {
            name,
            extension,
            content_type,
            content,
            encoding: None,
            hash: fnv1a(content),
        }
    }

    /// Sent as it is to whoever takes it, and unpacked to who says nothing of it.
    const fn gzipped(self) -> Self {
        Self {
            encoding: Some("gzip"),
            ..self
        }
    }

    /// Where it is.
    fn path(&self) -> String {
        let Self {
            name,
            extension,
            hash,
            ..
        } = self;
        format!("/assets/{name}-{hash:016x}.{extension}")
    }
}

const STYLE: Asset = Asset::new(
    ("style", "css"),
    "text/css; charset=utf-8",
    include_bytes!("../../assets/style.css"),
);
const SCRIPT: Asset = Asset::new(
    ("pages", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/pages.js"),
);
const STRENGTH: Asset = Asset::new(
    ("strength", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/strength.js"),
);
const CONSOLE_STYLE: Asset = Asset::new(
    ("console", "css"),
    "text/css; charset=utf-8",
    include_bytes!("../../assets/console.css"),
);
const CHART_STYLE: Asset = Asset::new(
    ("uplot", "css"),
    "text/css; charset=utf-8",
    include_bytes!("../../assets/uplot/uPlot.min.css"),
);
const CHART_LIBRARY: Asset = Asset::new(
    ("uplot", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/uplot/uPlot.iife.min.js"),
);
const CHART_SCRIPT: Asset = Asset::new(
    ("chart", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/chart.js"),
);
/// What the page of the API has beyond the other pages.
const API_STYLE: Asset = Asset::new(
    ("api", "css"),
    "text/css; charset=utf-8",
    include_bytes!("../../assets/api.css"),
);
const ICON: Asset = Asset::new(
    ("icon", "svg"),
    "image/svg+xml",
    include_bytes!("../../assets/icon.svg"),
);
const DECODER_STYLE: Asset = Asset::new(
    ("decoder", "css"),
    "text/css; charset=utf-8",
    include_bytes!("../../assets/decoder/page.css"),
);
const DECODER_SCRIPT: Asset = Asset::new(
    ("decoder", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/decoder/page.js"),
);
/// Written by `cargo xtask wasm`.
const DECODER_MODULE: Asset = Asset::new(
    ("decoder-module", "js"),
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/decoder/module.js.gz"),
)
.gzipped();

/// Every file there is.
const ALL: &[&Asset] = &[
    &STYLE,
    &SCRIPT,
    &STRENGTH,
    &API_STYLE,
    &ICON,
    &CONSOLE_STYLE,
    &CHART_STYLE,
    &CHART_LIBRARY,
    &CHART_SCRIPT,
    &DECODER_STYLE,
    &DECODER_SCRIPT,
    &DECODER_MODULE,
];

/// Where the stylesheet is.
pub(crate) fn style() -> String {
    STYLE.path()
}

/// Where the script is that makes pages more comfortable; all of them work without.
pub(crate) fn script() -> String {
    SCRIPT.path()
}

/// Where the script that says how strong a password is is.
pub(super) fn strength() -> String {
    STRENGTH.path()
}

/// Where the console's stylesheet is. Apart, so that a log-in does not load it.
pub(super) fn console_style() -> String {
    CONSOLE_STYLE.path()
}

/// Where the stylesheet of the library that draws charts is (uPlot; its licence is beside it).
pub(super) fn chart_style() -> String {
    CHART_STYLE.path()
}

/// Where that library is.
pub(super) fn chart_library() -> String {
    CHART_LIBRARY.path()
}

/// Where the script is that draws the tables of counts with it.
pub(super) fn chart_script() -> String {
    CHART_SCRIPT.path()
}

/// Where the stylesheet of the API's page is.
pub(crate) fn api_style() -> String {
    API_STYLE.path()
}

/// Where the icon is.
pub(crate) fn icon() -> String {
    ICON.path()
}

/// What the decoder's page has beyond the other pages.
pub(super) fn decoder_style() -> String {
    DECODER_STYLE.path()
}

/// What the decoder's page does.
pub(super) fn decoder_script() -> String {
    DECODER_SCRIPT.path()
}

/// What the decoder's script asks: `symbolon-decoder` as WebAssembly, within a module, so that it is
/// loaded without a connection.
pub(super) fn decoder_module() -> String {
    DECODER_MODULE.path()
}

/// `GET /assets/{file}`: the files of this version and no others.
pub(super) async fn get(Path(file): Path<String>, asker: HeaderMap) -> Response {
    let path = format!("/assets/{file}");
    let Some(asset) = ALL.iter().find(|asset| asset.path() == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    let Some(encoding) = asset.encoding else {
        return (headers, asset.content).into_response();
    };
    let vary = [(header::VARY, "accept-encoding")];
    if takes_gzip(&asker) {
        let encoding = [(header::CONTENT_ENCODING, encoding)];
        return (headers, vary, encoding, asset.content).into_response();
    }
    match unpacked(asset.content) {
        Ok(content) => (headers, vary, content).into_response(),
        Err(_) => ApiError::internal("a file of our own cannot be unpacked").into_response(),
    }
}

/// Whether it is said that gzip is taken (RFC 9110 §12.5.3). Who says nothing would mostly not
/// unpack it.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let wishes = wishes(headers, header::ACCEPT_ENCODING);
    let of = |is_meant: fn(&str) -> bool| {
        let meant = wishes.iter().find(|(coding, _)| is_meant(coding));
        meant.map(|(_, quality)| *quality)
    };
    of(|coding| coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip"))
        .or_else(|| of(|coding| coding == "*"))
        .is_some_and(|quality| quality > 0)
}

fn unpacked(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(content).read_to_end(&mut plain)?;
    Ok(plain)
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
    fn the_stylesheets_load_nothing_and_the_common_one_is_small() {
        for style in [STYLE, API_STYLE] {
            let text = std::str::from_utf8(style.content).unwrap();
            for word in ["url(", "@import", "http"] {
                assert!(!text.contains(word), "{word}");
            }
        }
        let text = std::str::from_utf8(STYLE.content).unwrap();
        assert!(text.len() <= 10_000, "{} bytes", text.len());
    }

    #[test]
    fn the_scripts_write_no_markup_and_ask_nobody_else() {
        for script in [SCRIPT, STRENGTH, DECODER_SCRIPT] {
            let text = std::str::from_utf8(script.content).unwrap();
            for word in ["innerHTML", "outerHTML", "document.write", "eval(", "http"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }

    #[test]
    fn the_decoder_is_small_and_its_script_keeps_and_sends_nothing() {
        let kib = DECODER_MODULE.content.len() / 1024;
        assert!(kib <= 150, "{kib} KiB");
        assert!(DECODER_MODULE.content.starts_with(&[0x1f, 0x8b]));
        let text = std::str::from_utf8(DECODER_SCRIPT.content).unwrap();
        for word in [
            "Storage",
            "indexedDB",
            "cookie",
            "fetch",
            "Beacon",
            "history",
            "location",
        ] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[tokio::test]
    async fn what_is_packed_is_sent_so_to_those_alone_who_take_it() {
        let name = DECODER_MODULE
            .path()
            .trim_start_matches("/assets/")
            .to_owned();
        for (accepted, is_packed) in [
            (None, false),
            (Some("identity"), false),
            (Some("br, gzip;q=0, *"), false),
            (Some("br;q=1.0, GZIP;q=0.5"), true),
            (Some("gzip, deflate, br"), true),
            (Some("*"), true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            }
            let response = get(Path(name.clone()), headers).await;
            assert_eq!(response.headers()[header::VARY], "accept-encoding");
            let encoding = response.headers().get(header::CONTENT_ENCODING);
            assert_eq!(encoding.is_some(), is_packed, "{accepted:?}");
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            let body = body.unwrap();
            assert_eq!(body == DECODER_MODULE.content, is_packed);
            assert!(is_packed || std::str::from_utf8(&body).unwrap().contains("export "));
        }
    }

    #[tokio::test]
    async fn only_this_versions_files_are_there_and_they_may_be_kept() {
        for asset in ALL {
            let name = asset.path().trim_start_matches("/assets/").to_owned();
            let response = get(Path(name), HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::OK);
            let caching = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
            assert!(caching.contains("immutable"));
        }
        for other in ["style.css", "style-0000000000000000.css", "../Cargo.toml"] {
            let response = get(Path(other.to_owned()), HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{other}");
        }
    }
}
