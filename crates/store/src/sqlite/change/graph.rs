//! Ending and bumping the nodes of the grant graph. Every path to an end leads through here:
//! [`super`], the reuse of a refresh token, and a session that makes room for another.
//!
//! What a log entry covers need not be named twice: a session's entry covers the tokens of its
//! online grants, which carry its `sid`. Below that, each node has an entry of its own.

use std::collections::BTreeSet;

use rusqlite::{Connection, Params, params};
use symbolon_core::store::{EndedCount, StoreError};
use symbolon_protocol::{AccountId, GrantId, Kind, RevocationId, SessionId};

use crate::sqlite::{
    failure::Outcome,
    query::{Columns, all, execute, one},
    tx::{Cut, Tx},
};

/// What a change did.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Tally {
    /// What was live and is ended.
    pub(in crate::sqlite) ended: EndedCount,
    /// Whether anything was written.
    pub(in crate::sqlite) touched: bool,
}

/// A session or grant that nobody has ended, though time may have.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct Node {
    id: [u8; 16],
    /// The first millisecond at which time alone makes it dead.
    dead_from: i64,
}

/// A grant and where it hangs.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct GrantNode {
    node: Node,
    session: Option<[u8; 16]>,
    offline: bool,
}

impl GrantNode {
    /// The grant itself.
    pub(super) const fn node(&self) -> Node {
        self.node
    }

    /// Whether it was given in this session.
    pub(super) fn is_of(&self, session: SessionId) -> bool {
        self.session == Some(session.to_bytes())
    }

    /// Whether it ends with its session.
    pub(super) const fn is_online(&self) -> bool {
        !self.offline
    }
}

impl Node {
    /// Its id.
    pub(super) const fn id(self) -> [u8; 16] {
        self.id
    }

    /// The same if it had died at this millisecond.
    pub(super) const fn dying_at(self, dead_from: i64) -> Self {
        Self { dead_from, ..self }
    }

    /// Whether it is this session.
    pub(super) fn is(&self, session: SessionId) -> bool {
        self.id == session.to_bytes()
    }

    pub(super) const fn is_live(&self, cut: &Cut) -> bool {
        self.dead_from > cut.now.as_millis()
    }

    /// Whether a token of it may still be unexpired.
    pub(super) const fn may_have_token(&self, cut: &Cut) -> bool {
        self.dead_from
            .saturating_add(cut.horizon.longest_token_ms(cut.now))
            > cut.now.as_millis()
    }
}

/// Which of the ended grants get an entry in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) enum Logged {
    /// Each.
    Each,
    /// None: something above them has one that covers their tokens.
    Above,
}

/// The session, if nobody has ended it.
pub(in crate::sqlite) fn unended_session(
    conn: &Connection,
    id: SessionId,
) -> Outcome<Option<Node>> {
    one(
        conn,
        "sessions",
        "SELECT id, dead_from FROM sessions WHERE id = ?1 AND ended_at IS NULL",
        params![id.to_bytes()],
        node,
    )
}

/// All sessions of an account that nobody has ended, oldest first.
pub(super) fn unended_sessions(conn: &Connection, account: AccountId) -> Outcome<Vec<Node>> {
    all(
        conn,
        "sessions",
        "SELECT id, dead_from FROM sessions WHERE account = ?1 AND ended_at IS NULL
         ORDER BY created_at, id",
        params![account.to_bytes()],
        node,
    )
}

/// Some sessions that nobody has ended and that may have an unexpired token.
pub(super) fn sessions_that_count(conn: &Connection, cut: &Cut, limit: u32) -> Outcome<Vec<Node>> {
    all(
        conn,
        "sessions",
        // Along this index what earlier pages have ended is not met again.
        "SELECT id, dead_from FROM sessions INDEXED BY sessions_unended
         WHERE ended_at IS NULL AND dead_from > ?1 LIMIT ?2",
        params![alive_after(cut), limit],
        node,
    )
}

/// The same of grants.
pub(super) fn grants_that_count(
    conn: &Connection,
    cut: &Cut,
    limit: u32,
) -> Outcome<Vec<GrantNode>> {
    grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants INDEXED BY grants_client
         WHERE ended_at IS NULL AND dead_from > ?1 LIMIT ?2",
        params![alive_after(cut), limit],
    )
}

/// What was dead by this millisecond has no unexpired token left.
const fn alive_after(cut: &Cut) -> i64 {
    cut.now
        .as_millis()
        .saturating_sub(cut.horizon.longest_token_ms(cut.now))
}

/// The grant, if nobody has ended it.
pub(in crate::sqlite) fn unended_grant(
    conn: &Connection,
    id: GrantId,
) -> Outcome<Option<GrantNode>> {
    let found = grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants WHERE id = ?1 AND ended_at IS NULL",
        params![id.to_bytes()],
    )?;
    Ok(found.first().copied())
}

/// All grants of an account that nobody has ended.
pub(super) fn unended_grants(conn: &Connection, account: AccountId) -> Outcome<Vec<GrantNode>> {
    grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants
         WHERE account = ?1 AND ended_at IS NULL ORDER BY id",
        params![account.to_bytes()],
    )
}

/// All grants of a client that nobody has ended.
pub(super) fn unended_grants_of_client(conn: &Connection, client: &str) -> Outcome<Vec<GrantNode>> {
    grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants
         WHERE client = ?1 AND ended_at IS NULL ORDER BY id",
        params![client],
    )
}

