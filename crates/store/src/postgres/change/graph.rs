//! Ending and bumping the nodes of the grant graph. Every path to an end leads through here:
//! [`super`], the reuse of a refresh token, and a session that makes room for another.
//!
//! What a log entry covers need not be named twice: a session's entry covers the tokens of its
//! online grants, which carry its `sid`. Below that, each node has an entry of its own.

use std::collections::{BTreeMap, BTreeSet};

use symbolon_core::store::{EndedCount, StoreError};
use symbolon_protocol::{AccountId, GrantId, Kind, RevocationId, SessionId};
use uuid::Uuid;

use crate::postgres::{
    conn::{Conn, Params},
    failure::Outcome,
    query::{Columns, all, one, params},
    tx::{Cut, Tx},
};

/// What a change did.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Tally {
    /// What was live and is ended.
    pub(in crate::postgres) ended: EndedCount,
    /// Whether anything was written.
    pub(in crate::postgres) touched: bool,
}

/// A session or grant that nobody has ended, though time may have.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) struct Node {
    id: Uuid,
    /// The first millisecond at which time alone makes it dead.
    dead_from: i64,
}

/// A grant and where it hangs.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) struct GrantNode {
    node: Node,
    session: Option<Uuid>,
    offline: bool,
}

impl GrantNode {
    /// The grant itself.
    pub(super) const fn node(&self) -> Node {
        self.node
    }

    /// Whether it was given in this session.
    pub(super) fn is_of(&self, session: SessionId) -> bool {
        self.session == Some(*session.as_uuid())
    }

    /// Whether it ends with its session.
    pub(super) const fn is_online(&self) -> bool {
        !self.offline
    }
}

impl Node {
    /// Its id.
    pub(in crate::postgres) const fn id(self) -> Uuid {
        self.id
    }

    const fn named(self) -> RevocationId {
        RevocationId(self.id.into_bytes())
    }

    /// The same if it had died at this millisecond.
    pub(super) const fn dying_at(self, dead_from: i64) -> Self {
        Self { dead_from, ..self }
    }

