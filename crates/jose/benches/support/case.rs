//! One thing done three ways, and the claims that all benchmarks use.

use serde::{Deserialize, Serialize};
use symbolon_jose::TokenClaims;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// The bare primitive with a parsed key, this crate, and jsonwebtoken.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) raw: Box<dyn Fn()>,
    pub(crate) ours: Box<dyn Fn()>,
    pub(crate) theirs: Box<dyn Fn()>,
}

/// What an access token carries beside the registered claims (RFC 9068 §2.2).
#[derive(Serialize, Deserialize)]
pub(crate) struct Access {
    client_id: String,
    scope: String,
    sid: String,
    gid: String,
    ver: u32,
}

pub(crate) fn claims() -> TokenClaims<Access> {
    TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
        .subject("0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f10")
        .issued_at(NOW)
        .id("0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f11")
        .extra(Access {
            client_id: "web".into(),
            scope: "orders:read orders:write".into(),
            sid: "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f12".into(),
            gid: "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f13".into(),
            ver: 1,
        })
}
