//! What a database holds, looked at before it is served.

use symbolon_core::Timestamp;

use super::{
    connector::Connector,
    open::{OpenError, connect},
    options::PostgresOptions,
    query::params,
    schema,
};
use crate::Contents;

/// What a database holds. Changes nothing.
///
/// # Errors
/// When it cannot be reached or is not one that this release can work on.
pub async fn contents(options: &PostgresOptions, now: Timestamp) -> Result<Contents, OpenError> {
    let (client, _pump) = connect(&Connector::new(options)?).await?;
    let schema = schema::inspect(&client).await?;
    if schema.version == 0 {
        return Err(OpenError::NotSymbolon);
    }
    schema::refuse_unfinished(&client).await?;
    let sql = "SELECT (SELECT count(*) FROM accounts WHERE state <> 'erased'),
                      (SELECT count(*) FROM sessions WHERE dead_from > $1),
                      (SELECT count(*) FROM grants WHERE ended_at IS NULL AND dead_from > $1),
                      (SELECT coalesce(max(seq), 0) FROM revocations),
                      epoch, latest
               FROM symbolon_meta";
    let row = client
        .query_typed_one(sql, params![now.as_millis()])
        .await?;
    let number = |place| {
        let number: Result<i64, _> = row.try_get(place);
        number.map(|number| u64::try_from(number).unwrap_or(0))
    };
    Ok(Contents {
        schema_version: schema.version,
        accounts: number(0)?,
        sessions: number(1)?,
        grants: number(2)?,
        head: number(3)?,
        epoch: row.try_get(4)?,
        latest: Timestamp::from_millis(row.try_get(5)?),
    })
}