    /// Whether it is this session.
    pub(super) fn is(&self, session: SessionId) -> bool {
        self.id == *session.as_uuid()
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

/// What was dead by this millisecond has no unexpired token left.
pub(super) const fn alive_after(cut: &Cut) -> i64 {
    cut.now
        .as_millis()
        .saturating_sub(cut.horizon.longest_token_ms(cut.now))
}

/// Which of the ended grants get an entry in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Logged {
    /// Each.
    Each,
    /// None: something above them has one that covers their tokens.
    Above,
}

/// The session, if nobody has ended it.
pub(in crate::postgres) async fn unended_session(
    conn: &Conn,
    id: SessionId,
) -> Outcome<Option<Node>> {
    one(
        conn,
        "sessions",
        "SELECT id, dead_from FROM sessions WHERE id = $1 AND ended_at IS NULL",
        params![*id.as_uuid()],
        node,
    )
    .await
}

/// All sessions of an account that nobody has ended, oldest first.
pub(super) async fn unended_sessions(conn: &Conn, account: AccountId) -> Outcome<Vec<Node>> {
    all(
        conn,
        "sessions",
        "SELECT id, dead_from FROM sessions WHERE account = $1 AND ended_at IS NULL
         ORDER BY created_at, id",
        params![*account.as_uuid()],
        node,
    )
    .await
}

/// The grant, if nobody has ended it.
pub(in crate::postgres) async fn unended_grant(
    conn: &Conn,
    id: GrantId,
) -> Outcome<Option<GrantNode>> {
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE id = $1 AND ended_at IS NULL";
    let found = grants(conn, sql, params![*id.as_uuid()]).await?;
    Ok(found.first().copied())
}

/// All grants of an account that nobody has ended.
pub(super) async fn unended_grants(conn: &Conn, account: AccountId) -> Outcome<Vec<GrantNode>> {
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE account = $1 AND ended_at IS NULL ORDER BY id";
    grants(conn, sql, params![*account.as_uuid()]).await
}

/// All grants of a client that nobody has ended, locked.
pub(super) async fn unended_grants_of_client(conn: &Conn, client: &str) -> Outcome<Vec<GrantNode>> {
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE client = $1 AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE";
    grants(conn, sql, params![client]).await
}

/// The grants that end with sessions, unless somebody has ended them.
pub(super) async fn online_grants_of(conn: &Conn, sessions: &[Node]) -> Outcome<Vec<GrantNode>> {
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE session = ANY($1) AND NOT offline AND ended_at IS NULL ORDER BY id";
    grants(conn, sql, params![ids(sessions)]).await
}

/// Grants and everything that was exchanged from them, unless somebody has ended it; each once.
pub(super) async fn with_descendants(
    conn: &Conn,
    mut grants: Vec<GrantNode>,
) -> Outcome<Vec<GrantNode>> {
    let mut seen: BTreeSet<_> = grants.iter().map(|grant| grant.node.id).collect();
    let mut level = grants.clone();
    while !level.is_empty() {
        level = unended_children(conn, &level).await?;
        level.retain(|child| seen.insert(child.node.id));
        grants.extend_from_slice(&level);
    }
    Ok(grants)
}

async fn unended_children(conn: &Conn, parents: &[GrantNode]) -> Outcome<Vec<GrantNode>> {
    let parents: Vec<_> = parents.iter().map(|grant| grant.node.id).collect();
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE parent = ANY($1) AND ended_at IS NULL ORDER BY id";
    grants(conn, sql, params![parents]).await
}

pub(super) async fn grants(conn: &Conn, sql: &str, params: Params<'_>) -> Outcome<Vec<GrantNode>> {
    all(conn, "grants", sql, params, |row| {
        Ok(GrantNode {
            node: node(row)?,
            session: row.get("session")?,
            offline: row.get("offline")?,
        })
    })
    .await
}

/// Columns: id, dead_from.
pub(in crate::postgres) fn node(row: &mut Columns<'_>) -> Result<Node, StoreError> {
    Ok(Node {
        id: row.get("id")?,
        dead_from: row.get("dead_from")?,
    })
}

fn ids(nodes: &[Node]) -> Vec<Uuid> {
    nodes.iter().map(|node| node.id).collect()
}

async fn ended(
    tx: &Tx,
    table: &'static str,
    sql: &str,
    ids: Vec<Uuid>,
    cut: &Cut,
) -> Outcome<BTreeSet<Uuid>> {
    let (at, reason) = (cut.now.as_millis(), cut.reason.as_str());
    let params = params![ids, at, reason];
    let ended = all(tx, table, sql, params, |row| row.get("id")).await?;
    Ok(ended.into_iter().collect())
}

/// Ends sessions and their online grants, with one entry for each session and its grants.
pub(in crate::postgres) async fn end_sessions(
    tx: &Tx,
    sessions: &[Node],
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE sessions SET ended_at = $2, ended_reason = $3
               WHERE id = ANY($1) AND ended_at IS NULL RETURNING id";
    let ended = ended(tx, "sessions", sql, ids(sessions), cut).await?;
    let ended: Vec<_> = sessions
        .iter()
        .filter(|session| ended.contains(&session.id))
        .copied()
        .collect();
    for session in &ended {
        tally.touched = true;
        let sessions = &mut tally.ended.sessions;
        *sessions = sessions.saturating_add(u32::from(session.is_live(cut)));
        if session.may_have_token(cut) {
            tx.append(Kind::Session, session.named(), None, cut);
        }
    }
    let online = online_grants_of(tx, &ended).await?;
    end_grants(tx, online, Logged::Above, cut, tally).await
}

/// Ends grants and everything that was exchanged from them.
pub(in crate::postgres) async fn end_grants(
    tx: &Tx,
    mut level: Vec<GrantNode>,
    mut logged: Logged,
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    let sql = "UPDATE grants SET ended_at = $2, ended_reason = $3
               WHERE id = ANY($1) AND ended_at IS NULL RETURNING id";
    while !level.is_empty() {
        let ids = level.iter().map(|grant| grant.node.id).collect();
        let ended = ended(tx, "grants", sql, ids, cut).await?;
        // What had ended before was walked below then.
        level.retain(|grant| ended.contains(&grant.node.id));
        for grant in &level {
            tally.touched = true;
            let grants = &mut tally.ended.grants;
            *grants = grants.saturating_add(u32::from(grant.node.is_live(cut)));
            if logged == Logged::Each && grant.node.may_have_token(cut) {
                tx.append(Kind::Grant, grant.node.named(), None, cut);
            }
        }
        level = unended_children(tx, &level).await?;
        // Whatever covers a grant's tokens may not cover those of an exchange.
        logged = Logged::Each;
    }
    Ok(())
}

/// Raises the version of sessions: cookies that are cached under a lower one must be read again.
pub(super) async fn bump_sessions(
    tx: &Tx,
    sessions: &[Node],
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    let sql = "UPDATE sessions SET version = version + 1 WHERE id = ANY($1) RETURNING id, version";
    bump(tx, ("sessions", Kind::Session, sql), sessions, cut, tally).await
}

/// Raises the version of grants: their tokens of a lower one are refused.
pub(super) async fn bump_grants(
    tx: &Tx,
    grants: &[GrantNode],
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    let nodes: Vec<_> = grants.iter().map(GrantNode::node).collect();
    let sql = "UPDATE grants SET version = version + 1 WHERE id = ANY($1) RETURNING id, version";
    bump(tx, ("grants", Kind::Grant, sql), &nodes, cut, tally).await
}

async fn bump(
    tx: &Tx,
    (table, kind, sql): (&'static str, Kind, &str),
    nodes: &[Node],
    cut: &Cut,
    tally: &mut Tally,
) -> Outcome<()> {
    let mut nodes = nodes.to_vec();
    nodes.retain(|node| node.may_have_token(cut));
    if nodes.is_empty() {
        return Ok(());
    }
    let ids = ids(&nodes);
    let params = params![ids];
    let raised = all(tx, table, sql, params, |row| {
        let id: Uuid = row.get("id")?;
        Ok((id, row.number::<u32>("version")?))
    });
    let versions: BTreeMap<_, _> = raised.await?.into_iter().collect();
    for node in nodes {
        tally.touched = true;
        tx.append(kind, node.named(), versions.get(&node.id).copied(), cut);
    }
    Ok(())
}
