//! What ending something would reach, asked before it is ended.

use symbolon_protocol::SessionId;

/// What is asked about, of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachOf {
    /// One session, as [`super::Change::EndSession`] would end it.
    Session(SessionId),
    /// All sessions but one, as [`super::Change::EndSessions`] would end them, and the offline grants
    /// that were not given in that one.
    AllBut(Option<SessionId>),
}

/// What would be ended, as things are at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Live sessions.
    pub sessions: u32,
    /// Clients that hold a live grant or may hold an unexpired access token.
    pub apps: u32,
    /// Live grants. Each has one unspent refresh token.
    pub refresh_tokens: u32,
    /// Grants that may have an unexpired access token: an upper bound, since tokens that were dropped
    /// count too. Of grants and not of tokens, which are nowhere kept: each refresh makes one more.
    pub grants_with_access: u32,
}
