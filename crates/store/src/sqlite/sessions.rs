//! Sessions: creating, using and forgetting them. What ends them is in [`super::change`].

mod create;
mod look;
mod purge;
mod touch;

use async_trait::async_trait;
use symbolon_core::{
    Timestamp,
    model::{Session, TruncatedIp},
    secret::CookieHash,
    store::{
        CreateSession, Horizon, NewSession, Reach, ReachOf, SessionStore, SessionView, StoreError,
    },
};
use symbolon_protocol::{AccountId, SessionId};

pub(super) use self::{create::insert_cookie, look::Looks, touch::touch};
use super::{SqliteStore, change::reach, rows};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create_session(
        &self,
        new: NewSession,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<CreateSession, StoreError> {
        self.write(move |tx| create::create(tx, &new, horizon, now))
            .await
    }

    async fn touch_session_from(
        &self,
        cookie: &CookieHash,
        origin: &str,
        from: Option<TruncatedIp>,
        now: Timestamp,
    ) -> Result<Option<SessionView>, StoreError> {
        let view = self.looks.ask(*cookie, origin).await?;
        // Almost every use ends here: a session is written at most once a minute.
        if !view
            .as_ref()
            .is_some_and(|view| touch::is_due(&view.session, now))
        {
            return Ok(view);
        }
        let (hash, at) = (*cookie, origin.to_owned());
        self.write(move |tx| {
            let mut view = rows::session::view_by_cookie(tx, &hash, &at)?;
            if let Some(view) = &mut view {
                touch(tx, &mut view.session, from, now)?;
            }
            Ok(view)
        })
        .await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionView>, StoreError> {
        self.read(move |conn| rows::session::view(conn, id)).await
    }

    async fn live_sessions(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        self.read(move |conn| rows::session::live(conn, account, now))
            .await
    }

    async fn reach(
        &self,
        account: AccountId,
        of: ReachOf,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<Option<Reach>, StoreError> {
        self.read(move |conn| reach::reach(conn, account, of, horizon, now))
            .await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |tx| purge::purge(tx, before, limit)).await
    }
}
