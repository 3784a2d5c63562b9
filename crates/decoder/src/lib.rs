//! The decoder of the page `/tools/jwt`: everything that can be said of a token, as one JSON text.
//!
//! The one thing that must not be broken: every verdict is `symbolon_jose`'s. What this crate adds
//! is what was compared, so that the page can show it; it makes no check of its own, and a token is
//! called accepted only where [`symbolon_jose::verify_observed`] has accepted it.

mod checks;
mod content;
mod key;
mod report;
mod values;

pub use report::{Request, report};

#[cfg(target_family = "wasm")]
mod wasm {
    use wasm_bindgen::prelude::wasm_bindgen;

    use crate::{Request, report};

    /// Everything that can be said of `token`, as JSON. A text that is empty was not given; `now` is
    /// in seconds since 1970 UTC.
    #[wasm_bindgen]
    #[must_use]
    #[expect(unreachable_pub, reason = "JavaScript calls it")]
    pub fn examine(
        token: &str,
        key: &str,
        issuer: &str,
        audience: &str,
        typ: &str,
        now: f64,
    ) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the browser's clock, in whole seconds"
        )]
        let now = now as i64;
        let request = Request {
            token,
            key,
            issuer,
            audience,
            typ,
            now,
        };
        report(&request).to_string()
    }
}
