//! `/tools/jwt`: reads and checks a token in the browser, with `symbolon-jose` as WebAssembly.
//!
//! The one thing that must not be broken: what is pasted here leaves the page by no way. The page may
//! connect to nothing and send no form, what it shows is text and never markup, and it has nothing in
//! common with who is logged in.

mod words;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{frame::Frame, render::show};
use crate::{layers::headers::OwnPolicy, state::AppState};

/// Scripts of ours and the compiling of WebAssembly, no connection, no form, no markup from text.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                   img-src 'self'; connect-src 'none'; form-action 'none'; \
                   frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
                   trusted-types 'none'";

#[derive(Template)]
#[template(path = "decoder.html")]
struct DecoderPage {
    t: Frame,
    /// What the script says, as JSON.
    words: String,
    issuer: String,
    /// The issuer's published keys.
    keys: String,
}

/// `GET`: the page. Whoever asks, nobody is logged in here.
pub(crate) async fn get(State(state): State<AppState>, t: Frame) -> Response {
    let ring = state.issuer().keys().ring();
    let page = DecoderPage {
        t,
        words: words::of(*t).to_string(),
        issuer: state.issuer().settings().issuer.clone(),
        keys: ring.token_keys().json.clone(),
    };
    let mut response = show(t, &page);
    response.extensions_mut().insert(OwnPolicy(CSP));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_to_do_without_scripts_and_keeps_nothing() {
        let html = DecoderPage {
            t: Frame::default(),
            words: "{\"a\":\"</script><b>\"}".into(),
            issuer: "https://id.example".into(),
            keys: "{\"keys\":[]}".into(),
        }
        .render()
        .unwrap();
        assert!(html.contains("symbolon jwt decode"), "{html}");
        assert!(!html.contains("<form"), "nothing can be sent");
        assert!(!html.contains(" name=\"token\""), "nothing is restored");
        assert_eq!(
            html.matches("autocomplete=\"off\"").count(),
            html.matches("<textarea").count() + html.matches("<input").count(),
        );
        assert!(!html.contains("<b>"), "{html}");
    }
}
