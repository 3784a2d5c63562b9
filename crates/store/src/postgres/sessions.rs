//! Sessions: creating, using and forgetting them. What ends them is in [`super::change`].

mod create;
mod look;
mod purge;
mod touch;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    model::{Session, TruncatedIp},
    secret::CookieHash,
    store::{
        CreateSession, Horizon, NewSession, Reach, ReachOf, SessionStore, SessionView, StoreError,
    },
};
use symbolon_protocol::{AccountId, SessionId};

pub(super) use self::{
    create::insert_cookie,
    look::{Shown, look},
    touch::{TOUCH, Touches, touch},
};
use super::{PostgresStore, change::reach, rows};

#[async_trait]
impl SessionStore for PostgresStore {
    async fn create_session(
        &self,
        new: NewSession,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<CreateSession, StoreError> {
        self.write((new, horizon, now), |tx, (new, horizon, now)| {
            create::create(tx, new, *horizon, *now).boxed()
        })
        .await
    }

    async fn touch_session_from(
        &self,
        cookie: &CookieHash,
        origin: &str,
        from: Option<TruncatedIp>,
        now: Timestamp,
    ) -> Result<Option<SessionView>, StoreError> {
        let shown = Shown {
            cookie: *cookie,
            origin: origin.to_owned(),
        };
        let view = self.uses.ask(shown).await?;
        // Almost every use ends here, after one round trip: a session is written at most once a
        // minute.
        if !view
            .as_ref()
            .is_some_and(|view| touch::is_due(&view.session, now))
        {
            return Ok(view);
        }
        let used = (*cookie, origin.to_owned(), from, now);
        self.write(used, |tx, (cookie, origin, from, now)| {
            touch::by_cookie(tx, cookie, origin, *from, *now).boxed()
        })
        .await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionView>, StoreError> {
        self.runner
            .look(id, |conn, id| rows::session::view(conn, *id).boxed())
            .await
    }

    async fn live_sessions(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        self.runner
            .look((account, now), |conn, (account, now)| {
                rows::session::live(conn, *account, *now).boxed()
            })
            .await
    }

    async fn reach(
        &self,
        account: AccountId,
        of: ReachOf,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<Option<Reach>, StoreError> {
        let args = (account, of, horizon, now);
        self.runner
            .snapshot(args, |conn, (account, of, horizon, now)| {
                reach::reach(conn, *account, *of, *horizon, *now).boxed()
            })
            .await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write((before, limit), |tx, (before, limit)| {
            purge::purge(tx, *before, *limit).boxed()
        })
        .await
    }
}
