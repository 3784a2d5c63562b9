//! Sessions: what a log-in creates and everything else hangs below.

use std::{fmt, net::IpAddr};

use symbolon_protocol::{AccountId, EndReason, SessionId, Timestamp};

use crate::{secret::CookieHash, settings::SESSION_CACHE_SECS};

/// Which timeouts a session has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// A web session; idle 30 min, absolute 12 h by default.
    Browser,
    /// A first-party log-in for tokens alone; idle 14 d, absolute 30 d by default.
    Token,
}

impl SessionKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Token => "token",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Browser, Self::Token]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A session's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// Which timeouts it has.
    pub kind: SessionKind,
    /// Bumped when the cookie is renewed, at step-up and when roles change: caches that hold a
    /// lower one must read again.
    pub version: u32,
    /// Who acts in it, when that is not the account itself (impersonation).
    pub actor: Option<AccountId>,
    /// Whether it was ended.
    pub state: SessionState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the user last proved who they are.
    pub auth_time: Timestamp,
    /// When it was last used, to about a minute.
    pub last_seen: Timestamp,
    /// Seconds without use after which it is dead.
    pub idle_secs: u32,
    /// When it dies at the latest.
    pub expires_at: Timestamp,
    /// How the user proved who they are (RFC 8176), e.g. `pwd`.
    pub amr: Vec<String>,
    /// Authentication context class.
    pub acr: Option<String>,
    /// What the user sees in the device list.
    pub device_label: Option<String>,
    /// Where it was last used from, to about a minute, truncated.
    pub ip: Option<TruncatedIp>,
}

/// A session's lifecycle, timeouts aside: those follow from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// Not ended by anybody.
    Active,
    /// Ended.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// What a session is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Usable.
    Live,
    /// Ended by somebody.
    Ended,
    /// Unused for too long.
    Idle,
    /// Past its absolute timeout.
    Expired,
}

impl Session {
    /// What it is at `now`. A deadline itself is already past.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> SessionStatus {
        if let SessionState::Ended { .. } = self.state {
            SessionStatus::Ended
        } else if now >= self.expires_at {
            SessionStatus::Expired
        } else if now >= self.idle_deadline() {
            SessionStatus::Idle
        } else {
            SessionStatus::Live
        }
    }

    /// Milliseconds for which one note of its use is enough, and for which it may be answered from
    /// memory: a minute, but no large part of its idle timeout.
    #[must_use]
    pub fn coalesced_ms(&self) -> i64 {
        (i64::from(self.idle_secs) * 1000 / 10).min(SESSION_CACHE_SECS * 1000)
    }

    /// When it dies if it is not used again.
    #[must_use]
    pub fn idle_deadline(&self) -> Timestamp {
        self.last_seen.plus_secs(i64::from(self.idle_secs))
    }
}

/// A cookie of a session. Cookies belong to one host, so a session can have many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    /// SHA-256 of its value; the value itself is nowhere.
    pub hash: CookieHash,
    /// The origin it was set at, e.g. `https://auth.example`.
    pub origin: String,
}

/// An address without its last part: /24 for IPv4, /48 for IPv6. Enough to recognise a place,
/// not enough to follow a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TruncatedIp(IpAddr);

impl TruncatedIp {
    /// Cuts the address off.
    #[must_use]
    pub fn from_full(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4((v4.to_bits() & 0xffff_ff00).into())),
            IpAddr::V6(v6) => Self(IpAddr::V6((v6.to_bits() >> 80 << 80).into())),
        }
    }

    /// Reads what `Display` wrote, cutting off whatever should not be there.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::from_full)
    }
}

impl fmt::Display for TruncatedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TruncatedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_off() {
        for (full, cut) in [
            ("203.0.113.77", "203.0.113.0"),
            ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
        ] {
            assert_eq!(
                TruncatedIp::from_full(full.parse().unwrap()).to_string(),
                cut
            );
        }
    }
}
