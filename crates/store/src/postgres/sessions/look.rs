//! Reading the sessions of cookies that come at the same time: one connection for all of them, on which no
//! statement waits for the answer to another.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::join_all};
use symbolon_core::{
    secret::CookieHash,
    store::{SessionView, StoreError},
};

use crate::postgres::{
    batcher::Waiting,
    conn::Conn,
    failure::{Failure, Outcome},
    rows,
    run::Runner,
};

/// A cookie that was shown.
pub(in crate::postgres) struct Shown {
    pub(super) cookie: CookieHash,
    pub(super) origin: String,
}

type Found = Option<SessionView>;

/// Reads what is shown in a batch and answers it.
pub(in crate::postgres) async fn look(runner: Arc<Runner>, batch: Vec<Waiting<Shown, Found>>) {
    let (shown, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let found = runner
        .look(shown, |conn, shown| read(conn, shown).boxed())
        .await;
    match found {
        Ok(found) => {
            for (found, answer) in found.into_iter().zip(answers) {
                // A caller that has gone away needs no answer.
                let _gone = answer.send(found);
            }
        }
        Err(error) => {
            for answer in answers {
                let _gone = answer.send(Err(error.clone()));
            }
        }
    }
}

/// What is wrong with one row is no failure of the others; a connection that is lost is one of all.
async fn read(conn: &Conn, shown: &[Shown]) -> Outcome<Vec<Result<Found, StoreError>>> {
    conn.warm(&[rows::session::VIEW_BY_COOKIE]).await?;
    let reads = shown
        .iter()
        .map(|one| rows::session::view_by_cookie(conn, &one.cookie, &one.origin));
    let found = join_all(reads).await;
    found
        .into_iter()
        .map(|one| match one {
            Err(failure) if failure.is_passing() => Err(failure),
            other => Ok(other.map_err(Failure::into_store_error)),
        })
        .collect()
}