/// The grants that end with a session, unless somebody has ended them.
pub(super) fn online_grants_of(conn: &Connection, session: &Node) -> Outcome<Vec<GrantNode>> {
    let mut online = unended_grants_of_session(conn, session)?;
    online.retain(GrantNode::is_online);
    Ok(online)
}

/// Grants and everything that was exchanged from them, unless somebody has ended it; each once.
pub(super) fn with_descendants(
    conn: &Connection,
    mut grants: Vec<GrantNode>,
) -> Outcome<Vec<GrantNode>> {
    let mut seen: BTreeSet<_> = grants.iter().map(|grant| grant.node.id).collect();
    let mut next = 0;
    while let Some(parent) = grants.get(next).copied() {
        let mut children = unended_children(conn, &parent)?;
        children.retain(|child| seen.insert(child.node.id));
        grants.append(&mut children);
        next += 1;
    }
    Ok(grants)
}

fn unended_grants_of_session(conn: &Connection, session: &Node) -> Outcome<Vec<GrantNode>> {
    grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants
         WHERE session = ?1 AND ended_at IS NULL ORDER BY id",
        params![session.id],
    )
}

fn unended_children(conn: &Connection, parent: &GrantNode) -> Outcome<Vec<GrantNode>> {
    grants(
        conn,
        "SELECT id, dead_from, session, offline FROM grants
         WHERE parent = ?1 AND ended_at IS NULL ORDER BY id",
        params![parent.node.id],
    )
}

fn grants(conn: &Connection, sql: &str, params: impl Params) -> Outcome<Vec<GrantNode>> {
    all(conn, "grants", sql, params, |row| {
        Ok(GrantNode {
            node: node(row)?,
            session: row.get("session")?,
            offline: row.get("offline")?,
        })
    })
}

fn node(row: &mut Columns<'_>) -> Result<Node, StoreError> {
    Ok(Node {
        id: row.get("id")?,
        dead_from: row.get("dead_from")?,
    })
}

/// Ends a session and its online grants, with one entry for all of them.
pub(in crate::sqlite) fn end_session(
    tx: &mut Tx<'_>,
    session: &Node,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    let ended = execute(
        tx,
        "UPDATE sessions SET ended_at = ?2, ended_reason = ?3
         WHERE id = ?1 AND ended_at IS NULL",
        params![session.id, cut.now.as_millis(), cut.reason.as_str()],
    )?;
    if ended == 0 {
        return Ok(());
    }
    tally.touched = true;
    tally.ended.sessions = tally
        .ended
        .sessions
        .saturating_add(u32::from(session.is_live(cut)));
    if session.may_have_token(cut) {
        tx.append(Kind::Session, RevocationId(session.id), None, cut)?;
    }
    let online = online_grants_of(tx, session)?;
    end_grants(tx, online, Logged::Above, cut, tally)
}

/// Ends grants and everything that was exchanged from them.
pub(in crate::sqlite) fn end_grants(
    tx: &mut Tx<'_>,
    mut grants: Vec<GrantNode>,
    mut logged: Logged,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    while !grants.is_empty() {
        let mut children = Vec::new();
        for grant in &grants {
            if end_grant(tx, &grant.node, logged, cut, tally)? {
                children.push(*grant);
            }
        }
        grants.clear();
        for parent in &children {
            grants.append(&mut unended_children(tx, parent)?);
        }
        // Whatever covers a grant's tokens may not cover those of an exchange.
        logged = Logged::Each;
    }
    Ok(())
}

/// Answers whether it had not ended before.
fn end_grant(
    tx: &mut Tx<'_>,
    grant: &Node,
    logged: Logged,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<bool> {
    let ended = execute(
        tx,
        "UPDATE grants SET ended_at = ?2, ended_reason = ?3 WHERE id = ?1 AND ended_at IS NULL",
        params![grant.id, cut.now.as_millis(), cut.reason.as_str()],
    )?;
    if ended == 0 {
        return Ok(false);
    }
    tally.touched = true;
    let grants = &mut tally.ended.grants;
    *grants = grants.saturating_add(u32::from(grant.is_live(cut)));
    if logged == Logged::Each && grant.may_have_token(cut) {
        tx.append(Kind::Grant, RevocationId(grant.id), None, cut)?;
    }
    Ok(true)
}

/// Raises a session's version: cookies that are cached under a lower one must be read again.
pub(super) fn bump_session(
    tx: &mut Tx<'_>,
    session: &Node,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    if !session.may_have_token(cut) {
        return Ok(());
    }
    let version = one(
        tx,
        "sessions",
        "UPDATE sessions SET version = version + 1 WHERE id = ?1 RETURNING id, version",
        params![session.id],
        version,
    )?;
    tally.touched = true;
    tx.append(Kind::Session, RevocationId(session.id), version, cut)
}

/// Raises a grant's version: its tokens of a lower one are refused.
pub(super) fn bump_grant(
    tx: &mut Tx<'_>,
    grant: &GrantNode,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    if !grant.node.may_have_token(cut) {
        return Ok(());
    }
    let version = one(
        tx,
        "grants",
        "UPDATE grants SET version = version + 1 WHERE id = ?1 RETURNING id, version",
        params![grant.node.id],
        version,
    )?;
    tally.touched = true;
    tx.append(Kind::Grant, RevocationId(grant.node.id), version, cut)
}

fn version(row: &mut Columns<'_>) -> Result<u32, StoreError> {
    let _id: [u8; 16] = row.get("id")?;
    row.get("version")
}
